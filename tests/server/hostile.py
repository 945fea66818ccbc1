"""What strangers send, in numbers, and what it must not cost: shared by the tests of floods and of heap calls."""
import time
from typing import Iterator

from command import Running

MALLORY = "mallory@ext.localhost/pc"
BOB = "bob@localhost/phone"


def iqs(count: int, payload: str, kind: str = "get", prefix: str = "f") -> Iterator[str]:
    for number in range(count):
        yield f"<iq type='{kind}' from='{MALLORY}' to='{{jid}}' id='{prefix}{number}'>{payload}</iq>"


def messages(count: int, content: str, attributes: str = "type='chat'") -> Iterator[str]:
    for number in range(count):
        yield f"<message from='{MALLORY}' to='{{jid}}' id='m{number}' {attributes}>{content}</message>"


def presences(count: int) -> Iterator[str]:
    """Many a resource, coming and going, and requests among them."""
    kinds = ("", " type='unavailable'", " type='subscribe'", " type='unsubscribed'", " type='probe'", " type='error'")
    for number in range(count):
        who = "mallory@ext.localhost" if number % 6 in (2, 3) else f"mallory@ext.localhost/r{number}"
        to = "{bare}" if number % 6 == 2 else "{jid}"
        yield (f"<presence from='{who}' to='{to}'{kinds[number % 6]}><show>chat</show>"
               f"<status>{'s' * (number % 300)}</status></presence>")


def carbon(inner: str) -> str:
    return ("<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
            f"<message xmlns='jabber:client' from='{BOB}' to='{{jid}}' type='chat'><body>{inner}</body></message>"
            "</forwarded></received>")


def event(node: str, item: str = "i") -> str:
    return (f"<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='{node}'><item id='{item}'>"
            "<entry xmlns='http://www.w3.org/2005/Atom'><title>forged</title></entry></item></items></event>")


def names(count: int) -> Iterator[str]:
    """Names that were never there before: what would fill a parser that forgets none."""
    for number in range(count):
        yield (f"<message from='{MALLORY}' to='{{jid}}'><name{number} xmlns='urn:x:{number}' attribute{number}='1'>"
               f"<inner{number}/></name{number}></message>")


def jingle(count: int, action: str) -> Iterator[str]:
    for number in range(count):
        yield (f"<iq type='set' from='{MALLORY}' to='{{jid}}' id='j{number}'><jingle xmlns='urn:xmpp:jingle:1' "
               f"action='{action}' sid='s{number}' initiator='{MALLORY}'><content creator='initiator' name='f'>"
               "<description xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>f</name><size>10</size></file>"
               f"</description><transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='t{number}'/>"
               "</content></jingle></iq>")


PING = "<ping xmlns='urn:xmpp:ping'/>"
ROSTER = "<query xmlns='jabber:iq:roster'><item jid='mallory@ext.localhost' subscription='both'/></query>"
DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
IBB = "xmlns='http://jabber.org/protocol/ibb' sid='s'"

# Row and name: who is flooded, the stanzas, and how many answers there must be.
FLOODS = {
    "M4-pings": ("listen", lambda: iqs(2000, PING), 2000),
    "M4-pings-of-the-daemon": ("run", lambda: iqs(700, PING), 700),
    "M4-features": ("listen", lambda: iqs(1000, DISCO), 1000),
    "M4-unknown": ("get", lambda: iqs(700, "<x xmlns='y'/>") , 700),
    "M4-unknown-set": ("feed", lambda: iqs(700, "<x xmlns='y'/>", "set"), 700),
    "M4-long-ids": ("listen", lambda: iqs(150, PING, prefix="i" * 3000), 150),
    "M4-all-the-same-id": ("listen", lambda: (t.replace("id='f", "id='same' f='") for t in iqs(500, PING)), 500),
    "R2-rosters": ("listen", lambda: iqs(700, ROSTER, "set"), 700),
    "R2-presences": ("listen", lambda: presences(900), 0),
    "R2-presences-of-senders": ("get", lambda: presences(900), 0),
    "R3-results": ("feed", lambda: iqs(1000, PING, "result"), 0),
    "R3-errors": ("listen", lambda: iqs(1000, "<error type='cancel'/>", "error"), 0),
    "R1-carbons": ("listen", lambda: messages(700, carbon("forged")), 0),
    "R6-events": ("feed", lambda: messages(700, event("urn:xmpp:microblog:0"), "type='headline'"), 0),
    "R6-events-that-nobody-asked-for": ("listen", lambda: messages(700, event("urn:xmpp:bookmarks:1")), 0),
    "X7-children": ("listen", lambda: messages(2, "<a/>" * 10_000), 0),
    "X7-children-with-names": ("feed", lambda: messages(2, "".join(f"<a{n} xmlns='u:{n}'/>" for n in range(5000))), 0),
    "X7-large-questions": ("listen", lambda: iqs(8, f"<x xmlns='y'>{'z' * 200_000}</x>"), 8),
    "X4-names": ("listen", lambda: names(500), 0),
    "F1-offers": ("get", lambda: jingle(200, "session-initiate"), 200),
    "F1-offers-to-who-takes-none": ("listen", lambda: jingle(200, "session-initiate"), 200),
    "F1-unknown-sessions": ("get", lambda: jingle(300, "session-terminate"), 300),
    "F1-opens": ("get", lambda: iqs(300, f"<open {IBB} block-size='4096'/>", "set"), 300),
    "F1-blocks": ("get", lambda: iqs(700, f"<data {IBB} seq='0'>AAAA</data>", "set"), 700),
    "F1-blocks-in-messages": ("get", lambda: messages(700, f"<data {IBB} seq='0'>AAAA</data>"), 0),
}


class Steady:
    """with Steady(running): what it holds of memory is the same behind as before, and its time is bounded.

    VmData is exact. VmRSS may grow by static buffers that are touched for the first time (the ring has 256 KiB), and not by
    what it would come to if a stanza of hundreds left a KiB behind.
    """

    def __init__(self, running: Running, seconds: float = 5, grow_kib: int = 384):
        self.running, self.seconds, self.grow = running, seconds, grow_kib

    def __enter__(self) -> "Steady":
        self.before = [self.running.memory("VmRSS"), self.running.memory("VmData")]
        self.used = self.running.seconds()
        self.began = time.monotonic()
        return self

    def __exit__(self, failure: type | None, *_: object) -> None:
        if failure is None:
            rss, data = self.running.memory("VmRSS"), self.running.memory("VmData")
            used = self.running.seconds() - self.used
            assert data == self.before[1], f"VmData went from {self.before[1]} to {data} KiB"
            assert rss - self.before[0] <= self.grow, f"VmRSS went from {self.before[0]} to {rss} KiB"
            assert used <= self.seconds, f"{used} s of the processor"
