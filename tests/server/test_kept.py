"""What earlier versions have written opens (docs/COMPATIBILITY.md): tests/server/kept has files as version 0.1.0 left them.

They were made by setting up keeper@localhost, killing `mote run` after a message had come back, queueing a message, a post
and a file, and provisioning an image of 128 KiB for a board. A version that changes a format adds a folder and changes none.
"""
import hashlib
import hmac
import lzma
import shutil
import zlib
from pathlib import Path

import pytest

from command import LOCAL, Mote
from daemon import Daemon, waiting
from peer import Peer
from prosody import Account, Prosody

KEPT = Path(__file__).with_name("kept")
PASSWORD, SALT, ITERATIONS = "kept password", "kept-from-version-0.1.0", 10000
REPORT = "".join(f"line {number}\n" for number in range(2000))


@pytest.fixture(params=sorted(path.name for path in KEPT.iterdir()))
def kept(request: pytest.FixtureRequest, server: Prosody, tmp_path: Path) -> Mote:
    """keeper, with these files; the server has the account with the salt for which the keys were made."""
    algorithm = "sha256"
    salted = hashlib.pbkdf2_hmac(algorithm, PASSWORD.encode(), SALT.encode(), ITERATIONS)
    stored = hashlib.new(algorithm, hmac.digest(salted, b"Client Key", algorithm)).hexdigest()
    server._store("accounts", "keeper", f'iteration_count = {ITERATIONS}; salt = "{SALT}"; stored_key = "{stored}"; '
                  f'server_key = "{hmac.digest(salted, b"Server Key", algorithm).hex()}";', "localhost")
    keeper = Account("keeper@localhost", PASSWORD)
    mote = Mote(tmp_path / "keeper", keeper, "127.0.0.1", server.port("direct"), server.ca, "direct")
    for file in (KEPT / request.param).iterdir():
        if file.suffix == ".xz":
            (mote.home / file.stem).write_bytes(lzma.decompress(file.read_bytes()))
        else:
            shutil.copy(file, mote.home)
        (mote.home / file.name.removesuffix(".xz")).chmod(0o600)
    return mote


def test_the_queue_of_before_is_there_and_grows(kept: Mote) -> None:
    old = waiting(kept)
    assert [(item["kind"], item["to"], item["state"]) for item in old] == [
        ("message", "reader@localhost", "waiting"), ("post", None, "waiting"), ("file", "reader@localhost", "waiting")]
    assert [item["id"] for item in old[1:]] == ["kept", "report.txt"]
    kept.run("send", "--queue", "reader@localhost", "and one of today")
    kept.run("queue", "drop", str(old[2]["ticket"]))
    assert [item["ticket"] for item in waiting(kept)] == [old[0]["ticket"], old[1]["ticket"], old[2]["ticket"] + 1]


def test_configuration_keys_and_queue_of_before_do_their_work(kept: Mote, server: Prosody, tmp_path: Path) -> None:
    """mote run logs in with the kept keys and sends all that waited: text to slixmpp, the file to mote get."""
    reader = server.account("reader")
    server.befriend(Account("keeper@localhost", PASSWORD), reader)
    taker = Mote(tmp_path / "reader", reader, "127.0.0.1", server.port("direct"), server.ca, "direct").setup()
    get = ("get", "--json", "-v", "--from", kept.jid, "--count", "1")
    with Peer(server, reader) as peer, taker.start(*get) as getting:
        getting.wait_err("taking files")
        with Daemon(kept, *kept.where) as daemon:
            peer.wait_message("kept over versions: 21.5 °C", 30)
            daemon.now.wait_event("delivered", id="kept", timeout=30)
            daemon.now.wait_event("delivered", kind="file", timeout=60)
            assert set(peer.items(kept.jid)) == {"kept"}
        assert (taker.home / "report.txt").read_text() == REPORT
    assert waiting(kept) == []


def test_the_image_of_a_board_is_opened_and_kept(kept: Mote) -> None:
    """A new provisioning keeps what is not said anew, and the image stays one of a board."""
    image = kept.home / "board.img"
    before = image.read_bytes()
    kept.run("provision", str(image), "--set", "interval=90")
    after = image.read_bytes()
    assert len(after) == len(before) and after != before and b"interval=90" in after and kept.jid.encode() in after


def test_a_store_of_a_newer_version_is_refused_and_left_alone(kept: Mote) -> None:
    store = kept.home / "mote.store"
    bytes_ = bytearray(store.read_bytes())
    changed = 0
    at = bytes_.find(b"MOTE\x01")
    while at >= 0:
        if zlib.crc32(bytes_[at:at + 60]) == int.from_bytes(bytes_[at - 4:at], "little"):  # a header: docs/STORE.md
            bytes_[at + 4] = 2
            bytes_[at - 4:at] = zlib.crc32(bytes_[at:at + 60]).to_bytes(4, "little")
            changed += 1
        at = bytes_.find(b"MOTE\x01", at + 1)
    assert changed > 0
    store.write_bytes(bytes_)
    result = kept.run("queue", code=LOCAL)
    assert "of another version" in result.stderr
    assert store.read_bytes() == bytes_
