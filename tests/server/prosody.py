#!/usr/bin/env python3
"""A real Prosody on loopback, private to whoever starts it: own authority, data in a folder of its own, free ports.

    prosody.py run DIR USER...    until it is told to end; DIR/env then says where it listens

Accounts are written as the files that Prosody reads, which takes milliseconds and may be done while it runs.
"""
import ctypes
import hashlib
import hmac
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from certs import Certs

COMPONENT_SECRET = "component secret"

# Components: pubsub makes no node unasked, auto does; who writes on pubsub is an admin there, as owners are elsewhere.
CONFIG = """\
run_as_root = true
daemonize = false
pidfile = "{dir}/prosody.pid"
data_path = "{dir}/data"
certificates = "{dir}/data"
log = {{ {{ levels = {{ min = "{level}" }}, to = "file", filename = "{dir}/prosody.log" }} }}
interfaces = {{ "127.0.0.1" }}
component_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {starttls} }}
c2s_direct_tls_ports = {{ {direct} }}
component_ports = {{ {component} }}
s2s_ports = {{ }}
http_ports = {{ }}
c2s_require_encryption = true
component_stanza_size_limit = 16 * 1024 * 1024
c2s_stanza_size_limit = 2 * 1024 * 1024
ssl = {{ certificate = "{cert}", key = "{key}", protocol = "{protocol}"{tls} }}
c2s_direct_tls_ssl = {{ certificate = "{cert}", key = "{key}", protocol = "{protocol}"{tls} }}
{https}{extra}
authentication = "internal_hashed"
password_hash = "{hash}"
storage = "internal"
modules_enabled = {{
  "roster", "saslauth", "tls", "disco", "ping", "time", "version", "posix",
  "pep", "carbons", "mam", "smacks", "offline", "csi", "csi_simple", {modules}
}}
modules_disabled = {{ "s2s", {no_http}"limits" }}
smacks_hibernation_time = {hibernation}
pep_max_items = 10000

VirtualHost "wide.test"

VirtualHost "localhost"
  disco_items = {{ {{ "pubsub.localhost" }}, {{ "auto.localhost" }} }}

Component "pubsub.localhost" "pubsub"
  admins = {{ "writer@localhost" }}
  expose_publisher = true

Component "auto.localhost" "pubsub"
  admins = {{ "writer@localhost" }}
  autocreate_on_publish = true

Component "rooms.localhost" "muc"
  restrict_room_creation = false

Component "ext.localhost"
  component_secret = "{secret}"

{components}
"""

# Another component, and what it needs of the server: files over HTTPS (XEP-0363).
UPLOADS = """\
Component "upload.localhost" "http_file_share"
  http_host = "localhost"
  http_file_share_size_limit = {limit}
"""


@dataclass(frozen=True)
class Account:
    jid: str
    password: str

    @property
    def user(self) -> str:
        return self.jid.split("@")[0]


def free_ports(count: int) -> list[int]:
    """Below those that Linux gives to connections (32768 on), of which one could take a port before the server does."""
    ports: set[int] = set()
    while len(ports) < count:
        port = 20000 + secrets.randbelow(12768)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                ports.add(port)
            except OSError:
                pass
    return list(ports)


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: nothing stays behind, whatever happens to us


class Certificates(Protocol):
    """What Certs has, and others may: an authority, and a certificate of the server with its key."""
    ca: Path

    def server(self) -> tuple[Path, Path]: ...


def end_process(process: subprocess.Popen, patience_s: float) -> None:
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Prosody:
    """with Prosody(directory, certs) as server: it runs."""

    def __init__(self, directory: Path, certs: Certificates, protocol: str = "tlsv1_2+", level: str = "info",
                 hibernation: int = 2, password_hash: str = "SHA-256"):
        self.dir, self.certs, self.protocol, self.level = directory, certs, protocol, level
        self.hash = password_hash  # and so the mechanism: SCRAM-SHA-256 or SCRAM-SHA-1
        self.ca, self.cert, self.hibernation = certs.ca, certs.server(), hibernation
        self.process: subprocess.Popen | None = None
        self.program, self.environment = ["prosody"], dict(os.environ)
        self.modules: list[str] = []  # beside those of CONFIG
        self.extra, self.tickets = "", False  # more lines of the configuration; session tickets of TLS
        self.components, self.https = "", 0  # more components; where files are, once serve_files was called
        (directory / "data").mkdir(parents=True, exist_ok=True)
        self.direct, self.starttls, self.component = free_ports(3)

    def __enter__(self) -> "Prosody":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def port(self, tls: str) -> int:
        return {"direct": self.direct, "starttls": self.starttls}[tls]

    def start(self) -> "Prosody":
        """On the same ports each time, so that clients find it again."""
        cert, key = self.cert
        config = self.dir / "prosody.cfg.lua"
        config.write_text(CONFIG.format(dir=self.dir, level=self.level, cert=cert, key=key, protocol=self.protocol,
                                        direct=self.direct, starttls=self.starttls, component=self.component,
                                        secret=COMPONENT_SECRET, hibernation=self.hibernation,
                                        hash=self.hash, https="" if self.https else "https_ports = { }\n",
                                        no_http="" if self.https else '"http", ', extra=self.extra, components=self.components,
                                        modules=" ".join(f'"{name}",' for name in self.modules),
                                        tls=", options = { no_ticket = false }" if self.tickets else ""))
        with open(self.dir / "stdout", "ab") as out:
            self.process = subprocess.Popen([*self.program, "--config", str(config), "-F"], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, preexec_fn=die_with_parent, cwd=self.dir,
                                            env=self.environment)
        end = time.monotonic() + 15
        for port in (self.direct, self.starttls, self.component):
            while not self._listens(port):
                if self.process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    raise RuntimeError(f"Prosody does not start:\n{self.last_words()}")
                time.sleep(0.02)
        return self

    def serve_files(self, limit: int = 10 * 1024 * 1024) -> "Prosody":
        """Before it is started: have an upload service, for files of up to so many bytes."""
        (self.https,) = free_ports(1)
        cert, key = self.cert
        self.extra += f'https_ports = {{ {self.https} }}; https_ssl = {{ certificate = "{cert}", key = "{key}" }}\n'
        self.components += UPLOADS.format(limit=limit)
        return self

    def stop(self) -> None:
        """In good order: connected clients see system-shutdown."""
        if self.process is not None:
            end_process(self.process, 10)
            self.process = None
            (self.dir / "prosody.pid").unlink(missing_ok=True)  # a stale one keeps the next from listening

    def kill(self) -> None:
        """As a crash does it: nobody is told, nothing is written any more."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            (self.dir / "prosody.pid").unlink(missing_ok=True)

    def forget_sessions(self) -> None:
        """While it is down: what it knows of sessions to be resumed is gone."""
        for host in (self.dir / "data").iterdir():
            shutil.rmtree(host / "smacks_h", ignore_errors=True)

    def archived(self, account: str, body: str) -> bool:
        """A message with this body is in the account's archive: the server had it in its hands."""
        user, host = account.split("@")
        path = self.dir / "data" / host / "archive" / f"{user}.list"
        return path.exists() and f'"{body}"' in path.read_text(errors="replace")

    def last_words(self) -> str:
        logs = [self.dir / "stdout", self.dir / "prosody.log"]
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in logs if log.exists())

    def account(self, user: str, password: str = "", host: str = "localhost") -> Account:
        password = password or secrets.token_urlsafe(9)
        salt, iterations, algorithm = secrets.token_hex(16), 10000, self.hash.replace("-", "").lower()
        salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), salt.encode(), iterations)
        client_key = hmac.digest(salted, b"Client Key", algorithm)
        self._store("accounts", user, f'iteration_count = {iterations}; salt = "{salt}"; '
                    f'stored_key = "{hashlib.new(algorithm, client_key).hexdigest()}"; '
                    f'server_key = "{hmac.digest(salted, b"Server Key", algorithm).hex()}";', host)
        return Account(f"{user}@{host}", password)

    def befriend(self, *accounts: Account) -> None:
        """Subscribe all to each other's presence. Before they log in: a session keeps the roster it began with."""
        for one in accounts:
            rows = (f'["{other.jid}"] = {{ subscription = "both"; groups = {{}} }};'
                    for other in accounts if other != one)
            self._store("roster", one.user, "[false] = { version = 1; }; " + " ".join(rows))

    def _store(self, kind: str, user: str, lua: str, host: str = "localhost") -> None:
        """Prosody writes all of a name but letters and digits as %xx."""
        user, host = ("".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02x}" for b in name.encode())
                      for name in (user, host))
        path = self.dir / "data" / host / kind / f"{user}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"return {{ {lua} }};\n")

    def _listens(self, port: int) -> bool:
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0


def run(directory: Path, users: list[str]) -> None:
    server = Prosody(directory, Certs(directory / "certs")).serve_files()
    accounts = [server.account(user) for user in users]
    server.befriend(*accounts)
    for caught in (signal.SIGTERM, signal.SIGINT):
        signal.signal(caught, lambda *_: sys.exit(0))
    with server:
        lines = [f"DIRECT={server.direct}", f"STARTTLS={server.starttls}", f"CA={shlex.quote(str(server.ca))}"]
        lines += [f"PASSWORD_{account.user.replace('-', '_')}={shlex.quote(account.password)}" for account in accounts]
        (directory / "env.new").write_text("\n".join(lines) + "\n")
        os.rename(directory / "env.new", directory / "env")
        server.process.wait()


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] != "run":
        sys.exit(__doc__)
    run(Path(sys.argv[2]).resolve(), sys.argv[3:])
