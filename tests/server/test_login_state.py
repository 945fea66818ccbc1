"""What a login leaves for the next one, when the link or the power goes in the middle of it: the next one always succeeds.

tests/transcript/cut.c cuts each profile's login after every byte of the server's, and test_login_cuts.py (make check-long) the
daemon's; here are the verbs, with all that they keep in files.
"""
import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import DONE, Mote
from faultproxy import DIRECTIONS, Cut, FaultProxy
from prosody import Prosody
from prosody13 import Prosody13

WRITES = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2", "unlink")
PLACES = 3  # cuts in each direction


@pytest.fixture(scope="module", params=("sasl2", "sasl1"))
def home(request: pytest.FixtureRequest, certs: Certs, tmp_path_factory: pytest.TempPathFactory,
         server: Prosody) -> Iterator[tuple[Mote, Path]]:
    """An account that was set up, and a copy of its files."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sasl1":
        yield from stored(server, folder)
    else:
        with Prosody13(folder / "prosody", certs) as modern:
            yield from stored(modern, folder)


def stored(server: Prosody, folder: Path) -> Iterator[tuple[Mote, Path]]:
    mote = Mote(folder / "home", server.account(folder.name + "state"), "127.0.0.1", server.direct, server.ca, "direct").setup()
    yield mote, shutil.copytree(mote.home, folder / "kept")


def put_back(mote: Mote, kept: Path) -> None:
    shutil.rmtree(mote.home)
    shutil.copytree(kept, mote.home)


def status(mote: Mote, *more: str) -> dict:
    return json.loads(mote.run("status", "--json", *mote.where, *more).stdout)


@pytest.mark.parametrize("logins", (0, 1, 2))
def test_the_power_goes_at_every_write_of_what_is_kept(home: tuple[Mote, Path], logins: int, figure: Callable[[str], None]) -> None:
    mote, fresh = home
    put_back(mote, fresh)
    for _ in range(logins):
        status(mote)
    kept = shutil.copytree(mote.home, fresh.with_name(f"kept{logins}"), dirs_exist_ok=True)
    killed: list[str] = []
    for call in WRITES:  # strace counts each by itself
        for number in range(1, 100):
            put_back(mote, kept)
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                       "-e", f"inject={call}:signal=SIGKILL:when={number}", *mote.command("status", *mote.where)]
            code = subprocess.run(command, env=mote.env, cwd=mote.home, capture_output=True, timeout=60).returncode
            if code == DONE:
                break
            assert code in (-signal.SIGKILL, 128 + signal.SIGKILL), code
            killed.append(call)
            status(mote)
            assert status(mote)["pipelined"], "two logins later all is as ever"
    figure(f"power at the kept state after {logins} logins, cuts: {len(killed)} tried")
    assert logins > 0 or any(call.startswith("rename") for call in killed), killed


@pytest.mark.parametrize("logins", (0, 1))
def test_the_link_goes_in_the_middle_of_a_login(home: tuple[Mote, Path], logins: int) -> None:
    mote, fresh = home
    put_back(mote, fresh)
    with FaultProxy(int(mote.where[3])) as proxy:
        through = ("--port", str(proxy.port))
        for _ in range(logins):
            status(mote, *through)
        kept = shutil.copytree(mote.home, fresh.with_name(f"cut{logins}"), dirs_exist_ok=True)
        status(mote, *through)
        lengths = proxy.links[-1].passed
        for direction in DIRECTIONS:
            for place in range(PLACES):
                put_back(mote, kept)
                proxy.plan(Cut(direction, 1 + lengths[direction] * place // PLACES, "rst"))
                mote.run("status", *mote.where, *through, code=None)
                status(mote, *through)
