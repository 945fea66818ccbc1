"""examples/duty: connect, send, catch up with what was missed (XEP-0313), leave, sleep; and what it costs."""
import re
import threading
from pathlib import Path

import pytest

from command import BINARY, Running
from peer import Peer
from prosody import Account, Prosody

DUTY = BINARY.parent / "duty"
COST = re.compile(r"duty cycle: (\d+) bytes up, (\d+) down, (\d+) round trips, (\d+) ms awake(, session kept)?$")

pytestmark = pytest.mark.skipif(not DUTY.exists(), reason="duty is not built")


class Duty(Running):
    def __init__(self, server: Prosody, account: Account, path: Path, *settings: str):
        path.mkdir(exist_ok=True)
        (path / "password").write_text(account.password + "\n")
        (path / "readings").write_text("".join(f"reading {n}\n" for n in range(1, 100)))
        super().__init__([str(DUTY), "--jid", account.jid, "--password-file", str(path / "password"), "--keys",
                          str(path / "keys"), "--host", "127.0.0.1", "--port", str(server.direct), "--tls", "direct",
                          "--ca", str(server.ca), "--source", str(path / "readings"), *settings], {}, path)

    @property
    def cycles(self) -> list[re.Match]:
        return [found for line in self.out if (found := COST.match(line.strip()))]

    def wait_cycles(self, count: int, timeout: float = 30) -> list[re.Match]:
        return self.wait_for(lambda: self.cycles[:count] if len(self.cycles) >= count else None, timeout, "a cycle")

    def bodies(self, sender: str) -> list[str]:
        return [line.split(": ", 1)[1].strip() for line in self.out if line.startswith(f"from {sender}")]


def test_missed_messages_come_in_order_and_once(server: Prosody, alice: Account, bob: Account, tmp_path: Path) -> None:
    """Sixty of them are two pages. What Prosody stored for us besides does not come a second time."""
    with Peer(server, bob) as peer, Duty(server, alice, tmp_path / "duty", "--interval", "4", "--count", "2") as duty:
        duty.wait_cycles(1)
        for n in range(60):
            peer.send(alice.jid, f"n{n}")
        duty.wait_cycles(2, 60)
        assert duty.wait().code == 0
        assert duty.bodies(bob.jid) == [f"n{n}" for n in range(60)], "".join(duty.out)
        assert any("caught up: 60 missed" in line for line in duty.out)


@pytest.mark.parametrize("kept", ("0", "2"))
def test_nothing_is_missed_while_it_comes_and_goes(server: Prosody, alice: Account, bob: Account, tmp_path: Path,
                                                   kept: str) -> None:
    """Messages come all the time, awake or not, in the middle of a page or of a login. The session is kept in between, or
    it is not."""
    sent, stop = [], threading.Event()
    with Peer(server, bob) as peer, \
            Duty(server, alice, tmp_path / "duty", "--interval", "1", "--count", "6", "--kept", kept) as duty:
        duty.wait_cycles(1)

        def talk() -> None:
            while not stop.wait(0.05):
                sent.append(f"n{len(sent)}")
                peer.send(alice.jid, sent[-1])

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            duty.wait_cycles(5, 60)
        finally:
            stop.set()
            talker.join(10)
        duty.wait_cycles(6)
        duty.wait()
        assert len(sent) > 50 and duty.bodies(bob.jid) == sent, "".join(duty.out)
        resumed = sum("the session goes on" in line for line in duty.out)
        assert resumed == (5 if kept == "2" else 0)


@pytest.mark.parametrize("kept, trips, most", (("0", 11, 10000), ("2", 10, 8000)))
def test_what_a_cycle_costs(server: Prosody, alice: Account, bob: Account, tmp_path: Path, capsys, kept: str, trips: int,
                            most: int) -> None:
    """A reading goes out and one message comes in; with a new session each time, and with one that is kept."""
    with Peer(server, bob) as peer, Duty(server, alice, tmp_path / "duty", "--interval", "1", "--count", "3", "--kept",
                                         kept, "--to", bob.jid) as duty:
        duty.wait_cycles(1)
        peer.send(alice.jid, "how is it")
        duty.wait_cycles(2)
        peer.send(alice.jid, "and now")
        up, down, round_trips, awake, session = duty.wait_cycles(3)[2].groups()
        duty.wait()
        assert duty.bodies(bob.jid) == ["how is it", "and now"]
        peer.wait_for(lambda: sum(m["body"].startswith("reading") for m in peer.messages) >= 3, name="readings")
        assert (session is not None) == (kept == "2")
        assert int(round_trips) <= trips and int(up) + int(down) <= most
        with capsys.disabled():
            print(f"\nduty cycle: {up} bytes up, {down} down, {round_trips} round trips, {awake} ms awake "
                  f"({'the session goes on' if session else 'a new session'}, TLS and all)")
