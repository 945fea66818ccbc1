#!/usr/bin/env python3
"""sizes.py PREFIX ELF FLASH RAM: where the bytes of a firmware are, by the source files of its symbols as the debugging
information has them, which holds with link-time optimisation, too. PREFIX is that of the binutils. Fails when FLASH or RAM,
the budgets in bytes, are exceeded."""
import bisect
import re
import subprocess
import sys
from collections import defaultdict

# The first that fits in the path of a symbol's source file names its part.
PARTS = [
    (r"^core/modules/([a-z_]+)[./]", "module {}"),
    (r"^core/store/", "store"),
    (r"^core/", "core"),
    (r"^examples/", "application"),
    (r"^port/", "port"),
    (r"^boards/", "board"),
    (r"/mbedtls/", "mbedTLS"),
    (r"/expat/", "expat"),
    (r"/lwip/", "lwIP"),
    (r"/libsodium/", "libsodium"),
]
LIBC = "libc, libgcc"
REST = "strings, padding"


def part_of(path: str) -> str:
    for pattern, name in PARTS:
        found = re.search(pattern, path)
        if found:
            module = found[1] if found.groups() else ""
            return name.format(module)
    return REST


def run(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def sections(prefix: str, elf: str) -> dict[str, int]:
    rows = (line.split() for line in run(prefix + "size", "-A", elf))
    return {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}


def source_files(prefix: str, elf: str) -> dict[int, str]:
    """The source file of what begins at an address. An entry may only point to the one that has been there before
    optimisation over all files, in the unit of its own file."""
    tag, entry = "", 0
    units: list[tuple[int, str]] = []       # where each unit begins
    found: dict[int, tuple[int, int]] = {}  # entry: address, entry it comes from
    for line in run(prefix + "readelf", "--debug-dump=info", "-W", elf):
        if match := re.match(r" <[0-9a-f]+><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)", line):
            entry, tag = int(match[1], 16), match[2]
        elif tag == "DW_TAG_compile_unit" and (match := re.search(r"DW_AT_name .*: (\S+)$", line)):
            units.append((entry, match[1]))
        elif tag not in ("DW_TAG_subprogram", "DW_TAG_variable"):
            continue
        elif match := re.search(r"DW_AT_abstract_origin: .*<0x([0-9a-f]+)>", line):
            found[entry] = (found.get(entry, (-1, 0))[0], int(match[1], 16))
        elif match := re.search(r"DW_OP_addr: ([0-9a-f]+)\)$|DW_AT_low_pc +: (?:\(addr\) )?0x([0-9a-f]+)$", line):
            found[entry] = (int(match[1] or match[2], 16), found.get(entry, (0, entry))[1])
    starts = [start for start, _ in units]
    files = {}
    for address, origin in found.values():
        if address >= 0:
            while origin in found and found[origin][1] != origin and found[origin][0] < 0:
                origin = found[origin][1]
            files[address & ~1] = units[bisect.bisect(starts, origin) - 1][1]
    return files


def compiler_libraries(linker_map: str) -> int:
    """Bytes of flash from the archives that come with the compiler: most of their functions tell no size by themselves."""
    text = open(linker_map).read().split("Linker script and memory map")[1]
    pieces = re.findall(r"^ \.(?!debug)[a-z]\S*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) \S+/lib(?:gcc|[cgm]|[cg]_nano)\.a\(", text, re.M)
    return sum(int(size, 16) for address, size in pieces if 0 < int(address, 16) < 0x20000000)


def main() -> int:
    prefix, elf, flash_budget, ram_budget = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    flash: dict[str, int] = defaultdict(int)
    ram: dict[str, int] = defaultdict(int)
    files = source_files(prefix, elf)
    for line in run(prefix + "nm", "-S", elf):
        if match := re.match(r"([0-9a-f]+) ([0-9a-f]+) (\w) \S+$", line):
            path = files.get(int(match[1], 16) & ~1, "")
            if path.startswith("/") or not path and match[3] not in "bBdD":
                continue  # of the compiler's libraries: below
            part = part_of(path)
            where = ram if match[3] in "bBdD" else flash
            where[part] += int(match[2], 16)

    size = sections(prefix, elf)
    stack = size.get(".stack", 0)
    flash_all = sum(size.get(s, 0) for s in (".boot2", ".text", ".ARM.exidx", ".data", ".ramcode"))
    ram_all = sum(size.get(s, 0) for s in (".stack", ".data", ".bss"))
    flash[LIBC] = compiler_libraries(re.sub(r"elf$", "map", elf))
    flash[REST] += flash_all - sum(flash.values())
    ram[REST] += ram_all - stack - sum(ram.values())
    ram["stack"] = stack

    print(f"{'':24}{'flash':>10}{'RAM':>10}")
    for part in sorted(set(flash) | set(ram), key=lambda p: (-flash[p] - ram[p], p)):
        if flash[part] or ram[part]:
            print(f"{part:24}{flash[part]:10,}{ram[part]:10,}")
    print(f"{'all':24}{flash_all:10,}{ram_all:10,}")
    print(f"{'budget':24}{flash_budget:10,}{ram_budget:10,}")
    over = [name for name, have, may in (("flash", flash_all, flash_budget), ("RAM", ram_all, ram_budget)) if have > may]
    if over:
        print(f"sizes: {elf} is over its budget of {' and '.join(over)}", file=sys.stderr)
    return 1 if over else 0


sys.exit(main())
