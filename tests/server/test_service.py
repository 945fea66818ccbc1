"""mote run under a service manager: what it tells systemd, and the unit."""
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import BINARY, ROOT, Mote
from daemon import Daemon, until
from peer import Peer
from prosody import Prosody

UNIT = ROOT / "boards/linux/mote@.service.in"


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """It keeps a session for longer than a busy machine takes to start a process."""
    with Prosody(tmp_path_factory.mktemp("prosody"), certs, hibernation=300) as prosody:
        yield prosody


class Manager:
    """The socket that systemd would have made."""

    def __init__(self, path: Path):
        self.path, self.lines, self.times = path, [], []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.env = {"NOTIFY_SOCKET": str(path)}

    def hear(self, seconds: float = 0) -> list[str]:
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.lines.append(self.socket.recv(4096).decode())
                self.times.append(time.monotonic())
            except TimeoutError:
                return self.lines

    def wait(self, line: str, timeout: float = 15) -> str:
        return until(lambda: next((said for said in self.hear() if re.fullmatch(line, said)), None), timeout, line)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.socket.close()


def test_ready_status_stopping(mote: Mote, manager: Manager) -> None:
    with Daemon(mote, env=manager.env) as daemon:
        manager.wait("READY=1")
        assert (mote.home / "mote.sock").exists()  # ready means that it takes what is queued
        manager.wait(r"STATUS=on line as \S+")
        daemon.stop()
        manager.wait("STOPPING=1")
    assert not any(line.startswith("WATCHDOG") for line in manager.lines)


def test_ready_without_a_server_and_it_says_why(mote: Mote, manager: Manager) -> None:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    with Daemon(mote, "--port", str(port), env=manager.env) as daemon:
        manager.wait("READY=1")
        manager.wait("STATUS=off line: .*[Rr]efused.*")
        mote.run("send", "--queue", "bob@localhost", "x")
        manager.wait("STATUS=off line: .*; 1 waiting to be sent")
        daemon.stop()


def test_the_watchdog_is_fed_in_time(mote: Mote, manager: Manager) -> None:
    env = manager.env | {"WATCHDOG_USEC": "600000"}
    with Daemon(mote, env=env) as daemon:
        manager.wait(r"STATUS=on line as \S+")
        manager.hear(2)
        beats = [at for line, at in zip(manager.lines, manager.times) if line == "WATCHDOG=1"]
        assert len(beats) >= 5 and all(0.2 < after - before < 0.6 for before, after in zip(beats[1:], beats[2:])), beats
        daemon.stop()


def test_a_watchdog_for_another_process_is_none_of_ours(mote: Mote, manager: Manager) -> None:
    with Daemon(mote, env=manager.env | {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}) as daemon:
        manager.wait(r"STATUS=on line as \S+")
        manager.hear(0.5)
        daemon.stop()
    assert "WATCHDOG=1" not in manager.lines


def test_an_abstract_socket(mote: Mote) -> None:
    name = f"mote-test-{mote.account.user}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, Daemon(mote) as other:
        other.kill()
        s.bind("\0" + name)
        s.settimeout(10)
        with Daemon(mote, env={"NOTIFY_SOCKET": "@" + name}):
            assert s.recv(100) == b"READY=1"


def test_sigterm_leaves_the_session_and_the_next_start_goes_on(mote: Mote, peer: Peer) -> None:
    """What comes while it is restarted is not sent back, nor lost."""
    with Daemon(mote) as daemon:
        full = peer.wait_online(mote.jid)
        daemon.stop(signal.SIGTERM)
        peer.send(full, "meanwhile")
        daemon.start()
        daemon.now.wait_event(body="meanwhile")
        daemon.now.wait_err("the session of before goes on")
        daemon.stop(signal.SIGINT)  # this one logs out
        peer.wait_for(lambda: peer.presences.get(full) == "unavailable", name="unavailable presence")


# --- the unit -------------------------------------------------------------------------------------------------------

@pytest.fixture
def unit(tmp_path: Path) -> Path:
    path = tmp_path / "mote@home.service"
    path.write_text(UNIT.read_text().replace("@BINDIR@", str(BINARY.parent)))
    return path


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there")


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "mote@" in line]
    assert ours == [] and done.returncode == 0, done


@needs_systemd
def test_the_unit_is_locked_down(unit: Path) -> None:
    """systemd's own score: 0 is best, 10 worst."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)], capture_output=True,
                          text=True)
    score = float(re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)[1])
    assert score <= 1.5, done.stdout


def test_install_puts_it_where_systemd_looks(tmp_path: Path) -> None:
    subprocess.run(["make", "-s", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"], cwd=ROOT, check=True,
                   capture_output=True)
    text = (tmp_path / "usr/lib/systemd/system/mote@.service").read_text()
    assert "/usr/bin/mote -c" in text and "@" not in text.replace("mote@", "").replace("@system-service", "").replace(
        "~@", "").replace("@resources", "")
