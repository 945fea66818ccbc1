/* SPDX-License-Identifier: MIT
 * Whatever a server can send, at whatever moment: the XML stream into the engine, with all modules attached.
 *
 *   byte 0     the state to start from (low 4 bits), or 0x20: a login by XEP-0388, the token on its way; 0x40: the
 *              run ends without its session being ended, for speed;
 *              0x80: play it twice, whole and in pieces, and compare
 *   byte 1     what the application does by itself (low 5 bits), how the stream is split (high 3 bits)
 *   the rest   is fed as it is, but for characters that XML forbids anyway: those move the clock, the wire and the
 * link, and make the application act. Behind 0x1d, '0' to '?' are acts, too, and other characters are one of those
 *              forbidden ones: their low 5 bits
 */
#include <expat.h>
#include <string.h>

#include "core/sasl2.h"
#include "tests/fuzz/device.h"

enum { COMMANDS = 12 }; /* of a run; then it ends: what matters is what the server says between them */

static size_t piece;

/* One of the characters 0x01..0x1f that are not white space. */
static void command(uint8_t c)
{
    static const uint32_t waits[] = {0, 1000, 10000, 61000, 150000};
    switch (c) {
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
        device_wait(waits[c - 1]);
        device_work();
        break;
    case 0x06: device_take(1); break;
    case 0x07: device_take(40); break;
    case 0x08: device_take(SIZE_MAX); break;
    case 0x0b: mote_secured(&device.x, &device_tls13, device.now_ms); break;
    case 0x0c: device_connect(&device_tls13); break;
    case 0x0e: device_connect(&device_loopback); break;
    case 0x0f: device_answer(); break;
    case 0x1e: device_lose(MOTE_ERR_LOST); break;
    case 0x1f: device_connect(NULL); break;
    default: break;
    }
}

static void behind_1d(uint8_t c)
{
    uint8_t raw = c & 0x1f;
    if (c >= '0' && c <= '?') {
        device_act((unsigned)(c - '0'));
    } else {
        device_feed(&raw, 1, 1);
    }
}

static bool is_command(uint8_t c)
{
    return c < 0x20 && c != 0 && c != '\t' && c != '\n' && c != '\r';
}

static void play(const uint8_t *at, const uint8_t *end)
{
    for (unsigned commands = 0; at < end && commands <= COMMANDS; commands++) {
        const uint8_t *run = at;
        while (at < end && !is_command(*at)) {
            at++;
        }
        device_feed(run, (size_t)(at - run), piece);
        if (at == end) {
            return;
        }
        uint8_t c = *at++;
        if (c == 0x1d && at < end) {
            behind_1d(*at++);
        } else if (c >= 0x10 && c <= 0x1c) {
            device_act((unsigned)(c - 0x10));
        } else {
            command(c);
        }
    }
}

struct outcome {
    uint64_t events, output;
    bool memory; /* expat's memory, which pieces of another size use in another way, did not do */
};

static void connect_by_token(void)
{
    static const struct mote_token token = {.mechanism = "HT-SHA-256-EXPR", .token = "secret-token"};
    static struct mote_sasl2 sasl2;
    device_restore(DEVICE_OFFLINE);
    mote_sasl2_attach(&sasl2, &device.x,
                      &(struct mote_sasl2_config){.user_agent = "d4565fa7-4d72-4749-b3d3-740edbf87770",
                                                  .bind = true,
                                                  .tokens = true,
                                                  .carbons = true,
                                                  .early = true,
                                                  .token = &token});
    device_connect(&device_tls13);
}

static struct outcome run(const uint8_t *data, size_t size)
{
    if ((data[0] & 0x20) == 0) {
        device_restore((data[0] & 15) % DEVICE_STATES);
    } else {
        connect_by_token();
    }
    device_behave(data[1] & 31);
    play(data + 2, data + size);
    if ((data[0] & 0x40) == 0) {
        device_end();
    }
    device.out_of_memory |= strstr(mote_why(&device.x), "XML memory") != NULL; /* not told yet */
    return (struct outcome){device.events, device.output, device.out_of_memory};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    device_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 2, 7, 16, 40, 100, 256};
    if (size < 2) {
        return 0;
    }
    piece = pieces[data[1] >> 5];
    struct outcome o = run(data, size);
    if ((data[0] & 0x80) != 0) {
        piece = SIZE_MAX;
        struct outcome whole = run(data, size);
        must(o.memory || whole.memory || (o.events == whole.events && o.output == whole.output),
             "the same bytes in other pieces lead to something else");
    }
    return 0;
}

/// Linked in place of the originals (fuzz.mk), which take a third of the time ///

/* libFuzzer takes notes of each comparison; the dictionary does the same service. */
int __wrap_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

/* What is skipped for want of expat's memory, pieces of another size may leave room for. */
enum XML_Error __real_XML_GetErrorCode(XML_Parser parser);
enum XML_Error __wrap_XML_GetErrorCode(XML_Parser parser);
enum XML_Error __wrap_XML_GetErrorCode(XML_Parser parser)
{
    enum XML_Error code = __real_XML_GetErrorCode(parser);
    device.out_of_memory |= code == XML_ERROR_NO_MEMORY;
    return code;
}

/* Nobody reads the secrets of this process. */
void __wrap_mote_secret_wipe(void *bytes, size_t len);
void __wrap_mote_secret_wipe(void *bytes, size_t len)
{
    memset(bytes, 0, len);
}
