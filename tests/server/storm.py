#!/usr/bin/env python3
"""`make storm`: posts are queued while mote run is killed and the server restarted, again and again; then slixmpp reads the
feed.

    storm.py [POSTS [KILLS [RESTARTS]]]    500 50 5; exits with 0 when exactly the posts are there, once each, in order
"""
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from certs import Certs
from command import Mote
from daemon import Daemon
from peer import Peer, text_of
from prosody import Prosody


def say(text: str) -> None:
    print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)


def storm(mote: Mote, daemon: Daemon, server: Prosody, titles: list[str], kills: int, restarts: int) -> None:
    """All in one thread but the queueing: a child process ends with the thread that began it."""
    when = sorted(random.sample(range(kills), restarts))
    for number in range(kills):
        part = titles[len(titles) * number // kills:len(titles) * (number + 1) // kills]
        queueing = threading.Thread(target=lambda: mote.run("post", "--queue", "--lines", input="\n".join(part) + "\n",
                                                            timeout=120))
        queueing.start()
        time.sleep(random.uniform(0, 1.5))
        if number in when:  # now in good order, now by kill -9, which makes it forget its sessions
            how = when.index(number) % 2
            (server.kill if how else server.stop)()
            server.start()
            say(f"Prosody {'killed' if how else 'stopped'} and started, {when.index(number) + 1} of {restarts}")
            daemon.retry()
        daemon.kill()
        daemon.start()
        queueing.join()
        if (number + 1) % 10 == 0:
            waiting = len(mote.run("queue", "--json").json)
            say(f"mote run killed {number + 1} times; {len(titles) * (number + 1) // kills} posts queued, {waiting} waiting")


def main(posts: int = 500, kills: int = 50, restarts: int = 5) -> int:
    titles = [f"post {number}" for number in range(posts)]
    with tempfile.TemporaryDirectory() as directory:
        server = Prosody(Path(directory, "prosody"), Certs(Path(directory, "certs")), hibernation=60)
        author, reader = server.account("author"), server.account("reader")
        server.befriend(author, reader)
        with server:
            mote = Mote(Path(directory, "author"), author, "127.0.0.1", server.direct, server.ca, "direct").setup()
            with Daemon(mote) as daemon:
                storm(mote, daemon, server, titles, kills, restarts)
                daemon.wait_empty()
                say("nothing waits any more")
                daemon.stop()
            with Peer(server, reader) as peer:
                feed = [text_of(entry, "title") for entry in peer.items(author.jid).values()]
    lost, doubled = len(set(titles) - set(feed)), len(feed) - len(set(feed))
    say(f"slixmpp reads {len(feed)} entries, {'in' if feed == titles else 'NOT in'} the order of queueing")
    print(f"storm cuts: {kills + restarts} tried, {lost} lost, {doubled} doubled")
    return 0 if feed == titles else 1


if __name__ == "__main__":
    began = time.monotonic()
    sys.exit(main(*map(int, sys.argv[1:4])))
