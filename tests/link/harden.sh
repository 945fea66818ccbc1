# shellcheck shell=bash
# Part of link.sh: what the command was built with to make an attack harder (BOARD_HARDEN of boards/linux/board.mk).

# property NAME COMMAND...: the command finds it in what readelf said of the program.
property() {
    local name=$1
    shift
    if "$@" >/dev/null; then : >"$work/bad"; else echo "$OUT/mote: not so" >"$work/bad"; fi
    result "$name" "$work/bad"
}

check_hardening() {
    local program=$OUT/mote elf=$work/elf
    if [ -z "$HARDFLAGS" ]; then return; fi
    readelf -hdlW "$program" >"$elf"
    readelf -sW "$program" >"$work/symbols"
    property "mote is position-independent" grep -E 'FLAGS_1.* PIE' "$elf"
    property "mote resolves every symbol at its start (-z now)" grep -E 'FLAGS_1.* NOW' "$elf"
    property "mote has its relocated tables read-only (RELRO)" grep -E '^ *GNU_RELRO ' "$elf"
    property "mote has a stack that cannot be executed" grep -E '^ *GNU_STACK .* RW ' "$elf"
    property "mote has no segment that is both written and executed" \
        awk '/^ *LOAD / && / RWE / { bad = 1 } END { exit bad }' "$elf"
    property "mote guards its stack (-fstack-protector-strong)" grep -w __stack_chk_fail "$work/symbols"
    case $HARDFLAGS in
        *FORTIFY*) property "mote calls the fortified forms (_FORTIFY_SOURCE)" grep -E '__[a-z]+_chk' "$work/symbols" ;;
    esac
    case $HARDFLAGS in
        # Of an object of ours: a program has the mark only where the C library has it, too.
        *-fcf-protection*) property "mote marks where a call may go (-fcf-protection)" \
            grep -E 'x86 feature:.*IBT' <(readelf -nW "$OUT/core/engine/engine.o") ;;
    esac
}
