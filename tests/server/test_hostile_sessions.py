"""Rows M1 to M4 and R6 against the whole command: a server that miscounts, and events of those who have none to send."""
import re
import time
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import DONE, Running
from hostile import PING, Steady, event
from scripted import MECHANISMS, NOT_IMPLEMENTED, SM_NS, Client, Gone, ScriptedServer
from visitor import PASSWORD, visitor

GOOD = "<message from='bob@localhost/x' type='chat'><body>good</body></message>"


def listening(certs: Certs, home: Path, script: Callable[[Client], None], *more: str) -> tuple[Running, ScriptedServer]:
    server = ScriptedServer(certs.server(), script).__enter__()
    return visitor(home, server.port, certs.ca).start("listen", "--json", "-v", *more), server


def heard_good(certs: Certs, home: Path, script: Callable[[Client], None]) -> ScriptedServer:
    """`mote listen` comes through all of it, and hears the good one, once."""
    listener, server = listening(certs, home, script)
    with listener, server:
        listener.wait_event(body="good", timeout=40)
        time.sleep(0.2)
        assert [m["body"] for m in listener.json] == ["good"]
        assert listener.stop().code == DONE
    return server


def ask(client: Client, number: int) -> None:
    client.send(f"<iq type='get' id='p{number}' from='bob@localhost/x'>{PING}</iq>")
    client.expect(rb"<iq type='result' id='p%d'" % number)


# --- M1, M2: counts of what was never sent, and counts that go back -------------------------------------------------

COUNTS = ("sent+1", "sent+1000", "4294967295", "2147483648", "sent-1")


@pytest.mark.parametrize("count", COUNTS)
def test_M1_M2_counts_that_cannot_be(certs: Certs, count: str, tmp_path: Path) -> None:
    """The stream ends with the counts in its error; the next session is a new one, and works."""
    def script(client: Client) -> None:
        if client.number > 0:
            client.login_sm(PASSWORD, "session2")
            client.send(GOOD)
            return client.answer_iqs()
        client.login_sm(PASSWORD)
        for number in range(3):
            ask(client, number)
        time.sleep(0.3)
        ask(client, 3)
        sent = len(re.findall(rb"<(?:iq|presence|message)\b", client.heard.split(b"<enable ")[1]))
        client.send(f"<a xmlns='{SM_NS}' h='{sent}'/>")
        h = eval(count, {"sent": sent})
        client.send(f"<a xmlns='{SM_NS}' h='{h}'/>")
        found = client.expect(rb"<stream:error><undefined-condition [^>]*/><handled-count-too-high [^>]*/>")[0]
        assert b"h='%d'" % h in found and b"send-count='%d'" % sent in found, found
        client.log.append("refused")
        client.until_gone()
    server = heard_good(certs, tmp_path, script)
    assert "refused" in server.clients[0].log
    assert b"<resume" not in server.clients[1].heard


NO_COUNTS = ("", "h=''", "h='-1'", "h='4294967296'", "h='x'", "h=' 4'", "H='4'")


@pytest.mark.parametrize("attribute", NO_COUNTS, ids=range(len(NO_COUNTS)))
def test_M1_acknowledgements_without_a_count(certs: Certs, attribute: str, tmp_path: Path) -> None:
    """Nothing is taken for delivered because of them, and nobody minds."""
    def script(client: Client) -> None:
        client.login_sm(PASSWORD)
        for number in range(3):
            ask(client, number)
            client.send(f"<a xmlns='{SM_NS}' {attribute}/>")
        client.send(GOOD)
        client.answer_iqs()
    assert len(heard_good(certs, tmp_path, script).clients) == 1


# --- M3: the resumption ---------------------------------------------------------------------------------------------

def failed(client: Client, attributes: str = "", inner: str = "item-not-found") -> None:
    client.send(f"<failed xmlns='{SM_NS}' {attributes}><{inner} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    found = client.expect(rb"<iq[^>]*id=['\"]([^'\"]*)['\"][^>]*>\s*<bind")
    bound = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@localhost/new</jid></bind>"
    client.send(f"<iq type='result' id='{found[1].decode()}'>{bound}</iq>")
    client.send(GOOD)
    client.answer_iqs()


REFUSALS: dict[str, Callable[[Client], None]] = {
    "without-h": failed, "with-h": lambda client: failed(client, "h='1'"),
    "unexpected-request": lambda client: failed(client, inner="unexpected-request"),
}
WRONG: dict[str, str] = {
    "other-previd": "<resumed xmlns='{ns}' previd='another' h='1'/>", "no-previd": "<resumed xmlns='{ns}' h='1'/>",
    "no-h": "<resumed xmlns='{ns}' previd='session1'/>", "h-too-high": "<resumed xmlns='{ns}' previd='session1' h='99'/>",
    "failed-h-too-high": "<failed xmlns='{ns}' h='99'/>", "enabled": "<enabled xmlns='{ns}' id='x' resume='true'/>{end}",
    "bound-uncalled-for": "<iq type='result' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>mallory@localhost/x"
    "</jid></bind></iq>{end}", "twice": "<resumed xmlns='{ns}' previd='session1' h='1'/>" * 2,
}


def first_session(client: Client) -> None:
    client.login_sm(PASSWORD)
    ask(client, 1)
    time.sleep(0.1)
    client.cut()


@pytest.mark.parametrize("refuse", REFUSALS.values(), ids=REFUSALS.keys())
def test_M3_refused(certs: Certs, refuse: Callable[[Client], None], tmp_path: Path) -> None:
    """A new session on the same stream."""
    def script(client: Client) -> None:
        if client.number == 0:
            return first_session(client)
        client.ask_resume(PASSWORD)
        refuse(client)
    assert len(heard_good(certs, tmp_path, script).clients) == 2


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_M3_answers_that_are_wrong(certs: Certs, text: str, tmp_path: Path) -> None:
    """Closed; the login after that binds anew, as ourselves."""
    def script(client: Client) -> None:
        if client.number == 0:
            return first_session(client)
        if client.number == 1:
            client.ask_resume(PASSWORD)
            client.send(text.format(ns=SM_NS, end="</stream:stream>"))
            return client.until_gone()
        try:
            client.secure()
            client.open(MECHANISMS)
            client.scram(PASSWORD)
            client.bind()
        except Gone:
            return None
        client.send(GOOD)
        return client.answer_iqs()
    server = heard_good(certs, tmp_path, script)
    assert len(server.clients) == 3


# --- M4: asking for ever, acknowledging never -----------------------------------------------------------------------

def test_M4_a_flood_of_asking(certs: Certs, tmp_path: Path) -> None:
    """Before XEP-0198 is on, and then: a few answers for a hundred thousand, in bounded time and memory."""
    done: list[int] = []

    def script(client: Client) -> None:
        client.login(PASSWORD, f"<sm xmlns='{SM_NS}'/>")
        client.expect(rb"<enable [^>]*>")
        client.send(f"<r xmlns='{SM_NS}'/>" * 1000)
        assert b"<a " not in client.heard
        client.send(f"<enabled xmlns='{SM_NS}' id='session1' resume='true'/>")
        for number in range(2):
            client.send(f"<r xmlns='{SM_NS}'/>" * 50_000)
            ask(client, number)
            done.append(client.heard.count(b"<a "))
            time.sleep(0.5)
        client.send(GOOD)
        client.answer_iqs()
    listener, server = listening(certs, tmp_path, script)
    with listener, server:
        listener.wait_for(lambda: len(done) == 1, 60, "the first flood")
        with Steady(listener):
            listener.wait_for(lambda: len(done) == 2, 60, "the second flood")
        listener.wait_event(body="good")
        assert done[-1] < 60_000
        assert listener.stop().code == DONE


def test_M4_a_server_that_does_not_acknowledge(certs: Certs, tmp_path: Path) -> None:
    """`mote send --lines` is fed more than the ring holds: it reads no further, and drops nothing. Once the server counts, the
    rest follows: every line once, in order."""
    held: list[int] = []

    def script(client: Client) -> None:
        client.login_sm(PASSWORD)
        while not held:
            before = len(client.heard)
            time.sleep(1.5)
            client.socket.settimeout(0.2)
            try:
                while client.socket.pending() or len(client.heard) - before < 1 << 20:
                    client.heard += client.socket.recv(65536)
            except (OSError, ValueError):
                pass
            if len(client.heard) == before > 100_000:
                held.append(client.heard.count(b"<message"))
        while b"line 999 " not in client.heard:
            stanzas = client.heard.split(b"<enable ")[1].count(b"</message>")
            client.send(f"<a xmlns='{SM_NS}' h='{stanzas}'/>")
            client.hear(20)
        stanzas = client.heard.split(b"<enable ")[1].count(b"</message>")
        client.send(f"<a xmlns='{SM_NS}' h='{stanzas}'/>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        lines = "".join(f"line {number} {'x' * 1000}\n" for number in range(1000))
        mote.run("send", "--lines", "bob@localhost", input=lines, timeout=120)
        (client,) = server.clients
        assert 100 < held[0] < 300  # 256 KiB of them
        assert re.findall(rb"<body>line (\d+) x{1000}</body>", client.heard) == [b"%d" % n for n in range(1000)]


# --- R6: events -----------------------------------------------------------------------------------------------------

PRIVATE = ("urn:xmpp:bookmarks:1", "storage:bookmarks", "urn:xmpp:omemo:2:devices", "eu.siacs.conversations.axolotl.devicelist",
           "urn:xmpp:avatar:metadata", "http://jabber.org/protocol/nick", "urn:xmpp:microblog:0", "")
SENDERS = ("mallory@ext.localhost", "mallory@ext.localhost/pc", "bob@localhost.evil", "bob@localhost/phone", "localhost",
           "pubsub.localhost", "alice@localhost", "alice@localhost/other", "alice@localhost/scripted", None)


def items(title: str) -> str:
    return ("<items node='urn:xmpp:microblog:0'><item id='" + title + "'><entry xmlns='http://www.w3.org/2005/Atom'>"
            f"<title>{title}</title><updated>2026-11-21T00:00:00Z</updated></entry></item></items>")


def pubsub_service(client: Client, until: int) -> None:
    """Answer what a reader of bob's blog asks, until its last question was answered."""
    while until > 0:
        found = client.expect(rb"<iq[^>]*>(?:<pubsub[^>]*><(\w+))?", 20)
        name = re.search(rb"id='([^']*)'", found[0])[1].decode()
        to = re.search(rb"to='([^']*)'", found[0])
        sender = f"from='{to[1].decode()}'" if to else ""
        if b"type='result'" in found[0] or b"type='error'" in found[0]:
            continue
        if found[1] == b"items":
            until -= 1
            client.send(f"<iq type='result' id='{name}' {sender}><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                        f"{items('first')}</pubsub></iq>")
        elif found[1] == b"subscribe":
            client.send(f"<iq type='result' id='{name}' {sender}/>")
        else:
            client.send(f"<iq type='error' id='{name}' {sender}>{NOT_IMPLEMENTED}</iq>")


def test_R6_events_of_everybody_else(certs: Certs, tmp_path: Path) -> None:
    """Whoever follows bob's blog sees what comes from bob@localhost and nothing else; and asks nobody because of it."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        pubsub_service(client, 2)
        time.sleep(0.5)
        client.read = len(client.heard)
        for sender in SENDERS:
            from_ = f"from='{sender}'" if sender else ""
            for node in PRIVATE:
                for kind in ("headline", "normal", "error"):
                    client.send(f"<message {from_} type='{kind}'>{event(node)}</message>")
            for other in ("<purge node='urn:xmpp:microblog:0'/>", "<delete node='urn:xmpp:microblog:0'/>",
                          "<items node='urn:xmpp:microblog:0'><item id='empty'/></items>",
                          "<items node='urn:xmpp:microblog:0'><retract id='first'/></items>"):
                client.send(f"<message {from_} type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                            f"{other}</event></message>")
        inner = f"<message xmlns='jabber:client' from='bob@localhost' type='headline'>{event('urn:xmpp:microblog:0')}</message>"
        client.send("<message from='mallory@ext.localhost'><forwarded xmlns='urn:xmpp:forward:0'>" + inner +
                    "</forwarded></message>")
        client.send(f"<iq type='get' id='last' from='bob@localhost/x'>{PING}</iq>")
        client.expect(rb"<iq type='result' id='last'")
        assert client.heard[client.read - 200:].count(b"<pubsub") == 0
        client.send("<message from='bob@localhost' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>" +
                    items("right") + "</event></message>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).start("feed", "--json", "-v", "--follow", "bob@localhost") as feed:
            feed.wait_event("post", id="right", timeout=30)
            assert [found.get("id") for found in feed.json] == ["first", "right"]
            assert feed.stop().code == DONE
