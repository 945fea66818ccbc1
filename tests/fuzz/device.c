/* SPDX-License-Identifier: MIT
 * A whole device for fuzz targets: engine, modules, application, clock, and a server that is the input.
 */
#include "tests/fuzz/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

struct device device;
void (*device_watch)(const struct mote_event *e);

bool device_trace;

const struct mote_tls_info device_tls13 = {
    .version = "TLSv1.3", .cipher = "TEST", .verified = true, .exporter_len = 32, .end_point_len = 32};
const struct mote_tls_info device_tls12 = {.version = "TLSv1.2", .cipher = "TEST", .verified = true};
const struct mote_tls_info device_loopback = {.loopback = true};

/// Services. The hash is a toy, for speed: no login has to be safe here ///

static int count_random(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = i % 8 == 0 ? (uint8_t)device.random++ : 0;
    }
    return 0;
}

static void toy_start(struct mote_hash *h, enum mote_hash_kind kind)
{
    h->state[0] = 0xcbf29ce484222325u + kind;
}

static void toy_feed(struct mote_hash *h, enum mote_hash_kind kind, const void *bytes, size_t len)
{
    (void)kind;
    h->state[0] = fuzz_hash(h->state[0], bytes, len < 16 ? len : 16);
    h->state[0] = len > 16 ? fuzz_hash(h->state[0], (const uint8_t *)bytes + len - 16, 16) + len : h->state[0];
}

static void toy_end(struct mote_hash *h, enum mote_hash_kind kind, uint8_t *out)
{
    for (unsigned i = 0; i < (kind == MOTE_SHA1 ? 20u : 32u); i++) {
        out[i] = (uint8_t)(h->state[0] >> i % 8 * 8);
    }
}

static void read_line(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx;
    must(level <= MOTE_LOG_TRACE && strlen(line) <= 160, "a line of the log is one of at most 160 bytes");
}

struct mote_services device_services = {
    .random = count_random, .hash_start = toy_start, .hash_feed = toy_feed, .hash_end = toy_end};

/// Files ///

static struct device_stream *next_stream(void)
{
    struct device_stream *s = &device.streams[device.stream_count % DEVICE_STREAMS];
    *s = (struct device_stream){0};
    toy_start(&s->hash, MOTE_SHA256);
    return s;
}

static void begin_stream(struct device_stream *s, int32_t ticket)
{
    s->ticket = ticket;
    device.stream_count++;
}

static ptrdiff_t source_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
    struct device_stream *s = ctx;
    s->at = s->begun ? s->at : offset;
    s->begun = true;
    must(offset == s->at, "a file is read without gap or repetition");
    if (++device.reads % 5 == 4) {
        return MOTE_ERR_BUSY;
    }
    len = len > 100 && device.reads % 3 == 0 ? 100 : len;
    memset(buf, 'f', len);
    s->at += len;
    return (ptrdiff_t)len;
}

static int sink_write(void *ctx, uint64_t offset, const void *buf, size_t len)
{
    struct device_stream *s = ctx;
    must(len > 0 && offset == s->at, "a file is written without gap, repetition or empty pieces");
    toy_feed(&s->hash, MOTE_SHA256, buf, len);
    s->at += len;
    return offset > 3000 ? MOTE_ERR_IO : 0;
}

static const struct device_stream *stream_of(int32_t ticket)
{
    for (unsigned i = 0; i < DEVICE_STREAMS; i++) {
        if (ticket > 0 && device.streams[i].ticket == ticket) {
            return &device.streams[i];
        }
    }
    return NULL;
}

bool device_digest(int32_t ticket, uint8_t out[MOTE_HASH_MAX])
{
    const struct device_stream *s = stream_of(ticket);
    if (s == NULL) {
        return false;
    }
    struct mote_hash h = s->hash;
    toy_end(&h, MOTE_SHA256, out);
    return true;
}

/// Events: every string is read, and the hash of all tells whether two runs were the same ///

static void note(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    must(mote_text_valid(text != NULL ? text : "", len) == len,
         "what the application gets is UTF-8 of XML's characters");
    device.events = fuzz_hash(device.events, text, len) * 31 + (text != NULL);
}

static void note_number(uint64_t number)
{
    device.events = (device.events ^ number) * 0x9e3779b97f4a7c15u;
}

static void note_post(const struct mote_post *p)
{
    const char *const texts[] = {p->service,          p->node,         p->id,     p->title,
                                 p->content,          p->author_name,  p->author, p->atom_id,
                                 p->comments_service, p->comments_node};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        note(texts[i]);
    }
    must(p->tag_count <= MOTE_POST_TAGS, "no more tags than there is room for");
    for (unsigned i = 0; i < p->tag_count; i++) {
        note(p->tags[i]);
    }
    note_number((uint64_t)p->updated ^ (uint64_t)p->published << 1);
}

static void note_file(const struct mote_event *e)
{
    const struct mote_file *f = mote_file_of(e);
    note(f->name);
    note(f->media_type);
    note(f->desc);
    note_number(f->done);
    note_number(f->size);
    must(f->done <= f->size, "never more bytes than were offered");
    const struct device_stream *s = stream_of(e->ticket);
    must(!f->incoming || s == NULL || f->done == s->at, "what is told of a file is what was written");
    must(f->incoming || s == NULL || !s->begun || f->done <= s->at, "no more is acknowledged than was read");
    must(f->name == NULL || strlen(f->name) <= MOTE_FILE_NAME_MAX, "a file's name of at most 255 bytes");
}

/* What a kind of event points to. */
static void note_content(const struct mote_event *e)
{
    switch (e->kind) {
    case MOTE_EV_MESSAGE:
        must(mote_message_of(e)->body != NULL && mote_message_of(e)->body[0] != '\0', "a message has a body");
        note(mote_message_of(e)->body);
        note(mote_message_of(e)->to);
        note(mote_message_of(e)->id);
        note(mote_message_of(e)->type);
        break;
    case MOTE_EV_RECEIPT: note(mote_receipt_of(e)->id); break;
    case MOTE_EV_SUBSCRIPTION:
    case MOTE_EV_PRESENCE:
        note(mote_presence_of(e)->type);
        note(mote_presence_of(e)->show);
        note(mote_presence_of(e)->status);
        break;
    case MOTE_EV_PUBLISHED:
    case MOTE_EV_RETRACTED:
    case MOTE_EV_POST:
    case MOTE_EV_POST_RETRACTED: note_post(mote_post_of(e)); break;
    case MOTE_EV_PAGE:
        note(mote_page_of(e)->service);
        note(mote_page_of(e)->node);
        note(mote_page_of(e)->first);
        note(mote_page_of(e)->last);
        break;
    case MOTE_EV_FILE_OFFERED:
    case MOTE_EV_FILE_STARTED:
    case MOTE_EV_FILE_PROGRESS:
    case MOTE_EV_FILE_DONE:
    case MOTE_EV_FILE_FAILED: note_file(e); break;
    case MOTE_EV_ARCHIVED:
    case MOTE_EV_CAUGHT_UP:
        must(mote_archived_of(e)->id != NULL && strlen(mote_archived_of(e)->id) <= MOTE_ARCHIVE_ID_MAX,
             "a place has an id");
        note(mote_archived_of(e)->id);
        break;
    case MOTE_EV_TIME: note_number((uint64_t)e->unix_time); break;
    case MOTE_EV_OVERSIZE: note_number(e->size); break;
    default: break;
    }
}

/* Requests end once, in one of the events of their kind. Pages of posts come before their end, receipts after that of
 * nothing: both are no ends. */
static void settle(const struct mote_event *e)
{
    bool end = e->kind == MOTE_EV_REFUSED || e->kind == MOTE_EV_PUBLISHED || e->kind == MOTE_EV_RETRACTED ||
               e->kind == MOTE_EV_SUBSCRIBED || e->kind == MOTE_EV_UNSUBSCRIBED || e->kind == MOTE_EV_PAGE ||
               e->kind == MOTE_EV_FILE_DONE || e->kind == MOTE_EV_FILE_FAILED;
    for (unsigned i = 0; end && i < device.ticket_count; i++) {
        if (device.tickets[i] == e->ticket) {
            device.tickets[i] = device.tickets[--device.ticket_count];
            return;
        }
    }
}

static void expect_end(int32_t ticket)
{
    must(ticket != 0, "a call returns a ticket or an error");
    if (ticket > 0 && device.ticket_count < DEVICE_TICKETS) {
        device.tickets[device.ticket_count++] = ticket;
    }
}

static void accept_offered(void)
{
    struct device_stream *s = next_stream();
    if (mote_files_accept(&device.files, device.offered, sink_write, s) == 0) {
        begin_stream(s, device.offered);
        expect_end(device.offered);
    }
}

static void react(const struct mote_event *e)
{
    if (e->kind == MOTE_EV_MESSAGE && (device.manner & DEVICE_ECHOES) != 0) {
        mote_chat_send(&device.chat,
                       &(struct mote_chat_message){.to = e->from, .body = mote_message_of(e)->body, .receipt = true});
    }
    if (e->kind == MOTE_EV_MESSAGE && (device.manner & DEVICE_LEAVES) != 0) {
        mote_close(&device.x, device.now_ms);
    }
    if (e->kind == MOTE_EV_FILE_OFFERED) {
        device.offered = e->ticket;
        if ((device.manner & DEVICE_ACCEPTS) != 0) {
            accept_offered();
        }
    }
    if ((e->kind == MOTE_EV_PRESENCE || e->kind == MOTE_EV_ROOM) && (device.manner & DEVICE_POSTS) != 0) {
        expect_end(mote_blog_publish(&device.blog, &(struct mote_post){.title = "seen"}));
    }
}

void device_on_event(void *app, struct mote *x, const struct mote_event *e)
{
    (void)app;
    must(x == &device.x, "events come from the engine that was fed");
    if (device_trace) {
        fprintf(stderr, "    event %d ticket %" PRId32 " error %d (%s)\n", (int)e->kind, e->ticket, e->error,
                e->why != NULL ? e->why : "");
    }
    note_number((uint64_t)e->kind << 40 ^ (uint64_t)(uint32_t)e->ticket << 8 ^ (uint64_t)(uint32_t)-e->error);
    /* Of two faults in one text expat finds another one first when the text comes in pieces. */
    note(e->error == MOTE_ERR_PROTOCOL ? NULL : e->why);
    note(e->condition);
    note(e->from);
    note_content(e);
    device.offline += e->kind == MOTE_EV_OFFLINE;
    device.out_of_memory |= e->kind == MOTE_EV_OFFLINE && e->why != NULL && strstr(e->why, "XML memory") != NULL;
    settle(e);
    if (device_watch != NULL) {
        device_watch(e);
    }
    react(e);
}

/// Bytes and time ///

/* All but the last iteration of PBKDF2 is left out: it would take most of the time. */
static void tick(void)
{
    struct mote__scram *s = &device.x.scram;
    if (device.x.n.state == NEG_WORKING && s->keys.iterations > 0) {
        s->iteration = s->keys.iterations - 1;
    }
    mote_tick(&device.x, device.now_ms);
}

void device_work(void)
{
    for (unsigned turns = 0; mote_deadline(&device.x) <= device.now_ms; turns++) {
        tick();
        if ((mote_wants(&device.x, 0) & MOTE_WANT_CLOSE) != 0) {
            break; /* that is what was due */
        }
        must(turns < 100, "what is due is done at some time");
    }
}

void device_wait(uint32_t ms)
{
    device.now_ms += ms;
    tick();
}

void device_behave(unsigned manner)
{
    device.manner = manner;
    device_services.log = (manner & DEVICE_LOGS) != 0 ? read_line : NULL;
}

void device_take(size_t max)
{
    const uint8_t *bytes;
    size_t n;
    while (max > 0 && (n = mote_out(&device.x, 0, &bytes)) > 0) {
        must((mote_wants(&device.x, 0) & (MOTE_WANT_WRITE | MOTE_WANT_CLOSE)) != 0,
             "there are bytes to send, and the engine does not say so");
        n = n < max ? n : max;
        if (device_trace) {
            fprintf(stderr, "    out: %.*s\n", (int)n, (const char *)bytes);
        }
        const char *wrong = markup_feed(&device.markup, bytes, n);
        must(wrong == NULL, wrong);
        device.output = fuzz_hash(device.output, bytes, n);
        device.output_len += n;
        max -= n;
        mote_out_done(&device.x, 0, n, device.now_ms);
    }
    must(max == 0 || (mote_wants(&device.x, 0) & MOTE_WANT_WRITE) == 0, "the engine wants to write and has nothing");
}

void device_feed(const void *bytes, size_t len, size_t piece)
{
    const uint8_t *b = bytes;
    bool stuck = false;
    while (len > 0) {
        size_t n = len < piece ? len : piece;
        ptrdiff_t taken = mote_in(&device.x, 0, b, n, device.now_ms);
        if (device_trace) {
            fprintf(stderr, "    in: %.*s => %td\n", (int)n, (const char *)b, taken);
        }
        if (taken < 0) {
            return;
        }
        must((size_t)taken <= n, "no more bytes are taken than were given");
        if ((size_t)taken < n) {
            must((mote_wants(&device.x, 0) & MOTE_WANT_READ) == 0, "bytes are left, though the engine wants to read");
            must(taken > 0 || !stuck, "nothing is read although all was sent");
            device_take(SIZE_MAX);
        }
        stuck = taken == 0;
        b += taken;
        len -= (size_t)taken;
    }
}

void device_text(const char *text)
{
    device_feed(text, strlen(text), SIZE_MAX);
}

void device_connect(const struct mote_tls_info *tls)
{
    if (mote_connected(&device.x, tls, device.now_ms) == 0) {
        device.connected = true;
        markup_start(&device.markup);
    }
}

void device_lose(int error)
{
    device.offline = 0;
    mote_lost(&device.x, error, NULL, device.now_ms);
    must(device.offline == 1, "a lost link is told once");
    must(mote_wants(&device.x, 0) == 0, "nothing is wanted of a link that is gone");
    device.connected = false;
}

/// The application ///

static int32_t post(void)
{
    struct mote_post p = {.title = "a < b & 'c'", .content = device.requests % 2 == 0 ? "text" : NULL};
    p.node = device.requests % 3 == 2 ? "other" : NULL;
    p.with_comments = device.requests % 5 == 4;
    p.id = device.requests % 2 == 0 ? NULL : "id1";
    return mote_blog_publish(&device.blog, &p);
}

static int32_t read_page(void)
{
    static const struct mote_blog_query queries[] = {{.max = 2},
                                                     {.service = "pubsub.localhost", .node = "n", .before = "m"},
                                                     {.id = "id1"},
                                                     {.after = "m", .max = 50}};
    return mote_blog_read(&device.blog, &queries[device.requests % 4]);
}

static int32_t offer(void)
{
    struct mote_file_info info = {.name = "a&b", .size = 1000, .flags = device.requests % 2 == 0 ? 0 : MOTE_FILE_RAW};
    info.size = device.requests % 3 == 0 ? MOTE_FILE_SIZE_UNKNOWN : info.size;
    struct device_stream *s = next_stream();
    int32_t ticket = mote_files_offer(&device.files, "bob@localhost/x", &info, source_read, s);
    if (ticket > 0) {
        begin_stream(s, ticket);
    }
    return ticket;
}

static int32_t chat(unsigned bytes)
{
    char body[600];
    memset(body, '<', sizeof body);
    body[bytes] = '\0';
    return mote_chat_send(&device.chat,
                          &(struct mote_chat_message){.to = "bob@localhost", .body = body, .receipt = true});
}

/* What the archive tells of a message of ours: once for each question. */
void device_testify(void *ctx, uint32_t tag, enum mote_archive_testimony testimony)
{
    (void)ctx;
    must(testimony <= MOTE_ARCHIVE_CANNOT_TELL && device.witnesses > 0, "an answer to a question that was asked");
    device.witnesses--;
    note_number((uint64_t)tag << 8 | testimony);
}

static void ask_archive(void)
{
    device.witnesses += mote_archive_witness(&device.archive, "bob@localhost", "id1", 0, device.requests) == 0;
}

void device_act(unsigned act)
{
    device.requests++;
    switch (act % DEVICE_ACTS) {
    case 0: chat(3); break;
    case 1: chat(sizeof(char[600]) - 1); break;
    case 2: expect_end(post()); break;
    case 3: expect_end(read_page()); break;
    case 4: expect_end(mote_blog_subscribe(&device.blog, NULL, NULL)); break;
    case 5: expect_end(mote_blog_unsubscribe(&device.blog, "pubsub.localhost", "n")); break;
    case 6: expect_end(mote_blog_retract(&device.blog, NULL, NULL, "id1")); break;
    case 7: expect_end(offer()); break;
    case 8: accept_offered(); break;
    case 9: mote_files_refuse(&device.files, device.offered); break;
    case 10: mote_files_cancel(&device.files, device.x.last_ticket); break;
    case 11: mote_presence_send(&device.presence, "bob@localhost", "subscribe"); break;
    case 12:
        mote_csi_set(&device.csi, device.requests % 2 == 0);
        ask_archive();
        break;
    case 13: mote_close(&device.x, device.now_ms); break;
    case 14: mote_fail(&device.x, MOTE_ERR_CERT, "refused by the port"); break;
    default: mote_set_unix_time(&device.x, 1795219200, device.now_ms); break;
    }
}
