"""A board makes its account itself, from an invitation that `mote provision` wrote."""
import secrets
from pathlib import Path
from typing import Callable, Iterator

import pytest

from board import Board
from certs import Certs
from command import BINARY, Mote
from ejabberd import Ejabberd
from invitations import Invitations, open_prosody
from prosody import Account, Prosody
from prosody13 import Prosody13

Make = Callable[..., Board]
pytestmark = pytest.mark.skipif(not BINARY.exists(), reason="the mote command is not built")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, certs: Certs) -> Iterator[Prosody]:
    with open_prosody(Prosody13, tmp_path_factory.mktemp("invites"), certs, invited_only=True) as server:
        yield server


@pytest.fixture
def account() -> Account:
    """That nobody has made."""
    return Account(f"board{secrets.token_hex(4)}@localhost", "")


@pytest.fixture
def mote(tmp_path: Path, server: Prosody, account: Account) -> Mote:
    return Mote(tmp_path / "mote", account, "127.0.0.1", server.port("direct"), server.ca, "direct")


def invite(mote: Mote, board: Board, server: Prosody, link: str) -> None:
    where = ["--host", "10.0.2.2", "--port", str(server.port("direct")), "--tls", "direct"]
    told = mote.run("provision", str(board.image), "--invite", link, "--set", "interval=1", *where).stderr
    assert "an invitation" in told


def stored(board: Board) -> bytes:
    return board.image.read_bytes()


def test_an_invited_board(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    """It is made once; after that there are keys, and no password any more that is in force."""
    first = board(provisioned=True)
    invite(mote, first, server, Invitations(server).make(account.jid))
    with first as b:
        b.wait("the account is made")
        b.wait(f"online as {account.jid}")
        b.wait('posted "')
    with first as b:
        b.wait(f"online as {account.jid}", after=len(b.lines))
        assert sum("the account is made" in line for line in b.lines) == 1


def test_the_power_goes_when_the_account_is_made(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    """The invitation is used up, and the board has no keys yet: it has the password."""
    first = board(provisioned=True)
    invite(mote, first, server, Invitations(server).make(account.jid))
    with first as b:
        b.wait("the account is made")
        b.reset()
    assert (server.dir / "data/localhost/accounts" / f"{account.user}.dat").exists()
    seen = len(first.lines)
    with first as b:
        b.wait(f"online as {account.jid}", after=seen)


def test_a_used_invitation(board: Make, mote: Mote, server: Prosody, account: Account) -> None:
    first = board(provisioned=True)
    invite(mote, first, server, f"xmpp:{account.jid}?register;preauth=used")
    with first as b:
        b.wait("refuses the invitation: forbidden")


def test_ejabberd_needs_no_invitation(board: Make, mote: Mote, certs: Certs, account: Account, tmp_path: Path) -> None:
    with Ejabberd(tmp_path / "ejabberd", certs, registers="infinity") as server:
        first = board(provisioned=True, server=server)
        invite(mote, first, server, account.jid)
        with first as b:
            b.wait("the account is made")
            b.wait(f"online as {account.jid}")
