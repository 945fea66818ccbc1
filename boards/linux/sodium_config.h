/* What libsodium's configure finds on Linux. No vector extensions: its portable C is fast enough for a chat. */
#ifndef MOTE_SODIUM_CONFIG_H
#define MOTE_SODIUM_CONFIG_H

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_LITTLE_ENDIAN 1
#else
#define NATIVE_BIG_ENDIAN 1
#endif
#ifdef __SIZEOF_INT128__
#define HAVE_TI_MODE 1
#endif
#define HAVE_WEAK_SYMBOLS 1
#define HAVE_INLINE_ASM 1
#define HAVE_SYS_RANDOM_H 1
#define HAVE_GETRANDOM 1
#define HAVE_SYS_MMAN_H 1
#define HAVE_MMAP 1
#define HAVE_MLOCK 1
#define HAVE_MADVISE 1
#define HAVE_MPROTECT 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_GETPID 1
#define HAVE_NANOSLEEP 1
#define HAVE_EXPLICIT_BZERO 1

#endif
