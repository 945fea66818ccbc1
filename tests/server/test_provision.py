"""mote provision: what it writes, and what it leaves alone. tests/boards boots boards on its images."""
import os
import stat
from pathlib import Path

import pytest

from certs import Certs
from command import DONE, LOCAL, USAGE, Mote, Result
from prosody import Account


@pytest.fixture
def mote(tmp_path: Path) -> Mote:
    """Without a server: nobody is connected to."""
    mote = Mote(tmp_path / "mote", Account("thing@example.org", "secret"), "127.0.0.1", 1, None, "direct")
    mote.config.write_text("")
    return mote


def provision(mote: Mote, *arguments: str, code: int = DONE) -> Result:
    return mote.run("provision", "image", "--jid", mote.jid, "--password-stdin", *arguments, input="secret", code=code)


def test_new_image(mote: Mote) -> None:
    made = provision(mote, "--json", "--host", "10.0.2.2", "--port", "5223", "--tls", "direct", "--set", "interval=60").json
    assert made == [{"event": "provision", "jid": mote.jid, "image": "image", "size": 1 << 20, "keys": False,
                     "ca_page": None}]
    image = mote.home / "image"
    assert stat.S_IMODE(image.stat().st_mode) == 0o600 and image.stat().st_size == 1 << 20
    assert (b"jid=thing@example.org\npassword=secret\nhost=10.0.2.2\nport=5223\ntls=direct\ninterval=60\n"
            in image.read_bytes())


def test_size(mote: Mote) -> None:
    provision(mote, "--size", "256k")
    assert (mote.home / "image").stat().st_size == 256 * 1024


@pytest.mark.parametrize("size", ["64k", "100000", "3M"])
def test_size_that_no_card_has(mote: Mote, size: str) -> None:
    assert "power of two" in provision(mote, "--size", size, code=USAGE).complaint
    assert not (mote.home / "image").exists()


def test_what_else_is_there_stays(mote: Mote) -> None:
    image = mote.home / "image"
    noise = os.urandom(1 << 20)
    image.write_bytes(noise)
    refused = provision(mote, code=LOCAL)
    assert "it holds something else" in refused.complaint and "--force" in refused.stderr
    assert image.read_bytes() == noise
    provision(mote, "--force")
    assert b"password=secret" in image.read_bytes()


def test_file_of_the_board_stays(mote: Mote) -> None:
    """Only the first 64 KiB are the store's."""
    provision(mote)
    image = mote.home / "image"
    rest = os.urandom((1 << 20) - 128 * 512)
    with image.open("r+b") as f:
        f.seek(128 * 512)
        f.write(rest)
    provision(mote, "--set", "interval=5")
    assert image.read_bytes()[128 * 512:] == rest and b"interval=5" in image.read_bytes()


def test_too_small(mote: Mote) -> None:
    (mote.home / "image").write_bytes(bytes(1000))
    assert "too small" in provision(mote, code=LOCAL).complaint
    assert (mote.home / "image").read_bytes() == bytes(1000)


def test_too_much(mote: Mote) -> None:
    assert "376 bytes" in provision(mote, "--set", "node=" + "n" * 370, code=USAGE).complaint
    assert not (mote.home / "image").exists()


@pytest.mark.parametrize("setting", ["interval", "=60", "interval=", "a=b\nc=d"])
def test_no_setting(mote: Mote, setting: str) -> None:
    assert "NAME=VALUE" in provision(mote, "--set", setting, code=USAGE).complaint


def test_nothing_to_log_in_with(mote: Mote) -> None:
    refused = mote.run("provision", "image", "--jid", mote.jid, code=USAGE)
    assert "neither kept keys of the account nor a password" in refused.complaint and "mote setup" in refused.stderr


def test_no_account(mote: Mote) -> None:
    assert "no account is named" in mote.run("provision", "image", code=USAGE).complaint


def test_page(mote: Mote, tmp_path: Path) -> None:
    certs = Certs(tmp_path / "certs")
    told = provision(mote, "--ca", str(certs.ca), "--ca-page", "page")
    page = (mote.home / "page").read_bytes()
    assert page[:2] == b"\x30\x82" and len(page) < 1000 and "--ca-page" not in told.stderr
    provision(mote, "--ca", "page", "--ca-page", "again")  # DER, too
    assert (mote.home / "again").read_bytes() == page


def test_page_has_room_for_one(mote: Mote, tmp_path: Path) -> None:
    certs = Certs(tmp_path / "certs")
    (mote.home / "two").write_text(certs.ca.read_text() * 2)
    refused = provision(mote, "--ca", "two", "--ca-page", "page", code=LOCAL)
    assert "more than one certificate" in refused.complaint and "4096 bytes" in refused.stderr
    (mote.home / "none").write_text("hello")
    assert "no certificate" in provision(mote, "--ca", "none", "--ca-page", "page", code=LOCAL).complaint
    assert "no authority" in provision(mote, "--ca-page", "page", code=USAGE).complaint
    assert not (mote.home / "page").exists()
