/* SPDX-License-Identifier: MIT
 * Clock and console of the LM3S6965. The names of registers are those of the data sheet.
 */
#include "boards/bare/machine.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define RCC REG(0x400fe060)
#define RCC2 REG(0x400fe070)
#define RCGC0 REG(0x400fe100)
#define RCGC1 REG(0x400fe104)
#define RCGC2 REG(0x400fe108)
#define RIS REG(0x400fe050)
#define UART_DR REG(0x4000c000)
#define UART_FR REG(0x4000c018)
#define UART_IBRD REG(0x4000c024)
#define UART_FBRD REG(0x4000c028)
#define UART_LCRH REG(0x4000c02c)
#define UART_CTL REG(0x4000c030)
#define GPIOA_AFSEL REG(0x40004420)
#define GPIOA_DEN REG(0x4000451c)

#if defined(BOARD_SEMIHOSTING)
/* QEMU takes the PLL for 200 MHz and divides by SYSDIV + 1. With 0 a tick is 5 ns, which makes counts exact. */
const uint32_t mote__hw_ticks_per_ms = 200000;
#else
const uint32_t mote__hw_ticks_per_ms = 50000;
#endif

static void start_clock(void)
{
#if defined(BOARD_SEMIHOSTING)
    RCC2 = 0;
    RCC &= ~(0xfu << 23);
#else
    /* 8 MHz crystal, PLL of 400 MHz halved, divided by 4: 50 MHz (data sheet 5.2.5.2). */
    RCC = (RCC & ~(1u << 22)) | 1u << 11; /* run from the crystal meanwhile */
    RCC = (RCC & ~(0x1fu << 6 | 3u << 4 | 1u << 13 | 1u)) | 0xeu << 6;
    RCC = (RCC & ~(0xfu << 23)) | 3u << 23 | 1u << 22;
    while ((RIS & (1u << 6)) == 0) { /* the PLL locks within 0.5 ms */
    }
    RCC &= ~(1u << 11);
#endif
}

void mote__hw_start(void)
{
    start_clock();
    RCGC1 |= 1u << 0 | 1u << 4;                               /* UART0, SSI0 */
    RCGC2 |= 1u << 0 | 1u << 3 | 1u << 5 | 1u << 28 | 1u << 30; /* ports A, D, F; Ethernet MAC and PHY */
    (void)RCGC2; /* a clock needs some cycles before its module may be touched */
    (void)RCGC2;
    GPIOA_AFSEL |= 3; /* PA0 and PA1 are UART0's */
    GPIOA_DEN |= 3;
    UART_CTL = 0;
    UART_IBRD = mote__hw_ticks_per_ms * 1000u / (16u * 115200u);
    UART_FBRD = (mote__hw_ticks_per_ms * 1000u * 4u / 115200u) % 64u;
    UART_LCRH = 0x70; /* 8 bits, FIFOs */
    UART_CTL = 0x301;
}

void mote__hw_put(char c)
{
    while ((UART_FR & (1u << 5)) != 0) {
    }
    UART_DR = (uint8_t)c;
}

int mote__hw_get(void)
{
    return (UART_FR & (1u << 4)) != 0 ? -1 : (int)(UART_DR & 0xff);
}
