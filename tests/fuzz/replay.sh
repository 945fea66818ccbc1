#!/bin/bash
# replay.sh OUT: plays every kept corpus to its target, as built in OUT with the sanitizers. Each input counts one.
cd "$(dirname "$0")/../.." || exit 1
failed=0
for source in tests/fuzz/*.c; do
    target=$(basename "$source" .c)
    grep -q '^int LLVMFuzzerTestOneInput' "$source" || continue
    log=$(mktemp)
    # The sanitizers, and broken invariants, end the program at the first input that fails.
    if timeout 600 "$1/tests/fuzz/$target" "tests/fuzz/corpus/$target"/* >"$log" 2>&1; then
        sed -nE "s/^replayed ([0-9]+) inputs$/fuzz corpus $target: \1 passed, 0 failed/p" "$log"
    else
        grep -avE '^tests/fuzz/corpus/' "$log" | head -n 40
        echo "not ok - fuzz corpus $target: $(grep -aE '^tests/fuzz/corpus/' "$log" | tail -n 1)"
        failed=1
    fi
    rm -f "$log"
done
exit $failed
