"""The mote command, as people and scripts run it: one configured account, one call for one process."""
import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from patience import PATIENCE_S
from prosody import Account, die_with_parent

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("MOTE", ROOT / "build/linux/mote")).absolute()  # tests run it from folders of their own

DONE, REFUSED, USAGE, CONNECTION, TLS, LOGIN, TIMEOUT, LOCAL = range(8)

# A build with sanitizers ends with this code when one has something to report. Where local variables are looked at after their
# function has returned, which is gcc 14's default, memory grows for a while, which hides what the tests measure.
SANITIZED = 86
SANITIZERS = {name: f"exitcode={SANITIZED}" for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")}
SANITIZERS["ASAN_OPTIONS"] += ":detect_stack_use_after_return=0"

KEYS = {
    "message": ["event", "from", "to", "id", "type", "body", "time", "delayed", "encrypted"],
    "receipt": ["event", "from", "id"],
    "post": ["event", "service", "node", "id", "title", "content", "author", "published", "updated", "tags"],
    "file": ["event", "from", "to", "name", "size", "sha256", "path", "verified"],
    "upload": ["event", "to", "url", "name", "type", "size", "sha256"],
    "link": ["event", "from", "id", "url", "how", "name", "type", "desc", "size", "sha256", "width", "height"],
    "download": ["event", "url", "type", "size", "resumed", "sha256", "path", "verified"],
    "queued": ["event", "ticket", "kind", "to", "id", "node", "queued", "expiry", "size", "state", "maybe_twice"],
    **dict.fromkeys(("delivered", "undeliverable", "expired"),
                    ["event", "ticket", "kind", "id", "to", "maybe_twice", "why", "condition"]),
    "registered": ["event", "jid", "config", "keys", "made"],
    "password": ["event", "jid", "keys"],
    "unregistered": ["event", "jid"],
    "error": ["event", "what", "why", "hint"],
}


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), f"a key comes twice in {pairs}"
    return dict(pairs)


def parse_json(line: str) -> dict[str, Any]:
    """One object a line, and every key of its event is there."""
    found = json.loads(line, object_pairs_hook=once_each)
    for key in KEYS.get(found.get("event"), []):
        assert key in found, f"no {key} in {line}"
    return found


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [parse_json(line) for line in self.stdout.splitlines()]

    @property
    def complaint(self) -> str:
        """What it said on standard error: one sentence, at most one hint."""
        lines = self.stderr.strip().splitlines()
        assert 1 <= len(lines) <= 2 and all(line.startswith("mote: ") for line in lines), self.stderr
        assert len(lines) == 1 or lines[1].startswith("mote: hint: "), self.stderr
        return lines[0]


def check_end(code: int, stderr: str) -> None:
    """Not by a sanitizer's report."""
    assert code != SANITIZED and "Sanitizer" not in stderr and ": runtime error: " not in stderr, stderr


class Running:
    """A process that stays: its lines are gathered as they come."""

    def __init__(self, command: list[str], env: dict[str, str], cwd: Path, stdin: int = subprocess.DEVNULL):
        self.process = subprocess.Popen(command, env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1, preexec_fn=die_with_parent)
        self.out: list[str] = []
        self.err: list[str] = []
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for thread in self._threads:
            thread.join(5)
        check_end(self.process.returncode, "".join(self.err))
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def json(self) -> list[dict[str, Any]]:
        return [parse_json(line) for line in self.out]

    def wait_for(self, what: Callable[[], Any], timeout: float = PATIENCE_S, name: str = "it") -> Any:
        end = time.monotonic() + timeout
        with self._changed:
            while not (found := what()):
                left = end - time.monotonic()
                if left <= 0 or not any(thread.is_alive() for thread in self._threads):
                    raise TimeoutError(f"{name} did not come.\nstdout: {self.out[-20:]}\nstderr: {self.err[-20:]}")
                self._changed.wait(min(left, 0.5))
            return found

    def wait_online(self) -> "Running":
        """For what was started with -v."""
        self.wait_for(lambda: any("on line" in line for line in self.err), name="being on line")
        return self

    def wait_event(self, event: str = "message", /, timeout: float = PATIENCE_S, **fields: Any) -> dict[str, Any]:
        """The first object of that event with these values."""
        def find() -> dict[str, Any] | None:
            return next((found for found in self.json if found.get("event") == event
                         and all(found.get(key) == value for key, value in fields.items())), None)
        return self.wait_for(find, timeout, f"{event} {fields}")

    def wait_err(self, text: str, timeout: float = PATIENCE_S) -> str:
        return self.wait_for(lambda: next((line for line in self.err if text in line), None), timeout, repr(text))

    def stop(self, number: int = signal.SIGINT, timeout: float = PATIENCE_S) -> Result:
        self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = 2 * PATIENCE_S) -> Result:
        code = self.process.wait(timeout)
        for thread in self._threads:
            thread.join(5)
        check_end(code, "".join(self.err))
        return Result(code, "".join(self.out), "".join(self.err))

    def memory(self, key: str) -> int:
        """VmRSS, VmData, VmHWM... in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{key}:")))

    def seconds(self) -> float:
        """What it has used of the processor."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, pipe: Any, lines: list[str]) -> None:
        for line in pipe:
            with self._changed:
                lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


class Mote:
    """An account and its configuration file in a folder of its own."""

    def __init__(self, home: Path, account: Account, host: str, port: int, ca: Path | None, tls: str):
        home.mkdir(parents=True, exist_ok=True)
        self.home, self.account, self.jid = home, account, account.jid
        self.config = home / "mote.conf"
        self.where = ["--host", host, "--port", str(port), "--tls", tls] + (["--ca", str(ca)] if ca else [])
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"} | SANITIZERS

    def setup(self, password: str | None = None, code: int = DONE) -> "Mote":
        self.run("setup", self.jid, "--password-stdin", *self.where, input=password or self.account.password, code=code)
        return self

    def run(self, *arguments: str, input: str | bytes | None = None, code: int | None = DONE,
            timeout: float = 4 * PATIENCE_S) -> Result:
        """Run it to its end. `code` is the exit code it must have; None: any, but never death by a signal."""
        given = input.encode() if isinstance(input, str) else input
        done = subprocess.run(self.command(*arguments), input=given or b"", capture_output=True, env=self.env,
                              cwd=self.home, timeout=timeout)
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        check_end(result.code, result.stderr)
        assert done.returncode >= 0, f"{arguments} died by signal {-done.returncode}: {result}"
        assert code is None or result.code == code, f"{arguments}: not {code}: {result}"
        return result

    def start(self, *arguments: str, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL) -> Running:
        return Running(self.command(*arguments), self.env | (env or {}), self.home, stdin)

    def listen(self, *arguments: str, env: dict[str, str] | None = None) -> Running:
        """`mote listen --json`, on line."""
        return self.start("listen", "--json", "-v", *arguments, env=env).wait_online()

    def command(self, *arguments: str) -> list[str]:
        return [str(BINARY), "-c", str(self.config), *arguments]
