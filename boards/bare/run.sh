#!/bin/sh
# run.sh BOARD ELF CA NAME=VALUE...: runs the firmware in QEMU with these settings. CA is a certificate authority in PEM
# or DER, which is put into the provisioning page, or "". The console is stdin and stdout; Ctrl-C ends the firmware, and
# Ctrl-A x ends QEMU when the console is a terminal.
#
#   QEMU_EXTRA   more options of QEMU, such as "-icount shift=0"
#   QEMU_NET     the network of QEMU, instead of the user-mode one
# shellcheck disable=SC2154
set -eu
board=$1 elf=$2 ca=$3
shift 3

emulator=$(find boards -path "*/$board/emulator/run.sh")
if [ -n "$emulator" ]; then # QEMU does not know this one
    exec "$emulator" "$elf" "$ca" "$@"
fi
facts=$(find boards -path "*/$board/qemu.sh")
if [ -z "$facts" ]; then
    echo "run.sh: QEMU does not know this board, or there is none of that name: $board" >&2
    exit 2
fi
# shellcheck disable=SC1090 # emulator, machine, network, provision
. "./$facts"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
options=
if [ -n "$ca" ]; then
    openssl x509 -in "$ca" -outform der -out "$work/ca.der" 2>/dev/null ||
        openssl x509 -inform der -in "$ca" -outform der -out "$work/ca.der"
    options="-device loader,file=$work/ca.der,addr=$provision,force-raw=on"
fi
arguments=enable=on,target=native,arg=fw
for setting; do
    arguments="$arguments,arg=$(printf '%s' "$setting" | sed 's/,/,,/g')"
done
serial=stdio
[ ! -t 0 ] || serial=mon:stdio

# shellcheck disable=SC2086 # lists of options
"$emulator" -M $machine -kernel "$elf" -display none -monitor none -serial $serial \
    ${QEMU_NET:-$network} -semihosting-config "$arguments" $options ${QEMU_EXTRA:-}
