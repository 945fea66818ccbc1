"""put --queue: small files through the queue of mote run, and through the store when it is down."""
import collections
import contextlib
import fcntl
import os
import shutil
import socket
import time
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import BINARY, DONE, LOCAL, REFUSED, USAGE, Mote, Running
from daemon import Daemon, ask, until, waiting
from marks import root_only
from patience import busy
from peer import Peer
from prosody import Account, Prosody
from takes_files import accept_files
from test_files import getter, inbox, make_file, sha256

TOO_LARGE = 65_536


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """It keeps a session for longer than a busy machine takes to start a process."""
    with Prosody(tmp_path_factory.mktemp("prosody"), certs, hibernation=300) as prosody:
        yield prosody


def put(mote: Mote, path: Path, to: str, *more: str) -> dict:
    return mote.run("put", "--queue", "--json", *more, str(path), to).json[0]


# --- where it goes --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("size", (0, 1, 60_000), ids=("empty", "1B", "60kB"))
def test_through_the_daemon(mote: Mote, other: Mote, daemon: Daemon, size: int) -> None:
    path = make_file(mote.home, size)
    with getter(other, mote.jid, "--count", "1") as get:
        said = put(mote, path, other.jid)
        assert said["event"] == "queued" and said["kind"] == "file" and said["id"] == "photo.jpg" and said["size"] == size
        assert said["to"] == other.jid and said["maybe_twice"] is False
        get.wait_event("file", name="photo.jpg", size=size, sha256=sha256(path), verified=True)
        daemon.now.wait_event("delivered", kind="file", id="photo.jpg", to=other.jid, ticket=said["ticket"])
        assert get.wait().code == DONE
    assert waiting(mote) == []


def test_into_the_store_when_there_is_no_daemon(mote: Mote, other: Mote) -> None:
    path = make_file(mote.home, 20_000)
    assert mote.run("put", "--queue", "--name", "Übersicht.txt", str(path), other.jid).stdout == "Übersicht.txt\n"
    (item,) = waiting(mote)
    assert (item["kind"], item["to"], item["id"], item["size"]) == ("file", other.jid, "Übersicht.txt", 20_000)
    assert item["node"] is None and item["state"] == "waiting"
    data = path.read_bytes()
    path.unlink()
    with getter(other, mote.jid) as get, Daemon(mote) as daemon:
        get.wait_event("file", name="Übersicht.txt")
        daemon.now.wait_event("delivered", kind="file")
        daemon.stop()
    assert (other.home / "in/Übersicht.txt").read_bytes() == data


def test_a_full_jid(mote: Mote, other: Mote, daemon: Daemon) -> None:
    path = make_file(mote.home, 5000)
    with getter(other, mote.jid) as get:
        full = get.wait_err("on line as").split()[-1]
        put(mote, path, full)
        get.wait_event("file", sha256=sha256(path))
        daemon.now.wait_event("delivered", to=full)


def test_whoever_takes_files_gets_them(mote: Mote, other: Mote, daemon: Daemon, peer: Peer) -> None:
    """slixmpp is on line for the same account, and takes none."""
    path = make_file(mote.home, 100)
    put(mote, path, other.jid)
    daemon.now.wait_err("does not take files")
    assert waiting(mote)[0]["state"] == "waiting"
    with getter(other, mote.jid) as get:
        get.wait_event("file", sha256=sha256(path))
        daemon.now.wait_event("delivered", kind="file")


def test_the_receiver_comes_on_line_later(mote: Mote, other: Mote, daemon: Daemon) -> None:
    """At once, not when a pause is over; in the order of queueing."""
    paths = [make_file(mote.home, 3000, f"f{number}") for number in range(5)]
    daemon.now.wait_online()
    for path in paths:
        put(mote, path, other.jid)
    assert len(waiting(mote)) == 5
    began = time.monotonic()
    with getter(other, mote.jid, "--count", "5") as get:
        assert get.wait().code == DONE
        assert time.monotonic() - began < 40 * busy()
        assert [event["name"] for event in get.json] == [path.name for path in paths]
    assert inbox(other) == [path.name for path in paths]


def test_after_a_restart_those_who_are_there_are_known(mote: Mote, peer: Peer) -> None:
    """A session that goes on is told nothing of those who came before: they are asked for."""
    peer.call(lambda client: client["xep_0030"].add_feature("urn:xmpp:jingle:apps:file-transfer:5"))
    accept_files(peer)
    path = make_file(mote.home, 3000)
    with Daemon(mote) as daemon:
        peer.wait_online(mote.jid)
        daemon.stop()
        daemon.start()
        daemon.now.wait_err("the session of before goes on")
        put(mote, path, peer.account.jid)
        daemon.now.wait_event("delivered", kind="file", maybe_twice=False)
        assert path.read_bytes() in peer.received.values()


def test_a_stranger_is_shown_our_presence(server: Prosody, mote: Mote, daemon: Daemon, tmp_path: Path) -> None:
    """No subscription: the receiver answers whom it takes files from."""
    account = server.account(f"stranger{os.getpid()}")
    stranger = Mote(tmp_path / "stranger", account, "127.0.0.1", server.direct, server.ca, "direct").setup()
    path = make_file(mote.home, 3000)
    daemon.now.wait_online()
    put(mote, path, stranger.jid)
    with getter(stranger, mote.jid) as get:
        time.sleep(5.5)  # it is not shown again sooner
        mote.run("queue", "retry")
        get.wait_event("file", sha256=sha256(path))
        daemon.now.wait_event("delivered", kind="file")


def test_one_who_is_away_does_not_keep_others_waiting(mote: Mote, other: Mote, daemon: Daemon) -> None:
    first, second = make_file(mote.home, 100, "first"), make_file(mote.home, 100, "second")
    put(mote, first, "nobody@localhost")
    put(mote, first, "nobody@localhost/there")
    put(mote, second, other.jid)
    with getter(other, mote.jid) as get:
        get.wait_event("file", name="second")
        daemon.now.wait_event("delivered", to=other.jid)
    assert [item["to"] for item in waiting(mote)] == ["nobody@localhost", "nobody@localhost/there"]


def test_mote_run_with_a_folder_takes_them(mote: Mote, other: Mote, daemon: Daemon) -> None:
    (other.home / "in").mkdir()
    path = make_file(mote.home, 1000)
    put(mote, path, other.jid)
    with Daemon(other, "--dir", "in", "--from", mote.jid) as taker:
        taker.now.wait_event("file", sha256=sha256(path))
        daemon.now.wait_event("delivered", kind="file")


def test_mote_run_without_a_folder_is_no_receiver(mote: Mote, other: Mote) -> None:
    """It has the module, to give files, and must not be taken for one who takes them."""
    path = make_file(mote.home, 1000)
    with Daemon(other) as idle, getter(other, mote.jid, "--count", "1") as get:
        idle.now.wait_online()
        full = idle.now.wait_err("on line as").split()[-1]
        mote.run("put", str(path), other.jid)
        get.wait_event("file", sha256=sha256(path))
        assert "declined" in mote.run("put", str(path), full, code=REFUSED).complaint


@root_only
def test_the_daemon_need_not_be_able_to_read_the_file(server: Prosody, mote: Mote, other: Mote, tmp_path: Path) -> None:
    """It runs as a user of its own, and the file is root's alone."""
    secret = tmp_path / "secret"
    secret.mkdir(0o700)
    path = make_file(secret, 5000)
    path.chmod(0o600)
    shutil.copy(BINARY, mote.home / "mote")
    shutil.copy(server.ca, mote.home / "ca.crt")
    for folder in (mote.home, *list(mote.home.parents)[:3]):
        folder.chmod(0o755)
    for own in (mote.home, *mote.home.iterdir()):
        os.chown(own, 65534, 65534)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(mote.home / "mote"), "-c", str(mote.config),
               "run", "--json", "-v", "--ca", str(mote.home / "ca.crt")]
    with getter(other, mote.jid) as get, Running(command, mote.env, mote.home) as daemon:
        until((mote.home / "mote.sock").exists, name="the socket")
        put(mote, path, other.jid)
        get.wait_event("file", sha256=sha256(path))
        daemon.wait_event("delivered", kind="file")
        assert (mote.home / "mote.store").stat().st_uid == 65534


# --- what became of it ----------------------------------------------------------------------------------------------

def test_declined_is_undeliverable(mote: Mote, other: Mote, daemon: Daemon) -> None:
    with getter(other, "somebody-else@localhost") as get:
        full = get.wait_err("on line as").split()[-1]
        put(mote, make_file(mote.home, 100), full)
        told = daemon.now.wait_event("undeliverable", kind="file", to=full, id="photo.jpg")
        assert told["why"]
    assert waiting(mote) == []


def test_a_receiver_that_breaks_off_gets_it_when_it_is_back(mote: Mote, other: Mote) -> None:
    path = make_file(mote.home, 60_000)
    with mote.config.open("a") as config:
        config.write("window = 1\n")
    with Daemon(mote, "--block-size", "64") as daemon:
        daemon.now.wait_online()
        with getter(other, mote.jid) as get:
            put(mote, path, other.jid)
            until(lambda: any(part.stat().st_size > 2000 for part in (other.home / "in").iterdir()), name="a part of it")
            get.stop()
        assert inbox(other) == [] and len(waiting(mote)) == 1
        with getter(other, mote.jid) as get:
            get.wait_event("file", 60, sha256=sha256(path), verified=True)
            daemon.now.wait_event("delivered", kind="file", maybe_twice=False)
    assert inbox(other) == ["photo.jpg"] and not daemon.told("undeliverable")


def test_expired(mote: Mote, bob: Account, daemon: Daemon) -> None:
    """Soon after its time, while the receiver is awaited."""
    daemon.now.wait_online()
    said = put(mote, make_file(mote.home, 100), bob.jid, "--expire", "2")
    put(mote, make_file(mote.home, 100), bob.jid, "--expire", "1h")
    daemon.now.wait_event("expired", 20, ticket=said["ticket"], kind="file", id="photo.jpg")
    assert len(waiting(mote)) == 1


def test_drop(mote: Mote, bob: Account, daemon: Daemon) -> None:
    said = put(mote, make_file(mote.home, 100), bob.jid)
    mote.run("queue", "drop", str(said["ticket"]))
    daemon.now.wait_event("expired", ticket=said["ticket"], kind="file")
    assert waiting(mote) == []


def test_a_long_name_is_told_cut_between_characters(mote: Mote, bob: Account, daemon: Daemon) -> None:
    name = "a" + "ü" * 127
    said = put(mote, make_file(mote.home, 100), bob.jid, "--name", name)
    assert said["id"] == name
    assert waiting(mote)[0]["id"] == "a" + "ü" * 63
    mote.run("queue", "drop", "all")
    daemon.now.wait_event("expired", id="a" + "ü" * 31)


# --- mote run dies --------------------------------------------------------------------------------------------------

def test_kill_in_the_middle_of_the_transfer(mote: Mote, other: Mote) -> None:
    """It arrives whole, and once."""
    path = make_file(mote.home, 60_000)
    with mote.config.open("a") as config:
        config.write("window = 1\n")
    with getter(other, mote.jid) as get, Daemon(mote, "--block-size", "64") as daemon:
        daemon.now.wait_online()
        put(mote, path, other.jid)
        until(lambda: any(part.stat().st_size > 2000 for part in (other.home / "in").iterdir()), name="a part of the file")
        daemon.kill()
        assert inbox(other) != ["photo.jpg"], "it was too late to kill it"
        assert waiting(mote)[0]["kind"] == "file"
        daemon.arguments = ()
        daemon.start()
        get.wait_event("file", 60, name="photo.jpg", sha256=sha256(path), verified=True)
        daemon.now.wait_event("delivered", kind="file", maybe_twice=False)
        daemon.stop()
        assert len([event for event in get.json if event["event"] == "file"]) == 1
        get.stop()
    assert inbox(other) == ["photo.jpg"] and waiting(mote) == []


def test_many_kills_while_files_are_queued(mote: Mote, other: Mote) -> None:
    """Each that was answered for arrives, and whole; twice only where mote said that it may have."""
    names = [f"f{number:02}" for number in range(20)]
    paths = [make_file(mote.home, 10_000 + number, name) for number, name in enumerate(names)]
    said: list[dict] = []
    with getter(other, mote.jid) as get, Daemon(mote) as daemon:
        for number, path in enumerate(paths):
            with mote.start("put", "--queue", "--json", str(path), other.jid) as putting:
                if number % 4 == 3:
                    time.sleep(0.01 * (number % 3))
                    daemon.kill()
                    daemon.start()
                done = putting.wait(30)
                assert done.code == DONE
                said += done.json
        daemon.wait_empty()
        get.wait_for(lambda: {event["name"] for event in get.json if event["event"] == "file"} == set(names), 30, "all of them")
        daemon.stop()
        get.stop()
    for path in paths:
        assert (other.home / "in" / path.name).read_bytes() == path.read_bytes()
    came = collections.Counter(event["name"] for event in get.json if event["event"] == "file")
    reported = {event["id"] for event in said + daemon.told("delivered") if event["maybe_twice"]}
    assert {name for name, count in came.items() if count > 1} <= reported


def request(mote: Mote, *fields: str, fds: tuple[int, ...] = ()) -> list[str]:
    """By hand: the fields of the answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(20)
        s.connect(str(mote.home / "mote.sock"))
        s.recv(65536)
        socket.send_fds(s, ["".join(field + "\0" for field in fields).encode()], list(fds))
        return s.recv(65536).decode().split("\0")[:-1]


def sealed(data: bytes, seals: int = 0x02 | 0x04 | 0x08) -> int:
    fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, 1033, seals)  # F_ADD_SEALS
    return fd


def file_request(data: bytes, *more: str) -> tuple[str, ...]:
    return "file", "to=nobody@localhost", "name=n", f"size={len(data)}", *more


def test_asked_again_it_is_known_by_what_it_is(mote: Mote, daemon: Daemon) -> None:
    """As after a mote run that died before it answered: the same file is there once, another one beside it."""
    data = os.urandom(30_000)
    fd, other_fd = sealed(data), sealed(data[:-1] + b"\0" if data[-1] else data[:-1] + b"\1")
    first = request(mote, *file_request(data), fds=(fd,))
    ticket = int(first[1].removeprefix("ticket="))
    assert request(mote, *file_request(data, f"since={ticket}"), fds=(fd,)) == first
    assert request(mote, *file_request(data, f"since={ticket}"), fds=(other_fd,)) == ["ok", f"ticket={ticket + 1}"]
    assert request(mote, *file_request(data, f"since={ticket + 1}"), fds=(fd,)) == ["ok", f"ticket={ticket + 2}"]
    assert len(waiting(mote)) == 3
    for fd in (fd, other_fd):
        os.close(fd)


# --- descriptors ----------------------------------------------------------------------------------------------------

def open_files(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.now.process.pid}/fd"))


def test_what_is_no_sealed_memory_file_is_refused(mote: Mote, daemon: Daemon) -> None:
    """Nothing that may be changed, or waited for, is ever read."""
    daemon.now.wait_online()
    path = make_file(mote.home, 4)
    pipe_out, pipe_in = os.pipe()
    ours, theirs = socket.socketpair()
    wrong = [os.open(path, os.O_RDONLY), os.open(mote.home, os.O_RDONLY), os.open("/dev/zero", os.O_RDONLY),
             os.open(path, os.O_PATH), pipe_out, pipe_in, ours.fileno(), theirs.fileno(), sealed(b"four", 0x02),
             sealed(b"three"), sealed(b"")]
    before = open_files(daemon)
    for fd in wrong:
        assert request(mote, *file_request(b"four"), fds=(fd,))[0] == "error"
    assert request(mote, *file_request(b"four"))[0] == "error"
    good = sealed(b"four")
    assert request(mote, *file_request(b"four"), fds=(good, good))[0] == "error"
    assert request(mote, "file", "to=x@localhost", "name=", "size=4", fds=(good,))[0] == "error"
    assert request(mote, "file", "to=x@@", "name=n", "size=4", fds=(good,))[0] == "error"
    assert request(mote, "file", "to=x@localhost", "name=n", "size=-4", fds=(good,))[0] == "error"
    assert waiting(mote) == []
    assert request(mote, *file_request(b"four"), fds=(good,))[0] == "ok"
    until(lambda: open_files(daemon) == before, 10, "closing all of them")


def test_descriptors_beside_other_requests_are_closed(mote: Mote, daemon: Daemon) -> None:
    daemon.now.wait_online()
    before = open_files(daemon)
    fds = [sealed(b"four") for _ in range(40)]
    for number in range(40):
        for words in (("list",), ("retry",), ("nonsense",), ("message", "to=bob@localhost", "id=i", "body=b"), ("drop",)):
            request(mote, *words, fds=tuple(fds[:number]))
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(str(mote.home / "mote.sock"))
            socket.send_fds(s, [b"x" * (70_000 if number % 2 else 10)], fds[:number])  # no packet, and too large a one
    assert ask(mote, "retry")[0] == "ok"
    until(lambda: open_files(daemon) == before, 10, "closing all of them")
    for fd in fds:
        os.close(fd)


# --- what is wrong --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("running", (True, False), ids=("daemon", "store"))
def test_too_large(mote: Mote, bob: Account, running: bool) -> None:
    """The figure that it tells is the one that holds."""
    with Daemon(mote) if running else contextlib.nullcontext():
        if running:
            until((mote.home / "mote.sock").exists)
        for size in (TOO_LARGE, 3_000_000):
            done = mote.run("put", "--queue", str(make_file(mote.home, size)), bob.jid, code=USAGE)
            assert str(size) in done.complaint and "at most" in done.complaint, done
        most = int(done.complaint.split("at most ")[1].split()[0])
        assert 60_000 < most < TOO_LARGE
        mote.run("put", "--queue", str(make_file(mote.home, most + 1)), bob.jid, code=USAGE)
        assert waiting(mote) == []
        mote.run("put", "--queue", str(make_file(mote.home, most)), bob.jid)
        assert waiting(mote)[0]["size"] == most


def test_what_is_no_file(mote: Mote, bob: Account) -> None:
    os.mkfifo(mote.home / "pipe")
    (mote.home / "folder").mkdir()
    for path in ("pipe", "folder", "missing", "/dev/null"):
        assert path in mote.run("put", "--queue", path, bob.jid, code=LOCAL).complaint


@pytest.mark.parametrize("arguments", (
    ("--expire", "1h"), ("--queue", "--raw"), ("--queue", "--timeout", "5"), ("--queue", "--latest"),
    ("--queue", "--name", "x" * 256), ("--queue", "--name", ""), ("--queue", "--password-stdin")))
def test_usage(mote: Mote, bob: Account, arguments: tuple[str, ...]) -> None:
    path = make_file(mote.home, 10)
    mote.run("put", *arguments, str(path), bob.jid, code=USAGE)
    mote.run("put", "--queue", str(path), "nobody@@", code=USAGE)
    mote.run("put", "--queue", str(path), code=USAGE)
    assert waiting(mote) == []


def test_a_full_store_says_so(mote: Mote, bob: Account) -> None:
    path = make_file(mote.home, 60_000)
    for _ in range(100):
        done = mote.run("put", "--queue", str(path), bob.jid, code=None)
        if done.code != DONE:
            break
    assert done.code == LOCAL and "full" in done.complaint and "queue" in done.stderr
    assert len(waiting(mote)) > 20
