#!/bin/bash
# run.sh [fast]: all tests, called by `make check` and `make check-fast`. A line for each suite, and the sum at the end.
#
# fast leaves out what takes longer than seconds: the sanitizers, what needs a server or an emulator, and the sizes. A suite of
# which nothing ran counts as one failure.
set -eu
cd "$(dirname "$0")/.."

mode=${1:-full}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ATTACKS_HEARD=$work/heard # what the suites said, for tests/attacks.py
total_passed=0
total_failed=0

# make in parallel, unless the make that called us shares its jobs.
run_make() {
    case ${MAKEFLAGS:-} in
        *jobserver*) make --no-print-directory "$@" ;;
        *) make --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" "$@" ;;
    esac
}

# report NAME LOG STATUS SECONDS: counts what is in the log. Lines "ok ..." and "not ok ..." count one each; numbers are taken
# from the sum of the transcript player, and from pytest's ("1 failed, 3 passed, 2 errors in 4.5s").
report() {
    local name=$1 log=$2 status=$3 seconds=$4 passed failed line
    passed=$(grep -cE '^ok ' "$log" || true)
    failed=$(grep -cE '^not ok ' "$log" || true)
    while read -r line; do
        passed=$((passed + $(number "$line" passed)))
        failed=$((failed + $(number "$line" failed) + $(number "$line" 'errors?')))
    done < <(grep -E '^(transcripts|fuzz corpus) .* passed|^[0-9]+ (passed|failed|errors?)(,.*)? in [0-9]' "$log" || true)
    if [ $((passed + failed)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
        failed=$((failed + 1))
    fi
    if [ "$failed" -gt 0 ]; then
        cat "$log"
    fi
    grep -E '^[a-z ]+ cuts: |^attacks: |cuts: [0-9]+ tried|^duty cycle: ' "$log" || true
    echo "$name: $passed passed, $failed failed, $seconds s"
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
}

# number LINE WORD: the number in front of the word, 0 if it is not there.
number() {
    local found
    found=$(printf '%s\n' "$1" | sed -nE "s/.*[^0-9]([0-9]+) $2\\b.*/\\1/p; t; s/^([0-9]+) $2\\b.*/\\1/p")
    echo "${found:-0}"
}

# suite NAME COMMAND...
suite() {
    local name=$1 log status=0 begun=$SECONDS
    shift
    log=$work/log
    "$@" >"$log" 2>&1 || status=$?
    cat "$log" >>"$ATTACKS_HEARD"
    report "$name" "$log" "$status" $((SECONDS - begun))
}

# beside COMMAND...: begin it beside the others. all_said: wait for all of them, and say what they said, one after the other.
pids=()
beside() {
    "$@" >"$work/beside-${#pids[@]}" 2>&1 &
    pids+=($!)
}

all_said() {
    local pid status=0
    for pid in "${pids[@]}"; do
        wait "$pid" || status=1
    done
    cat "$work"/beside-*
    rm "$work"/beside-*
    pids=()
    return $status
}

# unit OUT SOURCE: one program, and what it said in one piece, for others run beside it.
unit() {
    local program=$1/${2%.c} status=0 said found
    said=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$program" 2>&1) || status=$?
    said=$(sed -E 's/^[[:space:]]+((not )?ok )/\1/' <<<"$said")
    found=$(grep -cE '^not ok ' <<<"$said" || true)
    # The status is the number of failed tests, unless the program broke down.
    if [ "$status" -ne "$found" ]; then
        said+=$'\n'"not ok - ${program##*/} ended with status $status"
    fi
    printf '# %s\n%s\n' "${program##*/}" "$said"
    [ "$status" -eq 0 ]
}
export -f unit

units() {
    find tests/unit -name 'test_*.c' | LC_ALL=C sort |
        xargs -P "$(nproc 2>/dev/null || echo 2)" -I{} bash -c 'unit "$@"' unit "$1" {}
}

# transcripts OUT FOLDER...: the player counts files. Zero folders of that name are a failure of the suite.
transcripts() {
    local out=$1 files
    shift
    files=$(find "$@" -name '*.txt' | LC_ALL=C sort)
    # shellcheck disable=SC2086 # one word per file
    timeout 600 "$out/tests/transcript/transcript" $files
}

# Folders of cases, the attacks not among them.
case_folders() {
    find tests/cases -mindepth 1 -maxdepth 1 -type d ! -name attacks | LC_ALL=C sort
}

tests_of() {
    /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider "$@"
}

# Those of tests/server that the marks $1 select; in parts, for most of it is waiting.
in_parts() {
    local part parts=3
    for part in $(seq "$parts"); do
        beside tests_of -m "$1" --part="$part/$parts" tests/server
    done
    all_said
}

# Those that no row of docs/TESTING.md names.
server_tests() {
    in_parts 'not attack'
}

# And those that one does, against the build with sanitizers.
attack_tests() {
    MOTE=$OUT-san/mote in_parts attack
}

# The firmware in QEMU, which keeps one core busy for each board. What both need is built before the tests build the firmware.
board_tests() {
    local board
    for board in lm3s6965evb mps2-an385 riscv-virt w5500-evb-pico; do
        run_make -s BOARD="$board" EXAMPLE=sensor || return 1
    done
    beside tests_of -k 'mps2 or riscv or pico' tests/boards
    beside tests_of -k 'not mps2 and not riscv and not pico' tests/boards
    all_said
}

# The power cut at every operation of the store, and the link after every byte; they print their own "ok".
cuts() {
    beside timeout 1200 "$OUT/tests/cut/store_cut"
    beside timeout 1200 "$OUT/tests/cut/outbox_cut" all
    # shellcheck disable=SC2046 # one word per file
    beside timeout 1800 "$OUT/tests/transcript/transcript" --cut $(find tests/cases -name '*.txt')
    all_said
}

# Whether what ran is what the table of docs/TESTING.md says.
rows() {
    /usr/bin/python3 tests/attacks.py docs/TESTING.md "$ATTACKS_HEARD"
}

# What somebody has who clones the sources: another path, another C library.
package_tests() {
    /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/install
}

built() {
    echo "not ok - $1 does not build"
    return 1
}

# Both suites of one build: plain, or with the sanitizers.
small_suites() {
    local out=$1 note=$2
    suite "unit$note" units "$out"
    # shellcheck disable=SC2046
    suite "transcript$note" transcripts "$out" $(case_folders)
    suite "attack transcript$note" transcripts "$out" tests/cases/attacks
}

run_make test-programs || { suite build built "the library or its tests"; }
eval "$(make --no-print-directory -s vars)"
if [ "$total_failed" -eq 0 ]; then
    small_suites "$OUT" ""
    suite link tests/link/link.sh
    suite "outside module" tests/install/outside.sh
    if [ "$mode" != fast ]; then
        if run_make SAN=1 "$OUT-san/mote" test-programs; then
            export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
            small_suites "$OUT-san" ", sanitized"
            suite "fuzz corpora, sanitized" tests/fuzz/replay.sh "$OUT-san"
        else
            suite "build, sanitized" built "the library with sanitizers"
        fi
        suite "power cuts" cuts
        suite "attack, real server, sanitized" attack_tests
        suite "attack rows" rows
        suite "real server" server_tests
        suite "boards in QEMU" board_tests
        suite "clones and packages" package_tests
        suite sizes tests/sizes.sh --check
    fi
fi
echo "# all suites: $((SECONDS / 60)) min $((SECONDS % 60)) s"
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
