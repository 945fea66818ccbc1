"""Floods through the real server: thousands of stanzas of a stranger. Everything that asks is answered, once; memory stays
as it is; whoever is flooded goes on with its own work.
"""
import subprocess
import threading

import pytest

from command import DONE, Mote, Running
from component import NS, Component
from hostile import FLOODS, MALLORY, PING, Steady
from peer import Peer

VERBS = {"listen": ("listen", "--json", "-v"), "run": ("run", "--json", "-v"), "get": ("get", "--json", "-v", "--dir", "in"),
         "feed": ("feed", "--json", "-v", "--follow")}  # of the own blog


def jid_of(running: Running) -> str:
    return running.wait_err("on line as").split()[-1]


def flood(ext: Component, jid: str, name: str) -> int:
    """Send it, wait until it was read, and count the answers."""
    ext.forget()
    text = "".join(FLOODS[name][1]())
    ext.send(text.replace("{jid}", jid).replace("{bare}", jid.split("/")[0]))
    ext.ping(MALLORY, jid, timeout=60)
    return sum(s.tag == NS + "iq" and s.get("type") in ("result", "error") and s.get("from") == jid
               for s in ext.unread())


@pytest.mark.parametrize("name", FLOODS)
def test_flood(mote: Mote, ext: Component, name: str) -> None:
    """Twice: the second time memory and time are measured."""
    verb, _, answers = FLOODS[name]
    (mote.home / "in").mkdir()
    if verb == "feed":
        mote.run("post", "first")
    with mote.start(*VERBS[verb]) as running:
        jid = jid_of(running.wait_online())
        assert flood(ext, jid, name) == answers
        with Steady(running):
            assert flood(ext, jid, name) == answers
        assert not any("forged" in line or "off line" in line for line in running.out + running.err), running.err
        assert list((mote.home / "in").iterdir()) == []
        still_there(running, verb, jid, ext)


def still_there(running: Running, verb: str, jid: str, ext: Component) -> None:
    """It does what it is for, and nothing of the flood was shown."""
    if verb == "listen":
        ext.send(f"<message from='{MALLORY}' to='{jid}' type='chat'><body>good</body></message>")
        running.wait_event(body="good")
        assert len(running.json) == 1
    ext.ping(MALLORY, jid)
    assert verb != "get" or not running.json
    assert running.stop().code == DONE


def test_M4_own_messages_go_out_under_a_flood(mote: Mote, peer: Peer, ext: Component) -> None:
    """Whoever answers thousands of questions still says what it has to say, in order, and misses nothing."""
    with mote.start("send", "--lines", "-v", peer.account.jid, stdin=subprocess.PIPE) as send:
        jid = jid_of(send.wait_online())
        stop = threading.Event()
        asked = [0]

        def pester() -> None:
            while not stop.is_set():
                names = [ext.ask(MALLORY, jid, "<query xmlns='http://jabber.org/protocol/disco#info'/>", "get")
                         for _ in range(200)]
                ext.answer(names[-1], 60)
                asked[0] += 200
        flooder = threading.Thread(target=pester)
        flooder.start()
        try:
            for number in range(200):
                send.process.stdin.write(f"line {number}\n")
                send.process.stdin.flush()
            peer.wait_message("line 199", timeout=60)
        finally:
            stop.set()
            flooder.join()
        assert asked[0] >= 200
        assert [m["body"] for m in peer.messages] == [f"line {number}" for number in range(200)]
        send.process.stdin.close()
        assert send.wait().code == DONE


def test_M4_a_flooder_that_reads_no_answers(mote: Mote, ext: Component) -> None:
    """Questions go in as fast as the server passes them on, and nobody takes the answers off the other end."""
    with mote.listen() as listener:
        jid = jid_of(listener)
        text = "".join(f"<iq type='get' from='{MALLORY}' to='{jid}' id='n{n}'>{PING}</iq>" for n in range(3000))
        ext.send(text)
        ext.ping(MALLORY, jid, timeout=60)
        with Steady(listener):
            ext.send(text)
            ext.ping(MALLORY, jid, timeout=60)
        assert listener.stop().code == DONE


LONGEST = (1, 62, 63, 64, 255, 1000, 20_000, 40_000, 60_000)


@pytest.mark.parametrize("size", LONGEST)
def test_R3_long_ids_come_back_whole_or_not_at_all(mote: Mote, ext: Component, size: int) -> None:
    with mote.listen() as listener:
        jid = jid_of(listener)
        name = "i" * size
        ext.send(f"<iq type='get' from='{MALLORY}' to='{jid}' id='{name}'>{PING}</iq>"
                 f"<message from='{MALLORY}' to='{jid}' id='{name}' type='chat'><body>id</body>"
                 "<request xmlns='urn:xmpp:receipts'/></message>")
        # The server's expat comes back to a large tag only when there is much more to read: answers with ids of 1 kB.
        ext.send("".join(f"<iq type='get' from='{MALLORY}' to='{jid}' id='more{n}-{'m' * 1000}'>{PING}</iq>"
                         for n in range(2 * size // 1000)))
        ext.ping(MALLORY, jid)
        for stanza in ext.unread():
            if stanza.get("from") == jid and stanza.tag == NS + "iq" and not stanza.get("id").startswith("more"):
                assert stanza.get("id") == name and stanza.get("type") == "result"
            if stanza.get("from") == jid and stanza.tag == NS + "message":
                assert stanza.find("{urn:xmpp:receipts}received").get("id") == name
        assert all(found["id"] == name for found in listener.json)
        assert listener.stop().code == DONE
