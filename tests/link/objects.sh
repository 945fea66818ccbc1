# shellcheck shell=bash
# Part of link.sh: symbols and sections of the core's objects, as they are in libmote.a.

heap='malloc|calloc|realloc|reallocarray|free|strdup|strndup|alloca|aligned_alloc|posix_memalign|memalign|valloc'
heap="$heap|sbrk|brk"
world='socket|connect|accept|listen|send|sendto|sendmsg|recv|recvfrom|recvmsg|select|poll|epoll_.*|mmap|open|openat'
world="$world|creat|read|write|pread|pwrite|close|fopen|fread|fwrite|fclose|printf|fprintf|snprintf|vsnprintf|puts"
world="$world|getenv|time|clock.*|gettimeofday|getaddrinfo|sleep|usleep|nanosleep|pthread_.*|rand|random|arc4random.*"
world="$world|getrandom|exit|abort|signal|setjmp|longjmp"
# All of <string.h> that neither allocates nor keeps a state.
strings='mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr|rchr|str|spn|cspn|pbrk|nlen)'
# What compilers put in: division, stack protector, fortified forms of the above, position-independent code.
helpers='bcmp|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|__stack_chk_fail|__(mem|str)[a-z]+_chk|__aeabi_[a-z0-9]+'
helpers="$helpers|__[a-z]+[sdt]i[234]"

# The objects of the core, under names that tell their folders. The archive has to hold each: two folders may have files of
# one name, and an archive made in another way would keep the last.
extract_core() {
    local source
    mkdir -p "$work/core"
    for source in $(core_sources); do
        cp "$OUT/${source%.c}.o" "$work/core/$(tr / - <<<"${source%.c}").o"
        basename "$source" .c
    done | sed 's/$/.o/' | sort >"$work/names"
    ar t "$OUT/libmote.a" | sort | comm -13 - "$work/names" >>"$work/twice"
}

# Lines "object symbol" of what the core does not define itself.
foreign_symbols() {
    local object
    nm --defined-only "$work"/core/*.o | awk 'NF == 3 { print $3 }' | sort -u >"$work/defined"
    for object in "$work"/core/*.o; do
        nm -u "$object" | awk '{ print $NF }' | sort -u | comm -23 - "$work/defined" | sed "s|^|$(basename "$object") |"
    done
}

# Names that others ask for: the processor's vectors, lwIP, mbedTLS, expat, and one of the C library's that is ours on a board.
asked_for='Reset_Handler|SysTick_Handler|sys_now|mbedtls_ms_time|mbedtls_platform_gmtime_r|mbedtls_internal_sha1_process|arc4random_buf|strstr'

# Every global symbol begins with mote_ (public) or mote__ (private), or it collides in somebody's firmware.
check_symbols() {
    local board archive
    for board in "" lm3s6965evb mps2-an385 riscv-virt w5500-evb-pico; do
        archive=$OUT/libmote.a
        if [ -n "$board" ]; then
            if ! command -v "$(make -s BOARD="$board" vars | sed -n "s/^CC='\(.*\)'/\1/p")" >/dev/null; then
                echo "# $board: no compiler for it here, its symbols were not looked at"
                continue
            fi
            archive=build/$board/libmote.a
            make --no-print-directory -s BOARD="$board" lib >"$work/errors" 2>&1 || cat "$work/errors"
        fi
        nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u |
            { grep -vE "^(mote_[a-z_0-9]+|$asked_for)\$" || true; } >"$work/bad"
        nm -g --defined-only "$archive" 2>/dev/null | grep -q ' mote_init$' || echo "$archive has no mote_init" >>"$work/bad"
        result "every global symbol of $archive begins with mote_" "$work/bad"
    done
}

check_objects() {
    : >"$work/twice"
    extract_core
    result "the archive holds every object of the core" "$work/twice"
    foreign_symbols >"$work/foreign"
    grep -E " ($heap)\$" "$work/foreign" >"$work/bad" || true
    result "no heap symbol in the core" "$work/bad"
    grep -E " ($world)\$" "$work/foreign" >"$work/bad" || true
    result "no socket, file, clock or thread symbol in the core" "$work/bad"
    grep -vE " ($strings|$helpers)\$|^core-xml-reader\.o XML_[A-Za-z_]+\$" "$work/foreign" >"$work/bad" || true
    result "the core refers to <string.h>, expat and the compiler's helpers only" "$work/bad"
    for object in "$work"/core/*.o; do
        # Writable sections with something in them. Constants that hold addresses are .data.rel.ro.
        size -A "$object" | awk -v o="$(basename "$object")" \
            '$1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print o, $1, $2 }'
        nm "$object" | awk -v o="$(basename "$object")" '$2 == "C" { print o, "common", $3 }'
    done | grep -vE '^core-xml-reader\.o \.t?bss\.current [48]$' >"$work/bad" || true
    result "no writable global in the core but the pointer of core/xml/reader.c" "$work/bad"
}
