/* SPDX-License-Identifier: MIT
 * The second stage of the boot ROM (RP2040 datasheet 2.8.1). The ROM copies the first 256 bytes of the flash into RAM,
 * compares the CRC in the last four of them (uf2.py puts it there) and runs them. They make the flash readable as
 * memory, by the serial command 03h that every flash has, and go to the vectors behind them.
 */
__asm__(".section .boot2,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".globl mote__boot2\n" /* memory.ld asks for it */
        "mote__boot2:\n"
        "ldr r3, =0x18000000\n" /* SSI */
        "movs r1, #0\n"
        "str r1, [r3, #0x08]\n" /* SSIENR: off */
        "movs r1, #4\n"
        "str r1, [r3, #0x14]\n"             /* BAUDR: a quarter of the clock */
        "ldr r1, =(31 << 16) | (3 << 8)\n"  /* CTRLR0: frames of 32 bits, reading EEPROM */
        "str r1, [r3, #0x00]\n"
        "ldr r1, =(0x03 << 24) | (2 << 8) | (6 << 2)\n" /* SPI_CTRLR0: command 03h, 8 bits of it, 24 of address */
        "adds r3, #0xf4\n"
        "str r1, [r3]\n"
        "subs r3, #0xf4\n"
        "movs r1, #0\n"
        "str r1, [r3, #0x04]\n" /* CTRLR1: one frame */
        "movs r1, #1\n"
        "str r1, [r3, #0x08]\n" /* SSIENR: on */
        "ldr r0, =0x10000100\n"
        "ldr r1, =0xe000ed08\n" /* VTOR */
        "str r0, [r1]\n"
        "ldmia r0!, {r1, r2}\n"
        "msr msp, r1\n"
        "bx r2\n"
        ".ltorg\n"
        ".text\n");
