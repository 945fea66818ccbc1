/* SPDX-License-Identifier: MIT
 * The requests to the queue, one function for each, and their answers.
 */
#include "examples/mote/daemon/queue_requests.h"

#include <string.h>

#include "core/base/text.h"
#include "examples/mote/link/account_store.h"
#include "examples/mote/daemon/queue_file.h"
#include "examples/mote/link/session.h"

/* ITEM_MAX: bytes of an item in a list, at most. DROPPING_MS: dropping goes on no longer in one turn, because the loop
 * has more to do. */
enum { ITEM_MAX = 2048, DROPPING_MS = 50 };

static const char *state_of(int32_t ticket)
{
    switch (mote_outbox_state(&session.outbox, ticket)) {
    case MOTE_OUTBOX_SENDING: return "sending";
    case MOTE_OUTBOX_UNSURE: return "unsure";
    default: return "waiting";
    }
}

void queue_greet(struct packet *out)
{
    struct mote_store_info info;
    mote_store_info(&session.store, &info);
    packet_begin(out, "mote");
    packet_put(out, "jid", cli.settings.jid);
    packet_number(out, "next", info.next_seq);
}

static void refuse_request(struct packet *out, int error, const char *why)
{
    packet_begin(out, "error");
    packet_number(out, "error", -error);
    packet_put(out, "why", why != NULL ? why : mote_error_text(error));
}

/// Taking in ///

/* A request is repeated that was made when `since` was the next ticket. If the item is found behind that, it was queued
 * then. */
enum earlier { NOT_TAKEN, TAKEN, MAYBE_TAKEN };

static enum earlier look_back(const struct packet *in, int64_t since, int32_t *ticket)
{
    struct mote_outbox_entry e;
    struct mote_store_info info;
    int64_t still_there = 0;
    const char *id = packet_get(in, "id");
    bool file = strcmp(packet_word(in), "file") == 0;
    for (*ticket = (int32_t)since - 1; mote_outbox_next(&session.store, *ticket, &e) == 1; *ticket = e.ticket) {
        still_there++;
        if (file ? queue_file_is(in, &e) : mote_text_equal(e.id, id)) {
            *ticket = e.ticket;
            return TAKEN;
        }
    }
    mote_store_info(&session.store, &info);
    return still_there == (int64_t)info.next_seq - since ? NOT_TAKEN : MAYBE_TAKEN;
}

static int32_t take_message(const struct packet *in, const struct mote_durable *durable)
{
    return mote_chat_queue(&session.chat,
                           &(struct mote_chat_message){.to = packet_get(in, "to"),
                                                       .body = packet_get(in, "body"),
                                                       .id = packet_get(in, "id"),
                                                       .receipt = packet_get(in, "receipt") != NULL},
                           durable);
}

static int32_t take_post(const struct packet *in, const struct mote_durable *durable)
{
    struct mote_post post = {
        .service = packet_get(in, "service"),
        .node = packet_get(in, "node"),
        .id = packet_get(in, "id"),
        .title = packet_get(in, "title"),
        .content = packet_get(in, "content"),
        .author_name = packet_get(in, "author"),
        .updated = packet_get_number(in, "updated", 0),
    };
    while (post.tag_count < MOTE_POST_TAGS &&
           (post.tags[post.tag_count] = packet_nth(in, "tag", post.tag_count)) != NULL) {
        post.tag_count++;
    }
    return mote_blog_queue(&session.blog, &post, durable);
}

void queue_put_post(struct packet *p, const struct mote_post *post)
{
    packet_put(p, "service", post->service);
    packet_put(p, "node", post->node);
    packet_put(p, "id", post->id);
    packet_put(p, "title", post->title);
    packet_put(p, "content", post->content);
    packet_put(p, "author", post->author_name);
    packet_number(p, "updated", post->updated);
    for (unsigned i = 0; i < post->tag_count; i++) {
        packet_put(p, "tag", post->tags[i]);
    }
}

static void take_item(const struct packet *in, struct packet *out)
{
    struct mote_durable durable = {
        .expiry = packet_get_number(in, "expiry", 0),
        .latest = packet_get(in, "latest") != NULL,
    };
    int64_t since = packet_get_number(in, "since", -1);
    enum earlier earlier = NOT_TAKEN;
    const char *word = packet_word(in), *why = NULL;
    int32_t ticket = strcmp(word, "file") == 0 ? queue_file_read(in, &why) : 0;
    if (ticket == 0 && since >= 0) {
        earlier = look_back(in, since, &ticket);
    }
    if (ticket >= 0 && earlier != TAKEN) {
        ticket = strcmp(word, "post") == 0   ? take_post(in, &durable)
                 : strcmp(word, "file") == 0 ? queue_file_take(in, &durable)
                                             : take_message(in, &durable);
    }
    if (ticket < 0) {
        refuse_request(out, ticket, why != NULL ? why : keep_why(ticket));
        return;
    }
    packet_begin(out, "ok");
    packet_number(out, "ticket", ticket);
    packet_put(out, "maybe_twice", earlier == MAYBE_TAKEN ? "yes" : NULL);
}

/// Looking, and taking out ///

static void list(const struct packet *in, struct packet *out)
{
    struct mote_outbox_entry e = {.ticket = (int32_t)packet_get_number(in, "after", 0)};
    int r;
    packet_begin(out, "ok");
    while ((r = mote_outbox_next(&session.store, e.ticket, &e)) == 1) {
        if (out->len > sizeof out->bytes - ITEM_MAX) {
            packet_put(out, "more", "yes");
            return;
        }
        packet_number(out, "ticket", e.ticket);
        packet_put(out, "kind", mote_outbox_kind_name(&session.outbox, e.kind));
        packet_put(out, "to", e.to);
        packet_put(out, "id", e.id);
        packet_put(out, "node", e.node);
        packet_number(out, "queued", e.queued);
        packet_number(out, "expiry", e.expiry);
        packet_number(out, "size", e.size);
        packet_put(out, "state", state_of(e.ticket));
    }
    if (r < 0) {
        refuse_request(out, r, keep_why(r));
    }
}

/* Drop the first items up to this ticket, as many as one step may. Returns how many these were, or a negative error. */
static int drop_some(int32_t until)
{
    static struct mote_outbox_entry entries[MOTE_OUTBOX_DROP_MAX];
    unsigned count = 0;
    int r = 0;
    for (int32_t after = 0; count < MOTE_OUTBOX_DROP_MAX; after = entries[count++].ticket) {
        r = mote_outbox_next(&session.store, after, &entries[count]);
        if (r != 1 || entries[count].ticket > until) {
            break;
        }
    }
    r = r < 0 || count == 0 ? r : mote_outbox_drop_some(&session.outbox, entries, count);
    return r < 0 ? r : (int)count;
}

/* Drop all items that are there when it is asked first. What one turn does not manage, the client asks for again, so
 * that other clients have their turn in between. */
static void drop_all(const struct packet *in, struct packet *out)
{
    struct mote_store_info info;
    mote_store_info(&session.store, &info);
    int64_t until = packet_get_number(in, "until", (int64_t)info.next_seq - 1), count = 0;
    uint64_t end_ms = session_now() + DROPPING_MS;
    int n;
    while ((n = drop_some((int32_t)until)) > 0) {
        count += n;
        if (session_now() >= end_ms) {
            break;
        }
    }
    if (n < 0) {
        refuse_request(out, n, keep_why(n));
        return;
    }
    packet_begin(out, "ok");
    packet_number(out, "count", count);
    if (n > 0) {
        packet_number(out, "until", until);
    }
}

static void drop_item(const struct packet *in, struct packet *out)
{
    int64_t ticket = packet_get_number(in, "ticket", 0);
    if (ticket == 0) {
        drop_all(in, out);
        return;
    }
    int r = ticket <= INT32_MAX ? mote_outbox_drop(&session.outbox, (int32_t)ticket) : MOTE_ERR_ARG;
    if (r < 0) {
        refuse_request(out, r, r == MOTE_ERR_ARG ? "there is no item of that number" : keep_why(r));
        return;
    }
    packet_begin(out, "ok");
    packet_number(out, "count", 1);
}

static void retry(struct packet *out)
{
    mote_outbox_retry(&session.outbox);
    mote_run_retry(&session.run);
    packet_begin(out, "ok");
    packet_number(out, "count", mote_outbox_count(&session.outbox));
}

void queue_serve(const struct packet *in, struct packet *out)
{
    const char *word = packet_word(in);
    /* An item that is queued needs the time of day for its expiry. */
    mote_set_unix_time(&session.x, session.port->clock->unix_time(session.port->clock_ctx), session_now());
    if (strcmp(word, "message") == 0 || strcmp(word, "post") == 0 || strcmp(word, "file") == 0) {
        take_item(in, out);
    } else if (strcmp(word, "list") == 0) {
        list(in, out);
    } else if (strcmp(word, "drop") == 0) {
        drop_item(in, out);
    } else if (strcmp(word, "retry") == 0) {
        retry(out);
    } else {
        refuse_request(out, MOTE_ERR_ARG, "this mote run knows no such request: it is of another version");
    }
}
