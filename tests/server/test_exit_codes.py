"""B7: what a verb prints and what it returns agree, on every path."""
import subprocess
from pathlib import Path

from certs import Certs
from command import DONE, LOCAL, REFUSED, TIMEOUT, Mote
from peer import Peer
from scripted import Client, ScriptedServer
from takes_files import accept_files
from test_files import getter, make_file
from visitor import PASSWORD, visitor


def test_B7_a_message_that_comes_back_during_the_logout(certs: Certs, tmp_path: Path) -> None:
    """It was said to be sent, by the answer to the ping behind it; the bounce of another
    server comes before </stream:stream>."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        sent = client.expect(rb"<message to='bob@elsewhere.test' type='chat' id='([^']*)'")[1].decode()
        ping = client.expect(rb"<iq type='get' id='([^']*)' to='localhost'><ping")[1].decode()
        client.send(f"<iq type='result' id='{ping}' from='localhost'/>")
        client.expect(rb"</stream:stream>")
        client.send(f"<message type='error' id='{sent}' from='bob@elsewhere.test'><error type='cancel'>"
                    "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
                    "</stream:stream>")
        client.until_gone()
    with ScriptedServer(certs.server(), script) as server:
        result = visitor(tmp_path, server.port, certs.ca).run("send", "--json", "bob@elsewhere.test", "hello", code=REFUSED)
        assert "bob@elsewhere.test did not get the message" in result.complaint
        assert [e["event"] for e in result.json] == ["error"]


def test_B7_a_receiver_that_never_confirms(mote: Mote, peer: Peer) -> None:
    """It takes every block and ends nothing: the file may be there, and nobody has said so."""
    accept_files(peer)
    path = make_file(mote.home, 5000)
    result = mote.run("put", "--json", str(path), peer.jid, code=TIMEOUT)
    assert "did not confirm photo.jpg" in result.complaint
    file, error = result.json
    assert file["event"] == "file" and file["verified"] is False and error["event"] == "error"
    assert "no hash" in mote.run("put", "--raw", str(path), peer.jid, code=DONE).stdout


def test_B7_an_answer_that_cannot_be_printed(mote: Mote, other: Mote, peer: Peer) -> None:
    """The disk behind standard output is full: whatever the verb did, that was said, and it is no success."""
    image = mote.home / "board.img"
    with getter(other, mote.jid):
        for arguments in (("status",), ("post", "x"), ("feed",), ("send", "--queue", "bob@localhost", "x"), ("queue",),
                          ("send", "--receipt", peer.account.jid, "x"), ("provision", "--json", str(image)),
                          ("put", str(make_file(mote.home, 10)), other.jid),
                          ("setup", mote.jid, "--json", "--password-stdin", *mote.where)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run(mote.command(*arguments), stdout=full, stderr=subprocess.PIPE, env=mote.env,
                                      input=mote.account.password.encode(), cwd=mote.home, timeout=60)
            assert done.returncode == LOCAL and b"No space left" in done.stderr, (arguments, done)


def test_B7_status_without_an_answer(certs: Certs, tmp_path: Path) -> None:
    """What the server can is asked for, and it says nothing."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        client.until_gone(60)
    with ScriptedServer(certs.server(), script) as server:
        result = visitor(tmp_path, server.port, certs.ca).run("status", code=TIMEOUT, timeout=90)
        assert "did not tell what it can" in result.complaint and "SCRAM" in result.stdout
