"""The build with TLS 1.3 beside 1.2, which takes all of the small part."""
from pathlib import Path
from typing import Callable

import pytest

from board import Board
from certs import Certs
from conftest import variant
from prosody import Prosody
from test_boards import test_login_with_ecdsa  # noqa: F401  by whatever the two agree on
from test_resume import BEFORE, M, login

Make = Callable[..., Board]

# Fails when the image is larger than 252 KiB of flash or 64 KiB of RAM.
name, build = variant("lm3s6965evb", "tls13", "TLS13=1")


@pytest.mark.parametrize("protocol", ["tlsv1_2", "tlsv1_3"])
def test_login_with(board: Make, certs: Certs, tmp_path: Path, protocol: str) -> None:
    """A server that has this version only."""
    with Prosody(tmp_path / "prosody", certs, protocol=protocol) as prosody:
        with board(server=prosody, account=prosody.account("versed")) as b:
            b.wait("online as versed")
            b.wait('posted "')


def test_a_reboot_keeps_the_tls_session(board: Make, certs: Certs, tmp_path: Path) -> None:
    """Of TLS 1.3, where the server goes by the fragment length of the session, too."""
    server = Prosody(tmp_path / "prosody", certs, protocol="tlsv1_3")
    server.tickets = True
    with server:
        account = server.account("versed")
        with board(server=server, account=account, count=1) as b:
            assert BEFORE not in login(b)
            b.wait('posted "')
        with board(server=server, account=account, icount=True, count=1) as b:
            assert login(b).endswith(BEFORE)
            busy = b.figures()["busy"] * 1000
            b.wait('posted "')
    print(f"a login with a session of TLS 1.3: {busy:,} instructions")
    assert busy <= 40 * M
