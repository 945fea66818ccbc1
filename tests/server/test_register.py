"""Accounts: made by invitation or without, with another password, removed; against Prosody 0.12, Prosody 13 and ejabberd."""
import json
import os
import random
import re
import secrets
import shutil
import socket
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import BINARY, CONNECTION, DONE, LOCAL, LOGIN, REFUSED, TIMEOUT, TLS, USAGE, Mote
from daemon import until
from ejabberd import Ejabberd
from faultproxy import DIRECTIONS, Cut, FaultProxy
from invitations import Invitations, newcomer, open_prosody
from prosody import Account, Prosody
from prosody13 import Prosody13
from scripted import MECHANISMS, SASL, Client, ScriptedServer


STEP = int(os.environ.get("MOTE_LOGIN_STEP", "1"))  # every so many bytes: to try the long test itself


@pytest.fixture(scope="module", params=[Prosody, Prosody13], ids=["prosody", "prosody13"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certs: Certs) -> Iterator[Prosody]:
    with open_prosody(request.param, tmp_path_factory.mktemp("open"), certs) as server:
        yield server


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, certs: Certs) -> Iterator[Prosody]:
    """For the invited only."""
    with open_prosody(Prosody13, tmp_path_factory.mktemp("closed"), certs, True) as server:
        yield server


@pytest.fixture
def jid() -> str:
    return f"u{secrets.token_hex(4)}@localhost"


@pytest.fixture
def mote(server: Prosody, jid: str, tmp_path: Path) -> Mote:
    return newcomer(tmp_path / "mote", server, jid)


def register(mote: Mote, *arguments: str, code: int = DONE, input: str = "") -> dict:
    result = mote.run("register", "--json", *arguments, *mote.where, input=input, code=code)
    return json.loads(result.stdout.splitlines()[-1])


def pending(mote: Mote) -> Path:
    return mote.home / "mote.new-password"


@pytest.mark.parametrize("tls", ("direct", "starttls"))
def test_an_account_for_everybody(server: Prosody, jid: str, tmp_path: Path, tls: str) -> None:
    mote = newcomer(tmp_path / "mote", server, jid, tls)
    told = register(mote, jid)
    assert told == {"event": "registered", "jid": jid, "config": str(mote.config), "keys": str(mote.home / "mote.keys"),
                    "made": True}
    assert not pending(mote).exists() and stat.S_IMODE((mote.home / "mote.keys").stat().st_mode) == 0o600
    (status,) = mote.run("status", "--json").json
    assert status["jid"].startswith(jid)


def test_by_invitation(server: Prosody, mote: Mote, jid: str, tmp_path: Path) -> None:
    invitations = Invitations(server)
    link = invitations.make(jid)
    assert register(mote, link)["made"] is True
    mote.run("status")
    late = newcomer(tmp_path / "late", server, "x@localhost")
    told = register(late, link.replace(jid, f"x{jid}"), code=REFUSED)
    assert "refuses the invitation: forbidden" in told["why"] and "another one" in told["hint"]
    assert not pending(late).exists() and not late.config.exists()


def test_the_name_is_left_to_us(server: Prosody, jid: str, tmp_path: Path) -> None:
    """By the token of a server, and of a contact who may invite (XEP-0401)."""
    invitations = Invitations(server)
    friend = server.account(f"f{secrets.token_hex(4)}")
    link, contact = invitations.make(), invitations.make(friend.jid, action="roster", more=";ibr=y")
    mote = newcomer(tmp_path / "mote", server, jid)
    assert "leaves the name to you" in mote.run("register", link, *mote.where, code=USAGE).complaint
    assert "another server" in mote.run("register", link, "x@example.org", *mote.where, code=USAGE).complaint
    register(mote, "-", jid, input=link + "\n")
    other = newcomer(tmp_path / "other", server, f"o{jid}")
    register(other, contact, other.jid)
    roster = (server.dir / "data/localhost/roster" / f"{friend.user}.dat").read_text()
    assert other.jid in roster


@pytest.mark.parametrize("argument, why", [
    ("https://example.org/invite/#TOKEN", "web page for people"), ("xmpp:a@localhost?roster;preauth=x", "has no ibr=y"),
    ("xmpp:a@localhost?message;body=x", "something else"), ("xmpp:a@localhost?register;preauth=%zz", "damaged token"),
    ("xmpp:?register;preauth=x", "no address"), ("xmpp://b/a@localhost?register", "//"), ("localhost", "no name"),
    ("xmpp:a@localhost?register;preauth=" + "x" * 256, "damaged token"), ("a@localhost/x", "not an address")])
def test_what_is_no_invitation(tmp_path: Path, closed: Prosody, argument: str, why: str) -> None:
    mote = newcomer(tmp_path / "mote", closed, "a@localhost")
    assert why in mote.run("register", argument, *mote.where, code=USAGE).complaint
    assert not list(mote.home.iterdir())


def test_refusals(closed: Prosody, jid: str, tmp_path: Path) -> None:
    """Said on standard error, in the JSON and by the exit code; nothing is left behind."""
    invitations = Invitations(closed)
    links = {"mistyped": f"xmpp:{jid}?register;preauth=nobody-made-this", "expired": invitations.make(jid, -10)}
    taken = closed.account(f"t{secrets.token_hex(4)}")
    links["taken"] = invitations.make(taken.jid)
    expected = {"mistyped": ("refuses the invitation: forbidden", "ask who invited you"),
                "expired": ("refuses the invitation: forbidden", "ask who invited you"),
                "taken": ("conflict", f"{taken.user}-2@localhost")}
    for name, link in links.items():
        mote = newcomer(tmp_path / name, closed, jid)
        told = register(mote, link, code=REFUSED)
        assert told["event"] == "error" and expected[name][0] in told["why"] and expected[name][1] in told["hint"], told
        assert not list(mote.home.iterdir()), name
        assert expected[name][0] in mote.run("register", link, *mote.where, code=REFUSED).complaint
    mote = newcomer(tmp_path / "without", closed, jid)
    assert "through invitation only" in register(mote, jid, code=REFUSED)["why"]


def test_a_server_that_makes_no_accounts(certs: Certs, jid: str, tmp_path: Path) -> None:
    with Prosody(tmp_path / "plain", certs) as server:
        mote = newcomer(tmp_path / "mote", server, jid)
        told = register(mote, jid, code=REFUSED)
        assert "makes no accounts" in told["why"] and "operator" in told["hint"]
        assert "makes no accounts" in register(mote, f"xmpp:{jid}?register;preauth=x", code=REFUSED)["why"]
        assert not list(mote.home.iterdir())


def test_a_server_that_has_plain_only(certs: Certs, jid: str, tmp_path: Path) -> None:
    """No account is made that cannot be logged in to. With --allow-plain the password is kept, since there are no keys."""
    server = open_prosody(Prosody, tmp_path / "plain", certs)
    server.extra += 'disable_sasl_mechanisms = { "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS" }\n'
    with server:
        mote = newcomer(tmp_path / "mote", server, jid)
        assert "--allow-plain" in register(mote, jid, code=LOGIN)["hint"] and not list(mote.home.iterdir())
        assert not (server.dir / "data/localhost/accounts").exists()
        assert register(mote, jid, "--allow-plain")["keys"] is None
        kept = mote.home / "mote.password"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and not pending(mote).exists()
        assert "in a file of yours" in mote.run("password", code=USAGE).complaint
        mote.run("status")


def test_no_password_is_taken(mote: Mote, jid: str) -> None:
    assert "made here" in mote.run("register", jid, "--password-stdin", *mote.where, input="x", code=USAGE).complaint


def test_what_is_set_up_already_is_left_alone(server: Prosody, mote: Mote, jid: str) -> None:
    register(mote, jid)
    keys = (mote.home / "mote.keys").read_text()
    assert "already" in mote.run("register", jid, *mote.where, code=REFUSED).complaint
    assert "not overwritten" in mote.run("register", f"x{jid}", *mote.where, code=LOCAL).complaint
    assert (mote.home / "mote.keys").read_text() == keys


def test_the_password_is_shown_to_who_asks(server: Prosody, mote: Mote, jid: str, tmp_path: Path) -> None:
    password = mote.run("register", jid, "--show-password", *mote.where).stdout.strip()
    assert re.fullmatch("[A-Za-z0-9]{24}", password)
    again = newcomer(tmp_path / "again", server, jid)
    again.setup(password)
    (told,) = mote.run("password", "--json", "--show-password").json
    assert told["event"] == "password" and told["password"] != password
    again.setup(told["password"])


def test_another_password(server: Prosody, mote: Mote, jid: str, tmp_path: Path) -> None:
    """The old keys are good for nothing then; mote run, which was on line all the time, comes back."""
    old = mote.run("register", jid, "--show-password", *mote.where).stdout.strip()
    keys = (mote.home / "mote.keys").read_text()
    with mote.start("run", "-v", *mote.where) as daemon:
        daemon.wait_online()
        assert mote.run("password", "--json").json == [{"event": "password", "jid": jid, "keys": str(mote.home / "mote.keys")}]
        assert (mote.home / "mote.keys").read_text() != keys and not pending(mote).exists()
        daemon.wait_for(lambda: any("on line again" in line for line in daemon.err), name="coming back")
        daemon.stop()
    newcomer(tmp_path / "again", server, jid).setup(old, LOGIN)
    mote.run("password", "--new-password-file", "-", input="a chosen one\n")
    newcomer(tmp_path / "again", server, jid).setup("a chosen one")
    mote.run("status")


def test_removed(server: Prosody, mote: Mote, jid: str) -> None:
    register(mote, jid)
    assert "--yes" in mote.run("unregister", code=USAGE).stderr
    mote.run("status")
    assert mote.run("unregister", "--yes", "--json").json == [{"event": "unregistered", "jid": jid}]
    assert not (mote.home / "mote.keys").exists()
    register(mote, jid)  # the name is free again


# --- ejabberd -------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def ejabberd(tmp_path_factory: pytest.TempPathFactory, certs: Certs) -> Iterator[Ejabberd]:
    with Ejabberd(tmp_path_factory.mktemp("ejabberd"), certs,
                  registers="infinity") as server:
        yield server


def test_ejabberd(ejabberd: Ejabberd, jid: str, tmp_path: Path) -> None:
    mote = newcomer(tmp_path / "mote", ejabberd, jid)
    old = mote.run("register", jid, "--show-password", *mote.where).stdout.strip()
    taken = newcomer(tmp_path / "taken", ejabberd, jid)
    assert "conflict" in register(taken, jid, code=REFUSED)["why"]
    mote.run("password")
    newcomer(tmp_path / "again", ejabberd, jid).setup(old, LOGIN)
    mote.run("status")
    mote.run("unregister", "--yes")
    register(mote, jid)
    invited = newcomer(tmp_path / "invited", ejabberd, jid)
    assert "takes no invitations" in register(invited, f"xmpp:x{jid}?register;preauth=x", code=REFUSED)["why"]


def test_a_server_that_makes_few_accounts_at_a_time(certs: Certs, jid: str, tmp_path: Path) -> None:
    """ejabberd makes one for each address in ten minutes, by default."""
    with Ejabberd(tmp_path / "ejabberd", certs, registers="600") as server:
        register(newcomer(tmp_path / "first", server, jid), jid)
        second = newcomer(tmp_path / "second", server, jid)
        told = register(second, f"x{jid}", code=REFUSED)
        assert "resource-constraint" in told["why"] and "minutes" in told["hint"] and not list(second.home.iterdir())


# --- what a lost link and a power cut leave -------------------------------------------------------------------------

def cut_and_go_on(server: Prosody, home: Path, cuts: list[Cut]) -> None:
    """The link is cut on the way to each account; the same command makes it, or logs in to what was made."""
    with FaultProxy(server.direct) as proxy:
        for number, cut in enumerate(cuts):
            mote = newcomer(home / str(number), server, f"c{secrets.token_hex(6)}@localhost")
            mote.where[3] = str(proxy.port)
            proxy.plan(cut)
            result = mote.run("register", mote.jid, *mote.where, code=None)
            proxy.calm()
            if result.code != DONE:
                assert result.code in (CONNECTION, TLS, TIMEOUT), (cut, result)
                register(mote, mote.jid)
            assert not pending(mote).exists()
            mote.run("status")


def register_bytes(server: Prosody, home: Path) -> dict[str, int]:
    with FaultProxy(server.direct) as proxy:
        mote = newcomer(home, server, f"p{secrets.token_hex(6)}@localhost")
        mote.where[3] = str(proxy.port)
        register(mote, mote.jid)
        return dict(proxy.links[-1].passed)


def test_the_link_is_cut_on_the_way(server: Prosody, tmp_path: Path, figure: Callable[[str], None]) -> None:
    passed = register_bytes(server, tmp_path / "probe")
    cuts = [Cut(direction, after, "rst") for direction in DIRECTIONS
            for after in range(400, passed[direction], passed[direction] // 4)]
    cut_and_go_on(server, tmp_path, cuts)
    figure(f"registration cuts: {len(cuts)} tried, 0 lost, 0 doubled")


@pytest.mark.long
def test_the_link_is_cut_after_every_byte(server: Prosody, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Of what comes behind the handshake of TLS, and of that after some."""
    workers, passed = 16, register_bytes(server, tmp_path / "probe")
    behind = {"to server": passed["to server"] // 4, "to client": passed["to client"] // 2}
    places = [(direction, after) for direction in DIRECTIONS
              for after in (*range(1, behind[direction], 7), *range(behind[direction], passed[direction]))]
    cuts = [Cut(direction, after, "rst") for direction, after in places[::STEP]]
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(cut_and_go_on, server, tmp_path / f"w{n}", cuts[n::workers]) for n in range(workers)]:
            done.result()
    figure(f"registration cuts: {len(cuts)} tried, 0 lost, 0 doubled")


def killed(mote: Mote, after_s: float, *arguments: str) -> bool:
    """Was it killed, by then? It may have been done before."""
    with mote.start(*arguments) as running:
        try:
            running.process.wait(after_s)
        except subprocess.TimeoutExpired:
            pass
        running.process.kill()
        return running.process.wait() != DONE


def test_killed_anywhere(server: Prosody, tmp_path: Path, rng: random.Random, figure: Callable[[str], None]) -> None:
    """SIGKILL at random moments while the account is made and its password changed: it is there, and can be logged in to."""
    kills = 0
    for number in range(6):
        mote = newcomer(tmp_path / str(number), server, f"k{secrets.token_hex(6)}@localhost")
        kills += killed(mote, rng.uniform(0, 0.25), "register", mote.jid, *mote.where)
        mote.run("register", mote.jid, *mote.where, code=None)  # 1 where it was done before
        mote.run("status")
        kills += killed(mote, rng.uniform(0, 0.25), "password")
        mote.run("status")
        mote.run("password")
        mote.run("status")
        assert not pending(mote).exists()
    assert kills > 0
    figure(f"account cuts: {kills} tried, 0 lost, 0 doubled")


def test_a_password_that_was_sent_before_a_power_cut(server: Prosody, mote: Mote, jid: str) -> None:
    """The account is made, and this machine died before it knew: the same command logs in with what it kept."""
    register(mote, jid)
    password = mote.run("password", "--show-password").stdout.strip()
    (mote.home / "mote.keys").unlink()
    mote.config.unlink()
    pending(mote).write_text(f"MOTEPASSWORD1 {jid} {password}\n")
    assert register(mote, jid)["made"] is False and not pending(mote).exists()
    mote.run("status")


def test_a_name_that_is_somebody_elses_after_a_power_cut(server: Prosody, mote: Mote, jid: str) -> None:
    server.account(jid.split("@")[0])
    pending(mote).write_text(f"MOTEPASSWORD1 {jid} notoursatall\n")
    told = register(mote, jid, code=REFUSED)
    assert "conflict" in told["why"] and not pending(mote).exists()


@pytest.mark.parametrize("arrived", (True, False), ids=("arrived", "not-sent"))
def test_a_change_of_the_password_that_was_cut(server: Prosody, mote: Mote, jid: str, tmp_path: Path, arrived: bool) -> None:
    """Old keys and a new password lie there, and either may be in force: every verb logs in, and so does mote run."""
    password = mote.run("register", jid, "--show-password", *mote.where).stdout.strip()
    keys = (mote.home / "mote.keys").read_text()
    if arrived:
        password = mote.run("password", "--show-password").stdout.strip()
        (mote.home / "mote.keys").write_text(keys)
    for token in mote.home.glob("*.token-?"):
        token.unlink()
    pending(mote).write_text(f"MOTEPASSWORD1 {jid} {password if arrived else 'neversentatall'}\n")
    mote.run("status")
    assert pending(mote).exists() != arrived and ((mote.home / "mote.keys").read_text() != keys) == arrived
    mote.run("password")
    assert not pending(mote).exists()
    mote.run("status")


# --- servers that no operator would run ---------------------------------------------------------------------------

IBR, REGISTER = "<register xmlns='http://jabber.org/features/iq-register'/>", "xmlns='jabber:iq:register'"
STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"


def asked(client: Client, form: str = "<username/><password/>") -> None:
    """Up to the form."""
    client.secure()
    client.open(MECHANISMS + IBR)
    number = client.expect(rb"<iq type='get'[^>]* id='([0-9]+)'>.*?</iq>")[1].decode()
    client.send(f"<iq type='result' id='{number}'><query {REGISTER}>{form}</query></iq>")


def registers(certs: Certs, home: Path, jid: str, script: Callable[[Client], None], code: int,
              before: str = "") -> tuple[Mote, dict]:
    with ScriptedServer(certs.server(), script) as server:
        mote = Mote(home, Account(jid, ""), "127.0.0.1", server.port, certs.ca, server.tls)
        if before:
            pending(mote).write_text(f"MOTEPASSWORD1 {jid} {before}\n")
        return mote, register(mote, jid, code=code)


FORMS = {
    "captcha": ("<x xmlns='jabber:x:data' type='form'><field type='hidden' var='FORM_TYPE'><value>urn:xmpp:captcha</value></field>"
                "<field var='username'/><field var='password'/><field var='ocr'><required/></field></x>", "CAPTCHA"),
    "web page": ("<instructions>x</instructions><x xmlns='jabber:x:oob'><url>https://example.org/new</url></x>",
                 "web page only: https://example.org/new"),
    "without name": ("<x xmlns='jabber:x:data' type='form'><field var='password'/></x>", "no field for the user name"),
    "wants more": ("<username/><password/><email/>", "more than we have: email"),
}


@pytest.mark.parametrize("form", FORMS)
def test_A1_forms_that_take_a_person(certs: Certs, jid: str, tmp_path: Path, form: str) -> None:
    """Told, with 1; no password has left, and nothing stays behind."""
    heard: list[bytes] = []

    def script(client: Client) -> None:
        asked(client, FORMS[form][0])
        client.until_gone()
        heard.append(client.heard)

    mote, told = registers(certs, tmp_path / "mote", jid, script, REFUSED)
    assert FORMS[form][1] in told["why"] and told["event"] == "error"
    assert all(b"type='set'" not in what for what in heard) and not list(mote.home.iterdir())


@pytest.mark.parametrize("failure, lost", [("<not-authorized/>", True), ("<temporary-auth-failure/>", False)])
def test_A1_what_is_said_of_the_login_decides_about_the_password(certs: Certs, jid: str, tmp_path: Path, failure: str,
                                                                 lost: bool) -> None:
    """After a power cut: a server that cannot log in anybody now has not said that the account is somebody else's."""
    def script(client: Client) -> None:
        asked(client)
        number = client.expect(rb"<iq type='set'[^>]* id='([0-9]+)'>.*?</iq>")[1].decode()
        client.send(f"<iq type='error' id='{number}'><error type='cancel'><conflict {STANZAS}/></error></iq>")
        client.expect(rb"<auth ")
        client.send(f"<failure xmlns='{SASL}'>{failure}</failure>")
        client.until_gone()

    mote, _ = registers(certs, tmp_path / "mote", jid, script, REFUSED if lost else LOGIN, before="ours")
    assert pending(mote).exists() != lost


# --- secrets --------------------------------------------------------------------------------------------------------

@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that says nothing, so that the command waits with all its secrets in memory."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_A1_nothing_tells_a_secret(server: Prosody, mote: Mote, jid: str, tmp_path: Path) -> None:
    """With all that -v has, whether it works or not."""
    invitations = Invitations(server)
    links = [invitations.make(jid), invitations.make(f"x{jid}")]
    said = []
    for link in [*links, links[0]]:
        home = newcomer(tmp_path / secrets.token_hex(4), server, jid)
        said.append(home.run("register", link, "--json", "-v", "-v", *home.where, code=None))
        said.append(home.run("register", link, "-v", "-v", *home.where, code=None))
    assert [result.code for result in said] == [DONE, REFUSED, DONE, REFUSED, REFUSED, REFUSED]
    mote.run("register", f"y{jid}", "-q", *mote.where)
    chosen = mote.home / "chosen"
    chosen.write_text("correct horse battery\n")
    chosen.chmod(0o600)
    said += [mote.run("password", "--json", "-v", "-v"),
             mote.run("password", "-v", "-v", "--new-password-file", str(chosen)), mote.run("unregister", "--yes", "-v", "-v")]
    everything = "".join(result.stdout + result.stderr for result in said)
    for secret in ["correct horse", *(link.partition("preauth=")[2] for link in links)]:
        assert secret not in everything
    assert not re.search(r"(?<![\w/-])[A-Za-z0-9]{24}(?![\w./-])", everything), "a password, by its form"
    kept = [path for pattern in ("keys", "token-*", "new-password") for path in mote.home.glob(f"mote.{pattern}")]
    assert not kept, "keys or tokens of an account that is gone"


def test_A1_the_list_of_processes_tells_no_secret(mote: Mote, jid: str, silent: int) -> None:
    token = secrets.token_urlsafe(18)
    with mote.start("register", f"xmpp:{jid}?register;preauth={token}", "--host", "127.0.0.1", "--port", str(silent)) as running:
        until(pending(mote).exists, name="the password")
        password = pending(mote).read_text().split()[2]
        assert stat.S_IMODE(pending(mote).stat().st_mode) == 0o600
        process = Path(f"/proc/{running.process.pid}")
        shown = (process / "cmdline").read_text() + (process / "environ").read_text()
        assert "register" in shown and token not in shown and password not in shown


def memory_open(pid: int) -> bool:
    """May another process of the same user look into it, and does it leave a core file? Both are one property of a process."""
    maps = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "cat", f"/proc/{pid}/auxv"],
                          capture_output=True)
    return maps.returncode == 0


def test_A1_no_core_file(jid: str, silent: int, tmp_path: Path) -> None:
    """A user's own process; a program without that property is the control."""
    if os.getuid() != 0:
        pytest.skip("only root can be another user")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 65534, 65534)
    binary = home / "mote"
    shutil.copy(BINARY, binary)
    for folder in home.parents:  # they are of whoever runs the tests
        if folder.stat().st_mode & 0o001 == 0 and str(folder).startswith("/tmp/pytest"):
            folder.chmod(folder.stat().st_mode | 0o011)
    as_user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    command = [*as_user, str(binary), "-c", str(home / "mote.conf"), "register", jid, "--host", "127.0.0.1", "--port", str(silent)]
    with subprocess.Popen(command, env=environment, cwd=home) as ours, \
            subprocess.Popen([*as_user, "sleep", "60"]) as control:
        try:
            until((home / "mote.new-password").exists, name="the password")
            until(lambda: memory_open(control.pid), name="the control's memory")
            assert not memory_open(ours.pid)
        finally:
            ours.kill()
            control.kill()


# --- fleets ---------------------------------------------------------------------------------------------------------

def test_a_fleet_of_50(server: Prosody, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """One list: 50 invitations, 50 images of boards, and 50 accounts that are on line at once."""
    invitations = Invitations(server)
    names = [f"pump{number}-{secrets.token_hex(3)}@localhost" for number in range(50)]
    links = [invitations.make(name) for name in names]
    listed = tmp_path / "list"
    listed.write_text("# pumps\n\n" + "\n".join(links) + "\n")
    listed.chmod(0o600)
    office = newcomer(tmp_path / "office", server, "office@localhost")
    made = office.run("provision", "--json", "--invites", str(listed), "--pin", "sha256:" + "0" * 64, "boards").json
    assert [row["jid"] for row in made] == names and not any(row["keys"] for row in made)
    for name, link in zip(names, links):
        image = (office.home / "boards" / f"{name}.img").read_bytes()
        assert f"invite={link.partition('preauth=')[2]}\n".encode() in image and b"password=" not in image
    all_on_line(server, tmp_path, dict(zip(names, links)))
    figure("fleet: 50 invited, 50 registered, 50 on line")


def test_a_fleet_of_50_with_ejabberd(ejabberd: Ejabberd, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Which knows no invitations."""
    names = [f"pump{number}-{secrets.token_hex(3)}@localhost" for number in range(50)]
    all_on_line(ejabberd, tmp_path, dict(zip(names, names)))
    figure("fleet: 50 registered with ejabberd, 50 on line")


def all_on_line(server: Prosody | Ejabberd, home: Path, ways: dict[str, str]) -> None:
    motes = [newcomer(home / name, server, name) for name in ways]
    started = [mote.start("register", way, *mote.where) for mote, way in zip(motes, ways.values())]
    assert [running.wait().code for running in started] == [DONE] * len(ways)
    daemons = [mote.start("listen", "-v", *mote.where) for mote in motes]
    try:
        for daemon in daemons:
            daemon.wait_online()
    finally:
        ends = [daemon.stop() for daemon in daemons]
    assert [end.code for end in ends] == [DONE] * len(ways)


def test_a_list_with_a_wrong_line_writes_nothing(tmp_path: Path, closed: Prosody) -> None:
    office = newcomer(tmp_path / "office", closed, "office@localhost")
    good = "xmpp:a@localhost?register;preauth=x\n"
    for wrong, why in (("https://localhost/invite#x", "web page"), ("xmpp:localhost?register;preauth=y", "leaves the name open"),
                       ("xmpp:localhost?register;preauth=y b@example.org", "another server"), ("ünal@localhost", "ASCII")):
        (office.home / "list").write_text(good + wrong + "\n")
        result = office.run("provision", "--invites", "list", "boards", code=USAGE)
        assert why in result.stderr and ("line 2" in result.stderr or why == "ASCII")
        assert not (office.home / "boards").exists()
