#!/bin/bash
# link.sh: what the objects of the library refer to, and what an image holds that attaches little. A line for each rule.
set -eu
cd "$(dirname "$0")/../.."
eval "$(make --no-print-directory -s vars)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
. tests/link/objects.sh
. tests/link/attach.sh
. tests/link/includes.sh
. tests/link/harden.sh

# result NAME FILE: the rule holds if the file is empty; else its lines say where not.
result() {
    if [ -s "$2" ]; then
        echo "not ok - $1"
        sed 's/^/    /' "$2"
        failed=1
    else
        echo "ok - $1"
    fi
}

core_sources() {
    find core -name '*.c' | LC_ALL=C sort
}

check_objects
check_symbols
check_attach
check_includes
check_headers
check_linkage
check_other_compiler
check_readme
check_counter
check_hardening
exit $failed
