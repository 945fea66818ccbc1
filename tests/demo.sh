#!/bin/bash
# demo.sh: Mote at work against a private server on loopback, called by `make demo` after building. 0 only if all held.
#
# The server is a real Prosody with a certificate authority of its own; it, its data and all else that is made here lie
# in a temporary folder and are gone at the end. The other side is slixmpp, an independent client.
set -u
cd "$(dirname "$0")/.." || exit
here=$PWD/tests/demo
out=$PWD/build/linux
work=$(mktemp -d)
running=()
who=
failed=0
summary=()
. "$here/show.sh"
. "$here/memory.sh"
. "$here/boards.sh"

tidy() {
    local pid
    for pid in "${running[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# mote ARGUMENT...: as $who.
mote() {
    timeout 60 "$out/mote" -c "$work/$who.conf" "$@"
}

# start LOG COMMAND...: in the background. The process is $last.
start() {
    local log=$1
    shift
    if [ "$1" = mote ]; then
        show_command "$@" "&"
        shift
        set -- timeout 60 "$out/mote" -c "$work/$who.conf" "$@"
    fi
    "$@" >"$log" 2>&1 </dev/null &
    last=$!
    running+=("$last")
}

# stop PID: in good order.
stop() {
    kill -INT "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

# until_in FILE TEXT [COUNT]: wait until that many lines have it, for 30 s at most.
until_in() {
    local found
    for _ in {1..300}; do
        found=$(grep -c -- "$2" "$1" 2>/dev/null)
        [ "${found:-0}" -ge "${3:-1}" ] && return 0
        sleep 0.1
    done
    echo "    waited in vain for: $2"
    sed 's/^/    | /' "$1"
    return 1
}

reader() {
    timeout 60 /usr/bin/python3 "$here/reader.py" "$work/server" "$@"
}

sum_of() {
    sha256sum "$1" 2>/dev/null | cut -d ' ' -f 1
}

# --- one proof each -------------------------------------------------------------------------------------------------

server_up() {
    say "a real Prosody on 127.0.0.1, with its own certificate authority and an account for each"
    start "$work/server.log" /usr/bin/python3 tests/server/prosody.py run "$work/server" sensor alice $boards
    for _ in {1..200}; do
        [ -e "$work/server/env" ] && break
        kill -0 "$last" 2>/dev/null || break
        sleep 0.1
    done
    if ! . "$work/server/env" 2>/dev/null; then
        cat "$work/server.log"
        return 1
    fi
    show "sensor@localhost, alice@localhost; direct TLS on port $DIRECT, STARTTLS on port $STARTTLS"
}

set_up() {
    local where=(--host 127.0.0.1 --ca "$CA")
    say "the password is read once; what is kept are keys derived from it"
    printf %s "$PASSWORD_sensor" | who=sensor run mote setup sensor@localhost --password-stdin \
        --tls direct --port "$DIRECT" "${where[@]}" || return 1
    printf %s "$PASSWORD_alice" | who=alice run mote setup alice@localhost --password-stdin \
        --tls starttls --port "$STARTTLS" "${where[@]}" || return 1
    ! grep -rqF -e "$PASSWORD_sensor" -e "$PASSWORD_alice" "$work"/*.conf "$work"/*.keys
}

status_shown() {
    who=sensor run mote status && who=alice mote status --json >"$work/status" && grep -q '"TLSv1' "$work/status"
}

sensor_posts() {
    say "examples/sensor, the same main.c as on a board, posts three readings on its microblog"
    printf '21.5 °C\n21.7 °C\n22.0 °C\n' >"$work/readings"
    (umask 077 && printf '%s\n' "$PASSWORD_sensor" >"$work/password")
    start "$work/sensor.log" "$out/sensor" --jid sensor@localhost --password-file "$work/password" --host 127.0.0.1 \
        --port "$DIRECT" --tls direct --ca "$CA" --allow alice@localhost \
        --source "$work/readings" --interval 1 --count 3
    sensor=$last
    until_in "$work/sensor.log" posted 3 || return 1
    indent <"$work/sensor.log"
}

posts_read() {
    say "as slixmpp reads them"
    reader posts sensor@localhost >"$work/posts" || return 1
    indent <"$work/posts"
    [ "$(grep -cE '21\.5 °C|21\.7 °C|22\.0 °C' "$work/posts")" -eq 3 ]
}

sensor_answers() {
    say "alice asks the sensor for its status, with slixmpp"
    reader ask sensor@localhost status >"$work/answer" || return 1
    indent <"$work/answer"
    stop "$sensor"
    grep -q '3 posted' "$work/answer"
}

message_to_slixmpp() {
    say "from mote to slixmpp"
    start "$work/wait.log" /usr/bin/python3 "$here/reader.py" "$work/server" wait 'Hello from mote 🌱'
    local waiting=$last
    until_in "$work/wait.log" 'on line' || return 1
    who=sensor run mote send --receipt alice@localhost 'Hello from mote 🌱' || return 1
    wait "$waiting" || return 1
    indent <"$work/wait.log"
}

message_to_mote() {
    say "from slixmpp to mote"
    who=sensor start "$work/listen.log" mote listen -v --count 1
    local listening=$last
    until_in "$work/listen.log" 'listening as' || return 1
    reader send sensor@localhost 'Hello from slixmpp 🌍' >"$work/send.log" || return 1
    wait "$listening" || return 1
    grep 'Hello' "$work/listen.log" | indent
    indent <"$work/send.log"
    grep -q 'Hello from slixmpp' "$work/listen.log" && grep -q 'receipt' "$work/send.log"
}

# file_from SENDER RECEIVER: 1 MiB of noise.
file_from() {
    local sender=$1 receiver=$2 name=from-$1.bin ours theirs
    head -c 1048576 /dev/urandom >"$work/$name"
    mkdir -p "$work/$receiver"
    who=$receiver start "$work/get.log" mote get --from "$sender@localhost" --dir "$work/$receiver" --count 1
    local getting=$last
    until_in "$work/get.log" 'taking files' || return 1
    who=$sender run mote put "$work/$name" "$receiver@localhost" || return 1
    wait "$getting" || return 1
    ours=$(sum_of "$work/$name")
    theirs=$(sum_of "$work/$receiver/$name")
    show "sent      $ours"
    show "received  $theirs"
    [ -n "$ours" ] && [ "$ours" = "$theirs" ]
}

# A picture on the server's upload service (XEP-0363), and in a post; curl is the other side.
picture_uploaded() {
    local url ours theirs
    base64 -d >"$work/picture.png" <<<'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAG0lEQVR42mPQ
AIL/QACjGcgQQOaAaHIEBok7AGGik4EphOjcAAAAAElFTkSuQmCC'
    show_command mote put picture.png
    url=$(who=sensor mote put "$work/picture.png") || return 1
    show "$url"
    show_command curl "$url"
    curl -sS --fail --cacert "$CA" -o "$work/fetched.png" "$url" || return 1
    ours=$(sum_of "$work/picture.png")
    theirs=$(sum_of "$work/fetched.png")
    show "uploaded  $ours"
    show "fetched   $theirs"
    [ -n "$ours" ] && [ "$ours" = "$theirs" ]
}

post_with_picture() {
    who=sensor run mote post --attach "$work/picture.png" 'The greenhouse today' || return 1
    who=alice run mote feed sensor@localhost --max 1 --attachments "$work/pictures" || return 1
    cmp -s "$work/picture.png" "$work/pictures/picture.png"
}

# --- the course of it -----------------------------------------------------------------------------------------------

for program in mote sensor; do
    if [ ! -x "$out/$program" ]; then
        echo "$out/$program is missing: run make first" >&2
        exit 1
    fi
done

section "A private server"
proof "a real Prosody with its own authority is running" server_up || exit 1
section "mote setup"
proof "two accounts are set up, and no password was kept" set_up || exit 1
section "mote status"
proof "mote tells how the connection was made" status_shown
section "A sensor that blogs"
proof "the sensor posted three readings" sensor_posts
proof "slixmpp read all three" posts_read
proof "the sensor answered \"status\"" sensor_answers
section "Messages, with receipts"
proof "a message with receipt from mote to slixmpp" message_to_slixmpp
proof "a message with receipt from slixmpp to mote" message_to_mote
section "Files, 1 MiB each way between two mote processes"
proof "sensor to alice: the SHA-256 are equal" file_from sensor alice
proof "alice to sensor: the SHA-256 are equal" file_from alice sensor
section "Pictures, by their URL"
mkdir -p "$work/pictures"
proof "a picture was uploaded, and curl fetched it: the SHA-256 are equal" picture_uploaded
proof "a post has its picture, and alice has fetched it" post_with_picture
for board in $boards; do
    section "The sensor as firmware: $board"
    proof "$board: the firmware posted over verified TLS" board_posts || continue
    proof "$board: slixmpp read the posts" board_posts_read
    proof "$board: it answered \"status\"" board_answers
    proof "$board: a file to the board and back again has the same SHA-256" board_files
    proof "$board: it ended in good order" board_ends
done
section "Memory"
proof "the sensor's memory is static, and within its budget" memory_table
section "Summary"
printf '%s\n' "${summary[@]}"
exit "$failed"
