"""B15: what mote run has to take from a full disk, a reader that does not read, a long queue, and the limits of the
system: it refuses, reports, and goes on."""
import os
import resource
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

from command import DONE, LOCAL, REFUSED, Mote, Running
from daemon import Daemon, ask, until, waiting
from marks import root_only
from peer import Peer
from test_failures import fill
from test_files import make_file, sha256


def answers(mote: Mote) -> None:
    assert ask(mote, "retry")[0] == "ok"


# --- disks ----------------------------------------------------------------------------------------------------------

@root_only
def test_B15_a_sender_that_fills_the_disk(mote: Mote, other: Mote, small_disk: Path) -> None:
    """The file is refused, or ends when there is no room; the next one comes when there is some again."""
    with Daemon(other, "--from", mote.jid, "--dir", str(small_disk)) as daemon:
        full = daemon.now.wait_online().wait_err("on line as").split()[-1].rstrip(";")
        film = make_file(mote.home, 200_000, "film")
        with mote.start("put", "-v", "--window", "1", "--block-size", "64", str(film), full) as put:
            daemon.now.wait_for(lambda: any(p.stat().st_size > 4096 for p in small_disk.iterdir()), name="a part of it")
            mote.run("put", str(make_file(mote.home, 150_000, "second")), full, code=REFUSED)  # the room is promised
            fill(small_disk)
            assert put.wait(60).code == REFUSED
        daemon.now.wait_event("error")
        fill(small_disk)
        mote.run("put", str(make_file(mote.home, 10_000, "third")), full, code=REFUSED)
        answers(other)
        (small_disk / "filler").unlink()
        path = make_file(mote.home, 10_000, "fourth")
        mote.run("put", str(path), full)
        daemon.now.wait_event("file", name="fourth", sha256=sha256(path))
        assert [p.name for p in small_disk.iterdir()] == ["fourth"]
        daemon.stop()


@root_only
def test_B15_standard_output_is_on_a_full_disk(mote: Mote, peer: Peer, small_disk: Path) -> None:
    """The log of the daemon lies there: it comes when there is room again, nothing is torn, and the daemon went on."""
    log = small_disk / "log"
    with open(log, "wb") as out:
        fill(small_disk)
        process = subprocess.Popen(mote.command("run", "--json"), stdout=out, stderr=subprocess.DEVNULL, env=mote.env)
    try:
        full = peer.wait_online(mote.jid)
        for n in range(20):
            peer.send(full, f"n{n} {'x' * 1000}")
        until(lambda: peer.iq(full, "<ping xmlns='urn:xmpp:ping'/>")["type"] == "result")
        answers(mote)
        (small_disk / "filler").unlink()
        until(lambda: all(f'"body":"n{n} ' in log.read_text() for n in range(20)), name="all of it")
        assert log.read_text().count("\n") == 20
        process.terminate()
        assert process.wait(20) == DONE
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("verb", ("run", "get"))
def test_B15_a_file_that_may_not_grow(mote: Mote, other: Mote, verb: str) -> None:
    """RLIMIT_FSIZE: SIGXFSZ kills nobody, and the file is one that could not be written."""
    (other.home / "in").mkdir()
    other.run("send", "--queue", "nobody@localhost", "x")  # the store has its size
    other.run("queue", "drop", "all")
    arguments = other.command(verb, "--json", "-v", "--from", mote.jid, "--dir", "in")
    with Running(["prlimit", "--fsize=100000", *arguments], other.env, other.home) as receiver:
        full = receiver.wait_online().wait_err("on line as").split()[-1].rstrip(";")
        mote.run("put", str(make_file(mote.home, 200_000)), full, code=REFUSED)
        assert "File too large" in receiver.wait_event("error")["why"]
        if verb == "run":
            mote.run("put", str(make_file(mote.home, 1000, "small")), full)
            receiver.wait_event("file", name="small")
        result = receiver.stop() if verb == "run" else receiver.wait()
        assert result.code == (DONE if verb == "run" else LOCAL)


# --- a long queue ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("running", (True, False), ids=("daemon", "store"))
def test_B15_thousands_of_items_are_dropped_in_turns(mote: Mote, running: bool) -> None:
    """Whoever asks meanwhile has an answer in between, and nobody waits for thousands of syncs."""
    count = 4000
    mote.run("send", "--queue", "--lines", "bob@localhost", input="x\n" * count, timeout=300)
    slow = {"daemon": mote, "store": None}["daemon" if running else "store"]
    with Daemon(mote, "--host", "192.0.2.1") if slow else subprocess.Popen(["true"]) as daemon:
        if running:
            until((mote.home / "mote.sock").exists)
        began = time.monotonic()
        drop = subprocess.Popen(mote.command("queue", "drop", "all"), env=mote.env, stderr=subprocess.PIPE, text=True)
        longest = 0.0
        while running and drop.poll() is None:
            asked = time.monotonic()
            answers(mote)
            longest = max(longest, time.monotonic() - asked)
        _, told = drop.communicate(timeout=120)
        took = time.monotonic() - began
        assert drop.returncode == DONE and f"{count} dropped" in told, told
        assert longest < 2, f"an answer took {longest:.1f} s of {took:.1f}"
        assert waiting(mote) == []
        if running:
            daemon.now.wait_for(lambda: sum(e["event"] == "expired" for e in daemon.now.json) == count, name="all")


# --- readers that do not read ---------------------------------------------------------------------------------------

@pytest.fixture
def unread(mote: Mote) -> Iterator[subprocess.Popen]:
    """mote run --json, whose pipes nobody reads."""
    process = subprocess.Popen(mote.command("run", "--json", "-v"), env=mote.env, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=mote.home)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def test_B15_a_reader_that_does_not_read(mote: Mote, peer: Peer, unread: subprocess.Popen) -> None:
    """More comes than pipe and backlog hold: the daemon goes on with all else. Once it is read again, all messages come,
    each once and in order, out of the archive where they could not be kept."""
    full = peer.wait_online(mote.jid)
    count, text = 150, "y" * 20_000
    for n in range(count):
        peer.send(mote.jid, f"n{n} {text}")
        if n % 10 == 9:
            assert peer.iq(full, "<ping xmlns='urn:xmpp:ping'/>")["type"] == "result"
    used = cpu(unread)
    mote.run("send", "--queue", peer.account.jid, "from the queue")
    peer.wait_message("from the queue")
    answers(mote)
    time.sleep(2)
    assert cpu(unread) - used < 1, "it is busy with nothing"
    heard: list[int] = []
    for line in unread.stdout:
        if b'"event":"message"' in line:
            heard.append(int(line.split(b'"body":"n')[1].split(b" ")[0]))
            if heard[-1] == count - 1:
                break
    assert heard == list(range(count))
    unread.terminate()
    assert unread.wait(20) in (DONE, LOCAL)


def cpu(process: subprocess.Popen) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- no descriptors left --------------------------------------------------------------------------------------------

def test_B15_no_descriptors_are_left(mote: Mote, other: Mote, peer: Peer) -> None:
    """Whoever asks waits; nothing spins, files are refused, messages come, and it all works again afterwards."""
    (mote.home / "in").mkdir()
    with Daemon(mote, "--dir", "in", "--from", other.jid) as daemon:
        full = daemon.now.wait_online().wait_err("on line as").split()[-1].rstrip(";")
        pid = daemon.now.process.pid
        peer.iq(full, "<ping xmlns='urn:xmpp:ping'/>")
        quiet = os.listdir(f"/proc/{pid}/fd")
        answers(mote)
        until(lambda: os.listdir(f"/proc/{pid}/fd") == quiet, name="the end of that client")
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        taken = set(map(int, quiet))
        first_free = next(fd for fd in range(1000) if fd not in taken)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, before[1]))
        asker = mote.start("send", "--queue", peer.account.jid, "when there is room")
        with asker:
            daemon.now.wait_err("nobody can queue anything")
            began = daemon.now.seconds()
            time.sleep(2)
            assert daemon.now.seconds() - began < 0.5, "it spins"
            other.run("put", str(make_file(other.home, 100)), full, code=REFUSED)
            peer.send(mote.jid, "a message")
            daemon.now.wait_event(body="a message")
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            assert asker.wait(20).code == DONE
        peer.wait_message("when there is room")
        other.run("put", str(make_file(other.home, 100)), full)
        daemon.stop()
