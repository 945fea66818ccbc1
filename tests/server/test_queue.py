"""send --queue, post --queue, queue: by way of mote run, and by way of the store when it is down."""
import fcntl
import os
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from command import DONE, LOCAL, USAGE, Mote
from daemon import Daemon, ask, until, waiting
from marks import root_only
from patience import busy
from peer import MICROBLOG, Peer
from prosody import Account, Prosody


# --- while mote run is down -----------------------------------------------------------------------------------------

def test_what_is_queued_without_a_daemon_goes_out_with_the_next(mote: Mote, peer: Peer) -> None:
    said = mote.run("send", "--queue", "--json", peer.account.jid, "later").json[0]
    assert said["event"] == "queued" and said["state"] == "waiting" and said["kind"] == "message"
    post_id = mote.run("post", "--queue", "a queued entry", "--tag", "x").stdout.strip()
    listed = waiting(mote)
    assert [item["kind"] for item in listed] == ["message", "post"]
    assert listed[0]["to"] == peer.account.jid and listed[0]["id"] == said["id"] and listed[0]["ticket"] == said["ticket"]
    assert listed[1]["node"] == MICROBLOG and listed[0]["queued"] is not None and listed[0]["expiry"] is None
    assert stat.S_IMODE((mote.home / "mote.store").stat().st_mode) == 0o600
    with Daemon(mote) as daemon:
        peer.wait_message("later")
        daemon.now.wait_event("delivered", id=said["id"], to=peer.account.jid, ticket=said["ticket"], maybe_twice=False)
        daemon.now.wait_event("delivered", kind="post")
        daemon.stop()
    assert list(peer.items(mote.jid)) == [post_id] and waiting(mote) == []


def test_queueing_needs_no_server(server: Prosody, mote: Mote) -> None:
    mote.run("send", "--queue", "bob@localhost", "x", "--host", "192.0.2.1")
    assert len(waiting(mote)) == 1


def test_lines_without_a_daemon(mote: Mote) -> None:
    bodies = [f"line {number}" for number in range(50)]
    done = mote.run("send", "--queue", "--lines", "bob@localhost", input="\n".join(bodies))
    assert len(done.stdout.splitlines()) == len(waiting(mote)) == 50


def test_two_queue_at_the_same_time(mote: Mote) -> None:
    command = mote.command("send", "--queue", "--lines", "bob@localhost")
    both = [subprocess.Popen(command, env=mote.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in range(2)]
    for number, process in enumerate(both):
        process.stdin.write("".join(f"{number} {line}\n" for line in range(100)).encode())
        process.stdin.close()
    assert [process.wait(30) for process in both] == [DONE, DONE]
    assert len(waiting(mote)) == 200


def test_a_slow_input_leaves_the_store_to_others(mote: Mote, peer: Peer) -> None:
    """tail -f | mote send --queue --lines, and then mote run begins."""
    with mote.start("send", "--queue", "--lines", peer.account.jid, stdin=subprocess.PIPE) as tail:
        tail.process.stdin.write("first\n")
        tail.process.stdin.flush()
        tail.wait_for(lambda: len(tail.out) == 1)
        with Daemon(mote) as daemon:
            peer.wait_message("first")
            tail.process.stdin.write("second\n")
            tail.process.stdin.close()
            peer.wait_message("second")
            assert tail.process.wait(10) == DONE
            daemon.stop()


# --- through the socket ---------------------------------------------------------------------------------------------

def test_through_the_daemon(mote: Mote, daemon: Daemon, peer: Peer) -> None:
    said = mote.run("send", "--queue", "--json", peer.account.jid, "now 🌱\nand a second line").json[0]
    peer.wait_message("now 🌱\nand a second line")
    daemon.now.wait_event("delivered", id=said["id"])
    mote.run("post", "--queue", "--id", "one", "--title", "T", "C")
    daemon.now.wait_event("delivered", id="one", kind="post")
    assert list(peer.items(mote.jid)) == ["one"]
    assert stat.S_IMODE((mote.home / "mote.sock").stat().st_mode) == 0o600
    daemon.stop()
    assert not (mote.home / "mote.sock").exists()


def test_list_drop_retry(server: Prosody, mote: Mote) -> None:
    with Daemon(mote, "--host", "192.0.2.1") as daemon:  # never on line
        until((mote.home / "mote.sock").exists)
        tickets = [mote.run("send", "--queue", "--json", f"bob{number}@localhost", "x").json[0]["ticket"]
                   for number in range(4)]
        assert [item["ticket"] for item in waiting(mote)] == tickets
        text = mote.run("queue").stdout.splitlines()
        assert len(text) == 4 and text[1].startswith(f"{tickets[1]} message bob1@localhost [")
        mote.run("queue", "drop", str(tickets[1]))
        assert "no item" in mote.run("queue", "drop", str(tickets[1]), code=USAGE).complaint
        daemon.now.wait_event("expired", ticket=tickets[1], to="bob1@localhost")
        mote.run("queue", "retry")
        mote.run("queue", "drop", "all")
        assert waiting(mote) == []
        daemon.stop()
    mote.run("send", "--queue", "bob@localhost", "x")
    mote.run("queue", "retry")
    mote.run("queue", "drop", "all")  # on the store itself
    assert waiting(mote) == []


def test_a_long_list_comes_in_pages(mote: Mote, daemon: Daemon) -> None:
    daemon.kill()
    mote.run("send", "--queue", "--lines", "bob@localhost", input="x\n" * 1500)
    with Daemon(mote, "--host", "192.0.2.1"):
        until((mote.home / "mote.sock").exists)
        assert len({item["ticket"] for item in waiting(mote)}) == 1500


def test_expire_and_latest(mote: Mote, peer: Peer) -> None:
    for reading in range(3):
        mote.run("send", "--queue", "--latest", peer.account.jid, f"reading {reading}")
    mote.run("send", "--queue", "--expire", "1", peer.account.jid, "of no use")
    mote.run("send", "--queue", "--expire", "1h", peer.account.jid, "of use")
    listed = waiting(mote)
    assert len(listed) == 3 and listed[1]["expiry"] is not None
    time.sleep(1.5)
    with Daemon(mote) as daemon:
        peer.wait_message("of use")
        daemon.now.wait_event("expired", ticket=listed[1]["ticket"])
        assert [m["body"] for m in peer.messages] == ["reading 2", "of use"]
        daemon.stop()


def test_undeliverable_is_told(mote: Mote, daemon: Daemon) -> None:
    """A node that nobody may publish on."""
    mote.run("post", "--queue", "--service", "pubsub.localhost", "--node", "not ours", "x")
    told = daemon.now.wait_event("undeliverable", kind="post", to="pubsub.localhost")
    assert told["why"] and told["condition"]
    assert waiting(mote) == []


# --- what is wrong --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", (
    ("send", "--expire", "1h", "bob@localhost", "x"), ("post", "--latest", "x"),
    ("send", "--queue", "--expire", "soon", "bob@localhost", "x"), ("post", "--queue", "--retract", "x"),
    ("send", "--queue", "nobody@@", "x"), ("queue", "drop"), ("queue", "drop", "x"), ("queue", "burn"),
    ("queue", "retry", "7"), ("send", "--queue", "--password-stdin", "bob@localhost", "x")))
def test_usage(mote: Mote, arguments: tuple[str, ...]) -> None:
    mote.run(*arguments, code=USAGE)
    assert not (mote.home / "mote.store").exists() or waiting(mote) == []


def test_a_text_that_cannot_be_sent_is_refused_at_once(mote: Mote) -> None:
    mote.run("send", "--queue", "bob@localhost", input=b"\xff", code=USAGE)
    mote.run("send", "--queue", "bob@localhost", input="x" * 60_000, code=USAGE)
    mote.run("send", "--queue", "bob@localhost", input="x" * 49_152)
    too_large = mote.run("send", "--queue", "bob@localhost", input="&" * 49_152, code=USAGE)  # five times that on the wire
    assert "store" in too_large.complaint


def test_a_full_store_says_so(mote: Mote) -> None:
    done = mote.run("send", "--queue", "--lines", "bob@localhost", input=("x" * 40_000 + "\n") * 200, code=LOCAL)
    assert "full" in done.complaint and "queue" in done.stderr
    assert len(waiting(mote)) == len(done.stdout.splitlines()) > 50
    mote.run("queue", "drop", "all")
    mote.run("send", "--queue", "bob@localhost", "x")


def test_another_accounts_queue_is_left_alone(mote: Mote) -> None:
    mote.run("send", "--queue", "bob@localhost", "x")
    assert mote.jid in mote.run("send", "--queue", "--jid", "carol@localhost", "bob@localhost", "y", code=LOCAL).complaint
    assert len(waiting(mote)) == 1


def test_the_daemon_of_another_account(mote: Mote, daemon: Daemon) -> None:
    done = mote.run("send", "--queue", "--jid", "carol@localhost", "bob@localhost", "y", code=LOCAL)
    assert "another account" in done.complaint


@pytest.mark.parametrize("content", (b"x" * 8192 * 2, b"x" * 1000, bytes(range(256)) * 64))
def test_a_store_that_is_none(mote: Mote, content: bytes) -> None:
    (mote.home / "mote.store").write_bytes(content)
    for arguments in (("send", "--queue", "bob@localhost", "x"), ("run",), ("queue",)):
        assert "mote.store" in mote.run(*arguments, code=LOCAL).complaint
    assert (mote.home / "mote.store").read_bytes() == content


def test_a_store_that_somebody_holds(mote: Mote) -> None:
    mote.run("send", "--queue", "bob@localhost", "x")
    with open(mote.home / "mote.store", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        assert "did not answer" in mote.run("send", "--queue", "bob@localhost", "y", code=LOCAL).complaint
        assert 8 < time.monotonic() - began < 25 * busy()
        assert "another process" in mote.run("run", code=LOCAL).complaint


def test_only_one_daemon(mote: Mote, daemon: Daemon) -> None:
    assert "another process has it" in mote.run("run", code=LOCAL).complaint


def test_a_socket_that_a_dead_daemon_left_is_taken_over(mote: Mote, daemon: Daemon, peer: Peer) -> None:
    daemon.kill()
    assert (mote.home / "mote.sock").exists()
    mote.run("send", "--queue", peer.account.jid, "into the store")
    daemon.start()
    peer.wait_message("into the store")
    mote.run("send", "--queue", peer.account.jid, "through the socket")
    peer.wait_message("through the socket")


def test_a_socket_of_somebody_else_is_left_alone(mote: Mote) -> None:
    path = mote.home / "other.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.bind(str(path))
        s.listen()
        assert "another process answers" in mote.run("run", "--socket", str(path), code=LOCAL).complaint
    path.unlink()
    path.write_text("a file")
    assert str(path) in mote.run("run", "--socket", str(path), code=LOCAL).complaint
    assert path.read_text() == "a file"


def test_a_path_that_is_longer_than_a_sockets_name_may_be(server: Prosody, alice: Account, bob: Account,
                                                          tmp_path: Path) -> None:
    mote = Mote(tmp_path / ("d" * 120), alice, "127.0.0.1", server.direct, server.ca, "direct").setup()
    with Daemon(mote) as daemon:
        until((mote.home / "mote.sock").exists)
        mote.run("send", "--queue", bob.jid, "x")
        daemon.now.wait_event("delivered")
        daemon.stop()


# --- strangers at the socket ----------------------------------------------------------------------------------------

def test_nonsense_at_the_socket(mote: Mote, daemon: Daemon, peer: Peer) -> None:
    for words in (b"x", b"\0", b"list", b"list\0after", b"\0\0\0", b"message\0", b"message\0to=x\0body=y\0",
                  b"message\0to=bob@localhost\0body=\xff\0", b"drop\0ticket=x\0", b"drop\0ticket=-1\0", b"post\0",
                  b"list\0after=99999999999999999999\0", os.urandom(5000), b"x\0" + b"a=b\0" * 16000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(10)
            s.connect(str(mote.home / "mote.sock"))
            s.recv(65536)
            s.send(words)
            answer = s.recv(65536)
            assert answer == b"" or answer.startswith((b"error\0", b"ok\0")), (words[:50], answer)
    assert waiting(mote) == []
    mote.run("send", "--queue", peer.account.jid, "still there")
    peer.wait_message("still there")


def test_clients_that_say_nothing_do_not_keep_others_out(mote: Mote, daemon: Daemon) -> None:
    idle = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(8)]
    for s in idle:
        s.connect(str(mote.home / "mote.sock"))
    mote.run("send", "--queue", "bob@localhost", "x", timeout=40)
    for s in idle:
        s.close()
    assert ask(mote, "retry")[0] == "ok"


@root_only
def test_other_users_are_not_listened_to(mote: Mote, daemon: Daemon) -> None:
    """Even where the file's mode would let them."""
    for path in (mote.home / "mote.sock", mote.home, *list(mote.home.parents)[:3]):
        path.chmod(0o777)
    script = ("import os, socket, sys; os.setgid(65534); os.setuid(65534); "
              "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(10); s.connect(sys.argv[1]); "
              "print(s.recv(100))")
    done = subprocess.run(["/usr/bin/python3", "-c", script, str(mote.home / "mote.sock")], capture_output=True, text=True)
    assert done.stdout == "b''\n" or "ConnectionResetError" in done.stderr, done
