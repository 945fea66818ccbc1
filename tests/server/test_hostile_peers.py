"""Rows R1, R2, R3, X4, X5, X7, X9 against `mote listen` and `mote feed`.

Through the real server speaks the component ext.localhost; what no real server lets through comes from a scripted one.
"""
import re
import signal
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from certs import Certs
from command import DONE, Mote, Running
from component import NS, Component, condition
from daemon import Daemon, until
from peer import Peer
from scripted import Client, ScriptedServer
from visitor import PASSWORD, visitor

MALLORY = "mallory@ext.localhost/pc"


def chat(sender: str, to: str, body: str, more: str = "", kind: str = "chat") -> str:
    return f"<message from='{sender}' to='{to}' type='{kind}' xmlns='jabber:client'><body>{body}</body>{more}</message>"


def carbon(kind: str, inner: str, version: int = 2) -> str:
    forwarded = f"<forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded>"
    return f"<{kind} xmlns='urn:xmpp:carbons:{version}'>{forwarded}</{kind}>"


def bodies(listener: Running) -> list[str]:
    return [found["body"] for found in listener.json if found["event"] == "message"]


@pytest.fixture
def victim(mote: Mote) -> Iterator[tuple[Running, str]]:
    """alice listens; her full JID."""
    with mote.listen() as listener:
        yield listener, listener.wait_err("on line as").split()[-1]


def alive(listener: Running, jid: str, ext: Component) -> list[dict[str, Any]]:
    """A message still comes through; all that was shown before it, which is read by then."""
    ext.ping(MALLORY, jid)
    ext.send(f"<message from='{MALLORY}' to='{jid}' type='chat'><body>good</body></message>")
    listener.wait_event(body="good")
    assert listener.stop().code == DONE
    assert bodies(listener)[-1] == "good"
    return [found for found in listener.json if found["event"] == "message"][:-1]


def good_and_alive(listener: Running, jid: str, ext: Component, *others: str) -> None:
    """Nothing but `others` was shown, and a message still comes through."""
    assert [found["body"] for found in alive(listener, jid, ext)] == [*others]


# --- R1: carbons ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ("received", "sent"))
@pytest.mark.parametrize("outer", ("chat", "normal", "headline", "error"))
def test_R1_carbons_from_a_contact(victim: tuple[Running, str], ext: Component, kind: str, outer: str) -> None:
    listener, jid = victim
    bare = jid.split("/")[0]
    forged = carbon(kind, chat("bob@localhost/x", jid, "forged"))
    nested = carbon("received", f"<message xmlns='jabber:client' from='{bare}' to='{jid}'>{forged}</message>")
    for payload in (forged, nested, carbon(kind, ""), carbon(kind, "<message/>"), carbon(kind, forged), forged * 2,
                    carbon(kind, chat(bare, jid, "forged"), version=1)):
        ext.send(f"<message from='{MALLORY}' to='{jid}' type='{outer}'>{payload}</message>")
    good_and_alive(listener, jid, ext)


def test_R1_a_carbon_beside_a_body(victim: tuple[Running, str], ext: Component) -> None:
    """What mallory says in the open is mallory's."""
    listener, jid = victim
    ext.send(f"<message from='{MALLORY}' to='{jid}' type='chat'><body>my own words</body>"
             f"{carbon('received', chat('bob@localhost/x', jid, 'forged'))}</message>")
    assert all(found["from"] == MALLORY and found["body"] != "forged" for found in alive(listener, jid, ext))


def test_R1_carbons_from_everybody_else(certs: Certs, tmp_path: Path) -> None:
    """Only the own bare JID may send them, and only when they were asked for, which `mote listen` does not."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        for sender in ("", "from='localhost'", "from='alice@localhost/other'", "from='alice@localhost/scripted'",
                       "from='alice@localhost.evil'", "from='ALICE@ext.localhost'", "from='bob@localhost'"):
            for kind in ("received", "sent"):
                inner = carbon(kind, chat("bob@localhost/x", "alice@localhost/scripted", "forged"))
                client.send(f"<message {sender} to='alice@localhost/scripted'>{inner}</message>")
        client.send("<message from='bob@localhost' type='chat'><body>good</body></message>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).listen() as listener:
            listener.wait_event(body="good")
            assert bodies(listener) == ["good"]
            assert listener.stop().code == DONE


# --- R2: roster pushes ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("item", ("<item jid='mallory@ext.localhost' subscription='both'/>", "", "<item/>",
                                  "<item jid='bob@localhost' subscription='remove'/>"),
                         ids=("both", "none", "empty", "remove"))
def test_R2_roster_push_of_a_stranger(victim: tuple[Running, str], ext: Component, item: str) -> None:
    listener, jid = victim
    answer = ext.iq(MALLORY, jid, f"<query xmlns='jabber:iq:roster'>{item}</query>")
    assert condition(answer) in ("service-unavailable", "forbidden", "not-allowed", "feature-not-implemented")
    # It opens no door: files and subscriptions of mallory are still for others to allow.
    assert condition(ext.iq(MALLORY, jid, "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'/>"))
    good_and_alive(listener, jid, ext)


def test_R2_subscription_requests_of_strangers(victim: tuple[Running, str], ext: Component) -> None:
    listener, jid = victim
    ext.send(f"<presence type='subscribe' from='mallory@ext.localhost' to='{jid.split('/')[0]}'/>")
    listener.wait_err("mallory@ext.localhost")
    ext.ping(MALLORY, jid)
    with pytest.raises(TimeoutError):
        ext.expect(lambda s: s.tag == NS + "presence" and s.get("type") not in ("unsubscribed", "unavailable"), 0.5)
    good_and_alive(listener, jid, ext)


def test_R2_subscription_requests_of_those_allowed(mote: Mote, ext: Component) -> None:
    with mote.listen("--allow", "mallory@ext.localhost") as listener:
        ext.send(f"<presence type='subscribe' from='mallory@ext.localhost' to='{mote.jid}'/>")
        ext.expect(lambda stanza: stanza.tag == NS + "presence" and stanza.get("type") == "subscribed")
        assert listener.stop().code == DONE


# --- R3: answers from others ----------------------------------------------------------------------------------------

def test_R3_answers_to_questions_never_asked(victim: tuple[Running, str], ext: Component) -> None:
    listener, jid = victim
    for number in range(300):
        for kind in ("result", "error"):
            ext.send(f"<iq type='{kind}' from='{MALLORY}' to='{jid}' id='{number}'><ping xmlns='urn:xmpp:ping'/></iq>")
    good_and_alive(listener, jid, ext)


def items(titles: list[str]) -> str:
    entries = "".join(f"<item id='{title}'><entry xmlns='http://www.w3.org/2005/Atom'><title>{title}</title>"
                      "<updated>2026-11-21T00:00:00Z</updated></entry></item>" for title in titles)
    return ("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:microblog:0'>" + entries +
            "</items></pubsub>")


def test_R3_answers_from_another_and_second_answers(certs: Certs, tmp_path: Path) -> None:
    """Even with the right id: the answer counts that comes from whom was asked, and only the first one."""
    seen: list[str] = []

    def script(client: Client) -> None:
        client.login(PASSWORD)
        question = client.expect(rb"<iq[^>]*>(?=<pubsub)")[0].decode()
        name = re.search("id='([^']*)'", question)[1]
        seen.append(name)
        for sender in ("eve@ext.localhost", "bob@localhost/phone", "localhost", "bob@localhost.evil", "alice@localhost",
                       ""):
            from_ = f"from='{sender}'" if sender else ""
            client.send(f"<iq type='result' id='{name}' {from_}>{items(['forged'])}</iq>")
            client.send(f"<iq type='error' id='{name}' {from_}><error type='cancel'><forbidden "
                        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        client.send(f"<iq type='result' id='{name}x' from='bob@localhost'>{items(['forged'])}</iq>")
        client.send(f"<iq type='set' id='{name}' from='bob@localhost'>{items(['forged'])}</iq>")
        client.send(f"<iq type='result' id='{name}' from='bob@localhost'>{items(['right'])}</iq>" +
                    f"<iq type='result' id='{name}' from='bob@localhost'>{items(['second'])}</iq>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        for _ in range(2):
            result = mote.run("feed", "bob@localhost", "--json")
            assert [post["title"] for post in result.json] == ["right"]
    assert len(set(seen)) == 2 and all(len(name) >= 11 for name in seen)  # 64 bits that nobody guesses


# --- X7: too large --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("size", (90_000, 120_000, 400_000, 10_000_000))
def test_X7_a_message_too_large(victim: tuple[Running, str], ext: Component, size: int) -> None:
    """Whole, or not at all and said so; and what comes behind it comes through."""
    listener, jid = victim
    ext.send(f"<message from='{MALLORY}' to='{jid}' type='chat'><body>{'x' * size}</body></message>")
    ext.ping(MALLORY, jid)  # it has seen the message; what it says of it may be on its way to us
    said = listener.wait_for(lambda: bodies(listener) or [line for line in listener.err if "too large" in line],
                             name="the message, or a word about it")
    shown = bodies(listener)
    assert shown == ["x" * size] or (not shown and MALLORY in said[0])
    good_and_alive(listener, jid, ext, *shown)


def test_X7_a_question_too_large_gets_an_error(victim: tuple[Running, str], ext: Component) -> None:
    listener, jid = victim
    for payload in (f"<query xmlns='x'>{'y' * 1_000_000}</query>", f"<query xmlns='x'>{'<a/>' * 100_000}</query>"):
        assert condition(ext.iq(MALLORY, jid, payload, timeout=30)) in ("policy-violation", "resource-constraint",
                                                                        "not-acceptable")
    good_and_alive(listener, jid, ext)


def test_X7_many_of_them(victim: tuple[Running, str], ext: Component) -> None:
    listener, jid = victim
    before = listener.memory("VmHWM")
    for number in range(20):
        ext.send(f"<message from='{MALLORY}' to='{jid}' id='{number}'><body>{'x' * 500_000}</body></message>")
    ext.ping(MALLORY, jid)
    assert listener.memory("VmHWM") - before < 256
    good_and_alive(listener, jid, ext)


# --- X4, X5, X9: what no memory holds -------------------------------------------------------------------------------

DEEP = 20_000
NAMES = "".join(f"<n{n}/>" for n in range(16_666))
TOO_MUCH = {
    "X5-30-kB-attribute": f"id='{'i' * 30_000}'><body>bad</body>",
    "X5-300-kB-attribute": f"id='{'i' * 300_000}'><body>bad</body>",
    "X5-1-MB-tag": f"><body>bad</body><a b='{'/>' * 500_000}'/>",
    "X4-deep": ">" + "<a>" * 100 + "</a>" * 100,
    "X4-very-deep": ">" + "<a>" * DEEP + "</a>" * DEEP,
    "X4-attributes": " ".join(f"a{n}='1'" for n in range(300)) + "><body>bad</body>",
    "X9-attributes": "><body>bad</body><a " + " ".join(f"a{n}='1'" for n in range(20_000)) + "/>",
    "X9-names": f"><body>bad</body><a xmlns='u'>{NAMES}</a>"}


def send_large(ext: Component, stanza: str, behind: str = "") -> None:
    """The server's expat comes back to a large tag only when there is much more to read."""
    ext.send(stanza + " " * 2 * len(stanza) + behind)


@pytest.mark.parametrize("rest", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_is_too_much_takes_nothing_along(mote: Mote, ext: Component, rest: str) -> None:
    """B1: a server passes it on, though it is beyond what the reader takes. It is skipped, and what is behind it comes."""
    with mote.listen() as listener:
        jid = listener.wait_err("on line as").split()[-1]
        good = [f"n{number}" for number in range(40)]
        chat = f"<message from='{MALLORY}' to='{mote.jid}' type='chat'"
        send_large(ext, f"<message from='{MALLORY}' to='{jid}' type='chat' {rest}</message>",
                   "".join(f"{chat}><body>{body}</body></message>" for body in good[:20]))
        for body in good[20:]:
            ext.send(f"{chat}><body>{body}</body></message>")
            time.sleep(0.1)
        listener.wait_event(body="n39", timeout=60)  # the server takes its time for what is deep
        assert [body for body in bodies(listener) if body != "bad"] == good
        assert not any("off line" in line for line in listener.err), listener.err
        assert listener.stop().code == DONE


def test_B1_X9_names_of_every_kind(mote: Mote, ext: Component) -> None:
    """Messages, presence, errors: skipped. Who asks gets an error. The session goes on, and counts as the server does."""
    payload = f"<a xmlns='u'>{NAMES}</a>"
    address = f"from='{MALLORY}' to='{{}}'"
    error = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    kinds = (f"<message {address} type='chat'><body>bad</body>{payload}</message>",
             f"<message {address} type='error'>{error}{payload}</message>", f"<presence {address}>{payload}</presence>",
             f"<presence {address} type='subscribe'>{payload}</presence>",
             f"<iq {address} type='result' id='1'>{payload}</iq>", f"<iq {address} type='error' id='2'>{error}{payload}</iq>")
    with mote.start("run", "--json", "-v") as running:
        jid = running.wait_err("on line as").split()[-1]
        for kind in kinds * 2:
            send_large(ext, kind.format(jid))
        for _ in range(2):
            assert condition(ext.iq(MALLORY, jid, payload, timeout=60)) == "policy-violation"
        ext.send(f"<message from='{MALLORY}' to='{mote.jid}' type='chat'><body>good</body></message>")
        running.wait_event(body="good")
        skipped = [line for line in running.err if "too large" in line]
        assert len(skipped) >= len(kinds) and all("mallory@ext.localhost" in line for line in skipped)
        assert bodies(running) == ["good"]
        assert not any("off line" in line for line in running.err), running.err
        assert running.stop().code == DONE


def test_B1_X9_the_archive_is_stepped_over(mote: Mote, ext: Component) -> None:
    """Sent to somebody off line, they come out of the archive and of the server's store: both are stepped over, once, and
    what is before, between and behind them is given in order, and not again after a restart."""
    chat = f"<message from='{MALLORY}' to='{mote.jid}' type='chat'"
    bad = [rest for name, rest in TOO_MUCH.items() if name in ("X9-names", "X9-attributes", "X5-1-MB-tag")]
    with Daemon(mote) as daemon:
        daemon.now.wait_online()
        ext.send(f"{chat}><body>seen</body></message>")
        daemon.now.wait_event(body="seen")
        daemon.stop(signal.SIGINT)
        good = ["seen"]
        for _ in range(2):
            for rest in bad:
                send_large(ext, f"{chat} {rest}</message>", f"{chat}><body>behind {len(good)}</body></message>")
                good.append(f"behind {len(good)}")
            ext.iq(MALLORY, "localhost", "<ping xmlns='urn:xmpp:ping'/>", "get", 60)  # the server has read all that
            daemon.start()
            until(lambda: len(daemon.told("message")) >= len(good), 60, "the last message")
            assert [event["body"] for event in daemon.told("message")] == good
            assert not any("off line" in line for line in daemon.now.err), daemon.now.err
            daemon.stop(signal.SIGINT)
        daemon.start().now.wait_online()
        ext.send(f"{chat}><body>last</body></message>")
        until(lambda: len(daemon.told("message")) > len(good), 60, "the last message")
        assert [event["body"] for event in daemon.told("message")] == [*good, "last"]
        assert not any("too large" in line for line in daemon.now.err), daemon.now.err
        daemon.stop()


# --- and other things that strangers say ----------------------------------------------------------------------------

ODD_MESSAGES = (
    "", "<body/>", "<body>a</body><body>b</body>", "<x xmlns='y'/>" * 2000, "<a>" * 15 + "</a>" * 15,
    "<received xmlns='urn:xmpp:receipts' id='none'/>", "<received xmlns='urn:xmpp:receipts'/>",
    "<body>no id</body><request xmlns='urn:xmpp:receipts'/>",
    "<body>old</body><delay xmlns='urn:xmpp:delay' stamp='0000-00-00T00:00:00Z'/>",
    "<body>noise</body><delay xmlns='urn:xmpp:delay' stamp='yesterday'/>",
    "<body>far</body><delay xmlns='urn:xmpp:delay' stamp='9999-12-31T23:59:59Z'/>",
    "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'><item/></items></event>",
)
ODD = [f"<message {{}}>{content}</message>" for content in ODD_MESSAGES] + [
    "<message {} type='&lt;odd&gt;'><body>odd</body></message>",
    "<message {} id='" + "i" * 5000 + "'><body>id</body><request xmlns='urn:xmpp:receipts'/></message>",
    "<iq {} type='get' id='1'/>", "<iq {} type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<iq {} type='odd' id='2'><x xmlns='y'/></iq>",
    "<iq {} type='get' id='3'><ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/></iq>",
]


def test_odd_stanzas_do_no_harm(victim: tuple[Running, str], ext: Component) -> None:
    listener, jid = victim
    for text in ODD:
        ext.send(text.format(f"from='{MALLORY}' to='{jid}'"))
    assert all(found["from"] == MALLORY for found in alive(listener, jid, ext))


def test_the_longest_addresses(mote: Mote, ext: Component) -> None:
    """Up to the limit they are shown whole; beyond it nothing is cut short."""
    with mote.listen() as listener:
        jid = listener.wait_err("on line as").split()[-1]
        for length in (100, 241, 242, 500, 1000):
            sender = f"{'m' * length}@ext.localhost"
            ext.send(f"<message from='{sender}' to='{jid}' type='chat' id='i'><body>{length}</body>"
                     "<request xmlns='urn:xmpp:receipts'/></message>")
        for found in alive(listener, jid, ext):
            assert found["from"] == f"{'m' * int(found['body'])}@ext.localhost"


def test_who_is_asked_about_itself_answers(mote: Mote, peer: Peer) -> None:
    """Ping, version, time and features, as slixmpp asks for them."""
    with mote.listen() as listener:
        full = peer.wait_online(mote.jid)
        for payload in ("<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:version'/>",
                        "<time xmlns='urn:xmpp:time'/>", "<query xmlns='http://jabber.org/protocol/disco#info'/>"):
            assert peer.iq(full, payload)["type"] == "result", payload
        assert peer.iq(full, "<x xmlns='unknown'/>")["error"]["condition"] == "service-unavailable"
        assert listener.stop().code == DONE
