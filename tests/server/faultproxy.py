"""A link that breaks: a TCP proxy on loopback, which ends a connection after a number of bytes, in one of three ways.

    with FaultProxy(server.direct) as proxy:
        proxy.plan(Cut("to server", 1234, "rst"))     # for the next connection; others pass

    with FaultProxy(server.direct, random_cuts(rng)) as proxy:   # for each connection from the first one on

fin: both sides see an orderly end. rst: both sides see a reset. stall: nothing moves any more, and nobody is told, until
`release` or the end.
"""
import collections
import select
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Iterator

DIRECTIONS = ("to server", "to client")
HOWS = ("fin", "rst", "stall")


@dataclass(frozen=True)
class Cut:
    direction: str
    after: int  # bytes in that direction are let through
    how: str


class Link:
    """One connection through the proxy, in a thread of its own."""

    def __init__(self, client: socket.socket, upstream: int, cut: Cut | None):
        self.cut, self.client = cut, client
        self.was_cut, self._end = threading.Event(), threading.Event()
        self.passed = dict.fromkeys(DIRECTIONS, 0)
        try:
            self.server = socket.create_connection(("127.0.0.1", upstream))
        except OSError:  # the server is down, and says so to the client
            client.close()
            return
        for side in (client, self.server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._run, daemon=True).start()

    def end(self) -> None:
        """In good order, soon."""
        self._end.set()

    def _run(self) -> None:
        ways = {self.client: (self.server, "to server"), self.server: (self.client, "to client")}
        try:
            while not self._end.is_set() and not self.was_cut.is_set():
                for source in select.select(list(ways), [], [], 0.05)[0]:
                    if not self._pass(source, *ways[source]):
                        self._end.set()
                        break
        except OSError:
            pass
        if self.was_cut.is_set() and self.cut.how == "stall":
            self._end.wait()
        for side in ways:
            if self.was_cut.is_set() and self.cut.how == "rst":
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            side.close()

    def _pass(self, source: socket.socket, target: socket.socket, direction: str) -> bool:
        """False: the connection is over."""
        data = source.recv(65536)
        mine = self.cut is not None and self.cut.direction == direction
        if mine:
            data = data[:self.cut.after - self.passed[direction]]
        target.sendall(data)
        self.passed[direction] += len(data)
        if mine and self.passed[direction] >= self.cut.after:
            self.was_cut.set()
        return bool(data) and not self.was_cut.is_set()


class FaultProxy:
    def __init__(self, upstream: int, forever: Iterator[Cut | None] | None = None):
        """`forever`: the plans of all connections for which nothing else is planned. It is there before the first one can be."""
        self.upstream, self._forever = upstream, forever
        self.links: list[Link] = []
        self._plans: collections.deque[Cut | None] = collections.deque()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]

    def plan(self, *cuts: Cut | None) -> None:
        self._plans.extend(cuts)

    def calm(self) -> None:
        """From now on all passes."""
        self._forever = None
        self._plans.clear()

    def cuts(self) -> int:
        return sum(link.was_cut.is_set() for link in self.links)

    def release(self) -> None:
        """End what stalls."""
        for link in self.links:
            if link.was_cut.is_set():
                link.end()

    def __enter__(self) -> "FaultProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self.links:
            link.end()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            cut = self._plans.popleft() if self._plans else next(self._forever, None) if self._forever else None
            self.links.append(Link(client, self.upstream, cut))
