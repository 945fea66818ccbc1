"""A link that is cut in the middle of a stanza: Prosody keeps what it has of it for the resumed session, and takes all that
follows for its rest. The session is left within seconds, and nothing is lost by it."""
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import DONE, Mote
from daemon import Daemon, until
from faultproxy import Cut, FaultProxy
from peer import Peer
from prosody import Prosody
from test_files import inbox, make_file, sha256

DEAF = "does not hear"
LOGIN = 3000  # bytes to the server that a login takes at most
PATIENCE_S = 90  # for a word of the server 15 s and a byte's millisecond, back-off, and a machine that is busy


@pytest.fixture
def patient(certs: Certs, tmp_path: Path) -> Iterator[Prosody]:
    """It keeps a session for long enough to be resumed."""
    with Prosody(tmp_path / "server", certs, hibernation=120) as server:
        yield server


@pytest.fixture
def author(patient: Prosody, tmp_path: Path) -> Mote:
    account = patient.account("author")
    return Mote(tmp_path / "author", account, "127.0.0.1", patient.direct, patient.ca, "direct").setup()


def test_B8_a_message_that_was_cut_in_two(author: Mote, patient: Prosody) -> None:
    """20,000 of its 40,000 bytes have arrived, and nothing of the new link is heard: it arrives, and those behind it do."""
    long = "x" * 40_000
    with FaultProxy(patient.direct) as proxy, Peer(patient, patient.account("reader")) as reader:
        proxy.plan(Cut("to server", 20_000, "rst"))
        with Daemon(author, "--port", str(proxy.port)) as daemon:
            daemon.now.wait_online()
            for body in ("before", long, "behind it"):
                author.run("send", "--queue", reader.account.jid, input=body)
            until(lambda: proxy.cuts() == 1, 30, "the cut")
            daemon.now.wait_err("the session goes on", 30)
            daemon.now.wait_err(DEAF, PATIENCE_S)
            for body in ("before", long, "behind it"):
                reader.wait_message(body, timeout=PATIENCE_S)
            daemon.wait_empty()
            assert [m["body"] for m in reader.messages].count(long) == 1
            assert all(event["event"] != "undeliverable" for event in daemon.now.json)
            daemon.stop()


def test_B8_a_file_that_was_cut_in_mid_block(author: Mote, patient: Prosody, tmp_path: Path) -> None:
    """The next session has the same full JID, so to the receiver nothing has happened."""
    account = patient.account("taker")
    taker = Mote(tmp_path / "taker", account, "127.0.0.1", patient.direct, patient.ca, "direct").setup()
    path = make_file(author.home, 200_000)
    (taker.home / "in").mkdir()
    with taker.start("get", "--json", "-v", "--from", author.jid, "--dir", "in", "--count", "1").wait_online() as get, \
            FaultProxy(patient.direct) as proxy:
        receiver = get.wait_err("on line as").split()[-1]
        # The stanza of a block of 16384 bytes is some 22,000 bytes long, in six TLS records: this is in the third block.
        proxy.plan(Cut("to server", LOGIN + 55_000, "rst"))
        with author.start("put", "-v", "--json", "--port", str(proxy.port), "--block-size", "16384", "--window", "1", str(path),
                          receiver) as put:
            put.wait_err("the session goes on", 60)
            put.wait_err(DEAF, PATIENCE_S)
            assert put.wait(PATIENCE_S).code == DONE
            assert get.wait_event("file", timeout=PATIENCE_S)["sha256"] == sha256(path)
            assert get.wait(PATIENCE_S).code == DONE
        assert proxy.cuts() == 1 and inbox(taker) == ["photo.jpg"]
