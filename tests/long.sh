#!/bin/bash
# long.sh: what takes too long for `make check`, called by `make check-long`. A line for each fault that was injected. The
# cuts need no server, so they run beside the tests that do.
set -eu
cd "$(dirname "$0")/.."
make --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" test-programs
eval "$(make --no-print-directory -s vars)"
status=0
cuts() {
    local bad=0
    "$OUT/tests/cut/store_cut" pairs || bad=1
    # shellcheck disable=SC2046 # one word per file
    "$OUT/tests/transcript/transcript" --cut 1000000 $(find tests/cases -name '*.txt' | LC_ALL=C sort) || bad=1
    return $bad
}
cuts &
MOTE_LONG=1 /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/server || status=1
wait $! || status=1
exit $status
