"""Servers that have TLS 1.2 and nothing newer: all that moves data, once more, and what such a server may do."""
import time
from pathlib import Path
from random import Random
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import DONE, Mote, Running
from peer import Peer
from prosody import Account, Prosody
from test_blog import (  # noqa: F401  they run here once more, with this server
    author, test_a_page_is_all_that_this_service_gives, test_a_post_of_slixmpp_as_mote_reads_it, test_follow)
from test_files import (  # noqa: F401
    test_a_bare_stream_from_slixmpp, test_a_bare_stream_to_slixmpp, test_blocks_of_other_sizes, test_put_and_get,
    test_two_files_at_a_time)
from test_messages import test_listen_gets_what_was_stored, test_send_a_message_per_line  # noqa: F401
from test_queue_files import test_through_the_daemon  # noqa: F401
from test_records import KB, body
from test_run import test_run_prints_messages_and_takes_files  # noqa: F401
from tls12 import LARGEST, Tls12Relay


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody(tmp_path_factory.mktemp("prosody"), certs, protocol="tlsv1_2", hibernation=60) as prosody:
        yield prosody


@pytest.fixture(scope="module")
def writer(server: Prosody) -> Account:
    return server.account("writer")


@pytest.mark.parametrize("size", [5 * KB, 16 * KB, 40 * KB])
def test_T9_a_server_that_knows_no_extensions(server: Prosody, certs: Certs, alice: Account, peer: Peer, tmp_path: Path,
                                              size: int) -> None:
    """Neither ALPN nor max_fragment_length: it is spoken with, and its records are the largest there are."""
    with Tls12Relay(server.port("direct"), certs.server()) as relay:
        mote = Mote(tmp_path / "alice", alice, "127.0.0.1", relay.port, server.ca, "direct").setup()
        with mote.listen() as listener:
            peer.wait_online(mote.jid)
            peer.send(mote.jid, body(size))
            listener.wait_event(body=body(size))
            assert not any("off line" in line for line in listener.err), listener.err
            assert listener.stop().code == DONE
        assert relay.largest >= min(size, LARGEST)


def record_sizes(random: Random) -> Callable[[], int]:
    """Each time another one: none, a few bytes, or about what buffers hold; but seldom two small ones in a row, of which a body
    would need thousands. Two empty ones in a row are not sent: TLS takes a few only."""
    sizes = [0, 1, 2, 5, 255, 256, 511, 512, 513, 1024, 4095, 4096, 4097, 8192, LARGEST - 1, LARGEST]
    last = LARGEST

    def size() -> int:
        nonlocal last
        last = random.choice(sizes[4 if last < 255 else 0:]) if random.random() < 0.8 else random.randint(1, LARGEST)
        return last
    return size


def test_T11_B2_records_of_any_sizes(server: Prosody, certs: Certs, alice: Account, peer: Peer, rng: Random,
                                     tmp_path: Path) -> None:
    """From the first byte of the stream on, wherever they cut tags, characters and stanzas."""
    with Tls12Relay(server.port("direct"), certs.server(), split=record_sizes(rng)) as relay:
        mote = Mote(tmp_path / "alice", alice, "127.0.0.1", relay.port, server.ca, "direct").setup()
        with mote.listen() as listener:
            peer.wait_online(mote.jid)
            bodies = ["".join(rng.choices("aä€𐍈<&\"'", k=rng.choice((1, 300, 3000, 9000)))) + f" {i}" for i in range(40)]
            for text in bodies:
                peer.send(mote.jid, text)
            listener.wait_event(body=bodies[-1])
            assert [e["body"] for e in listener.json if e["event"] == "message"] == bodies
            assert not any("off line" in line for line in listener.err), listener.err
            assert listener.stop().code == DONE


LARGER = "the server sent a TLS record larger than the 16384 bytes that there is room for"


def test_T11_B2_a_record_that_is_too_large_does_not_come_for_ever(server: Prosody, certs: Certs, alice: Account, peer: Peer,
                                                                  tmp_path: Path) -> None:
    """One of 20,000 bytes, which the protocol does not allow: said as it is, and given up when it comes again, out of the
    session as out of the archive."""
    with Tls12Relay(server.port("direct"), certs.server(), record=20000, join=4096) as relay:
        mote = Mote(tmp_path / "alice", alice, "127.0.0.1", relay.port, server.ca, "direct").setup()
        with mote.listen() as listener:
            peer.send(mote.jid, "before it")
            listener.wait_event(body="before it")
            before = len(relay.connections)
            peer.send(mote.jid, body(30 * KB))
            listener.wait_for(lambda: any(LARGER in line for line in listener.err))
            read_again(peer, mote, listener)
            ends = [line for line in listener.err if "off line" in line]
            assert 2 <= len(ends) <= 5 and len(relay.connections) <= before + 5, listener.err
            assert all(LARGER in line for line in ends), ends
            assert listener.stop().code == DONE


def test_T11_B2_nor_do_records_that_have_the_session_in_them(server: Prosody, certs: Certs, alice: Account, peer: Peer,
                                                             tmp_path: Path) -> None:
    """Here the resumption itself, or the end of the login, is in such a record too, so there is nothing to acknowledge."""
    with Tls12Relay(server.port("direct"), certs.server(), record=20000) as relay:
        mote = Mote(tmp_path / "alice", alice, "127.0.0.1", relay.port, server.ca, "direct").setup()
        with mote.listen() as listener:
            peer.send(mote.jid, "before it")
            listener.wait_event(body="before it")
            before = len(relay.connections)
            peer.send(mote.jid, body(30 * KB))
            listener.wait_for(lambda: any(LARGER in line for line in listener.err))
            read_again(peer, mote, listener)
            assert len(relay.connections) <= before + 7, listener.err
            assert listener.stop().code == DONE


def read_again(peer: Peer, mote: Mote, listener: Running) -> None:
    """What comes now is read: tried again and again, for nobody can tell when it begins."""
    end = time.monotonic() + 120
    while True:
        peer.send(mote.jid, "later")
        try:
            listener.wait_event(body="later", timeout=2)
            return
        except TimeoutError:
            assert time.monotonic() < end, listener.err
