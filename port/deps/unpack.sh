#!/bin/sh
# unpack.sh NAME: unpacks the tarball that NAME.src tells of into build/deps/src/NAME (no version in the path) and
# applies patches/NAME-*.patch.
set -eu
cd "$(dirname "$0")/../.."
src=build/deps/src
read -r pinned file sha <"$src/$1.src"

rm -rf "${src:?}/$1" "$src/$1.new"
mkdir "$src/$1.new"
tar xf "$src/$file" -C "$src/$1.new" --strip-components=1 --no-same-owner

# configure would make this header.
if [ "$1" = libsodium ]; then
    value() { sed -n "s/^$1=//p" "$src/libsodium.new/configure.ac"; }
    version=$(sed -n 's/^AC_INIT(\[libsodium\],\[\([^]]*\)\].*/\1/p' "$src/libsodium.new/configure.ac")
    dir=$src/libsodium.new/src/libsodium/include/sodium
    sed -e "s/@VERSION@/$version/" -e '/@SODIUM_LIBRARY_MINIMAL_DEF@/d' \
        -e "s/@SODIUM_LIBRARY_VERSION_MAJOR@/$(value SODIUM_LIBRARY_VERSION_MAJOR)/" \
        -e "s/@SODIUM_LIBRARY_VERSION_MINOR@/$(value SODIUM_LIBRARY_VERSION_MINOR)/" \
        "$dir/version.h.in" >"$dir/version.h"
fi
# A release newer than the pinned one may hold a repair already, in other words than ours.
for fix in port/deps/patches/"$1"-*.patch; do
    [ -e "$fix" ] || continue
    if patch -d "$src/$1.new" -p1 -N -f -s --dry-run <"$fix" >/dev/null 2>&1; then
        patch -d "$src/$1.new" -p1 -N -f -s <"$fix"
    elif [ "$sha" = "$pinned" ]; then
        echo "unpack: $fix does not apply to $file" >&2
        exit 1
    else
        echo "unpack: $fix does not apply to $file, which is newer than the pinned one; going on without" >&2
    fi
done
mv "$src/$1.new" "$src/$1"
