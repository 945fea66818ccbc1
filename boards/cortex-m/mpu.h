/* SPDX-License-Identifier: MIT
 * Regions of the memory protection unit (ARMv6-M and ARMv7-M, PMSA). Those with higher numbers win.
 */
#ifndef MOTE_CORTEX_M_MPU_H
#define MOTE_CORTEX_M_MPU_H

#include <stddef.h>
#include <stdint.h>

enum {
    MPU_READ_WRITE = 3 << 24, MPU_READ_ONLY = 6 << 24, MPU_NO_CODE = 1 << 28, MPU_MEMORY = 0x00020000,
    MPU_DEVICE = 0x00050000
};

/* Region `number` begins at `base`, which is a multiple of its size; `size` in bytes is made a power of two. start.c
 * has taken regions 0 to 2. */
void mote__mpu_region(uint32_t number, uintptr_t base, size_t size, uint32_t access);

#endif
