"""Row R8: what strangers learn of a device that is on line, which is nothing, and what it costs to be asked."""
import re
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import DONE, USAGE, Mote, Running
from component import NS, Component
from hostile import MALLORY, Steady, messages
from peer import Peer
from scripted import Client, ScriptedServer
from visitor import PASSWORD, visitor

ASKING = "<body>are you there?</body><request xmlns='urn:xmpp:receipts'/>"


def online(running: Running) -> str:
    return running.wait_online().wait_err("on line as").split()[-1].rstrip(";")


def answers(ext: Component, jid: str, stanzas: str) -> list[str]:
    """What our side said to these, behind which a ping goes."""
    ext.forget()
    ext.send(stanzas.replace("{jid}", jid).replace("{bare}", jid.split("/")[0]))
    ext.ping(MALLORY, jid, timeout=120)
    return [stanza.tag.removeprefix(NS) for stanza in ext.unread() if stanza.get("from", "").startswith(jid.split("/")[0])]


@pytest.mark.parametrize("verb", ("listen", "run"))
def test_R8_strangers_have_no_receipts(mote: Mote, peer: Peer, ext: Component, verb: str) -> None:
    """The message is shown, and the friend's is acknowledged: that one sees our presence anyway."""
    with mote.start(verb, "--json", "-v") as running:
        jid = online(running)
        assert answers(ext, jid, f"<message from='{MALLORY}' to='{{jid}}' type='chat' id='1'>{ASKING}</message>") == []
        running.wait_event(body="are you there?")
        assert peer.wait_receipt(peer.send(mote.jid, "a friend's", receipt=True)) == jid
        assert running.stop().code == DONE


WHOSE = {"all": (["message"], True), "known": ([], True), "none": ([], False)}


@pytest.mark.parametrize("whose", WHOSE)
def test_R8_the_switch(mote: Mote, peer: Peer, ext: Component, whose: str) -> None:
    to_stranger, to_friend = WHOSE[whose]
    with mote.start("listen", "--json", "-v", "--receipts", whose) as running:
        jid = online(running)
        friends = peer.send(mote.jid, "a friend's", receipt=True)
        running.wait_event(body="a friend's")
        assert answers(ext, jid, f"<message from='{MALLORY}' to='{{jid}}' type='chat' id='1'>{ASKING}</message>") == to_stranger
        peer.send(mote.jid, "the last")
        running.wait_event(body="the last")
        assert running.stop().code == DONE
        peer.wait_for(lambda: peer.presences.get(jid) == "unavailable", name="all that we said")
        assert ([name for _, name in peer.receipts] == [friends]) == to_friend, peer.receipts


def test_R8_the_switch_has_three_positions(mote: Mote) -> None:
    assert "'known'" in mote.run("listen", "--receipts", "some", code=USAGE).stderr


UNSHOWN = {
    "empty": "<body/>", "no-body": "", "elements": "<body>a<b xmlns='c'/></body>",
    "omemo": "<body>You cannot read this</body><encrypted xmlns='eu.siacs.conversations.axolotl'><header/></encrypted>",
    "omemo-2": "<body>You cannot read this</body><encrypted xmlns='urn:xmpp:omemo:2'/>",
    "openpgp": "<body>You cannot read this</body><openpgp xmlns='urn:xmpp:openpgp:0'>aGk=</openpgp>",
    "pgp": "<body>You cannot read this</body><x xmlns='jabber:x:encrypted'>aGk=</x>",
    "only-said": "<body>You cannot read this</body><encryption xmlns='urn:xmpp:eme:0' namespace='urn:example:secret'/>",
}


@pytest.mark.parametrize("content", UNSHOWN)
def test_R8_no_receipt_for_what_nobody_read(mote: Mote, ext: Component, content: str) -> None:
    with mote.start("listen", "--json", "-v", "--receipts", "all") as running:
        jid = online(running)
        asked = f"<message from='{MALLORY}' to='{{jid}}' type='chat' id='1'>{UNSHOWN[content]}" \
                "<request xmlns='urn:xmpp:receipts'/></message>"
        assert answers(ext, jid, asked) == []
        assert running.stop().code == DONE


FLOODS: dict[str, tuple[str, Callable[[], str]]] = {
    "R8-receipts-for-unknown-ids": ("run", lambda: "".join(messages(5000, "<received xmlns='urn:xmpp:receipts' id='x'/>"))),
    "R8-requests-for-receipts": ("listen", lambda: "".join(messages(2000, ASKING))),
    "R8-probes": ("listen", lambda: "".join(
        f"<presence from='m{n}@ext.localhost/x' to='{{jid}}' type='probe'/>" for n in range(2000))),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_flood(mote: Mote, ext: Component, flood: str) -> None:
    """Twice: the second time memory and time are measured. Of receipts for what was never sent, nothing is told."""
    verb, stanzas = FLOODS[flood]
    with mote.start(verb, "--json", "-v") as running:
        jid = online(running)
        assert answers(ext, jid, stanzas()) == []
        with Steady(running, seconds=10):
            assert answers(ext, jid, stanzas()) == []
        assert all(event["event"] == "message" for event in running.json)
        assert running.stop().code == DONE


def test_R8_subscribe_from_ten_thousand(certs: Certs, tmp_path: Path) -> None:
    """Nobody is answered, ten are told of, and of the others there is a number in time."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        client.expect(rb"<presence")
        for n in range(0, 10_000, 500):
            client.send("".join(f"<presence from='m{n + k}@example.org' type='subscribe'/>" for k in range(500)))
        client.send("<message from='bob@localhost/x' type='chat'><body>the last</body></message>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        with visitor(tmp_path, server.port, certs.ca).listen() as listener:
            listener.wait_event(body="the last", timeout=120)
            assert listener.stop().code == DONE
            told = [line for line in listener.err if "wants to see our presence" in line]
            assert len(told) == 10, len(told)
        assert not re.search(rb"<presence[^>]*to=", server.clients[0].heard)
