# shellcheck shell=bash
# Part of link.sh: a module that is not attached leaves no symbol in the image.

# Functions that the objects of module family $1 (NAME.c, NAME_*.c) make visible.
family_symbols() {
    local source
    for source in core/modules/"$1".c core/modules/"$1"_*.c; do
        [ -e "$source" ] && nm --defined-only -g "$OUT/${source%.c}.o" | awk 'NF == 3 && $2 == "T" { print $3 }'
    done
    return 0
}

# The families that family $1 includes headers of, itself first.
family_closure() {
    local seen=" $1 " todo=$1 name found file
    while [ -n "$todo" ]; do
        name=${todo%% *}
        todo=${todo#"$name"}
        todo=${todo# }
        for file in core/modules/"$name".[ch] core/modules/"$name"_*.[ch]; do
            [ -e "$file" ] || continue
            while read -r found; do
                case $seen in *" $found "*) continue ;; esac
                seen="$seen$found "
                todo="$todo${todo:+ }$found"
            done < <(sed -n 's|^#include "core/modules/\([a-z]*\)[a-z_]*\.h".*|\1|p' "$file")
        done
    done
    echo "$seen"
}

families() {
    find core/modules -name '*.c' | sed 's|.*/||; s|\.c$||; s|_.*||' | LC_ALL=C sort -u
}

# A program that attaches $1 and nothing else, linked with the library and expat.
link_with() {
    sed "s/NAME/$1/g" tests/link/attach.c.in >"$work/attach_$1.c"
    # shellcheck disable=SC2086 # flags are words
    eval "$CC $CORE_CFLAGS -Os $LINKFLAGS -o $work/attach_$1 $work/attach_$1.c $OUT/libmote.a" \
        "$(tr ' ' '\n' <<<"$LIBS" | grep 'libexpat\.a$')" >"$work/errors" 2>&1
}

check_attach() {
    local module other closure
    for module in $(families); do
        # Some files are parts of others: nothing to attach.
        grep -q "mote_${module}_attach(" "core/modules/$module.h" 2>/dev/null || continue
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
        grep -qx "mote_${module}_attach" "$work/image" || echo "$module itself is missing" >>"$work/bad"
        result "attaching $module brings no more than:${closure% }" "$work/bad"
        if [ "$module" = chat ] && [ "$closure" != " chat " ]; then
            echo "chat includes other modules: $closure" >"$work/bad"
            result "chat stands alone" "$work/bad"
        fi
    done
}
