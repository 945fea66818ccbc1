#!/bin/sh
# fetch.sh NAME...: lays the pinned tarballs of pins.mk into build/deps/src and writes NAME.src beside each,
# "pin-sha256 file sha256", which is what build.mk unpacks.
#
#   MOTE_TARBALLS       folder that holds the tarballs under Debian's names; then no network is used
#   MOTE_DEBIAN_MIRROR  a Debian mirror, for machines whose own apt mirror is none
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
src=$PWD/build/deps/src
work=$PWD/build/deps/apt
suite=trixie
mkdir -p "$src"

say() { echo "fetch: $*" >&2; }
die() { say "$@"; exit 1; }

pin() { # NAME -> version file sha
    sed -n "s/^PIN_$1 *= *//p" "$here/pins.mk"
}

sum() { sha256sum "$1" | cut -d' ' -f1; }

describe() { # NAME...
    for n; do
        # shellcheck disable=SC2046 # three words
        set -- $(pin "$n")
        echo "  $2  sha256 $3" >&2
    done
}

stuck() { # NAMES WHY
    say "$2"
    say "lay these files into a folder and name it: make MOTE_TARBALLS=/that/folder"
    # shellcheck disable=SC2086 # a list
    describe $1
    say "or name a Debian mirror: make MOTE_DEBIAN_MIRROR=http://..."
    exit 1
}

# --- there already? ------------------------------------------------------------------------------------------------

accept() { # NAME PINNED_SHA FILE SHA
    if [ "$(cat "$src/$1.src" 2>/dev/null)" != "$2 $3 $4" ]; then
        echo "$2 $3 $4" >"$src/$1.src"
    fi
}

present() { # NAME: a checked tarball lies in $src
    # shellcheck disable=SC2046
    set -- "$1" $(pin "$1")
    [ $# -eq 4 ] || die "pins.mk has no $1"
    if [ -e "$src/$3" ]; then
        if [ "$(sum "$src/$3")" = "$4" ]; then
            accept "$1" "$4" "$3" "$4"
            return 0
        fi
        rm -f "$src/$3"
        die "$3 had the wrong SHA-256 (expected $4); it was removed, run make again"
    fi
    # A newer patch release, taken from the signed index when this same pin was gone.
    if [ -e "$src/$1.src" ] && read -r was file sha <"$src/$1.src" && [ "$was" = "$4" ] && [ -e "$src/$file" ]; then
        if [ "$(sum "$src/$file")" = "$sha" ]; then return 0; fi
        rm -f "$src/$file" "$src/$1.src"
        die "$file had the wrong SHA-256 (expected $sha); it was removed, run make again"
    fi
    return 1
}

from_folder() { # NAME
    # shellcheck disable=SC2046
    set -- "$1" $(pin "$1")
    [ -e "$MOTE_TARBALLS/$3" ] || return 1
    cp "$MOTE_TARBALLS/$3" "$src/$3.part"
    got=$(sum "$src/$3.part")
    if [ "$got" != "$4" ]; then
        rm -f "$src/$3.part"
        die "$MOTE_TARBALLS/$3 has SHA-256 $got, expected $4; it was not taken"
    fi
    mv "$src/$3.part" "$src/$3"
    accept "$1" "$4" "$3" "$4"
}

todo=
for name; do
    if present "$name"; then continue; fi
    if [ -n "${MOTE_TARBALLS:-}" ] && from_folder "$name"; then continue; fi
    todo="$todo $name"
done
[ -n "$todo" ] || exit 0

# --- from Debian, by an apt that keeps to itself -------------------------------------------------------------------
#
# First the pinned file by its place in the mirror's pool: the pin's SHA-256 says all about it, and pools keep files which
# the index has left. Only what is gone from there is looked for in the signed index of the suite.

[ -z "${MOTE_TARBALLS:-}" ] || say "not in $MOTE_TARBALLS:$todo; trying apt"
command -v apt-get >/dev/null 2>&1 || stuck "$todo" "there is no apt here to fetch with"

mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
# apt takes no path with blanks, nor do options in one variable: a symbolic link without any leads there.
case $work in
    *[[:space:]]*)
        link=$(mktemp -d)
        trap 'rm -rf "$link"' EXIT
        trap 'exit 1' HUP INT TERM
        ln -s "$work" "$link/apt"
        work=$link/apt
        ;;
esac
# Sandboxing would need a path that apt's own user can enter, which a checkout below a home directory seldom is.
private="-oDir::State::Lists=$work/lists -oDir::Cache=$work/cache -oAPT::Sandbox::User=root
    -oAcquire::Languages=none -oDir::Etc::preferences=/dev/null -oDir::Etc::preferencesparts=/dev/null"
only="-oDir::Etc::sourcelist=$work/src.sources -oDir::Etc::sourceparts=/dev/null"

mirrors() { # of the machine, as apt itself reads its configuration; no network
    if [ -n "${MOTE_DEBIAN_MIRROR:-}" ]; then
        echo "$MOTE_DEBIAN_MIRROR"
        return
    fi
    # shellcheck disable=SC2086
    apt-get $private update --print-uris 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/[^/']*/InRelease' .*|\1|p" | grep -v -e security -e backports | awk '!seen[$0]++' | head -5
}

from_pool() { # NAME MIRROR
    case $1 in
        lib*) set -- "$1" "$2/pool/main/$(echo "$1" | cut -c1-4)/$1" ;;
        *) set -- "$1" "$2/pool/main/$(echo "$1" | cut -c1)/$1" ;;
    esac
    # shellcheck disable=SC2046
    set -- "$1" "$2" $(pin "$1")
    # shellcheck disable=SC2086
    if "$helper" $private -oAcquire::Retries=2 download-file "$2/$4" "$work/$4" "SHA256:$5" >"$work/pool.log" 2>&1 &&
        [ "$(sum "$work/$4")" = "$5" ]; then
        say "$4"
        mv "$work/$4" "$src/$4"
        accept "$1" "$5" "$4" "$5"
        return 0
    fi
    rm -f "$work/$4" "$work/$4".*
    return 1
}

helper=$(apt-config shell dir Dir::Bin::apt-helper/f 2>/dev/null | sed -n "s/^dir='\(.*\)'$/\1/p")
helper=${helper:-/usr/lib/apt/apt-helper}
if [ -x "$helper" ]; then
    left=
    for name in $todo; do
        got=
        for mirror in $(mirrors); do
            if from_pool "$name" "$mirror"; then
                got=1
                break
            fi
        done
        [ -n "$got" ] || left="$left $name"
    done
    todo=$left
    [ -n "$todo" ] || exit 0
fi

keyrings() {
    for k in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
        if [ -e "$k" ]; then echo "$k"; return; fi
    done
}

new_keyring() { # an old keyring lacks the keys of $suite: the newest package, unpacked here and not installed
    say "the Debian keyring here is missing or old, taking its newest package"
    (
        mkdir -p "$work/own/partial" "$work/keyring"
        cd "$work/keyring"
        # shellcheck disable=SC2086
        apt-get $private -oDir::State::Lists="$work/own" -qq update &&
            apt-get $private -oDir::State::Lists="$work/own" -qq download debian-archive-keyring &&
            dpkg-deb -x debian-archive-keyring_*.deb .
    ) >"$work/keyring.log" 2>&1 || return 1
    for k in "$work"/keyring/usr/share/keyrings/debian-archive-keyring.[pg]*g*; do
        if [ -e "$k" ]; then echo "$k"; return; fi
    done
    return 1
}

index() { # MIRROR KEYRING
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$1" "$suite" "$2" \
        >"$work/src.sources"
    # Error-Mode: a mirror that cannot be reached is an error, not an old index.
    # shellcheck disable=SC2086
    apt-get $private $only -oAPT::Update::Error-Mode=any -q update >"$work/update.log" 2>&1
}

# shellcheck disable=SC1091
distro=$( (. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}") 2>/dev/null || true)
case " $distro " in
    *' ubuntu '*)
        [ -n "${MOTE_DEBIAN_MIRROR:-}" ] || stuck "$todo" "the apt mirror of an Ubuntu machine does not hold Debian $suite"
        ;;
esac

ring=$(keyrings)
found=
for mirror in $(mirrors); do
    if [ -n "$ring" ] && index "$mirror" "$ring"; then
        found=$mirror
        break
    fi
    if [ -z "$ring" ] || grep -q -e NO_PUBKEY -e 'not signed' -e "isn't signed" -e 'Missing key' "$work/update.log"; then
        if newer=$(new_keyring) && index "$mirror" "$newer"; then
            ring=$newer
            found=$mirror
            break
        fi
    fi
done
if [ -z "$found" ]; then
    if [ -e "$work/update.log" ]; then grep -e '^[EW]:' "$work/update.log" >&2 || true; fi
    stuck "$todo" "no apt mirror of this machine gave Debian $suite's signed source index"
fi

offers() { # NAME -> "version sha256 file" of each upstream tarball in the signed index, newest first
    # shellcheck disable=SC2086
    apt-cache $private $only showsrc --only-source "$1" 2>/dev/null | awk '
        /^Version:/ { version = $2 }
        /^[^ ]/ { sums = /^Checksums-Sha256:/ }
        sums && $3 ~ /\.orig\.tar\.[a-z0-9]+$/ { print version, $1, $3 }' | sort -rV
}

for name in $todo; do
    # shellcheck disable=SC2046
    set -- $(pin "$name")
    file=$2 sha=$3 moved=
    all=$(offers "$name")
    [ -n "$all" ] || stuck "$name" "Debian $suite offers no source of $name"
    line=$(echo "$all" | grep -F " $file" | head -1 || true)
    if [ -z "$line" ]; then
        moved=1
        line=$(echo "$all" | head -1)
    fi
    version=${line%% *}
    line=${line#* }
    if [ -n "$moved" ]; then
        sha=${line%% *} file=${line#* }
        say "Debian has moved on: taking $name $version ($file), checked by the signed index, instead of the pinned $1"
    fi
    say "$file"
    # Only the upstream tarball; apt checks it against the index and the index against the keyring.
    # shellcheck disable=SC2086
    if ! (cd "$work" && rm -f "$file" &&
        apt-get $private $only -q source --download-only --tar-only "$name=$version") >"$work/source.log" 2>&1; then
        grep -e '^[EW]:' "$work/source.log" >&2 || true
        stuck "$name" "could not fetch $file from $found"
    fi
    got=$(sum "$work/$file")
    if [ "$got" != "$sha" ]; then
        rm -f "$work/$file"
        die "$file has SHA-256 $got, expected $sha; it was removed"
    fi
    mv "$work/$file" "$src/$file"
    accept "$name" "$3" "$file" "$sha"
done
