#!/bin/bash
# debian.sh SUITE TARGET...: `make TARGET` for each target, in a fresh Debian of that suite and from a clean copy of the
# sources. Called by `make check-debian`.
#
# The system is debootstrapped once, into build/debian/SUITE; what make installs and fetches there stays for the next run.
# Everything is mounted in a mount namespace of its own and every process lives in a process namespace of its own, so that
# nothing stays behind however this ends.
set -eu
cd "$(dirname "$0")/.."
suite=$1
shift
root=$PWD/build/debian/$suite

die() {
    echo "check-debian: $*" >&2
    exit 1
}

# The mirrors that apt on this machine is configured with, read from apt itself.
mirrors() {
    if [ -n "${MOTE_DEBIAN_MIRROR:-}" ]; then
        echo "$MOTE_DEBIAN_MIRROR"
        return
    fi
    apt-get update --print-uris 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/[^/']*/InRelease' .*|\1|p" | grep -v -e security -e backports | awk '!seen[$0]++'
}

bootstrap() {
    local mirror
    rm -rf --one-file-system "$root.new"
    mkdir -p "$root.new"
    for mirror in $(mirrors); do
        echo "check-debian: $suite from $mirror"
        if debootstrap --variant=minbase --include=make,ca-certificates "$suite" "$root.new" "$mirror" \
            >"$root.log" 2>&1; then
            mv "$root.new" "$root"
            return
        fi
    done
    tail -n 20 "$root.log" >&2
    die "none of apt's mirrors gave Debian $suite; name one that does: make check-debian MOTE_DEBIAN_MIRROR=http://..."
}

# The way to the network is the machine's.
network() {
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/90proxy" || true
}

# A clone as somebody would have it: no build, and of the last run nothing but the tarballs that it has fetched.
sources() {
    mkdir -p "$root/tarballs"
    if [ -e "$root/mote/build/deps/src" ]; then
        find "$root/mote/build/deps/src" -maxdepth 1 -name '*.orig.tar.*' -exec mv -t "$root/tarballs" {} +
    fi
    rm -rf --one-file-system "$root/mote"
    mkdir "$root/mote"
    tar -c --exclude=./build --exclude=./.git . | tar -x -C "$root/mote" --no-same-owner
}

[ "$(id -u)" -eq 0 ] || die "debootstrap and chroot are for root: sudo make check-debian"
[ -e "$root" ] || bootstrap
network
sources
# shellcheck disable=SC2016 # expanded by the inner shell
exec unshare --mount --pid --fork --kill-child -- sh -euc '
    root=$1
    shift
    mount --bind "$root" "$root" # the tests make namespaces of their own, for which a root has to be a mount point
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    for target; do
        echo "=== $(. "$root/etc/os-release" && echo "$PRETTY_NAME"): make $target"
        chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            LANG=C.UTF-8 CI=true MOTE_TARBALLS=/tarballs ${http_proxy:+http_proxy="$http_proxy"} \
            ${https_proxy:+https_proxy="$https_proxy"} make -C /mote "$target"
    done' sh "$root" "$@"
