#!/bin/sh
# need.sh PKG...: installs the Debian packages that are missing; silent, and without network, when none is.
set -eu
export LC_ALL=C

have() {
    if command -v dpkg-query >/dev/null 2>&1; then
        [ "$(dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -x -m1 installed)" = installed ]
        return
    fi
    # Another distribution: ask for the thing instead of for Debian's name of it.
    case $1 in
        libc6-dev) header stdio.h ;;
        libc-ares-dev) header ares.h ;;
        libidn-dev) header stringprep.h ;;
        libcmocka-dev) header cmocka.h ;;
        libstrophe-dev) header strophe.h ;;
        libclang-rt-dev | lua-unbound) true ;; # optional there, or found out by its user
        python3-*) python3 -c "import ${1#python3-}" 2>/dev/null ;;
        ejabberd) command -v ejabberdctl >/dev/null 2>&1 ;;
        xz-utils) command -v xz >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

header() {
    for dir in /usr/include /usr/local/include /usr/include/*-linux-*; do
        if [ -e "$dir/$1" ]; then return 0; fi
    done
    return 1
}

missing=
for pkg; do
    have "$pkg" || missing="$missing $pkg"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing (by Debian's names):$missing" >&2
    echo "install them with this system's package manager, then run make again" >&2
    exit 1
fi

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "missing:$missing; as root: apt-get update && apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    root=sudo
    if [ "${CI:-}" != true ] && [ -t 0 ]; then
        printf 'Install with sudo apt-get:%s? [Y/n] ' "$missing" >&2
        read -r answer
        case $answer in
            [nN]*) echo "nothing was installed" >&2; exit 1 ;;
        esac
    else
        root='sudo -n'
    fi
fi
echo "installing:$missing" >&2

# The tests start servers of their own, so the packaged services have to stay off. A policy that is already there is
# the machine's own business.
policy=/usr/sbin/policy-rc.d
ours=
log=$(mktemp)
cleanup() {
    rm -f "$log"
    [ -z "$ours" ] || $root rm -f "$policy"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
case " $missing " in
    *' prosody '* | *' ejabberd '*)
        if [ ! -e "$policy" ]; then
            ours=1
            printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
            $root chmod 755 "$policy"
        fi
        ;;
esac

apt="$root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086 # word splitting is meant
# A broken third-party source fails update, yet need not concern what is wanted here.
if ! { $apt update || true; $apt install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "could not install:$missing" >&2
    exit 1
fi
