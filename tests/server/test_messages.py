"""mote send and mote listen, with slixmpp and go-sendxmpp on the other side."""
import os
import re
import shutil
import signal
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from certs import Certs
from command import DONE, REFUSED, TIMEOUT, Mote, Running
from marks import both
from peer import Peer
from prosody import Account, Prosody
from scripted import Client, ScriptedServer
from visitor import PASSWORD, visitor

UNICODE = "Grüße aus 東京 🌱 <&>\"' ]]> end"
go = pytest.mark.skipif(shutil.which("go-sendxmpp") is None, reason="go-sendxmpp is not installed")


def seconds_since(stamp: str) -> float:
    """Of a date and time as XEP-0082 writes it, in UTC."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", stamp), stamp
    return (datetime.now(timezone.utc) - datetime.fromisoformat(stamp.replace("Z", "+00:00"))).total_seconds()


def go_command(server: Prosody, account: Account, tls: str, *more: str) -> list[str]:
    return ["go-sendxmpp", "-u", account.jid, "-p", account.password, "-j", f"localhost:{server.port(tls)}",
            *(["-t"] if tls == "direct" else []), *more]


# --- sending --------------------------------------------------------------------------------------------------------

@both
def test_send_with_receipt(mote: Mote, peer: Peer) -> None:
    result = mote.run("send", "--receipt", "--json", peer.account.jid, UNICODE)
    got = peer.wait_message(UNICODE)
    assert got["type"] == "chat" and got["from"].bare == mote.jid
    (receipt,) = result.json
    assert receipt == {"event": "receipt", "from": peer.jid, "id": got["id"]}


@both
def test_send_carries_an_origin_id(mote: Mote, peer: Peer) -> None:
    mote.run("send", peer.account.jid, "with an id")
    got = peer.wait_message("with an id")
    origin = got.xml.find("{urn:xmpp:sid:0}origin-id")
    assert got["id"] and origin is not None and origin.get("id") == got["id"]


@both
def test_send_takes_the_text_from_standard_input(mote: Mote, peer: Peer) -> None:
    mote.run("send", peer.account.jid, input="two\nlines\n")
    peer.wait_message("two\nlines")


def test_send_a_message_per_line(mote: Mote, peer: Peer) -> None:
    lines = [f"n{i}" for i in range(30)]
    result = mote.run("send", "--lines", "--receipt", "--json", peer.account.jid, input="\n".join(lines) + "\n")
    assert [m["body"] for m in peer.messages] == lines
    assert [r["event"] for r in result.json] == ["receipt"] * 30


def test_send_a_long_text(mote: Mote, peer: Peer) -> None:
    text = "a long text. " * 3000
    mote.run("send", "--receipt", peer.account.jid, input=text)
    peer.wait_message(text)


def test_send_says_when_no_receipt_comes(mote: Mote, bob: Account) -> None:
    result = mote.run("send", "--receipt", "--timeout", "1", bob.jid, "is anybody there?", code=TIMEOUT)
    assert bob.jid in result.complaint


def test_send_says_when_the_message_comes_back(mote: Mote) -> None:
    assert "nobody@localhost" in mote.run("send", "nobody@localhost", "hello", code=REFUSED).complaint


# --- listening ------------------------------------------------------------------------------------------------------

@both
def test_listen_to_slixmpp(mote: Mote, peer: Peer) -> None:
    with mote.listen() as listener:
        full = peer.wait_online(mote.jid)
        message_id = peer.send(mote.jid, UNICODE, receipt=True)
        got = listener.wait_event(body=UNICODE)
        assert {key: got[key] for key in ("from", "to", "id", "type", "delayed")} == \
            {"from": peer.jid, "to": mote.jid, "id": message_id, "type": "chat", "delayed": False}
        assert abs(seconds_since(got["time"])) < 60
        assert peer.wait_receipt(message_id) == full
        assert listener.stop().code == DONE


@both
def test_listen_gets_what_was_stored(mote: Mote, peer: Peer) -> None:
    peer.send(mote.jid, "while you were out")
    time.sleep(1.1)
    with mote.listen("--count", "1") as listener:
        got = listener.wait_event(body="while you were out")
        assert got["delayed"] is True and 1 <= seconds_since(got["time"]) < 60
        assert listener.wait().code == DONE


@go
@both
def test_listen_to_go_sendxmpp(server: Prosody, mote: Mote, bob: Account, tls: str, tmp_path) -> None:
    with mote.listen("--count", "1") as listener:
        subprocess.run(go_command(server, bob, tls, mote.jid), input=UNICODE + "\n", text=True, check=True, timeout=30,
                       env=os.environ | {"SSL_CERT_FILE": str(server.ca), "HOME": str(tmp_path)})
        got = listener.wait_event()
        assert got["body"].rstrip("\n") == UNICODE and got["from"].startswith(bob.jid + "/")
        assert listener.wait().code == DONE


@go
@both
def test_send_to_go_sendxmpp(server: Prosody, mote: Mote, bob: Account, tls: str, tmp_path) -> None:
    command = go_command(server, bob, tls, "-l")
    env = os.environ | {"SSL_CERT_FILE": str(server.ca), "HOME": str(tmp_path)}
    with Running(command, env, tmp_path) as listener:
        for _ in range(40):  # it does not tell when it is on line; what came before is stored
            mote.run("send", bob.jid, "hello, gopher")
            if any("hello, gopher" in line for line in listener.out):
                break
            time.sleep(0.2)
        listener.wait_for(lambda: [line for line in listener.out if "hello, gopher" in line], name="the message")


@both
def test_listen_for_people_is_one_line_each(mote: Mote, peer: Peer) -> None:
    with mote.start("listen", "-v") as listener:
        listener.wait_online()
        peer.send(mote.jid, "first\nsecond \\ \x85\u202e\u009b31m")
        peer.send(mote.jid, "last")
        listener.wait_for(lambda: len(listener.out) >= 2)
        assert len(listener.out) == 2
        line = listener.out[0]
        assert line.endswith("first\\nsecond \\\\ \\x85\\u{202e}\\u{9b}31m\n") or "first\\nsecond" in line
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", line), repr(line)
        assert peer.account.jid in line


def test_listen_only_from_some(server: Prosody, mote: Mote, peer: Peer) -> None:
    with Peer(server, server.account("carol")) as carol, mote.listen("--from", peer.account.jid) as listener:
        carol.send(mote.jid, "not this")
        peer.send(mote.jid, "but this")
        listener.wait_event(body="but this")
        assert [m["body"] for m in listener.json] == ["but this"]


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_listen_ends_in_good_order(mote: Mote, peer: Peer, number: int) -> None:
    with mote.listen() as listener:
        full = peer.wait_online(mote.jid)
        assert listener.stop(number).code == DONE
        peer.wait_for(lambda: peer.presences.get(full) == "unavailable", name="unavailable presence")


def test_listen_ends_when_nobody_reads_it(mote: Mote, peer: Peer) -> None:
    """mote listen | head -1: SIGPIPE never kills it, and it does not stay for ever."""
    shell = f"{' '.join(mote.command('listen', '-v'))} | head -1; exit ${{PIPESTATUS[0]}}"
    with Running(["bash", "-c", shell], mote.env, mote.home) as pipe:
        pipe.wait_online()
        for number in range(50):
            peer.send(mote.jid, f"n{number}")
            time.sleep(0.1)
            if pipe.process.poll() is not None:
                break
        result = pipe.wait(10)
        assert result.code in (0, 7) and result.stdout.count("\n") == 1


def test_listen_prints_a_message_once_when_two_of_us_are_there(mote: Mote, peer: Peer) -> None:
    """Carbons are no second message."""
    with mote.listen() as one, mote.listen() as two:
        ours = {listener.wait_err("on line as").split()[-1] for listener in (one, two)}
        peer.wait_for(lambda: ours <= set(peer.presences), name="both")
        for n in range(3):
            peer.send(mote.jid, f"n{n}")
        one.wait_event(body="n2")
        two.wait_event(body="n2")
        for listener in (one, two):
            assert [m["body"] for m in listener.json] == ["n0", "n1", "n2"]


def test_B18_no_sender_a_forged_delay_and_encryption(certs: Certs, tmp_path: Path) -> None:
    """What listen prints of each: it is the own account's, it came now, and the body is none."""
    stanzas = (
        "<message id='1' type='headline'><body>by nobody</body></message>"
        "<message from='m@evil.test/x' id='2' type='chat'><body>forged</body>"
        "<delay xmlns='urn:xmpp:delay' from='evil.test' stamp='1999-01-01T00:00:00Z'/></message>"
        "<message from='m@evil.test/x' id='3' type='chat'><body>secret</body>"
        "<encrypted xmlns='urn:xmpp:omemo:2'/></message>")

    def script(client: Client) -> None:
        client.login(PASSWORD)
        client.expect(rb"<presence")
        client.send(stanzas)
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        nobody, forged, encrypted = mote.run("listen", "--json", "--count", "3").json
        assert nobody["from"] == "alice@localhost" and nobody["encrypted"] is None
        assert forged["delayed"] is False and not forged["time"].startswith("1999")
        assert encrypted["encrypted"] == "urn:xmpp:omemo:2" and encrypted["body"] == "secret"
        assert " m@evil.test: (encrypted) secret" in mote.run("listen", "--count", "3").stdout
