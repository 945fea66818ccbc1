/* SPDX-License-Identifier: MIT
 * Writes DNS queries for SRV records, and reads the answers.
 */
#include "port/dns/wire.h"

#include <string.h>

enum { HEADER = 12, TYPE_SRV = 33, CLASS_IN = 1, LABEL_MAX = 63, JUMPS_MAX = 16 };

/// Query ///

/* Append the labels of `name`, dots parting them. Returns the new length, 0 when it is no name or does not fit. */
static size_t put_labels(uint8_t *out, size_t at, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");
        if (len == 0 || len > LABEL_MAX || at + 1 + len > HEADER + MOTE_PORT_HOST_MAX) {
            return 0;
        }
        out[at++] = (uint8_t)len;
        memcpy(out + at, name, len);
        at += len;
        name += len + (name[len] == '.');
    }
    return at;
}

size_t mote__dns_wire_srv_query(uint8_t out[DNS_WIRE_QUERY], uint16_t id, const char *service, const char *domain)
{
    memset(out, 0, HEADER);
    out[0] = (uint8_t)(id >> 8);
    out[1] = (uint8_t)id;
    out[2] = 1; /* recursion desired */
    out[5] = 1; /* one question */
    size_t at = put_labels(out, HEADER, service);
    at = at > 0 ? put_labels(out, at, domain) : 0;
    if (at == 0) {
        return 0;
    }
    static const uint8_t end[] = {0, 0, TYPE_SRV, 0, CLASS_IN};
    memcpy(out + at, end, sizeof end);
    return at + sizeof end;
}

/// Answer ///

struct message {
    const uint8_t *bytes;
    size_t len, at;
    bool bad; /* it ended too early, and nothing more is read from it */
};

static unsigned get_16(struct message *m)
{
    if (m->len - m->at < 2) {
        m->bad = true;
        m->at = m->len;
        return 0;
    }
    unsigned value = (unsigned)m->bytes[m->at] << 8 | m->bytes[m->at + 1];
    m->at += 2;
    return value;
}

static void skip(struct message *m, size_t n)
{
    if (n > m->len - m->at) {
        m->bad = true;
        n = m->len - m->at;
    }
    m->at += n;
}

static void skip_name(struct message *m)
{
    while (!m->bad && m->at < m->len) {
        uint8_t c = m->bytes[m->at];
        if (c >= 0xc0) { /* the rest of it stands elsewhere */
            skip(m, 2);
            return;
        }
        skip(m, 1u + c);
        if (c == 0) {
            return;
        }
    }
    m->bad = true;
}

static bool host_character(uint8_t c)
{
    return c > ' ' && c < 0x7f && c != '.' && c != '/' && c != ':';
}

/* Read the name at m->at as text; "" is the root. Returns false when it can be no host's. Compression only jumps
 * backwards, and the jumps are counted, so that reading ends. */
static bool read_name(const struct message *m, char out[MOTE_PORT_HOST_MAX + 1])
{
    size_t at = m->at, used = 0;
    for (int jumps = 0; at < m->len;) {
        uint8_t c = m->bytes[at];
        if (c >= 0xc0) {
            size_t to = at + 1 < m->len ? ((size_t)c & 0x3f) << 8 | m->bytes[at + 1] : at;
            if (to >= at || ++jumps > JUMPS_MAX) {
                return false;
            }
            at = to;
            continue;
        }
        if (c == 0) {
            out[used > 0 ? used - 1 : 0] = '\0'; /* the last dot is left out */
            return true;
        }
        if (c > LABEL_MAX || c > m->len - at - 1 || used + c + 1 > MOTE_PORT_HOST_MAX) {
            return false;
        }
        for (size_t i = 1; i <= c; i++) {
            if (!host_character(m->bytes[at + i])) {
                return false;
            }
            out[used++] = (char)m->bytes[at + i];
        }
        out[used++] = '.';
        at += 1u + c;
    }
    return false;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Does the answer repeat our question behind its header? The case of letters does not matter. */
static bool same_question(const uint8_t *message, size_t len, const uint8_t *query, size_t query_len)
{
    bool same = len >= query_len;
    for (size_t i = HEADER; same && i < query_len; i++) {
        same = lower(message[i]) == lower(query[i]);
    }
    return same;
}

/* Read one record of the answer. Returns 1 when it gave a target, else 0. */
static int read_record(struct message *m, struct mote_port_target *t, bool *refused)
{
    skip_name(m);
    unsigned type = get_16(m), class = get_16(m);
    skip(m, 4); /* time to live */
    unsigned len = get_16(m);
    if (m->bad || len > m->len - m->at) {
        m->bad = true;
        return 0;
    }
    size_t end = m->at + len;
    int found = 0;
    if (type == TYPE_SRV && class == CLASS_IN && len >= 7) {
        t->priority = (uint16_t)get_16(m);
        t->weight = (uint16_t)get_16(m);
        t->port = (uint16_t)get_16(m);
        bool good = read_name(m, t->host);
        *refused = *refused || (good && t->host[0] == '\0');
        found = good && t->host[0] != '\0' && t->port != 0;
    }
    m->at = end;
    return found;
}

int mote__dns_wire_srv_answer(const uint8_t *message, size_t len, const uint8_t *query, size_t query_len,
                        struct mote_port_target *targets, int count, int max, bool direct_tls, bool *refused)
{
    enum { NO_SUCH_NAME = 3 };
    if (len < HEADER || message[0] != query[0] || message[1] != query[1] || (message[2] & 0xf8) != 0x80 ||
        message[4] != 0 || message[5] != 1 || !same_question(message, len, query, query_len)) {
        return MOTE_ERR_PROTOCOL;
    }
    unsigned code = message[3] & 0x0f;
    if (code != 0) {
        return code == NO_SUCH_NAME ? count : MOTE_ERR_DNS;
    }
    struct message m = {.bytes = message, .len = len, .at = query_len};
    unsigned records = (unsigned)message[6] << 8 | message[7];
    for (; records > 0 && !m.bad && count < max; records--) {
        struct mote_port_target *t = &targets[count];
        *t = (struct mote_port_target){.direct_tls = direct_tls};
        count += read_record(&m, t, refused);
    }
    return count;
}
