#!/usr/bin/python3
"""cost.py BOARD BUILD: what the sensor firmware below build/BUILD executes and how much stack it takes, against a real
Prosody. Called by `make sizes BOARD=...`; fails when a budget is broken. One instruction is one nanosecond of QEMU's
counted time."""
import sys
import tempfile
from pathlib import Path
from typing import Callable

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "server"), str(Path(__file__).resolve().parent)]

from board import Board  # noqa: E402
from certs import Certs  # noqa: E402
from prosody import Prosody  # noqa: E402

M = 1_000_000
Row = tuple[str, int, int, str]  # what, measured, budget, unit


def measure(make: Callable[..., Board]) -> list[Row]:
    """Of a board that was never on line: log in and derive keys, start again and log in with them, post."""
    with make(icount=True, count=1) as b:
        b.wait("online as", timeout=240)
        first = b.figures()
        b.wait('posted "', timeout=120)
        b.stop(60)
    with make(icount=True, count=1) as b:
        b.wait("online as", timeout=240)
        second = b.figures()
        b.wait('posted "', timeout=120)
        posted = b.figures()
        b.stop(60)
    return [("first login, 10,000 rounds of PBKDF2", first["busy"] * 1000, 230 * M, "instructions"),
            ("second login, keys kept", second["busy"] * 1000, 150 * M, "instructions"),
            ("a post", (posted["busy"] - second["busy"]) * 1000, M, "instructions"),
            ("longest turn of the loop outside a handshake", max(first["turn"], posted["turn"]) * 1000, 5 * M, "instructions"),
            ("longest turn of the loop in a handshake", max(first["handshake"], posted["handshake"]) * 1000, 10 * M,
             "instructions"),
            ("stack", max(first["stack"], posted["stack"]), first["stack_size"] - 1024, "bytes")]


def lines(rows: list[Row]) -> list[str]:
    return [f"{'ok' if value <= budget else 'not ok'} - {what}: {value:,} of at most {budget:,} {unit}"
            for what, value, budget, unit in rows]


def main() -> int:
    name, build = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        with Prosody(Path(folder) / "prosody", Certs(Path(folder) / "certs")) as prosody:
            account = prosody.account("board")
            rows = measure(lambda **more: Board(name, build, Path(folder), prosody, account, **more))
    print("\n".join(lines(rows)))
    return any(value > budget for _, value, budget, _ in rows)


if __name__ == "__main__":
    sys.exit(main())
