/* SPDX-License-Identifier: MIT */
#include "boards/cortex-m/settings.h"

#include <string.h>

#include "board_limits.h"
#include "boards/board.h"
#include "boards/cortex-m/semihost.h"
#include "boards/cortex-m/storage.h"
#include "core/wire/text.h"

/* Of the keys in the store: version, hash, length of the salt, bound; iterations, highest byte first; salt, ClientKey,
 * ServerKey; the bare JID. */
enum { PACKED = 8 + 64 + 2 * MOTE_HASH_MAX };

/* name=value, each with a NUL behind it: first those of the command line, which win. */
static char text[LIMIT_SETTINGS];
static size_t text_len;
static struct store *store;

static void part(size_t from, char mark)
{
    for (size_t i = from; i < text_len; i++) {
        if (text[i] == mark) {
            text[i] = '\0';
        }
    }
}

void settings_load(uint64_t salt)
{
    text_len = semihost_arguments(text, sizeof text - 1);
    part(0, ' ');
    text_len += text_len > 0;
    store = storage_start(board_setting("disk"), salt);
    if (store == NULL) {
        return;
    }
    ptrdiff_t len = store_get(store, "settings", text + text_len, sizeof text - 1 - text_len);
    if (len < 0) {
        board_print("the settings in the store cannot be read: %s\n", mote_error_text((int)len));
        len = 0;
    }
    size_t from = text_len;
    text_len += (size_t)len;
    text[text_len] = '\0';
    part(from, '\n');
}

const char *board_setting(const char *name)
{
    size_t len = strlen(name);
    for (const char *s = text; s < text + text_len; s += strlen(s) + 1) {
        if (strncmp(s, name, len) == 0 && s[len] == '=') {
            return s + len + 1;
        }
    }
    return NULL;
}

unsigned board_number(const char *name, unsigned otherwise)
{
    uint64_t value;
    return text_uint(board_setting(name), UINT32_MAX, &value) ? (unsigned)value : otherwise;
}

/// Keys ///

bool settings_load_keys(const char *jid, struct mote_keys *k)
{
    uint8_t in[PACKED + MOTE_JID_MAX + 1];
    ptrdiff_t len = store != NULL ? store_get(store, "keys", in, sizeof in - 1) : 0;
    if (len <= PACKED) {
        return false;
    }
    in[len] = '\0';
    *k = (struct mote_keys){.version = in[0], .hash = in[1], .salt_len = in[2], .bound = in[3]};
    k->iterations = (uint32_t)in[4] << 24 | (uint32_t)in[5] << 16 | (uint32_t)in[6] << 8 | in[7];
    memcpy(k->salt, in + 8, 64);
    memcpy(k->client_key, in + 72, MOTE_HASH_MAX);
    memcpy(k->server_key, in + 72 + MOTE_HASH_MAX, MOTE_HASH_MAX);
    bool good = k->version == 1 && k->hash <= MOTE_SHA256 && k->salt_len <= sizeof k->salt &&
                jid_bare_equal((const char *)in + PACKED, jid);
    secret_wipe(in, sizeof in);
    return good;
}

int settings_save_keys(const char *jid, const struct mote_keys *k)
{
    uint8_t out[PACKED + MOTE_JID_MAX];
    const uint8_t head[8] = {k->version, k->hash, k->salt_len, k->bound, (uint8_t)(k->iterations >> 24),
                             (uint8_t)(k->iterations >> 16), (uint8_t)(k->iterations >> 8), (uint8_t)k->iterations};
    size_t len = jid_bare_len(jid);
    if (store == NULL) {
        return MOTE_ERR_STATE;
    }
    memcpy(out, head, sizeof head);
    memcpy(out + 8, k->salt, 64);
    memcpy(out + 72, k->client_key, MOTE_HASH_MAX);
    memcpy(out + 72 + MOTE_HASH_MAX, k->server_key, MOTE_HASH_MAX);
    memcpy(out + PACKED, jid, len);
    int r = store_put(store, "keys", out, PACKED + len);
    secret_wipe(out, sizeof out);
    return r == 0 ? store_sync(store) : r;
}
