"""What slixmpp lacks of Jingle to take a file that is offered in-band (XEP-0166, XEP-0261): it has the stream itself."""
import slixmpp
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from peer import Peer


def accept_files(peer: Peer) -> None:
    """Accept all offers from now on. The bytes come to peer.received."""
    def jingle(iq: slixmpp.Iq) -> None:
        offer = iq.xml.find("{urn:xmpp:jingle:1}jingle")
        peer.client.make_iq_result(iq["id"], ito=iq["from"]).send()
        if offer.get("action") == "session-initiate":
            answer = peer.client.make_iq_set(ito=iq["from"])
            answer.append(ET.Element(offer.tag, {"action": "session-accept", "sid": offer.get("sid"),
                                                 "responder": peer.jid}))
            answer.xml[0].append(offer[0])
            answer.send(callback=lambda _: None)
    peer.client.register_handler(Callback("jingle", MatchXPath("{jabber:client}iq/{urn:xmpp:jingle:1}jingle"), jingle))
