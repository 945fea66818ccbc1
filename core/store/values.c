/* SPDX-License-Identifier: MIT
 * Values under keys. RAM holds the CRC-32 of each key and the place of its latest record. A key whose CRC another key
 * in use has already is refused when it is put, so a mount need not compare keys.
 */
#include "core/store/record.h"

#include <string.h>

#include "core/mote.h"

static int find_key(const struct mote_store *s, uint32_t hash)
{
    for (int i = 0; i < MOTE_STORE_KEYS; i++) {
        if (s->keys[i].at != 0 && s->keys[i].hash == hash) {
            return i;
        }
    }
    return -1;
}

static int find_free(const struct mote_store *s)
{
    for (int i = 0; i < MOTE_STORE_KEYS; i++) {
        if (s->keys[i].at == 0) {
            return i;
        }
    }
    return -1;
}

static void set(struct mote_store *s, int i, uint32_t hash, uint32_t at)
{
    s->keys[i].hash = hash;
    s->keys[i].at = at;
}

/* Find a key. Returns 1, and sets `slot` and `r` to its record; 0 when it has no value: then `slot` is -1, or the slot
 * of another key with the same CRC. */
static int look(struct mote_store *s, const char *key, size_t len, int *slot, struct log_record *r)
{
    *slot = find_key(s, mote__record_crc(0, key, len));
    if (*slot < 0) {
        return 0;
    }
    int e = mote__record_at(s, s->keys[*slot].at, r);
    if (e == 0 && r->type == LOG_TYPE_PUT && r->aux == len) {
        e = mote__record_equal(s, r->at + LOG_RECORD, key, (uint32_t)len);
    }
    return e;
}

/// For the log ///

int mote__values_replay(struct mote_store *s, const struct log_record *r, uint32_t *freed)
{
    uint8_t key[MOTE_STORE_KEY_MAX];
    int e = mote__record_read(s, r->at + LOG_RECORD, key, r->aux);
    if (e != 0) {
        return e;
    }
    struct log_record old = {.size = 0};
    uint32_t hash = mote__record_crc(0, key, r->aux);
    int i = find_key(s, hash);
    if (i >= 0) {
        e = mote__record_at(s, s->keys[i].at, &old);
        *freed = old.size;
    }
    if (r->type == LOG_TYPE_PUT) {
        i = i >= 0 ? i : find_free(s);
        if (i < 0) {
            s->damaged++; /* more keys than there can be: a DELETE was lost */
            return e;
        }
        set(s, i, hash, r->at);
    } else if (i >= 0) {
        set(s, i, 0, 0);
    }
    return e;
}

bool mote__values_live(const struct mote_store *s, uint32_t at)
{
    for (int i = 0; i < MOTE_STORE_KEYS; i++) {
        if (s->keys[i].at == at) {
            return true;
        }
    }
    return false;
}

void mote__values_moved(struct mote_store *s, uint32_t from, uint32_t to)
{
    for (int i = 0; i < MOTE_STORE_KEYS; i++) {
        if (s->keys[i].at == from) {
            s->keys[i].at = to;
        }
    }
}

int mote__values_recount(struct mote_store *s)
{
    int e = 0;
    for (int i = 0; e == 0 && i < MOTE_STORE_KEYS; i++) {
        struct log_record r;
        if (s->keys[i].at != 0) {
            e = mote__record_at(s, s->keys[i].at, &r);
            s->live += e == 0 ? r.size : 0;
        }
    }
    return e;
}

/// For the caller ///

/* Is this the value that is stored already? 1, 0, or negative. */
static int same_value(struct mote_store *s, const struct log_record *r, size_t key_len, const void *value, size_t len)
{
    if (r->len != key_len + len) {
        return 0;
    }
    return mote__record_equal(s, r->at + LOG_RECORD + (uint32_t)key_len, value, (uint32_t)len);
}

int mote_store_put(struct mote_store *s, const char *key, const void *value, size_t len)
{
    struct mote_store_info info;
    struct log_record old = {.size = 0};
    uint32_t at;
    size_t key_len = strlen(key);
    int slot;
    if (s->error != 0) {
        return s->error;
    }
    if (key_len == 0 || key_len > MOTE_STORE_KEY_MAX) {
        return MOTE_ERR_ARG;
    }
    mote_store_info(s, &info);
    if (len == 0 || len > info.value_max || len + key_len > info.value_max + 1) {
        return MOTE_ERR_SIZE;
    }
    int e = look(s, key, key_len, &slot, &old);
    if (e < 0 || (e == 0 && slot >= 0)) {
        return e < 0 ? e : MOTE_ERR_ARG;
    }
    if (e == 1) {
        e = same_value(s, &old, key_len, value, len);
        if (e != 0) {
            return e < 0 ? e : 0;
        }
    }
    uint32_t size = mote__record_size(s, key_len + len);
    if (s->live - old.size + size > mote__record_limit(s) || (slot < 0 && find_free(s) < 0)) {
        return MOTE_ERR_FULL;
    }
    const struct mote_store_part parts[] = {{key, key_len}, {value, len}};
    e = mote__record_room(s, size);
    e = e == 0 ? mote__record_append(s, LOG_TYPE_PUT, (uint8_t)key_len, parts, 2, &at) : e;
    if (e == 0) {
        set(s, slot >= 0 ? slot : find_free(s), mote__record_crc(0, key, key_len), at);
        s->live += size - old.size;
        s->stuck = old.size > 0 ? UINT32_MAX : s->stuck;
    }
    return e;
}

ptrdiff_t mote_store_get(struct mote_store *s, const char *key, void *buf, size_t size)
{
    struct log_record r;
    size_t key_len = strlen(key);
    int slot, e = s->error != 0 ? 0 : look(s, key, key_len, &slot, &r);
    if (e <= 0) {
        return s->error != 0 ? s->error : e;
    }
    uint32_t len = r.len - (uint32_t)key_len;
    if (buf == NULL || len > size) {
        return buf == NULL ? (ptrdiff_t)len : MOTE_ERR_SIZE;
    }
    e = mote__record_sound(s, &r);
    if (e == 0) {
        s->damaged++;
        return MOTE_ERR_HASH;
    }
    e = e > 0 ? mote__record_read(s, r.at + LOG_RECORD + (uint32_t)key_len, buf, len) : e;
    return e != 0 ? e : (ptrdiff_t)len;
}

int mote_store_delete(struct mote_store *s, const char *key)
{
    struct log_record old;
    uint32_t at;
    size_t key_len = strlen(key);
    int slot = 0, e = s->error != 0 ? 0 : look(s, key, key_len, &slot, &old);
    if (e <= 0) {
        return s->error != 0 ? s->error : e;
    }
    const struct mote_store_part part = {key, key_len};
    e = mote__record_room(s, mote__record_size(s, key_len));
    e = e == 0 ? mote__record_append(s, LOG_TYPE_DELETE, (uint8_t)key_len, &part, 1, &at) : e;
    if (e == 0) {
        set(s, slot, 0, 0);
        s->live -= old.size;
        s->stuck = UINT32_MAX;
    }
    return e;
}

int mote_store_key(struct mote_store *s, unsigned i, char key[MOTE_STORE_KEY_MAX + 1])
{
    struct log_record r;
    key[0] = '\0';
    if (s->error != 0 || i >= MOTE_STORE_KEYS || s->keys[i].at == 0) {
        return s->error;
    }
    int e = mote__record_at(s, s->keys[i].at, &r);
    e = e == 0 ? mote__record_read(s, r.at + LOG_RECORD, key, r.aux) : e;
    key[e == 0 ? r.aux : 0] = '\0';
    return e == 0 ? r.aux : e;
}
