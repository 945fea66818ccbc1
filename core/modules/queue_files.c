/* SPDX-License-Identifier: MIT */
#include "core/modules/queue_files.h"

#include <string.h>

#include "core/modules/files_transfer.h"
#include "core/wire/text.h"

int32_t mote_files_queue(struct mote_files *files, const char *to, const char *name, const void *bytes, size_t len,
                         const struct mote_durable *durable)
{
    if (files->outbox == NULL) {
        return MOTE_ERR_STATE;
    }
    bool good = files->find != NULL ? to != NULL && jid_valid(to) : files_full_jid(to);
    if (!good || name == NULL || name[0] == '\0' || strlen(name) > MOTE_FILE_NAME_MAX) {
        return MOTE_ERR_ARG;
    }
    return outbox_push(files->outbox, &(struct outbox_new){.kind = MOTE_OUTBOX_FILE,
                                                           .to = to,
                                                           .id = name,
                                                           .node = "",
                                                           .durable = durable,
                                                           .content = {{bytes, len}},
                                                           .pieces = 1});
}

static ptrdiff_t read_queued(void *ctx, uint64_t offset, void *buf, size_t len)
{
    struct mote_files *files = ctx;
    struct store *s = files->outbox->config.store;
    struct outbox_item item;
    if (outbox_item_at(s, files->queued, &item) <= 0) {
        return MOTE_ERR_IO; /* it was taken out of the queue */
    }
    size_t left = offset < item.content_len ? item.content_len - (size_t)offset : 0;
    len = len < left ? len : left;
    return len == 0 || outbox_read(s, &item, (uint32_t)offset, buf, len) ? (ptrdiff_t)len : MOTE_ERR_IO;
}

/* Whether another try may do better: nobody there, a peer that broke off. */
static bool passes(const struct mote_event *e)
{
    return e->error == MOTE_ERR_TIMEOUT || e->error == MOTE_ERR_HASH ||
           text_equal(e->condition, "service-unavailable") || text_equal(e->condition, "recipient-unavailable") ||
           text_equal(e->condition, "remote-server-timeout") || text_equal(e->condition, "remote-server-not-found");
}

static void queued_ended(struct mote_files *files, const struct mote_event *e)
{
    if (e->kind == MOTE_EV_FILE_DONE) {
        outbox_done(files->outbox, files->queued, NULL, 0, NULL);
    } else if (e->error == MOTE_ERR_LOST) {
        outbox_again(files->outbox, files->queued, 0);
    } else if (passes(e)) {
        outbox_later(files->outbox, files->queued, MOTE_QUEUE_FILE_PAUSE_S * 1000);
    } else {
        outbox_done(files->outbox, files->queued, NULL, e->error, e->why);
    }
}

static void abandoned(struct mote_files *files, const struct mote_event *e)
{
    (void)files, (void)e;
}

/* A file that was taken out of the queue on its way is left: its end is not that of the next one. */
static void leave_others(struct mote_files *files)
{
    for (size_t i = 0; i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        if (t->state != TRANSFER_FREE && t->ended == queued_ended) {
            t->ended = abandoned;
            mote_files_cancel(files, t->ticket);
        }
    }
}

/* Nobody is there: until the next turn, or until its time is over, which has to be told then. */
static int wait_for_receiver(struct mote_files *files, const struct outbox_item *item)
{
    int64_t now = module_unix_time(files->mod.x), left_s = item->expiry - now;
    bool ends = item->expiry != 0 && now != 0 && left_s < MOTE_QUEUE_FILE_PAUSE_S;
    outbox_later(files->outbox, item->seq, (ends ? (uint32_t)left_s + 1u : MOTE_QUEUE_FILE_PAUSE_S) * 1000u);
    return OUTBOX_ASKED;
}

static int send_file(struct mote_module *m, const struct outbox_item *item)
{
    struct mote_files *files = (struct mote_files *)m;
    struct store *s = files->outbox->config.store;
    char to[MOTE_JID_MAX + 1], full[MOTE_JID_MAX + 1], name[MOTE_FILE_NAME_MAX + 1];
    if (!outbox_to(s, item, to, sizeof to) || !outbox_id(s, item, name, sizeof name)) {
        return MOTE_ERR_IO;
    }
    if (files->find != NULL) {
        if (!files->find(files->find_ctx, to, full)) {
            return wait_for_receiver(files, item);
        }
        text_copy(to, sizeof to, full);
    }
    leave_others(files);
    struct mote_file_info info = {.name = name, .size = item->content_len};
    int32_t ticket = mote_files_offer(files, to, &info, read_queued, files);
    if (ticket < 0) {
        return ticket;
    }
    transfer_by_ticket(files, ticket)->ended = queued_ended;
    files->queued = item->seq;
    return OUTBOX_ASKED;
}

void mote_files_durable(struct mote_files *files, struct mote_outbox *outbox)
{
    files->outbox = outbox;
    outbox_carry(outbox, MOTE_OUTBOX_FILE, &files->mod, send_file);
}

void mote_files_find(struct mote_files *files, mote_files_find_fn *find, void *ctx)
{
    files->find = find;
    files->find_ctx = ctx;
}
