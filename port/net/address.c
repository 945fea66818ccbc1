/* SPDX-License-Identifier: MIT
 * Addresses as text, and punycode for names with letters that DNS does not have.
 */
#include "port/net/address.h"

#include <string.h>

#include "core/base/text.h"
#include "port/base/phrase.h"

/// Addresses ///

static unsigned group(const struct mote_port_address *a, int i)
{
    return (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
}

/* The longest run of two or more zero groups, which "::" stands for. *start gets the first; returns the length. */
static int zero_run(const struct mote_port_address *a, int *start)
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

static void ipv6_text(const struct mote_port_address *a, char *out, size_t size)
{
    int start, skip = zero_run(a, &start);
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            mote__phrase(out + len, size - len, "::");
            i += skip - 1;
        } else {
            bool glued = len == 0 || out[len - 1] == ':';
            mote__phrase(out + len, size - len, "%s%x", glued ? "" : ":", group(a, i));
        }
        len += strlen(out + len);
    }
}

void mote_address_text(const struct mote_port_address *a, char out[MOTE_ADDRESS_TEXT])
{
    if (a->family == 4) {
        const uint8_t *b = a->bytes;
        mote__phrase(out, MOTE_ADDRESS_TEXT, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    } else {
        ipv6_text(a, out, MOTE_ADDRESS_TEXT);
    }
    size_t len = strlen(out);
    mote__phrase(out + len, MOTE_ADDRESS_TEXT - len, " port %u", a->port);
}

bool mote_address_loopback(const struct mote_port_address *a)
{
    static const uint8_t one[16] = {[15] = 1};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (a->family == 4) {
        return a->bytes[0] == 127;
    }
    return memcmp(a->bytes, one, sizeof one) == 0 ||
           (memcmp(a->bytes, mapped, sizeof mapped) == 0 && a->bytes[12] == 127);
}

/* IPv6 prefixes behind which an IPv4 address stands: mapped, compatible, NAT64, 6to4. */
static const struct {
    uint8_t len, at; /* bytes of the prefix, and where the IPv4 address is */
    uint8_t bytes[12];
} carriers[] = {{12, 12, {[10] = 0xff, [11] = 0xff}},
                {12, 12, {0}},
                {12, 12, {0x00, 0x64, 0xff, 0x9b}},
                {2, 2, {0x20, 0x02}}};

static const struct {
    uint8_t bits, bytes[3];
} private4[] = {{8, {0}},           {8, {10}},          {10, {100, 64}},    {8, {127}},      {16, {169, 254}},
                {12, {172, 16}},    {24, {192, 0, 0}},  {24, {192, 0, 2}},  {16, {192, 168}}, {24, {192, 88, 99}},
                {15, {198, 18}},    {24, {198, 51, 100}}, {24, {203, 0, 113}}, {3, {224}}};

static bool public4(const uint8_t *bytes)
{
    uint32_t address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    for (size_t i = 0; i < sizeof private4 / sizeof private4[0]; i++) {
        const uint8_t *b = private4[i].bytes;
        uint32_t range = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8;
        if ((address ^ range) >> (32 - private4[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

bool mote_address_public(const struct mote_port_address *a)
{
    const uint8_t *b = a->bytes;
    if (a->family == 4) {
        return public4(b);
    }
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++) {
        if (memcmp(b, carriers[i].bytes, carriers[i].len) == 0) {
            return public4(b + carriers[i].at);
        }
    }
    /* 2000::/3 is what was given out so far; of it Teredo and its kin (2001::/23) and the documentation are not. */
    bool special = b[0] == 0x20 && b[1] == 0x01 && (b[2] < 2 || (b[2] == 0x0d && b[3] == 0xb8));
    bool documentation = b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10;
    return (b[0] & 0xe0) == 0x20 && !special && !documentation;
}

/// Letters that DNS does not have ///

/* The numbers of RFC 3492 section 5. LABEL is the longest label that DNS has. */
enum { LABEL = 63, BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

struct label {
    char *out;
    size_t size, len;
};

static bool put_character(struct label *l, char c)
{
    if (l->len + 1 >= l->size) {
        return false;
    }
    l->out[l->len++] = c;
    return true;
}

/* Decode s[0..len), which is valid UTF-8, into at most LABEL characters. */
static int decode(const char *s, size_t len, uint32_t *points)
{
    int n = 0;
    for (size_t i = 0; i < len && n < LABEL; n++) {
        unsigned char c = (unsigned char)s[i++];
        int more = (c >= 0xc0) + (c >= 0xe0) + (c >= 0xf0); /* bytes that follow the first one */
        uint32_t p = c < 0x80 ? c : c & (0x3fu >> more);
        for (; more > 0; more--) {
            p = p << 6 | ((unsigned char)s[i++] & 0x3fu);
        }
        points[n] = p;
    }
    return n;
}

/* The bias adaptation of RFC 3492 section 6.1. */
static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE) {
        delta /= BASE - TMIN;
    }
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static bool put_delta(struct label *l, uint32_t delta, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
        uint32_t digit = delta < t ? delta : t + (delta - t) % (BASE - t);
        bool fits = put_character(l, "abcdefghijklmnopqrstuvwxyz0123456789"[digit]);
        if (!fits || delta < t) {
            return fits;
        }
        delta = (delta - t) / (BASE - t);
    }
}

/* The encoding of RFC 3492 section 6.3. No delta overflows, because there are at most 63 characters. */
static bool punycode(struct label *l, const uint32_t *points, int count)
{
    uint32_t n = FIRST, delta = 0, bias = BIAS, done = 0, basic;
    for (int i = 0; i < count; i++) {
        if (points[i] < FIRST) {
            done += put_character(l, (char)points[i]);
        }
    }
    basic = done;
    if (basic > 0 && !put_character(l, '-')) {
        return false;
    }
    while (done < (uint32_t)count) {
        uint32_t next = UINT32_MAX;
        for (int i = 0; i < count; i++) {
            next = points[i] >= n && points[i] < next ? points[i] : next;
        }
        delta += (next - n) * (done + 1);
        n = next;
        for (int i = 0; i < count; i++) {
            delta += points[i] < n;
            if (points[i] == n) {
                if (!put_delta(l, delta, bias)) {
                    return false;
                }
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
        delta++;
        n++;
    }
    return true;
}

static bool put_label(struct label *l, const char *s, size_t len)
{
    uint32_t points[LABEL];
    bool ascii = true;
    for (size_t i = 0; i < len; i++) {
        ascii = ascii && (unsigned char)s[i] < 0x80;
    }
    if (ascii) {
        for (size_t i = 0; i < len; i++) {
            if (!put_character(l, s[i])) {
                return false;
            }
        }
        return true;
    }
    int count = decode(s, len, points);
    size_t start = l->len;
    return put_character(l, 'x') && put_character(l, 'n') && put_character(l, '-') && put_character(l, '-') &&
           punycode(l, points, count) && l->len - start <= LABEL;
}

bool mote_host_to_ascii(const char *host, char *out, size_t size)
{
    struct label l = {.out = out, .size = size};
    size_t len = strlen(host);
    if (mote_text_valid(host, len) != len) {
        return false;
    }
    for (;;) {
        size_t n = strcspn(host, ".");
        if (!put_label(&l, host, n) || (host[n] == '.' && !put_character(&l, '.'))) {
            return false;
        }
        if (host[n] == '\0') {
            break;
        }
        host += n + 1;
    }
    out[l.len] = '\0';
    return true;
}
