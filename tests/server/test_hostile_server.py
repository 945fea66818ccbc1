"""Rows S1, T7, D1, D2 over real TLS: a scripted server that lies, dribbles, cuts the line or sends its client away.

What the engine does with each byte of it is in tests/cases/attacks; here is what comes of it for `mote`.
"""
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import CONNECTION, DONE, LOGIN, REFUSED, TIMEOUT, TLS, Result
from marks import both
from patience import busy
from scripted import BIND, HEADER, MECHANISMS, SASL, STREAMS, Client, ScriptedServer
from visitor import PASSWORD, visitor


def status(certs: Certs, home: Path, script: Callable[[Client], None],
           tls: str = "direct") -> tuple[Result, ScriptedServer]:
    """`mote status` on a server with a good certificate and this script."""
    with ScriptedServer(certs.server(), script, tls) as server:
        return visitor(home, server.port, certs.ca, tls).run("status", code=None, timeout=90), server


# --- S1: the server does not know the password ----------------------------------------------------------------------

FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "zeros": lambda signature: bytes(32), "one bit": lambda signature: bytes([signature[0] ^ 1]) + signature[1:],
    "short": lambda signature: signature[:31], "long": lambda signature: signature + b"\0",
    "nothing": lambda signature: b"",
}


@both
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_S1_wrong_signature(certs: Certs, forge: Callable[[bytes], bytes], tls: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.scram(PASSWORD, forge)
        client.read = len(client.heard)
        client.until_gone()
    result, server = status(certs, tmp_path, script, tls)
    assert result.code == LOGIN, result
    (client,) = server.clients
    assert b"<stream:stream" not in client.heard[client.read:]  # nothing but goodbye follows it


def test_S1_success_without_signature(certs: Certs, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.expect(rb"<auth[^>]*>")
        client.send(f"<success xmlns='{SASL}'/>")
        client.open(BIND)
    result, server = status(certs, tmp_path, script)
    assert result.code == LOGIN and b"<bind" not in server.clients[0].heard


def test_S1_a_server_that_knows_another_password(certs: Certs, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.scram("another password")
        client.until_gone()
    assert status(certs, tmp_path, script)[0].code == LOGIN


# --- S4, S7: no good way to log in ----------------------------------------------------------------------------------

@both
def test_S4_plain_is_not_used_unasked(certs: Certs, tls: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(f"<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>")
        client.until_gone()
    result, server = status(certs, tmp_path, script, tls)
    assert result.code == LOGIN and "PLAIN" in result.stderr
    assert b"<auth" not in server.clients[0].heard


def test_S7_failure_with_a_hundred_children(certs: Certs, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.expect(rb"<auth[^>]*>")
        client.send(f"<failure xmlns='{SASL}'>{'<x/>' * 100}<not-authorized/></failure>")
        client.until_gone()
    assert status(certs, tmp_path, script)[0].code == LOGIN


# --- T7: cut short --------------------------------------------------------------------------------------------------

@both
def test_T7_truncated_in_the_middle_of_a_stanza(certs: Certs, tls: str, tmp_path: Path) -> None:
    """TCP ends without TLS having said so: half a message is none; and listen connects again."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        client.send("<message from='bob@localhost/x' type='chat' id='w'><body>whole</body></message>")
        client.send("<message from='bob@localhost/x' type='chat' id='h'><body>half of")
        client.hear(2)
        if client.number == 0:
            client.cut()
        else:
            client.send(" a message</body></message>")
            client.answer_iqs()
    with ScriptedServer(certs.server(), script, tls) as server:
        with visitor(tmp_path, server.port, certs.ca, tls).listen() as listener:
            listener.wait_err("off line")
            listener.wait_event(body="half of a message", timeout=20)
            assert [m["body"] for m in listener.json] == ["whole", "whole", "half of a message"]
            assert listener.stop().code == DONE


@pytest.mark.parametrize("moment", ("handshake", "features", "challenge", "success", "bind"))
def test_T7_cut_during_the_login(certs: Certs, moment: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        if moment == "handshake":
            client.hear(5)
            return client.cut()
        client.secure()
        if moment == "features":
            client.expect(rb"<stream:stream[^>]*>")
            client.send(HEADER[:80])
            return client.cut()
        client.open(MECHANISMS)
        if moment == "challenge":
            client.expect(rb"<auth")
            client.send(f"<challenge xmlns='{SASL}'>cj0")
            return client.cut()
        client.scram(PASSWORD)
        if moment == "bind":
            client.open(BIND)
            client.expect(rb"<bind")
            client.send("<iq type='result'")
        return client.cut()
    result, _ = status(certs, tmp_path, script)
    assert result.code in (CONNECTION, TLS) and result.complaint


# --- D1: slow -------------------------------------------------------------------------------------------------------

def silent(client: Client) -> None:
    client.secure()
    client.until_gone(60)


def whitespace(client: Client) -> None:
    client.secure()
    client.open(MECHANISMS)
    while True:
        client.send(" ")
        time.sleep(0.5)


def dribble(client: Client) -> None:
    client.secure()
    client.expect(rb"<stream:stream[^>]*>")
    for character in HEADER.format(id="slow"):
        client.send(character)
        time.sleep(0.4)


def dribble_tls(client: Client) -> None:
    """A handshake record of 16 KiB, byte by byte."""
    client.hear(5)
    client.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    while True:
        client.send(b"\x00")
        time.sleep(0.3)


def no_tls(client: Client) -> None:
    client.until_gone(60)


SLOW = {"no_tls": no_tls, "dribble_tls": dribble_tls, "silent": silent, "whitespace": whitespace, "dribble": dribble}


@pytest.fixture(scope="module")
def slow_results(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Result, float]]:
    """What became of `mote status` on each of them, and after how many seconds. All at a time, for each takes half a
    minute."""
    def run(name: str) -> tuple[Result, float]:
        with ScriptedServer(certs.server(), SLOW[name]) as server:
            mote = visitor(tmp_path_factory.mktemp(name), server.port, certs.ca)
            began = time.monotonic()
            return mote.run("status", code=None, timeout=90), time.monotonic() - began
    with ThreadPoolExecutor() as pool:
        return dict(zip(SLOW, pool.map(run, SLOW)))


@pytest.mark.parametrize("name", SLOW)
def test_D1_slow_servers(slow_results: dict[str, tuple[Result, float]], name: str) -> None:
    """An open port without an answer, silence, whitespace alone, a byte now and then: each step of a login has 30 s."""
    result, seconds = slow_results[name]
    assert result.code == TIMEOUT and result.complaint
    assert 25 < seconds < 45 * busy()


# --- D2: sent away --------------------------------------------------------------------------------------------------

def test_D2_redirects_in_a_circle(certs: Certs, tmp_path: Path) -> None:
    """see-other-host is followed three times, and each time the certificate has to be right."""
    def script(client: Client) -> None:
        client.secure()
        client.expect(rb"<stream:stream[^>]*>")
        client.send(HEADER.format(id="r"))
        client.stream_error(f"<see-other-host xmlns='{STREAMS}'>127.0.0.1:{client.server.port}</see-other-host>")
    result, server = status(certs, tmp_path, script)
    assert result.code in (CONNECTION, REFUSED) and result.complaint
    assert len(server.clients) == 4
    assert all(b"<auth" not in client.heard for client in server.clients)


def test_D2_redirect_to_a_server_with_another_name(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(certs.make("other-host", "DNS:other.test"), silent) as other:
        def script(client: Client) -> None:
            client.secure()
            client.open(MECHANISMS)
            client.stream_error(f"<see-other-host xmlns='{STREAMS}'>127.0.0.1:{other.port}</see-other-host>")
        result, _ = status(certs, tmp_path, script)
        assert result.code == TLS, result
        assert other.clients[0].heard == b""


def test_D2_redirect_is_followed(certs: Certs, tmp_path: Path) -> None:
    def there(client: Client) -> None:
        client.login(PASSWORD)
        client.answer_iqs()
    with ScriptedServer(certs.server(), there) as other:
        def script(client: Client) -> None:
            client.secure()
            client.open(MECHANISMS)
            client.stream_error(f"<see-other-host xmlns='{STREAMS}'>127.0.0.1:{other.port}</see-other-host>")
        result, _ = status(certs, tmp_path, script)
        assert result.code == DONE and "scripted" in result.stdout


def ended_by(certs: Certs, home: Path, condition: str, seconds: float) -> tuple[list[float], int | None]:
    """`mote listen` on a server that ends every session with this stream error: when it came, and its exit code."""
    came: list[float] = []

    def script(client: Client) -> None:
        came.append(time.monotonic())
        client.login(PASSWORD)
        time.sleep(0.1)
        client.stream_error(f"<{condition} xmlns='{STREAMS}'/>")
        client.until_gone()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(home, server.port, certs.ca).start("listen", "-v") as listener:
            listener.wait_online()
            time.sleep(seconds)
            code = listener.process.poll()
            if code is None:
                listener.stop()
            return came, code


def test_D2_conflict_is_not_fought_over(certs: Certs, tmp_path: Path) -> None:
    """Another session took this one's place: two of them must not throw each other out for ever."""
    came, code = ended_by(certs, tmp_path, "conflict", 4)
    assert len(came) == 1
    assert code == REFUSED


# Seconds to watch, and how many tries are to be seen in them; the waiting times themselves are in tests/unit/stream/test_retry.c.
ENDS = {"reset": (6, 2, 5), "system-shutdown": (10, 2, 6), "internal-server-error": (6, 2, 5),
        "policy-violation": (6, 1, 1), "resource-constraint": (6, 1, 1), "host-unknown": (6, 1, 1)}


@pytest.mark.parametrize("condition", ENDS)
def test_D2_other_ends_are_followed_by_another_try(certs: Certs, condition: str, tmp_path: Path) -> None:
    """Never sooner than after a second; where we are not wanted, not within half a minute."""
    seconds, least, most = ENDS[condition]
    came, code = ended_by(certs, tmp_path, condition, seconds)
    assert code is None and least <= len(came) <= most
    assert all(later - earlier > 0.9 for earlier, later in zip(came, came[1:]))


def test_D2_not_authorized_ends_it(certs: Certs, tmp_path: Path) -> None:
    came, code = ended_by(certs, tmp_path, "not-authorized", 3)
    assert len(came) == 1 and code == LOGIN


def test_D2_a_server_that_cannot_check_the_password_now(certs: Certs, tmp_path: Path) -> None:
    """temporary-auth-failure (RFC 6120 section 6.5.10) is no wrong password: no end, and no hurry."""
    came: list[float] = []

    def script(client: Client) -> None:
        came.append(time.monotonic())
        client.secure()
        client.open(MECHANISMS)
        client.expect(rb"<auth[^>]*>")
        client.send(f"<failure xmlns='{SASL}'><temporary-auth-failure/></failure>")
        client.until_gone()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).start("run", "-v") as run:
            run.wait_err("off line")
            time.sleep(3)
            assert run.process.poll() is None and len(came) == 1
            run.stop()


@pytest.mark.parametrize("condition", ("conflict", "not-authorized", "host-gone"))
def test_D2_the_end_of_a_session_is_one_complaint(certs: Certs, condition: str, tmp_path: Path) -> None:
    """What was under way fails with the connection: that is said, and not that the connection broke as well."""
    def script(client: Client) -> None:
        if client.number > 0:
            return client.until_gone()
        client.login(PASSWORD)
        found = client.expect(rb"<iq type='set' id='([^']*)'[^>]*><jingle [^>]*session-initiate")
        client.send(f"<iq type='result' id='{found[1].decode()}' from='bob@localhost/x'/>")
        client.stream_error(f"<{condition} xmlns='{STREAMS}'/>")
        client.until_gone()
    (tmp_path / "file").write_text("content")
    with ScriptedServer(certs.server(), script) as server:
        result = visitor(tmp_path, server.port, certs.ca).run("put", str(tmp_path / "file"), "bob@localhost/x", code=None,
                                                             timeout=90)
        assert result.code in (CONNECTION, REFUSED, LOGIN)
        lines = [line for line in result.stderr.splitlines() if not line.startswith(("mote: off line: ", "mote: hint: "))]
        assert len(lines) == 1 and "did not get file" in lines[0], result.stderr


# --- X: bad XML, over the wire --------------------------------------------------------------------------------------

BAD_XML = {
    "X1-doctype": "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]>", "X1-entity": "<message><body>&a;</body></message>",
    "X2-utf8": b"<message><body>\xc0\xaf</body></message>", "X2-nul": b"<message><body>\0</body></message>",
    "X4-deep": "<message>" + "<a>" * 100_000, "X4-name": "<" + "n" * 1_000_000, "X6-comment": "<!-- hello -->",
    "X6-pi": "<?php ?>", "X2-stray": "</message>", "X2-mismatch": "<message><body></message>",
}


@pytest.mark.parametrize("xml", BAD_XML.values(), ids=BAD_XML.keys())
def test_X1_X2_X4_X6_bad_xml_ends_the_stream_and_shows_nothing(certs: Certs, xml: str | bytes, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.login(PASSWORD)
        if client.number == 0:
            client.send(xml)
            client.send("<message from='bob@localhost' type='chat'><body>smuggled</body></message>")
            client.until_gone()
        else:
            client.send("<message from='bob@localhost' type='chat'><body>good</body></message>")
            client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).listen() as listener:
            listener.wait_event(body="good", timeout=20)
            assert [m["body"] for m in listener.json] == ["good"]
            if len(xml) < 1000:  # else it hung up before it had heard all, and TCP took back what it had said
                assert re.search(rb"<stream:error|</stream:stream>", server.clients[0].heard)
            assert listener.stop().code == DONE


def test_X4_a_stanza_with_ten_thousand_attributes_is_skipped(certs: Certs, tmp_path: Path) -> None:
    """As one that is too large: the next one is given, on the same stream."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        client.send("<message " + " ".join(f"a{n}='1'" for n in range(10_000)) + "><body>bad</body></message>")
        client.send("<message from='bob@localhost' type='chat'><body>good</body></message>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).listen() as listener:
            listener.wait_event(body="good", timeout=20)
            assert listener.stop().code == DONE
        assert [m["body"] for m in listener.json] == ["good"] and len(server.clients) == 1
