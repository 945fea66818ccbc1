/* SPDX-License-Identifier: MIT
 * Clocks and console of the RP2040: 125 MHz from the 12 MHz crystal, UART0 on pins 0 and 1. Section numbers are those
 * of the RP2040 datasheet.
 */
#include "boards/bare/machine.h"

#include <string.h>

#include "boards/cortex-m/mpu.h"
#include "rp2040.h"

/// Addresses ///

#define RESETS 0x4000c000u
#define RESET_DONE REG(RESETS + 0x08)
enum { RESET_IO = 1 << 5, RESET_PADS = 1 << 8, RESET_PLL_SYS = 1 << 12, RESET_SPI0 = 1 << 16, RESET_UART0 = 1 << 22 };

#define XOSC_CTRL 0x40024000u
#define XOSC_STATUS REG(0x40024004u)
#define XOSC_STARTUP REG(0x4002400cu)

#define PLL_CS REG(0x40028000u)
#define PLL_PWR 0x40028004u
#define PLL_FBDIV REG(0x40028008u)
#define PLL_PRIM REG(0x4002800cu)
enum { PLL_POWER = 0x21, PLL_POST_DIVIDER = 0x08 };

#define CLOCK_REF_CTRL REG(0x40008030u)
#define CLOCK_SYS_CTRL REG(0x4000803cu)
#define CLOCK_PERI_CTRL REG(0x40008048u)
#define WATCHDOG_TICK REG(0x4005802cu)

#define UART_DATA REG(0x40034000u)
#define UART_FLAGS REG(0x40034018u)
#define UART_BAUD_INTEGER REG(0x40034024u)
#define UART_BAUD_FRACTION REG(0x40034028u)
#define UART_LINE REG(0x4003402cu)
#define UART_CONTROL REG(0x40034030u)
enum { UART_EMPTY = 1 << 4, UART_FULL = 1 << 5 };

#define STABLE (1u << 31) /* of XOSC_STATUS and PLL_CS */

const uint32_t mote__hw_ticks_per_ms = 125000;

extern uint8_t _ramcode_start[], _ramcode_end[], _ramcode_load[];

static void start_clocks(void)
{
    REG(XOSC_CTRL) = 0xaa0; /* 1 to 15 MHz */
    XOSC_STARTUP = 47;      /* times 256 cycles: a millisecond */
    REG_SET(XOSC_CTRL) = 0xfabu << 12;
    while ((XOSC_STATUS & STABLE) == 0) {
    }
    PLL_CS = 1; /* 12 MHz * 125 / 6 / 2 */
    PLL_FBDIV = 125;
    REG_CLEAR(PLL_PWR) = PLL_POWER;
    while ((PLL_CS & STABLE) == 0) {
    }
    PLL_PRIM = 6u << 16 | 2u << 12;
    REG_CLEAR(PLL_PWR) = PLL_POST_DIVIDER;
    CLOCK_REF_CTRL = 2; /* the crystal */
    CLOCK_SYS_CTRL = 0; /* from the reference, while its other input is chosen: the PLL */
    CLOCK_SYS_CTRL = 1;
    CLOCK_PERI_CTRL = 1u << 11;
    WATCHDOG_TICK = 1u << 9 | 12; /* the timer counts microseconds */
}

void mote__hw_start(void)
{
    const uint32_t used = RESET_IO | RESET_PADS | RESET_PLL_SYS | RESET_SPI0 | RESET_UART0;
    REG_CLEAR(RESETS) = used;
    while ((RESET_DONE & used) != used) {
    }
    start_clocks();
    PIN_FUNCTION(0) = PIN_UART;
    PIN_FUNCTION(1) = PIN_UART;
    UART_BAUD_INTEGER = 67; /* 125 MHz / 16 / 115200 = 67 + 52/64 */
    UART_BAUD_FRACTION = 52;
    UART_LINE = 0x70; /* 8N1, with FIFOs */
    UART_CONTROL = 0x301;
    memcpy(_ramcode_start, _ramcode_load, (size_t)(_ramcode_end - _ramcode_start));
    mote__mpu_region(3, 0x20040000, 4096, MPU_READ_ONLY | MPU_MEMORY); /* from now on it is code */
}

void mote__hw_put(char c)
{
    while ((UART_FLAGS & UART_FULL) != 0) {
    }
    UART_DATA = (uint8_t)c;
}

int mote__hw_get(void)
{
    return (UART_FLAGS & UART_EMPTY) != 0 ? -1 : (int)(UART_DATA & 0xff);
}
