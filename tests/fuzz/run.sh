#!/bin/bash
# run.sh SECONDS [TARGET]: each fuzz target under libFuzzer for that long, called by `make fuzz`.
#
# A target begins with its kept corpus (tests/fuzz/corpus/TARGET) and what earlier runs found, which stays in
# build/linux-fuzz/corpus/TARGET. What breaks one is left as build/linux-fuzz/found/TARGET-*.
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
eval "$(make --no-print-directory -s FUZZ=1 vars)"
targets=${2:-$FUZZ_TARGETS}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
mkdir -p "$OUT/found"

# A dictionary of its own, or that of XMPP for what is fed XML.
dictionary() {
    if [ -e "tests/fuzz/$1.dict" ]; then
        echo "-dict=tests/fuzz/$1.dict"
    elif grep -qE "fuzz/device.h|<expat.h>" "tests/fuzz/$1.c"; then
        echo "-dict=tests/fuzz/xmpp.dict"
    fi
}

fuzz() {
    local target=$1 largest=4096
    mkdir -p "$OUT/corpus/$target" "tests/fuzz/corpus/$target"
    case $target in stream | outbox) largest=512 ;; esac
    # shellcheck disable=SC2046 # at most one word
    ASAN_OPTIONS=quarantine_size_mb=16 nice "$OUT/tests/fuzz/$target" -max_total_time="$seconds" -max_len=$largest \
        -print_final_stats=1 -artifact_prefix="$OUT/found/$target-" $(dictionary "$target") \
        "$OUT/corpus/$target" "tests/fuzz/corpus/$target" >"$logs/$target" 2>&1 </dev/null
}

tell() {
    local target=$1 runs
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target")
    if [ "$2" -eq 0 ]; then
        echo "ok - fuzz $target: $runs executions, nothing found"
    else
        grep -aE 'invariant broken|ERROR:|runtime error|Test unit written' "$logs/$target" || tail -n 20 "$logs/$target"
        echo "not ok - fuzz $target: $runs executions; play it again with FUZZ_TRACE=1 $OUT/tests/fuzz/$target FILE"
    fi
}

failed=0
most=$(nproc 2>/dev/null || echo 2)
running=0
declare -A names
collect() { # one that has ended
    local pid status=0
    wait -n -p pid || status=$?
    tell "${names[$pid]}" "$status"
    [ "$status" -eq 0 ] || failed=1
    running=$((running - 1))
}
for target in $targets; do
    if [ ! -x "$OUT/tests/fuzz/$target" ]; then
        echo "there is no fuzz target '$target'; there are: $FUZZ_TARGETS" >&2
        exit 2
    fi
    if [ "$running" -ge "$most" ]; then collect; fi
    fuzz "$target" &
    names[$!]=$target
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do collect; done
exit $failed
