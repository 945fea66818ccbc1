"""The build with TLS 1.3 beside 1.2, which takes all of the small part."""
from pathlib import Path
from typing import Callable

import pytest

from board import Board
from certs import Certs
from conftest import make_firmware
from prosody import Prosody
from test_boards import test_login_with_ecdsa  # noqa: F401  by whatever the two agree on

Make = Callable[..., Board]


@pytest.fixture(scope="session", params=["lm3s6965evb"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def build(name: str) -> str:
    """Fails when the image is larger than 252 KiB of flash or 64 KiB of RAM."""
    make_firmware(name, "TLS13=1")
    return f"{name}-tls13"


@pytest.mark.parametrize("protocol", ["tlsv1_2", "tlsv1_3"])
def test_login_with(board: Make, certs: Certs, tmp_path: Path, protocol: str) -> None:
    """A server that has this version only."""
    prosody = Prosody(tmp_path / "prosody", certs, protocol=protocol)
    try:
        with board(server=prosody.start(), account=prosody.account("versed")) as b:
            b.wait("online as versed")
            b.wait('posted "')
    finally:
        prosody.stop()
