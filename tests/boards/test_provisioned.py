"""An image that `mote provision` wrote is all that a board needs."""
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from board import Board
from command import BINARY, DONE, Mote
from prosody import Account, Prosody

Make = Callable[..., Board]
pytestmark = pytest.mark.skipif(not BINARY.exists(), reason="the mote command is not built")


@pytest.fixture
def mote(tmp_path: Path, server: Prosody, account: Account) -> Mote:
    mote = Mote(tmp_path / "mote", account, "127.0.0.1", server.port("direct"), server.ca, "direct")
    mote.config.write_text("")
    return mote


def provision(mote: Mote, board: Board, server: Prosody, *more: str, password: str | None = None) -> str:
    where = ["--host", "10.0.2.2", "--port", str(server.port("direct")), "--tls", "direct"]
    if password is not None:
        more += ("--jid", mote.jid, "--password-stdin")
    return mote.run("provision", str(board.image), "--set", "interval=1", *where, *more, input=password or "").stderr


def key_of(certificate: Path) -> str:
    """SHA-256 of its public key, as a pin."""
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", certificate], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], check=True, capture_output=True, input=key.stdout)
    digest = subprocess.run(["sha256sum"], check=True, capture_output=True, input=der.stdout)
    return "sha256:" + digest.stdout.decode().split()[0]


def test_password_and_authority(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    page = mote.home / "page.der"
    first = board(provisioned=True, ca=page)
    provision(mote, first, server, "--ca", str(server.ca), "--ca-page", str(page), password=account.password)
    with first as b:
        b.wait(f"online as {account.jid}")
        b.wait('posted "')


def test_kept_keys(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    """They were made over TLS 1.3 with a channel binding that the board does not have."""
    mote.setup()
    first = board(provisioned=True)
    told = provision(mote, first, server)
    assert "its kept keys" in told and "--ca-page" in told
    assert account.password.encode() not in first.image.read_bytes()
    with first as b:
        b.wait(f"online as {account.jid}")


def test_pin(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    first = board(provisioned=True, ca="")
    pin = key_of(server.certs.server()[0])
    provision(mote, first, server, "--pin", pin, password=account.password)
    with first as b:
        b.wait(f"online as {account.jid}")


def test_provisioned_again(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    """A board that was in use: the new account counts, and keys of the old one do not."""
    with board() as b:
        b.wait("online as")
    other = server.account(f"{account.user}b")
    again = Mote(mote.home, other, "127.0.0.1", server.port("direct"), server.ca, "direct")
    first = board(provisioned=True)
    provision(again, first, server, password=other.password)
    with first as b:
        b.wait(f"online as {other.jid}")
        assert not any("no store" in line for line in b.lines)
    assert again.run("status", "--jid", other.jid, "--password-stdin", *again.where, input=other.password).code == DONE
