#!/bin/bash
# long.sh: what takes too long for `make check`, called by `make check-long`. A line for each fault that was injected.
set -eu
cd "$(dirname "$0")/.."
make --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" test-programs
eval "$(make --no-print-directory -s vars)"
status=0
"$OUT/tests/cut/store_cut" pairs || status=1
MOTE_LONG=1 /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/server || status=1
exit $status
