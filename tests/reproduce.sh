#!/bin/bash
# reproduce.sh: builds everything twice from the same sources, in two folders whose paths differ, with another time zone,
# language and umask, and compares all programs and libraries byte by byte. Called by `make reproduce`.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$PWD
first=$work/a second="$work/the second, of another length/b"
boards='linux lm3s6965evb mps2-an385'

# What is compared: programs, firmware, and libraries. Those of lm3s6965evb are not code yet but what the optimiser of the
# link reads, and hold the options of the compiler, which name the folder; its firmware is compared.
outputs() {
    (cd "$1" && find build/linux build/lm3s6965evb build/mps2-an385 build/deps/linux build/deps/mps2-an385 \
        -type f \( -name '*.a' -o -name '*.elf' -o -name '*.bin' -o -perm -u+x \) ! -path 'build/lm3s6965evb/*.a') |
        LC_ALL=C sort
}

# build FOLDER ENVIRONMENT...
build() {
    local folder=$1 board example
    shift
    mkdir -p "$folder"
    tar -c --exclude=./build --exclude=./.git . | tar -x -C "$folder"
    for board in $boards; do
        example=
        [ "$board" = linux ] || example=EXAMPLE=sensor
        # shellcheck disable=SC2086 # none or one word
        env -u MAKEFLAGS -u MAKELEVEL -u SOURCE_DATE_EPOCH "$@" MOTE_TARBALLS="$here/build/deps/src" \
            make -C "$folder" --no-print-directory -s -j"$(nproc)" BOARD="$board" $example all >"$work/log" 2>&1 ||
            { tail -n 20 "$work/log"; echo "not ok - $board does not build in $folder"; exit 1; }
    done
}

build "$first" TZ=UTC LC_ALL=C
(umask 077 && build "$second" TZ=Pacific/Apia LC_ALL=C.UTF-8)
outputs "$first" >"$work/files"
outputs "$second" | cmp - "$work/files" || { echo "not ok - the two builds have other files"; exit 1; }
differ=0
while read -r file; do
    cmp -s "$first/$file" "$second/$file" || { echo "not ok - $file differs"; differ=$((differ + 1)); }
done <"$work/files"
count=$(wc -l <"$work/files")
[ "$count" -ge 14 ] || { echo "not ok - only $count files were built"; exit 1; }
if [ "$differ" -eq 0 ]; then
    echo "ok - $count programs and libraries are the same in two folders"
fi
exit $((differ > 0))
