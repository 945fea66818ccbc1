"""B5: what comes while the session of a killed listener stands on the server, or is gone, reaches the next one."""
import re
import signal
import time
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import DONE, Mote, Running
from daemon import until
from ejabberd import Ejabberd
from peer import Peer
from prosody import Account, Prosody
from test_files import getter, make_file, sha256


class World:
    """A server that keeps dead sessions for so many seconds; alice listens, bob writes."""

    def __init__(self, server: Prosody | Ejabberd, home: Path):
        self.server, self.home = server, home
        self.alice, self.bob = server.account("alice"), server.account("bob")
        server.befriend(self.alice, self.bob)

    def mote(self, name: str, account: Account) -> Mote:
        return Mote(self.home / name, account, "127.0.0.1", self.server.direct, self.server.ca, "direct").setup()


def made(kind: type, certs: Certs, folder: Path, hibernation: int) -> Iterator[World]:
    server = kind(folder / "server", certs, hibernation=hibernation)
    if kind is Prosody:
        world = World(server, folder)
    with server:
        yield world if kind is Prosody else World(server, folder)


@pytest.fixture
def patient(certs: Certs, tmp_path: Path) -> Iterator[World]:
    yield from made(Prosody, certs, tmp_path, 300)


@pytest.fixture
def hasty(certs: Certs, tmp_path: Path) -> Iterator[World]:
    yield from made(Prosody, certs, tmp_path, 1)


def kill(listener: Running, notes: Path) -> None:
    """Once it has written down the session that the next one may go on with, and its place in the archive, behind what it
    has shown: a message that was shown and not noted comes again."""
    words = (b"outbox", b"archive") if notes.name == "mote.listen" else (b"outbox",)
    until(lambda: all(word in notes.read_bytes() for word in words), name="what the next one has to know")
    seen = b""
    while seen != notes.read_bytes():
        seen = notes.read_bytes()
        time.sleep(1)
    listener.process.kill()
    listener.process.wait()


def heard(listener: Running) -> list[str]:
    return [m["body"] for m in listener.json if m["event"] == "message"]


def through_a_kill(world: World) -> None:
    mote = world.mote("alice", world.alice)
    with Peer(world.server, world.bob) as peer:
        with mote.listen() as listener:
            peer.send(mote.jid, "before")
            listener.wait_event(body="before")
            kill(listener, mote.home / "mote.listen")
        for n in range(3):
            peer.send(mote.jid, f"while it was dead {n}")
        with mote.listen() as listener:
            listener.wait_event(body="while it was dead 2")
            peer.send(mote.jid, "after")
            listener.wait_event(body="after")
            assert heard(listener) == [f"while it was dead {n}" for n in range(3)] + ["after"]
            assert listener.stop().code == DONE


def test_B5_the_session_goes_on(patient: World) -> None:
    through_a_kill(patient)


def test_B5_the_session_goes_on_with_ejabberd(certs: Certs, tmp_path: Path) -> None:
    for world in made(Ejabberd, certs, tmp_path, 300):
        through_a_kill(world)


def test_B5_the_session_is_gone_and_the_archive_knows(hasty: World) -> None:
    mote = hasty.mote("alice", hasty.alice)
    with Peer(hasty.server, hasty.bob) as peer:
        with mote.listen() as listener:
            full = peer.wait_online(mote.jid)
            peer.send(mote.jid, "before")
            listener.wait_event(body="before")
            kill(listener, mote.home / "mote.listen")
        peer.send(mote.jid, "to the ghost")
        peer.wait_for(lambda: peer.presences.get(full) == "unavailable", timeout=30, name="its end")
        peer.send(mote.jid, "to nobody")
        with mote.listen() as listener:
            listener.wait_event(body="to nobody")
            peer.send(mote.jid, "after")
            listener.wait_event(body="after")
            assert heard(listener) == ["to the ghost", "to nobody", "after"]
            assert listener.stop().code == DONE


def test_B5_another_account_does_not_go_on_with_it(patient: World) -> None:
    """The same configuration, set up for somebody else meanwhile."""
    mote = patient.mote("alice", patient.alice)
    with mote.listen() as listener:
        kill(listener, mote.home / "mote.listen")
    carol = patient.server.account("carol")
    mote.run("setup", carol.jid, "--password-stdin", input=carol.password)
    with mote.listen("--count", "1") as listener, Peer(patient.server, patient.bob) as peer:
        assert listener.wait_err("on line as").split()[-1].startswith(carol.jid)
        peer.send(carol.jid, "hello carol")
        listener.wait_event(body="hello carol")


@pytest.mark.parametrize("verb", ("listen", "get", "run"))
def test_B5_B15_a_hangup_is_an_orderly_end(mote: Mote, peer: Peer, verb: str) -> None:
    """A terminal that is closed: several SIGHUP. nohup(1): none."""
    with mote.start(verb, "-v") as running:
        running.wait_online()
        for _ in range(3):
            running.process.send_signal(signal.SIGHUP)
        assert running.wait(15).code == DONE
    with Running(["nohup", *mote.command(verb, "-v")], mote.env, mote.home) as running:
        running.wait_online()
        running.process.send_signal(signal.SIGHUP)
        full = re.search(r"on line as (\S+)", running.wait_err("on line"))
        assert full is None or peer.iq(full[1], "<ping xmlns='urn:xmpp:ping'/>")["type"] == "result"
        assert running.stop().code == DONE


def test_B5_after_an_orderly_end_it_begins_with_what_comes(mote: Mote, peer: Peer) -> None:
    """Another client of the account has read the rest."""
    with mote.listen() as listener:
        assert listener.stop().code == DONE
    with Peer(peer._server, mote.account, resource="phone") as phone:
        peer.send(mote.jid, "read on the phone")
        phone.wait_message("read on the phone")
    with mote.listen("--count", "1") as listener:
        peer.send(mote.jid, "new")
        assert listener.wait().code == DONE
        assert heard(listener) == ["new"]


def test_B5_a_count_takes_no_more_away(mote: Mote, peer: Peer) -> None:
    """Those that come behind the last one that was asked for are for the next call."""
    for n in range(5):
        peer.send(mote.jid, f"n{n}")
    peer.iq("localhost", "<ping xmlns='urn:xmpp:ping'/>")
    got = []
    for _ in range(5):
        with mote.listen("--count", "1") as listener:
            assert listener.wait().code == DONE
            got += heard(listener)
    assert got == [f"n{n}" for n in range(5)]


def test_B5_two_listen_and_the_second_does_without(mote: Mote, peer: Peer) -> None:
    with mote.listen() as first, mote.listen() as second:
        ours = {listener.wait_err("on line as").split()[-1] for listener in (first, second)}
        peer.wait_for(lambda: ours <= set(peer.presences), name="both")
        peer.send(mote.jid, "for both")
        first.wait_event(body="for both")
        second.wait_event(body="for both")
        assert second.stop().code == first.stop().code == DONE
    mote.config.write_text(mote.config.read_text() + "store = /proc/nowhere/mote.store\n")
    with mote.listen("--count", "1") as listener:
        listener.wait_err("may be lost")
        peer.send(mote.jid, "without a store")
        assert listener.wait().code == DONE


def test_B5_get_takes_what_was_offered_to_its_ghost(patient: World) -> None:
    sender, receiver = patient.mote("bob", patient.bob), patient.mote("alice", patient.alice)
    path = make_file(patient.home, 10_000)
    with getter(receiver, sender.jid) as get:
        full = get.wait_err("on line as").split()[-1]
        kill(get, receiver.home / "mote.get")
    with sender.start("put", "-v", str(path), full) as put:
        put.wait_online()
        time.sleep(0.5)  # the offer is on its way to nobody
        with getter(receiver, sender.jid) as get:
            get.wait_event("file", sha256=sha256(path), verified=True)
            assert put.wait(30).code == DONE and get.stop().code == DONE
