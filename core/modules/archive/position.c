/* SPDX-License-Identifier: MIT
 * Keeps a place in the archive as a value of the store: the time in 8 bytes, little end first, and the id.
 */
#include <string.h>

#include "core/modules/archive/archive.h"
#include "core/store/store.h"

enum { TIME = 8 };

int mote_archive_save(struct mote_store *s, const char *key, const struct mote_archived *place)
{
    uint8_t value[TIME + MOTE_ARCHIVE_ID_MAX];
    size_t len = strlen(place->id);
    for (unsigned i = 0; i < TIME; i++) {
        value[i] = (uint8_t)((uint64_t)place->time >> 8 * i);
    }
    if (len > MOTE_ARCHIVE_ID_MAX) {
        return MOTE_ERR_SIZE;
    }
    memcpy(value + TIME, place->id, len);
    return mote_store_put(s, key, value, TIME + len);
}

int mote_archive_load(struct mote_store *s, const char *key, struct mote_archive_config *config,
                      char id[MOTE_ARCHIVE_ID_MAX + 1])
{
    uint8_t value[TIME + MOTE_ARCHIVE_ID_MAX];
    ptrdiff_t len = mote_store_get(s, key, value, sizeof value);
    uint64_t time = 0;
    if (len < TIME) {
        return len < 0 ? (int)len : 0;
    }
    for (unsigned i = 0; i < TIME; i++) {
        time |= (uint64_t)value[i] << 8 * i;
    }
    memcpy(id, value + TIME, (size_t)len - TIME);
    id[len - TIME] = '\0';
    config->last = id;
    config->since = (int64_t)time;
    return (int)len;
}
