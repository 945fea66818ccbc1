#!/usr/bin/env python3
"""uf2.py BIN UF2: puts the CRC that the boot ROM looks for into the first 256 bytes of a firmware, in place, and writes it as a
UF2 file, which a board in BOOTSEL mode takes as a USB drive. BIN begins with the second stage of the boot."""
import struct
import sys
from pathlib import Path

FLASH, FAMILY, PAGE = 0x10000000, 0xe48bff56, 256
FIRST, SECOND, LAST = 0x0a324655, 0x9e5d5157, 0x0ab16f30
HAS_FAMILY = 0x2000


def crc(data: bytes) -> int:
    """CRC-32 with the highest bit first, nothing reflected or inverted at the end (RP2040 datasheet 2.8.1.3.1)."""
    value = 0xffffffff
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04c11db7 if value & 0x80000000 else 0)) & 0xffffffff
    return value


def main() -> None:
    binary, uf2 = map(Path, sys.argv[1:])
    image = bytearray(binary.read_bytes())
    image[PAGE - 4:PAGE] = struct.pack("<I", crc(image[:PAGE - 4]))
    binary.write_bytes(image)
    image += bytes(-len(image) % PAGE)
    pages = [image[at:at + PAGE] for at in range(0, len(image), PAGE)]
    with uf2.open("wb") as out:
        for number, page in enumerate(pages):
            out.write(struct.pack("<8I", FIRST, SECOND, HAS_FAMILY, FLASH + number * PAGE, PAGE, number, len(pages), FAMILY))
            out.write(page.ljust(476, b"\0") + struct.pack("<I", LAST))


main()
