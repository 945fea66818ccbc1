#!/bin/bash
# sizes.sh [--write|--check]: tables of what Mote takes, and whether the budgets hold. Called by `make sizes`.
#
# --write puts the tables into docs/MEMORY.md as well. --check is for `make check`: a budget that is missed already may not be
# missed by more. The budgets are for x86-64 and -Os; on anything else the tables are printed, and the budgets on text and RAM
# are left out, saying so.
set -eu
cd "$(dirname "$0")/.."
port/deps/need.sh valgrind libstrophe-dev
# As on a board without an operating system: what hardens a Linux build (BOARD_HARDEN) is no cost of Mote's.
export HARDEN=no
case ${MAKEFLAGS:-} in *jobserver*) jobs= ;; *) jobs=-j$(nproc 2>/dev/null || echo 2) ;; esac
make --no-print-directory -s $jobs all sizes-programs
eval "$(make --no-print-directory -s vars)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
. tests/sizes/text.sh
. tests/sizes/ram.sh
. tests/sizes/cost.sh

# budget NAME VALUE LIMIT UNIT: kept for the end, where they are read.
budget() {
    if [ "$2" -le "$3" ]; then
        echo "ok - $1: $2 of at most $3 $4" >>"$work/budgets"
    else
        echo "not ok - $1: $2 of at most $3 $4" >>"$work/budgets"
        failed=1
    fi
}

broken() {
    echo "not ok - $1" >>"$work/budgets"
    failed=1
}

measured=yes
if [ "$(uname -m)" != x86_64 ]; then measured="this is no x86-64"; fi
case " $CORE_CFLAGS " in *" -Os "*) ;; *) measured="this is not built with -Os" ;; esac

{
    if [ "${1:-}" = --check ]; then text_tables check; else text_tables; fi
    ram_tables
    cost_tables
} >"$work/tables"
heap_check
if [ "$measured" != yes ]; then echo "# $measured: the budgets on text and RAM were left out" >>"$work/budgets"; fi

cat "$work/tables"
cat "$work/budgets"
if [ "${1:-}" = --write ]; then
    {
        cat tests/sizes/MEMORY.head.md
        echo "Built with $($CC --version | head -n 1), for $(uname -m)."
        echo
        cat "$work/tables"
        echo '## Budgets'
        echo
        sed -E 's/^ok - /- kept: /; s/^not ok - /- **broken**: /' "$work/budgets"
    } >docs/MEMORY.md
fi
exit $failed
