#!/bin/bash
# long.sh: what takes too long for `make check`, called by `make check-long`. A line for each fault that was injected. The
# power cuts need no server, so they run beside the tests that do, a device of them for each processor.
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc 2>/dev/null || echo 2)
make --no-print-directory -j"$jobs" test-programs
eval "$(make --no-print-directory -s vars)"
status=0
devices=$("$OUT/tests/cut/store_cut" devices)
seq "$devices" | xargs -P "$jobs" -I{} "$OUT/tests/cut/store_cut" pairs {} &
MOTE_LONG=1 /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/server || status=1
MOTE_ALL_BOARDS=1 /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/boards -k riscv-virt || status=1
wait $! || status=1
# The demo and the tests again, in a fresh Debian of the other release.
if [ "$(id -u)" -eq 0 ]; then
    tests/debian.sh trixie demo check || status=1
else
    echo "# Debian trixie was not tried, because only root can make one: sudo make check-debian"
fi
exit $status
