# shellcheck shell=bash
# Part of link.sh: who may include what, and whether headers, README and another compiler agree with it.

# FILE:<NAME or FILE:"NAME for all includes below the folders given.
includes_of() {
    find "$@" -name '*.[ch]' 2>/dev/null | LC_ALL=C sort |
        xargs grep -HoE '^ *# *include *[<"][^>"]*' | sed -E 's/: *# *include */:/'
}

# only_in NAME PATTERN FILES: no file but those that match FILES includes what matches PATTERN.
only_in() {
    includes_of core port boards examples | grep -E ":[<\"]$2" | grep -vE "^($3):" >"$work/bad" || true
    result "$1" "$work/bad"
}

check_includes() {
    includes_of core >"$work/core_includes"
    grep -vE ':"core/|:<(string|stdarg|stdbool|stddef|stdint)\.h$' "$work/core_includes" |
        grep -vxF 'core/wire/expat.c:<expat.h' >"$work/bad" || true
    result "core includes itself, <string.h>, the freestanding headers, and expat in one file" "$work/bad"
    grep -E '^core/([a-z_]+\.|wire/|session/).*:"core/modules/' "$work/core_includes" >"$work/bad" || true
    result "the engine includes no module" "$work/bad"
    only_in "mbedTLS is included by its own port files only" 'mbedtls/|psa/' \
        'port/(tls|crypto)_[a-z_]+\.[ch]|port/entropy_drbg\.c|boards/[a-z0-9_-]+/mbedtls_config\.h'
    only_in "libsodium is included by its own port files only" sodium 'port/[a-z]+_sodium\.[ch]'
    only_in "c-ares is included by its own port file only" ares 'port/dns_cares\.[ch]'
    only_in "sockets are included by the posix port and the board only" \
        '(sys/socket|netinet/.*|arpa/.*|poll|netdb)\.h' 'port/[a-z]+_(posix|cares)\.[ch]|(boards/linux|examples/cli)/.*'
    includes_of port | grep -E ':"(boards|examples)/' | grep -v mbedtls_config >"$work/bad" || true
    result "port includes no board and no example" "$work/bad"
}

# Headers of other boards' libraries cannot be tried here; a part of core/mote.h says so, and comes after it.
check_headers() {
    local header flags
    : >"$work/bad"
    for header in core/*.h core/*/*.h port/*.h boards/*.h; do
        if grep -q '<lwip/' "$header"; then continue; fi
        case $header in core/*) flags=$CORE_CFLAGS ;; *) flags=$PORT_CFLAGS ;; esac
        {
            if grep -q 'Part of core/mote.h' "$header"; then echo '#include "core/mote.h"'; fi
            printf '#include "%s"\n#include "%s"\ntypedef int alone;\n' "$header" "$header"
        } >"$work/alone.c"
        eval "$CC $flags -fsyntax-only $work/alone.c" >>"$work/bad" 2>&1 || echo "$header" >>"$work/bad"
    done
    result "every header compiles on its own, and twice" "$work/bad"
}

# The makefile builds with one compiler; the other has to find nothing to warn of either.
check_other_compiler() {
    local source flags other=clang
    case $CC in *clang*) other=gcc ;; esac
    if ! command -v $other >/dev/null; then
        echo "# $other is not there: not tried"
        return
    fi
    # What the library is made of for this board, and all that is built with it.
    {
        tr ' ' '\n' <"$OUT/members" | sed "s|^$OUT/||; s|\.o\$|.c|"
        find examples tests -name '*.c' ! -path 'tests/bench/*' # those want the other libraries of the bench
    } | LC_ALL=C sort -u >"$work/sources"
    while read -r source; do
        case $source in core/*) flags=$CORE_CFLAGS ;; *) flags=$PORT_CFLAGS ;; esac
        flags=${flags//-fno-move-loop-invariants/} # gcc's alone
        echo "$other $flags -fsyntax-only $source || echo $source"
    done <"$work/sources" | xargs -d '\n' -P "$(nproc)" -I{} bash -c '{}' >"$work/bad" 2>&1
    result "$other warns of nothing" "$work/bad"
}

# The first block of README.md that has a main is the example of the API.
check_readme() {
    if [ ! -e README.md ]; then
        echo "# README.md is not there yet: its example was not tried"
        return
    fi
    : >"$work/bad"
    awk '/^```c$/ { inside = 1; text = ""; next }
        /^```$/ { if (inside && text ~ /int main/ && !found) { printf "%s", text; found = 1 } inside = 0 }
        inside { text = text $0 "\n" }' README.md >"$work/readme.c"
    if [ -s "$work/readme.c" ]; then
        eval "$CC $PORT_CFLAGS $LINKFLAGS -o $work/readme $work/readme.c $LIBS" >"$work/bad" 2>&1 ||
            echo "it does not link" >>"$work/bad"
    else
        echo "README.md has no block \`\`\`c with a main" >"$work/bad"
    fi
    result "the example in README.md compiles and links" "$work/bad"
}

check_counter() {
    eval "$CC $PORT_CFLAGS -O0 -o $work/counted tests/link/counted.c" >"$work/bad" 2>&1 || true
    MALLOC_COUNT=$work/count LD_PRELOAD=$PWD/$OUT/tests/link/malloc_count.so "$work/counted" 2>>"$work/bad" || true
    if [ "$(cat "$work/count" 2>&1)" != "7 calls: malloc 1 calloc 1 realloc 1 free 3 aligned 1" ]; then
        cat "$work/count" >>"$work/bad" 2>&1 || true
    fi
    result "the counter of heap calls counts" "$work/bad"
}
