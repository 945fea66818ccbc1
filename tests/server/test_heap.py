"""A whole session over TLS makes no heap call once it is on line, whatever arrives."""
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from command import BINARY, DONE, Mote, Running
from component import Component
from marks import both
from peer import MICROBLOG, Peer, entry

COUNTER = BINARY.parent / "tests/link/malloc_count.so"
MALLORY = "mallory@ext.localhost/pc"

pytestmark = pytest.mark.skipif(not COUNTER.exists(), reason="malloc_count.so is not built")


class Counted:
    """A mote command whose heap calls are counted between begin and end."""

    def __init__(self, mote: Mote):
        self.file = mote.home / "heap"
        counter = shutil.copy(COUNTER, mote.home)  # LD_PRELOAD is split at blanks, which the path of a clone may have
        self.env = {"LD_PRELOAD": counter, "MALLOC_COUNT": str(self.file)}

    def begin(self, running: Running) -> None:
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for(self.file.exists, name="the counter")

    def end(self, running: Running) -> str:
        running.process.send_signal(signal.SIGUSR2)
        running.wait_for(lambda: "calls:" in self.file.read_text(), name="the count")
        return self.file.read_text()


def pester(ext: Component, jid: str) -> None:
    """All kinds of stanzas that a stranger may send."""
    for size in (10, 5000, 90_000, 500_000):
        ext.send(f"<message from='{MALLORY}' to='{jid}' type='chat' id='m{size}'><body>{'x' * size}</body>"
                 "<request xmlns='urn:xmpp:receipts'/></message>")
    for number in range(50):  # new names each time: what would fill a parser that never forgets
        ext.send(f"<message from='{MALLORY}' to='{jid}'><n{number} xmlns='urn:x:{number}' a{number}='1'/></message>")
    for payload in ("<query xmlns='http://jabber.org/protocol/disco#info'/>", "<query xmlns='jabber:iq:version'/>",
                    "<time xmlns='urn:xmpp:time'/>", "<unknown xmlns='y'/>", f"<big xmlns='y'>{'z' * 400_000}</big>"):
        ext.iq(MALLORY, jid, payload, "get")
    ext.iq(MALLORY, jid, "<query xmlns='jabber:iq:roster'><item jid='a@b'/></query>")
    ext.send(f"<presence from='{MALLORY}' to='{jid}' type='subscribe'/>")
    ext.ping(MALLORY, jid)


@both
def test_listen(mote: Mote, peer: Peer, ext: Component) -> None:
    counted = Counted(mote)
    with mote.listen(env=counted.env) as listener:
        full = peer.wait_online(mote.jid)
        counted.begin(listener)
        for number in range(200):
            peer.send(mote.jid, f"message {number} äöü", receipt=True)
        pester(ext, full)
        listener.wait_event(body="message 199 äöü")
        peer.wait_for(lambda: len(peer.receipts) >= 200, name="200 receipts")
        time.sleep(0.2)
        assert counted.end(listener).startswith("0 calls:"), counted.file.read_text()
        assert listener.stop().code == DONE


def test_run_and_its_queue(mote: Mote, peer: Peer) -> None:
    """Messages in, and messages and posts out of the store, handed over through the socket."""
    counted = Counted(mote)
    with mote.start("run", "--json", "-v", env=counted.env) as run:
        run.wait_online()
        full = peer.wait_online(mote.jid)
        counted.begin(run)
        mote.run("send", "--queue", "--lines", peer.account.jid, input="x\n" * 50)
        mote.run("post", "--queue", "--lines", input="entry\n" * 10)
        assert len(mote.run("queue", "--json").stdout.splitlines()) <= 60
        for number in range(50):
            peer.send(full, f"message {number}", receipt=True)
        run.wait_event(body="message 49")
        run.wait_for(lambda: sum(event["event"] == "delivered" for event in run.json) == 60, 30, "60 deliveries")
        assert counted.end(run).startswith("0 calls:"), counted.file.read_text()
        assert run.stop().code == DONE


def test_feed_follow(mote: Mote, peer: Peer) -> None:
    peer.publish(None, MICROBLOG, "first", entry("first"))
    counted = Counted(mote)
    with mote.start("feed", "--follow", "--json", "-v", peer.account.jid, env=counted.env) as feed:
        feed.wait_event("post", id="first")
        time.sleep(0.2)
        counted.begin(feed)
        for number in range(30):
            peer.publish(None, MICROBLOG, f"i{number}", entry(f"entry {number}", more="<content>x</content>"))
        feed.wait_event("post", id="i29")
        assert counted.end(feed).startswith("0 calls:"), counted.file.read_text()
        feed.stop()


def test_get(mote: Mote, other: Mote) -> None:
    path = Path(mote.home / "file")
    path.write_bytes(os.urandom(500_000))
    (other.home / "in").mkdir()
    counted = Counted(other)
    with other.start("get", "--json", "-v", "--from", mote.jid, "--dir", "in", env=counted.env) as get:
        get.wait_online()
        counted.begin(get)
        mote.run("put", str(path), other.jid)
        get.wait_event("file", verified=True)
        assert counted.end(get).startswith("0 calls:"), counted.file.read_text()
        get.stop()


def test_put(mote: Mote, other: Mote) -> None:
    path = Path(mote.home / "film")
    with open(path, "wb") as file:
        file.truncate(30 << 20)
    (other.home / "in").mkdir()
    counted = Counted(mote)
    with other.start("get", "-v", "--from", mote.jid, "--dir", "in") as get:
        get.wait_online()
        with mote.start("put", "-v", "--window", "1", str(path), other.jid, env=counted.env) as put:
            put.wait_online()
            get.wait_for(lambda: [part for part in (other.home / "in").iterdir() if part.stat().st_size > 10_000])
            counted.begin(put)
            time.sleep(0.5)
            assert counted.end(put).startswith("0 calls:"), counted.file.read_text()
