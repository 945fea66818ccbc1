/* SPDX-License-Identifier: MIT
 * Registers of the RP2040 (its datasheet names them so) that more than one file uses.
 */
#ifndef MOTE_RP2040_H
#define MOTE_RP2040_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
/* Each peripheral is there three times more, where a write sets or clears bits. */
#define REG_SET(address) REG((address) + 0x2000u)
#define REG_CLEAR(address) REG((address) + 0x3000u)

#define TIMER_RAW_LOW REG(0x40054028u) /* microseconds, wraps after 71 minutes */

/* What a pin is connected to. */
#define PIN_FUNCTION(pin) REG(0x40014004u + 8u * (pin))
enum { PIN_SPI = 1, PIN_UART = 2, PIN_SIO = 5 };

#define SIO_IN REG(0xd0000004u)
#define SIO_OUT_SET REG(0xd0000014u)
#define SIO_OUT_CLEAR REG(0xd0000018u)
#define SIO_OUTPUT_SET REG(0xd0000024u)

/* Wait; the timer has to run. */
static inline void wait_us(uint32_t us)
{
    uint32_t begin = TIMER_RAW_LOW;
    while (TIMER_RAW_LOW - begin < us) {
    }
}

#endif
