/*
 * What lwIP asks of the compiler and the machine.
 */
#ifndef MOTE_ARCH_CC_H
#define MOTE_ARCH_CC_H

#include <stdint.h>

#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_CTYPE_H 1

/* Everything runs from main: no interrupt calls into lwIP. */
#define SYS_ARCH_DECL_PROTECT(level)
#define SYS_ARCH_PROTECT(level)
#define SYS_ARCH_UNPROTECT(level)

/* An assertion of lwIP that fails is a programming error: stop where it can be seen. Its text is in the sources, at the
 * address that mote__machine_stop prints; in the flash it would take 5.7 KB. */
void mote__machine_stop(const char *what) __attribute__((noreturn)); /* boards/bare/machine.c */
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(text) mote__machine_stop("lwIP")

/* For ports and transaction numbers, which nobody on the network should be able to guess. */
uint32_t mote_nosys_random(void); /* port/os/nosys.c */
#define LWIP_RAND() mote_nosys_random()

#endif
