#!/usr/bin/env python3
"""bench.py [--report] [PART...]: measure all parts, or those named, and write docs/BENCH.md with its plots.

Results are kept in build/bench.json; parts that are not named keep theirs. --report only writes the document anew.
"""
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import report
from parts import PARTS
from tools import ROOT, Servers, run, say

KEPT = ROOT / "build/bench.json"


def machine() -> dict[str, Any]:
    cpu = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
           if line.startswith("model name")]
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    packages = ("libstrophe0", "libgloox18", "python3-slixmpp", "libmosquitto1", "libexpat1", "prosody", "go-sendxmpp")
    versions = {name: run(["dpkg-query", "-W", "-f", "${Version}", name]) for name in packages if shutil.which("dpkg-query")}
    return {"cpu": cpu[0] if cpu else platform.machine(), "cores": str(os.cpu_count()), "load": str(round(os.getloadavg()[1])),
            "system": system["PRETTY_NAME"].strip('"'), "versions": versions,
            "compiler": run(["gcc", "--version"]).splitlines()[0]}


def main() -> int:
    names = [name for name in sys.argv[1:] if name != "--report"]
    if unknown := [name for name in names if name not in PARTS]:
        print(f"bench: no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    results = json.loads(KEPT.read_text()) if KEPT.exists() and (names or "--report" in sys.argv) else {}
    begin = time.monotonic()
    if "--report" not in sys.argv:
        results["machine"] = machine()
        with tempfile.TemporaryDirectory() as directory:
            servers = Servers(Path(directory))
            try:
                for name in names or PARTS: # what fails ends it: half a table would be no comparison
                    say(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0] if PARTS[name].__doc__ else ''}")
                    begun = time.monotonic()
                    results[name] = PARTS[name](servers)
                    results.setdefault("minutes", {})[name] = round((time.monotonic() - begun) / 60, 1)
                    KEPT.write_text(json.dumps(results, indent=1))
            finally:
                servers.stop()
        say(f"measured in {(time.monotonic() - begin) / 60:.1f} minutes")
    missed = report.write(results, ROOT / "docs")
    say("docs/BENCH.md is written; " + (f"missed: {'; '.join(missed)}" if missed else "all targets are met"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
