"""mote run through its deaths: one account, many processes one after the other, and all that they told."""
import collections
import signal
import socket
import time
from typing import Any, Callable

from command import Mote, Running, parse_json
from patience import PATIENCE_S
from peer import Peer, text_of
from prosody import Account, Prosody


def ask(mote: Mote, *fields: str, timeout: float = PATIENCE_S) -> list[str]:
    """A request to the socket of mote run, by hand: the fields of the answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(timeout)
        s.connect(str(mote.home / "mote.sock"))
        assert s.recv(65536).startswith(b"mote\0")
        s.send("".join(field + "\0" for field in fields).encode())
        return s.recv(65536).decode().split("\0")[:-1]


def waiting(mote: Mote) -> list[dict[str, Any]]:
    """What is queued."""
    return mote.run("queue", "--json").json


class Daemon:
    """with Daemon(mote) as daemon: daemon.kill(); daemon.start(); ..."""

    def __init__(self, mote: Mote, *arguments: str, env: dict[str, str] | None = None):
        self.mote, self.arguments, self.env = mote, arguments, env
        self.lives: list[Running] = []

    def __enter__(self) -> "Daemon":
        return self.start()

    def __exit__(self, *_: object) -> None:
        for life in self.lives:
            life.__exit__()

    @property
    def now(self) -> Running:
        return self.lives[-1]

    def start(self) -> "Daemon":
        self.lives.append(self.mote.start("run", "--json", "-v", *self.arguments, env=self.env))
        return self

    def kill(self) -> None:
        self.now.process.kill()
        self.now.wait()

    def stop(self, number: int = signal.SIGTERM) -> None:
        result = self.now.stop(number)
        assert result.code == 0, result

    def retry(self) -> int | None:
        """Do not wait any longer before the next try to connect. Returns how many items wait; None: it is just dead, or
        not there yet."""
        try:
            answer = ask(self.mote, "retry")
        except OSError:
            return None
        return int(answer[1].removeprefix("count=")) if len(answer) > 1 else None

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for life in self.lives for event in whole_lines(life) if event["event"] == kind]

    def wait_empty(self, patience: float = 180) -> None:
        """Until all that was queued has left. How long that takes is the server's business, but it has to go on."""
        end, before = time.monotonic() + patience, None
        while left := waiting(self.mote):
            if len(left) != before:
                end, before = time.monotonic() + patience, len(left)
            if time.monotonic() > end:
                raise TimeoutError(f"{len(left)} wait, first {left[0]}; {self.now.err[-10:]}")
            self.retry()
            time.sleep(0.3)


def whole_lines(life: Running) -> list[dict[str, Any]]:
    """A kill may leave the last line half-written."""
    lines = life.out if life.process.poll() is None or not life.out or life.out[-1].endswith("\n") else life.out[:-1]
    return [parse_json(line) for line in lines]


# --- the ledger -----------------------------------------------------------------------------------------------------

class Ledger:
    """What was queued, what slixmpp finds of it, and what mote said about it."""

    def __init__(self) -> None:
        self.messages: list[str] = []         # bodies, in the order of queueing
        self.posts: list[str] = []            # titles, likewise
        self.queued: list[dict[str, Any]] = []  # what send --queue printed

    def queue_messages(self, mote: Mote, to: str, bodies: list[str]) -> None:
        done = mote.run("send", "--queue", "--lines", "--json", to, input="\n".join(bodies) + "\n", timeout=300)
        assert len(done.json) == len(bodies)
        self.messages += bodies
        self.queued += done.json

    def queue_posts(self, mote: Mote, titles: list[str]) -> None:
        done = mote.run("post", "--queue", "--lines", "--json", input="\n".join(titles) + "\n", timeout=300)
        assert len(done.json) == len(titles)
        self.posts += titles

    def check(self, server: Prosody, reader: Account, author: str, told: list[dict[str, Any]]) -> tuple[int, int]:
        """(lost, doubled), after having asserted that nothing is lost, that the posts are in order and that no message
        is there twice without a word in `told`, the objects of what was delivered."""
        with Peer(server, reader) as peer:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and len(set(self.messages) - {m["body"] for m in peer.messages}) > 0:
                time.sleep(0.2)
            time.sleep(0.5)  # what comes twice comes soon
            found = collections.Counter(m["body"] for m in peer.messages)
            feed = [text_of(entry, "title") for entry in peer.items(author).values()] if self.posts else []
        lost = [body for body in self.messages if body not in found and not dropped(server, author, reader.jid, body)]
        lost += [title for title in self.posts if title not in feed]
        doubled = [body for body, count in found.items() if count > 1]
        self.check_reports(doubled, told)
        assert [title for title in feed if title in set(self.posts)] == [t for t in self.posts if t in set(feed)], "order"
        assert len(feed) == len(set(feed)), "a post is there twice"
        assert not lost, f"{len(lost)} lost: {lost[:5]}"
        return len(lost), len(doubled)

    def check_reports(self, doubled: list[str], told: list[dict[str, Any]]) -> None:
        body_of = dict(zip((item["id"] for item in self.queued), self.messages))
        reported = {body_of.get(event["id"]) for event in told if event["maybe_twice"]}
        reported |= {body_of[item["id"]] for item in self.queued if item["maybe_twice"]}
        assert set(doubled) <= reported, f"doubled without a word: {set(doubled) - reported}"


def dropped(server: Prosody, author: str, reader: str, body: str) -> bool:
    """A server that is killed may have written a message to the archive of its author and not yet to that of its receiver.
    mote gave it to the server, and the server says that it has it: what it does then is not in our hands."""
    gone = server.archived(author, body) and not server.archived(reader, body)
    if gone:
        print(f"the server was killed between the two archives of {body!r}: it lost it itself")
    return gone


def until(what: Callable[[], Any], timeout: float = PATIENCE_S, name: str = "it") -> Any:
    end = time.monotonic() + timeout
    while not (found := what()):
        assert time.monotonic() < end, f"{name} did not come"
        time.sleep(0.05)
    return found
