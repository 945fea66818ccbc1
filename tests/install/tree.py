"""Commands as somebody runs them who has the sources, and what make install makes."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: object, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess:
    """Without what the make that runs the tests has told its children."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MOTE_TARBALLS")}
    return subprocess.run([str(word) for word in command], cwd=cwd, env=env | more, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=900)


def make_variables() -> dict[str, str]:
    lines = run("make", "-s", "vars").stdout.splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines) if value}


class Installed:
    def __init__(self, root: Path):
        self.usr = root / "usr"
        self.libdir = next(iter(self.usr.glob("lib/**/pkgconfig"))).parent

    def flags(self, *options: str) -> list[str]:
        done = run("pkg-config", *options, "mote", PKG_CONFIG_PATH=str(self.libdir / "pkgconfig"))
        assert done.returncode == 0, done.stdout
        return done.stdout.split()
