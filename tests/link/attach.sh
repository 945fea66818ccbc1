# shellcheck shell=bash
# Part of link.sh: a module that is not attached leaves no symbol in the image. A module is a folder below core/modules, or one
# file there: its family.

families() {
    find core/modules -mindepth 1 -maxdepth 1 ! -name '*.h' | sed 's|.*/||; s|\.c$||' | LC_ALL=C sort -u
}

# Sources and headers of family $1, of the kinds given: family_files chat c h.
family_files() {
    local family=$1 kind
    shift
    for kind; do
        find "core/modules/$family.$kind" "core/modules/$family" -name "*.$kind" 2>/dev/null || true
    done
}

# The header with the family's attach, if it has one: core/modules/chat/chat.h, or core/modules/ping.h.
family_header() {
    local header
    for header in "core/modules/$1/$1.h" "core/modules/$1.h"; do
        if [ -e "$header" ]; then echo "$header"; fi
    done
}

# Functions that the objects of family $1 make visible.
family_symbols() {
    local source
    for source in $(family_files "$1" c); do
        nm --defined-only -g "$OUT/${source%.c}.o" | awk 'NF == 3 && $2 == "T" { print $3 }'
    done
}

# The families that family $1 includes headers of, itself first.
family_closure() {
    local seen=" $1 " todo=$1 name found file
    while [ -n "$todo" ]; do
        name=${todo%% *}
        todo=${todo#"$name"}
        todo=${todo# }
        for file in $(family_files "$name" c h); do
            while read -r found; do
                case $seen in *" $found "*) continue ;; esac
                seen="$seen$found "
                todo="$todo${todo:+ }$found"
            done < <(sed -nE 's|^#include "core/modules/([a-z_]+)[./].*|\1|p' "$file")
        done
    done
    echo "$seen"
}

# A program that attaches $1 and nothing else, linked with the library and expat.
link_with() {
    sed "s|NAME|$1|g; s|HEADER|$(family_header "$1")|" tests/link/attach.c.in >"$work/attach_$1.c"
    # shellcheck disable=SC2086 # flags are words
    eval "$CC $CORE_CFLAGS -Os $LINKFLAGS -o $work/attach_$1 $work/attach_$1.c $OUT/libmote.a" \
        "$(tr ' ' '\n' <<<"$LIBS" | grep 'libexpat\.a$')" >"$work/errors" 2>&1
}

check_attach() {
    local module other closure
    for module in $(families); do
        # Some files are parts of others: nothing to attach.
        grep -q "mote_${module}_attach(" "$(family_header "$module")" 2>/dev/null || continue
        closure=$(family_closure "$module")
        if ! link_with "$module"; then
            result "a program that attaches $module alone links" "$work/errors"
            continue
        fi
        nm "$work/attach_$module" | awk '{ print $NF }' | sort -u >"$work/image"
        : >"$work/bad"
        for other in $(families); do
            family_symbols "$other" | sort -u | comm -12 - "$work/image" >"$work/common"
            case $closure in
                *" $other "*) ;;
                *) sed "s/^/$other: /" "$work/common" >>"$work/bad" ;;
            esac
        done
        grep -E '^mote_(sasl2|register)' "$work/image" | sed 's/^/what nobody attached: /' >>"$work/bad" || true
        grep -qx "mote_${module}_attach" "$work/image" || echo "$module itself is missing" >>"$work/bad"
        result "attaching $module brings no more than:${closure% }" "$work/bad"
        if [ "$module" = chat ] && [ "$closure" != " chat " ]; then
            echo "chat includes other modules: $closure" >"$work/bad"
            result "chat stands alone" "$work/bad"
        fi
    done
}
