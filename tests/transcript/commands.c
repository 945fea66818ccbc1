/* SPDX-License-Identifier: MIT
 * `do` lines: what the application asks for.
 *   do send to=JID [id=ID] [receipt] body=TEXT...        body takes the rest of the line
 *   do fill to=JID bytes=N                               a message of N bytes
 *   do presence to=JID type=TYPE
 *   do publish [service= node= id= attach=URL] title=TEXT...        do retract [service= node=] id=ID
 *   do read [service= node= id= before= after= max=]     do subscribe|unsubscribe [service= node=]
 *   do offer to=JID size=N [name=] [raw]                 a file of N bytes, 0 1 2 ... 255 0 1 ...
 *   do active, do inactive                               client state
 *   do witness to=JID id=ID [since=UNIX] tag=N           did the server have it? & TO... for more at once
 *   do accept|refuse|cancel ticket=N                     do sink bytes=N: so many were written, and they are right
 *   do queue to=JID [id= expiry= latest drop] body=TEXT... do queue-post [service= node= latest] id=ID title=TEXT...
 *   do queue-file to=JID name=NAME [expiry=] text=TEXT...
 *   do upload-find                                       do upload name=NAME size=N [type=TYPE]
 *   do share to=JID url=URL [name= type= size=]          a message with a file's URL; its SHA-256 is 0 1 2 ... 31
 *   do find is=JID                                       which client there is for files to bare JIDs; "": nobody
 *   do drop ticket=N                                     do retry
 *   do testify ticket=N is=found|not-found|unknown       what the archive says, when it was asked
 * With ` => NAME` at the end: the call must return that error (without MOTE_ERR_).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transcript/transcript.h"

/* The value of key= in the command, up to the next space (or the end if `rest`), copied to out; NULL when absent. */
const char *argument(const char *command, const char *key, char *out, size_t size, bool rest)
{
    char look[40];
    snprintf(look, sizeof look, " %s=", key);
    const char *at = strstr(command, look);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(look);
    size_t len = rest ? strlen(at) : strcspn(at, " ");
    snprintf(out, size, "%.*s", (int)len, at);
    return out;
}

static int error_named(const char *name)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {{"ARG", MOTE_ERR_ARG},   {"STATE", MOTE_ERR_STATE}, {"FULL", MOTE_ERR_FULL}, {"SIZE", MOTE_ERR_SIZE},
                  {"TEXT", MOTE_ERR_TEXT}, {"BUSY", MOTE_ERR_BUSY},   {"IO", MOTE_ERR_IO}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].error;
        }
    }
    return 1;
}

static int32_t do_send(struct play *p, const char *c)
{
    static char body[65536];
    char to[300], id[100], type[32], bytes[32];
    struct mote_chat_message m = {
        .to = argument(c, "to", to, sizeof to, false),
        .id = argument(c, "id", id, sizeof id, false),
        .type = argument(c, "type", type, sizeof type, false),
        .body = argument(c, "body", body, sizeof body, true),
        .receipt = strstr(c, " receipt ") != NULL,
    };
    if (argument(c, "bytes", bytes, sizeof bytes, false) != NULL) {
        size_t n = (size_t)atoi(bytes);
        memset(body, 'x', n);
        body[n] = '\0';
        m.body = body;
    }
    return mote_chat_send(&p->chat, &m);
}

static int32_t do_blog(struct play *p, const char *c)
{
    char service[300], node[300], id[100], title[512], before[100], after[100], max[16], url[300];
    const char *s = argument(c, "service", service, sizeof service, false);
    const char *n = argument(c, "node", node, sizeof node, false);
    const char *i = argument(c, "id", id, sizeof id, false);
    if (strncmp(c, "publish", 7) == 0) {
        struct mote_post post = {.service = s,
                                 .node = n,
                                 .id = i,
                                 .title = argument(c, "title", title, sizeof title, true),
                                 .updated = 1795219200};
        struct mote_enclosure second = {.href = "https://h/2", .length = MOTE_ENCLOSURE_UNKNOWN};
        struct mote_enclosure e = {.href = argument(c, "attach", url, sizeof url, false),
                                   .type = "image/png",
                                   .title = "a'b.png",
                                   .length = 5,
                                   .next = &second};
        post.more = e.href != NULL ? mote_enclosure_write : NULL;
        post.more_ctx = &e;
        return mote_blog_publish(&p->blog, &post);
    }
    if (strncmp(c, "retract", 7) == 0) {
        return mote_blog_retract(&p->blog, s, n, i);
    }
    if (strncmp(c, "read", 4) == 0) {
        struct mote_blog_query query = {.service = s, .node = n, .id = i,
                                        .before = argument(c, "before", before, sizeof before, false),
                                        .after = argument(c, "after", after, sizeof after, false)};
        query.max = argument(c, "max", max, sizeof max, false) != NULL ? (unsigned)atoi(max) : 0;
        return mote_blog_read(&p->blog, &query);
    }
    return c[0] == 's' ? mote_blog_subscribe(&p->blog, s, n) : mote_blog_unsubscribe(&p->blog, s, n);
}

static ptrdiff_t counting_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
    const struct play *p = ctx;
    uint8_t *b = buf;
    size_t rest = offset < p->source_len ? (size_t)(p->source_len - offset) : 0;
    len = len < rest ? len : rest;
    for (size_t i = 0; i < len; i++) {
        b[i] = (uint8_t)(offset + i);
    }
    return (ptrdiff_t)len;
}

static int sink_write(void *ctx, uint64_t offset, const void *buf, size_t len)
{
    struct play *p = ctx;
    if (offset != p->sink_len || offset + len > sizeof p->sink) {
        return MOTE_ERR_IO;
    }
    memcpy(p->sink + offset, buf, len);
    p->sink_len += len;
    return 0;
}

static int32_t check_sink(struct play *p, size_t bytes)
{
    bool right = p->sink_len == bytes;
    for (size_t i = 0; i < p->sink_len; i++) {
        right = right && p->sink[i] == (uint8_t)i;
    }
    if (!right) {
        play_fail(p, "%zu bytes were written, or wrong ones", p->sink_len);
    }
    return 0;
}

static int32_t do_files(struct play *p, const char *c)
{
    char to[300], name[300], number[32];
    if (strncmp(c, "offer", 5) == 0) {
        struct mote_file_info info = {.name = argument(c, "name", name, sizeof name, false),
                                      .flags = strstr(c, " raw") != NULL ? MOTE_FILE_RAW : 0};
        argument(c, "size", number, sizeof number, false);
        info.size = p->source_len = (uint64_t)atoi(number);
        return mote_files_offer(&p->files, argument(c, "to", to, sizeof to, false), &info, counting_read, p);
    }
    if (strncmp(c, "sink", 4) == 0) {
        argument(c, "bytes", number, sizeof number, false);
        return check_sink(p, (size_t)atoi(number));
    }
    argument(c, "ticket", number, sizeof number, false);
    int32_t ticket = atoi(number);
    p->sink_len = c[0] == 'a' ? 0 : p->sink_len;
    return c[0] == 'a'   ? mote_files_accept(&p->files, ticket, sink_write, p)
           : c[0] == 'r' ? mote_files_refuse(&p->files, ticket)
                         : mote_files_cancel(&p->files, ticket);
}

static int32_t do_upload(struct play *p, const char *c)
{
    char to[300], name[300], type[100], number[32], url[2100];
    uint8_t sum[32];
    uint64_t size = argument(c, "size", number, sizeof number, false) != NULL ? strtoull(number, NULL, 10)
                                                                             : MOTE_SHARING_UNKNOWN;
    const char *n = argument(c, "name", name, sizeof name, false), *t = argument(c, "type", type, sizeof type, false);
    if (strcmp(c, "upload-find") == 0) {
        return mote_upload_find(&p->upload);
    }
    if (strncmp(c, "upload ", 7) == 0) {
        return mote_upload_request(&p->upload, &(struct mote_upload_file){n, size, t});
    }
    for (unsigned i = 0; i < sizeof sum; i++) {
        sum[i] = (uint8_t)i;
    }
    struct mote_shared_file file = {.url = argument(c, "url", url, sizeof url, false),
                                    .name = n,
                                    .type = t,
                                    .size = size,
                                    .sha256 = n != NULL ? sum : NULL};
    return mote_sharing_send(&p->chat, argument(c, "to", to, sizeof to, false), &file);
}

/* Several at once with & between them. */
static int32_t do_witness(struct play *p, const char *c)
{
    char to[300], id[100], since[32], tag[16], one[512];
    int32_t result = 0;
    for (const char *next; c != NULL && result == 0; c = next) {
        next = strstr(c + 1, " & ");
        snprintf(one, sizeof one, "%.*s", (int)(next != NULL ? next - c : (ptrdiff_t)strlen(c)), c);
        result = mote_archive_witness(
            &p->archive, argument(one, "to", to, sizeof to, false), argument(one, "id", id, sizeof id, false),
            argument(one, "since", since, sizeof since, false) != NULL ? atoll(since) : 0,
            argument(one, "tag", tag, sizeof tag, false) != NULL ? (uint32_t)atoi(tag) : 0);
    }
    return result;
}

static int32_t run(struct play *p, const char *c)
{
    static const char *const blog[] = {"publish ", "retract ", "read", "subscribe", "unsubscribe"};
    static const char *const files[] = {"offer ", "accept ", "refuse ", "cancel ", "sink "};
    char a[300], b[64];
    for (int i = 0; i < 5; i++) {
        if (strncmp(c, blog[i], strlen(blog[i])) == 0) {
            return do_blog(p, c);
        }
        if (strncmp(c, files[i], strlen(files[i])) == 0) {
            return do_files(p, c);
        }
    }
    if (strncmp(c, "send ", 5) == 0 || strncmp(c, "fill ", 5) == 0) {
        return do_send(p, c);
    }
    if (strncmp(c, "upload", 6) == 0 || strncmp(c, "share ", 6) == 0) {
        return do_upload(p, c);
    }
    if (strncmp(c, "witness ", 8) == 0) {
        return do_witness(p, c);
    }
    if (strcmp(c, "active") == 0 || strcmp(c, "inactive") == 0) {
        return mote_csi_set(&p->csi, c[0] == 'a');
    }
    if (strncmp(c, "presence ", 9) == 0) {
        return mote_presence_send(&p->presence, argument(c, "to", a, sizeof a, false),
                                  argument(c, "type", b, sizeof b, false));
    }
    if (strncmp(c, "password ", 9) == 0) {
        return mote_account_set_password(&p->account, c + 9);
    }
    if (strcmp(c, "remove-account") == 0) {
        return mote_account_remove(&p->account);
    }
    return outbox_command(p, c);
}

void play_command(struct play *p, char *command)
{
    char *expected = strstr(command, " => ");
    if (expected != NULL) {
        *expected = '\0';
    }
    int32_t result = run(p, command);
    if (expected == NULL ? result < 0 : result != error_named(expected + 4)) {
        play_fail(p, "%s: %s", command, result < 0 ? mote_error_text(result) : "it was accepted");
    }
}

/* Those who may see our presence may have receipts. */
static bool known(void *ctx, const char *jid)
{
    struct play *p = ctx;
    return mote_presence_allows(&p->presence, jid);
}

void play_attach(struct play *p)
{
    if (p->with_outbox) {
        outbox_attach(p);
    }
    if (p->with_sasl2) {
        mote_sasl2_attach(&p->sasl2, &p->x, &p->sasl2_config);
        if (p->token.expiry != 0) { /* only who knows the time can know that a token is too old */
            mote_set_unix_time(&p->x, 1767225600, p->now_ms);
        }
    }
    if (p->with_register) {
        mote_register_attach(&p->registrar, &p->x, &p->register_config);
    }
    mote_account_attach(&p->account, &p->x);
    mote_disco_attach(&p->disco, &p->x, NULL);
    mote_ping_attach(&p->ping, &p->x, 0, 0);
    mote_clock_attach(&p->clock, &p->x);
    mote_chat_attach(&p->chat, &p->x, p->chat_flags);
    mote_chat_receipts_to(&p->chat, known, p);
    mote_blog_attach(
        &p->blog, &p->x,
        &(struct mote_blog_config){.flags = MOTE_BLOG_FOLLOW, .hold = p->hold, .hold_size = sizeof p->hold});
    mote_files_attach(
        &p->files, &p->x,
        &(struct mote_files_config){.transfers = p->transfers, .count = 2, .block_max = (uint32_t)p->block_max});
    mote_upload_attach(&p->upload, &p->x);
    mote_presence_attach(&p->presence, &p->x, &p->presence_config);
    mote_csi_attach(&p->csi, &p->x);
    p->archive_config.chat = &p->chat;
    p->archive_config.answer = play_archive_answer;
    p->archive_config.answer_ctx = p;
    if (p->with_archive && mote_archive_attach(&p->archive, &p->x, &p->archive_config) != 0) {
        play_fail(p, "the archive cannot be attached");
    }
    if (p->with_outbox) {
        outbox_durable(p);
    }
}
