"""Programs against an installed Mote: with pkg-config, with CMake, in C and in C++."""
import re
import subprocess
from pathlib import Path

import pytest

from tree import ROOT, Installed, make_variables, run

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

CMAKE = """\
cmake_minimum_required(VERSION 3.13)
project(outside C CXX)
find_package(Mote 0.1 REQUIRED)
add_executable(echo echo.c)
add_executable(outside {sources})
add_executable(plus plus.cpp)
foreach(program echo outside plus)
  target_link_libraries({program} Mote::mote)
endforeach()
set_property(TARGET plus PROPERTY CXX_STANDARD 17)
"""

PLUS = """\
#include <cstdio>
#include <cstring>
#include "core/modules/chat/chat.h"
#include "core/mote.h"

static mote engine;
static mote_chat chat;

int main()
{
    if (std::strcmp(mote_version(), MOTE_VERSION) != 0) {
        return 1;
    }
    mote_config config{};
    int refused = mote_init(&engine, &config);
    std::printf("%s: %s\\n", mote_version(), refused < 0 ? "an empty configuration is refused" : "?");
    if (refused == 0) {
        mote_chat_attach(&chat, &engine, 0);
    }
    return refused < 0 ? 0 : 1;
}
"""


def readme_example() -> str:
    blocks = re.findall(r"^```c\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    return next(block for block in blocks if "int main" in block)


def starts(program: Path) -> None:
    """The echo says what it lacks, and how it is told."""
    done = run(program)
    assert done.returncode == 2 and "--jid" in done.stdout, done


def test_only_public_headers_are_there(installed: Installed) -> None:
    include = installed.usr / "include/mote"
    found = {str(path.relative_to(include)) for path in include.rglob("*.h")}
    found = {path for path in found if not path.startswith("deps/")}
    more = {"boards/board_limits.h", "boards/linux/mbedtls_config.h"}
    assert found == set(make_variables()["PUBLIC_HEADERS"].split()) | more


@pytest.mark.parametrize("compiler", ["gcc -std=c11", "g++ -std=c++17"])
def test_each_header_compiles_alone(installed: Installed, tmp_path: Path, compiler: str) -> None:
    suffix = "cpp" if "++" in compiler else "c"
    for header in make_variables()["PUBLIC_HEADERS"].split():
        source = tmp_path / f"one.{suffix}"
        source.write_text(f'#include "{header}"\n#include "{header}"\n')
        done = run(*compiler.split(), *WARNINGS, *installed.flags("--cflags"), "-fsyntax-only", source, cwd=tmp_path)
        assert done.returncode == 0, f"{header}:\n{done.stdout}"


def test_each_header_declares_functions_of_c(installed: Installed) -> None:
    """Else a C++ program compiles and does not link."""
    for header in make_variables()["PUBLIC_HEADERS"].split():
        text = (installed.usr / "include/mote" / header).read_text()
        if re.search(r"^[a-z].*\(.*\);", text, re.M):
            assert text.count('extern "C" {') == 1, header


def test_pkg_config_builds_the_example_of_the_readme(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "echo.c").write_text(readme_example())
    done = run("gcc", "-std=c11", *WARNINGS, "-o", "echo", "echo.c", *installed.flags("--cflags", "--libs", "--static"),
               cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    starts(tmp_path / "echo")


def test_pkg_config_builds_a_module_from_outside(installed: Installed) -> None:
    done = run("tests/install/outside.sh", " ".join(installed.flags("--cflags")),
               " ".join(installed.flags("--libs", "--static")))
    assert done.returncode == 0 and "not ok" not in done.stdout and "\nok " in done.stdout, done.stdout


def test_cmake_builds_them_too(installed: Installed, tmp_path: Path) -> None:
    sources = sorted((ROOT / "tests/install/outside").glob("*.c"))
    (tmp_path / "CMakeLists.txt").write_text(
        CMAKE.replace("{sources}", " ".join(map(str, sources))).replace("{program}", "${program}"))
    (tmp_path / "echo.c").write_text(readme_example())
    (tmp_path / "plus.cpp").write_text(PLUS)
    for command in (["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={installed.usr}",
                     f"-DCMAKE_LIBRARY_ARCHITECTURE={'x86_64-linux-gnu' if 'x86' in str(installed.libdir) else ''}"],
                    ["cmake", "--build", "build"]):
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
    starts(tmp_path / "build/echo")
    for program in ("outside", "plus"):
        done = run(tmp_path / "build" / program)
        assert done.returncode == 0 and "not ok" not in done.stdout, done.stdout


def test_cmake_is_told_which_versions_fit(installed: Installed, tmp_path: Path) -> None:
    """Before 1.0 the minor version has to be the same."""
    for version, fits in (("0.1", True), ("0.1.0", True), ("0.2", False), ("0.1.1", False), ("1.0", False)):
        (tmp_path / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.13)\nproject(p C)\n"
                                                 f"find_package(Mote {version})\n"
                                                 "if(Mote_FOUND)\nmessage(STATUS \"it fits\")\nendif()\n")
        done = run("cmake", "-S", ".", "-B", f"b{version}", f"-DMote_DIR={installed.libdir}/cmake/Mote", cwd=tmp_path)
        assert ("it fits" in done.stdout) is fits, f"{version}:\n{done.stdout}"


def test_versions_agree(installed: Installed) -> None:
    """Macros, the command, its man page, the change log and pkg-config."""
    text = (ROOT / "core/mote.h").read_text()
    version = re.search(r'^#define MOTE_VERSION "(.*)"$', text, re.M)[1]
    number = int(re.search(r"^#define MOTE_VERSION_NUM (0x\w+)", text, re.M)[1], 16)
    major, minor, patch = map(int, version.split("."))
    assert number == major << 16 | minor << 8 | patch
    assert run(installed.usr / "bin/mote", "--version").stdout == f"mote {version}\n"
    assert installed.flags("--modversion") == [version]
    assert f'"Mote {version}"' in (ROOT / "docs/mote.1").read_text().splitlines()[1]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "docs/CHANGELOG.md").read_text(), re.M)


def test_nothing_says_where_it_was_built(installed: Installed) -> None:
    done = subprocess.run(["grep", "-rlF", str(ROOT), str(installed.usr)], capture_output=True, text=True)
    assert done.stdout == "", done.stdout
