"""TLS records larger than a board asks for: of servers that agree to its fragment length, and of those that do not."""
import time
from typing import Callable, Iterator

import pytest

from board import Board
from certs import Certs
from peer import Peer
from prosody import Account, Prosody
from test_boards import wait_status
from tls12 import Tls12Relay

Make = Callable[..., Board]
KB = 1000


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """One that keeps sessions for as long as a slow machine takes to come back to them."""
    with Prosody(tmp_path_factory.mktemp("prosody"), certs, protocol="tlsv1_2", hibernation=120) as prosody:
        yield prosody


@pytest.mark.parametrize("size", [4 * KB, 8 * KB, 16 * KB, 64 * KB])
def test_T11_B2_a_server_that_agrees(board: Make, server: Prosody, friend: Account, size: int) -> None:
    """Its records are small, whatever the size of the stanza."""
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        peer.send(jid, "x" * size)
        peer.send(jid, "status")
        wait_status(peer)
        assert not any("offline" in line for line in b.lines), b.lines


@pytest.mark.parametrize("size", [500, 1500, 3000])
def test_T9_B2_a_server_that_does_not(board: Make, server: Prosody, certs: Certs, friend: Account, size: int) -> None:
    with Tls12Relay(server.port("direct"), certs.server(), join=4096) as relay, Peer(server, friend) as peer:
        with board(allow=friend.jid, port=relay.port) as b:
            jid = b.wait("online as (.*)")[1]
            peer.send(jid, "x" * size)
            peer.send(jid, "status")
            wait_status(peer)
            assert not any("offline" in line for line in b.lines), b.lines


@pytest.mark.parametrize("size", [8 * KB, 16 * KB, 64 * KB])
def test_T11_B2_what_is_too_large_does_not_come_for_ever(board: Make, server: Prosody, certs: Certs, friend: Account,
                                                         size: int) -> None:
    """It is told as what it is, each time that it comes, and what is behind it is answered."""
    with Tls12Relay(server.port("direct"), certs.server(), join=4096) as relay, Peer(server, friend) as peer:
        with board(allow=friend.jid, port=relay.port) as b:
            jid = b.wait("online as (.*)")[1]
            b.wait('posted "')
            peer.send(jid, "x" * size)
            b.wait("offline: the server sent a TLS record larger than the 4096 bytes that there is room for")
            end = time.monotonic() + 120
            while not answers(peer, jid.split("/")[0]):
                assert time.monotonic() < end, b.lines
            ends = [line for line in b.lines if "offline" in line]
            assert len(ends) <= 4 and all("TLS record larger than" in line for line in ends), b.lines


def answers(peer: Peer, bare: str) -> bool:
    peer.send(bare, "status")
    try:
        return bool(peer.wait_for(lambda: any("posted, last reading" in m["body"] for m in peer.messages), 3))
    except TimeoutError:
        return False
