/* SPDX-License-Identifier: MIT
 * Packets between mote run and the verbs that ask it: how they are written and read.
 */
#include "examples/mote/daemon/packet.h"

#include <stdio.h>
#include <string.h>

#include "core/xml/stanza.h"

/// Writing ///

void packet_begin(struct packet *p, const char *word)
{
    size_t len = strlen(word) + 1;
    p->cut = false;
    p->fd = -1;
    p->len = len;
    memcpy(p->bytes, word, len);
}

void packet_put(struct packet *p, const char *key, const char *value)
{
    size_t key_len = strlen(key), len = value != NULL ? strlen(value) + 1 : 0;
    if (value == NULL || p->cut) {
        return;
    }
    if (key_len + 1 + len > sizeof p->bytes - p->len) {
        p->cut = true;
        return;
    }
    char *to = p->bytes + p->len;
    memcpy(to, key, key_len);
    to[key_len] = '=';
    memcpy(to + key_len + 1, value, len);
    p->len += key_len + 1 + len;
}

void packet_number(struct packet *p, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    packet_put(p, key, text);
}

void packet_trim(struct packet *p, size_t len)
{
    p->len = len;
    p->cut = false;
}

/// Reading ///

bool packet_good(const struct packet *p)
{
    if (p->len < 2 || p->bytes[p->len - 1] != '\0' || p->bytes[0] == '\0') {
        return false;
    }
    for (size_t at = strlen(p->bytes) + 1; at < p->len; at += strlen(p->bytes + at) + 1) {
        if (strchr(p->bytes + at, '=') == NULL) {
            return false;
        }
    }
    return true;
}

const char *packet_word(const struct packet *p)
{
    return p->bytes;
}

bool packet_next(const struct packet *p, size_t *at, const char **key, const char **value)
{
    if (*at == 0) {
        *at = strlen(p->bytes) + 1;
    }
    if (*at >= p->len) {
        return false;
    }
    *key = p->bytes + *at;
    *value = strchr(*key, '=') + 1;
    *at += strlen(*key) + 1;
    return true;
}

const char *packet_nth(const struct packet *p, const char *key, unsigned n)
{
    const char *name, *value;
    size_t len = strlen(key);
    for (size_t at = 0; packet_next(p, &at, &name, &value);) {
        if (strncmp(name, key, len) == 0 && name[len] == '=' && n-- == 0) {
            return value;
        }
    }
    return NULL;
}

const char *packet_get(const struct packet *p, const char *key)
{
    return packet_nth(p, key, 0);
}

int64_t packet_get_number(const struct packet *p, const char *key, int64_t otherwise)
{
    const char *text = packet_get(p, key);
    uint64_t value;
    return text != NULL && mote_text_uint(text, INT64_MAX, &value) ? (int64_t)value : otherwise;
}
