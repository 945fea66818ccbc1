"""What makes a board's next login cheap, kept in its store: the TLS session, and the token that takes the keys' place."""
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from prosody import Account, Prosody
from prosody13 import Prosody13
from scripted import Client, ScriptedServer
from test_tls_resume import enlarge_tickets

from board import Board
from chains import Chain

Make = Callable[..., Board]
M = 1_000_000
BEFORE = ", TLS session of before"


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """With tickets, which Prosody does not give by itself."""
    server = Prosody(tmp_path_factory.mktemp("prosody"), certs)
    server.tickets = True
    with server:
        yield server


def login(b: Board) -> str:
    """How it went, as the board tells it."""
    b.wait("online as", timeout=240)
    b.figures()
    return b.wait("^login: ")[0] and next(line for line in reversed(b.lines) if line.startswith("login: "))


def test_a_reboot_keeps_the_tls_session(board: Make) -> None:
    """The handshake takes 107 M instructions without it. All that the board does from its start until it is on line counts."""
    with board(count=1) as b:
        assert BEFORE not in login(b)
    with board(icount=True, count=1) as b:
        assert login(b).endswith(BEFORE)
        busy = b.figures()["busy"] * 1000
        b.wait('posted "')
    print(f"a login with a TLS session of before: {busy:,} instructions")
    assert busy <= 3 * M


@pytest.fixture(scope="module")
def modern(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody13(tmp_path_factory.mktemp("prosody13"), certs, tickets=True) as server:
        yield server


def test_a_reboot_keeps_token_and_tls_session(board: Make, modern: Prosody) -> None:
    """The first login is by SCRAM; each later one by the token that the one before has brought, or by the same."""
    account = modern.account("thing")
    seen = []
    for _ in range(4):
        with board(server=modern, account=account, count=1) as b:
            seen.append(login(b))
            b.wait('posted "')
    assert "SCRAM-SHA-256" in seen[0] and BEFORE not in seen[0], seen
    assert all("HT-SHA-256-" in line and line.endswith(BEFORE) for line in seen[1:]), seen
    with board(server=modern, account=account, icount=True, count=1) as b:
        assert "HT-SHA-256-" in login(b)
        busy = b.figures()["busy"] * 1000
    print(f"a login with token and TLS session of before: {busy:,} instructions; {seen[-1]}")
    assert busy <= 3 * M


def test_a_token_that_the_server_has_forgotten(board: Make, modern: Prosody) -> None:
    """The keys log in, and the next token is kept."""
    account = modern.account("forgotten")
    seen = []
    for turn in range(4):
        with board(server=modern, account=account, count=1) as b:
            seen.append(login(b))
            b.wait('posted "')
        if turn == 1:
            modern.stop()
            for path in (modern.dir / "data").rglob("*token*/*"):
                if path.is_file():
                    path.unlink()
            modern.start()
    assert ["HT-SHA-256-" in line for line in seen] == [False, True, False, True], seen


def test_an_rsa_chain_leaves_room_for_the_ticket(board: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys of 4096 and 2048 bits take the most memory of all."""
    server = Prosody(tmp_path_factory.mktemp("rsa"), Chain(tmp_path_factory.mktemp("chain"), "rsa:4096", "rsa:2048", "rsa:2048"))
    server.tickets = True
    with server:
        account = server.account("roomy")
        with board(server=server, account=account, count=1) as b:
            assert BEFORE not in login(b)
        with board(server=server, account=account, count=1) as b:
            assert login(b).endswith(BEFORE)


@pytest.mark.parametrize("size,kept", [(150, True), (700, False), (3000, False)])
def test_T12_tickets_of_all_sizes(board: Make, certs: Certs, size: int, kept: bool) -> None:
    """One that is too large is not kept, and does no harm; `size` comes on top of what OpenSSL has in them."""
    account = Account("alice@localhost", "sesame")

    def honest(client: Client) -> None:
        client.login(account.password)
        client.answer_iqs()

    with ScriptedServer(certs.server(), honest) as server:
        enlarge_tickets(server.context, size)
        for turn in range(2):
            with board(port=server.port, account=account, ca=certs.ca) as b:
                assert login(b).endswith(BEFORE) == (kept and turn == 1)


def test_T12_a_ticket_after_the_authority_has_changed(board: Make, server: Prosody, certs: Certs, tmp_path: Path) -> None:
    strange = Certs(tmp_path / "strange")
    account = server.account("changed")
    with board(account=account, count=1) as b:
        login(b)
    with board(account=account, ca=strange.ca) as b:
        b.wait("offline: .*not trusted here")
    with board(account=account, count=1) as b:
        assert BEFORE not in login(b)
