/* SPDX-License-Identifier: MIT
 * The three instructions that a debugger knows (RISC-V Semihosting). They have to lie in one page and be uncompressed.
 */
#include "boards/bare/semihost.h"

#if defined(BOARD_SEMIHOSTING)

int mote__semihost_call(int operation, const void *arguments)
{
    register int a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = arguments;
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     ".balign 16\n"
                     "slli x0, x0, 0x1f\n"
                     "ebreak\n"
                     "srai x0, x0, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

#endif
