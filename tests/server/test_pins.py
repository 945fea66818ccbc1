"""What a login has shown of the server is kept with the keys, and a policy may ask for more."""
from pathlib import Path

import pytest

from certs import Certs
from command import LOGIN, Mote
from prosody import Account
from scripted import MECHANISMS, SASL, Client, ScriptedServer
from test_hostile_login import bindings, first_message, offer
from visitor import PASSWORD, visitor

PLUS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")


def honest(client: Client) -> None:
    client.login(PASSWORD)
    client.answer_iqs()


def plain_only(client: Client) -> None:
    client.secure()
    client.open(offer("PLAIN"))
    client.until_gone(5)


def bound_byte(mote: Mote) -> int:
    return int((mote.home / "mote.keys").read_text().split()[2][6:8], 16)


def at(mote: Mote, server: ScriptedServer, *more: str, code: int = 0) -> str:
    return mote.run("status", "--port", str(server.port), *more, code=code).stderr


def test_B23_kept_keys_of_a_password_file_pin_as_others_do(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(certs.server(), honest) as server, ScriptedServer(certs.server(), plain_only) as weak:
        mote = visitor(tmp_path, server.port, certs.ca)
        at(mote, server)
        keys = mote.home / "mote.keys"
        assert keys.stat().st_mode & 0o777 == 0o600 and PASSWORD not in keys.read_text()
        said = at(mote, weak, "--allow-plain", code=LOGIN)
        assert "only PLAIN" in said and "had a better one" in said
        assert all(b"<auth" not in client.heard for client in weak.clients)
        at(mote, server)  # what it refused has not changed anything


def test_B23_the_password_that_is_given_is_the_one_that_counts(certs: Certs, tmp_path: Path) -> None:
    """Right or wrong: keys that are kept beside it help nobody in."""
    with ScriptedServer(certs.server(), honest) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        at(mote, server)
        (mote.home / "password").write_text("wrong")
        at(mote, server, code=LOGIN)
        (mote.home / "password").write_text(PASSWORD)
        at(mote, server)


@pytest.mark.parametrize("way", ("--password-stdin", "--password-file"))
def test_B23_a_password_for_once_leaves_nothing(certs: Certs, way: str, tmp_path: Path) -> None:
    with ScriptedServer(certs.server(), honest) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        more = [way] if way == "--password-stdin" else [way, str(mote.home / "password")]
        mote.run("status", *more, input=PASSWORD)
        assert not (mote.home / "mote.keys").exists()


def test_B23_keys_of_another_account_are_left_alone(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(certs.server(), honest) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        at(mote, server)
        keys = mote.home / "mote.keys"
        keys.write_text(keys.read_text().replace("alice@", "carol@"))
        before = keys.read_text()
        at(mote, server)
        assert keys.read_text() == before


def test_B23_setup_begins_anew(certs: Certs, tmp_path: Path) -> None:
    def plain(client: Client) -> None:
        client.secure()
        client.open(offer("PLAIN"))
        client.expect(rb"<auth[^>]*>")
        client.send(f"<success xmlns='{SASL}'/>")
        client.bind()
        client.answer_iqs()
    with ScriptedServer(certs.server(), honest) as server, ScriptedServer(certs.server(), plain) as weak:
        mote = visitor(tmp_path, server.port, certs.ca)
        at(mote, server)
        mote.run("setup", "--port", str(weak.port), "--allow-plain", "--password-file", str(mote.home / "password"))
        assert not (mote.home / "mote.keys").exists()
        at(mote, weak)


def refuses_binding(client: Client) -> None:
    """As ejabberd 23.01 under TLS 1.3: -PLUS without a list of types, and tls-exporter is none of them."""
    client.secure()
    client.open(offer(*PLUS))
    read = client.read
    if first_message(client)[0].startswith("p="):
        client.send(f"<failure xmlns='{SASL}'><malformed-request/></failure>")
    else:
        client.read = read
    client.scram(PASSWORD)
    client.bind()
    client.answer_iqs()


def test_B23_a_refused_binding_is_remembered_with_the_keys(certs: Certs, tmp_path: Path) -> None:
    account = Account("alice@localhost", PASSWORD)
    with ScriptedServer(certs.server(), refuses_binding) as server:
        mote = Mote(tmp_path, account, "127.0.0.1", server.port, certs.ca, "direct").setup()
        assert server.clients[-1].heard.count(b"<auth") == 2 and bound_byte(mote) == 2
        at(mote, server)
        assert server.clients[-1].heard.count(b"<auth") == 1 and bound_byte(mote) == 2
        at(mote, server, "--require-binding", code=LOGIN)
        assert server.clients[-1].heard.count(b"<auth") == 1 and b"-PLUS" in server.clients[-1].heard


def binds(client: Client) -> None:
    client.secure()
    client.open(offer(*PLUS) + bindings("tls-server-end-point"))
    client.scram(PASSWORD)
    client.bind()
    client.answer_iqs()


def test_B23_a_binding_that_the_server_has_learnt_is_used_and_kept(certs: Certs, tmp_path: Path) -> None:
    account = Account("alice@localhost", PASSWORD)
    with ScriptedServer(certs.server(), refuses_binding) as server, ScriptedServer(certs.server(), binds) as later:
        mote = Mote(tmp_path, account, "127.0.0.1", server.port, certs.ca, "direct").setup()
        at(mote, later)
        assert b"-PLUS" in later.clients[-1].heard and bound_byte(mote) == 1
        at(mote, server, code=LOGIN)  # from now on nobody talks us out of it


@pytest.mark.parametrize("how", ("option", "configuration", "setup"))
def test_B23_a_policy_insists_on_binding(certs: Certs, how: str, tmp_path: Path) -> None:
    def unbound(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.until_gone(5)
    with ScriptedServer(certs.server(), binds) as server, ScriptedServer(certs.server(), unbound) as weak:
        mote = visitor(tmp_path, server.port, certs.ca)
        more = []
        if how == "option":
            more = ["--require-binding"]
        elif how == "configuration":
            mote.config.write_text(mote.config.read_text() + "require-binding = yes\n")
        else:
            mote.run("setup", "--require-binding", "--password-file", str(mote.home / "password"))
            assert "require-binding = yes" in mote.config.read_text()
        at(mote, server, *more)
        said = at(mote, weak, *more, code=LOGIN)
        assert "only SCRAM-SHA-256" in said and "require-binding" in said
        assert all(b"<auth" not in client.heard for client in weak.clients)


@pytest.mark.parametrize("names, word", (
    (("PLAIN",), "--allow-plain permits that"), (("SCRAM-SHA-512", "GSSAPI"), "mote can SCRAM"),
    (("ANONYMOUS",), "mote can SCRAM"), ((), "no login")), ids=("plain", "new", "anonymous", "none"))
def test_B20_no_mechanism_in_common(certs: Certs, names: tuple[str, ...], word: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(offer(*names))
        client.until_gone(5)
    with ScriptedServer(certs.server(), script) as server:
        said = at(visitor(tmp_path, server.port, certs.ca), server, code=LOGIN)
        assert word in said and all(name in said for name in names)
