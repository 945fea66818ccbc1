#!/bin/bash
# arch.sh [ARCH...]: unit tests, transcripts, power cuts and fuzz corpora as programs of another kind of machine, under QEMU's
# user mode: arm (32 bits, little-endian) and mips (32 bits, big-endian); and as programs of this machine with musl as their C
# library. Called by `make check-arch`, and by tests/run.sh. By hand also aarch64 (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross),
# where mbedTLS computes SHA-256 and AES by the processor's instructions.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
case ${MAKEFLAGS:-} in *jobserver*) jobs= ;; *) jobs=-j$(nproc 2>/dev/null || echo 2) ;; esac

units() {
    local source program status
    for source in $(find tests/unit -name 'test_*.c' | LC_ALL=C sort); do
        program=$1/${source%.c}
        status=0
        timeout 600 "$2" "$program" >"$work/unit" 2>&1 || status=$?
        grep -E '^(not )?ok |^#' "$work/unit" || true
        if [ "$status" -ne "$(grep -c '^not ok ' "$work/unit" || true)" ]; then
            echo "not ok - ${program##*/} ended with status $status"
        fi
    done >"$work/log"
    tell "$3" unit "$(grep -c '^ok ' "$work/log" || true)" "$(grep -c '^not ok ' "$work/log" || true)"
}

tell() { # ARCH SUITE PASSED FAILED
    echo "$1 $2: $3 passed, $4 failed"
    if [ "$4" -gt 0 ] || [ "$3" -eq 0 ]; then
        grep -vE '^ok ' "$work/log" || true
        failed=1
    fi
}

transcripts() {
    local cases
    cases=$(find tests/cases -name '*.txt' | LC_ALL=C sort)
    # shellcheck disable=SC2086 # one word per file
    timeout 1200 "$2" "$1/tests/transcript/transcript" $cases >"$work/log" 2>&1 || true
    tell "$3" transcript "$(sed -nE 's/^transcripts .* ([0-9]+) passed.*/\1/p' "$work/log")" \
        "$(sed -nE 's/^transcripts .* ([0-9]+) failed.*/\1/p' "$work/log")"
}

corpora() {
    local target good=0 bad=0
    : >"$work/log"
    for target in stream stanza sasl jingle text atom store outbox dns; do
        if timeout 600 "$2" "$1/tests/fuzz/$target" "tests/fuzz/corpus/$target"/* >"$work/one" 2>&1; then
            good=$((good + $(sed -nE 's/^replayed ([0-9]+) inputs$/\1/p' "$work/one")))
        else
            tail -n 3 "$work/one" >>"$work/log"
            bad=$((bad + 1))
        fi
    done
    tell "$3" "fuzz corpora" "$good" "$bad"
}

for arch in ${*:-arm mips musl}; do
    make --no-print-directory -s $jobs ARCH="$arch" arch-programs
    out=build/linux-$arch
    runner=qemu-$arch
    if [ "$arch" = musl ]; then runner=env; fi # this machine's own programs
    units "$out" "$runner" "$arch"
    transcripts "$out" "$runner" "$arch"
    corpora "$out" "$runner" "$arch"
done
exit $failed
