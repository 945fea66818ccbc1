/* SPDX-License-Identifier: MIT
 * A sensor that blogs: posts a reading every `interval` seconds on a node that people follow with any XMPP client, and
 * answers the message "status". To who asks "file" it gives the file that it keeps, and it takes a new one. With
 * storage no reading is lost: it is kept there until the server has it, over a dead link, a reset and a power cut.
 * Settings: jid, password, keys or invite, allow (who may talk to it), interval, count (0: no end), service, node.
 */
#include <string.h>

#include "boards/board.h"
#include "core/base/text.h"
#include "core/modules/chat/chat.h"
#include "core/modules/clock.h"
#include "core/modules/disco.h"
#include "core/modules/files/files.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/modules/outbox_blog.h"
#include "core/register.h"
#include "port/store/token_store.h"

enum { CONFLICT_WAIT_S = 3600 }; /* nobody is there to decide which of two may stay */

static uint8_t arena[BOARD_ARENA], xml[BOARD_XML], tx[BOARD_TX], net[BOARD_NET],
    hold[BOARD_HOLD]; /* see docs/MEMORY.md */
static struct mote x;
static struct mote_run run;
static struct mote_disco disco;
static struct mote_ping ping;
static struct mote_clock server_clock;
static struct mote_chat chat;
static struct mote_blog blog;
static struct mote_files files;
static struct mote_transfer transfer;
static struct mote_presence presence;
static struct mote_outbox outbox;
static struct mote_token_store tokens;
static bool durable; /* there is storage, and the outbox on it */

static struct { /* without storage: posted again under the same id, which replaces, until the server has it */
    char text[64], id[MOTE_ID_MAX + 1];
    int64_t time;
    int32_t ticket; /* 0: to be sent (again) */
    bool waiting;
} reading;
static struct { /* the last question that has no answer yet. A JID that is longer gets none */
    char who[112];
    const char *text; /* the answer; NULL: how things stand */
    bool file;        /* it wants the file */
} asked;
static unsigned taken, posted;
static uint64_t next_ms;

/* Strangers have no answer, so that they do not learn that somebody is here. */
static bool talks_to_us(void *ctx, const char *jid)
{
    (void)ctx;
    return mote_presence_allows(&presence, jid);
}

/* Answer, and offer the file, as soon as the ring has room: acknowledgements may still be awaited for what was sent. */
static void work_answer(void)
{
    char text[128] = "";
    if (asked.who[0] == '\0') {
        return;
    }
    if (asked.file) {
        struct mote_file_info info = {.name = "sensor.dat", .size = mote_board_file_size()};
        int32_t ticket = mote_files_offer(&files, asked.who, &info, mote_board_file_read, NULL);
        if (ticket == MOTE_ERR_FULL) {
            return;
        }
        asked.file = false;
        asked.text = ticket > 0 ? "here it comes" : mote_error_text(ticket);
    }
    if (asked.text == NULL) {
        mote_board_format(text, sizeof text, "%u posted, last reading: %s%s", posted,
                          taken > 0 ? reading.text : "none yet",
                          !durable                          ? ""
                          : mote_outbox_count(&outbox) == 0 ? ", nothing waits"
                                                            : ", more are waiting");
    }
    const char *body = asked.text != NULL ? asked.text : text;
    if (mote_chat_send(&chat, &(struct mote_chat_message){.to = asked.who, .body = body}) != MOTE_ERR_FULL) {
        asked.who[0] = '\0';
    }
}

static void on_message(const struct mote_message *m)
{
    if (!talks_to_us(NULL, m->from) || m->delayed || !mote_text_copy(asked.who, sizeof asked.who, m->from)) {
        return;
    }
    asked.file = strcmp(m->body, "file") == 0;
    asked.text = strcmp(m->body, "status") == 0 ? NULL : "I know \"status\" and \"file\"";
    work_answer();
}

static void on_refused(const struct mote_event *e)
{
    mote_board_print("refused: %s\n", e->why);
    if (e->ticket == reading.ticket) { /* lost on the way: again. A real refusal will not mend itself */
        reading.ticket = 0;
        reading.waiting = e->error == MOTE_ERR_LOST || e->error == MOTE_ERR_TIMEOUT;
    }
}

static void on_posted(int32_t ticket, const char *id)
{
    mote_board_print("posted \"%s\" as %s\n", ticket == reading.ticket ? reading.text : "an earlier reading", id);
    posted++;
    reading.ticket = 0;
}

static void on_file(const struct mote_event *e)
{
    bool allowed = mote_presence_allows(&presence, e->from), good = e->kind == MOTE_EV_FILE_DONE;
    if (e->kind == MOTE_EV_FILE_OFFERED) {
        allowed ? mote_files_accept(&files, e->ticket, mote_board_file_write, NULL)
                : mote_files_refuse(&files, e->ticket);
        return;
    }
    if (mote_file_of(e)->incoming) { /* kept only when it is whole, and proven to be what was sent */
        good = mote_board_file_end(good && mote_file_of(e)->verified) == 0 && good && mote_file_of(e)->verified;
    }
    mote_board_print("file %s\n", good ? "complete" : e->why != NULL ? e->why : "not verified");
}

static void on_event(void *app, struct mote *m, const struct mote_event *e)
{
    (void)app, (void)m;
    if (BOARD_TOKENS) {
        mote_token_store_event(&tokens, e);
    }
    switch (e->kind) {
    case MOTE_EV_KEYS: mote_board_save_keys(e->keys); break;
    case MOTE_EV_REGISTERED: mote_board_print("the account is made\n"); break;
    case MOTE_EV_ONLINE: mote_board_print("online as %s\n", mote_jid(&x)); break;
    case MOTE_EV_RESUMED: mote_board_print("online as %s again: the session goes on\n", mote_jid(&x)); break;
    case MOTE_EV_OFFLINE: mote_board_print("offline: %s\n", e->why); break;
    case MOTE_EV_MESSAGE: on_message(mote_message_of(e)); break;
    case MOTE_EV_REFUSED: on_refused(e); break;
    case MOTE_EV_PUBLISHED:
        reading.waiting = false;
        on_posted(e->ticket, mote_post_of(e)->id);
        break;
    case MOTE_EV_DELIVERED: on_posted(e->ticket, mote_outbox_item_of(e)->id); break;
    case MOTE_EV_UNDELIVERABLE:
    case MOTE_EV_EXPIRED: mote_board_print("lost: %s\n", e->why); break;
    case MOTE_EV_FILE_OFFERED:
    case MOTE_EV_FILE_DONE:
    case MOTE_EV_FILE_FAILED: on_file(e); break;
    default: break;
    }
}

/* Take a reading when its time has come, and post it. */
static void work_sensor(uint64_t now_ms)
{
    unsigned count = mote_board_number("count", 0);
    if (!reading.waiting && now_ms >= next_ms && (count == 0 || taken < count) && mote_unix_time(&x) != 0 &&
        mote_board_sensor(reading.text, sizeof reading.text)) {
        reading.time = mote_unix_time(&x);
        reading.id[0] = '\0';
        reading.waiting = true;
        next_ms = now_ms + mote_board_number("interval", 60) * 1000ull;
        taken++;
    }
    if (!reading.waiting || (!durable && (reading.ticket != 0 || !mote_online(&x)))) {
        return;
    }
    struct mote_post post = {.title = reading.text, .updated = reading.time, .service = mote_board_setting("service"),
                             .node = mote_board_setting("node"), .id = reading.id[0] != '\0' ? reading.id : NULL};
    const struct mote_durable how = {.full = MOTE_OUTBOX_DROP_OLDEST};
    int32_t ticket = durable ? mote_blog_queue(&blog, &post, &how) : mote_blog_publish(&blog, &post);
    if (ticket <= 0) {
        return; /* there is no room now: again at the next turn */
    }
    reading.ticket = ticket;
    reading.waiting = !durable;
    if (durable) {
        mote_board_print("kept \"%s\"\n", reading.text);
    } else {
        mote_board_format(reading.id, sizeof reading.id, "%s", mote_blog_id(&blog, ticket));
    }
}

int main(int argc, char **argv)
{
    struct mote_config config = {.on_event = on_event, .arena = arena, .arena_size = sizeof arena, .xml = xml,
                                 .xml_size = sizeof xml, .tx = tx, .tx_size = sizeof tx};
    struct mote_run_config link = {.x = &x, .reconnect = true, .conflict_wait_s = CONFLICT_WAIT_S, .buffer = net,
                                   .buffer_size = sizeof net};
    if (mote_board_init(argc, argv) != 0 || mote_board_config(&config, &link) != 0 || mote_init(&x, &config) != 0) {
        return 2; /* a line on the console says why */
    }
    mote_board_register(&x);
    mote_board_resume_tls();
    const char *allow[] = {mote_board_setting("allow"), NULL};
    struct mote_outbox_config kept = {.store = mote_board_store(mote_outbox_dropped, &outbox)};
    durable = kept.store != NULL && mote_outbox_attach(&outbox, &x, &kept) == 0;
    if (BOARD_TOKENS) {
        /* Who reads an unbound token here reads the keys as well, and those are of use elsewhere, too. */
        mote_token_store_attach(&tokens, &x, kept.store,
                                &(struct mote_sasl2_config){.software = "Mote sensor", .unbound_tokens = true});
    }
    mote_disco_attach(&disco, &x, &(struct mote_identity){.type = "bot", .name = "Mote sensor"});
    mote_ping_attach(&ping, &x, 0, 0);
    mote_clock_attach(&server_clock, &x);
    mote_chat_attach(&chat, &x, 0);
    mote_chat_receipts_to(&chat, talks_to_us, NULL);
    mote_blog_attach(&blog, &x, &(struct mote_blog_config){.hold = hold, .hold_size = sizeof hold});
    if (durable) {
        mote_blog_durable(&blog, &outbox);
    }
    mote_files_attach(&files, &x, &(struct mote_files_config){.transfers = &transfer, .count = 1});
    mote_presence_attach(&presence, &x, &(struct mote_presence_config){.allow = allow, .subscribe_back = true});
    mote_run_init(&run, &link);
    while (mote_run_step(&run)) {
        if (!mote_board_running()) {
            mote_run_stop(&run);
        }
        work_answer();
        work_sensor(mote_board_port()->clock->ms(mote_board_port()->clock_ctx));
        mote_run_wait(&run, 500);
    }
    mote_board_print("%s\n", run.error != 0 ? run.why : "bye");
    return run.error != 0;
}
