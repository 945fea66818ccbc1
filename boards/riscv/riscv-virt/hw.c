/* SPDX-License-Identifier: MIT
 * The console of QEMU's virt machine, a 16550, and where its devices are.
 */
#include "boards/bare/machine.h"

#include "boards/riscv/riscv.h"

#define UART(offset) (*(volatile uint8_t *)(uintptr_t)(0x10000000u + (offset)))

enum { DATA = 0, LINE_STATUS = 5, RECEIVED = 0x01, CAN_SEND = 0x20 };

const uint32_t mote__hw_ticks_per_ms = 10000; /* mtime has 10 MHz */
const uintptr_t mote__riscv_mtime = 0x0200bff8, mote__riscv_mtimecmp = 0x02004000;
const struct mote__riscv_area mote__riscv_devices[2] = {
    {0x02000000, 0x10000}, /* CLINT */
    {0x10000000, 0x10000}, /* UART, virtio */
};

void mote__hw_start(void)
{
}

void mote__hw_put(char c)
{
    while ((UART(LINE_STATUS) & CAN_SEND) == 0) {
    }
    UART(DATA) = (uint8_t)c;
}

int mote__hw_get(void)
{
    return (UART(LINE_STATUS) & RECEIVED) != 0 ? UART(DATA) : -1;
}
