#!/bin/bash
# run.sh [fast]: all tests, called by `make check` and `make check-fast`. A line for each suite, and the sum at the end.
#
# fast leaves out what takes longer than seconds: the sanitizers, what needs a server or an emulator, and the sizes. A suite of which
# nothing ran counts as one failure.
set -eu
cd "$(dirname "$0")/.."

mode=${1:-full}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
total_passed=0
total_failed=0

# make in parallel, unless the make that called us shares its jobs.
run_make() {
    case ${MAKEFLAGS:-} in
        *jobserver*) make --no-print-directory "$@" ;;
        *) make --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" "$@" ;;
    esac
}

# report NAME LOG STATUS: counts what is in the log. Lines "ok ..." and "not ok ..." count one each; numbers are taken
# from the sum of the transcript player, and from pytest's ("1 failed, 3 passed, 2 errors in 4.5s").
report() {
    local name=$1 log=$2 status=$3 passed failed line
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
    grep -E '^[a-z ]+ cuts: |cuts: [0-9]+ tried' "$log" || true
    echo "$name: $passed passed, $failed failed"
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
    local name=$1 log status=0
    shift
    log=$work/log
    "$@" >"$log" 2>&1 || status=$?
    report "$name" "$log" "$status"
}

units() {
    local program status found bad=0
    for program in "$1"/tests/unit/test_*; do
        case $program in *.o | *.d) continue ;; esac
        # A program whose source is gone.
        [ -e "tests/unit/${program##*/}.c" ] || continue
        status=0
        CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$program" >"$work/unit" 2>&1 || status=$?
        sed -E 's/^[[:space:]]+((not )?ok )/\1/' "$work/unit"
        found=$(grep -cE '^[[:space:]]*not ok ' "$work/unit" || true)
        # The status is the number of failed tests, unless the program broke down.
        if [ "$status" -ne "$found" ]; then
            echo "not ok - ${program##*/} ended with status $status"
        fi
        [ "$status" -eq 0 ] || bad=1
    done
    return $bad
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

attack_rows="T1 T2 T3 T4 T5 T6 T7 S1 S2 S3 S4 S5 S7 X1 X2 X3 X4 X5 X6 X7 R1 R2 R3 R4 M1 M2 M3 M4 F1 F2 F3 F4 P1 D1 D2"

# server_tests attacks|others: those named by a row, as in test_T4_wrong_name, or the rest.
server_tests() {
    local named
    named=$(sed -E 's/([A-Z][0-9])/_\1_/g; s/ / or /g' <<<"$attack_rows")
    if [ "$1" = others ]; then
        named="not ($named)"
    fi
    /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider -k "$named" tests/server
}

# The firmware in QEMU. It is built by the tests, with make's jobs if there are any.
board_tests() {
    /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/boards
}

# The power cut at every operation of the store, and the link after every byte; they print their own "ok".
cuts() {
    local bad=0
    timeout 300 "$OUT/tests/cut/store_cut" || bad=1
    timeout 300 "$OUT/tests/cut/outbox_cut" all || bad=1
    # shellcheck disable=SC2046 # one word per file
    timeout 600 "$OUT/tests/transcript/transcript" --cut 60 $(find tests/cases -name '*.txt') || bad=1
    return $bad
}

# Every row of what an attacker or a fault may do has a test that bears its name: a transcript, a unit test or one
# against a server.
rows() {
    local row names bad=0
    names=$(find tests/cases tests/server -name '*.txt' -o -name 'test_*.py'
        grep -hoE 'test_[A-Za-z0-9_]+' tests/unit/*.c tests/server/*.py 2>/dev/null || true)
    for row in $attack_rows; do
        if grep -qE "(^|[^A-Za-z0-9])$row([^A-Za-z0-9]|\$)" <<<"$names"; then
            echo "ok - $row"
        else
            echo "not ok - no test is named by $row"
            bad=1
        fi
    done
    return $bad
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
    if [ "$mode" != fast ]; then
        if run_make SAN=1 test-programs; then
            export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
            small_suites "$OUT-san" ", sanitized"
            suite "fuzz corpora, sanitized" tests/fuzz/replay.sh "$OUT-san"
        else
            suite "build, sanitized" built "the library with sanitizers"
        fi
        suite "power cuts" cuts
        suite "attack rows that have a test" rows
        suite "attack, real server" server_tests attacks
        suite "real server" server_tests others
        suite "boards in QEMU" board_tests
        suite sizes tests/sizes.sh --check
    fi
fi
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
