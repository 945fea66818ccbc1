# shellcheck shell=bash disable=SC2154,SC2034 # work, here, running and last come from demo.sh, CA and the ports from the server
# The same sensor as firmware for a Cortex-M3, in QEMU: proofs for the board named by $board.

boards="lm3s6965evb mps2-an385"

# Turn the board on. Its console is a pair: a log, and file descriptor 9 to type into.
board_start() {
    local password=PASSWORD_${board//-/_} disk=$work/$board.img extra='' settings=()
    truncate -s 1M "$disk"
    case $board in
        lm3s6965evb) extra="-drive if=sd,format=raw,file=$disk" ;;
        *) settings=("disk=$disk") ;;
    esac
    rm -f "$work/$board.keys"
    mkfifo "$work/$board.keys"
    exec 9<>"$work/$board.keys"
    QEMU_EXTRA=$extra boards/bare/run.sh "$board" "build/$board/sensor.elf" "$CA" "jid=$board@localhost" \
        "password=${!password}" host=10.0.2.2 "port=$DIRECT" tls=direct allow=alice@localhost interval=1 count=3 \
        "${settings[@]}" <&9 >"$work/$board.log" 2>&1 &
    board_process=$!
    running+=("$board_process")
}

board_posts() {
    say "the same main.c, built for a Cortex-M3, in QEMU: $(board_figures)"
    board_start
    until_in "$work/$board.log" posted 3 || return 1
    grep -E 'online|posted' "$work/$board.log" | indent
}

# Flash and RAM of the image, by its sections.
board_figures() {
    arm-none-eabi-size -A "build/$board/sensor.elf" | awk '
        $1 ~ /^\.(text|ARM\.exidx|data)$/ { flash += $2 }
        $1 ~ /^\.(stack|data|bss)$/ { ram += $2 }
        END { printf "%d bytes of flash, %d of RAM with the stack\n", flash, ram }'
}

board_posts_read() {
    say "as slixmpp reads them"
    reader posts "$board@localhost" >"$work/$board.posts" || return 1
    indent <"$work/$board.posts"
    [ "$(grep -c "by xmpp:$board@localhost" "$work/$board.posts")" -eq 3 ]
}

board_answers() {
    reader ask "$board@localhost" status >"$work/$board.answer" || return 1
    indent <"$work/$board.answer"
    grep -q '3 posted' "$work/$board.answer"
}

# From mote to the storage of the board, and from there to slixmpp.
board_files() {
    local there back
    head -c 65536 /dev/urandom >"$work/to-$board.bin"
    who=alice run mote put "$work/to-$board.bin" "$board@localhost" || return 1
    until_in "$work/$board.log" 'file complete' || return 1
    reader fetch "$board@localhost" "$work/from-$board.bin" | indent
    there=$(sum_of "$work/to-$board.bin")
    back=$(sum_of "$work/from-$board.bin")
    show "to the board    $there"
    show "and back        $back"
    [ -n "$there" ] && [ "$there" = "$back" ]
}

# Ctrl-C ends it, and it tells what it used.
board_ends() {
    local code=0
    printf '\003' >&9
    wait "$board_process" || code=$?
    exec 9>&-
    grep -E '^(stack|TLS memory|longest turn)' "$work/$board.log" | indent
    [ "$code" -eq 0 ]
}
