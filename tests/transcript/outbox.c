/* SPDX-License-Identifier: MIT
 * The outbox of a case: a store on a card in RAM. `reboot` drops the engine and keeps the card.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/transcript/transcript.h"

static int ask_witness(void *ctx, const char *to, const char *id, int64_t since, uint32_t ticket)
{
    struct play *p = ctx;
    if (strcmp(p->witness, "archive") == 0) {
        return mote_archive_witness(&p->archive, to, id, since, ticket);
    }
    if (strcmp(p->witness, "later") == 0) {
        return 0;
    }
    mote_outbox_witnessed(&p->outbox, ticket,
                          strcmp(p->witness, "found") == 0       ? MOTE_OUTBOX_FOUND
                          : strcmp(p->witness, "not-found") == 0 ? MOTE_OUTBOX_NOT_FOUND
                                                                 : MOTE_OUTBOX_CANNOT_TELL);
    return 0;
}

void outbox_attach(struct play *p)
{
    static const struct mote_flash card = {
        .read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 128, .overwrite = true};
    bool blank = p->device.flash.block_count == 0;
    if (blank) {
        flash_ram_init(&p->device, &card, ERASE_KEEPS, 1);
    }
    p->store_config = (struct mote_store_config){.flash = &p->device.flash,
                                            .buffer = p->store_buffer,
                                            .buffer_size = sizeof p->store_buffer,
                                            .dropped = mote_outbox_dropped,
                                            .ctx = &p->outbox};
    int e = blank ? mote_store_format(&p->store, &p->store_config, 1) : mote_store_mount(&p->store, &p->store_config);
    p->syncs = p->device.syncs;
    p->progs = p->device.progs;
    e = e == 0 ? mote_outbox_attach(&p->outbox, &p->x,
                                    &(struct mote_outbox_config){.store = &p->store,
                                                                 .keep_idle_session = p->keep_idle_session,
                                                                 .witness = p->witness[0] != '\0' ? ask_witness : NULL,
                                                                 .witness_ctx = p})
               : e;
    if (e != 0) {
        play_fail(p, "the outbox: %s", mote_error_text(e));
    }
}

static bool find_client(void *ctx, const char *to, char full[MOTE_JID_MAX + 1])
{
    const struct play *p = ctx;
    bool found = mote_jid_bare_equal(to, p->found);
    snprintf(full, MOTE_JID_MAX + 1, "%s", found ? p->found : "not to be looked at");
    return found;
}

void outbox_durable(struct play *p)
{
    mote_chat_durable(&p->chat, &p->outbox);
    mote_blog_durable(&p->blog, &p->outbox);
    mote_files_durable(&p->files, &p->queued_files, &p->outbox);
    mote_files_find(&p->files, p->with_find ? find_client : NULL, p);
}

static int32_t queue_file(struct play *p, const char *c)
{
    char to[300], name[300], text[512] = "", number[32];
    struct mote_durable d = {0};
    argument(c, "text", text, sizeof text, true);
    d.expiry = argument(c, "expiry", number, sizeof number, false) != NULL ? atoll(number) : 0;
    return mote_files_queue(&p->files, argument(c, "to", to, sizeof to, false),
                            argument(c, "name", name, sizeof name, false), text, strlen(text), &d);
}

static int32_t queue(struct play *p, const char *c)
{
    static char body[65536];
    char to[300], id[100], number[32];
    struct mote_chat_message m = {.to = argument(c, "to", to, sizeof to, false),
                                  .id = argument(c, "id", id, sizeof id, false),
                                  .body = argument(c, "body", body, sizeof body, true)};
    struct mote_durable d = {.latest = strstr(c, " latest ") != NULL,
                             .full = strstr(c, " drop ") != NULL ? MOTE_OUTBOX_DROP_OLDEST : MOTE_OUTBOX_REFUSE};
    d.expiry = argument(c, "expiry", number, sizeof number, false) != NULL ? atoll(number) : 0;
    if (argument(c, "bytes", number, sizeof number, false) != NULL) {
        memset(body, 'x', (size_t)atoi(number));
        body[atoi(number)] = '\0';
        m.body = body;
    }
    return mote_chat_queue(&p->chat, &m, &d);
}

static int32_t queue_post(struct play *p, const char *c)
{
    char service[300], node[300], id[100], title[512];
    struct mote_post post = {.service = argument(c, "service", service, sizeof service, false),
                             .node = argument(c, "node", node, sizeof node, false),
                             .id = argument(c, "id", id, sizeof id, false),
                             .title = argument(c, "title", title, sizeof title, true),
                             .updated = 1795219200};
    struct mote_durable d = {.latest = strstr(c, " latest ") != NULL};
    return mote_blog_queue(&p->blog, &post, &d);
}

int32_t outbox_command(struct play *p, const char *c)
{
    char number[32] = "0", is[16] = "";
    uint32_t ticket = argument(c, "ticket", number, sizeof number, false) != NULL ? (uint32_t)atoi(number) : 0;
    if (strncmp(c, "queue ", 6) == 0) {
        return queue(p, c);
    }
    if (strncmp(c, "queue-post ", 11) == 0) {
        return queue_post(p, c);
    }
    if (strncmp(c, "queue-file ", 11) == 0) {
        return queue_file(p, c);
    }
    if (strncmp(c, "find ", 5) == 0) {
        p->with_find = true;
        p->found[0] = '\0';
        argument(c, "is", p->found, sizeof p->found, false);
        mote_files_find(&p->files, find_client, p);
        return 0;
    }
    if (strncmp(c, "drop ", 5) == 0) {
        return mote_outbox_drop(&p->outbox, (int32_t)ticket);
    }
    if (strncmp(c, "retry", 5) == 0) {
        mote_outbox_retry(&p->outbox);
        return 0;
    }
    if (strncmp(c, "store-fails", 11) == 0) {
        p->device.fail_at = 1; /* in its next operation, and then for good */
        return 0;
    }
    if (strncmp(c, "testify ", 8) == 0) {
        argument(c, "is", is, sizeof is, false);
        snprintf(p->witness, sizeof p->witness, "%s", is);
        return ask_witness(p, NULL, NULL, 0, ticket);
    }
    play_fail(p, "unknown command: %s", c);
    return 0;
}

void outbox_written(struct play *p, unsigned times)
{
    play_collect(p); /* what is to be said may have to be kept first */
    unsigned long syncs = p->device.syncs - p->syncs;
    if (syncs != times || (times == 0 && p->device.progs != p->progs)) {
        play_fail(p, "written %u: it was %lu times, by %lu operations", times, syncs, p->device.progs - p->progs);
    }
    p->syncs = p->device.syncs;
    p->progs = p->device.progs;
}

void outbox_waits(struct play *p, unsigned count)
{
    if (mote_outbox_count(&p->outbox) != count) {
        play_fail(p, "waits %u: there are %u", count, (unsigned)mote_outbox_count(&p->outbox));
    }
}
