"""A peer that offers files by Jingle (XEP-0234 over XEP-0261) and breaks any rule on the way. Speaks as a component."""
import base64
import hashlib
import itertools
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr, escape

from component import Component, condition
from patience import PATIENCE_S

JINGLE = "urn:xmpp:jingle:1"
FILES = "urn:xmpp:jingle:apps:file-transfer:5"
TRANSPORT = "urn:xmpp:jingle:transports:ibb:1"
SOCKS5 = "urn:xmpp:jingle:transports:s5b:1"
IBB = "http://jabber.org/protocol/ibb"
HASHES = "urn:xmpp:hashes:2"
numbers = itertools.count(1)


def hash_tag(digest: bytes, algo: str = "sha-256") -> str:
    return f"<hash xmlns='{HASHES}' algo='{algo}'>{base64.b64encode(digest).decode()}</hash>"


def sha256_tag(data: bytes) -> str:
    return hash_tag(hashlib.sha256(data).digest())


class Offer:
    """One session, step by step: open, accepted, stream, block..., close, end. Each gives the condition of an error."""

    def __init__(self, ext: Component, to: str, sender: str = "mallory@ext.localhost/pc"):
        self.ext, self.to, self.sender = ext, to, sender
        self.sid = f"session{next(numbers)}"
        self.stream_sid = f"stream{next(numbers)}"
        self.sequence = 0

    def open(self, name: str | None = "photo.jpg", size: object = 0, hashes: str = "", raw_name: str | None = None,
             block_size: object = 4096, more: str = "") -> str | None:
        """`raw_name` is XML, for what `name` cannot say."""
        tags = f"<name>{escape(name)}</name>" if name is not None else ""
        tags = f"<name>{raw_name}</name>" if raw_name is not None else tags
        tags += f"<size>{size}</size>" if size is not None else ""
        return self._jingle("session-initiate", f"""<content creator='initiator' name='f'>
            <description xmlns='{FILES}'><file>{tags}{hashes}{more}</file></description>
            <transport xmlns='{TRANSPORT}' block-size='{block_size}' sid='{self.stream_sid}'/></content>""",
            f" initiator={quoteattr(self.sender)}")

    def open_socks5(self, size: int, name: str = "photo.jpg") -> str | None:
        """As Libervia 0.9 offers: SOCKS5 first, with a candidate that nobody can reach."""
        return self._jingle("session-initiate", f"""<content creator='initiator' name='f' senders='initiator'>
            <description xmlns='{FILES}'><file><media-type>image/jpeg</media-type><name>{name}</name><size>{size}</size><range/>
            <hash-used xmlns='{HASHES}' algo='sha-256'/></file></description>
            <transport xmlns='{SOCKS5}' mode='tcp' sid='socks'><candidate cid='c' host='127.0.0.1' jid='{self.sender}' port='1'
            priority='8257536' type='direct'/></transport></content>""", f" initiator={quoteattr(self.sender)}")

    def fall_back(self, block_size: int = 4096) -> str | None:
        """XEP-0260 section 3: both say that no candidate could be reached, and the initiator replaces the transport."""
        accept = self.wait_action("session-accept", timeout=PATIENCE_S)
        transport = accept.find(f".//{{{SOCKS5}}}transport")
        assert transport is not None and transport.get("sid") == "socks" and len(transport) == 0
        assert self.wait_action("transport-info", timeout=PATIENCE_S).find(f".//{{{SOCKS5}}}candidate-error") is not None
        assert self._jingle("transport-info", f"<content creator='initiator' name='f'><transport xmlns='{SOCKS5}' sid='socks'>"
                            "<candidate-error/></transport></content>") is None
        refused = self._jingle("transport-replace", f"<content creator='initiator' name='f'><transport xmlns='{TRANSPORT}' "
                               f"block-size='{block_size}' sid='{self.stream_sid}'/></content>")
        if refused is None:
            accepted = self.wait_action("transport-accept", timeout=PATIENCE_S).find(f".//{{{TRANSPORT}}}transport")
            assert accepted.get("sid") == self.stream_sid and int(accepted.get("block-size")) <= block_size
        return refused

    def accepted(self, timeout: float = PATIENCE_S) -> bool:
        """Wait for the other side's yes or no, and confirm it."""
        jingle = self.wait_action("session-accept", "session-terminate", timeout=timeout)
        return jingle.get("action") == "session-accept"

    def stream(self, block_size: object = 4096, stanza: str = "iq") -> str | None:
        return self._ask(f"<open xmlns='{IBB}' sid='{self.stream_sid}' block-size='{block_size}' stanza='{stanza}'/>")

    def block(self, data: bytes = b"", sequence: object = None, text: str | None = None, sid: str | None = None,
              sender: str | None = None) -> str | None:
        """The next block; `text` instead of its base64, `sid` of another stream, `sender` for another JID."""
        number = self.sequence if sequence is None else sequence
        self.sequence = (self.sequence + 1) % 65536
        text = base64.b64encode(data).decode() if text is None else text
        return self._ask(f"<data xmlns='{IBB}' sid='{sid or self.stream_sid}' seq='{number}'>{text}</data>", sender)

    def send(self, data: bytes, block_size: int = 4096) -> str | None:
        for at in range(0, len(data), block_size):
            refused = self.block(data[at:at + block_size])
            if refused is not None:
                return refused
        return None

    def close(self) -> str | None:
        return self._ask(f"<close xmlns='{IBB}' sid='{self.stream_sid}'/>")

    def checksum(self, hashes: str) -> str | None:
        return self._jingle("session-info", f"<checksum xmlns='{FILES}' creator='initiator' name='f'>"
                                            f"<file>{hashes}</file></checksum>")

    def terminate(self, reason: str = "success") -> str | None:
        return self._jingle("session-terminate", f"<reason><{reason}/></reason>")

    def whole(self, data: bytes, **offer: object) -> None:
        """An honest transfer."""
        offer.setdefault("size", len(data))
        offer.setdefault("hashes", sha256_tag(data))
        assert self.open(**offer) is None and self.accepted() and self.stream() is None and self.send(data) is None
        self.close()

    def ended(self, timeout: float = PATIENCE_S) -> str:
        """Wait until the other side ends the session; the reason that it tells."""
        jingle = self.wait_action("session-terminate", timeout=timeout)
        reason = jingle.find(f"{{{JINGLE}}}reason")
        return next(iter(reason)).tag.split("}")[1] if reason is not None and len(reason) else ""

    def wait_action(self, *actions: str, timeout: float) -> ET.Element:
        def fits(stanza: ET.Element) -> bool:
            jingle = stanza.find(f"{{{JINGLE}}}jingle")
            return jingle is not None and jingle.get("sid") == self.sid and jingle.get("action") in actions
        stanza = self.ext.expect(fits, timeout)
        us, them, name = stanza.get("to"), stanza.get("from"), stanza.get("id")
        self.ext.send(f"<iq type='result' from='{us}' to='{them}' id='{name}'/>")
        return stanza.find(f"{{{JINGLE}}}jingle")

    def _jingle(self, action: str, inner: str, attributes: str = "") -> str | None:
        return self._ask(f"<jingle xmlns='{JINGLE}' action='{action}' sid='{self.sid}'{attributes}>{inner}</jingle>")

    def _ask(self, payload: str, sender: str | None = None) -> str | None:
        return condition(self.ext.iq(sender or self.sender, self.to, payload))


