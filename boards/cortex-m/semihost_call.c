/* SPDX-License-Identifier: MIT */
#include "boards/bare/semihost.h"

#if defined(BOARD_SEMIHOSTING)

int mote__semihost_call(int operation, const void *arguments)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

#endif
