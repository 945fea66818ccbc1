"""A network that is slow and far away, and honest: half a second each way and 2,400 bytes a second, or twice as bad, or with
nothing coming through for 12 of 15 seconds. Everything takes its time, and nothing gives up."""
from typing import Callable, Iterator

import pytest

from command import DONE, Mote
from peer import Peer, text_of
from slowlink import SlowLink
from test_files import inbox, make_file, sha256


@pytest.fixture
def link(mote: Mote, request: pytest.FixtureRequest) -> Iterator[SlowLink]:
    port = int(mote.where[mote.where.index("--port") + 1])
    with SlowLink(port, *getattr(request, "param", (0.5, 2400))) as link:
        yield link


@pytest.fixture
def far(mote: Mote, link: SlowLink) -> Callable[..., list[str]]:
    """The options that lead over it."""
    return lambda *arguments: [*arguments, "--port", str(link.port)]


def test_messages_and_a_post(mote: Mote, peer: Peer, far: Callable[..., list[str]], link: SlowLink) -> None:
    mote.run(*far("send", peer.jid, "from far away"), timeout=120)
    peer.wait_message("from far away")
    mote.run(*far("post", "a reading"), timeout=120)
    assert "a reading" in [text_of(entry, "title") for entry in peer.items(mote.jid).values()]
    assert link.connections == 2


def test_a_file_there(mote: Mote, other: Mote, far: Callable[..., list[str]], link: SlowLink) -> None:
    path = make_file(mote.home, 16 * 1024)
    (other.home / "in").mkdir()
    with other.start("get", "--json", "-v", "--from", mote.jid, "--dir", "in", "--count", "1").wait_online() as get:
        mote.run(*far("put", str(path), other.jid), timeout=180)
        assert get.wait_event("file")["sha256"] == sha256(path)
        assert get.wait().code == DONE
    assert inbox(other) == ["photo.jpg"] and link.connections == 1


@pytest.mark.long
@pytest.mark.parametrize("link", ((0.2, 10_000, (3.0, 12.0)),), indirect=True, ids=("12-of-15-seconds-away",))
def test_everything_from_under_a_bridge(mote: Mote, other: Mote, peer: Peer, far: Callable[..., list[str]],
                                        link: SlowLink) -> None:
    test_messages_and_a_post(mote, peer, far, link)
    link.connections = 0
    test_a_file_there(mote, other, far, link)


@pytest.mark.long
@pytest.mark.parametrize("link", ((1.0, 1200),), indirect=True, ids=("1200-bytes-a-second",))
def test_the_daemon_stays_on_line_while_a_file_fills_the_link(mote: Mote, other: Mote, peer: Peer,
                                                              far: Callable[..., list[str]], link: SlowLink) -> None:
    """Pings and acknowledgements stand behind the file in every buffer on the way: that is no dead link."""
    path = make_file(other.home, 48 * 1024)
    (mote.home / "in").mkdir()
    with mote.start(*far("run", "--json", "-v", "--dir", "in", "--from", other.jid)) as run:
        run.wait_err("on line as", 60)
        with other.start("put", "-v", str(path), mote.jid) as put:
            mote.run("send", "--queue", peer.jid, "meanwhile")
            peer.wait_message("meanwhile", 60)
            run.wait_event("file", timeout=180)
            assert put.wait(60).code == DONE
        assert not any("off line" in line for line in run.err), run.err
        run.stop()
    assert link.connections == 1
