"""Prosody 13 with SASL2, Bind 2 and tokens (XEP-0388, 0386, 0484): that of Debian trixie, unpacked below build/ and run where it
lies, on whatever Debian this is."""
import os
import platform
import subprocess
from pathlib import Path

from prosody import Certificates, Prosody

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/trixie-prosody"
MODULES = ["sasl2", "sasl2_bind2", "sasl2_fast", "sasl2_sm"]


def unpack() -> Path:
    subprocess.run([ROOT / "tests/server/trixie.sh", FOLDER, "prosody", "prosody-modules", "lua-unbound"], check=True,
                   timeout=600)
    return FOLDER


class Prosody13(Prosody):
    def __init__(self, directory: Path, certs: Certificates, modules: list[str] | None = None, tickets: bool = False,
                 **options: object):
        super().__init__(directory, certs, **options)
        root = unpack()
        script = directory / "prosody13"
        text = (root / "usr/bin/prosody").read_text().split("\n", 1)[1]  # without the line that names the interpreter
        script.write_text(text.replace("/usr/lib/prosody", f"{root}/usr/lib/prosody")
                          .replace("/etc/prosody", f"{root}/etc/prosody"))
        triplet = f"{platform.machine()}-linux-gnu"
        libraries = root / "usr/lib" / triplet
        loader = next(libraries.glob("ld-linux*.so.*"))
        self.program = [str(loader), "--library-path", str(libraries), str(root / "usr/bin/lua5.4"), str(script)]
        self.environment = os.environ | {
            "LUA_PATH": f"{root}/usr/share/lua/5.4/?.lua;{root}/usr/share/lua/5.4/?/init.lua;;",
            "LUA_CPATH": f"{libraries}/lua/5.4/?.so;;"}
        self.modules = MODULES if modules is None else modules
        self.extra = f'plugin_paths = {{ "{root}/usr/lib/prosody/modules" }}\n'
        self.tickets = tickets

