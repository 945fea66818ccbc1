"""How the bench runs things: clients, servers, counters."""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/server"))
import prosody  # noqa: E402
from certs import Certs  # noqa: E402
from prosody13 import Prosody13  # noqa: E402

OUT = ROOT / "build/linux"
BENCH = OUT / "tests/bench"
COUNTER = OUT / "tests/link/malloc_count.so"
PYTHON = "/usr/bin/python3"
CLIENTS = {name: [str(BENCH / "clients" / name)] for name in ("mote", "strophe", "gloox", "mqtt", "expat", "expat-own")}
CLIENTS["slixmpp"] = [PYTHON, str(ROOT / "tests/bench/clients/slix.py")]
XMPP = ("mote", "strophe", "gloox", "slixmpp")

# alice may publish on pubsub.localhost, which makes the node: the clients of the contract ask for nothing else.
prosody.CONFIG = prosody.CONFIG.replace(
    'Component "pubsub.localhost" "pubsub"\n  admins = {{ "writer@localhost" }}',
    'Component "pubsub.localhost" "pubsub"\n  admins = {{ "alice@localhost" }}\n  autocreate_on_publish = true')
assert "alice@localhost" in prosody.CONFIG


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def median(values: list[float]) -> float:
    return statistics.median(values)


class Failed(Exception):
    pass


def run(command: list[Any], env: dict[str, str] | None = None, timeout: float = 300, **more: Any) -> str:
    done = subprocess.run([str(part) for part in command], env=os.environ | (env or {}), capture_output=True, text=True,
                          timeout=timeout, **more)
    if done.returncode != 0:
        raise Failed(f"{command} ended with {done.returncode}: {done.stderr[-500:]}{done.stdout[-500:]}")
    return done.stdout


def object_in(text: str) -> dict[str, Any]:
    """The last line that is a JSON object."""
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])


def client(name: str, mode: str, port: int, tls: int, user: str, *more: Any) -> list[str]:
    return CLIENTS[name] + [mode, str(port), str(tls), user] + [str(part) for part in more]


class Usage:
    """A command from its start to its end: seconds, CPU seconds, the most KiB resident."""

    def __init__(self, command: list[Any], env: dict[str, str] | None = None, stdin: bytes = b"", timeout: float = 120):
        reader, writer = os.pipe()
        done = subprocess.run(["bash", "-c", f'exec 3>&{writer} "$0" "$@"', BENCH / "clients/usage",
                               *(str(part) for part in command)], env=os.environ | (env or {}), capture_output=True,
                              input=stdin, timeout=timeout, pass_fds=[writer], check=False)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        if done.returncode != 0:
            raise Failed(f"{command} ended with {done.returncode}: {done.stderr[-500:]!r}{done.stdout[-500:]!r}")
        found = json.loads(text)
        self.wall, self.cpu, self.rss = found["wall"], found["cpu"], found["rss_kib"]


@contextmanager
def started(command: list[Any], **more: Any) -> Iterator[tuple[subprocess.Popen, int]]:
    """A server that prints its port."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                               preexec_fn=prosody.die_with_parent, **more)
    try:
        assert process.stdout
        yield process, int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def standin(*options: Any) -> Any:
    return started([BENCH / "standin/standin", *options])


class Servers:
    """Certificates, and one Prosody with the users of the contract, started when it is first needed."""

    def __init__(self, directory: Path):
        self.dir, self.certs = directory, Certs(directory / "certs")
        self.tls = [str(part) for part in self.certs.server()]
        self.ca = str(self.certs.ca)
        os.environ["BENCH_CA"] = self.ca
        self._prosody: prosody.Prosody | None = None
        self._prosody13: Prosody13 | None = None

    @property
    def prosody(self) -> prosody.Prosody:
        if self._prosody is None:
            self._prosody = prosody.Prosody(self.dir / "prosody", self.certs)
            friends = [self._prosody.account(user, "secret") for user in ("alice", "bob")]
            self._prosody.befriend(*friends)
            self._prosody.start()
        return self._prosody

    @property
    def prosody13(self) -> Prosody13:
        """That of Debian trixie, with SASL2 and tokens."""
        if self._prosody13 is None:
            self._prosody13 = Prosody13(self.dir / "prosody13", self.certs)
            friends = [self._prosody13.account(user, "secret") for user in ("alice", "bob")]
            self._prosody13.befriend(*friends)
            self._prosody13.start()
        return self._prosody13

    def stop(self) -> None:
        for server in (self._prosody, self._prosody13):
            if server is not None:
                server.stop()


# --- counters -------------------------------------------------------------------------------------------------------

OPERATIONS = { # name: mode of the client, options of the stand-in for n, and whether n is counted in stanzas received
    "chat": ("recv", lambda n: ["--flood", "chat", n]),
    "event": ("recv", lambda n: ["--flood", "event", n]),
    "send": ("send", lambda n: ["--sink", n]),
    "publish": ("pub", lambda n: []),
}


def operation(name: str, kind: str, n: int, wrap: list[str], env: dict[str, str] | None = None) -> str:
    """Run it against a stand-in of its own, in clear; what the wrapper said on standard error."""
    mode, options = OPERATIONS[kind]
    with standin("--sasl", "PLAIN", *options(n)) as (_, port):
        command = wrap + client(name, mode, port, 0, "bob" if mode == "recv" else "alice", n, 8)
        done = subprocess.run(command, env=os.environ | (env or {}), capture_output=True, text=True, timeout=600)
    if done.returncode != 0 or '"n": %d' % n not in done.stdout:
        raise Failed(f"{name} {kind} {n}: {done.returncode} {done.stdout} {done.stderr[-500:]}")
    return done.stderr


def instructions(name: str, kind: str, n: int) -> int:
    text = operation(name, kind, n, ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"])
    found = re.search(r"Collected : (\d+)", text)
    if found is None:
        raise Failed(f"no count of {name} {kind}")
    return int(found[1])


def heap_calls(name: str, kind: str, n: int) -> int:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "calls"
        counter = shutil.copy(COUNTER, directory)  # LD_PRELOAD is split at blanks, which the path of a clone may have
        operation(name, kind, n, [], {"LD_PRELOAD": counter, "MALLOC_COUNT": str(file), "MALLOC_COUNT_WHOLE": "1",
                                      "PYTHONMALLOC": "malloc"})
        words = file.read_text().split()
    return sum(int(words[words.index(kind) + 1]) for kind in ("malloc", "calloc", "realloc"))


def writes(name: str, n: int) -> int:
    """System calls that write to a socket, for n messages sent."""
    with tempfile.NamedTemporaryFile("r") as trace:
        operation(name, "send", n, ["strace", "-f", "-qq", "-e", "trace=write,writev,sendto,sendmsg", "-e", "signal=none",
                                    "-o", trace.name])
        return sum(1 for _ in trace)


def by_difference(count: Callable[[str, str, int], int], name: str, kind: str, short: int, long: int) -> float:
    return (count(name, kind, long) - count(name, kind, short)) / (long - short)


def in_parallel(jobs: list[Callable[[], Any]]) -> list[Any]:
    """For what does not depend on time: as many as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


def end(process: subprocess.Popen, number: int = signal.SIGTERM) -> float:
    """End it; its CPU seconds."""
    process.send_signal(number)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime
