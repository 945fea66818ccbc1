"""The build for 40 KiB of RAM, TLS=ecdsa: what of test_boards.py memory could spoil, and what it refuses."""
from typing import Callable

from board import Board
from certs import Certs
from conftest import variant
from prosody import Prosody
from test_boards import (  # noqa: F401  they run here once more, on this build
    test_a_question_that_finds_no_room_is_answered_when_there_is, test_C_a_handshake_with_384_bits_in_slices,
    test_certificate_refused, test_file_both_ways, test_login_with_ecdsa, test_login_with_ecdsa_up_to_384_bits,
    test_posts_and_answers, test_second_login_needs_no_password, test_server_gone_and_back, test_stanza_larger_than_the_memory)
from tls12 import Tls12Relay

Make = Callable[..., Board]

# Fails when the image is larger than 208 KiB of flash or 40 KiB of RAM.
name, build = variant("lm3s6965evb", "ecdsa", "TLS=ecdsa")


def test_rsa_authority(board: Make, rsa_server: Prosody) -> None:
    with board(server=rsa_server) as b:
        b.wait("cannot start: the certificate authority has a kind of key that this firmware was built without")


def test_rsa_server(board: Make, rsa_server: Prosody, server: Prosody) -> None:
    with board(server=rsa_server, ca=server.ca) as b:
        b.wait("offline: .*none of our TLS parameters suits it")


def test_T9_B2_server_that_does_not_agree_to_small_records(board: Make, server: Prosody, certs: Certs) -> None:
    with Tls12Relay(server.port("direct"), certs.server()) as relay, board(port=relay.port) as b:
        b.wait("offline: not enough memory for TLS with a server that does not agree to small records")
