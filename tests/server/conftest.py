"""What the tests share: one Prosody for all of them, and accounts of its own for each.

A test named by a row of docs/TESTING.md (test_T4_...) is marked as attack. `--part=1/3` runs a third of what is selected: the
parts run side by side. What passed and failed goes to the file ATTACKS_HEARD, for tests/attacks.py.
"""
import itertools
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Callable, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from attacks import rows_in  # noqa: E402
from certs import Certs
from command import BINARY, ROOT, Mote
from component import Component
from daemon import Daemon, until
from network import HOST, SERVER, Dns, Network, NetworkMote
from peer import Peer
from prosody import Account, Prosody

numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", default="1/1", help="K/N: the K-th of N parts of the selected tests")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; of make check-long")
    config.addinivalue_line("markers", "attack: named by a row of docs/TESTING.md")
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: run make first", 2)


def shared(item: pytest.Item) -> str:
    """What those have in common that run in one part."""
    return item.nodeid.partition("[" if item.get_closest_marker("attack") is not None else "::")[0]


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make check-long` runs those marked long, and no other; nobody else runs them. All of one file are in one part, because
    they may share a server; of the attacks, which need none but the one of all tests, only those of one function."""
    part, parts = map(int, config.getoption("--part").split("/"))
    for item in items:
        if rows_in(item.name):
            item.add_marker(pytest.mark.attack)
    long = os.environ.get("MOTE_LONG") == "1"
    out = {item for item in items if (item.get_closest_marker("long") is not None) != long or
           zlib.crc32(shared(item).encode()) % parts != part - 1}
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=list(out))


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """A line for the summary of tests/run.sh: "...cuts: ..."."""
    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", flush=True)
    return say


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    path = os.environ.get("ATTACKS_HEARD")
    if path and (report.when == "call" or report.outcome != "passed"):
        with open(path, "a") as file:
            file.write(f"{report.outcome} {report.nodeid}\n")


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return Certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody(tmp_path_factory.mktemp("prosody"), certs) as prosody:
        yield prosody


@pytest.fixture
def tls() -> str:
    """How connections begin; tests that care are parametrised with @both."""
    return "direct"


@pytest.fixture
def friends(server: Prosody) -> tuple[Account, Account]:
    """Two new accounts that are subscribed to each other's presence."""
    number = next(numbers)
    alice, bob = server.account(f"alice{number}"), server.account(f"bob{number}")
    server.befriend(alice, bob)
    return alice, bob


@pytest.fixture
def alice(friends: tuple[Account, Account]) -> Account:
    return friends[0]


@pytest.fixture
def bob(friends: tuple[Account, Account]) -> Account:
    return friends[1]


@pytest.fixture
def mote(server: Prosody, alice: Account, tls: str, tmp_path: Path) -> Mote:
    """alice uses mote, and has set it up."""
    return Mote(tmp_path / "alice", alice, "127.0.0.1", server.port(tls), server.ca, tls).setup()


@pytest.fixture
def other(server: Prosody, bob: Account, tls: str, tmp_path: Path) -> Mote:
    """bob uses mote as well."""
    return Mote(tmp_path / "bob", bob, "127.0.0.1", server.port(tls), server.ca, tls).setup()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What shifts the clock of a process that loads it: test_clock.Clock."""
    path = tmp_path_factory.mktemp("library") / "clock_shift.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", path, "tests/server/clock_shift.c"], cwd=ROOT,
                   check=True, timeout=60)
    return path


@pytest.fixture
def rng() -> random.Random:
    """Another storm each time; a failure tells which one."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def daemon(mote: Mote) -> Iterator[Daemon]:
    """mote run, for alice; it can be asked."""
    with Daemon(mote) as daemon:
        until((mote.home / "mote.sock").exists, name="the socket")
        yield daemon


@pytest.fixture
def peer(server: Prosody, bob: Account, tls: str) -> Iterator[Peer]:
    """bob uses slixmpp, and is on line."""
    with Peer(server, bob, tls) as peer:
        yield peer


@pytest.fixture
def ext(server: Prosody) -> Iterator[Component]:
    with Component(server) as component:
        yield component


@pytest.fixture(scope="session")
def writer(server: Prosody) -> Account:
    """Who may make nodes on the pubsub services."""
    return server.account("writer")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


# --- a network of the test's own ------------------------------------------------------------------------------------

@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    try:
        network = Network(tmp_path).__enter__()
    except OSError as error:
        pytest.skip(f"this machine lets nobody make network namespaces: {error}")
    try:
        yield network
    finally:
        network.__exit__()


@pytest.fixture
def dns(network: Network) -> Dns:
    """Knows the server's host and nothing else."""
    dns = network.name()
    dns.host(HOST, SERVER)
    dns.host("wide.test", SERVER)
    return dns


@pytest.fixture(scope="session")
def wide(server: Prosody) -> Account:
    return server.account("wanda", host="wide.test")


@pytest.fixture
def wanda(network: Network, server: Prosody, wide: Account, tmp_path: Path) -> NetworkMote:
    return network.mote(tmp_path / "wanda", wide, server)
