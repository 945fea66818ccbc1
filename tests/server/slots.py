"""An upload service that lies: the component ext.localhost gives slots as a test says."""
import threading
from types import TracebackType
from typing import Callable
from xml.etree import ElementTree as ET

from component import DOMAIN, NS, Component

UPLOAD = "urn:xmpp:http:upload:0"
INFO = "http://jabber.org/protocol/disco#info"


def slot(put: str, get: str, headers: str = "") -> str:
    return f"<slot xmlns='{UPLOAD}'><put url='{put}'>{headers}</put><get url='{get}'/></slot>"


class Slots:
    """with Slots(ext, lambda number: slot(...), limit="1000"): mote.run("put", ...)"""

    def __init__(self, ext: Component, give: Callable[[int], str], limit: str | None = None):
        self._ext, self._give, self._limit = ext, give, limit
        self.requests: list[ET.Element] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Slots":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                iq = self._ext.expect(lambda s: s.tag == NS + "iq" and s.get("type") in ("get", "set"), 0.1)
            except TimeoutError:
                continue
            self._ext.send(f"<iq type='result' from='{DOMAIN}' to='{iq.get('from')}' id='{iq.get('id')}'>"
                           f"{self._answer(iq)}</iq>")

    def _answer(self, iq: ET.Element) -> str:
        request = iq.find(f"{{{UPLOAD}}}request")
        if request is not None:
            self.requests.append(request)
            return self._give(len(self.requests))
        if iq.find(f"{{{INFO}}}query") is None:
            return ""
        form = "" if self._limit is None else (
            "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>urn:xmpp:http:upload:0</value></field>"
            f"<field var='max-file-size'><value>{self._limit}</value></field></x>")
        return f"<query xmlns='{INFO}'><feature var='{UPLOAD}'/>{form}</query>"
