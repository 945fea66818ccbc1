/* SPDX-License-Identifier: MIT
 * The console of the MPS2 with AN385. Its clock is fixed at 25 MHz.
 */
#include "boards/bare/machine.h"

#define REG(offset) (*(volatile uint32_t *)(uintptr_t)(0x40004000u + (offset)))

#define UART_DATA REG(0x00)
#define UART_STATE REG(0x04)
#define UART_CTRL REG(0x08)
#define UART_BAUDDIV REG(0x10)

const uint32_t mote__hw_ticks_per_ms = 25000;

void mote__hw_start(void)
{
    UART_BAUDDIV = mote__hw_ticks_per_ms * 1000u / 115200u;
    UART_CTRL = 3; /* transmit and receive */
}

void mote__hw_put(char c)
{
    while ((UART_STATE & 1) != 0) {
    }
    UART_DATA = (uint8_t)c;
}

int mote__hw_get(void)
{
    return (UART_STATE & 2) == 0 ? -1 : (int)(UART_DATA & 0xff);
}
