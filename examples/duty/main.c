/* SPDX-License-Identifier: MIT
 * A thing that sleeps: every `interval` seconds it connects, sends its reading to `to`, prints what it missed, leaves,
 * and tells what that cost. Settings: jid, password or keys, to (a JID; none: nothing is sent), interval, count (0: no
 * end), kept (seconds for which the server keeps a session, default 0: log out each time).
 */
#include <string.h>

#include "boards/board.h"
#include "core/modules/chat/chat.h"
#include "core/modules/clock.h"
#include "core/modules/csi.h"
#include "core/modules/presence.h"
#include "port/run/duty.h"

static uint8_t arena[BOARD_ARENA], xml[BOARD_XML], tx[BOARD_TX], net[BOARD_NET]; /* bytes */
static struct mote x;
static struct mote_chat chat;
static struct mote_archive archive;
static struct mote_clock server_clock;
static struct mote_csi csi;
static struct mote_presence presence;
static struct mote_duty duty;

static void on_event(void *app, struct mote *m, const struct mote_event *e)
{
    (void)app, (void)m;
    switch (e->kind) {
    case MOTE_EV_KEYS: mote_board_save_keys(e->keys); break;
    case MOTE_EV_ONLINE: mote_board_print("online as %s\n", mote_jid(&x)); break;
    case MOTE_EV_RESUMED: mote_board_print("the session goes on\n"); break;
    case MOTE_EV_MESSAGE: mote_board_print("from %s: %s\n", e->from, mote_message_of(e)->body); break;
    case MOTE_EV_REFUSED: mote_board_print("refused: %s\n", e->why); break;
    case MOTE_EV_CAUGHT_UP:
        mote_board_print("caught up: %u missed%s%s\n", mote_archived_of(e)->messages, e->error != 0 ? ", then " : "",
                    e->error != 0 ? e->why : "");
        break;
    default: break;
    }
}

static void send_reading(void)
{
    char text[64];
    const char *to = mote_board_setting("to");
    if (to != NULL && mote_board_sensor(text, sizeof text)) {
        int32_t result = mote_chat_send(&chat, &(struct mote_chat_message){.to = to, .body = text});
        if (result < 0) {
            mote_board_print("not sent: %s\n", mote_error_text(result));
        }
    }
}

static void cycle(void)
{
    struct mote_duty_cost cost;
    int error = mote_duty_cycle(&duty, &cost);
    if (error != 0) {
        mote_board_print("not done: %s\n", duty.run.why[0] != '\0' ? duty.run.why : mote_error_text(error));
    }
    mote_board_print("duty cycle: %lu bytes up, %lu down, %u round trips, %u ms awake%s\n", (unsigned long)cost.sent,
                (unsigned long)cost.received, (unsigned)cost.round_trips, (unsigned)cost.awake_ms,
                cost.kept ? ", session kept" : "");
}

/* A board with a battery would sleep here, with its RAM on, until its clock wakes it. */
static void rest(unsigned seconds)
{
    const struct mote_port *port = mote_board_port();
    uint64_t until_ms = port->clock->ms(port->clock_ctx) + seconds * 1000ull, now_ms;
    while (mote_board_running() && (now_ms = port->clock->ms(port->clock_ctx)) < until_ms) {
        port->waiter->wait(port->waiter_ctx, port, 0, until_ms - now_ms < 200 ? until_ms : now_ms + 200);
    }
}

int main(int argc, char **argv)
{
    struct mote_config config = {.on_event = on_event, .arena = arena, .arena_size = sizeof arena, .xml = xml,
                                 .xml_size = sizeof xml, .tx = tx, .tx_size = sizeof tx};
    struct mote_run_config link = {.x = &x, .buffer = net, .buffer_size = sizeof net};
    if (mote_board_init(argc, argv) != 0 || mote_board_config(&config, &link) != 0 || mote_init(&x, &config) != 0) {
        return 2;
    }
    mote_board_register(&x);
    unsigned interval = mote_board_number("interval", 60), count = mote_board_number("count", 0);
    mote_clock_attach(&server_clock, &x);
    mote_chat_attach(&chat, &x, 0);
    mote_archive_attach(&archive, &x, &(struct mote_archive_config){.chat = &chat});
    mote_csi_attach(&csi, &x);
    mote_csi_set(&csi, false); /* the server may hold back presence, for nobody looks at it here */
    mote_presence_attach(&presence, &x, NULL);
    mote_duty_init(&duty, &(struct mote_duty_config){.link = link,
                                                     .archive = &archive,
                                                     .sleep_s = interval,
                                                     .kept_s = mote_board_number("kept", 0)});
    for (unsigned n = 1; mote_board_running(); n++) {
        send_reading();
        cycle();
        if (n == count) {
            break;
        }
        rest(interval);
    }
    return 0;
}
