#!/bin/bash
# lint.sh [TOOL...]: what compilers do not see, called by `make lint`: gcc's analyzer, clang-tidy (.clang-tidy), cppcheck, and
# clang's warnings. Over the core, the port and the board for Linux, the examples, and what of the tests is long-lived; and
# pyflakes over the Python of the tests. A line for each tool; each suppression stands with its reason here, in .clang-tidy, or
# as a comment in the source.
set -eu
cd "$(dirname "$0")/.."
# The flags as clang gets them, which gcc takes as well; a variant of its own, for the flags of others are remembered.
eval "$(make --no-print-directory -s CC=clang HARDEN=no BOARD_VARIANT=-lint vars)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jobs=$(nproc 2>/dev/null || echo 2)
failed=0

# Sources of other boards need their compilers and lwIP: those are built with the same warnings by check-boards.
sources=$(find core port boards/linux examples tests/fuzz tests/fake tests/cut -name '*.c' |
    grep -vE 'lwip|nosys|template|random_drbg|clock/tick|clock_mbedtls' | LC_ALL=C sort)

# Flags by which the file is compiled.
flags_of() {
    case $1 in core/*) echo "$CORE_CFLAGS" ;; *) echo "$PORT_CFLAGS" ;; esac
}

# each NAME COMMAND: run the shell command for every source, which it finds in $source, and its flags in "$@".
each() {
    local name=$1 source status=0 count
    export command=$2
    for source in $sources; do
        printf '%s\0%s\0' "$source" "$(flags_of "$source")"
    done >"$work/list"
    # shellcheck disable=SC2016 # expanded by the inner shell
    xargs -0 -n 2 -P "$jobs" sh -c 'source=$1; eval "set -- $2"; eval "$command"' sh <"$work/list" >"$work/log" 2>&1 || status=$?
    count=$(wc -w <<<"$sources")
    told "$name: $count files" "$status"
}

told() {
    if [ "$2" -eq 0 ]; then
        echo "ok - $1"
    else
        grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter' "$work/log" || true
        echo "not ok - $1"
        failed=1
    fi
}

# malloc-leak: what little is allocated outside the core lives as long as the process. use-of-uninitialized-value: gcc 12
# does not follow over two calls that a result of 0 means that something was read; clang-tidy looks for the same.
analyzer() {
    each 'gcc -fanalyzer' 'gcc "$@" -O2 -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value \
        -c $source -o /dev/null'
}

tidy() {
    each 'clang-tidy' 'clang-tidy --quiet $source -- "$@" -Wno-unknown-warning-option'
}

# All of clang's warnings but
#   declaration-after-statement, vla    ways to write C11 that this code has chosen, or has not
#   padded                              says where the compiler pads, which is its business
#   covered-switch-default, switch-enum two that ask for the opposite of each other
#   disabled-macro-expansion, reserved-macro-identifier, reserved-identifier   what glibc's headers and the linker's --wrap do
#   cast-qual, cast-align               container structs reached by their first member; the block read in place
#   assign-enum                         {0} of a struct with an enum that has no 0
#   conditional-uninitialized           what is set where the result is 0, which clang does not follow; gcc does
#   format-nonliteral                   writers that pass a format on; their callers are checked by the attribute
#   float-equal, double-promotion       there is no floating point
#   unreachable-code                    what a board has no room for, which a constant of its board_limits.h says
#   unused-macros                       what a header of a library reads; c++98-compat, unsafe-buffer-usage: this is C
everything() {
    each 'clang -Weverything' 'clang "$@" -Weverything -Wno-declaration-after-statement -Wno-vla -Wno-padded \
        -Wno-covered-switch-default -Wno-switch-enum -Wno-disabled-macro-expansion -Wno-reserved-macro-identifier \
        -Wno-reserved-identifier -Wno-cast-qual -Wno-format-nonliteral -Wno-missing-noreturn -Wno-bad-function-cast \
        -Wno-assign-enum -Wno-unused-macros -Wno-unreachable-code -Wno-c++98-compat -Wno-conditional-uninitialized \
        -fsyntax-only $source'
}

# missingInclude: of the system. unusedFunction: the API. The rest is inline, beside what it is about.
check() {
    local status=0
    # shellcheck disable=SC2086 # a list
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j "$jobs" -I. \
        --suppress=missingIncludeSystem -D__GNUC__ -D_GNU_SOURCE= \
        '-DMBEDTLS_CONFIG_FILE="boards/linux/mbedtls_config.h"' $sources >"$work/log" 2>&1 || status=$?
    told "cppcheck: $(wc -w <<<"$sources") files" "$status"
}

# Imports from test_*.py: tests that run once more, in another build or with another server, and their fixtures.
scripts() {
    local files
    files=$(find boards tests -name '*.py' | LC_ALL=C sort)
    # shellcheck disable=SC2086 # a list
    pyflakes3 $files 2>&1 | grep -vE "'test_[a-z_]+\.[a-zA-Z_0-9]+' imported but unused" >"$work/log" || true
    told "pyflakes: $(wc -w <<<"$files") files" "$(wc -l <"$work/log")"
}

for tool in ${*:-analyzer tidy check everything scripts}; do
    "$tool"
done
exit $failed
