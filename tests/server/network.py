"""A network of the tests' own: two Linux network namespaces and a cable between them, for what loopback cannot show.

`mote` runs on one end, in a namespace that knows nothing but this cable; on the other end are addresses, ports, a DNS
server and proxies of this process, whose sockets are made inside that namespace. Everything is gone with the test.
"""
import base64
import ctypes
import itertools
import os
import re
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

from command import DONE, Mote, Result
from dns_wire import Zone, a, aaaa, answer, question, srv
from prosody import Account, Prosody

from patience import PATIENCE_S, busy

CLIENT, SERVER, SPARE, DNS = "10.9.0.2", "10.9.0.1", "10.9.0.3", "10.9.0.53"
NOBODY = "10.9.0.66"                       # its cable end is there, and swallows everything
SERVER6, NOBODY6 = "2001:db8:9::1", "2001:db8:9::66"
FAR = "192.0.2.7"                          # behind a router that says that there is no way
HOST = "xmpp.wide.test"                    # of the server, by the DNS
SOON = 10                                  # seconds within which whatever is wrong has to be named
CLONE_NEWNET = 0x40000000

numbers = itertools.count(1)


def ip(*arguments: str, check: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
    if check and done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Network:
    def __init__(self, directory: Path):
        self.dir = directory
        number = f"{os.getpid()}-{next(numbers)}"
        self.inside, self.outside = f"mote-in-{number}", f"mote-out-{number}"
        self._closing: list[socket.socket] = []
        self.dns: Dns | None = None
        self.resolv = directory / "resolv.conf"
        self.resolv.write_text(f"nameserver {DNS}\n")

    def __enter__(self) -> "Network":
        try:
            ip("netns", "add", self.inside)
            ip("netns", "add", self.outside)
            ip("-n", self.inside, "link", "add", "cable", "type", "veth", "peer", "name", "cable",
               "netns", self.outside)
            ip("netns", "exec", self.outside, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
            for name in (self.inside, self.outside):
                ip("-n", name, "link", "set", "lo", "up")
            for address in (SERVER, SPARE, DNS):
                ip("-n", self.outside, "addr", "add", f"{address}/24", "dev", "cable")
            ip("-n", self.inside, "addr", "add", f"{CLIENT}/24", "dev", "cable")
            ip("-n", self.outside, "-6", "addr", "add", f"{SERVER6}/64", "dev", "cable", "nodad")
            ip("-n", self.inside, "-6", "addr", "add", "2001:db8:9::2/64", "dev", "cable", "nodad")
            for name in (self.outside, self.inside):
                ip("-n", name, "link", "set", "cable", "up")
            ip("-n", self.inside, "route", "add", "default", "via", SERVER)
            ip("-n", self.outside, "route", "add", "unreachable", "192.0.2.0/24")
            for address in (NOBODY, NOBODY6):  # a known neighbour: nobody asks whether it is there
                ip("-n", self.inside, "neigh", "add", address, "lladdr", "02:00:00:00:00:66", "dev", "cable",
                   "nud", "permanent")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for s in self._closing:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        for name in (self.inside, self.outside):
            ip("netns", "del", name, check=False)

    # --- the network's faults ---------------------------------------------------------------------------------------

    def drop(self, *ports: int) -> None:
        """Packets to these TCP ports vanish, as behind a firewall."""
        ip("-n", self.outside, "rule", "add", "pref", "10", "lookup", "local")
        for port in ports:
            ip("-n", self.outside, "rule", "add", "pref", "5", "ipproto", "tcp", "dport", str(port), "blackhole")
        ip("-n", self.outside, "rule", "del", "pref", "0")

    def silence_dns(self) -> None:
        self.resolv.write_text(f"nameserver {NOBODY}\n")

    def unplug(self) -> None:
        ip("-n", self.inside, "link", "set", "cable", "down")

    def plug(self) -> None:
        ip("-n", self.inside, "link", "set", "cable", "up")
        ip("-n", self.inside, "route", "replace", "default", "via", SERVER)

    # --- who is on the other end ------------------------------------------------------------------------------------

    def make_socket(self, make: Callable[[], socket.socket]) -> socket.socket:
        """Call it in a thread that lives in the outer namespace: the socket stays there."""
        result: list[Any] = []

        def run() -> None:
            with open(f"/run/netns/{self.outside}") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    result.append(OSError(ctypes.get_errno(), "setns"))
                    return
            try:
                result.append(make())
            except OSError as error:
                result.append(error)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if isinstance(result[0], OSError):
            raise result[0]
        self._closing.append(result[0])
        return result[0]

    def listen(self, address: str, port: int, serve: Callable[[socket.socket], None]) -> None:
        """Each connection in a thread of its own."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self.make_socket(lambda: socket.create_server((address, port), family=family, backlog=32))

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=quietly, args=(serve, connection), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()

    def forward(self, address: str, port: int, to: int) -> "Forward":
        """To a port of this machine's loopback, where the real server is."""
        forward = Forward(to)
        self.listen(address, port, forward.serve)
        return forward

    def name(self) -> "Dns":
        """Start the DNS server."""
        self.dns = Dns(self.make_socket(lambda: udp(DNS, 53)))
        return self.dns

    def mote(self, home: Path, account: Account, server: Prosody) -> "NetworkMote":
        """Set up with the password in a file, since a way to a server is what the tests are about."""
        home.mkdir()
        (home / "password").write_text(account.password)
        (home / "password").chmod(0o600)
        mote = NetworkMote(home, account, "", 0, server.ca, "direct")
        mote.network = self
        mote.config.write_text(f"jid = {account.jid}\nca = {server.ca}\npassword-file = {home}/password\n")
        mote.config.chmod(0o600)
        return mote


class NetworkMote(Mote):
    network: Network

    def command(self, *arguments: str) -> list[str]:
        script = f"mount --bind {self.network.resolv} /etc/resolv.conf && exec \"$@\""
        return ["ip", "netns", "exec", self.network.inside, "sh", "-c", script, "sh", *super().command(*arguments)]


def quietly(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        serve(connection)
    except OSError:
        pass
    finally:
        connection.close()


def udp(address: str, port: int) -> socket.socket:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))
    return s


class Forward:
    """Bytes both ways, until told to fall silent without closing anything."""

    def __init__(self, to: int):
        self.to, self.connections, self.silent = to, 0, False

    def serve(self, client: socket.socket, first: bytes = b"") -> None:
        self.connections += 1
        with socket.create_connection(("127.0.0.1", self.to)) as server:
            server.sendall(first)
            back = threading.Thread(target=quietly, args=(lambda s: self._pump(s, client), server), daemon=True)
            back.start()
            self._pump(client, server)
            back.join(5)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        while got := source.recv(65536):
            if self.silent:
                time.sleep(60)  # longer than any test looks at it
                return
            sink.sendall(got)
        sink.shutdown(socket.SHUT_WR)


class Dns:
    """SRV, A and AAAA of what is in `zone`; all else does not exist."""

    def __init__(self, s: socket.socket):
        self.zone: Zone = {}
        self.asked: list[tuple[str, int]] = []
        self.ignore: set[int] = set()  # types that get no answer
        threading.Thread(target=self._run, args=(s,), daemon=True).start()

    def host(self, name: str, *addresses: str) -> None:
        self.zone.setdefault(name, []).extend(aaaa(address) if ":" in address else a(address) for address in addresses)

    def srv(self, domain: str, target: str, port: int, priority: int = 0, weight: int = 1, direct: bool = False) -> None:
        name = f"_xmpp{'s' if direct else ''}-client._tcp.{domain}"
        self.zone.setdefault(name, []).append(srv(target, port, priority, weight))

    def _run(self, s: socket.socket) -> None:
        while True:
            try:
                query, peer = s.recvfrom(1500)
                name, kind, _ = question(query)
                self.asked.append((name, kind))
                if kind not in self.ignore:
                    s.sendto(answer(query, self.zone), peer)
            except (struct.error, IndexError, UnicodeDecodeError):
                continue
            except OSError:
                return


class Proxy:
    """An HTTP proxy that knows CONNECT only. `answer`, if set, is all that it says."""

    def __init__(self, network: Network, routes: dict[str, int], login: str | None = None, port: int = 3128,
                 answer: bytes | None = None, pace: float = 0, address: str = SERVER):
        self.routes, self.login, self.answer, self.pace = routes, login, answer, pace
        self.requests: list[str] = []
        self.heads: list[bytes] = []
        network.listen(address, port, self._serve)

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            got = client.recv(4096)
            if not got:
                return
            head += got
        self.heads.append(head)
        target = re.match(rb"CONNECT (\S+) HTTP/1\.1\r\n", head)[1].decode()
        self.requests.append(target)
        if self.answer is not None:
            for i in range(0, len(self.answer), 1 if self.pace else len(self.answer) or 1):
                client.sendall(self.answer[i:i + (1 if self.pace else len(self.answer))])
                time.sleep(self.pace)
            client.recv(4096)
            return
        if self.login is not None:
            given = re.search(rb"\r\nProxy-Authorization: Basic (\S+)\r\n", head)
            if given is None or base64.b64decode(given[1]).decode() != self.login:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
        if target not in self.routes:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: tests\r\n\r\n")
        Forward(self.routes[target]).serve(client)


class Why:
    """`mote status --why --json`, and how long it took."""

    def __init__(self, mote: Mote, *arguments: str, code: int | None = DONE):
        began = time.monotonic()
        self.result: Result = mote.run("status", "--why", "--json", *arguments, code=code)
        self.seconds = time.monotonic() - began
        self.steps: list[dict[str, Any]] = [row for row in self.result.json if row.get("event") == "step"]
        self.blame = next(row["blame"] for row in self.result.json if row.get("event") == "verdict")

    @property
    def last(self) -> dict[str, Any]:
        return self.steps[-1]

    @property
    def why(self) -> str:
        return next(row["why"] for row in self.result.json if row.get("event") == "error")

    def named(self, blame: str, *words: str) -> None:
        assert self.blame == blame, self.result
        assert all(word in self.why for word in words), self.result
        assert self.seconds < SOON * busy(), self.seconds
        assert self.result.complaint and "hint" in self.result.stderr
