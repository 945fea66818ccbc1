/* SPDX-License-Identifier: MIT
 * The second half of the flash as storage. It is read as memory. To write it, the boot ROM's functions (RP2040
 * datasheet 2.8.3.1.3) take the flash away from the bus for a while, and so all that runs meanwhile lies in RAM, with
 * interrupts off.
 */
#include <stdbool.h>
#include <string.h>

#include "boards/bare/storage.h"

enum { BLOCK = 4096, PAGE = 256, FIRST = 0x100000, SIZE = 0x100000 };

#define READABLE 0x10000000u /* where the flash can be read */
#define RAMCODE __attribute__((section(".ramcode"), noinline, long_call))

/* Functions of the boot ROM, by their codes of two letters. */
static struct {
    void (*connect)(void);
    void (*exit_xip)(void);
    void (*erase)(uint32_t address, size_t count, uint32_t block, uint8_t command);
    void (*program)(uint32_t address, const uint8_t *bytes, size_t count);
    void (*flush)(void);
    void (*enter_xip)(void);
} rom;

typedef void *look_up(const uint16_t *table, uint32_t code);

static uintptr_t rom_function(char first, char second)
{
    uintptr_t header = 0x14;
    __asm__("" : "+r"(header)); /* a compiler takes a read so near to NULL for a mistake */
    const uint16_t *entry = (const uint16_t *)header;
    look_up *find = (look_up *)(uintptr_t)entry[2];
    return (uintptr_t)find((const uint16_t *)(uintptr_t)entry[0], (uint32_t)(uint8_t)second << 8 | (uint8_t)first);
}

/* Erase a block, or write a page when there are bytes. */
RAMCODE static void change(uint32_t address, const uint8_t *bytes)
{
    uint32_t interrupts;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(interrupts)::"memory");
    rom.connect();
    rom.exit_xip();
    if (bytes == NULL) {
        rom.erase(address, BLOCK, 65536, 0xd8);
    } else {
        rom.program(address, bytes, PAGE);
    }
    rom.flush();
    rom.enter_xip();
    __asm__ volatile("msr primask, %0" ::"r"(interrupts) : "memory");
}

static const uint8_t *place(uint32_t block, uint32_t offset)
{
    return (const uint8_t *)(uintptr_t)(READABLE + FIRST + block * BLOCK + offset);
}

static int flash_read(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size)
{
    (void)ctx;
    memcpy(buf, place(block, offset), size);
    return 0;
}

/* A worn flash does not fail to write, it fails to keep, so what was written is compared. Bytes of 0xFF change
 * nothing. */
static int flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size)
{
    uint8_t page[PAGE]; /* the caller's bytes may lie in the flash, which cannot be read meanwhile */
    (void)ctx;
    for (uint32_t done = 0; done < size; done += PAGE) {
        const uint8_t *there = place(block, offset + done);
        memcpy(page, (const uint8_t *)buf + done, PAGE);
        change(FIRST + block * BLOCK + offset + done, page);
        for (uint32_t i = 0; i < PAGE; i++) {
            if (page[i] != 0xff && there[i] != page[i]) {
                return -1;
            }
        }
    }
    return 0;
}

static int flash_erase(void *ctx, uint32_t block)
{
    const uint8_t *there = place(block, 0);
    uint32_t i = 0;
    (void)ctx;
    while (i < BLOCK && there[i] == 0xff) {
        i++;
    }
    if (i == BLOCK) {
        return 0; /* it is, and each time costs wear and 45 ms */
    }
    change(FIRST + block * BLOCK, NULL);
    for (i = 0; i < BLOCK && there[i] == 0xff; i++) {
    }
    return i == BLOCK ? 0 : -1;
}

static int flash_sync(void *ctx)
{
    (void)ctx;
    return 0;
}

static const struct mote_flash device = {
    .read = flash_read,
    .prog = flash_prog,
    .erase = flash_erase,
    .sync = flash_sync,
    .read_size = PAGE,
    .prog_size = PAGE,
    .block_size = BLOCK,
    .block_count = STORAGE_STORE / BLOCK,
};

const struct mote_flash *mote__storage_device(const char *name)
{
    (void)name;
    rom.connect = (void (*)(void))rom_function('I', 'F');
    rom.exit_xip = (void (*)(void))rom_function('E', 'X');
    rom.erase = (void (*)(uint32_t, size_t, uint32_t, uint8_t))rom_function('R', 'E');
    rom.program = (void (*)(uint32_t, const uint8_t *, size_t))rom_function('R', 'P');
    rom.flush = (void (*)(void))rom_function('F', 'C');
    rom.enter_xip = (void (*)(void))rom_function('C', 'X');
    bool all = rom.connect != NULL && rom.exit_xip != NULL && rom.erase != NULL && rom.program != NULL &&
               rom.flush != NULL && rom.enter_xip != NULL;
    return all ? &device : NULL;
}

uint32_t mote__storage_blocks(void)
{
    return SIZE / BLOCK;
}
