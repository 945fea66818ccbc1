"""Row L2: the socket of mote run, from this machine: whoever may not ask is not heard, and nothing that comes there
costs more than its turn."""
import array
import os
import resource
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from command import DONE, Mote
from daemon import Daemon, ask, until, waiting
from marks import root_only
from test_queue_files import sealed

PACKET = 64 * 1024


def connected(mote: Mote) -> socket.socket:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(30)
    s.connect(str(mote.home / "mote.sock"))
    return s


def open_files(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.now.process.pid}/fd"))


def answered(mote: Mote) -> bool:
    try:
        return ask(mote, "retry")[0] == "ok"
    except BlockingIOError:  # the line is full
        return False


class Unmoved:
    """with Unmoved(mote, daemon): afterwards it answers, nothing was queued or is left open, and it was not busy."""

    def __init__(self, mote: Mote, daemon: Daemon, seconds: float = 3):
        self.mote, self.daemon, self.seconds = mote, daemon, seconds

    def __enter__(self) -> None:
        self.daemon.now.wait_online()
        self.files = open_files(self.daemon)  # nobody has asked yet
        assert ask(self.mote, "retry")[0] == "ok"
        until(lambda: open_files(self.daemon) == self.files, name="the end of that client")
        self.used = self.daemon.now.seconds()
        self.data = self.daemon.now.memory("VmData")

    def __exit__(self, failure: type | None, *_: object) -> None:
        if failure is not None:
            return
        until(lambda: answered(self.mote), name="an answer")
        until(lambda: open_files(self.daemon) <= self.files, 15, "closing what was passed")
        assert self.daemon.now.seconds() - self.used < self.seconds
        assert self.daemon.now.memory("VmData") == self.data
        assert waiting(self.mote) == []
        self.daemon.stop()


# --- other users ----------------------------------------------------------------------------------------------------

@root_only
@pytest.mark.parametrize("uid", (65534, 1))
def test_L2_other_users_are_not_heard(mote: Mote, daemon: Daemon, uid: int) -> None:
    """Even where the mode of the file would let them, and however often they try."""
    for path in (mote.home / "mote.sock", mote.home, *list(mote.home.parents)[:3]):
        path.chmod(0o777)
    script = """if True:
        import os, socket, sys
        os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
        for _ in range(100):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.settimeout(20)
            s.connect(sys.argv[1])
            try:
                s.send(b"message\\0to=bob@localhost\\0id=i\\0body=smuggled\\0")
                assert s.recv(65536) == b"", "it was greeted"
            except (ConnectionResetError, BrokenPipeError):
                pass
        print("refused")"""
    with Unmoved(mote, daemon):
        done = subprocess.run(["/usr/bin/python3", "-c", script, str(mote.home / "mote.sock"), str(uid)],
                              capture_output=True, text=True, timeout=120)
        assert done.stdout == "refused\n", done


# --- packets of every length ----------------------------------------------------------------------------------------

LENGTHS = [0, 1, 2, 3, 255, 256, 4095, 4096, PACKET - 1, PACKET, PACKET + 1, 2 * PACKET, 200_000]


@pytest.mark.parametrize("byte", (b"\0", b"x", b"=", b"\xff"), ids=("NUL", "x", "equals", "ff"))
def test_L2_packets_of_every_length(mote: Mote, daemon: Daemon, byte: bytes) -> None:
    with Unmoved(mote, daemon):
        for length in LENGTHS + list(range(4, 40)):
            with connected(mote) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                assert s.recv(PACKET).startswith(b"mote\0")
                s.send(byte * length)
                answer = s.recv(PACKET)
                assert answer == b"" or answer.startswith(b"error\0"), (length, answer[:50])


@pytest.mark.parametrize("cut", range(0, 45, 4))
def test_L2_half_a_request(mote: Mote, daemon: Daemon, cut: int) -> None:
    """Sent in two packets, it is none."""
    words = b"message\0to=bob@localhost\0id=i\0body=half a request\0"
    with Unmoved(mote, daemon), connected(mote) as s:
        s.recv(PACKET)
        s.send(words[:cut])
        try:
            s.send(words[cut:])
            assert s.recv(PACKET)[:3] != b"ok\0"
        except (BrokenPipeError, ConnectionResetError):
            pass


# --- descriptors of every kind --------------------------------------------------------------------------------------

def kinds(folder: Path) -> dict[str, Callable[[], int]]:
    """Each opens one: what cannot be read, what never ends, what blocks, what changes, and what is one of ours."""
    path, fifo = folder / "passed", folder / "fifo"
    path.write_bytes(b"four")
    os.mkfifo(fifo)
    return {"a file": lambda: os.open(path, os.O_RDWR), "a folder": lambda: os.open(folder, os.O_RDONLY),
            "a path": lambda: os.open(path, os.O_PATH), "zeros": lambda: os.open("/dev/zero", os.O_RDONLY),
            "a fifo": lambda: os.open(fifo, os.O_RDWR), "a pipe": lambda: os.pipe()[0],
            "a socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).detach(),
            "an event": lambda: os.eventfd(0), "a process": lambda: os.pidfd_open(os.getpid()),
            "a terminal": lambda: os.openpty()[1],
            "an unsealed file": lambda: os.memfd_create("x", os.MFD_ALLOW_SEALING),
            "a half-sealed one": lambda: sealed(b"four", 0x02), "a large one": lambda: sealed(b"x" * 1_000_000)}


def test_L2_descriptors_of_every_kind(mote: Mote, daemon: Daemon, tmp_path: Path) -> None:
    """Beside a request for a file, beside others, beside nonsense, and many at once: closed, and none is read."""
    with Unmoved(mote, daemon):
        for name, make in kinds(tmp_path).items():
            for words in (b"file\0to=bob@localhost\0name=n\0size=4\0", b"list\0", b"x"):
                fds = [make() for _ in range(3)]
                for passed in (fds[:1], fds * 60):
                    with connected(mote) as s:
                        s.recv(PACKET)
                        s.sendmsg([words], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", passed))])
                        answer = s.recv(PACKET)
                        assert answer[:6] == b"error\0" or (words == b"list\0" and answer[:3] == b"ok\0") or \
                            (words == b"x" and answer == b""), (name, words, answer[:80])
                for fd in fds:
                    os.close(fd)


# --- readers that do not read, and those that only come -------------------------------------------------------------

def test_L2_readers_that_do_not_read(mote: Mote, daemon: Daemon) -> None:
    """They ask for more than their sockets hold, and wait: others are answered, and their places are taken."""
    with Unmoved(mote, daemon):
        for _ in range(2):
            held = [connected(mote) for _ in range(20)]
            for s in held[:10]:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                s.send(b"list\0")
            assert ask(mote, "retry", timeout=40)[0] == "ok"
            for s in held:
                s.close()


def test_L2_a_crowd_that_comes_and_goes(mote: Mote, daemon: Daemon) -> None:
    with Unmoved(mote, daemon, seconds=5):
        for _ in range(1000):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.connect(str(mote.home / "mote.sock"))  # waits its turn: the line is of 32
            s.close()


def test_L2_no_descriptor_is_left_for_what_is_passed(mote: Mote, daemon: Daemon) -> None:
    """It is refused for that, and the daemon neither spins nor keeps the line."""
    with Unmoved(mote, daemon):
        pid, fd = daemon.now.process.pid, sealed(b"four")
        with connected(mote) as s:
            s.recv(PACKET)
            before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            taken = set(map(int, os.listdir(f"/proc/{pid}/fd")))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (next(n for n in range(1000) if n not in taken), before[1]))
            socket.send_fds(s, [b"file\0to=bob@localhost\0name=n\0size=4\0"], [fd])
            assert s.recv(PACKET).startswith(b"error\0")
        waiter = subprocess.Popen(mote.command("queue"), env=mote.env, stdout=subprocess.DEVNULL)
        began = daemon.now.seconds()
        time.sleep(1.5)
        assert daemon.now.seconds() - began < 0.5
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert waiter.wait(30) == DONE
        os.close(fd)
