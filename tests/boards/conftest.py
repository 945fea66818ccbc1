"""The board tests share the server and the peer of tests/server."""
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "server"), str(Path(__file__).resolve().parent)]

from certs import Certs  # noqa: E402
from prosody import Account, Prosody  # noqa: E402

from board import ROOT, Board  # noqa: E402
from chains import Chain  # noqa: E402

BOARDS = ("lm3s6965evb", "mps2-an385", "riscv-virt", "w5500-evb-pico")
# On these boards, of the tests that all boards have, only these are run; with MOTE_ALL_BOARDS=1 (make check-long) all.
IN_SHORT = {"riscv-virt": ("test_login_with_ecdsa[", "test_login_with_rsa", "test_posts_and_answers[", "test_file_both_ways",
                           "test_cable_out_and_in", "test_second_login", "test_chip_image", "test_full_stack",
                           "test_running_away", "test_reset_in_the_middle_of_a_file", "test_no_dhcp_server"),
            "w5500-evb-pico": ("test_login_with_ecdsa[", "test_login_with_rsa", "test_posts_and_answers[", "test_file_both_ways",
                               "test_cable_out_and_in", "test_second_login", "test_reset_in_the_middle_of_a_file")}
numbers = itertools.count(1)


@pytest.fixture(scope="session", params=BOARDS)
def name(request: pytest.FixtureRequest) -> str:
    """Of the board."""
    return request.param


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for board, tests in () if os.environ.get("MOTE_ALL_BOARDS") else IN_SHORT.items():
        left_out = [item for item in items if board in item.name and not item.name.startswith(tests) and
                    not hasattr(item.module, "ONE_BOARD")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def make_firmware(board: str, *variables: str) -> None:
    done = subprocess.run(["make", "--no-print-directory", f"BOARD={board}", "EXAMPLE=sensor", *variables], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture(scope="session")
def build(name: str) -> str:
    """Its firmware, by the folder below build/."""
    make_firmware(name)
    return name


def variant(board: str, suffix: str = "", *variables: str) -> tuple[object, object]:
    """The fixtures `name` and `build` for a module about one board, or another build of it, in build/BOARD-SUFFIX."""
    @pytest.fixture(scope="session", name="name", params=[board])
    def its_name(request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture(scope="session", name="build")
    def its_build(name: str) -> str:
        make_firmware(name, *variables)
        return f"{name}-{suffix}" if suffix else name

    return its_name, its_build


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return Certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody(tmp_path_factory.mktemp("prosody"), certs) as prosody:
        yield prosody


@pytest.fixture(scope="session")
def rsa_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """With a key of 2048 bits, an intermediate authority of 2048 and a root of 4096: what public authorities give."""
    chain = Chain(tmp_path_factory.mktemp("chain"), "rsa:4096", "rsa:2048", "rsa:2048")
    with Prosody(tmp_path_factory.mktemp("rsa"), chain) as prosody:
        yield prosody


@pytest.fixture(scope="session")
def ecdsa_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """The same with keys on P-256 and P-384."""
    chain = Chain(tmp_path_factory.mktemp("chain"), "P-384", "P-384", "P-256")
    with Prosody(tmp_path_factory.mktemp("ecdsa"), chain) as prosody:
        yield prosody


@pytest.fixture
def account(server: Prosody) -> Account:
    return server.account(f"board{next(numbers)}")


@pytest.fixture
def friend(server: Prosody, account: Account) -> Account:
    friend = server.account(f"friend{next(numbers)}")
    server.befriend(account, friend)
    return friend


@pytest.fixture
def board(name: str, build: str, tmp_path: Path, server: Prosody, account: Account) -> Callable[..., Board]:
    """Make one; called again, the same board is switched on again."""
    def make(**settings: object) -> Board:
        return Board(name, build, tmp_path, settings.pop("server", server), settings.pop("account", account), **settings)
    return make
