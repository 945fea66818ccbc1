"""B16: receivers that were killed, or whose link died: what they leave behind, and who gets a file instead of them."""
import os
import time
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import DONE, Mote
from daemon import Daemon
from patience import busy
from prosody import Account, Prosody
from test_files import SLOWLY, getter, inbox, make_file, sha256, wait_for_part

PARTS = ".mote-part-*"


def test_B16_parts_of_killed_receivers_are_removed(mote: Mote, other: Mote) -> None:
    """But not that of one which is still at work, nor what only looks like one."""
    folder = other.home / "in"
    film = make_file(mote.home, 40 << 20, "film")
    with getter(other, mote.jid) as killed, mote.start("put", *SLOWLY, str(film), other.jid) as put:
        wait_for_part(put, other)
        killed.process.kill()
        killed.process.wait()
        (dead,) = folder.glob(PARTS)
    decoys = [folder / ".mote-part-", folder / ".mote-part-not ours", folder / ".mote-part-folder"]
    decoys[0].touch()
    decoys[1].touch()
    decoys[2].mkdir()
    (folder / ".mote-part-link").symlink_to(mote.config)
    os.mkfifo(folder / ".mote-part-fifo")
    with getter(other, mote.jid) as get:
        get.wait_err("removed 1 part")
        assert not dead.exists() and all(path.exists() for path in decoys) and mote.config.exists()
        full = get.wait_err("taking files as").split()[-1]
        with mote.start("put", *SLOWLY, str(film), full) as put:
            def parts() -> list[Path]:
                return [path for path in folder.glob(PARTS) if path.is_file() and path.stat().st_size > 20_000]
            put.wait_for(parts, name="a part")
            with getter(other, mote.jid) as second:
                assert second.stop().code == DONE
            assert len(parts()) == 1
            assert put.process.poll() is None
        assert get.stop().code == DONE


@pytest.fixture
def patient(certs: Certs, tmp_path: Path) -> Iterator[Prosody]:
    """A server that keeps a session whose link died for a long time."""
    with Prosody(tmp_path / "prosody", certs, hibernation=300) as server:
        yield server


@pytest.fixture
def sender(patient: Prosody, tmp_path: Path) -> Mote:
    alice, bob = patient.account("alice"), patient.account("bob")
    patient.befriend(alice, bob)
    return at(patient, tmp_path / "alice", alice)


def at(server: Prosody, home: Path, account: Account) -> Mote:
    return Mote(home, account, "127.0.0.1", server.direct, server.ca, "direct").setup()


def test_B16_put_to_the_one_that_is_there(patient: Prosody, sender: Mote, tmp_path: Path) -> None:
    """Nine clients of bob died without a word, and look to be on line; the tenth is there."""
    bob, path = patient.account("bob"), make_file(tmp_path, 1000)
    for number in range(9):
        with getter(at(patient, tmp_path / f"dead{number}", bob), sender.jid) as dead:
            dead.process.kill()
            dead.process.wait()
    with getter(receiver := at(patient, tmp_path / "bob", bob), sender.jid, "--count", "1") as get:
        began = time.monotonic()
        sender.run("put", "--timeout", "60", str(path), bob.jid)
        get.wait_event("file", sha256=sha256(path))
        assert time.monotonic() - began < 9 * busy(), "it waited for those that are gone"
        assert get.wait().code == DONE
    assert inbox(receiver) == ["photo.jpg"]


def test_B16_the_daemon_gives_to_the_one_that_is_there(patient: Prosody, sender: Mote, tmp_path: Path) -> None:
    """The client that took the last file died since."""
    bob, files = patient.account("bob"), [make_file(tmp_path, 1000, name) for name in ("one", "two")]
    with Daemon(sender) as daemon:
        daemon.now.wait_online()
        with getter(at(patient, tmp_path / "dead", bob), sender.jid) as dead:
            sender.run("put", "--queue", str(files[0]), bob.jid)
            daemon.now.wait_event("delivered", id="one")
            dead.process.kill()
            dead.process.wait()
        with getter(at(patient, tmp_path / "bob", bob), sender.jid) as get:
            time.sleep(2.5)  # what is known of the dead one is that old at least: its answer was the last that it gave
            sender.run("put", "--queue", str(files[1]), bob.jid)
            get.wait_event("file", sha256=sha256(files[1]), timeout=20)
            daemon.now.wait_event("delivered", id="two")
            get.stop()
        daemon.stop()
