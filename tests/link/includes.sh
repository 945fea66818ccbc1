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

# The layers, lowest first; a folder with those below it. core/*.h is what all of them agree on: anybody may include it.
layers='core/base
core/xml
core/store core/stream
core/engine
core/modules
port/base port/clock port/crypto port/store
port/net
port/dns port/tls
port/link
port/http
port/run
port/os port/template
boards/bare
boards/cortex-m boards/riscv boards/linux
examples tests'

# The layer of each file on standard input: "RANK FOLDER PATH". The longest folder of the table that it lies in counts.
rank_files() {
    awk -v layers="$layers" '
        BEGIN { n = split(layers, row, "\n"); for (i = 1; i <= n; i++) { m = split(row[i], f, " "); for (j = 1; j <= m; j++) rank[f[j]] = i } }
        {
            folder = $1
            while (sub(/\/[^\/]*$/, "", folder)) if (folder in rank) { print rank[folder], folder, $1; next }
            print 0, "-", $1
        }'
}

# Arrows between folders of different layers: "FILE > HEADER", with both ranks in front.
arrows() {
    includes_of core port boards examples | sed -nE 's/^([^:]*):"(.*)$/\1 \2/p' >"$work/pairs"
    cut -d' ' -f1 "$work/pairs" | rank_files | cut -d' ' -f1,2 >"$work/from"
    cut -d' ' -f2 "$work/pairs" | rank_files | cut -d' ' -f1,2 >"$work/to"
    paste -d' ' "$work/from" "$work/to" "$work/pairs"
}

# Calls between objects of the library: what one defines and another, lower one, asks for.
calls_upward() {
    local object
    tr ' ' '\n' <"$OUT/members" | while read -r object; do
        nm -g "$object" | awk -v o="${object#"$OUT"/}" 'NF == 3 { print $3, "defined", o } NF == 2 && $1 == "U" { print $2, "asked", o }'
    done >"$work/symbols"
    awk '{ print $3 }' "$work/symbols" | sort -u | rank_files | awk '{ print $3, $1 }' >"$work/ranks"
    awk 'NR == FNR { rank[$1] = $2; next }
        $2 == "defined" { at[$1] = $3; next }
        { asks[++n] = $1 " " $3 }
        END {
            for (i = 1; i <= n; i++) {
                split(asks[i], a, " "); home = at[a[1]]
                if (home != "" && rank[home] > rank[a[2]] && rank[a[2]] > 0) print a[2] " calls " a[1] " of " home
            }
        }' "$work/ranks" "$work/symbols"
}

check_layers() {
    arrows >"$work/arrows"
    # Headers directly in core/, port/ and boards/ have no rank, and neither have those of the compiler.
    awk '$1 > 0 && $3 > $1 { print $5 " includes " $6 ", which lies higher" }' "$work/arrows" >"$work/bad"
    result "no include goes upward" "$work/bad"
    calls_upward >"$work/bad"
    result "no call goes upward" "$work/bad"
    awk '{ print "# layer: " $0 }' <<<"$layers"
}

# The archive gives what it finds as chat gives what comes live; a file in the outbox has pieces that are the outbox's own.
allowed_private='^core/modules/archive/[a-z]+\.[ch] core/modules/chat/receive\.h$|^core/modules/outbox_files\.c core/modules/outbox/item\.h$'

# Headers that an application may include, and that are installed: the list of the top Makefile.
public_headers() {
    tr ' ' '\n' <<<"$PUBLIC_HEADERS" | sort
}

# Every other header is private. Who may include it: its own layer or a higher one of the library, and the command, which comes
# with the library. A module's private header is for its own folder and for the file that puts this feature into the outbox.
# The other examples are what somebody else would write: they include public headers and their own.
check_private() {
    public_headers >"$work/public"
    xargs ls <"$work/public" >/dev/null 2>"$work/bad" || true
    result "every public header is there" "$work/bad"
    includes_of core port boards examples | sed -nE 's/^([^:]*):"(.*)$/\1 \2/p' |
        awk 'NR == FNR { public[$1]; next } !($2 in public)' "$work/public" - >"$work/private"
    {
        awk '$2 ~ /^core\/modules\/[a-z_]+\// {
            folder = $2; sub(/\/[^\/]*$/, "", folder); family = folder; sub(/.*\//, "", family)
            if (index($1, folder "/") != 1 && $1 !~ "^core/modules/outbox_" family "\\.[ch]$") print
        }' "$work/private" | grep -vE "$allowed_private" || true
        awk '$1 ~ /^examples\// && $1 !~ /^examples\/mote\// && $2 ~ /^(core|port|boards)\//' "$work/private"
        awk '$1 ~ /^examples\/mote\// && $2 ~ /^core\// && $2 != "core/xml/ns.h"' "$work/private"
    } | sed 's/ / includes /' >"$work/bad"
    result "private headers are included by their own rooms only" "$work/bad"
    # What a public header includes has to be public as well.
    includes_of $(cat "$work/public") | sed -nE 's/^([^:]*):"(.*)$/\1 \2/p' | grep -v board_limits.h |
        awk 'NR == FNR { public[$1]; next } !($2 in public) { print $1 " includes " $2 }' "$work/public" - >"$work/bad"
    result "public headers include public headers only" "$work/bad"
}

# Two modules must not have one number for their events, or an application cannot tell them apart.
check_events() {
    {
        echo '#include "core/mote.h"'
        sed -n '\|^core/state.h$|d; s|^core/.*|#include "&"|p' "$work/public"
        echo 'int known(int kind);'
        echo 'int known(int kind) { switch (kind) {'
        xargs sed -nE 's/^    (MOTE_EV_[A-Z_]+).*/    case \1: return 1;/p' <"$work/public" | sort -u
        echo 'default: return 0; } }'
    } >"$work/events.c"
    eval "$CC $CORE_CFLAGS -fsyntax-only $work/events.c" >"$work/bad" 2>&1 || true
    grep -q 'case MOTE_EV_MESSAGE' "$work/events.c" || echo "no event was found" >>"$work/bad"
    result "each event has a number of its own" "$work/bad"
}

check_includes() {
    includes_of core >"$work/core_includes"
    grep -vE ':"core/|:<(string|stdarg|stdbool|stddef|stdint)\.h$' "$work/core_includes" |
        grep -vxF 'core/xml/reader.c:<expat.h' >"$work/bad" || true
    result "core includes itself, <string.h>, the freestanding headers, and expat in one file" "$work/bad"
    only_in "mbedTLS is included by its own port files only" 'mbedtls/|psa/' \
        'port/tls/[a-z_]+\.[ch]|port/crypto/(hash_mbedtls|random_drbg|sha1_small)\.[ch]|boards/[a-z0-9_/-]+/mbedtls_config\.h'
    only_in "libsodium is included by its own port file only" sodium 'port/crypto/random_sodium\.[ch]'
    only_in "c-ares is included by its own port file only" ares 'port/dns/cares\.[ch]'
    only_in "libidn is included by its own port file only" 'stringprep|idna' 'port/base/prepare\.c'
    only_in "sockets are included by the posix port, the board and the command only" \
        '(sys/socket|netinet/.*|arpa/.*|poll|netdb)\.h' 'port/(net|os)/[a-z_]*posix\.[ch]|port/dns/cares\.[ch]|(boards/linux|examples/mote)/.*'
    includes_of port | grep -E ':"(boards|examples)/' | grep -v mbedtls_config >"$work/bad" || true
    result "port includes no board and no example" "$work/bad"
    check_layers
    check_private
    check_events
}

# Headers of other boards' libraries cannot be tried here; a part of core/mote.h says so, and comes after it.
check_headers() {
    local header flags
    for header in $(find core port -name '*.h' | LC_ALL=C sort) boards/*.h; do
        if grep -q '<lwip/' "$header"; then continue; fi
        case $header in core/*) flags=$CORE_CFLAGS ;; *) flags=$PORT_CFLAGS ;; esac
        echo "{ printf '#include \"%s\"\\n' $header $header; echo 'typedef int alone;'; } | $CC $flags -fsyntax-only -xc - ||
            echo $header" | tr '\n' ' '
        echo
    done | xargs -d '\n' -P "$(nproc)" -I{} bash -c '{}' >"$work/bad" 2>&1
    result "every header compiles on its own, and twice" "$work/bad"
}

# Without it a C++ program compiles and does not link. tests/install compiles them as C++.
check_linkage() {
    local header
    : >"$work/bad"
    for header in $PUBLIC_HEADERS; do
        if grep -qE '^[a-z].*\(.*\);' "$header" && ! grep -qF 'extern "C" {' "$header"; then
            echo "$header: its functions need extern \"C\" for C++, as core/mote.h has it" >>"$work/bad"
        fi
    done
    result "every public header declares functions of C to C++" "$work/bad"
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
        flags=${flags//"$CORE_SMALL"/} # gcc's alone
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
    # LD_PRELOAD is split at blanks, which the path of a clone may have.
    cp "$OUT/tests/link/malloc_count.so" "$work/malloc_count.so"
    MALLOC_COUNT=$work/count LD_PRELOAD=$work/malloc_count.so "$work/counted" 2>>"$work/bad" || true
    if [ "$(cat "$work/count" 2>&1)" != "7 calls: malloc 1 calloc 1 realloc 1 free 3 aligned 1" ]; then
        cat "$work/count" >>"$work/bad" 2>&1 || true
    fi
    result "the counter of heap calls counts" "$work/bad"
}
