"""slixmpp as the other side: an independent client in a thread of its own, with calls that wait."""
import asyncio
import collections
import logging
import threading
import time
from typing import Any, Callable

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)  # before it says that it has no libidn

import slixmpp  # noqa: E402
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

from patience import PATIENCE_S
from prosody import Account, Prosody

ATOM = "{http://www.w3.org/2005/Atom}"
MICROBLOG = "urn:xmpp:microblog:0"
PUBSUB = "http://jabber.org/protocol/pubsub"
PLUGINS = ("xep_0004", "xep_0030", "xep_0047", "xep_0060", "xep_0184", "xep_0199", "xep_0280", "xep_0092", "xep_0202")


class Peer:
    """with Peer(server, account) as bob: bob.send(...); bob.wait_message(...)"""

    def __init__(self, server: Prosody, account: Account, tls: str = "direct", resource: str = "slixmpp"):
        self.account, self.jid = account, f"{account.jid}/{resource}"
        self.messages: list[slixmpp.Message] = []   # those with a body
        self.receipts: list[tuple[str, str]] = []   # from, id
        self.events: list[tuple[str, ET.Element]] = []  # from, <items/> of a pubsub event
        self.presences: dict[str, str] = {}         # full JID: type
        self.received: dict[str, bytes] = collections.defaultdict(bytes)  # in-band stream: what came on it
        self._changed = threading.Condition()
        self._online = threading.Event()
        self._server, self._tls = server, tls
        self._thread = threading.Thread(target=self._main, daemon=True)

    def __enter__(self) -> "Peer":
        self._thread.start()
        if not self._online.wait(15):
            raise TimeoutError(f"slixmpp does not get on line as {self.jid}")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.client.disconnect)
        self._thread.join(10)

    # --- doing ------------------------------------------------------------------------------------------------------

    def call(self, make: Callable[[slixmpp.ClientXMPP], Any], timeout: float = PATIENCE_S) -> Any:
        """Run make(client) in the peer's thread, and wait for what it returns if that is to be awaited."""
        async def run() -> Any:
            result = make(self.client)
            return await result if asyncio.iscoroutine(result) or asyncio.isfuture(result) else result
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(run(), timeout), self._loop).result(timeout + 5)

    def send(self, to: str, body: str, receipt: bool = False) -> str:
        def make(client: slixmpp.ClientXMPP) -> str:
            message = client.make_message(mto=to, mbody=body, mtype="chat")
            message["id"] = client.new_id()
            message["request_receipt"] = receipt
            message.send()
            return message["id"]
        return self.call(make)

    def raw(self, xml: str) -> None:
        self.call(lambda client: client.send_raw(xml))

    def iq(self, to: str, payload: str, kind: str = "get", timeout: float = PATIENCE_S) -> slixmpp.Iq:
        """The answer, also when it is an error."""
        def make(client: slixmpp.ClientXMPP) -> Any:
            iq = client.make_iq(ito=to, itype=kind)
            iq.append(ET.fromstring(payload))
            return iq.send(timeout=timeout)
        try:
            return self.call(make, timeout + 1)
        except slixmpp.exceptions.IqError as error:
            return error.iq

    def publish(self, service: str | None, node: str, item: str, entry: str) -> None:
        def make(client: slixmpp.ClientXMPP) -> Any:
            options = client["xep_0004"].make_form(ftype="submit")
            options.add_field(var="FORM_TYPE", ftype="hidden", value=f"{PUBSUB}#publish-options")
            for field, value in (("access_model", "open"), ("persist_items", "true"), ("max_items", "max")):
                options.add_field(var=f"pubsub#{field}", value=value)
            return client["xep_0060"].publish(service, node, id=item, payload=ET.fromstring(entry), options=options)
        self.call(make)

    def retract(self, service: str | None, node: str, item: str) -> None:
        self.call(lambda c: c["xep_0060"].retract(service, node, item, notify=True))

    def subscribe(self, service: str, node: str) -> None:
        self.call(lambda c: c["xep_0060"].subscribe(service, node))

    def follow_contacts(self, node: str = MICROBLOG) -> None:
        """By +notify (XEP-0163 section 4.3.1): contacts' nodes of this name are notified of without a subscription."""
        async def make(client: slixmpp.ClientXMPP) -> None:
            client.register_plugin("xep_0115")
            client["xep_0030"].add_feature(f"{node}+notify")
            await client["xep_0115"].update_caps()
        self.call(make)

    def items(self, service: str, node: str = MICROBLOG) -> dict[str, ET.Element]:
        """The entries of a node by item id, as the service lists them."""
        answer = self.call(lambda c: c["xep_0060"].get_items(service, node))
        return {item["id"]: item["payload"] for item in answer["pubsub"]["items"]}

    def send_stream(self, to: str, data: bytes, block_size: int = 4096, timeout: float = 4 * PATIENCE_S) -> None:
        """A bare in-band bytestream, without Jingle."""
        async def make(client: slixmpp.ClientXMPP) -> None:
            stream = await client["xep_0047"].open_stream(to, block_size=block_size, timeout=PATIENCE_S)
            await stream.sendall(data, timeout=PATIENCE_S)
            await stream.close()
        self.call(make, timeout)

    # --- waiting ----------------------------------------------------------------------------------------------------

    def wait_for(self, what: Callable[[], Any], timeout: float = PATIENCE_S, name: str = "it") -> Any:
        """Until what() is true; returns that."""
        end = time.monotonic() + timeout
        with self._changed:
            while not (found := what()):
                if not self._changed.wait(max(0, end - time.monotonic())):
                    raise TimeoutError(f"{self.jid} waits in vain for {name}")
            return found

    def wait_message(self, body: str, timeout: float = PATIENCE_S) -> slixmpp.Message:
        return self.wait_for(lambda: next((m for m in self.messages if m["body"] == body), None), timeout, repr(body))

    def wait_receipt(self, message_id: str, timeout: float = PATIENCE_S) -> str:
        """From whom it came."""
        return self.wait_for(lambda: dict((i, who) for who, i in self.receipts).get(message_id), timeout, "a receipt")

    def wait_online(self, bare: str, timeout: float = PATIENCE_S) -> str:
        """The full JID of a contact that is there."""
        return self.wait_for(lambda: next((jid for jid, kind in self.presences.items()
                                           if jid.startswith(bare + "/") and kind != "unavailable"), None),
                             timeout, f"presence of {bare}")

    # --- the thread -------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self.client = client = slixmpp.ClientXMPP(self.jid, self.account.password)
        client.ca_certs = str(self._server.ca)
        for plugin in PLUGINS:
            client.register_plugin(plugin)
        client["xep_0047"].auto_accept = True
        client["xep_0047"].max_block_size = 65535
        client.add_event_handler("session_start", self._start)
        client.add_event_handler("message", lambda m: m["body"] and self._note(self.messages.append, m))
        client.add_event_handler("receipt_received",
                                 lambda m: self._note(self.receipts.append, (str(m["from"]), m["receipt"])))
        client.add_event_handler("presence",
                                 lambda p: self._note(self.presences.__setitem__, str(p["from"]), p["type"]))
        client.add_event_handler("ibb_stream_data", self._stream_data)
        client.register_handler(Callback("events", StanzaPath("message/pubsub_event"), self._event))
        connect(client, self._server.port(self._tls), self._tls == "direct")
        self._loop.run_until_complete(client.disconnected)
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _start(self, _: object) -> None:
        self.client.send_presence()
        await self.client.get_roster()
        self._online.set()

    def _note(self, keep: Callable, *what: Any) -> None:
        with self._changed:
            keep(*what)
            self._changed.notify_all()

    def _event(self, message: slixmpp.Message) -> None:
        items = message.xml.find(f".//{{{PUBSUB}#event}}items")
        if items is not None:
            self._note(self.events.append, (str(message["from"]), items))

    def _stream_data(self, stream: Any) -> None:
        data = stream.read()
        self._note(lambda: self.received.__setitem__(stream.sid, self.received[stream.sid] + data))


def connect(client: slixmpp.ClientXMPP, port: int, direct: bool) -> None:
    """By direct TLS or by STARTTLS, and by nothing else. Newer releases of slixmpp (1.9, 1.10) try what their attributes
    allow in turn; older ones were told when called."""
    if hasattr(client, "enable_direct_tls"):
        client.enable_direct_tls, client.enable_starttls, client.enable_plaintext = direct, not direct, False
        client.connect("127.0.0.1", port)
    else:
        client.connect(("127.0.0.1", port), use_ssl=direct)


def entry(title: str, updated: str = "2026-11-21T00:00:00Z", more: str = "", author: str = "") -> str:
    """An Atom entry, as other clients write it."""
    by = f"<author><name>{author.split('@')[0]}</name><uri>xmpp:{author}</uri></author>" if author else ""
    return (f"<entry xmlns='http://www.w3.org/2005/Atom'><title type='text'>{title}</title>"
            f"<id>tag:test,2026:{title[:20]}</id>{by}<updated>{updated}</updated>{more}</entry>")


def text_of(element: ET.Element, name: str) -> str | None:
    return element.findtext(ATOM + name)
