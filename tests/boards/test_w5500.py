"""What is only on a W5500-EVB-Pico: a network chip with faults of its own, a flash as storage, a source of noise."""
import json
import struct
from pathlib import Path
from typing import Callable

import pytest

from board import ROOT, Board
from conftest import variant
from command import BINARY, Mote
from prosody import Account, Prosody

Make = Callable[..., Board]
ONE_BOARD = "w5500-evb-pico"
STORE = 64 * 1024


its_name, its_build = variant(ONE_BOARD)


def goes_on(b: Board) -> None:
    seen = len(b.lines)
    b.wait('posted "', after=seen, timeout=120)


def test_faults_of_the_network_chip(board: Make) -> None:
    """Each has been seen in the field. The session goes on after each, without a restart."""
    with board() as b:
        b.wait('posted "')
        b.command("fault length on")  # once
        goes_on(b)
        b.command("fault reset")
        b.wait("the network chip has lost its state: it is set up anew")
        goes_on(b)
        b.command("fault sendok on")
        b.wait('kept "', after=len(b.lines))
        b.command("fault sendok off")
        goes_on(b)
        seen = len(b.lines)
        b.command("fault deaf on")
        b.wait("lost its state", after=seen)
        b.wait('kept "', after=len(b.lines))
        b.command("fault deaf off")
        goes_on(b)
        assert not any("emulator" in line or "stopped" in line or "fault" in line for line in b.lines)


def test_random_source_that_is_stuck(board: Make) -> None:
    with board(environment={"PICO_ROSC": "stuck"}) as b:
        b.wait("cannot start: no random source, and without one there is no TLS")
        assert b.process.wait(20) != 0


def test_flash_is_written_from_ram(board: Make, tmp_path: Path) -> None:
    """The emulator ends the program when it reads the flash while it changes. What was kept is there after a reset."""
    with board() as b:
        b.wait('posted "')
        operations = json.loads(b.command("counters").splitlines()[0])["operations"]
        assert operations > 5
        b.reset()
    assert len(set(b.image.read_bytes()[:STORE])) > 16
    with board(password=None) as b:
        b.wait("online as")


def test_image_for_the_boot_rom(build: str) -> None:
    """The UF2 file holds the firmware, and the second stage has the CRC that the boot ROM compares."""
    folder = ROOT / "build" / build
    firmware = (folder / "sensor.bin").read_bytes()
    uf2 = (folder / "sensor.uf2").read_bytes()
    image = b""
    for number in range(len(uf2) // 512):
        block = uf2[512 * number:512 * (number + 1)]
        first, second, flags, address, size, count, all_of_them, family = struct.unpack("<8I", block[:32])
        assert (first, second, block[-4:]) == (0x0a324655, 0x9e5d5157, struct.pack("<I", 0x0ab16f30))
        assert (flags, address, size, count, family) == (0x2000, 0x10000000 + len(image), 256, number, 0xe48bff56)
        assert all_of_them == len(uf2) // 512
        image += block[32:32 + size]
    assert image[:len(firmware)] == firmware and set(image[len(firmware):]) <= {0}
    remainder = 0xffffffff  # long division of polynomials, bit by bit: with the CRC behind the bytes nothing is left
    for byte in firmware[:252] + firmware[252:256][::-1]:
        for bit in range(7, -1, -1):
            out = remainder >> 31 ^ byte >> bit & 1
            remainder = remainder << 1 & 0xffffffff ^ (0x04c11db7 if out else 0)
    assert remainder == 0


@pytest.mark.skipif(not BINARY.exists(), reason="the mote command is not built")
def test_provisioned(board: Make, server: Prosody, account: Account, tmp_path: Path) -> None:
    """All that it knows is in its flash: the store of settings, and the page of the authority."""
    mote, page = Mote(tmp_path / "mote", account, "127.0.0.1", server.port("direct"), server.ca, "direct"), tmp_path / "page.der"
    mote.config.write_text("")
    thing = board(provisioned=True, ca=page)
    thing.image.unlink()
    mote.run("provision", "--flash", str(thing.image), "--jid", account.jid, "--password-stdin", "--set", "interval=1", "--host",
             "10.0.2.2", "--port", str(server.port("direct")), "--tls", "direct", "--ca", str(server.ca), "--ca-page", str(page),
             input=account.password)
    with thing as b:
        b.wait(f"online as {account.jid}")
        b.wait('posted "')
        assert not any("an empty one is made" in line for line in b.lines)


def test_unknown_setting_of_the_address(board: Make) -> None:
    with board(mac="01ffffffffff", count=1) as b:
        b.wait("the setting mac is twelve hexadecimal digits, the first two even; a random address is taken")
        b.wait("online as")
