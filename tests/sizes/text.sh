# shellcheck shell=bash
# Part of sizes.sh: code and data of the core.

core_text_max=$((48 * 1024))
# The budget above is missed, and `make sizes` fails because of it. This is what `make check` holds the line at meanwhile:
# it may be lowered, never raised.
core_text_was=77700
archive_text_max=8000

# Bytes of sections of the objects given: code constants data bss. Constants are .rodata, and .data.rel.ro: tables
# that hold addresses, which are in ROM where nothing is relocated at start. Unwind tables (.eh_frame) are not counted:
# C has no need of them.
sections() {
    size -A "$@" | awk '
        $1 ~ /^\.text/ { code += $2 }
        $1 ~ /^\.rodata/ || $1 ~ /^\.data\.rel\.ro/ { constants += $2 }
        ($1 ~ /^\.data/ && $1 !~ /^\.data\.rel\.ro/) || $1 ~ /^\.tdata/ { data += $2 }
        $1 ~ /^\.t?bss/ { bss += $2 }
        END { printf "%d %d %d %d\n", code, constants, data, bss }'
}

objects_of() {
    local source
    for source in "$@"; do
        [ -e "$source" ] && printf '%s\n' "$OUT/${source%.c}.o"
    done
    return 0
}

text_row() {
    local name=$1 code constants data bss
    shift
    read -r code constants data bss < <(sections "$@")
    echo "| $name | $code | $constants | $data | $bss |"
}

# A module is a folder, or one file.
module_names() {
    find core/modules -mindepth 1 -maxdepth 1 ! -name '*.h' | sed 's|.*/||; s|\.c$||' | LC_ALL=C sort -u
}

# Source files of the core, without those whose paths the patterns given match.
core_files() {
    local patterns=() name
    for name; do patterns+=(! -path "core/$name"); done
    find core -name '*.c' "${patterns[@]}" | LC_ALL=C sort | sed "s|^|$OUT/|; s|\.c\$|.o|"
}

# The core is linked into one image, so that equal strings are there once. The budget is for messages, blog and files. What
# keeps them over a power cut has a row of its own, because only a program that attaches it links it; so has the lending of
# memory to the reader. The archive has a budget of its own, together with what saves bytes on the line (CSI).
durable="engine/login/sasl2.c engine/login/fast.c engine/login/register.c modules/account.c store/* engine/durable.c modules/outbox* engine/reader_memory.c modules/archive/* modules/csi.c modules/upload/* modules/chat/sharing.c modules/enclosure.c"
link_core() {
    # shellcheck disable=SC2086 # patterns
    (set -f && core_files $durable) >"$work/objects"
    xargs "$CC" -nostdlib -static -no-pie -Wl,-e0 -Wl,--unresolved-symbols=ignore-all -Wl,--build-id=none \
        -o "$work/core" <"$work/objects"
}

text_tables() {
    local name code constants data bss
    echo '## Code of the core'
    echo
    echo 'Bytes, without expat and without the port. A row counts its own strings; the sum has equal ones once.'
    echo
    echo '| part | code | constants | data | bss |'
    echo '|---|---:|---:|---:|---:|'
    # shellcheck disable=SC2046 # one word per object
    {
        text_row 'engine: login, requests, modules' \
            $(objects_of $(find core/engine -name '*.c' ! -name reader_memory.c ! -name register.c))
        text_row 'engine: making an account, where it is used' $(objects_of core/engine/login/register.c)
        text_row 'engine: lending memory to the reader, where it is used' $(objects_of core/engine/reader_memory.c)
        text_row 'stream: sending ring, SCRAM, back-off' $(objects_of $(find core/stream -name '*.c'))
        text_row 'store' $(objects_of core/store/*.c)
        text_row 'xml: reader and writer' $(objects_of core/xml/*.c)
        text_row 'base: text, JIDs, base64, dates' $(objects_of core/base/*.c)
        for name in $(module_names); do
            text_row "module $name" $(objects_of "core/modules/$name".c core/modules/"$name"/*.c)
        done
    }
    link_core
    text_row '**messages, blog and files**: all of the core but store, outbox and queue' "$work/core"
    echo
    read -r code constants data bss < <(sections "$work/core")
    if [ "$measured" = yes ] && [ "${1:-}" = check ]; then
        budget "text of the core with messages, blog and files: no more than it was" $((code + constants)) $core_text_was bytes
    elif [ "$measured" = yes ]; then
        budget "text of the core with messages, blog and files (code and constants)" $((code + constants)) $core_text_max bytes
    fi
    if [ "$measured" = yes ]; then
        # shellcheck disable=SC2046 # one word per object
        read -r code constants _ < <(sections $(objects_of core/modules/archive/*.c core/modules/csi.c))
        budget "text of modules archive and csi" $((code + constants)) $archive_text_max bytes
    fi
    if [ "$data" -ne 0 ] || [ "$bss" -gt 8 ]; then
        broken "the core has globals: $data bytes of data, $bss of bss; one pointer is allowed"
    fi
}

heap_check() {
    local found heap='malloc|calloc|realloc|reallocarray|free|strdup|strndup|aligned_alloc|posix_memalign|memalign|sbrk'
    found=$(xargs nm -uA <"$work/objects" | grep -E " ($heap)\$" || true)
    if [ -n "$found" ]; then
        broken "heap symbols in the core: $found"
    else
        echo 'ok - no heap symbol in the core' >>"$work/budgets"
    fi
}
