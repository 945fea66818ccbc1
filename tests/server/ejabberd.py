"""A real ejabberd on loopback, private to whoever starts it, with what the tests use of class Prosody: the other server that
many run, written in another language by other people.

Accounts are made by its HTTP interface, so those that are asked for before it runs are made when it does.
"""
import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from certs import Certs
from patience import PATIENCE_S
from prosody import Account, die_with_parent, end_process, free_ports

CONFIG = """\
hosts: [localhost]
loglevel: 4
{top}certfiles: ["{dir}/server.pem"]
ca_file: "{ca}"
auth_method: internal
auth_password_format: scram
auth_scram_hash: sha256
listen:
  - {{port: {starttls}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: true, starttls_required: true, max_stanza_size: 2097152}}
  - {{port: {direct}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true, max_stanza_size: 2097152}}
  - {{port: {http}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {{/api: mod_http_api}}}}
{listen}api_permissions:
  tests: {{who: all, what: [register, add_rosteritem, status]}}
access_rules:
  all_of_it: {{allow: all}}
shaper_rules:
  any_number: infinity
modules:
  mod_admin_extra: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_mam: {{default: always}}
  mod_offline: {{access_max_user_messages: any_number}}
  mod_ping: {{}}
  mod_pubsub: {{plugins: [flat, pep], access_createnode: all_of_it, max_items_node: 10000}}
  mod_roster: {{}}
  mod_stream_mgmt: {{resume_timeout: {hibernation}}}
  mod_time: {{}}
  mod_version: {{}}
{modules}"""


class Ejabberd:
    def __init__(self, directory: Path, certs: Certs, hibernation: int = 2, registers: str = ""):
        self.dir, self.ca, self.cert, self.hibernation = directory, certs.ca, certs.server(), hibernation
        self.process: subprocess.Popen | None = None
        (directory / "spool").mkdir(parents=True, exist_ok=True)
        self.direct, self.starttls, self.http = free_ports(3)
        self.listen, self.modules, self.https = "", "", 0  # more of the configuration; where files are
        # How often somebody may make an account; "": nobody may.
        self.top = f"registration_timeout: {registers}\n" if registers else ""
        self.modules += "  mod_register: {access: all, ip_access: all_of_it}\n" if registers else ""
        self._pending: list[tuple[str, dict[str, str]]] = []

    def __enter__(self) -> "Ejabberd":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def port(self, tls: str) -> int:
        return {"direct": self.direct, "starttls": self.starttls}[tls]

    def start(self) -> "Ejabberd":
        """On the same ports each time, so that clients find it again."""
        (self.dir / "server.pem").write_text("".join(path.read_text() for path in self.cert))
        (self.dir / "ejabberd.yml").write_text(CONFIG.format(dir=self.dir, ca=self.ca, direct=self.direct, http=self.http,
                                                             top=self.top, starttls=self.starttls, hibernation=self.hibernation,
                                                             listen=self.listen, modules=self.modules))
        env = os.environ | {"EJABBERD_CONFIG_PATH": str(self.dir / "ejabberd.yml"), "ERL_CRASH_DUMP_BYTES": "0",
                            "EJABBERD_LOG_PATH": str(self.dir / "ejabberd.log"), "HOME": str(self.dir),
                            "ERL_LIBS": ":".join(map(str, Path("/usr/lib").glob("*-linux-gnu")))}
        with open(self.dir / "stdout", "ab") as out:
            self.process = subprocess.Popen(["erl", "-noinput", "+S", "1:1", "+P", "20000", "-mnesia", "dir",
                                             f'"{self.dir}/spool"', "-s", "ejabberd"], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, preexec_fn=die_with_parent, cwd=self.dir, env=env)
        end = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"ejabberd does not start:\n{self.last_words()}")
            time.sleep(0.05)
        while self._pending:
            self._ask(*self._pending.pop(0))
        return self

    def serve_files(self, limit: int = 10 * 1024 * 1024) -> "Ejabberd":
        """Before it is started: have an upload service, for files of up to so many bytes."""
        (self.https,) = free_ports(1)
        self.listen += (f'  - {{port: {self.https}, ip: "127.0.0.1", module: ejabberd_http, tls: true, '
                        'request_handlers: {/upload: mod_http_upload}}\n')
        self.modules += (f'  mod_http_upload: {{max_size: {limit}, docroot: "{self.dir}/files", '
                         f'put_url: "https://localhost:{self.https}/upload", access: all_of_it}}\n')
        return self

    def stop(self) -> None:
        """In good order."""
        if self.process is not None:
            end_process(self.process, 20)
            self.process = None

    def archived(self, account: str, body: str) -> bool:
        """It is not looked into. So no test stops it while messages to somebody off line are on their way: it acknowledges them
        before it has stored them."""
        return False

    def last_words(self) -> str:
        logs = [self.dir / "stdout", self.dir / "ejabberd.log"]
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in logs if log.exists())

    def account(self, user: str, password: str = "") -> Account:
        password = password or secrets.token_urlsafe(9)
        self._soon("register", user=user, host="localhost", password=password)
        return Account(f"{user}@localhost", password)

    def befriend(self, *accounts: Account) -> None:
        for one in accounts:
            for other in accounts:
                if other != one:
                    self._soon("add_rosteritem", localuser=one.user, localhost="localhost", user=other.user,
                               host="localhost", nick=other.user, group="", subs="both")

    def _soon(self, command: str, **arguments: str) -> None:
        if self.process is None:
            self._pending.append((command, arguments))
        else:
            self._ask(command, arguments)

    def _ask(self, command: str, arguments: dict[str, str]) -> None:
        try:
            self._post(command, arguments)
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
            # Since 24.02 the arguments of some commands are others, unless the first version of the interface is asked for,
            # which 23.01 does not know by its name.
            self._post(f"{command}/v0", arguments)

    def _post(self, command: str, arguments: dict[str, str]) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/api/{command}", json.dumps(arguments).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            answer.read()

    def _answers(self) -> bool:
        try:
            self._ask("status", {})
        except OSError:
            return False
        return True
