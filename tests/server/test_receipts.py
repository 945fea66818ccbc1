"""B11: receipts of clients that answer to the bare JID, as several do: the server picks who gets them."""
from pathlib import Path
from typing import Iterator

import pytest
from slixmpp.xmlstream import ET

from certs import Certs
from command import DONE, TIMEOUT, Mote
from ejabberd import Ejabberd
from peer import Peer

RECEIPTS = "urn:xmpp:receipts"


def answer_to_the_bare_jid(peer: Peer, kind: str) -> None:
    """From now on, for each message that asks for a receipt."""
    def answer(message) -> None:
        if message.xml.find(f"{{{RECEIPTS}}}request") is not None:
            receipt = peer.client.make_message(mto=message["from"].bare, mtype=kind)
            receipt.append(ET.Element(f"{{{RECEIPTS}}}received", {"id": message["id"]}))
            receipt.send()
    peer.client["xep_0184"].auto_ack = False
    peer.client.add_event_handler("message", answer)


@pytest.mark.parametrize("kind", ("chat", "normal"))
@pytest.mark.parametrize("others", ("nobody", "listen", "run"))
def test_B11_a_receipt_to_the_bare_jid(mote: Mote, peer: Peer, others: str, kind: str) -> None:
    answer_to_the_bare_jid(peer, kind)
    with mote.start("status" if others == "nobody" else others, "-v") as other:
        if others != "nobody":
            other.wait_online()
        (receipt,) = mote.run("send", "--receipt", "--timeout", "20", "--json", peer.account.jid, "are you there?").json
        assert receipt["event"] == "receipt" and receipt["from"] == peer.jid


def leaves_the_rest(mote: Mote, peer: Peer) -> None:
    """Whoever waits for a receipt is no reader: what the server has stored stays there, and is not confirmed."""
    answer_to_the_bare_jid(peer, "chat")
    name = peer.send(mote.jid, "for a reader", receipt=True)
    peer.iq(peer.account.jid.split("@")[1], "<ping xmlns='urn:xmpp:ping'/>")  # it is in the store by now
    told = mote.run("send", "--receipt", "--timeout", "20", peer.account.jid, "hello").stderr
    assert "for a reader" not in told and name not in [receipt for _, receipt in peer.receipts]
    with mote.listen("--count", "1") as listener:
        listener.wait_event(body="for a reader")
        assert listener.wait().code == DONE

def test_B11_what_is_stored_is_left_to_readers(mote: Mote, peer: Peer) -> None:
    leaves_the_rest(mote, peer)


def test_B11_what_comes_meanwhile_is_told(mote: Mote, peer: Peer) -> None:
    """It came here and nowhere else."""
    def answer(message) -> None:
        peer.client.make_message(mto=message["from"].bare, mbody="meanwhile", mtype="chat").send()
    peer.client["xep_0184"].auto_ack = False
    peer.client.add_event_handler("message", answer)
    result = mote.run("send", "--receipt", "--timeout", "2", peer.account.jid, "hello", code=TIMEOUT)
    assert f"message from {peer.jid}: meanwhile" in result.stderr


@pytest.fixture(scope="module")
def ejabberd(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ejabberd]:
    with Ejabberd(tmp_path_factory.mktemp("ejabberd"), certs) as server:
        yield server


@pytest.mark.parametrize("others", ("nobody", "listen"))
def test_B11_a_receipt_to_the_bare_jid_on_ejabberd(ejabberd: Ejabberd, others: str, tmp_path: Path) -> None:
    sender, reader = ejabberd.account(f"sender-{others}"), ejabberd.account(f"reader-{others}")
    mote = Mote(tmp_path, sender, "127.0.0.1", ejabberd.direct, ejabberd.ca, "direct").setup()
    with Peer(ejabberd, reader) as peer, mote.start("status" if others == "nobody" else others, "-v") as other:
        answer_to_the_bare_jid(peer, "chat")
        if others != "nobody":
            other.wait_online()
        (receipt,) = mote.run("send", "--receipt", "--timeout", "20", "--json", reader.jid, "are you there?").json
        assert receipt["event"] == "receipt" and receipt["from"] == peer.jid


def test_B11_what_is_stored_is_left_to_readers_on_ejabberd(ejabberd: Ejabberd, tmp_path: Path) -> None:
    sender, reader = ejabberd.account("sender-stored"), ejabberd.account("reader-stored")
    mote = Mote(tmp_path, sender, "127.0.0.1", ejabberd.direct, ejabberd.ca, "direct").setup()
    with Peer(ejabberd, reader) as peer:
        leaves_the_rest(mote, peer)
