"""A web server over TLS that answers as a test tells it: real ones lie seldom."""
import re
import socket
import ssl
import threading
from pathlib import Path
from typing import Callable

from patience import PATIENCE_S


class Request:
    """One request. The script reads its body and answers it, byte by byte if it likes; then the connection is closed."""

    def __init__(self, sock: ssl.SSLSocket, head: str, rest: bytes):
        self.socket, self.head, self._rest = sock, head, rest
        self.method, self.path = head.split(" ", 2)[:2]
        self.headers = [tuple(line.split(": ", 1)) for line in head.split("\r\n")[1:]]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def first(self) -> int | None:
        """Where the range that it asks for begins."""
        found = re.fullmatch(r"bytes=(\d+)-\d*", self.header("Range") or "")
        return int(found[1]) if found else None

    def body(self, size: int | None = None) -> bytes:
        """All of it, or its first `size` bytes."""
        want = int(self.header("Content-Length") or 0) if size is None else size
        while len(self._rest) < want and (more := self.socket.recv(65536)):
            self._rest += more
        return self._rest[:want]

    def send(self, data: str | bytes) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def answer(self, status: str, body: bytes = b"", *headers: str, length: int | None = None) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


class Web:
    """with Web(certs.server(), script) as web: web.url("/x"); script(request) is called in a thread for each connection."""

    def __init__(self, cert: tuple[Path, Path], script: Callable[[Request], None]):
        self.script = script
        self.requests: list[Request] = []
        self.names: list[str | None] = []  # of SNI
        self.protocols: list[str | None] = []  # of ALPN
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*cert)
        self._context.set_alpn_protocols(["http/1.1"])
        self._context.sni_callback = lambda sock, name, context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "Web":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def url(self, path: str = "/", host: str = "localhost") -> str:
        return f"https://{host}:{self.port}{path}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.settimeout(2 * PATIENCE_S)
            with self._context.wrap_socket(sock, server_side=True) as tls:
                self.protocols.append(tls.selected_alpn_protocol())
                heard = b""
                while b"\r\n\r\n" not in heard:
                    if not (more := tls.recv(65536)):
                        return
                    heard += more
                head, _, rest = heard.partition(b"\r\n\r\n")
                request = Request(tls, head.decode("latin-1"), rest)
                self.requests.append(request)
                self.script(request)
                try:
                    tls.unwrap()
                except (OSError, ssl.SSLError):
                    pass  # the client was quicker
        except (OSError, ssl.SSLError):
            pass  # the client went away, or refused us
