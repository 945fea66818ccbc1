"""The power goes in the middle of a post and of a file; what was kept is there once, a file is whole or as it was."""
import os
import random
import time
from pathlib import Path
from typing import Callable

import pytest

from command import BINARY, Mote
from peer import Peer
from prosody import Account, Prosody
from takes_files import accept_files

from board import Board

Make = Callable[..., Board]
NODE = "urn:xmpp:microblog:0"
RESETS = 8


def feed(peer: Peer, account: Account) -> list[str]:
    """Ids of all posts on the node."""
    answer = peer.call(lambda c: c["xep_0060"].get_items(account.jid, NODE, max_items=200))
    return [item.get("id") for item in answer.xml.iter("{http://jabber.org/protocol/pubsub}item")]


def test_reset_in_the_middle_of_posts(board: Make, server: Prosody, friend: Account, account: Account) -> None:
    """Killed at random moments after the login, when readings are on their way; then left alone until all are there."""
    chance = random.Random(20261128)
    posted: list[str] = []
    kept = 0
    with Peer(server, friend) as peer:
        for turn in range(RESETS + 1):
            with board(allow=friend.jid, interval=0, count=3) as b:
                if turn < RESETS:
                    b.wait("online as", timeout=60)
                    time.sleep(chance.random() * 0.3)
                    b.reset()
                else:
                    b.wait("online as", timeout=60)
                    b.wait('kept "', timeout=30)
                    end = time.monotonic() + 90
                    while not any(", nothing waits" in m["body"] for m in peer.messages):
                        assert time.monotonic() < end, "the outbox does not get empty:\n" + "\n".join(b.lines)
                        peer.send(account.jid, "status")
                        time.sleep(2)
                kept += sum("kept " in line for line in b.lines)
                posted += [line.rsplit(" as ", 1)[1] for line in b.lines if line.startswith("posted ")]
        ids = feed(peer, account)
    print(f"resets: {RESETS} tried, {kept} readings kept, {len(ids)} on the node, {len(posted)} told")
    assert kept > RESETS
    assert len(ids) == len(set(ids)), "a post is there twice"
    assert len(posted) == len(set(posted)), "told twice of one post"
    assert len(ids) >= kept, "a reading was kept and is not there"  # the last line before a reset may not have come out
    assert set(posted) <= set(ids)


@pytest.mark.skipif(not BINARY.exists(), reason="the mote command is not built")
def test_reset_in_the_middle_of_a_file(board: Make, server: Prosody, friend: Account, tmp_path: Path) -> None:
    mote = Mote(tmp_path / "mote", friend, "127.0.0.1", server.port("direct"), server.ca, "direct").setup()
    first, second = mote.home / "first.bin", mote.home / "second.bin"
    first.write_bytes(os.urandom(20001))
    second.write_bytes(os.urandom(60001))
    with board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        assert mote.run("put", str(first), jid, timeout=60).code == 0
        b.wait("file complete")
        put = mote.start("put", str(second), jid)
        time.sleep(0.7)
        b.reset()
        put.wait(60)
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        accept_files(peer)
        peer.send(jid, "file")
        whole = (first.read_bytes(), second.read_bytes())
        peer.wait_for(lambda: any(got in whole for got in peer.received.values()), 60, "a whole file")
