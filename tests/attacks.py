#!/usr/bin/env python3
"""Did every row of the table "Attacks" in docs/TESTING.md get what it asks for?

    attacks.py TABLE HEARD...

TABLE is the Markdown file; HEARD is what the suites said, as tests/run.sh gathers it: the TAP of the unit tests, each behind
a line "# PROGRAM", and lines "passed NAME", "failed NAME" or "skipped NAME" of transcripts and of tests/server. A test
belongs to the rows that its name has (test_X4_depth, X4-depth-100000.txt, test_F_anything[X2-nul]); the part in brackets
counts first. B and a number is a fault that was found and has a test (test_B4_...), and no row.

Each test is one variant, however often it ran. A row of the table names where its tests are, or "out of scope: " and why.
Both have to agree: no row without a test that passed, no test of a row elsewhere than the table says, none for a row that is
out of scope, and nothing failed.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

TABLE_ROW = re.compile(r"^\| ([AC-Z][0-9]{1,2}) \|(.*)\|([^|]*)\|$")
ROW = re.compile(r"[AC-Z][0-9]{1,2}")  # B8 is no attack: so begin the names of tests of faults
OUT = "out of scope: "


def rows_in(name: str) -> list[str]:
    """Those named in the brackets of a parametrised test, else those of the rest."""
    for part in (name.partition("[")[2], name.partition("[")[0]):
        found = [word for word in re.split(r"[^A-Za-z0-9]+", part) if ROW.fullmatch(word)]
        if found:
            return found
    return []


def place_of(path: str) -> str:
    return "transcripts" if path.startswith("tests/cases/") else path.rpartition("/")[2]


def heard(lines: list[str]) -> dict[tuple[str, str], str]:
    """(place, name) of each test with a row in its name: "passed", "failed" (once is enough) or "skipped"."""
    results: dict[tuple[str, str], str] = {}
    program = ""
    for line in lines:
        if line.startswith("# test_"):
            program = line[2:] + ".c"
            continue
        unit = re.fullmatch(r"\s*(not )?ok [0-9]+ - (test_\w+)", line)
        other = re.fullmatch(r"(passed|failed|skipped) (tests/\S+?)(?:::(.*))?", line)
        if unit:
            key, outcome = (program, unit[2]), "passed" if unit[1] is None else "failed"
        elif other:
            key, outcome = (place_of(other[2]), other[3] or other[2].rpartition("/")[2]), other[1]
        else:
            continue
        if rows_in(key[1]):
            results[key] = "failed" if "failed" in (outcome, results.get(key)) else outcome
    return results


def table(text: str) -> dict[str, str]:
    """Row: where its tests are, or why it has none."""
    return {found[1]: found[3].strip() for line in text.splitlines() if (found := TABLE_ROW.match(line))}


def complaints(wanted: dict[str, str], results: dict[tuple[str, str], str]) -> list[str]:
    places: dict[str, set[str]] = defaultdict(set)
    wrong = [f"failed: {place} {name}" for (place, name), outcome in results.items() if outcome == "failed"]
    for place, name in results:
        for row in rows_in(name):
            places[row].add(place)
    for row in sorted(wanted.keys() | places.keys()):
        named = wanted.get(row)
        found = sorted(places[row], key=lambda place: (place != "transcripts", place))
        if named is None:
            wrong.append(f"{row} is not in the table, but has tests in {', '.join(found)}")
        elif named.startswith(OUT):
            wrong += [f"{row} is out of scope, but has tests in {', '.join(found)}"] if found else []
        elif sorted(named.split(", ")) != sorted(found):
            wrong.append(f"{row} has tests in {', '.join(found) or 'no place'}; the table says {named}")
    return wrong


def main() -> int:
    wanted = table(Path(sys.argv[1]).read_text())
    lines = [line.rstrip("\n") for name in sys.argv[2:] for line in open(name, errors="replace")]
    results = heard(lines)
    wrong = complaints(wanted, results)
    if wrong or not wanted:
        print("\n".join(f"not ok - attacks: {line}" for line in wrong or ["no table"]))
        return 1
    rows = [row for row, where in wanted.items() if not where.startswith(OUT)]
    passed = [name for (_, name), outcome in results.items() if outcome == "passed"]
    skipped = len(results) - len(passed)
    print("\n".join(f"ok - {row}: {sum(row in rows_in(name) for name in passed)} variants" for row in rows))
    print(f"attacks: {len(rows)} rows, {len(passed)} variants, all as required" +
          (f"; {skipped} not run here, for only root may" if skipped else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
