"""Row W1: what strangers can have written to storage, counted in sectors of the store's file that change."""
import time
from pathlib import Path

from certs import Certs
from command import DONE, Mote
from component import Component
from daemon import until
from hostile import MALLORY, messages
from scripted import SM_NS, Client, ScriptedServer
from visitor import PASSWORD, visitor

SECTOR = 512
PERIOD_S = 5


class Store:
    """The sectors of the file that have changed since it was last asked."""

    def __init__(self, path: Path):
        self.path, self.before = path, path.read_bytes()

    def changed(self) -> int:
        before, self.before = self.before, self.path.read_bytes()
        assert len(before) == len(self.before)
        return sum(before[at:at + SECTOR] != self.before[at:at + SECTOR] for at in range(0, len(before), SECTOR))


def test_W1_acknowledgements_for_strangers(certs: Certs, tmp_path: Path) -> None:
    """120 presences, each with a question whether it was handled, again and again: one record in five seconds."""
    floods, counted = 4, []

    def script(client: Client) -> None:
        client.login_sm(PASSWORD)
        client.expect(rb"<presence")
        for number in range(floods):
            for n in range(120):
                client.send(f"<presence from='mallory@example.org/r{n}' type='unavailable'/><r xmlns='{SM_NS}'/>")
            client.expect(rb"<a [^>]*h=['\"]%d['\"]" % (120 * (number + 1)))
            counted.append(time.monotonic())
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        with mote.start("run", "--json", "-v") as running:
            running.wait_online()
            began, store = time.monotonic(), Store(mote.home / "mote.store")
            until(lambda: len(counted) == floods, name="that all are acknowledged")
            records = store.changed()
            assert records <= 2 + (counted[-1] - began) / PERIOD_S, records
            assert records <= floods + 1, records
            assert running.stop().code == DONE


def test_W1_messages_of_strangers(mote: Mote, ext: Component) -> None:
    """Each of a few hundred moves the place in the archive that is kept; of thousands there is one note in five seconds."""
    with mote.start("run", "--json", "-v") as running:
        jid = running.wait_online().wait_err("on line as").split()[-1].rstrip(";")
        store = Store(mote.home / "mote.store")
        flood = "".join(messages(700, "<body>x</body>")).replace("{jid}", jid)
        ext.send(flood)
        ext.ping(MALLORY, jid, timeout=120)
        assert store.changed() <= 512 + 16
        began = time.monotonic()
        for _ in range(3):
            ext.send(flood)
            ext.ping(MALLORY, jid, timeout=120)
        assert store.changed() <= 4 + 2 * (time.monotonic() - began) / PERIOD_S
        running.wait_for(lambda: len(running.out) >= 4 * 700, name="all of them, which are shown")
        assert running.stop().code == DONE
