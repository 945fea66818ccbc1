# shellcheck shell=bash
# Part of sizes.sh: structs, and the RAM of the sensor example.

sensor_ram_max=$((28 * 1024))

# Lines "bytes name" of the variables in an object: data and bss, constants not.
variables_of() {
    nm -S --defined-only "$1" | awk '$3 ~ /^[bBdDcC]$/ { print $2, $4 }' | while read -r hex name; do
        # Constants with addresses have a data letter, too: look where they lie.
        if ! objdump -t "$1" | grep -qE "\\.data\\.rel\\.ro.*[[:space:]]${name//./\\.}\$"; then
            echo "$((16#$hex)) ${name%.[0-9]*}"
        fi
    done
}

# The rule: every variable of examples/sensor/main.c, which declares the engine, its modules and all buffers, and
# those of the core. What belongs to the port is told apart: its loop, `run`; sockets, resolver and TLS are the
# board's anyway.
of_the_port=' run '

ram_tables() {
    local object=$OUT/examples/sensor/main.o sum=0 port=0 bytes name source
    echo '## Structs'
    echo
    echo '| struct | bytes | what |'
    echo '|---|---:|---|'
    "$OUT/tests/sizes/structs"
    echo
    if [ ! -e "$OUT/sensor" ] || [ ! -e "$object" ]; then
        broken "the RAM of the sensor example: $OUT/sensor is missing, build it first (make)"
        return
    fi
    {
        variables_of "$object"
        while read -r source; do
            variables_of "$source"
        done <"$work/objects"
    } | sort -rn -k1,1 -k2 >"$work/ram"
    echo '## RAM of the sensor example'
    echo
    echo 'Engine, modules and all buffers; the port and the TLS library not counted. All of it is static.'
    echo
    echo '| variable | bytes |'
    echo '|---|---:|'
    while read -r bytes name; do
        case $of_the_port in
            *" $name "*)
                port=$((port + bytes))
                continue
                ;;
        esac
        sum=$((sum + bytes))
        echo "| \`$name\` | $bytes |"
    done <"$work/ram"
    echo "| **all** | $sum |"
    echo "| the port's loop, not counted: \`run\` | $port |"
    echo
    if [ "$measured" = yes ]; then
        budget "RAM of the sensor example without TLS" $sum $sensor_ram_max bytes
    fi
}
