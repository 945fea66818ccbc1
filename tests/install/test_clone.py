"""What somebody has who clones the sources: another path, another compiler, another C library."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tree import ROOT, run

TARBALLS = ROOT / "build/deps/src"


def pins() -> dict[str, str]:
    """Name: file."""
    lines = (ROOT / "port/deps/pins.mk").read_text().splitlines()
    return {line.split()[0].removeprefix("PIN_"): line.split()[3] for line in lines if line.startswith("PIN_")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    where = tmp_path / "a path with blanks" / "mote"
    shutil.copytree(ROOT, where,
                    ignore=lambda folder, names: {"build", ".git"} & set(names) if folder == str(ROOT) else ())
    return where


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="fetch.sh fetches with apt")
def test_B0_a_path_with_blanks_fetches(clone: Path, tmp_path: Path) -> None:
    """apt takes no path with blanks: from a mirror on this disk, by apt's method "copy"."""
    file = pins()["expat"]
    pool = tmp_path / "mirror/pool/main/e/expat"
    pool.mkdir(parents=True)
    shutil.copy(TARBALLS / file, pool)
    done = run("port/deps/fetch.sh", "expat", cwd=clone, MOTE_DEBIAN_MIRROR=f"copy:{tmp_path}/mirror",
               TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert (clone / "build/deps/src" / file).read_bytes() == (TARBALLS / file).read_bytes()
    assert not list(tmp_path.glob("tmp.*")), "the link without blanks is left"


def test_B0_a_path_with_blanks_builds(clone: Path) -> None:
    """All of it, the command and a board's firmware too; the libraries are as they were built."""
    for part in ("src", "linux", "lm3s6965evb"):
        subprocess.run(["cp", "-a", "--parents", f"build/deps/{part}", clone], cwd=ROOT, check=True)
    for need in ROOT.glob("build/.need-*"):
        shutil.copy2(need, clone / "build")
    for options in ([], ["BOARD=lm3s6965evb", "EXAMPLE=sensor"]):
        done = run("make", f"-j{os.cpu_count()}", *options, "all", cwd=clone)
        assert done.returncode == 0, done.stdout[-3000:]
    assert run(clone / "build/linux/mote", "--version").stdout.startswith("mote ")


def test_B0_what_is_an_error_for_gcc_14_is_one_for_every_compiler(tmp_path: Path) -> None:
    """A library that calls a function which nothing declares."""
    lib = tmp_path / "expat/expat/lib"
    lib.mkdir(parents=True)
    for name, text in (("xmlparse", "int f(void) { return g(); }"), ("xmlrole", "int a;"), ("xmltok", "int b;")):
        (lib / f"{name}.c").write_text(text + "\n")
    done = run("make", "-f", "port/deps/lib.mk", "LIB=expat", f"SRC={tmp_path}/expat", f"OUT={tmp_path}/libexpat.a",
               "BOARD=linux", "DEPS_CC=gcc -std=gnu11", "DEPS_AR=ar", "DEPS_CFLAGS=", "EXPAT_RANDOM=none")
    assert done.returncode != 0 and "implicit declaration of function" in done.stdout, done.stdout


@pytest.mark.skipif(shutil.which("musl-gcc") is None, reason="Debian's musl-tools are not there")
def test_B27_the_port_and_the_command_compile_with_musl(tmp_path: Path) -> None:
    """Every source of the build for Linux, with the warnings that are errors; `make check-arch` runs the tests so.
    The headers of the libraries that Debian has for its own C library are lent, without that library's."""
    lent = tmp_path / "lent"
    lent.mkdir()
    for pattern in ("ares*.h", "stringprep.h", "idn*.h"):
        for header in Path("/usr/include").glob(pattern):
            (lent / header.name).symlink_to(header)
    flags = run("make", "-s", "vars").stdout
    sources = run("make", "-s", "sources").stdout.split()
    assert {"core/engine/engine.c", "port/net/posix.c", "boards/linux/board.c", "examples/mote/main.c"} <= set(sources)
    script = tmp_path / "compile.sh"
    script.write_text(f"""{flags}
for f; do
    musl-gcc $(printf %s "$PORT_CFLAGS" | sed 's/\\\\"/"/g') -isystem '{lent}' -fsyntax-only "$f" || exit 255
done
""")
    done = subprocess.run(["xargs", "-P", str(os.cpu_count()), "-n", "20", "sh", script], input="\n".join(sources),
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
