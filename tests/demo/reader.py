#!/usr/bin/env python3
"""alice's other client for the demo: slixmpp, independent of Mote.

    reader.py DIR posts BLOG     the entries of a microblog
    reader.py DIR ask JID TEXT   a message, and the answer to it
    reader.py DIR send JID TEXT  a message, and the receipt for it
    reader.py DIR wait TEXT      until that message comes; slixmpp confirms it
    reader.py DIR fetch JID FILE ask for the file that a sensor keeps, take it in-band, and write it to FILE

DIR is where the server runs: its file env tells ports and passwords.
"""
import shlex
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "server"))

from peer import ATOM, Peer, text_of  # noqa: E402
from prosody import Account  # noqa: E402
from takes_files import accept_files  # noqa: E402


class Server:
    """Where to connect, as the running server has written it down."""

    def __init__(self, directory: Path):
        lines = (line.partition("=") for line in (directory / "env").read_text().splitlines())
        self.env = {name: shlex.split(value)[0] for name, _, value in lines}
        self.ca = Path(self.env["CA"])

    def port(self, tls: str) -> int:
        return int(self.env[tls.upper()])


def posts(alice: Peer, blog: str) -> None:
    entries = alice.items(blog).values()
    for entry in sorted(entries, key=lambda entry: (text_of(entry, "updated"), text_of(entry, "title"))):
        author = entry.findtext(f"{ATOM}author/{ATOM}uri") or "-"
        print(f"{text_of(entry, 'updated')}  {text_of(entry, 'title')}  by {author}")


def ask(alice: Peer, jid: str, text: str) -> None:
    full = alice.wait_online(jid)
    print(f"to {full.split('/')[0]}: {text}")
    alice.send(full, text)
    answer = alice.wait_for(lambda: next((m for m in alice.messages if m["from"].bare == jid), None), name="the answer")
    print(f"from {answer['from'].bare}: {answer['body']}")


def send(alice: Peer, jid: str, text: str) -> None:
    number = alice.send(alice.wait_online(jid), text, receipt=True)
    print(f"receipt from {alice.wait_receipt(number)}")


def wait(alice: Peer, text: str) -> None:
    print("slixmpp is on line", flush=True)
    message = alice.wait_message(text, timeout=40)
    print(f"from {message['from'].bare}: {message['body']}")


def fetch(alice: Peer, jid: str, path: str) -> None:
    accept_files(alice)
    ended = threading.Event()
    alice.client.add_event_handler("ibb_stream_end", lambda _: ended.set())
    alice.send(alice.wait_online(jid), "file")
    if not ended.wait(60):
        raise TimeoutError(f"no file came from {jid}")
    data = b"".join(alice.received.values())
    Path(path).write_bytes(data)
    print(f"{len(data)} bytes from {jid}")


def main() -> None:
    server = Server(Path(sys.argv[1]))
    action = {"posts": posts, "ask": ask, "send": send, "wait": wait, "fetch": fetch}[sys.argv[2]]
    with Peer(server, Account("alice@localhost", server.env["PASSWORD_alice"])) as alice:
        action(alice, *sys.argv[3:])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()
