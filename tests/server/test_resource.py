"""B4: a server ends the session whose resource another one binds, so no two processes of ours may ask for the same."""
import subprocess
from pathlib import Path

import pytest

from command import DONE, Mote
from daemon import Daemon, until
from peer import Peer
from prosody import Account, Prosody
from takes_files import accept_files
from test_files import make_file


@pytest.fixture
def named(server: Prosody, alice: Account, tmp_path: Path) -> Mote:
    """alice, set up with a full JID: the configuration names a resource."""
    mote = Mote(tmp_path / "alice", alice, "127.0.0.1", server.direct, server.ca, "direct")
    mote.run("setup", f"{alice.jid}/phone", "--password-stdin", *mote.where, input=alice.password)
    assert "resource = phone" in mote.config.read_text()
    return mote


def test_B4_verbs_that_come_and_go_leave_the_daemon_alone(named: Mote, peer: Peer) -> None:
    path = make_file(named.home, 100)
    with Daemon(named) as daemon:
        assert daemon.now.wait_online().wait_err("on line as").split()[-1] == f"{named.jid}/phone"
        accept_files(peer)
        named.run("send", peer.account.jid, "hello")
        named.run("send", "--lines", peer.account.jid, input="one\ntwo\n")
        named.run("post", "an entry")
        named.run("feed")
        assert f"{named.jid}/phone" not in named.run("status").stdout
        named.run("put", "--raw", str(path), peer.jid)
        named.run("setup", named.jid, "--password-stdin", *named.where, input=named.account.password)
        named.run("setup", f"{named.jid}/phone", "--password-stdin", *named.where, input=named.account.password)
        peer.wait_message("two")
        peer.send(f"{named.jid}/phone", "still there?")
        daemon.now.wait_event(body="still there?")
        daemon.stop()
        assert not any("off line" in line or "conflict" in line for line in daemon.now.err), daemon.now.err


def test_B4_eight_sends_at_once(named: Mote, peer: Peer) -> None:
    sends = [subprocess.Popen(named.command("send", peer.account.jid, f"n{n}"), env=named.env) for n in range(8)]
    assert [send.wait(60) for send in sends] == [DONE] * 8
    peer.wait_for(lambda: {m["body"] for m in peer.messages} >= {f"n{n}" for n in range(8)}, name="all eight")


@pytest.mark.parametrize("verb", ("listen", "get", "feed"))
def test_B4_of_those_that_stay_the_first_has_it(named: Mote, verb: str) -> None:
    more = ("--follow",) if verb == "feed" else ()
    named.run("post", "there is a blog to follow")
    with Daemon(named) as daemon:
        daemon.now.wait_online()
        with named.start(verb, "-v", *more) as second:
            assert second.wait_online().wait_err("on line as").split()[-1] != f"{named.jid}/phone"
            assert second.stop().code == DONE
        daemon.stop()
    with named.start(verb, "-v", *more) as alone:
        assert alone.wait_online().wait_err("on line as").split()[-1] == f"{named.jid}/phone"
        with Daemon(named) as daemon:
            daemon.now.wait_online()
            assert alone.process.poll() is None and not any("off line" in line for line in alone.err)
            daemon.stop()


def test_B4_the_daemon_has_it_back_after_a_kill(named: Mote) -> None:
    with Daemon(named) as daemon:
        daemon.now.wait_online()
        daemon.kill()
        daemon.start()
        daemon.now.wait_for(lambda: any("on line" in line for line in daemon.now.err))
        daemon.stop()
        daemon.start()
        until(lambda: any(f"{named.jid}/phone" in line or "goes on" in line for line in daemon.now.err))
        daemon.stop()


def test_B4_who_asks_for_a_resource_by_name_gets_it(named: Mote) -> None:
    assert f"{named.jid}/mine" in named.run("status", "--resource", "mine").stdout
    assert f"{named.jid}/mine" in named.run("status", "--jid", f"{named.jid}/mine").stdout
