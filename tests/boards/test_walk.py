"""docs/PORTING.md is a walk: its commands are run in a copy of the tree."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from board import ROOT


def test_walk_of_porting(tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path, dirs_exist_ok=True,
                    ignore=lambda folder, names: {"build", ".git"} & set(names) if folder == str(ROOT) else ())
    shutil.copytree(ROOT / "build/deps", tmp_path / "build/deps", symlinks=True,  # fetched, and built for this machine
                    ignore=shutil.ignore_patterns("lm3s6965evb*", "mps2-an385*", "riscv-virt*", "apt"))
    blocks = re.findall(r"^```sh\n(.*?)^```$", (tmp_path / "docs/PORTING.md").read_text(), re.M | re.S)
    assert len(blocks) == 2
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["bash", "-euc", "\n".join(blocks)], cwd=tmp_path, env=env, capture_output=True, text=True,
                          timeout=1500)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "mote: the random source failed" in done.stdout
    assert (tmp_path / "build/mine/sensor.elf").exists()
