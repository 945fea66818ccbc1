#!/bin/bash
# trixie.sh FOLDER PACKAGE...: unpacks packages of Debian trixie, with all that they need, below FOLDER, for programs that this
# Debian does not have yet. Nothing is installed: programs are run by the loader that lies there (prosody13.py). Once is enough;
# what lies there already is used again.
set -eu
export LC_ALL=C
folder=$1
shift
[ ! -e "$folder/complete" ] || exit 0
rm -rf --one-file-system "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
folder=$(cd "$folder" && pwd)
work=$folder/apt
: >"$work/status"

mirrors() { # those that apt on this machine is configured with
    if [ -n "${MOTE_DEBIAN_MIRROR:-}" ]; then
        echo "$MOTE_DEBIAN_MIRROR"
        return
    fi
    apt-get update --print-uris 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/[^/']*/InRelease' .*|\1|p" | grep -v -e security -e backports | awk '!seen[$0]++'
}

keyring=
for file in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
    [ ! -e "$file" ] || keyring=$file
done

private=("-oDir::State::Lists=$work/lists" "-oDir::State::status=$work/status" "-oDir::Cache=$work/cache"
    "-oDir::Etc::sourcelist=$work/here.sources" -oDir::Etc::sourceparts=/dev/null -oDir::Etc::preferencesparts=/dev/null
    -oAPT::Sandbox::User=root -oAcquire::Languages=none -oAPT::Install-Recommends=false -oDebug::NoLocking=true)
for mirror in $(mirrors); do
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' "$mirror" "$keyring" >"$work/here.sources"
    if apt-get "${private[@]}" -oAPT::Update::Error-Mode=any -qq update >"$work/log" 2>&1 &&
        apt-get "${private[@]}" -qq -y --download-only install "$@" >>"$work/log" 2>&1; then
        for package in "$work"/cache/archives/*.deb; do
            dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --keep-directory-symlink --no-same-owner
        done
        rm -rf "$work"
        touch "$folder/complete"
        exit 0
    fi
done
tail -n 20 "$work/log" >&2
echo "trixie.sh: no mirror of this machine gave Debian trixie's $*" >&2
exit 1
