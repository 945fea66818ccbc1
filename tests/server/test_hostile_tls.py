"""Rows T1, T2, T3, T7 against the whole command: who sits on the line before TLS, or cuts it.

What the client says in clear is looked at byte by byte: a stream header, <starttls/>, a ClientHello, and nothing else.
"""
import base64
import socket
import ssl
import struct
import time
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import DONE, LOGIN, TLS, Result
from scripted import BIND, HEADER, MECHANISMS, SASL, STARTTLS, STREAMS, Client, ScriptedServer
from visitor import PASSWORD, visitor

TLS_NS = "urn:ietf:params:xml:ns:xmpp-tls"
PROCEED = f"<proceed xmlns='{TLS_NS}'/>"
PLAIN = f"<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>"
SASL2 = ("<authentication xmlns='urn:xmpp:sasl:2'><mechanism>PLAIN</mechanism><inline><fast xmlns='urn:xmpp:fast:0'>"
         "<mechanism>HT-SHA-256-NONE</mechanism></fast></inline></authentication>")


def no_secret_in(heard: bytes) -> None:
    """Neither the password nor the name, plain or in base64 at any place of it; nothing that begins a login."""
    secrets = [PASSWORD.encode(), b"alice", b"n,,"]
    for text in (b"alice", PASSWORD.encode()):
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + text)
            secrets.append(encoded[4 if shift else 0:len(text) // 3 * 4])
    for secret in secrets + [b"<auth", b"<iq", b"<response", b"jabber:iq:auth"]:
        assert not secret or secret not in heard, (secret, heard)


def clear_part(client: Client) -> bytes:
    """What was said before the ClientHello."""
    return client.heard.split(b"\x16\x03", 1)[0]


# --- T1: TLS is kept away -------------------------------------------------------------------------------------------

STRIPPED: dict[str, str] = {
    "plain": PLAIN, "scram": MECHANISMS, "nothing": "", "sasl2": SASL2, "bind": BIND + MECHANISMS,
    "non-sasl": "<auth xmlns='http://jabber.org/features/iq-auth'/>", "anonymous": PLAIN.replace("PLAIN", "ANONYMOUS"),
    "external": PLAIN.replace("PLAIN", "EXTERNAL"), "wrong-namespace": STARTTLS.replace("xmpp-tls", "xmpp-tIs") + PLAIN,
    "no-namespace": "<starttls/>" + MECHANISMS, "hidden": f"<x xmlns='y'>{STARTTLS}</x>{PLAIN}",
    "as-text": "&lt;starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/&gt;" + PLAIN, "other-name": PLAIN +
    f"<starttlsx xmlns='{TLS_NS}'/>", "prefixed-otherwise": f"<a:starttls xmlns:a='urn:{TLS_NS}'/>" + PLAIN,
    "required-alone": f"<required xmlns='{TLS_NS}'/>" + PLAIN,
}


@pytest.mark.parametrize("features", STRIPPED.values(), ids=STRIPPED.keys())
def test_T1_stripped(certs: Certs, features: str, tmp_path: Path) -> None:
    """Even for somebody who allows PLAIN."""
    def script(client: Client) -> None:
        client.open(features)
        client.until_gone()
    with ScriptedServer(certs.server(), script, "starttls") as server:
        mote = visitor(tmp_path, server.port, certs.ca, "starttls")
        assert "TLS" in mote.run("status", "--allow-plain", code=TLS).complaint
        for client in server.clients:
            no_secret_in(client.heard)
            assert b"\x16\x03" not in client.heard


ANSWERS: dict[str, str] = {
    "failure": f"<failure xmlns='{TLS_NS}'/></stream:stream>", "failure-alone": f"<failure xmlns='{TLS_NS}'/>",
    "end": "</stream:stream>", "error": f"<stream:error><policy-violation xmlns='{STREAMS}'/></stream:error>",
    "features-again": f"<stream:features>{PLAIN}</stream:features>",
    "features-again-then-proceed": f"<stream:features>{PLAIN}</stream:features>{PROCEED}",
    "success": f"<success xmlns='{SASL}'/>", "challenge": f"<challenge xmlns='{SASL}'>cj0=</challenge>",
    "proceed-elsewhere": "<proceed xmlns='urn:x'/>", "message": "<message><body>hello</body></message>",
    "proceed-in-a-message": f"<message>{PROCEED}</message>", "header-again": HEADER,
    "enabled": "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_T1_instead_of_proceed(certs: Certs, answer: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.open(STARTTLS + PLAIN)
        client.expect(rb"<starttls[^>]*>")
        client.send(answer)
        client.until_gone()
    with ScriptedServer(certs.server(), script, "starttls") as server:
        result = visitor(tmp_path, server.port, certs.ca, "starttls").run("status", "--allow-plain", code=None)
        assert result.code != DONE and result.complaint
        for client in server.clients:
            no_secret_in(client.heard)


@pytest.mark.parametrize("first", ("HTTP/1.1 200 OK\r\n\r\n", "220 mail ESMTP\r\n", "\x15\x03\x01\x00\x02\x02\x28",
                                   "\x16\x03\x01\x40\x00" + "x" * 100, "\x00" * 500, "\r\n" * 100),
                         ids=("http", "smtp", "alert", "half-hello", "zeros", "lines"))
@pytest.mark.parametrize("tls", ("direct", "starttls"))
def test_T1_something_else_speaks_there(certs: Certs, first: str, tls: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.send(first.encode("latin-1"))
        client.hear(5)
        client.socket.shutdown(socket.SHUT_WR)
        client.until_gone(5)
    with ScriptedServer(certs.server(), script, tls) as server:
        result = visitor(tmp_path, server.port, certs.ca, tls).run("status", "--allow-plain", code=None)
        assert result.code != DONE and result.complaint
        for client in server.clients:
            no_secret_in(clear_part(client))


# --- T2: something is put behind <proceed/> -------------------------------------------------------------------------

BEHIND: dict[str, bytes | str] = {
    "message": "<message from='bob@localhost' xmlns='jabber:client'><body>injected</body></message>",
    "success": f"<success xmlns='{SASL}'/>", "header": HEADER, "features": f"<stream:features>{PLAIN}</stream:features>",
    "space": " ", "newline": "\r\n", "nul": b"\0", "proceed": PROCEED, "end": "</stream:stream>",
    "half": "<message><body>inj", "alert": b"\x15\x03\x03\x00\x02\x01\x00", "application-data": b"\x17\x03\x03\x00\x05hello",
}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND.keys())
def test_T2_in_the_same_segment(certs: Certs, behind: bytes | str, tmp_path: Path) -> None:
    """CVE-2011-0411: taken for nothing, before and after; the connection ends without a handshake."""
    def script(client: Client) -> None:
        client.open(STARTTLS)
        client.expect(rb"<starttls[^>]*>")
        client.send(PROCEED.encode() + (behind.encode() if isinstance(behind, str) else behind))
        client.until_gone()
    with ScriptedServer(certs.server(), script, "starttls") as server:
        result = visitor(tmp_path, server.port, certs.ca, "starttls").run("status", code=TLS)
        assert "injected" not in result.stdout + result.stderr
        for client in server.clients:
            no_secret_in(client.heard)


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND.keys())
def test_T2_before_the_handshake_ends(certs: Certs, behind: bytes | str, tmp_path: Path) -> None:
    """In a segment of its own it is what the TLS library sees: no ServerHello. Whatever comes of it, it is no stanza."""
    def script(client: Client) -> None:
        client.open(STARTTLS)
        client.expect(rb"<starttls[^>]*>")
        client.send(PROCEED)
        client.expect(rb"\x16\x03")
        client.send(behind)
        client.until_gone(3)
    with ScriptedServer(certs.server(), script, "starttls") as server:
        result = visitor(tmp_path, server.port, certs.ca, "starttls").run("status", code=None)
        assert result.code != DONE and "injected" not in result.stdout + result.stderr
        for client in server.clients:
            no_secret_in(clear_part(client))


# --- T3: what was said before TLS -----------------------------------------------------------------------------------

def logs_in(certs: Certs, home: Path, before: str, after: str, header: str = "", *more: str) -> tuple[Result, Client]:
    """STARTTLS with these features before it and those behind it."""
    def script(client: Client) -> None:
        client.expect(rb"<stream:stream[^>]*>")
        client.send((header or HEADER.format(id="c")) + f"<stream:features>{before}</stream:features>")
        client.expect(rb"<starttls[^>]*>")
        client.send(PROCEED)
        client.socket.settimeout(10)
        client.socket = client.server.context.wrap_socket(client.socket, server_side=True)
        client.open(after)
        client.scram(PASSWORD)
        client.bind()
        client.answer_iqs()
    with ScriptedServer(certs.server(), script, "starttls") as server:
        result = visitor(home, server.port, certs.ca, "starttls").run("status", "--json", *more, code=None)
        return result, server.clients[0]


BEFORE: dict[str, str] = {
    "plain": PLAIN, "sasl2": SASL2, "no-mechanisms": "", "bind": BIND, "sm": "<sm xmlns='urn:xmpp:sm:3'/>",
    "plus": MECHANISMS.replace("256<", "256-PLUS<"),
    "limits": "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>1</max-bytes></limits>",
    "bindings": "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-unique'/>"
                "</sasl-channel-binding>",
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
def test_T3_only_the_features_behind_tls_count(certs: Certs, before: str, tmp_path: Path) -> None:
    result, client = logs_in(certs, tmp_path, STARTTLS + before, MECHANISMS)
    assert result.code == DONE, result
    assert result.json[0]["sasl"]["mechanism"] == "SCRAM-SHA-256"
    assert result.json[0]["stream_management"] is False
    assert b"mechanism='SCRAM-SHA-256'" in client.heard and b"urn:xmpp:sasl:2" not in client.heard


@pytest.mark.parametrize("header", ("from='evil.test'", "from='localhost' xml:lang='xx'", "from=''"))
def test_T3_a_header_before_tls_is_not_believed(certs: Certs, header: str, tmp_path: Path) -> None:
    """The one behind TLS is the one that counts."""
    text = HEADER.format(id="c").replace("from='localhost'", header, 1)
    result, _ = logs_in(certs, tmp_path, STARTTLS, MECHANISMS, text)
    assert result.code in (DONE, TLS) and (result.code == DONE or result.complaint)


@pytest.mark.parametrize("after", (PLAIN, SASL2, "", PLAIN.replace("PLAIN", "DIGEST-MD5"),
                                   PLAIN.replace("PLAIN", "ANONYMOUS"), STARTTLS),
                         ids=("plain", "sasl2", "nothing", "digest", "anonymous", "starttls-again"))
def test_T3_what_was_offered_before_tls_is_not_used_behind_it(certs: Certs, after: str, tmp_path: Path) -> None:
    """SCRAM before, nothing usable behind: no login."""
    result, client = logs_in(certs, tmp_path, STARTTLS + MECHANISMS, after)
    assert result.code in (LOGIN, TLS), result
    assert b"<auth" not in client.heard


# --- T7: cut, with XEP-0198 -----------------------------------------------------------------------------------------

def cut_by_fin(client: Client) -> None:
    client.cut()


def cut_by_reset(client: Client) -> None:
    raw = socket.socket(fileno=client.socket.detach())
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def cut_by_alert(client: Client) -> None:
    """TLS ends in good order, the stream does not."""
    client.socket.settimeout(1)
    try:
        client.socket.unwrap()
    except (OSError, ssl.SSLError):
        pass


HALVES = ("<", "<message", "<message from='b@localhost/x' type='chat' id='h", "<message from='b@localhost/x'><body>ha",
          "<message from='b@localhost/x'><body>half</body>", "<message from='b@localhost/x'><body>half</body></messag", "")


@pytest.mark.parametrize("cut", (cut_by_fin, cut_by_reset, cut_by_alert), ids=lambda cut: cut.__name__[7:])
@pytest.mark.parametrize("half", HALVES, ids=range(len(HALVES)))
def test_T7_resumed_with_the_count_of_whole_stanzas(certs: Certs, half: str, cut: Callable[[Client], None],
                                                    tmp_path: Path) -> None:
    def script(client: Client) -> None:
        if client.number == 0:
            client.login_sm(PASSWORD)
            for number in range(3):
                client.send(f"<message from='b@localhost/x' type='chat' id='{number}'><body>{number}</body></message>")
            assert client.acknowledged() == 3
            client.send(half)
            time.sleep(0.1)
            cut(client)
        else:
            assert client.resume(PASSWORD) == 3
            client.send("<message from='b@localhost/x' type='chat' id='e'><body>end</body></message>")
            client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).listen() as listener:
            listener.wait_event(body="end", timeout=20)
            assert [m["body"] for m in listener.json] == ["0", "1", "2", "end"]
            assert listener.stop().code == DONE
        assert len(server.clients) == 2
