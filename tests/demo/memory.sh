# shellcheck shell=bash disable=SC2154 # OUT and CC come from make, work from demo.sh
# The memory table in short; `make sizes` has it in full and holds it to the budgets.
. tests/sizes/text.sh
. tests/sizes/ram.sh

# Bytes of all variables whose name fits the pattern, of lines "bytes name".
sum_of_variables() {
    awk -v fits="$1" '$2 ~ fits { sum += $1 } END { printf "%d\n", sum }' "$work/variables"
}

memory_table() {
    local buffers='^(arena|xml|tx|net|hold)$' code constants data bss all buffer
    eval "$(make --no-print-directory -s vars)"
    variables_of "$OUT/examples/sensor/main.o" | grep -v ' run$' >"$work/variables"
    link_core
    read -r code constants data bss < <(sections "$work/core")
    all=$(sum_of_variables .)
    buffer=$(sum_of_variables "$buffers")
    show "$(printf '%-58s %8s' "RAM of the sensor on $(uname -m), all of it static" bytes)"
    show "$(printf '%-58s %8d' "  engine and modules" $((all - buffer)))"
    show "$(printf '%-58s %8d' "  buffers: stanza, XML, sending, network, held post" "$buffer")"
    show "$(printf '%-58s %8d' "  sum, of at most $sensor_ram_max" "$all")"
    show "$(printf '%-58s %8d' "code and constants of the core with all modules" $((code + constants)))"
    show "$(printf '%-58s %8d' "variables of the core itself" $((data + bss)))"
    [ "$all" -gt 0 ] && { [ "$all" -le "$sensor_ram_max" ] || [ "$(uname -m)" != x86_64 ]; }
}
