"""make check-long: the link is cut after every byte of the login, in both directions, in every way."""
import itertools
import os
import threading
import time
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import Mote
from daemon import Daemon, Ledger, until
from faultproxy import DIRECTIONS, HOWS, Cut, FaultProxy
from prosody import Prosody
from prosody13 import Prosody13

WORKERS = 4
STEP = int(os.environ.get("MOTE_LOGIN_STEP", "1"))  # every so many bytes: to try the test itself
EVERY = 50  # cuts for a message and a post
STALL_S = 0.05

pytestmark = pytest.mark.long


def login_bytes(mote: Mote, server: Prosody) -> dict[str, int]:
    """Until it is on line for the second time, when there is a session to go on with."""
    with FaultProxy(server.direct) as proxy, Daemon(mote, "--port", str(proxy.port)) as daemon:
        daemon.now.wait_online()
        time.sleep(1)
        proxy.links[0].end()
        until(lambda: (daemon.retry(), any("the session goes on" in line for line in daemon.now.err))[1], 20, "resumption")
        time.sleep(0.5)
        found = dict(proxy.links[-1].passed)
        daemon.stop()
    return found


class Worker(threading.Thread):
    """One account, and its share of the offsets."""

    def __init__(self, mote: Mote, reader: str, server: Prosody, cuts: list[Cut]):
        super().__init__(daemon=True)
        self.mote, self.reader, self.server, self.cuts = mote, reader, server, cuts
        self.ledger, self.error, self.tried = Ledger(), None, 0

    def run(self) -> None:
        try:
            with FaultProxy(self.server.direct) as proxy, Daemon(self.mote, "--port", str(proxy.port)) as self.run_of_mote:
                self.storm(proxy)
                self.run_of_mote.wait_empty()
                self.told = self.run_of_mote.told("delivered")
                self.run_of_mote.stop()
        except BaseException as error:  # noqa: BLE001 - it is told by the test
            self.error = error

    def storm(self, proxy: FaultProxy) -> None:
        for number, cut in enumerate(self.cuts):
            if number % EVERY == 0:
                self.ledger.queue_messages(self.mote, self.reader, [f"{self.mote.account.user} {number}"])
                self.ledger.queue_posts(self.mote, [f"post {number}"])
            proxy.plan(cut)
            link = len(proxy.links)
            for other in proxy.links[-1:]:
                other.end()
            until(lambda: (self.run_of_mote.retry(), len(proxy.links) > link)[1], 20, f"the try for {cut}")
            # A login may be a few bytes shorter than the one that was measured: then it is on line, and not cut.
            if proxy.links[link].was_cut.wait(3 if cut.after < 500 else 1):
                self.tried += 1
                if cut.how == "stall":
                    time.sleep(STALL_S)
                    proxy.links[link].end()
        proxy.calm()
        for other in proxy.links:
            other.end()


@pytest.mark.parametrize("kind", (Prosody, Prosody13))
def test_the_link_is_cut_after_every_byte_of_the_login(certs: Certs, kind: type, tmp_path: Path,
                                                       figure: Callable[[str], None]) -> None:
    """By RFC 6120, and by SASL2 with a token."""
    server = kind(tmp_path / "prosody", certs, hibernation=300)
    authors = [server.account(f"author{number}") for number in range(WORKERS)]
    reader = server.account("reader")
    server.befriend(reader, *authors)
    with server:
        motes = [Mote(tmp_path / a.user, a, "127.0.0.1", server.direct, server.ca, "direct").setup() for a in authors]
        lengths = login_bytes(motes[0], server)
        cuts = [Cut(direction, after, how) for how, direction in itertools.product(HOWS, DIRECTIONS)
                for after in range(1, lengths[direction] + 1, STEP)]
        workers = [Worker(mote, reader.jid, server, cuts[number::WORKERS]) for number, mote in enumerate(motes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            if worker.error is not None:
                raise worker.error
        tried, lost, doubled = sum(worker.tried for worker in workers), 0, 0
        whole = Ledger()
        for worker in workers:
            whole.messages += worker.ledger.messages
            whole.queued += worker.ledger.queued
        events = [event for worker in workers for event in worker.told]
        lost, doubled = whole.check(server, reader, authors[0].jid, events)
        for worker in workers:
            only_posts = Ledger()
            only_posts.posts = worker.ledger.posts
            lost += only_posts.check(server, reader, worker.mote.jid, [])[0]
        figure(f"login cuts: {tried} tried, {lost} lost, {doubled} doubled")
        assert tried > 0.9 * len(cuts)
