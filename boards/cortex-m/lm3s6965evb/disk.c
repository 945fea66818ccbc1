/* SPDX-License-Identifier: MIT
 * The microSD card on SSI0 (PA2, PA4, PA5) with its chip select on PD0, by chapter 7 of the SD Physical Layer
 * Simplified Specification. The display is on the same bus and listens while the card does not, so the card is selected
 * only while it is talked to.
 */
#include "boards/bare/disk.h"

#include <stdbool.h>

#include "boards/bare/machine.h"

#define SSI(offset) (*(volatile uint32_t *)(uintptr_t)(0x40008000u + (offset)))
#define SSI_CR0 SSI(0x00)
#define SSI_CR1 SSI(0x04)
#define SSI_DR SSI(0x08)
#define SSI_SR SSI(0x0c)
#define SSI_CPSR SSI(0x10)
#define GPIOA(offset) (*(volatile uint32_t *)(uintptr_t)(0x40004000u + (offset)))
#define GPIOD(offset) (*(volatile uint32_t *)(uintptr_t)(0x40007000u + (offset)))
#define GPIO_DIR 0x400
#define GPIO_AFSEL 0x420
#define GPIO_PUR 0x510
#define GPIO_DEN 0x51c
#define CARD_SELECT GPIOD(0x004) /* the address masks the other pins */

enum {
    GO_IDLE = 0,
    SEND_IF_COND = 8,
    SET_BLOCKLEN = 16,
    READ_BLOCK = 17,
    WRITE_BLOCK = 24,
    APP_OP_COND = 41,
    APP_COMMAND = 55,
    READ_OCR = 58,
    IDLE = 1,
    DATA_TOKEN = 0xfe,
    TRIES = 200,
    WAIT = 200000 /* bytes; 250 ms at 8 Mbit/s */
};

static uint32_t sectors;
static bool by_sector; /* SDHC and later are addressed by sector, older ones by byte */

static uint8_t exchange(uint8_t out)
{
    SSI_DR = out;
    while ((SSI_SR & (1u << 2)) == 0) {
    }
    return (uint8_t)SSI_DR;
}

static void release(void)
{
    CARD_SELECT = 1;
    (void)exchange(0xff); /* the card lets go of the line with the next clock */
}

/* Send a command and return its first response byte; the card stays selected. */
static uint8_t command(uint8_t number, uint32_t argument)
{
    CARD_SELECT = 0;
    (void)exchange(0xff);
    (void)exchange((uint8_t)(0x40 | number));
    for (int shift = 24; shift >= 0; shift -= 8) {
        (void)exchange((uint8_t)(argument >> shift));
    }
    /* Checksums are off but for these two. */
    (void)exchange(number == GO_IDLE ? 0x95 : number == SEND_IF_COND ? 0x87 : 0x01);
    uint8_t r = 0xff;
    for (int i = 0; i < 16 && (r & 0x80) != 0; i++) {
        r = exchange(0xff);
    }
    return r;
}

static uint32_t response_word(void)
{
    uint32_t word = 0;
    for (int i = 0; i < 4; i++) {
        word = word << 8 | exchange(0xff);
    }
    return word;
}

/* The bytes that follow a data token. */
static int receive_bytes(uint8_t *out, int len)
{
    int waited = 0;
    while (exchange(0xff) != DATA_TOKEN) {
        if (++waited > WAIT) {
            return -1;
        }
    }
    for (int i = 0; i < len; i++) {
        out[i] = exchange(0xff);
    }
    (void)exchange(0xff); /* its checksum */
    (void)exchange(0xff);
    return 0;
}

static void start_bus(void)
{
    GPIOA(GPIO_AFSEL) |= 0x34;
    GPIOA(GPIO_DEN) |= 0x34;
    GPIOA(GPIO_PUR) |= 0x10;
    GPIOD(GPIO_DIR) |= 1;
    GPIOD(GPIO_DEN) |= 1;
    CARD_SELECT = 1;
    SSI_CR1 = 0;
    SSI_CPSR = mote__hw_ticks_per_ms > 100000 ? 254 : 126; /* below 400 kHz until the card is identified */
    SSI_CR0 = 7;
    SSI_CR1 = 2;
    for (int i = 0; i < 10; i++) {
        (void)exchange(0xff); /* a card wants 74 clocks before it listens */
    }
}

static bool wake(void)
{
    bool idle = command(GO_IDLE, 0) == IDLE;
    release();
    if (!idle) {
        return false;
    }
    bool second = command(SEND_IF_COND, 0x1aa) == IDLE && (response_word() & 0xfff) == 0x1aa;
    release();
    uint8_t r = IDLE;
    for (int i = 0; i < TRIES && r == IDLE; i++) {
        (void)command(APP_COMMAND, 0);
        release();
        r = command(APP_OP_COND, second ? 0x40000000 : 0);
        release();
        if (r == IDLE) {
            mote__tick_sleep();
        }
    }
    if (r != 0) {
        return false;
    }
    (void)command(READ_OCR, 0);
    by_sector = (response_word() & 0x40000000) != 0 && second; /* the word has to be read in any case */
    release();
    return true;
}

/* Find the size by reading: a sector that can be read is there. A power of two of sectors is enough, and so two kinds
 * of CSD need not be taken apart. */
static uint32_t find_size(void)
{
    enum { SMALLEST = 128, LARGEST = 1 << 20 };
    uint8_t sector[DISK_SECTOR];
    uint32_t n = mote__disk_read(SMALLEST - 1, sector) == 0 ? SMALLEST : 0;
    while (n > 0 && n < LARGEST && mote__disk_read(2 * n - 1, sector) == 0) {
        n *= 2;
    }
    return n;
}

int mote__disk_start(const char *name)
{
    (void)name;
    start_bus();
    if (!wake()) {
        return -1;
    }
    SSI_CPSR = mote__hw_ticks_per_ms > 100000 ? 24 : 6; /* about 8 MHz */
    (void)command(SET_BLOCKLEN, DISK_SECTOR);
    release();
    sectors = find_size();
    return sectors > 0 ? 0 : -1;
}

uint32_t mote__disk_sectors(void)
{
    return sectors;
}

int mote__disk_read(uint32_t sector, void *bytes)
{
    int r =
        command(READ_BLOCK, by_sector ? sector : sector * DISK_SECTOR) == 0 ? receive_bytes(bytes, DISK_SECTOR) : -1;
    release();
    return r;
}

int mote__disk_write(uint32_t sector, const void *bytes)
{
    const uint8_t *b = bytes;
    int waited = 0;
    bool good = command(WRITE_BLOCK, by_sector ? sector : sector * DISK_SECTOR) == 0;
    if (good) {
        (void)exchange(0xff);
        (void)exchange(DATA_TOKEN);
        for (int i = 0; i < DISK_SECTOR; i++) {
            (void)exchange(b[i]);
        }
        (void)exchange(0xff);
        (void)exchange(0xff);
        good = (exchange(0xff) & 0x1f) == 0x05;
        while (good && exchange(0xff) == 0) { /* the card holds the line low until the bytes are written */
            good = ++waited <= WAIT;
        }
    }
    release();
    return good ? 0 : -1;
}
