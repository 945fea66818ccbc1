#!/bin/bash
# long.sh: what takes too long for `make check`, called by `make check-long`. A line for each fault that was injected. The
# cuts need no server, so they run beside the tests that do, one for each processor.
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc 2>/dev/null || echo 2)
make --no-print-directory -j"$jobs" test-programs
eval "$(make --no-print-directory -s vars)"
status=0
each_cut() {
    local n devices
    echo transcripts
    devices=$("$OUT/tests/cut/store_cut" devices)
    for ((n = 1; n <= devices; n++)); do echo "$n"; done
}
# shellcheck disable=SC2317 # xargs calls it
cut() {
    if [ "$1" = transcripts ]; then
        find tests/cases -name '*.txt' | LC_ALL=C sort | xargs "$OUT/tests/transcript/transcript" --cut 1000000
    else
        "$OUT/tests/cut/store_cut" pairs "$1"
    fi
}
export -f cut
export OUT
each_cut | xargs -P "$jobs" -I{} bash -c 'cut {}' &
MOTE_LONG=1 /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/server || status=1
wait $! || status=1
exit $status
