"""B17: one bad line does not end the others, and what comes from standard input is read to its end."""
import os
from pathlib import Path

import pytest

from certs import Certs
from command import DONE, REFUSED, USAGE, Mote
from daemon import Daemon, waiting
from peer import Peer, text_of
from scripted import Client, ScriptedServer
from test_files import getter
from visitor import PASSWORD, visitor


BAD = {"not UTF-8": (b"caf\xe9 au lait", "byte 4"), "a control character": (b"a\x01b", "byte 2"),
       "NUL": (b"\0", "byte 1"), "too long": (b"x" * 49_153, "49152"), "far too long": (b"y" * 200_000, "49152")}


@pytest.mark.parametrize("bad, why", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("how", ("send", "queue", "post"))
def test_B17_a_bad_line_is_told_and_passed_over(mote: Mote, peer: Peer, how: str, bad: bytes, why: str) -> None:
    given = b"first\n\n" + bad + b"\nthird\n" + bad
    verb = {"send": ("send", "--lines", peer.account.jid), "post": ("post", "--lines"),
            "queue": ("send", "--queue", "--lines", peer.account.jid)}[how]
    result = mote.run(*verb, input=given, code=REFUSED)
    told = [line for line in result.stderr.splitlines() if not line.startswith("mote: hint: ")]
    assert len(told) == 2 and "of line 3" in told[0] and "of line 5" in told[1], result.stderr
    assert all(why in line for line in told), result.stderr
    if how == "send":
        peer.wait_message("third")
        assert [m["body"] for m in peer.messages] == ["first", "third"]
    elif how == "post":
        assert sorted(text_of(entry, "title") for entry in peer.items(mote.jid).values()) == ["first", "third"]
    else:
        assert len(waiting(mote)) == 2


def test_B17_a_refused_line_does_not_end_the_others(certs: Certs, tmp_path: Path) -> None:
    """The second entry is refused by the server; the third goes out."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        for number in range(3):
            name = client.expect(rb"<iq type='set' id='([^']*)'[^>]*><pubsub.*?</iq>")[1].decode()
            client.send(f"<iq type='result' id='{name}'/>" if number != 1 else
                        f"<iq type='error' id='{name}'><error type='modify'><not-acceptable "
                        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        result = mote.run("post", "--lines", input="one\ntwo\nthree\n", code=REFUSED)
        assert "the entry of line 2 was not published" in result.complaint
        assert len(result.stdout.splitlines()) == 2


def test_B17_a_dash_is_standard_input(mote: Mote, other: Mote, peer: Peer) -> None:
    mote.run("send", peer.account.jid, "-", input="from a pipe\n")
    peer.wait_message("from a pipe")
    mote.run("send", "--lines", peer.account.jid, "-", input="line one\nline two\n")
    peer.wait_message("line two")
    mote.run("post", "-", input="a piped entry\n")
    assert [text_of(entry, "title") for entry in peer.items(mote.jid).values()] == ["a piped entry"]
    for verb in (("send", peer.account.jid, "-"), ("post", "-"), ("put", "-", other.jid)):
        assert "password" in mote.run(*verb, "--password-stdin", input="x", code=USAGE).complaint


@pytest.mark.parametrize("size", (0, 5, 300_000))
def test_B17_put_from_standard_input(mote: Mote, other: Mote, size: int) -> None:
    data = os.urandom(size)
    with getter(other, mote.jid, "--count", "2") as get:
        mote.run("put", "-", other.jid, input=data)
        mote.run("put", "--name", "named.bin", "-", other.jid, input=data)
        got = [get.wait_event("file", name=name, size=size, verified=True) for name in ("stdin", "named.bin")]
        assert get.wait().code == DONE
    assert [(other.home / file["path"]).read_bytes() for file in got] == [data, data]


def test_B17_put_of_what_does_not_know_its_size(mote: Mote, other: Mote) -> None:
    """All of /proc has 0 bytes, all of /sys has 4096, until it is read."""
    paths = [Path("/proc/version"), *Path("/sys/kernel/mm/transparent_hugepage").glob("enabled")]
    queued = paths[0]
    with getter(other, mote.jid) as get:
        for path in paths:
            mote.run("put", str(path), other.jid)
            got = get.wait_event("file", name=path.name, verified=True)
            assert (other.home / got["path"]).read_bytes() == path.read_bytes() != b""
        with Daemon(mote):
            mote.run("put", "--queue", "--name", "queued", str(queued), other.jid)
            got = get.wait_event("file", name="queued", verified=True, timeout=30)
            assert (other.home / got["path"]).read_bytes() == queued.read_bytes()
