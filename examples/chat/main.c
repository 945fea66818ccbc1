/* SPDX-License-Identifier: MIT
 * Chat on a console: lines that are typed go to one JID, what it writes is printed, receipts both ways.
 * Settings: jid, password or keys, to (whom to talk to).
 */
#include "boards/board.h"
#include "core/modules/chat/chat.h"
#include "core/modules/disco.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"

static uint8_t arena[4096], xml[12288], tx[2048], net[1024]; /* bytes */
static struct mote x;
static struct mote_run run;
static struct mote_disco disco;
static struct mote_ping ping;
static struct mote_chat chat;
static struct mote_presence presence;
static const char *allow[2]; /* the one we talk to */

/* Messages of anybody else are not shown, and he has no receipt, which would tell him that we are here. */
static bool talks_to_us(void *ctx, const char *jid)
{
    (void)ctx;
    return mote_presence_allows(&presence, jid);
}

static void on_event(void *app, struct mote *m, const struct mote_event *e)
{
    (void)app, (void)m;
    switch (e->kind) {
    case MOTE_EV_KEYS: mote_board_save_keys(e->keys); break;
    case MOTE_EV_ONLINE: mote_board_print("* online as %s\n", mote_jid(&x)); break;
    case MOTE_EV_OFFLINE: mote_board_print("* offline: %s\n", e->why); break;
    case MOTE_EV_RECEIPT: mote_board_print("* received\n"); break;
    case MOTE_EV_REFUSED: mote_board_print("* not delivered: %s\n", e->why); break;
    case MOTE_EV_MESSAGE:
        if (talks_to_us(NULL, e->from)) {
            mote_board_print("%s: %s\n", mote_message_of(e)->from, mote_message_of(e)->body);
        }
        break;
    default: break;
    }
}

/* Send what was typed. Returns false when no more will come. */
static bool talk(void)
{
    static char line[512];
    static int len; /* of a line that waits for room */
    if (len == 0) {
        len = mote_board_read_line(line, sizeof line);
    }
    if (len > 0) {
        int32_t ticket =
            mote_chat_send(&chat, &(struct mote_chat_message){.to = allow[0], .body = line, .receipt = true});
        if (ticket < 0 && ticket != MOTE_ERR_FULL) {
            mote_board_print("* not sent: %s\n", mote_error_text(ticket));
        }
        len = ticket == MOTE_ERR_FULL ? len : 0;
    }
    return len >= 0;
}

int main(int argc, char **argv)
{
    struct mote_config config = {.on_event = on_event, .arena = arena, .arena_size = sizeof arena, .xml = xml,
                                 .xml_size = sizeof xml, .tx = tx, .tx_size = sizeof tx};
    struct mote_run_config link = {.x = &x, .reconnect = true, .buffer = net, .buffer_size = sizeof net};
    if (mote_board_init(argc, argv) != 0 || mote_board_config(&config, &link) != 0 || mote_init(&x, &config) != 0) {
        return 2; /* a line on the console says why */
    }
    mote_board_register(&x);
    allow[0] = mote_board_setting("to");
    if (allow[0] == NULL) {
        mote_board_print("give the setting to: the JID to talk to\n");
        return 2;
    }
    mote_disco_attach(&disco, &x, &(struct mote_identity){.type = "console", .name = "Mote chat"});
    mote_ping_attach(&ping, &x, 0, 0);
    mote_chat_attach(&chat, &x, 0);
    mote_chat_receipts_to(&chat, talks_to_us, NULL);
    mote_presence_attach(&presence, &x, &(struct mote_presence_config){.allow = allow, .subscribe_back = true});
    mote_run_init(&run, &link);
    while (mote_run_step(&run)) {
        if (!mote_board_running() || (mote_online(&x) && !talk())) {
            mote_run_stop(&run);
        }
        mote_run_wait(&run, 500);
    }
    mote_board_print("* %s\n", run.error != 0 ? run.why : "bye");
    return run.error != 0;
}
