"""Rows P1 and F2 on a terminal: what others write is shown, and never obeyed. `mote` runs on a pseudo-terminal; all that it
writes there is looked at, on both its outputs.
"""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from command import Mote
from component import Component
from hostile import MALLORY
from jingle import Offer
from peer import MICROBLOG, Peer, entry

# What XML lets through that a terminal obeys: C1 controls, directions, separators of lines, a tab, a lone carriage return.
NASTY = ("\u009b2J\u009d0;pwned\u009c\u0090q\u0085\u202epwned\u2066\u2069\u200f\u2028\u2029\ufeff\u007f&#13;\r\ttab"
         "\u00ad\u061c\u200b\u200c\u200d\u200e\u2060\u2063\u206a\u3164\U000e0041\U000e007f\U000e0100")
OBEYED = re.compile("[\x00-\x06\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f"
                    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]")
OURS = re.compile(r"\r[^\r\n]*\x1b\[K")  # the line of progress that `get` draws


class Terminal:
    """A mote command that believes to be on a terminal."""

    def __init__(self, mote: Mote, *arguments: str):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(mote.command(*arguments), env=mote.env | {"TERM": "xterm"}, cwd=mote.home,
                                        stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.bytes = b""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    @property
    def text(self) -> str:
        return self.bytes.decode()

    def wait(self, word: str, timeout: float = 20) -> str:
        end = time.monotonic() + timeout
        while word not in self.text:
            assert time.monotonic() < end, self.text
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.bytes += os.read(self.master, 65536)
                except OSError:
                    break
        return self.text

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        end = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < end:
            self.wait("", 0)
            time.sleep(0.05)

    def harmless(self) -> None:
        """Nothing there commands a terminal but what we draw ourselves, and nothing pretends to be a line of ours."""
        text = OURS.sub("", self.text.replace("\r\n", "\n"))
        assert not OBEYED.search(text) and "\r" not in text and "\x1b" not in text, repr(text)
        assert not any(line.startswith("mote: pwned") for line in text.splitlines()), text


@pytest.mark.parametrize("where", ("body", "from", "subscription"))
def test_P1_messages_on_a_terminal(mote: Mote, ext: Component, where: str) -> None:
    with Terminal(mote, "listen", "-v") as terminal:
        terminal.wait("listening as")
        sender = MALLORY if where != "from" else "mallory@ext.localhost/x&#x9b;2J\u202epwned"
        body = f"before{NASTY}\nmote: pwned\n2026-01-01T00:00:00Z bob@localhost: pwned behind" if where == "body" else "behind"
        if where == "subscription":
            ext.send(f"<presence type='subscribe' from='mallory@ext.localhost' to='{mote.jid}'><status>{NASTY}</status>"
                     f"<nick xmlns='http://jabber.org/protocol/nick'>{NASTY}</nick></presence>")
        ext.send(f"<message from='{sender}' to='{mote.jid}' type='chat' id='{NASTY}'><body>{body}</body></message>"
                 f"<message from='{MALLORY}' to='{mote.jid}' type='chat'><body>the end</body></message>")
        terminal.wait("the end")
        terminal.harmless()
        assert ("\\u{9b}2J" in terminal.text) == (where == "body")
        assert not any(line.startswith("2026-01-01T00:00:00Z bob@localhost: pwned") for line in terminal.text.splitlines())
        terminal.stop()


def test_P1_a_blog_on_a_terminal(mote: Mote, peer: Peer) -> None:
    clean = NASTY.replace("&#13;", "")
    more = (f"<content>one\nmote: pwned\n{clean}</content><category term='t{clean}'/><author><name>{clean}</name>"
            f"<uri>xmpp:{clean}</uri></author>")
    peer.publish(None, MICROBLOG, "nasty", entry(f"T{clean}", more=more))
    with Terminal(mote, "feed", "--follow", "-v", peer.account.jid) as terminal:
        terminal.wait("nasty")
        peer.publish(None, MICROBLOG, "later", entry(f"L{clean}", more=more))
        peer.retract(None, MICROBLOG, "nasty")
        peer.publish(None, MICROBLOG, "last", entry("the end"))
        terminal.wait("the end")
        terminal.harmless()
        assert "\\u{9b}2J" in terminal.text and "\\u{202e}" in terminal.text
        terminal.stop()


@pytest.mark.parametrize("hashed", (True, False), ids=("whole", "broken"))
def test_F2_file_names_on_a_terminal(mote: Mote, ext: Component, hashed: bool) -> None:
    """Also of a file that is refused, one that breaks off, and with the line that shows how far it is."""
    (mote.home / "in").mkdir()
    clean = NASTY.replace("&#13;", "")
    with Terminal(mote, "get", "-v", "--from", "@ext.localhost", "--dir", "in", "--max-size", "1M") as terminal:
        jid = re.search(r"taking files as (\S+)", terminal.wait("taking files as ") and terminal.wait("\n"))[1]
        data = os.urandom(20_000)
        if hashed:
            Offer(ext, jid).whole(data, name=f"name{clean}.jpg")
        else:
            broken = Offer(ext, jid)
            assert broken.open(name=f"name{clean}", size=len(data)) is None and broken.accepted()
            assert broken.stream() is None and broken.send(data[:8192]) is None
            broken.terminate(f"cancel/><text>{clean}</text><x")
        large = Offer(ext, jid)
        large.open(name=f"large{clean}", size=1 << 30)
        Offer(ext, jid).whole(b"honest", name="the-end.txt")
        terminal.wait("the-end.txt")
        time.sleep(0.3)
        terminal.wait("the-end.txt")
        terminal.harmless()
        terminal.stop()
        assert all(path.name.isprintable() for path in (mote.home / "in").iterdir())


HIDDEN = [*range(0x200b, 0x2010), *range(0x202a, 0x202f), *range(0x2066, 0x206a), 0x061c, 0x00ad, 0x2060, 0x2064,
          0xfeff, 0x180e, 0x115f, 0x3164, *range(0xe0020, 0xe0080)]
SEEN = "Grüße 東京 🌱 ❤\ufe0f é שלום"


def test_B19_what_is_not_seen_is_shown(mote: Mote, ext: Component) -> None:
    text = "".join(f"{chr(point)}<" for point in HIDDEN).replace("<", "|") + SEEN
    ext.send(f"<message from='{MALLORY}' to='{mote.jid}' type='chat'><body>{text}</body></message>")
    with Terminal(mote, "listen") as terminal:
        terminal.wait("שלום")
        terminal.harmless()
        assert "".join(f"\\u{{{point:x}}}|" for point in HIDDEN) + SEEN in terminal.text.replace("\r\n", "")
        terminal.stop()
    ext.send(f"<message from='{MALLORY}' to='{mote.jid}' type='chat'><body>{text}</body></message>")
    result = mote.run("listen", "--json", "--count", "1")
    assert result.json[0]["body"] == text and not any(chr(point) in result.stdout for point in HIDDEN)
    assert "\\udb40\\udc20" in result.stdout and SEEN in result.stdout


def test_B19_names_of_files_have_nothing_that_is_not_seen(mote: Mote, ext: Component) -> None:
    (mote.home / "in").mkdir()
    with mote.start("get", "--json", "-v", "--from", "@ext.localhost", "--dir", "in") as get:
        jid = re.search(r"taking files as (\S+)", get.wait_err("taking files as "))[1]
        for number, point in enumerate(HIDDEN[::3]):
            Offer(ext, jid).whole(b"x", name=f"{number}-{chr(point)}é東.txt")
            get.wait_event("file", path=f"in/{number}-_é東.txt")
        get.stop()
