"""Clocks that are wrong: the server's and the board's own. Nothing is kept that would refuse what is valid."""
import re
import struct
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Callable

import pytest

from board import ROOT, Board
from certs import Certs
from chains import Given
from prosody import Prosody
from tls12 import Tls12Relay

Make = Callable[..., Board]
YEAR = 365


def shifted(days: int) -> Callable[[bytes], bytes]:
    """Of what the server says, its time (XEP-0202)."""
    def move(match: re.Match[bytes]) -> bytes:
        when = datetime.fromisoformat(match[1].decode()) + timedelta(days=days)
        return f"<utc>{when.isoformat()}Z</utc>".encode()
    return lambda data: re.sub(rb"<utc>([-0-9]{10}T[:0-9]{8})[^<]*</utc>", move, data)


def stamp(days: int) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


def test_D4_B3_a_server_30_years_ahead(board: Make, server: Prosody, certs: Certs) -> None:
    """As soon as its clock is right everything is right, without a restart and after one."""
    with Tls12Relay(server.port("direct"), certs.server()) as relay:
        relay.rewrite = shifted(30 * YEAR)
        with board(port=relay.port, clock="none") as b:
            b.wait("online as")
            b.wait("offline: the server's certificate expired on .*, and by the server's own clock it is 205")
            relay.rewrite = lambda data: data
            b.wait('posted "', after=len(b.lines))
            b.stop()
        with board(port=relay.port, clock="none") as b:
            b.wait('posted "')
            assert not any("offline: the server" in line for line in b.lines), b.lines


def test_D4_B3_a_restart_while_the_server_is_ahead(board: Make, server: Prosody, certs: Certs) -> None:
    with Tls12Relay(server.port("direct"), certs.server()) as relay:
        relay.rewrite = shifted(30 * YEAR)
        with board(port=relay.port, clock="none") as b:
            b.wait("offline: the server's certificate expired on .*, and by the server's own clock it is 205")
            b.reset()
        relay.rewrite = lambda data: data
        with board(port=relay.port, clock="none") as b:
            b.wait('posted "')


def test_D4_B3_ahead_but_not_beyond_its_certificate(board: Make, server: Prosody, certs: Certs, tmp_path: Path) -> None:
    """Which a certificate of ten years does not show. The one after it is valid for a month only, and is not refused."""
    long = certs.make("long", "DNS:localhost", dates=(stamp(-1), stamp(10 * YEAR)))
    short = certs.make("short", "DNS:localhost", dates=(stamp(-1), stamp(30)))
    with Tls12Relay(server.port("direct"), long) as relay:
        relay.rewrite = shifted(YEAR)
        with board(port=relay.port, clock="none") as b:
            b.wait('posted "')
            b.stop()
    with Tls12Relay(server.port("direct"), short) as relay, board(port=relay.port, clock="none") as b:
        b.wait('posted "')


def test_D4_B3_a_server_30_years_behind(board: Make, server: Prosody, certs: Certs) -> None:
    """That is certainly wrong, so it is no reason for anything."""
    with Tls12Relay(server.port("direct"), certs.server()) as relay:
        relay.rewrite = shifted(-30 * YEAR)
        with board(port=relay.port, clock="none") as b:
            b.wait("online as")
            b.wait('posted "')
            assert not any("offline" in line for line in b.lines), b.lines
            b.stop()
        relay.rewrite = lambda data: data
        with board(port=relay.port, clock="none") as b:
            b.wait('posted "')


def test_D4_B3_when_a_certificate_was_issued_is_kept(board: Make, certs: Certs, tmp_path: Path) -> None:
    """That much is signed: what had ended before it is refused at the next start, although nobody tells the time."""
    first = board(clock="none")
    built = int((ROOT / "build" / first.build / "flags-time").read_text())
    ended = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(built + 60))
    time.sleep(max(0, built + 120 - time.time()))  # where it was built just now
    new = certs.make(f"new-{first.name}", "DNS:localhost", dates=(stamp(0), stamp(30)))
    old = certs.make(f"old-{first.name}", "DNS:localhost", dates=("20200101000000Z", ended))
    with Prosody(tmp_path / "one", Given(new, certs.ca)) as prosody:
        account = prosody.account("kept")
        with board(server=prosody, account=account, clock="none") as b:
            b.wait('posted "')
            b.stop()
    with Prosody(tmp_path / "two", Given(old, certs.ca)) as prosody:
        with board(server=prosody, account=prosody.account("kept"), clock="none") as b:
            b.wait("offline: the server's certificate expired on [-0-9]*$")
            assert not any("online as" in line for line in b.lines)


def test_D3_the_tick_wraps(board: Make, name: str) -> None:
    """2^32 ms are 49.7 days. The counter is put 3 s in front of that; all there is goes on behind it, too."""
    low = board().symbol("low_ms")
    if low is None:
        pytest.skip("this machine's clock has 64 bits")
    with board() as b:
        b.wait('posted "')
        b.set_memory(low, struct.pack("<I", 2**32 - 3000))
        seen = len(b.lines)
        b.wait(r'posted "up 429496[0-9] s"', after=seen)
        b.wait(r'posted "up 42949(6[89]|7[0-9]) s"', timeout=60, after=seen)
        seen = len(b.lines)
        for _ in range(3):
            b.wait('posted "', after=seen)
            seen = len(b.lines)
        assert sum("offline" in line for line in b.lines) <= 1, b.lines
