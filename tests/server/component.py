"""A hostile neighbour: the component ext.localhost (XEP-0114), which may speak as anybody@ext.localhost."""
import hashlib
import itertools
import re
import socket
import time
from typing import Callable
from xml.etree import ElementTree as ET

from patience import PATIENCE_S
from prosody import COMPONENT_SECRET, Prosody

NS = "{jabber:component:accept}"
DOMAIN = "ext.localhost"


# Of all components of a run: what the server bounces when an earlier session ends has to answer nothing of a later one.
IDS = itertools.count(1)


class Component:
    """with Component(server) as ext: ext.send("<message .../>"); ext.expect(lambda stanza: ...)"""

    def __init__(self, server: Prosody):
        self._port = server.component
        self._parser = ET.XMLPullParser(["start", "end"])
        self._depth = 0
        self._unread: list[ET.Element] = []
        self._ids = IDS

    def __enter__(self) -> "Component":
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)
        self._socket.sendall(f"<stream:stream xmlns='jabber:component:accept' to='{DOMAIN}' "
                             "xmlns:stream='http://etherx.jabber.org/streams'>".encode())
        start = b""
        while not (found := re.search(rb"id=['\"]([^'\"]+)", start)) or b">" not in start[found.end():]:
            start += self._socket.recv(4096)
        self._parser.feed(start)
        digest = hashlib.sha1(found[1] + COMPONENT_SECRET.encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")
        self.expect(lambda stanza: stanza.tag == NS + "handshake")
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, xml: str | bytes) -> None:
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendall(xml.encode() if isinstance(xml, str) else xml)

    def expect(self, fits: Callable[[ET.Element], bool], timeout: float = PATIENCE_S) -> ET.Element:
        """The first stanza that fits and was not given out before."""
        end = time.monotonic() + timeout
        while True:
            for stanza in self._unread:
                if fits(stanza):
                    self._unread.remove(stanza)
                    return stanza
            self._read(end - time.monotonic())

    def iq(self, sender: str, to: str, payload: str, kind: str = "set", timeout: float = PATIENCE_S) -> ET.Element:
        """The answer: of type result or error."""
        return self.answer(self.ask(sender, to, payload, kind), timeout)

    def ask(self, sender: str, to: str, payload: str, kind: str = "set") -> str:
        name = f"q{next(self._ids)}"
        self.send(f"<iq type='{kind}' from='{sender}' to='{to}' id='{name}'>{payload}</iq>")
        return name

    def answer(self, name: str, timeout: float = PATIENCE_S) -> ET.Element:
        def fits(stanza: ET.Element) -> bool:
            return (stanza.tag, stanza.get("id")) == (NS + "iq", name) and stanza.get("type") in ("result", "error")
        return self.expect(fits, timeout)

    def ping(self, sender: str, to: str, timeout: float = PATIENCE_S) -> None:
        """`to` is alive, and has seen all that was sent before."""
        answer = self.iq(sender, to, "<ping xmlns='urn:xmpp:ping'/>", "get", timeout)
        assert answer.get("type") == "result", ET.tostring(answer)

    def unread(self) -> list[ET.Element]:
        """What came and nobody expected."""
        return list(self._unread)

    def forget(self) -> None:
        self._unread.clear()

    def _read(self, timeout: float) -> None:
        if timeout <= 0:
            raise TimeoutError(f"not among {[ET.tostring(s) for s in self._unread]}")
        self._socket.settimeout(timeout)
        try:
            got = self._socket.recv(65536)
        except socket.timeout:
            raise TimeoutError(f"not among {[ET.tostring(s) for s in self._unread]}") from None
        if not got:
            raise ConnectionError("Prosody has ended the component's stream")
        self._parser.feed(got)
        if hasattr(self._parser, "flush"):
            self._parser.flush()  # newer releases of expat wait for more behind a large tag that is complete
        for event, element in self._parser.read_events():
            self._depth += 1 if event == "start" else -1
            if event == "end" and self._depth == 1:
                self._unread.append(element)


def condition(answer: ET.Element) -> str | None:
    """The defined condition of an error stanza; None for a result."""
    error = answer.find(NS + "error")
    return None if error is None else next(iter(error)).tag.split("}")[1]
