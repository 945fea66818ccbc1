"""Row D3: clocks of this machine that are wrong, jump, or count further than 32 bits. Deadlines go by the counter, which knows
no date; certificates by the time of day, and their verdict says so."""
import time
from pathlib import Path

import pytest

from certs import Certs
from command import DONE, TLS, Mote, Running
from peer import Peer
from prosody import Prosody

DAY, YEAR = 86400, 365 * 86400


class Clock:
    """What `env` is given to has this clock."""

    def __init__(self, path: Path, library: Path, env: dict[str, str]):
        self.path = path
        asan = f"{env.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0".lstrip(":")
        self.env = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(path), "ASAN_OPTIONS": asan}
        self.shift()

    def shift(self, seconds: int = 0, ms: int = 0) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds} {ms}\n")
        new.rename(self.path)


@pytest.fixture
def clock(mote: Mote, library: Path, tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock", library, mote.env)


def goes_on(peer: Peer, mote: Mote, listener: Running, text: str) -> None:
    message_id = peer.send(mote.jid, text, receipt=True)
    listener.wait_event(body=text)
    peer.wait_receipt(message_id)


def test_D3_the_clock_says_1970(mote: Mote, clock: Clock) -> None:
    clock.shift(-int(time.time()) + DAY)
    with mote.start("listen", env=clock.env) as listener:
        assert listener.wait().code == TLS
        assert any("the clock here says 1970-01-02" in line for line in listener.err), listener.err


@pytest.mark.parametrize("jump", [10 * YEAR, -DAY, -10 * YEAR, 100 * YEAR], ids=["+10y", "-1d", "-10y", "+100y"])
def test_D3_a_jump_in_the_middle_of_a_session(mote: Mote, peer: Peer, clock: Clock, jump: int) -> None:
    """Nothing ends, nothing waits, nothing is repeated."""
    with mote.listen(env=clock.env) as listener:
        peer.wait_online(mote.jid)
        goes_on(peer, mote, listener, "before")
        clock.shift(jump)
        used = listener.seconds()
        for number in range(3):
            goes_on(peer, mote, listener, f"after {number}")
            time.sleep(1)  # for a storm to begin
        assert listener.seconds() - used < 1
        assert not any("off line" in line for line in listener.err), listener.err
        assert listener.stop().code == DONE


@pytest.mark.parametrize("jump, refused", [(YEAR, ""), (-DAY, "is not valid before"), (20 * YEAR, "expired on")],
                         ids=["+1y", "-1d", "+20y"])
def test_D3_a_jump_and_then_another_connection(certs: Certs, mote: Mote, clock: Clock, tmp_path: Path, jump: int,
                                               refused: str) -> None:
    """The authority of the tests was made today, for ten years. A clock that is right again is believed again."""
    with Prosody(tmp_path / "prosody", certs) as server:
        alice, bob = server.account("alice"), server.account("bob")
        server.befriend(alice, bob)
        mote = Mote(tmp_path / "mote", alice, "127.0.0.1", server.port("direct"), server.ca, "direct").setup()
        with mote.listen(env=clock.env) as listener:
            clock.shift(jump)
            server.stop()
            listener.wait_for(lambda: any("off line" in line for line in listener.err))
            server.start()
            if refused:
                listener.wait_for(lambda: any(refused in line for line in listener.err), 60)
                clock.shift()
            listener.wait_for(lambda: any("on line again" in line for line in listener.err), 90)
            with Peer(server, bob) as peer:
                peer.wait_online(mote.jid)
                goes_on(peer, mote, listener, "hello")
            assert listener.stop().code == DONE


def test_D3_the_counter_passes_32_bits(mote: Mote, peer: Peer, clock: Clock) -> None:
    """49.7 days after the start of the machine."""
    now_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    clock.shift(0, 2**32 - now_ms - 6000)
    with mote.listen(env=clock.env) as listener:
        peer.wait_online(mote.jid)
        end = time.monotonic() + 9
        number = 0
        while time.monotonic() < end:
            goes_on(peer, mote, listener, f"message {number}")
            number += 1
            time.sleep(0.5)
        assert not any("off line" in line for line in listener.err), listener.err
        assert listener.stop().code == DONE
