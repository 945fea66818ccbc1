#!/bin/sh
# run.sh ELF CA NAME=VALUE...: runs the firmware in the RP2040 emulator, as boards/bare/run.sh does in QEMU for other boards.
# The network is that of a QEMU without a machine, user-mode as for the other boards. The console is stdin and stdout.
#
#   PICO_FLASH    a file for the storage, the second MiB of the flash; it is made if there is none. Without it nothing is kept
#   PICO_MONITOR  a path for a socket that takes commands: quit, set_link net on, set_link net off, counters,
#                 and faults of the network chip (w5500.mjs): fault NAME on, fault NAME off
set -eu
elf=$1 ca=$2
shift 2
here=$(dirname "$0")

# The emulator is an npm package, fetched once: pinned and checked by package-lock.json.
modules=build/npm
mkdir -p "$modules"
(
    flock 9
    if ! cmp -s "$here/package-lock.json" "$modules/installed.json"; then
        cp "$here/package.json" "$here/package-lock.json" "$modules"
        (cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
        cp "$here/package-lock.json" "$modules/installed.json"
    fi
) 9>"$modules/lock"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$ca" ]; then
    openssl x509 -in "$ca" -outform der -out "$work/ca.der" 2>/dev/null ||
        openssl x509 -inform der -in "$ca" -outform der -out "$work/ca.der"
fi
NODE_PATH=$PWD/$modules/node_modules node "$here/main.mjs" "${elf%.elf}.bin" "$work/ca.der" "$@"
