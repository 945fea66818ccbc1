/* SPDX-License-Identifier: MIT
 * A board's settings, keys and time, in its store.
 */
#include "boards/bare/settings.h"

#include <string.h>

#include "board_limits.h"
#include "boards/bare/semihost.h"
#include "boards/bare/storage.h"
#include "boards/board.h"
#include "core/base/text.h"
#include "port/crypto/random_drbg.h"
#include "port/store/keys_pack.h"

/* name=value, each with a NUL behind it. Those of the command line come first, so that they are found first. */
static char text[LIMIT_SETTINGS];
static size_t text_len;
static struct mote_store *store;

static void part(size_t from, char mark)
{
    for (size_t i = from; i < text_len; i++) {
        if (text[i] == mark) {
            text[i] = '\0';
        }
    }
}

void mote__settings_load(uint64_t salt)
{
    text_len = mote__semihost_arguments(text, sizeof text - 1);
    part(0, ' ');
    text_len += text_len > 0;
    store = mote__storage_start(mote_board_setting("disk"), salt);
    if (store == NULL) {
        return;
    }
    ptrdiff_t len = mote_store_get(store, "settings", text + text_len, sizeof text - 1 - text_len);
    if (len < 0) {
        mote_board_print("the settings in the store cannot be read: %s\n", mote_error_text((int)len));
        len = 0;
    }
    size_t from = text_len;
    text_len += (size_t)len;
    text[text_len] = '\0';
    part(from, '\n');
}

const char *mote_board_setting(const char *name)
{
    size_t len = strlen(name);
    for (const char *s = text; s < text + text_len; s += strlen(s) + 1) {
        if (strncmp(s, name, len) == 0 && s[len] == '=') {
            return s + len + 1;
        }
    }
    return NULL;
}

unsigned mote_board_number(const char *name, unsigned otherwise)
{
    uint64_t value;
    return mote_text_uint(mote_board_setting(name), UINT32_MAX, &value) ? (unsigned)value : otherwise;
}

/// Keys ///

/* The store has the keys as mote_keys_pack writes them, and behind them the bare JID. */

bool mote__settings_load_keys(const char *jid, struct mote_keys *keys)
{
    uint8_t in[MOTE_KEYS_PACKED + MOTE_JID_MAX + 1];
    ptrdiff_t len = store != NULL ? mote_store_get(store, "keys", in, sizeof in - 1) : 0;
    if (len <= MOTE_KEYS_PACKED) {
        return false;
    }
    in[len] = '\0';
    bool good = mote_keys_unpack(in, keys) && mote_jid_bare_equal((const char *)in + MOTE_KEYS_PACKED, jid);
    mote_secret_wipe(in, sizeof in);
    return good;
}

int mote__settings_save_keys(const char *jid, const struct mote_keys *keys)
{
    uint8_t out[MOTE_KEYS_PACKED + MOTE_JID_MAX];
    size_t len = mote_jid_bare_len(jid);
    if (store == NULL) {
        return MOTE_ERR_STATE;
    }
    mote_keys_pack(keys, out);
    memcpy(out + MOTE_KEYS_PACKED, jid, len);
    int r = mote_store_put(store, "keys", out, MOTE_KEYS_PACKED + len);
    mote_secret_wipe(out, sizeof out);
    r = r == 0 ? mote_store_sync(store) : r;
    return r == 0 ? mote_store_delete(store, "fresh") : r; /* of boards/bare/enroll.c: the keys take its place */
}

/// What makes the next login cheaper ///

/* When the store fails, that was said before; the next handshake is a whole one. */

ptrdiff_t mote__settings_load_tls(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    return store != NULL ? mote_store_get(store, "tls", bytes, size) : 0;
}

void mote__settings_save_tls(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    if (store != NULL && (len > 0 ? mote_store_put(store, "tls", bytes, len) : mote_store_delete(store, "tls")) == 0) {
        (void)mote_store_sync(store);
    }
}

/// Time ///

/* The time is kept with the highest byte first, in five bytes. A value of eight bytes is of an older firmware: the time
 * that a server had told, for which nobody vouched. */
enum { TIME_LEN = 5 };

int64_t mote__settings_load_issued(void)
{
    uint8_t in[TIME_LEN];
    int64_t time = 0;
    if (store != NULL && mote_store_get(store, "time", in, sizeof in) == TIME_LEN) {
        for (int i = 0; i < TIME_LEN; i++) {
            time = time << 8 | in[i];
        }
    }
    return time;
}

void mote__settings_save_issued(int64_t unix_time)
{
    uint8_t out[TIME_LEN];
    if (store == NULL) {
        return;
    }
    for (int i = 0; i < TIME_LEN; i++) {
        out[i] = (uint8_t)(unix_time >> (8 * (TIME_LEN - 1 - i)));
    }
    if (mote_store_put(store, "time", out, sizeof out) == 0) { /* when the store fails, that was said before */
        (void)mote_store_sync(store);
    }
}

/// Address ///

static bool read_mac(const char *digits, uint8_t mac[6])
{
    for (int i = 0; i < 12; i++) {
        const char *found = digits[i] != '\0' ? strchr("0123456789abcdefABCDEF", digits[i]) : NULL;
        if (found == NULL) {
            return false;
        }
        unsigned value = (unsigned)(found - "0123456789abcdefABCDEF");
        mac[i / 2] = (uint8_t)(mac[i / 2] << 4 | (value > 15 ? value - 6 : value));
    }
    return digits[12] == '\0' && (mac[0] & 1) == 0; /* one of a group is nobody's */
}

void mote__settings_mac(uint8_t mac[6])
{
    const char *set = mote_board_setting("mac");
    if (set != NULL && read_mac(set, mac)) {
        return;
    }
    if (set != NULL) {
        mote_board_print(
            "the setting mac is twelve hexadecimal digits, the first two even; a random address is taken\n");
    }
    if (store != NULL && mote_store_get(store, "mac", mac, 6) == 6) {
        return;
    }
    (void)mote_entropy_drbg(NULL, mac, 6); /* without randomness there is no TLS either, which is said */
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2); /* of this interface alone, and not given by a vendor */
    if (store != NULL && mote_store_put(store, "mac", mac, 6) == 0) {
        (void)mote_store_sync(store);
    }
}
