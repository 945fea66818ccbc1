"""The same with ejabberd: what mote learnt with Prosody holds with a server of other habits."""
import random
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import DONE, Mote
from daemon import Daemon, until
from ejabberd import Ejabberd
from peer import MICROBLOG, PUBSUB, Peer, entry, text_of
from test_files import getter, make_file, sha256
from test_pins import bound_byte
from test_storms import World, cut_storm, kill_storm, line


@pytest.fixture
def world(certs: Certs, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, certs, Ejabberd)
    try:
        yield world
    finally:
        world.server.stop()


@pytest.fixture
def other(world: World, tmp_path: Path) -> Mote:
    return Mote(tmp_path / "reader", world.reader, "127.0.0.1", world.server.direct, world.server.ca, "direct").setup()


@pytest.mark.parametrize("tls", ("direct", "starttls"))
def test_logs_in(world: World, tls: str, tmp_path: Path) -> None:
    mote = Mote(tmp_path / "again", world.author, "127.0.0.1", world.server.port(tls), world.server.ca, tls).setup()
    (status,) = mote.run("status", "--json").json
    assert status["sasl"]["mechanism"].startswith("SCRAM-SHA-256") and status["stream_management"] is True
    assert "urn:xmpp:mam:2" in status["features"]


def test_B23_a_refused_binding_costs_one_login_only(world: World) -> None:
    """23.01 offers -PLUS under TLS 1.3 and then has no tls-exporter; newer ones have it."""
    (status,) = world.mote.run("status", "--json").json
    bound = bound_byte(world.mote)
    assert bound in (1, 2) and status["sasl"]["mechanism"].endswith("-PLUS") == (bound == 1)
    # A refused try would be one more. 24.12 has SASL2, which saves the second stream header.
    assert status["round_trips"]["stream"] == (4 if status["profile"] == "sasl2" else 5)
    (again,) = world.mote.run("status", "--json").json
    assert again["sasl"] == status["sasl"] and bound_byte(world.mote) == bound


def test_messages_posts_and_files(world: World, other: Mote) -> None:
    mote = world.mote
    with Peer(world.server, world.reader) as peer:
        mote.run("send", peer.jid, "to slixmpp")
        peer.wait_message("to slixmpp")
        ids = [mote.run("post", text).stdout.strip() for text in ("first", "second")]
        assert [text_of(entry, "title") for entry in peer.items(world.author.jid).values()] == ["first", "second"]
        mote.run("post", "--retract", ids[0])
        assert [text_of(entry, "title") for entry in peer.items(world.author.jid).values()] == ["second"]
    assert [post["title"] for post in other.run("feed", "--json", world.author.jid).json] == ["second"]
    path = make_file(mote.home, 64 * 1024)
    with getter(other, mote.jid, "--count", "1") as get:
        mote.run("put", str(path), other.jid)
        assert get.wait_event("file")["sha256"] == sha256(path)
        assert get.wait().code == DONE


def test_follow(world: World, other: Mote) -> None:
    ids = [world.mote.run("post", "old").stdout.strip()]
    with other.start("feed", "--follow", "--json", "-v", world.author.jid) as feed:
        feed.wait_event("post", id=ids[0])
        time.sleep(0.5)
        for number in range(3):
            ids.append(world.mote.run("post", f"entry {number}").stdout.strip())
            feed.wait_event("post", id=ids[-1])
        world.mote.run("post", "--retract", ids[1])
        feed.wait_for(lambda: any(found["event"] == "retracted" and found["id"] == ids[1] for found in feed.json))
        assert feed.stop().code == DONE
        assert [post["id"] for post in feed.json if post["event"] == "post"] == ids


def test_B10_contacts_hear_of_posts_without_a_subscription(world: World) -> None:
    """ejabberd notifies of what was published in a session that has shown itself, and of no other."""
    with Peer(world.server, world.reader) as reader:
        reader.follow_contacts()

        def heard() -> bool:  # the server asks for our features first, and nobody tells when it has them
            item = world.mote.run("post", "for followers").stdout.strip()
            try:
                return bool(reader.wait_for(lambda: [i for _, items in reader.events for i in items if i.get("id") == item],
                                            5, "an event"))
            except TimeoutError:
                return False
        until(heard, 60, "the notification of a post")
        assert "unavailable" in reader.presences.values()  # it came and went


def begin_blog(peer: Peer, owner: str) -> None:
    """As clients do that leave the node to the server's defaults."""
    peer.iq(owner, f"<pubsub xmlns='{PUBSUB}'><publish node='{MICROBLOG}'><item id='theirs'>{entry('theirs')}</item></publish>"
            "</pubsub>", "set")


def test_a_blog_that_another_client_began_keeps_all_from_now_on(world: World) -> None:
    """By its own defaults the server would keep the last post only."""
    with Peer(world.server, world.author) as peer:
        begin_blog(peer, world.author.jid)
        for text in ("one", "two"):
            world.mote.run("post", text)
        assert [text_of(post, "title") for post in peer.items(world.author.jid).values()] == ["theirs", "one", "two"]


def test_what_was_missed_is_caught_up_with(world: World, other: Mote) -> None:
    """By the archive, in order, and each once, though the server stored it for later as well."""
    bodies = [f"missed {number}" for number in range(120)]
    with Daemon(world.mote) as daemon:
        daemon.now.wait_online()
        other.run("send", world.author.jid, "seen")
        daemon.now.wait_event(body="seen")
        daemon.stop(2)
        other.run("send", "--lines", world.author.jid, input="\n".join(bodies) + "\n")
        daemon.start()
        until(lambda: len(daemon.told("message")) > len(bodies), 30, "the last message")
        assert [event["body"] for event in daemon.told("message")] == ["seen", *bodies]
        daemon.stop()


def test_mote_run_is_killed_again_and_again(world: World, rng: random.Random, figure: Callable[[str], None]) -> None:  # noqa: F811
    figure(line("ejabberd: kill -9 of mote run, 100 messages and 100 posts, cuts", 6, kill_storm(world, rng, 100, 6, 1.0)))


def test_the_server_is_restarted_in_the_middle(world: World, figure: Callable[[str], None]) -> None:
    """It knows nothing of its sessions then. With posts, which are accepted when they are stored: a message to somebody off line
    is acknowledged before, and ejabberd does not wait for that to be stored when it is stopped."""
    with Daemon(world.mote) as daemon:
        feeders = world.feed(0, 120, 10)
        for _ in range(3):
            until(lambda: len(daemon.told("delivered")) > 0, 60, "the first one")
            world.server.stop()
            world.server.start()
            daemon.retry()
        for feeder in feeders:
            feeder.join()
        figure(line("ejabberd: restarts, 120 posts, cuts", 3, world.result(daemon)))


def test_random_link_cuts(world: World, rng: random.Random, figure: Callable[[str], None]) -> None:  # noqa: F811
    tried, result = cut_storm(world, rng, 60, 600)
    figure(line("ejabberd: random link cuts", tried, result))
