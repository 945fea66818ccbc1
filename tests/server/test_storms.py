"""Everything that can break, breaks, while messages and posts go through: nothing is lost, no post is there twice, and a
message arrives twice only where mote said that it may have."""
import collections
import itertools
import random
import socket
import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import Mote
from daemon import Daemon, Ledger, until, whole_lines
from ejabberd import Ejabberd
from faultproxy import DIRECTIONS, HOWS, Cut, FaultProxy
from patience import PATIENCE_S
from peer import Peer
from prosody import Prosody

HIBERNATION_S = 120


class World:
    """A server that may be broken, one account behind mote run, one that reads it all in the end."""

    def __init__(self, directory: Path, certs: Certs, server: type[Prosody] | type[Ejabberd] = Prosody):
        self.server = server(directory / "server", certs, hibernation=HIBERNATION_S)
        self.author, self.reader = self.server.account("author"), self.server.account("reader")
        self.server.befriend(self.author, self.reader)
        self.server.start()
        self.ledger = Ledger()
        self.mote = Mote(directory / "author", self.author, "127.0.0.1", self.server.direct, self.server.ca, "direct").setup()

    def feed(self, messages: int, posts: int, batch: int = 0) -> list[threading.Thread]:
        """Two threads that queue, the one messages, the other posts; in batches, if the one should see the other's."""
        batch = batch or max(messages, posts)

        def run(queue: Callable[[list[str]], None], name: str, count: int) -> None:
            texts = [f"{name} {number}" for number in range(count)]
            for at in range(0, count, batch):
                queue(texts[at:at + batch])
        both = [
            Guarded(lambda: run(lambda t: self.ledger.queue_messages(self.mote, self.reader.jid, t), "message", messages)),
            Guarded(lambda: run(lambda t: self.ledger.queue_posts(self.mote, t), "post", posts)),
        ]
        for thread in both:
            thread.start()
        return both

    def result(self, daemon: Daemon) -> tuple[int, int]:
        """Wait for the end, and look: (lost, doubled)."""
        daemon.wait_empty()
        lost, doubled = self.ledger.check(self.server, self.reader, self.author.jid, daemon.told("delivered"))
        daemon.stop()
        return lost, doubled


class Guarded(threading.Thread):
    """What goes wrong in it is told by join."""

    def __init__(self, body: Callable[[], None]):
        super().__init__(daemon=True)
        self.body, self.error = body, None

    def run(self) -> None:
        try:
            self.body()
        except BaseException as error:  # noqa: BLE001 - it is raised again
            self.error = error

    def join(self, timeout: float | None = 300) -> None:
        super().join(timeout)
        assert not self.is_alive(), "it hangs"
        if self.error is not None:
            raise self.error


@pytest.fixture
def world(certs: Certs, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, certs)
    try:
        yield world
    finally:
        world.server.stop()


def line(what: str, tried: int, result: tuple[int, int]) -> str:
    return f"{what}: {tried} tried, {result[0]} lost, {result[1]} doubled"


# --- mote run dies --------------------------------------------------------------------------------------------------

def kill_storm(world: World, rng: random.Random, items: int, kills: int, longest_s: float) -> tuple[int, int]:
    with Daemon(world.mote) as daemon:
        feeders = world.feed(items, items, items)
        for _ in range(kills):
            time.sleep(rng.uniform(0.02, longest_s))
            daemon.kill()
            time.sleep(rng.choice((0, 0, 0.05)))  # now and then it is down for long enough to be noticed
            daemon.start()
        for feeder in feeders:
            feeder.join()
        return world.result(daemon)


def test_mote_run_is_killed_again_and_again(world: World, rng: random.Random, figure: Callable[[str], None]) -> None:
    figure(line("kill -9 of mote run, 200 messages and 200 posts, cuts", 10, kill_storm(world, rng, 200, 10, 1.5)))


@pytest.mark.long
def test_mote_run_is_killed_while_two_thousand_go_through(world: World, rng: random.Random,
                                                          figure: Callable[[str], None]) -> None:
    figure(line("kill -9 of mote run, 1000 messages and 1000 posts, cuts", 100, kill_storm(world, rng, 1000, 100, 1.5)))


def test_mote_run_is_stopped_and_started_as_a_service_manager_does(world: World, rng: random.Random,
                                                                   figure: Callable[[str], None]) -> None:
    with Daemon(world.mote) as daemon:
        feeders = world.feed(60, 60)
        for _ in range(6):
            time.sleep(rng.uniform(0.05, 1))
            daemon.stop()
            daemon.start()
        for feeder in feeders:
            feeder.join()
        result = world.result(daemon)
    assert result == (0, 0)
    figure(line("restarts of mote run, cuts", 6, result))


def test_mote_run_is_killed_while_messages_come_in(world: World, rng: random.Random, figure: Callable[[str], None]) -> None:
    """It prints each, and none twice but the one that it was at when it was killed: between a line and the note of having
    printed it nobody can tell."""
    kills, bodies = 10, [f"incoming {number}" for number in range(300)]
    with Daemon(world.mote) as daemon, Peer(world.server, world.reader) as peer:
        daemon.now.wait_online()  # from here on

        def send() -> None:
            for body in bodies:
                peer.send(world.author.jid, body)
                time.sleep(0.02)
        sender = Guarded(send)
        sender.start()
        last = set()
        for _ in range(kills):
            time.sleep(rng.uniform(0.1, 0.8))
            daemon.kill()
            last |= {event["body"] for event in daemon.told("message")[-1:]}
            daemon.start()
        sender.join()
        until(lambda: set(bodies) <= {event["body"] for event in daemon.told("message")}, 60, "the last message")
        found = collections.Counter(event["body"] for event in daemon.told("message"))
        lives = [[event["body"] for event in whole_lines(life) if event["event"] == "message"] for life in daemon.lives]
        daemon.stop()
    doubled = {body for body, count in found.items() if count > 1}
    assert all(life == sorted(life, key=bodies.index) for life in lives), "order"
    assert doubled <= last, f"printed twice: {doubled - last}"
    figure(line("kill -9 of mote run, 300 messages for it, cuts", kills, (len(set(bodies) - set(found)), len(doubled))))


# --- the server goes ------------------------------------------------------------------------------------------------

def test_the_server_is_down_while_things_are_queued(world: World, figure: Callable[[str], None]) -> None:
    with Daemon(world.mote) as daemon:
        daemon.now.wait_online()
        world.server.stop()
        daemon.now.wait_err("off line")
        for feeder in world.feed(30, 30):
            feeder.join()
        world.server.start()
        result = world.result(daemon)
    assert result == (0, 0)
    figure(line("server down, cuts", 1, result))


def stop(server: Prosody) -> None:
    server.stop()


def kill(server: Prosody) -> None:
    server.kill()


def kill_and_forget(server: Prosody) -> None:
    server.kill()
    server.forget_sessions()


@pytest.mark.parametrize("how", (stop, kill, kill_and_forget), ids=("stop", "kill", "lost-sessions"))
def test_the_server_is_restarted_in_the_middle(world: World, rng: random.Random, how: Callable[[Prosody], None],
                                               figure: Callable[[str], None]) -> None:
    with Daemon(world.mote) as daemon:
        feeders = world.feed(60, 60, 10)
        for _ in range(3):
            time.sleep(rng.uniform(0.2, 1.5))
            how(world.server)
            world.server.start()
            daemon.retry()
        for feeder in feeders:
            feeder.join()
        figure(line(f"server restarts ({how.__name__}), cuts", 3, world.result(daemon)))


def test_the_server_comes_back_with_another_certificate(world: World, certs: Certs, figure: Callable[[str], None]) -> None:
    """It is refused, and said; nothing goes to whoever that is. When the right one is back, all goes on."""
    with Daemon(world.mote) as daemon:
        daemon.now.wait_online()
        world.server.stop()
        good, world.server.cert = world.server.cert, certs.self_signed("impostor", "DNS:localhost")
        world.server.start()
        daemon.retry()
        until(lambda: (daemon.retry(), any("certificate" in said for said in daemon.now.err))[1], 20, "a word about it")
        for feeder in world.feed(20, 20):
            feeder.join()
        assert len(world.mote.run("queue", "--json").json) == 40
        world.server.stop()
        world.server.cert = good
        world.server.start()
        result = world.result(daemon)
    assert result == (0, 0)
    figure(line("another certificate, cuts", 1, result))


# --- the link breaks ------------------------------------------------------------------------------------------------

def random_cuts(rng: random.Random) -> Iterator[Cut]:
    """Most of them in the login, which takes some 2000 bytes each way; the others on line."""
    while True:
        after = rng.randrange(1, rng.choice((3000, 7000)))
        yield Cut(rng.choice(DIRECTIONS), after, rng.choices(HOWS, (4, 4, 1))[0])


def cut_storm(world: World, rng: random.Random, cuts: int, timeout: float) -> tuple[int, tuple[int, int]]:
    """Until there were so many, with at least three messages for each, and a post for two. Returns how many, and the result."""
    with FaultProxy(world.server.direct, random_cuts(rng)) as proxy, Daemon(world.mote, "--port", str(proxy.port)) as daemon:
        end = time.monotonic() + timeout
        batch, size = 0, 10
        while (tried := proxy.cuts()) < cuts:
            assert time.monotonic() < end, f"{tried} cuts only; {daemon.now.err[-5:]}"
            if batch * size <= tried or daemon.retry() == 0:  # there is always something on its way
                world.ledger.queue_messages(world.mote, world.reader.jid,
                                            [f"message {batch}.{number}" for number in range(3 * size)])
                world.ledger.queue_posts(world.mote, [f"post {batch}.{number}" for number in range(size // 2)])
                batch += 1
            proxy.release()  # a stalled link is found by pings and deadlines, for which there are tests of their own
            daemon.retry()
            time.sleep(0.02)
        proxy.calm()
        proxy.release()
        return proxy.cuts(), world.result(daemon)


def test_B25_the_first_connection_is_cut_as_planned(world: World) -> None:
    """The plan is there before the proxy takes a connection: one that slipped through would never be cut, and none come after it."""
    with FaultProxy(world.server.direct, itertools.repeat(Cut("to server", 1, "fin"))) as proxy:
        for number in range(1, 4):
            with socket.create_connection(("127.0.0.1", proxy.port)) as client:
                client.sendall(b"12")
                client.settimeout(PATIENCE_S)
                assert client.recv(1) == b""
            until(lambda: proxy.cuts() == number, name="the cut")


def test_two_hundred_random_cuts(world: World, rng: random.Random, figure: Callable[[str], None]) -> None:
    tried, result = cut_storm(world, rng, 200, 900)
    figure(line("random link cuts", tried, result))
