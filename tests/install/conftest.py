"""An installed Mote, for all tests of this folder."""
import pytest

from tree import Installed, run


@pytest.fixture(scope="session", params=["lib", "lib/x86_64-linux-gnu"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """By a package's paths into DESTDIR, once into a folder of libraries that is one deeper; then moved elsewhere."""
    where = tmp_path_factory.mktemp("install")
    done = run("make", "-s", "install", f"DESTDIR={where}/first", "PREFIX=/usr", f"LIBDIR=/usr/{request.param}")
    assert done.returncode == 0, done.stdout
    (where / "first").rename(where / "moved")
    return Installed(where / "moved")
