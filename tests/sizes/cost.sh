# shellcheck shell=bash
# Part of sizes.sh: instructions for each message, counted by callgrind. Two lengths are run; the difference is free of
# start and login.

short=1000
long=3000

# instructions COMMAND...: how many it executes.
instructions() {
    local log
    log=$(mktemp -p "$work")
    if ! valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" >/dev/null 2>"$log"; then
        cat "$log" >&2
        return 1
    fi
    sed -n 's/.*Collected : //p' "$log"
}

# session PROGRAM MODE N: one against a server of its own.
session() {
    local port server result=0 tries=0 file=$work/port.$1.$2.$3
    "$OUT/tests/sizes/server" "$2" "$3" >"$file" &
    server=$!
    while [ ! -s "$file" ] && [ $tries -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    port=$(cat "$file")
    instructions "$OUT/tests/sizes/$1" "$2" "$port" "$3" || result=$?
    kill $server 2>/dev/null || true
    wait $server 2>/dev/null || true
    return $result
}

# each PROGRAM MODE: the cost of one message, into a file.
each() {
    local a b
    if [ "$2" = bare ]; then
        a=$(instructions "$OUT/tests/sizes/$1" bare $short)
        b=$(instructions "$OUT/tests/sizes/$1" bare $long)
    else
        a=$(session "$1" "$2" $short)
        b=$(session "$1" "$2" $long)
    fi
    echo $(((b - a) / (long - short))) >"$work/cost.$1.$2"
}

cost() {
    cat "$work/cost.$1.$2" 2>/dev/null || echo 0
}

cost_tables() {
    local bare recv send strophe_recv strophe_send value
    each per_stanza bare &
    each per_stanza recv &
    each per_stanza send &
    wait
    each strophe recv &
    each strophe send &
    wait
    bare=$(cost per_stanza bare)
    recv=$(cost per_stanza recv)
    send=$(cost per_stanza send)
    strophe_recv=$(cost strophe recv)
    strophe_send=$(cost strophe send)
    echo '## Instructions for one message'
    echo
    echo 'Of 164 bytes, without TLS, against the same server on loopback. Bare expat has handlers that do nothing.'
    echo
    echo '| | receive | send |'
    echo '|---|---:|---:|'
    echo "| Mote | $recv | $send |"
    echo "| bare expat | $bare | |"
    echo "| libstrophe of this system | $strophe_recv | $strophe_send |"
    echo
    for value in "$bare" "$recv" "$send" "$strophe_recv" "$strophe_send"; do
        if [ "$value" -le 0 ]; then
            broken "the cost of a message could not be measured"
            return
        fi
    done
    budget "receiving a message, of 1.4 times bare expat" "$recv" $((bare * 14 / 10)) instructions
    budget "receiving a message, of half of libstrophe's" "$recv" $((strophe_recv / 2)) instructions
    budget "sending a message, of a quarter of libstrophe's" "$send" $((strophe_send / 4)) instructions
}
