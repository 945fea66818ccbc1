/* SPDX-License-Identifier: MIT
 * A request to queue a file: how it is read, recognised when it is repeated, and queued.
 */
#include "examples/mote/daemon/queue_file.h"

#include <stdio.h>
#include <string.h>

#include "core/modules/outbox_files.h"
#include "core/base/text.h"
#include "examples/mote/daemon/packet_socket.h"
#include "examples/mote/link/session.h"

enum { ITEM_HEAD = 17 }; /* bytes of an item besides its strings and its content: see mote_files_queue */

static uint8_t bytes[PASS_FILE_MAX];
static size_t len;

/* The size of the largest file with these strings that an empty store has room for. */
static uint64_t limit(const char *to, const char *name)
{
    struct mote_store_info info;
    mote_store_info(&session.store, &info);
    size_t rest = ITEM_HEAD + strlen(to) + strlen(name);
    return info.stanza_max > rest ? info.stanza_max - rest : 0;
}

int queue_file_read(const struct packet *in, const char **why)
{
    static char text[96];
    const char *to = packet_get(in, "to"), *name = packet_get(in, "name");
    int64_t size = packet_get_number(in, "size", -1);
    if (to == NULL || name == NULL || size < 0) {
        return MOTE_ERR_ARG;
    }
    if (name[0] == '\0') {
        *why = "it has no name";
        return MOTE_ERR_ARG;
    }
    uint64_t most = limit(to, name);
    if ((uint64_t)size > most || (uint64_t)size > sizeof bytes) {
        snprintf(text, sizeof text, "it has %lld bytes, the store takes at most %llu", (long long)size,
                 (unsigned long long)(most < sizeof bytes ? most : sizeof bytes));
        *why = text;
        return MOTE_ERR_SIZE;
    }
    len = (size_t)size;
    if (!pass_file_read(in->fd, bytes, len)) {
        *why = "what was passed along is no sealed memory file of that size";
        return MOTE_ERR_ARG;
    }
    return 0;
}

static bool same_bytes(const struct mote_outbox_stored *item)
{
    uint8_t piece[512];
    for (size_t at = 0; at < len;) {
        size_t n = len - at < sizeof piece ? len - at : sizeof piece;
        if (!mote_outbox_read(item, (uint32_t)at, piece, n) || memcmp(piece, bytes + at, n) != 0) {
            return false;
        }
        at += n;
    }
    return true;
}

bool queue_file_is(const struct packet *in, const struct mote_outbox_entry *e)
{
    struct mote_outbox_stored item;
    char name[MOTE_FILE_NAME_MAX + 1];
    return e->kind == MOTE_OUTBOX_FILE && e->size == len && e->expiry == packet_get_number(in, "expiry", 0) &&
           mote_text_equal(e->to, packet_get(in, "to")) &&
           mote_outbox_item_at(&session.store, e->ticket, &item) == 1 &&
           mote_outbox_id(&item, name, sizeof name) && mote_text_equal(name, packet_get(in, "name")) &&
           same_bytes(&item);
}

int32_t queue_file_take(const struct packet *in, const struct mote_durable *durable)
{
    return mote_files_queue(&session.files, packet_get(in, "to"), packet_get(in, "name"), bytes, len, durable);
}
