/* SPDX-License-Identifier: MIT
 * What a RISC-V board has in its hw.c beside boards/bare/machine.h.
 */
#ifndef MOTE_RISCV_H
#define MOTE_RISCV_H

#include <stddef.h>
#include <stdint.h>

/* The registers that the program may touch: two areas, each a power of two in size and aligned to it. */
extern const struct mote__riscv_area {
    uintptr_t base;
    size_t size;
} mote__riscv_devices[2];

/* The CLINT: the clock that all RISC-V cores have, and its alarm (tick.c). */
extern const uintptr_t mote__riscv_mtime, mote__riscv_mtimecmp;

#endif
