"""TLS records of every size: a server may put 16 KiB into one, and does when there is as much to say."""
from typing import Iterator

import pytest

from certs import Certs
from command import DONE, Mote
from peer import Peer
from prosody import Prosody

KB = 1000
SIZES = [4 * KB, 4300, 5 * KB, 8 * KB, 16 * KB, 17 * KB, 33 * KB, 64 * KB]


@pytest.fixture(scope="module", params=["tlsv1_2", "tlsv1_3"])
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Prosody]:
    """One that has this version only."""
    with Prosody(tmp_path_factory.mktemp("prosody"), certs, protocol=request.param) as prosody:
        yield prosody


def body(size: int) -> str:
    return "".join(f"{i:07} " for i in range(size // 8 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_T11_B2_a_body_of(mote: Mote, peer: Peer, size: int) -> None:
    """Both ways."""
    with mote.listen() as listener:
        peer.wait_online(mote.jid)
        peer.send(mote.jid, body(size))
        listener.wait_event(body=body(size))
        assert not any("off line" in line for line in listener.err), listener.err
        assert listener.stop().code == DONE
    if size <= 48 * KB:  # of what a message may be
        mote.run("send", "--receipt", peer.account.jid, input=body(size))
        peer.wait_message(body(size))
