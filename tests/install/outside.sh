#!/bin/bash
# outside.sh [CFLAGS LIBS]: builds the module from outside the tree (tests/install/outside) and runs its program, which prints a
# line for each thing that such a module has to be able to do.
#
# CFLAGS and LIBS are what an installed Mote asks for: pkg-config --cflags mote, pkg-config --libs --static mote. Without them
# the library of this build is taken, and of its headers those alone that are installed.
set -eu
cd "$(dirname "$0")/../.."
eval "$(make --no-print-directory -s vars)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cflags=${1:-} libs=${2:-}
if [ $# -eq 0 ]; then
    for header in $PUBLIC_HEADERS; do
        mkdir -p "$work/include/$(dirname "$header")"
        cp "$header" "$work/include/$header"
    done
    cflags=-I$work/include libs="$LINKFLAGS $LIBS"
fi
if ! eval "$CC -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -g $cflags -o $work/outside tests/install/outside/*.c $libs" \
    >"$work/log" 2>&1; then
    echo "not ok - a module from outside the tree builds"
    sed 's/^/    /' "$work/log"
    exit 1
fi
echo "ok - a module from outside the tree builds"
timeout 60 "$work/outside"
