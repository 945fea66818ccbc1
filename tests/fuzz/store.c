/* SPDX-License-Identifier: MIT
 * The store on a device that holds anything: what the input says, or a store that was made, used, and then damaged.
 * Mounting writes nothing and takes it; what is there then stays the same over a second mount, and the store works on.
 *
 *   byte 0    geometry (2 bits); the high bit: the rest of the input is the device
 *   then      steps, see below
 */
#include <string.h>

#include "core/mote.h"
#include "core/store/store.h"
#include "core/store/record.h"
#include "tests/fuzz/fuzz.h"

enum { BYTES = 8192, STEPS = 60 };

static uint8_t bytes[BYTES];
static bool blank[BYTES];    /* may be written: only where the device has to be erased first */
static uint32_t bad_at, bad; /* bytes from there on that cannot be read */
static unsigned fail_in;     /* so many operations, then one fails; 0: never */
static bool damaged, failed; /* by the input, since the last mount */
static bool quiet;           /* mounting and reading: nothing is written */

/// The device ///

static const struct mote_flash geometries[] = {
    {.read_size = 1, .prog_size = 1, .block_size = 1024, .block_count = 6},
    {.read_size = 16, .prog_size = 16, .block_size = 512, .block_count = 8},
    {.read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 16, .overwrite = true},
    {.read_size = 1, .prog_size = 8, .block_size = 1024, .block_count = 3},
};
static struct mote_flash flash;

static bool fails(void)
{
    failed = failed || fail_in == 1;
    return fail_in > 0 && --fail_in == 0;
}

static size_t place(uint32_t block, uint32_t offset, uint32_t size, uint32_t unit)
{
    must(block < flash.block_count && offset <= flash.block_size && size <= flash.block_size - offset,
         "within one block");
    must(offset % unit == 0 && size % unit == 0, "in the units of the device");
    return (size_t)block * flash.block_size + offset;
}

static int dev_read(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size)
{
    (void)ctx;
    size_t at = place(block, offset, size, flash.read_size);
    memcpy(buf, bytes + at, size);
    if (fails()) {
        return -1;
    }
    return bad > 0 && at < bad_at + bad && bad_at < at + size;
}

static int dev_prog(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size)
{
    (void)ctx;
    size_t at = place(block, offset, size, flash.prog_size);
    must(!quiet, "mounting and reading write nothing");
    for (size_t i = at; i < at + size; i++) {
        must(damaged || blank[i] || flash.overwrite, "written without being erased");
        blank[i] = false;
    }
    memcpy(bytes + at, buf, size);
    bad = bad_at < at + size && at < bad_at + bad ? 0 : bad;
    return fails() ? -1 : 0;
}

static int dev_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    size_t at = place(block, 0, flash.block_size, 1);
    must(!quiet, "mounting and reading erase nothing");
    memset(bytes + at, 0xff, flash.block_size);
    memset(blank + at, true, flash.block_size);
    return fails() ? -1 : 0;
}

static int dev_sync(void *ctx)
{
    (void)ctx;
    return fails() ? -1 : 0;
}

/// What the store holds, as a number ///

static struct mote_store store;
static uint8_t buffer[512];

static void dropped(void *ctx, const struct mote_store_item *item)
{
    (void)ctx;
    must((item->flags & MOTE_STORE_DROPPABLE) != 0, "only what may be dropped is dropped");
}

static struct mote_store_config config = {
    .flash = &flash, .buffer = buffer, .buffer_size = sizeof buffer, .blocks = 1, .dropped = dropped};

static uint64_t see_values(void)
{
    uint8_t value[BYTES];
    char key[MOTE_STORE_KEY_MAX + 1];
    uint64_t sum = 0; /* their order does not count */
    for (unsigned i = 0; i < MOTE_STORE_KEYS; i++) {
        int n = mote_store_key(&store, i, key);
        if (n <= 0) {
            continue;
        }
        must(n <= MOTE_STORE_KEY_MAX && strlen(key) <= (size_t)n, "a key of at most 31 bytes");
        ptrdiff_t len = mote_store_get(&store, key, value, sizeof value);
        must(len <= (ptrdiff_t)sizeof value, "a value is not longer than the device");
        sum += fuzz_hash(fuzz_hash(14695981039346656037u, key, (size_t)n), value, len > 0 ? (size_t)len : 0);
    }
    return sum;
}

static uint64_t see_queue(void)
{
    struct mote_store_item item = {0};
    uint8_t text[64];
    uint64_t h = 1;
    uint32_t after = 0;
    unsigned walked = 0;
    while (mote_store_next(&store, after, &item) == 1) {
        must(item.seq > after && ++walked < BYTES, "items come in their order, and end");
        after = item.seq;
        uint32_t n = item.size < sizeof text ? item.size : sizeof text;
        if (mote_store_read(&store, item.seq, item.size - n, text, n) != 0) {
            continue;
        }
        h = fuzz_hash(h * 31 + item.seq, text, n) + item.kind + item.flags + item.node + (uint64_t)item.expiry;
    }
    return h;
}

static uint64_t see(void)
{
    struct mote_store_info info;
    quiet = true;
    uint64_t seen = see_values() * 3 + see_queue();
    mote_store_info(&store, &info);
    quiet = false;
    return seen * 3 + info.next_seq;
}

static bool mount(void)
{
    quiet = true;
    int r = mote_store_mount(&store, &config);
    quiet = false;
    must(r == 0 || r == MOTE_STORE_NONE || r == MOTE_ERR_CONFIG || r == MOTE_ERR_IO, "a result that mounting can have");
    must(r == 0 || r == MOTE_STORE_NONE || mote_store_why(&store)[0] != '\0', "a reason is given");
    return r == 0;
}

/* Twice, with the same outcome; what was unreadable for once would not be. */
static bool mount_twice(void)
{
    fail_in = 0;
    failed = false;
    if (!mount()) {
        return false;
    }
    uint64_t first = see();
    must(store.error != 0 || (mount() && see() == first), "a second mount finds the same");
    for (size_t i = 0; i < sizeof bytes; i++) {
        blank[i] = bytes[i] == 0xff; /* by looks, as the store goes */
    }
    damaged = false;
    return store.error == 0;
}

/// Steps ///

static void push(struct input *in)
{
    static uint8_t stanza[700];
    struct mote_store_item item = {.kind = input_byte(in), .flags = input_byte(in) & 3, .node = input_byte(in) & 3};
    size_t len = input_number(in, 2) % sizeof stanza;
    memset(stanza, item.kind, len);
    struct mote_store_part parts[] = {{stanza, len / 2}, {stanza + len / 2, len - len / 2}};
    mote_store_push(&store, &item, parts, 2);
}

static void put(struct input *in, bool delete)
{
    static uint8_t value[700];
    char key[] = {'k', (char)('a' + (input_byte(in) & 7)), '\0'};
    size_t len = 1 + input_number(in, 2) % (sizeof value - 1);
    memset(value, input_byte(in), len);
    if (delete) {
        mote_store_delete(&store, key);
    } else {
        mote_store_put(&store, key, value, len);
    }
}

static void done(struct input *in)
{
    uint32_t seqs[16];
    unsigned count = input_byte(in) & 15;
    for (unsigned i = 0; i < count; i++) {
        seqs[i] = input_byte(in);
    }
    int r = mote_store_done(&store, seqs, count);
    must(r != MOTE_ERR_FULL || damaged || failed, "there is always room to say that something is done");
}

/* A record that is sound and says anything. */
static void forge(struct input *in)
{
    uint8_t type = input_byte(in), aux = input_byte(in), body[64];
    size_t len = input_byte(in) % sizeof body;
    uint32_t at;
    for (size_t i = 0; i < len; i++) {
        body[i] = input_byte(in);
    }
    if (store.end + mote__record_size(&store, len) <= store.segment && !store.closed && store.error == 0) {
        mote__record_append(&store, (enum log_type)(type & 7), aux, &(struct mote_store_part){body, len}, 1, &at);
    }
    damaged = true;
}

static void poke(struct input *in)
{
    uint32_t at = input_number(in, 2) % (flash.block_size * flash.block_count);
    bytes[at] = (uint8_t)(bytes[at] ^ input_byte(in));
    damaged = true;
}

static void copy_block(struct input *in)
{
    uint32_t from = input_byte(in) % flash.block_count, to = input_byte(in) % flash.block_count;
    memmove(bytes + to * flash.block_size, bytes + from * flash.block_size, flash.block_size);
    damaged = true;
}

static void remount(void)
{
    bool good = !damaged && !failed && store.error == 0;
    uint64_t before = good && mote_store_sync(&store) == 0 ? see() : 0;
    good = good && !failed && store.error == 0;
    if (!mount_twice()) {
        must(!good, "a store that was sound is there after a mount");
        mote_store_format(&store, &config, 1);
        damaged = false;
        return;
    }
    must(!good || see() == before, "what was synced is there after a mount");
}

static void step(struct input *in)
{
    switch (input_byte(in) % 12) {
    case 0: put(in, false); break;
    case 1: put(in, true); break;
    case 2:
    case 3: push(in); break;
    case 4: done(in); break;
    case 5: mote_store_sync(&store); break;
    case 6: remount(); break;
    case 7: poke(in); break;
    case 8: copy_block(in); break;
    case 9: forge(in); break;
    case 10: fail_in = input_byte(in); break;
    default:
        bad_at = input_number(in, 2);
        bad = input_byte(in);
        damaged = true;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t how = input_byte(&in);
    flash = geometries[how & 3];
    config.blocks = flash.block_size == flash.prog_size ? 4 : 1;
    flash.read = dev_read;
    flash.prog = dev_prog;
    flash.erase = dev_erase;
    flash.sync = dev_sync;
    bad = fail_in = 0;
    damaged = failed = false;
    if ((how & 0x80) != 0) {
        memset(bytes, 0xff, sizeof bytes);
        memcpy(bytes, in.at, in.left < BYTES ? in.left : BYTES);
        damaged = true;
        mount_twice();
        return 0;
    }
    must(mote_store_format(&store, &config, 1) == 0, "a device that works can be formatted");
    for (unsigned i = 0; in.left > 0 && i < STEPS; i++) {
        step(&in);
    }
    remount();
    return 0;
}
