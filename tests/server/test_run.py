"""mote run: listen and get in one, and never giving up."""
import os
from pathlib import Path

from certs import Certs
from command import DONE, Mote
from marks import both
from peer import Peer
from prosody import Prosody


@both
def test_run_prints_messages_and_takes_files(mote: Mote, other: Mote, peer: Peer) -> None:
    (mote.home / "in").mkdir()
    path = other.home / "report.txt"
    path.write_bytes(os.urandom(50_000))
    with mote.start("run", "--json", "-v", "--dir", "in", "--from", peer.account.jid) as run:
        full = run.wait_online().wait_err("on line as").split()[-1]
        peer.send(full, "hello")
        run.wait_event(body="hello")
        other.run("put", str(path), full)
        run.wait_event("file", name="report.txt", verified=True)
        peer.send(full, "still there?")
        run.wait_event(body="still there?")
        assert run.stop().code == DONE
    assert (mote.home / "in/report.txt").read_bytes() == path.read_bytes()


def test_run_waits_for_a_server_that_is_not_there_yet(certs: Certs, tmp_path: Path) -> None:
    with Prosody(tmp_path / "prosody", certs) as server:
        mote = Mote(tmp_path / "alice", server.account("alice"), "127.0.0.1", server.direct, server.ca, "direct").setup()
        server.stop()
        with mote.start("run", "-v") as run:
            run.wait_err("off line")
            server.start()
            run.wait_for(lambda: any("on line as" in line for line in run.err), timeout=30)
            assert run.stop().code == DONE
