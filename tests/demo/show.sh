# shellcheck shell=bash
# How the demo shows what it does. Colours only on a terminal.

bold='' green='' red='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
fi

section() {
    printf '\n%s=== %s ===%s\n' "$bold" "$1" "$plain"
}

say() {
    printf '%s# %s%s\n' "$dim" "$1" "$plain"
}

show() {
    printf '    %s\n' "$1"
}

indent() {
    sed 's/^/    /'
}

# A command as one would type it, with short paths for long ones, and whose it is.
show_command() {
    local word line=
    for word in "$@"; do
        case $word in *' '*) word="'$word'" ;; esac
        line+=" ${word//$work\//}"
    done
    printf '%s%s$%s%s\n' "$bold" "$who" "$line" "$plain"
}

# run COMMAND...: show it, then what it prints. Its status is kept.
run() {
    show_command "$@"
    "$@" 2>&1 | sed "s|$work/||g" | indent
    return "${PIPESTATUS[0]}"
}

# proof WHAT COMMAND...: remember for the summary whether it held.
proof() {
    local what=$1
    shift
    if "$@"; then
        summary+=("${green}ok${plain}      $what")
        return 0
    fi
    summary+=("${red}FAILED${plain}  $what")
    printf '%sFAILED: %s%s\n' "$red" "$what" "$plain"
    failed=1
    return 1
}
