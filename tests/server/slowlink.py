"""A link that is slow and far away: a TCP proxy on loopback with a delay each way and so many bytes a second in each
direction, as a radio modem or a satellite has them. What does not get through yet waits in the buffers of the kernel, as it
does in those of real modems. `weather`: nothing moves for the second number of seconds after each that are the first.

    with SlowLink(server.direct, delay_s=1.0, rate=1200) as link:
        mote.run("send", "--port", str(link.port), ...)
"""
import socket
import threading
import time

PIECE_S = 0.05  # how much of a second goes over at once


class SlowLink:
    def __init__(self, upstream: int, delay_s: float, rate: int, weather: tuple[float, float] = (1, 0)):
        self.upstream, self.delay_s, self.rate, self.weather = upstream, delay_s, rate, weather
        self._began = time.monotonic()
        self.connections = 0
        self._sockets: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # of those that come in, too
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "SlowLink":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for side in [self._listener, *self._sockets]:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            side.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                return
            self.connections += 1
            self._sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _storm_s(self) -> float:
        """Until something gets through again."""
        good, bad = self.weather
        into = (time.monotonic() - self._began) % (good + bad)
        return max(0.0, good + bad - into) if into > good else 0.0

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """Pieces leave `rate` bytes a second, and arrive `delay_s` later."""
        arriving: list[tuple[float, bytes]] = []
        changed = threading.Condition()

        def arrive() -> None:
            while True:
                with changed:
                    changed.wait_for(lambda: arriving)
                    due, piece = arriving.pop(0)
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    target.sendall(piece) if piece else target.shutdown(socket.SHUT_WR)
                except OSError:
                    return
                if not piece:
                    return
        threading.Thread(target=arrive, daemon=True).start()
        piece = b"-"
        while piece:
            try:
                piece = source.recv(max(1, int(self.rate * PIECE_S)))
            except OSError:
                piece = b""
            time.sleep(len(piece) / self.rate + self._storm_s())
            with changed:
                arriving.append((time.monotonic() + self.delay_s, piece))
                changed.notify_all()
