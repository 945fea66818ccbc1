/* SPDX-License-Identifier: MIT
 * Time by SysTick: it has an interrupt every millisecond, and its counter tells the time between two of them.
 */
#include "boards/bare/machine.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

void SysTick_Handler(void);

static volatile uint32_t low_ms, high_ms; /* only the interrupt writes them; a 64-bit variable would be torn */
static uint64_t slept;

void SysTick_Handler(void)
{
    if (++low_ms == 0) {
        high_ms++;
    }
}

void mote__tick_start(void)
{
    REG(0xe000e014) = mote__hw_ticks_per_ms - 1;
    REG(0xe000e018) = 0;
    REG(0xe000e010) = 7; /* on, with interrupt, by the processor's clock */
    __asm__ volatile("cpsie i");
}

uint64_t mote__tick_ms(void)
{
    uint32_t high, low;
    do {
        high = high_ms;
        low = low_ms;
    } while (high != high_ms);
    return (uint64_t)high << 32 | low;
}

uint64_t mote__tick_count(void)
{
    uint64_t ms;
    uint32_t left;
    do {
        ms = mote__tick_ms();
        left = REG(0xe000e018);
    } while (ms != mote__tick_ms());
    return ms * mote__hw_ticks_per_ms + (mote__hw_ticks_per_ms - 1 - left);
}

void mote__tick_sleep(void)
{
    uint64_t before = mote__tick_count();
    __asm__ volatile("wfi");
    slept += mote__tick_count() - before;
}

uint64_t mote__tick_slept(void)
{
    return slept;
}
