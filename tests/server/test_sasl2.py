"""Logging in by SASL2, with tokens, against Prosody 13."""
import json
import secrets
import shutil
import signal
import time
from pathlib import Path

import pytest

from certs import Certs
from command import Mote
from daemon import until
from prosody import Account, Prosody
from prosody13 import Prosody13
from slowlink import SlowLink


@pytest.fixture(scope="module")
def modern(tmp_path_factory: pytest.TempPathFactory, certs: Certs) -> Prosody:
    with Prosody13(tmp_path_factory.mktemp("prosody13"), certs, level="debug", hibernation=60) as server:
        yield server


@pytest.fixture
def account(modern: Prosody) -> Account:
    return modern.account("u" + secrets.token_hex(4))


@pytest.fixture
def mote(modern: Prosody, account: Account, tmp_path: Path) -> Mote:
    return Mote(tmp_path / "mote", account, "127.0.0.1", modern.port("direct"), modern.ca, "direct").setup()


def status(mote: Mote) -> dict:
    return json.loads(mote.run("status", "--json", *mote.where).stdout)


def test_a_token_takes_the_place_of_the_password(mote: Mote) -> None:
    first, second, third = status(mote), status(mote), status(mote)
    assert (first["profile"], first["fast"], first["sasl"]["mechanism"]) == ("sasl2", False, "SCRAM-SHA-256-PLUS")
    for later in (second, third):
        assert (later["profile"], later["fast"], later["pipelined"]) == ("sasl2", True, True)
        assert later["sasl"] == {"mechanism": "HT-SHA-256-EXPR", "channel_binding": "tls-exporter"}
    trips = [list(each["round_trips"].values()) for each in (first, second, third)]
    assert trips == [[1, 1, 3], [1, 1, 1], [1, 1, 1]]  # of TCP, TLS and the stream


def test_a_token_that_the_server_does_not_know_costs_no_login(modern: Prosody, mote: Mote) -> None:
    """A changed password, or a server that was set up anew, has forgotten it: the keys log in, and a new one is kept."""
    status(mote)
    kept = next(mote.home.glob("*.token-1"))
    before = kept.read_text()
    kept.write_text(before.replace("secret-token:", "secret-token:x"))
    again = status(mote)
    assert (again["fast"], again["sasl"]["mechanism"]) == (False, "SCRAM-SHA-256-PLUS")
    assert kept.read_text() != before and status(mote)["fast"]


def test_a_token_of_another_user_agent_costs_no_login(mote: Mote) -> None:
    """The server gave it to another installation, as after a file was copied."""
    status(mote)
    kept = next(mote.home.glob("*.token-1"))
    words = kept.read_text().split()
    kept.write_text(" ".join([*words[:2], words[2][:-4] + "beef", *words[3:]]) + "\n")
    assert not status(mote)["fast"]
    assert status(mote)["fast"]


def test_the_daemon_goes_on_by_token(mote: Mote) -> None:
    """What was kept of the session, the token and the server is used together, after a restart."""
    for start in range(3):
        with mote.start("run", "-vv", *mote.where) as daemon:
            daemon.wait_online()
            if start > 0:
                assert any("the session of before goes on" in line for line in daemon.err), daemon.err
                states = [line for line in daemon.err if "->" in line]
                assert not any("BIND" in line or "WORKING" in line for line in states), states
            daemon.stop(signal.SIGTERM)


def test_a_message_over_a_satellite(modern: Prosody, mote: Mote) -> None:
    """400 ms there and back: TCP, TLS, the login, and the server's answer. The proxy hides TCP's round trip."""
    took: list[float] = []

    def ended() -> int:
        return (modern.dir / "prosody.log").read_text().count("Received </stream:stream>")
    before = ended()
    with SlowLink(modern.port("direct"), 0.2, 10 ** 9) as link:
        where = [*mote.where, "--port", str(link.port)]
        mote.run("send", mote.jid, "the first one", *where)
        while not took or (min(took) + 0.4 > 1.8 and len(took) < 10):
            began = time.monotonic()
            mote.run("send", mote.jid, "hello", *where)
            took.append(time.monotonic() - began)
        until(lambda: ended() == before + 1 + len(took), 10, "the end of all sessions, for which nobody has waited")
    assert min(took) + 0.4 <= 1.8, took


def test_tokens_are_of_one_process_each(mote: Mote) -> None:
    """Of two sessions with one user-agent id the server would end the earlier."""
    status(mote)
    with mote.start("run", "-v", *mote.where) as daemon:
        daemon.wait_online()
        running = [mote.start("send", mote.jid, f"text {n}", *mote.where) for n in range(4)]
        assert [r.wait().code for r in running] == [0] * 4
        assert not any("off line" in line for line in daemon.err), daemon.err
        daemon.stop()
    agents = [path.read_text().split()[2] for path in mote.home.glob("*.token-?")]
    assert len(agents) == len(set(agents)) >= 2


def test_what_logs_in_is_secret(mote: Mote) -> None:
    status(mote)
    for path in mote.home.glob("*.token-*"):
        assert path.stat().st_mode & 0o777 == 0o600, path
    token = next(mote.home.glob("*.token-1")).read_text().split()[-1]
    said = mote.run("status", "-vvv", *mote.where)
    assert token not in said.stdout + said.stderr


def test_a_server_without_sasl2_sees_the_login_of_rfc_6120(modern: Prosody, mote: Mote, certs: Certs, tmp_path: Path) -> None:
    """It lost its modules: the login that came too early costs a second connection, and the next one waits."""
    status(mote)
    with Prosody13(tmp_path / "plain", certs, modules=[]) as server:
        name = f"data/localhost/accounts/{mote.account.user}.dat"
        (server.dir / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modern.dir / name, server.dir / name)
        there = Mote(mote.home, mote.account, "127.0.0.1", server.port("direct"), server.ca, "direct")
        plain, again = status(there), status(there)
        assert (plain["profile"], plain["fast"], plain["pipelined"]) == ("sasl1", False, False)
        assert (again["profile"], again["pipelined"], again["round_trips"]["stream"]) == ("sasl1", True, 3)
