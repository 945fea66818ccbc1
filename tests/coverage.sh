#!/bin/bash
# coverage.sh: how much of core/ the unit tests, the transcripts, the power cuts and the fuzz corpora reach: lines, and
# branches that went both ways. Called by `make coverage`; fails below 95 % of the lines of core/.
#
# -v also lists the lines that nothing reaches.
set -eu
cd "$(dirname "$0")/.."
eval "$(make --no-print-directory -s COV=1 vars)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
least=95
find "$OUT" -name '*.gcda' -delete

find tests/unit -name 'test_*.c' | LC_ALL=C sort | while read -r source; do
    timeout 600 "$OUT/${source%.c}" >/dev/null 2>&1 || echo "# ${source##*/} fails in this build"
done
# shellcheck disable=SC2046 # one word per file
timeout 1200 "$OUT/tests/transcript/transcript" $(find tests/cases -name '*.txt') >/dev/null 2>&1 || echo "# a transcript fails"
timeout 600 "$OUT/tests/cut/store_cut" >/dev/null 2>&1 || echo "# a power cut fails"
for target in $FUZZ_TARGETS; do
    timeout 600 "$OUT/tests/fuzz/$target" "tests/fuzz/corpus/$target"/* >/dev/null 2>&1 || echo "# the corpus of $target fails"
done

# gcov says of each source "Lines executed:98.04% of 255", "Taken at least once:91.25% of 160".
find core -name '*.c' | LC_ALL=C sort | while read -r source; do
    object=$OUT/${source%.c}
    if [ ! -e "$object.gcda" ]; then
        echo "$source 0 $(gcov -n "$object.gcno" 2>/dev/null | sed -nE "\|^File '$source'|,/^$/ s/^Lines .* of ([0-9]+)/\1/p") 0 0"
        continue
    fi
    gcov -b -n "$object.gcda" 2>/dev/null | awk -v s="$source" -v want="File '$source'" '
        $0 == want { on = 1 }
        on && /^Lines executed/ { sub(/.*:/, ""); split($0, l, /% of /) }
        on && /^Taken at least once/ { sub(/.*:/, ""); split($0, b, /% of /) }
        on && /^$/ { exit }
        END { printf "%s %.0f %d %.0f %d\n", s, l[1] * l[2] / 100, l[2], b[1] * b[2] / 100, b[2] }'
done >"$work/all"

if [ "${1:-}" = -v ]; then
    mkdir "$work/gcov"
    find "$OUT/core" -name '*.gcda' | while read -r data; do
        (cd "$work/gcov" && gcov -s "$OLDPWD" "$OLDPWD/$data" >/dev/null 2>&1) || true
    done
    grep -H '#####:' "$work"/gcov/*.c.gcov | sed "s|$work/gcov/||; s|\.gcov: *#####: *|:|" | grep -v '^tests#' || true
fi

echo '| part | lines | reached | branches | taken |'
echo '|---|---:|---:|---:|---:|'
awk -v least=$least '
    { n = split($1, path, "/"); part = n > 2 ? path[2] : "engine"; add(part); add("~all of core/") }
    function add(p) { lr[p] += $2; l[p] += $3; br[p] += $4; b[p] += $5 }
    function rate(a, b) { return b > 0 ? sprintf("%.1f %%", 100 * a / b) : "-" }
    END {
        order = "base xml store stream engine modules ~all"
        split("base xml store stream engine modules", o, " ")
        for (i = 1; i <= 6; i++) { row(o[i], o[i]) }
        row("~all of core/", "**all of core/**")
        good = 100 * lr["~all of core/"] >= least * l["~all of core/"]
        printf "\n%s - the tests reach %s of the lines of core/, %s of its branches, of at least %d %% of the lines\n",
            good ? "ok" : "not ok", rate(lr["~all of core/"], l["~all of core/"]), rate(br["~all of core/"], b["~all of core/"]), least
        exit !good
    }
    function row(p, name) {
        printf "| %s | %d | %s | %d | %s |\n", name, l[p], rate(lr[p], l[p]), b[p], rate(br[p], b[p])
    }' "$work/all"
