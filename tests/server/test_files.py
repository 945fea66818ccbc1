"""mote put and mote get: files between two of them, and bare in-band bytestreams with slixmpp."""
import hashlib
import os
import pty
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from command import DONE, REFUSED, TIMEOUT, Mote, Running
from component import Component
from jingle import FILES, HASHES, JINGLE, Offer, sha256_tag
from marks import both
from peer import Peer
from prosody import Prosody, die_with_parent


def make_file(folder: Path, size: int, name: str = "photo.jpg") -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def getter(other: Mote, sender: str, *more: str) -> Running:
    """`mote get` into the folder in/, on line."""
    (other.home / "in").mkdir(exist_ok=True)
    return other.start("get", "--json", "-v", "--from", sender, "--dir", "in", *more).wait_online()


SLOWLY = ("--window", "1", "--block-size", "1024")


def wait_for_part(put: Running, other: Mote) -> None:
    def bytes_there() -> int:
        return sum(path.stat().st_size for path in (other.home / "in").iterdir())
    put.wait_for(lambda: bytes_there() > 20_000, name="a part of the file")


def inbox(other: Mote) -> list[str]:
    return sorted(path.name for path in (other.home / "in").iterdir())


@both
@pytest.mark.parametrize("size", (0, 1, 64 * 1024), ids=("empty", "1B", "64KiB"))
def test_put_and_get(mote: Mote, other: Mote, size: int) -> None:
    path = make_file(mote.home, size)
    with getter(other, mote.jid, "--count", "1") as get:
        (put,) = mote.run("put", "--json", str(path), other.jid).json
        got = get.wait_event("file")
        assert get.wait().code == DONE
    for said in (put, got):
        assert said["name"] == "photo.jpg" and said["size"] == size and said["sha256"] == sha256(path)
        assert said["verified"] is True
        assert said["from"].startswith(mote.jid) and said["to"].startswith(other.jid)
    assert inbox(other) == ["photo.jpg"]
    arrived = other.home / "in/photo.jpg"
    assert arrived.read_bytes() == path.read_bytes() and (other.home / got["path"]).samefile(arrived)
    assert stat.S_IMODE(arrived.stat().st_mode) == 0o600


def test_put_to_a_full_jid(mote: Mote, other: Mote) -> None:
    path = make_file(mote.home, 5000)
    with getter(other, mote.jid, "--count", "1") as get:
        full = get.wait_err("on line as").split()[-1]
        mote.run("put", str(path), full)
        get.wait_event("file", sha256=sha256(path))


def test_put_under_another_name(mote: Mote, other: Mote) -> None:
    with getter(other, mote.jid, "--count", "1") as get:
        mote.run("put", "--name", "Übersicht-2026.txt", str(make_file(mote.home, 10)), other.jid)
        get.wait_event("file", name="Übersicht-2026.txt")
    assert inbox(other) == ["Übersicht-2026.txt"]


def test_nothing_is_overwritten(mote: Mote, other: Mote) -> None:
    first, second = make_file(mote.home, 100), make_file(mote.home, 100, "other")
    with getter(other, mote.jid, "--count", "3") as get:
        for path in (first, second, first):
            mote.run("put", "--name", "photo.jpg", str(path), other.jid)
        get.wait()
    assert len(inbox(other)) == 3 and "photo.jpg" in inbox(other)
    assert (other.home / "in/photo.jpg").read_bytes() == first.read_bytes()


def test_two_files_at_a_time(mote: Mote, other: Mote) -> None:
    paths = [make_file(mote.home, 300_000, f"f{n}") for n in range(2)]
    with getter(other, mote.jid, "--count", "2") as get:
        puts = [mote.start("put", str(path), other.jid) for path in paths]
        for put in puts:
            with put:
                assert put.wait(60).code == DONE
        assert {e["sha256"] for e in get.wait(30) and get.json} == {sha256(path) for path in paths}


@both
@pytest.mark.parametrize("options", (("--block-size", "64"), ("--block-size", "65535"), ("--window", "1")),
                         ids=("block64", "block65535", "window1"))
def test_blocks_of_other_sizes(mote: Mote, other: Mote, options: tuple[str, ...]) -> None:
    path = make_file(mote.home, 20_000)
    with getter(other, mote.jid, "--count", "1") as get:
        mote.run("put", *options, str(path), other.jid)
        get.wait_event("file", sha256=sha256(path), verified=True)


# --- 20 MiB ---------------------------------------------------------------------------------------------------------

def run_on_terminal(mote: Mote, *arguments: str) -> tuple[int, str]:
    """With a terminal as standard error; returns what was shown on it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(mote.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=theirs, env=mote.env | {"TERM": "xterm", "COLUMNS": "80"}, cwd=mote.home,
                               preexec_fn=die_with_parent)
    os.close(theirs)
    shown, end = b"", time.monotonic() + 120
    try:
        while time.monotonic() < end and (got := os.read(ours, 4096)):
            shown += got
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    return process.wait(10), shown.decode()


def test_20_mib_with_a_progress_bar_and_flat_memory(mote: Mote, other: Mote) -> None:
    peaks = {}
    for megabytes in (1, 20):
        path = make_file(mote.home, megabytes << 20, f"film{megabytes}")
        with getter(other, mote.jid) as get:
            code, shown = run_on_terminal(mote, "put", str(path), other.jid)
            assert code == DONE, shown
            get.wait_event("file", sha256=sha256(path), verified=True)
            peaks[megabytes] = get.memory("VmHWM")
        assert sha256(other.home / "in" / path.name) == sha256(path)
        path.unlink()
    assert "\r" in shown and len(set(re.findall(r"(\d+) ?%", shown))) > 5 and "100" in shown, shown[-500:]
    assert peaks[20] - peaks[1] < 512, f"KiB at their peak: {peaks}"


def test_no_progress_bar_without_a_terminal(mote: Mote, other: Mote) -> None:
    path = make_file(mote.home, 300_000)
    with getter(other, mote.jid, "--count", "1"):
        result = mote.run("put", str(path), other.jid)
    assert "\r" not in result.stderr and len(result.stderr) < 500


# --- broken off -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("who", ("sender", "receiver"))
def test_cancel(mote: Mote, other: Mote, who: str) -> None:
    """SIGINT on one side while the file is on its way: nothing is left of it, and the other side says so."""
    path = make_file(mote.home, 40 << 20, "film")
    with getter(other, mote.jid) as get, mote.start("put", "-v", *SLOWLY, str(path), other.jid) as put:
        wait_for_part(put, other)
        if who == "sender":
            put.process.send_signal(signal.SIGINT)
            assert put.wait(15).code != DONE
            get.wait_event("error")
        else:
            assert get.stop().code == DONE
            assert put.wait(15).code == REFUSED
            assert "film" in "".join(put.err) or "cancel" in "".join(put.err)
    assert inbox(other) == []


def test_the_sender_dies(mote: Mote, other: Mote) -> None:
    path = make_file(mote.home, 40 << 20, "film")
    with getter(other, mote.jid) as get, mote.start("put", "-v", *SLOWLY, str(path), other.jid) as put:
        wait_for_part(put, other)
        put.process.kill()
        time.sleep(0.5)
        mote.run("put", "--name", "small", str(make_file(mote.home, 10, "small")), other.jid)
        get.wait_event("file", name="small")
        assert "film" not in inbox(other)
        get.stop()
    assert inbox(other) == ["small"]


# --- refused --------------------------------------------------------------------------------------------------------

def test_get_refuses_strangers(server: Prosody, mote: Mote, other: Mote) -> None:
    path = make_file(mote.home, 100)
    with getter(other, "somebody-else@localhost") as get:
        full = get.wait_err("on line as").split()[-1]
        result = mote.run("put", "--timeout", "5", str(path), full, code=None)
        assert result.code in (REFUSED, TIMEOUT) and result.complaint
        assert get.stop().code == DONE
    assert inbox(other) == []


def test_get_refuses_what_is_too_large(mote: Mote, other: Mote) -> None:
    with getter(other, mote.jid, "--max-size", "1k") as get:
        mote.run("put", str(make_file(mote.home, 1025)), other.jid, code=REFUSED)
        mote.run("put", str(make_file(mote.home, 1024)), other.jid)
        get.wait_event("file", size=1024)


def test_put_to_nobody(mote: Mote, bob) -> None:
    result = mote.run("put", "--timeout", "1", str(make_file(mote.home, 10)), bob.jid, code=None)
    assert result.code in (REFUSED, TIMEOUT) and result.complaint
    mote.run("put", "--timeout", "2", str(make_file(mote.home, 10)), f"{bob.jid}/nowhere", code=REFUSED)


def test_put_to_a_client_without_files(mote: Mote, peer: Peer) -> None:
    """slixmpp 1.8 knows no Jingle."""
    result = mote.run("put", "--timeout", "3", str(make_file(mote.home, 10)), peer.jid, code=None)
    assert result.code in (REFUSED, TIMEOUT) and result.complaint


def test_put_without_jid_where_nothing_is_uploaded(mote: Mote) -> None:
    said = mote.run("put", str(make_file(mote.home, 10)), code=REFUSED)
    assert "the server has no upload service" in said.complaint and said.stdout == ""


# --- without Jingle -------------------------------------------------------------------------------------------------

@both
@pytest.mark.parametrize("size", (1, 100_000))
def test_a_bare_stream_from_slixmpp(mote: Mote, peer: Peer, size: int) -> None:
    data = os.urandom(size)
    with getter(mote, peer.account.jid, "--count", "1") as get:
        full = get.wait_err("on line as").split()[-1]
        peer.send_stream(full, data)
        got = get.wait_event("file")
        assert get.wait().code == DONE
    assert got["size"] == size and got["verified"] is False and got["name"] is None
    assert got["sha256"] == hashlib.sha256(data).hexdigest()
    (name,) = inbox(mote)
    assert (mote.home / "in" / name).read_bytes() == data


@both
def test_a_bare_stream_to_slixmpp(mote: Mote, peer: Peer) -> None:
    path = make_file(mote.home, 100_000)
    mote.run("put", "--raw", str(path), peer.jid)
    peer.wait_for(lambda: path.read_bytes() in peer.received.values(), name="the bytes")


def test_large_blocks_from_slixmpp_are_negotiated_down(mote: Mote, peer: Peer) -> None:
    with getter(mote, peer.account.jid, "--block-size", "1024") as get:
        full = get.wait_err("on line as").split()[-1]
        too_large = "<open xmlns='http://jabber.org/protocol/ibb' sid='big' block-size='4096' stanza='iq'/>"
        answer = peer.iq(full, too_large, "set")
        assert answer["error"]["condition"] == "resource-constraint"
        data = os.urandom(3000)
        peer.send_stream(full, data, block_size=1024)
        get.wait_event("file", sha256=hashlib.sha256(data).hexdigest())


# --- clients that offer SOCKS5 first --------------------------------------------------------------------------------

def test_B9_socks5_is_offered_first(mote: Mote, ext: Component) -> None:
    """What Libervia 0.9 does, step by step: the transport that it offered is accepted, and it falls back by itself."""
    data = os.urandom(10_000)
    (mote.home / "in").mkdir()
    with mote.start("get", "--json", "-v", "--from", "@ext.localhost", "--dir", "in", "--count", "1") as get:
        offer = Offer(ext, get.wait_online().wait_err("on line as").split()[-1])
        assert offer.open_socks5(len(data)) is None
        assert offer.fall_back() is None and offer.stream() is None and offer.send(data) is None
        assert offer.checksum(sha256_tag(data)) is None
        offer.close()
        assert offer.ended() == "success"
        assert get.wait_event("file", verified=True)["sha256"] == hashlib.sha256(data).hexdigest()
        assert get.wait().code == DONE
    assert (mote.home / "in/photo.jpg").read_bytes() == data


def test_B9_what_libervia_needs_in_an_offer(mote: Mote, ext: Component) -> None:
    """A size, a name, a description even if it is empty, and the algorithm of the hash that will follow."""
    taker = "libervia@ext.localhost/li"
    path = make_file(mote.home, 100)
    with mote.start("put", "-v", str(path), taker):
        offered = ext.expect(lambda stanza: stanza.find(f"{{{JINGLE}}}jingle") is not None)
        file = offered.find(f".//{{{FILES}}}file")
        assert file.findtext(f"{{{FILES}}}desc") == "" and file.findtext(f"{{{FILES}}}size") == "100"
        assert file.findtext(f"{{{FILES}}}name") == "photo.jpg"
        assert file.find(f"{{{HASHES}}}hash-used").get("algo") == "sha-256"
