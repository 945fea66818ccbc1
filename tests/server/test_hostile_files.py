"""Rows F1 to F4: a hostile sender, through the real server, against `mote get`.

Each case also shows that nothing is left of a broken transfer and that the next, honest one goes through.
"""
import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

from command import DONE, Mote, Running
from component import Component
from jingle import FILES, HASHES, IBB, Offer, hash_tag, sha256_tag

DATA = bytes(range(256)) * 40  # 10240 bytes


@dataclass
class Victim:
    """alice takes files of whoever is on ext.localhost."""
    mote: Mote
    get: Running
    jid: str
    ext: Component

    @property
    def folder(self) -> Path:
        return self.mote.home / "in"

    def offer(self) -> Offer:
        return Offer(self.ext, self.jid)

    def streaming(self, size: int = len(DATA), hashes: str | None = None, **more: object) -> Offer:
        """A session that has come as far as its open stream."""
        offer = self.offer()
        assert offer.open(size=size, hashes=sha256_tag(DATA) if hashes is None else hashes, **more) is None
        assert offer.accepted() and offer.stream() is None
        return offer

    def files(self) -> list[dict]:
        return [found for found in self.get.json if found["event"] == "file"]

    def still_fine(self, files_before: int = 0) -> None:
        """No file but those expected, no partial one, nothing outside, and an honest transfer works."""
        assert len(self.files()) == files_before, self.get.out
        self.offer().whole(b"honest", name="honest.txt")
        self.get.wait_event("file", name="honest.txt", verified=True)
        kept = {"mote.conf", "mote.keys", "mote.get", "mote.server", "mote.tls", "in"}
        outside = {path.name for path in self.mote.home.iterdir()} - kept
        assert not outside, outside
        assert len(list(self.folder.iterdir())) == files_before + 1, list(self.folder.iterdir())
        assert self.get.stop().code == DONE


@pytest.fixture
def victim(mote: Mote, ext: Component) -> Iterator[Victim]:
    (mote.home / "in").mkdir()
    with mote.start("get", "--json", "-v", "--from", "@ext.localhost", "--dir", "in", "--max-size", "1M") as get:
        jid = get.wait_online().wait_err("on line as").split()[-1]
        yield Victim(mote, get, jid, ext)


def test_an_honest_sender(victim: Victim) -> None:
    """What the others break works otherwise."""
    victim.offer().whole(DATA)
    got = victim.get.wait_event("file")
    assert got["name"] == "photo.jpg" and got["verified"] is True and got["from"] == "mallory@ext.localhost/pc"
    assert (victim.folder / "photo.jpg").read_bytes() == DATA
    victim.still_fine(files_before=1)


# --- F1: in-band bytestreams ----------------------------------------------------------------------------------------

def f1_gap(offer: Offer) -> None:
    assert offer.block(DATA[:4096]) is None
    assert offer.block(DATA[4096:8192], sequence=2) == "unexpected-request"


def f1_repeat(offer: Offer) -> None:
    assert offer.block(DATA[:4096]) is None
    assert offer.block(DATA[:4096], sequence=0) == "unexpected-request"


def f1_wrap_too_early(offer: Offer) -> None:
    assert offer.block(DATA[:4096], sequence=65535) == "unexpected-request"


def f1_sequence_too_large(offer: Offer) -> None:
    assert offer.block(DATA[:4096], sequence=65536) in ("bad-request", "unexpected-request")


def f1_sequence_no_number(offer: Offer) -> None:
    assert offer.block(DATA[:4096], sequence="-1") in ("bad-request", "unexpected-request")


def f1_block_larger_than_agreed(offer: Offer) -> None:
    assert offer.block(DATA[:4097]) in ("bad-request", "not-acceptable")


def f1_bad_base64(offer: Offer) -> None:
    assert offer.block(text="AAAA*AAA") == "bad-request"


def f1_padding_inside(offer: Offer) -> None:
    assert offer.block(text="AA==AAAA") == "bad-request"


def f1_base64_cut_short(offer: Offer) -> None:
    assert offer.block(text="AAAAA") == "bad-request"


def f1_element_for_a_block(offer: Offer) -> None:
    assert offer.block(text="<x xmlns='x'>AAAA</x>") == "bad-request"


def f1_more_than_size(offer: Offer) -> None:
    assert offer.send(DATA) is None
    assert offer.block(b"x") == "not-acceptable"


@pytest.mark.parametrize("breach", (f1_gap, f1_repeat, f1_wrap_too_early, f1_sequence_too_large, f1_sequence_no_number,
                                    f1_block_larger_than_agreed, f1_bad_base64, f1_padding_inside, f1_base64_cut_short,
                                    f1_element_for_a_block, f1_more_than_size), ids=lambda f: f.__name__[3:])
def test_F1_a_broken_stream_ends_the_session(victim: Victim, breach) -> None:
    offer = victim.streaming()
    breach(offer)
    assert offer.ended() not in ("", "success")
    assert offer.block(DATA[:16]) == "item-not-found"
    victim.get.wait_event("error")
    victim.still_fine()


def test_F1_base64_with_line_ends_is_no_reason_to_crash(victim: Victim) -> None:
    """XEP-0047 forbids whitespace; either answer is right, a wrong file is not."""
    offer = victim.streaming(size=6, hashes=sha256_tag(b"ABCDEF"))
    if offer.block(text="QUJD\nREVG") is None:
        offer.close()
        victim.get.wait_event("file", verified=True)
        victim.still_fine(files_before=1)
    else:
        victim.get.wait_event("error")
        victim.still_fine()


def test_F1_unknown_streams(victim: Victim) -> None:
    offer = victim.streaming()
    assert offer.block(DATA[:100], sid="another") == "item-not-found"
    offer.sequence = 0
    assert offer.block(DATA[:100], sender="eve@ext.localhost/pc") == "item-not-found"
    offer.sequence = 0
    assert offer.block(DATA[:100], sender="mallory@ext.localhost/phone") == "item-not-found"
    offer.sequence = 0
    assert offer.send(DATA) is None  # and the right one is not hurt
    offer.close()
    victim.get.wait_event("file", verified=True)
    victim.still_fine(files_before=1)


def test_F1_another_cannot_close_or_end_it(victim: Victim) -> None:
    offer = victim.streaming()
    eve = Offer(victim.ext, victim.jid, "eve@ext.localhost/pc")
    eve.sid, eve.stream_sid = offer.sid, offer.stream_sid
    assert eve.close() == "item-not-found"
    assert eve.terminate() == "item-not-found"
    assert eve.checksum(sha256_tag(b"other")) == "item-not-found"
    assert offer.send(DATA) is None
    offer.close()
    victim.get.wait_event("file", verified=True)
    victim.still_fine(files_before=1)


def test_F1_data_after_close(victim: Victim) -> None:
    offer = victim.streaming()
    assert offer.send(DATA[:4096]) is None and offer.close() is None
    assert offer.block(DATA[4096:8192]) == "item-not-found"
    victim.get.wait_event("error")
    victim.still_fine()


@pytest.mark.parametrize("size", (0, 65536, -1, "x", 4294967297))
def test_F1_impossible_block_sizes(victim: Victim, size: object) -> None:
    offer = victim.offer()
    assert offer.stream(block_size=size) in ("not-acceptable", "bad-request")  # a bare stream
    offer = victim.offer()
    assert refused(offer, offer.open(size=len(DATA), hashes=sha256_tag(DATA), block_size=size))
    offer = victim.offer()
    assert offer.open(size=len(DATA), hashes=sha256_tag(DATA)) is None and offer.accepted()
    assert offer.stream(block_size=size) in ("not-acceptable", "bad-request")
    offer.terminate("cancel")
    victim.still_fine()


def test_F1_a_stream_larger_than_agreed(victim: Victim) -> None:
    offer = victim.offer()
    assert offer.open(size=len(DATA), hashes=sha256_tag(DATA), block_size=1024) is None and offer.accepted()
    assert offer.stream(block_size=2048) == "resource-constraint"
    assert offer.stream(block_size=1024) is None and offer.send(DATA, 1024) is None
    offer.close()
    victim.get.wait_event("file", verified=True)
    victim.still_fine(files_before=1)


def test_F1_the_sequence_wraps(victim: Victim) -> None:
    """65537 blocks: 65535 is followed by 0. In parcels, and the last answer of each is waited for."""
    data = os.urandom(65537)
    offer = victim.streaming(size=len(data), hashes=sha256_tag(data))
    for start in range(0, len(data), 1024):
        numbers = range(start, min(start + 1024, len(data)))
        victim.ext.send("".join(
            f"<iq type='set' from='{offer.sender}' to='{victim.jid}' id='b{n}'><data xmlns='{IBB}' "
            f"sid='{offer.stream_sid}' seq='{n % 65536}'>{base64.b64encode(data[n:n + 1]).decode()}</data></iq>"
            for n in numbers))
        assert victim.ext.answer(f"b{numbers[-1]}").get("type") == "result"
        victim.ext.forget()
    offer.close()
    victim.get.wait_event("file", verified=True, sha256=hashlib.sha256(data).hexdigest())
    victim.still_fine(files_before=1)


def test_F1_the_sender_is_gone_in_the_middle(victim: Victim) -> None:
    offer = victim.streaming()
    assert offer.send(DATA[:4096]) is None
    assert offer.terminate("gone") is None
    victim.get.wait_event("error")
    victim.still_fine()


def test_F1_a_hundred_offers_at_a_time(victim: Victim) -> None:
    """There is room for a few; the others are told so at once."""
    offers = [victim.offer() for _ in range(100)]
    answers = [offer.open(size=len(DATA), hashes=sha256_tag(DATA)) for offer in offers]
    accepted = [offer for offer, error in zip(offers, answers) if error is None and offer.accepted()]
    assert 1 <= len(accepted) <= 16
    for offer in accepted:
        offer.terminate("cancel")
    victim.still_fine()


# --- F2: names ------------------------------------------------------------------------------------------------------

NAMES = ("../../escape", "/etc/escape", "a%2Fb", "..%2f..%2fescape", "C:\\escape", "..\\..\\escape", ".", "..", "...",
         "", " ", "\n", "a\nb", "a\tb", "x" * 255, "x" * 256, "x" * 5000, "ä" * 127 + "x", ".bashrc",
         ".ssh/authorized_keys", "CON", "nul.txt", "-rf", "~", "a/", "/", "//", "a/../../b", "\u202egpj.exe",
         "photo.jpg.part", "mote.conf", "ｆｕｌｌ",
         "a\u0085b", "a\u009b31mb", "\ufeff", "$(touch escape)", "`escape`", "; escape", "*", "a\u2028b")


@pytest.mark.parametrize("name", NAMES, ids=[f"{number:02}" for number in range(len(NAMES))])
def test_F2_a_name_is_no_path(victim: Victim, name: str) -> None:
    """Wherever it points, the file lies in the folder, under a name that hurts no shell and no terminal."""
    before = set(victim.mote.home.rglob("*"))
    victim.offer().whole(DATA[:64], name=name)
    got = victim.get.wait_event("file", verified=True)
    (path,) = set(victim.mote.home.rglob("*")) - before
    assert path.parent == victim.folder and path.is_file() and path.read_bytes() == DATA[:64]
    assert (victim.mote.home / got["path"]).samefile(path)
    assert not path.name.startswith((".", "-", "~")) and len(path.name.encode()) <= 255
    assert not set(path.name) & set("/\\$`;*\n") and path.name.isprintable(), repr(path.name)


def test_F2_nothing_is_overwritten(victim: Victim) -> None:
    (victim.folder / "photo.jpg").write_bytes(b"mine")
    (victim.folder / "link").symlink_to("/nonexistent/target")
    victim.offer().whole(b"theirs", name="photo.jpg")
    victim.offer().whole(b"through the link", name="link")
    victim.get.wait_for(lambda: len(victim.files()) == 2)
    assert (victim.folder / "photo.jpg").read_bytes() == b"mine"
    assert os.readlink(victim.folder / "link") == "/nonexistent/target"
    contents = {path.read_bytes() for path in victim.folder.iterdir() if path.is_file()}
    assert contents == {b"mine", b"theirs", b"through the link"}


# --- F3: sizes ------------------------------------------------------------------------------------------------------

def refused(offer: Offer, answer: str | None) -> bool:
    """By an error, or by ending the session."""
    return answer is not None or not offer.accepted()


@pytest.mark.parametrize("size", (2**63, 2**64, 2**64 + 5, -1, "x", "1e3", "0x10", " ", "1M", 2**20 + 1, 10**23))
def test_F3_impossible_sizes_are_refused_before_a_byte(victim: Victim, size: object) -> None:
    offer = victim.offer()
    assert refused(offer, offer.open(size=size, hashes=sha256_tag(DATA)))
    assert offer.stream() in ("item-not-found", "not-acceptable", None)
    victim.offer()
    assert victim.files() == []


def test_F3_size_0_with_bytes(victim: Victim) -> None:
    offer = victim.streaming(size=0)
    assert offer.block(b"x") == "not-acceptable"
    victim.get.wait_event("error")
    victim.still_fine()


def test_F3_fewer_bytes_than_size(victim: Victim) -> None:
    """Even with a hash that fits what came."""
    offer = victim.streaming(size=len(DATA) + 1, hashes=sha256_tag(DATA))
    assert offer.send(DATA) is None
    offer.close()
    offer.terminate()
    victim.get.wait_event("error")
    victim.still_fine()


def test_F3_more_bytes_than_size(victim: Victim) -> None:
    offer = victim.streaming(size=4096, hashes=sha256_tag(DATA[:4096]))
    assert offer.block(DATA[:4096]) is None
    assert offer.block(DATA[4096:8192]) == "not-acceptable"
    victim.get.wait_event("error")
    victim.still_fine()


def test_F3_no_size_is_bounded_all_the_same(victim: Victim) -> None:
    offer = victim.offer()
    assert offer.open(size=None, hashes=sha256_tag(DATA)) is None
    if offer.accepted() and offer.stream() is None:
        error = None
        for _ in range(300):
            error = offer.block(DATA[:4096])
            if error is not None:
                break
        assert error == "not-acceptable"
        victim.get.wait_event("error")
    victim.still_fine()


@pytest.mark.parametrize("part", ("offset='10241'", f"offset='{2**64 - 1}'", "offset='-1'", "offset='1' length='5'"))
def test_F3_parts_of_a_file(victim: Victim, part: str) -> None:
    offer = victim.offer()
    assert refused(offer, offer.open(size=len(DATA), hashes=sha256_tag(DATA), more=f"<range xmlns='{FILES}' {part}/>"))
    victim.still_fine()


# --- F4: hashes -----------------------------------------------------------------------------------------------------

def test_F4_a_wrong_hash_fails(victim: Victim) -> None:
    offer = victim.streaming(hashes=sha256_tag(b"something else"))
    assert offer.send(DATA) is None
    offer.close()
    victim.get.wait_event("error")
    victim.still_fine()


def test_F4_a_wrong_hash_told_later_fails(victim: Victim) -> None:
    offer = victim.streaming(hashes=f"<hash-used xmlns='{HASHES}' algo='sha-256'/>")
    assert offer.send(DATA) is None
    offer.close()
    assert offer.checksum(sha256_tag(b"something else")) is None
    victim.get.wait_event("error")
    victim.still_fine()


def test_F4_a_right_hash_told_later_verifies(victim: Victim) -> None:
    offer = victim.streaming(hashes=f"<hash-used xmlns='{HASHES}' algo='sha-256'/>")
    assert offer.send(DATA) is None
    offer.close()
    assert offer.checksum(sha256_tag(DATA)) is None
    victim.get.wait_event("file", verified=True)
    victim.still_fine(files_before=1)


def test_F4_a_promised_hash_that_never_comes_is_not_verified(victim: Victim) -> None:
    offer = victim.streaming(hashes=f"<hash-used xmlns='{HASHES}' algo='sha-256'/>")
    assert offer.send(DATA) is None
    offer.close()
    assert victim.get.wait_event("file", timeout=40)["verified"] is False
    victim.still_fine(files_before=1)


WEAK = {
    "none": "",
    "md5": hash_tag(hashlib.md5(DATA).digest(), "md5"),
    "sha-1": hash_tag(hashlib.sha1(DATA).digest(), "sha-1"),
    "sha-1 that is wrong": hash_tag(bytes(20), "sha-1"),
    "base64 of hex": hash_tag(hashlib.sha256(DATA).hexdigest().encode()),
    "hex": f"<hash xmlns='{HASHES}' algo='sha-256'>{hashlib.sha256(DATA).hexdigest()}</hash>",
    "31 bytes": hash_tag(hashlib.sha256(DATA).digest()[:31]),
    "unknown algorithm": hash_tag(hashlib.sha256(DATA).digest(), "sha-257"),
    "other namespace": sha256_tag(DATA).replace(HASHES, "urn:xmpp:hashes:1"),
}


@pytest.mark.parametrize("hashes", WEAK.values(), ids=WEAK.keys())
def test_F4_weak_and_broken_hashes_never_count_as_verified(victim: Victim, hashes: str) -> None:
    """Whether the file is taken is the receiver's choice; that it was verified is not."""
    offer = victim.streaming(hashes=hashes)
    assert offer.send(DATA) is None
    offer.close()
    offer.terminate()
    victim.get.wait_for(lambda: [e for e in victim.get.json if e["event"] in ("file", "error")], timeout=40)
    assert all(found["verified"] is False for found in victim.files())
    assert all((victim.mote.home / found["path"]).read_bytes() == DATA for found in victim.files())
    victim.still_fine(files_before=len(victim.files()))


def test_F4_two_algorithms(victim: Victim) -> None:
    """SHA-256 decides; a wrong SHA-1 beside it proves nothing, a right one excuses nothing."""
    offer = victim.streaming(hashes=hash_tag(hashlib.sha1(DATA).digest(), "sha-1") + sha256_tag(b"other"))
    assert offer.send(DATA) is None
    offer.close()
    victim.get.wait_event("error")
    victim.still_fine()
