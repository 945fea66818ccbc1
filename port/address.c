/* SPDX-License-Identifier: MIT */
#include "port/address.h"

#include <string.h>

#include "port/phrase.h"

static unsigned group(const struct port_address *a, int i)
{
    return (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
}

/* The longest run of two or more zero groups, which "::" stands for: first in *start, length returned. */
static int zero_run(const struct port_address *a, int *start)
{
    int best = 1, run = 0;
    *start = -1;
    for (int i = 0; i < 8; i++) {
        run = group(a, i) == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *start = i - run + 1;
        }
    }
    return *start >= 0 ? best : 0;
}

static void ipv6_text(const struct port_address *a, char *out, size_t size)
{
    int start, skip = zero_run(a, &start);
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            phrase(out + len, size - len, "::");
            i += skip - 1;
        } else {
            bool glued = len == 0 || out[len - 1] == ':';
            phrase(out + len, size - len, "%s%x", glued ? "" : ":", group(a, i));
        }
        len += strlen(out + len);
    }
}

void address_text(const struct port_address *a, char out[ADDRESS_TEXT])
{
    if (a->family == 4) {
        const uint8_t *b = a->bytes;
        phrase(out, ADDRESS_TEXT, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    } else {
        ipv6_text(a, out, ADDRESS_TEXT);
    }
    size_t len = strlen(out);
    phrase(out + len, ADDRESS_TEXT - len, " port %u", a->port);
}

bool address_loopback(const struct port_address *a)
{
    static const uint8_t one[16] = {[15] = 1};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (a->family == 4) {
        return a->bytes[0] == 127;
    }
    return memcmp(a->bytes, one, sizeof one) == 0 ||
           (memcmp(a->bytes, mapped, sizeof mapped) == 0 && a->bytes[12] == 127);
}
