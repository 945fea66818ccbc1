/* SPDX-License-Identifier: MIT
 * Time by the core's own clock, mtime. Its alarm wakes the processor; the interrupt is not taken, because interrupts as
 * a whole are off (mstatus.MIE), so there is no handler.
 */
#include "boards/bare/machine.h"

#include "boards/riscv/riscv.h"

#define REG(address) (*(volatile uint32_t *)(address))

enum { TIMER = 1 << 7 };

static uint64_t zero, slept;

static uint64_t clock_now(void)
{
    uint32_t high, low;
    do {
        high = REG(mote__riscv_mtime + 4);
        low = REG(mote__riscv_mtime);
    } while (high != REG(mote__riscv_mtime + 4));
    return (uint64_t)high << 32 | low;
}

void mote__tick_start(void)
{
    zero = clock_now();
    __asm__ volatile("csrw mie, %0" ::"r"(TIMER));
}

uint64_t mote__tick_count(void)
{
    return clock_now() - zero;
}

uint64_t mote__tick_ms(void)
{
    return mote__tick_count() / mote__hw_ticks_per_ms;
}

void mote__tick_sleep(void)
{
    uint64_t before = clock_now(), then = before + mote__hw_ticks_per_ms;
    REG(mote__riscv_mtimecmp + 4) = 0xffffffff; /* so that no half of the new time is taken for a whole one */
    REG(mote__riscv_mtimecmp) = (uint32_t)then;
    REG(mote__riscv_mtimecmp + 4) = (uint32_t)(then >> 32);
    __asm__ volatile("wfi");
    slept += clock_now() - before;
}

uint64_t mote__tick_slept(void)
{
    return slept;
}
