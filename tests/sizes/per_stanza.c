/* SPDX-License-Identifier: MIT
 * per_stanza bare N            bare expat over the bytes of N messages
 * per_stanza recv|send PORT N  Mote against tests/sizes/server.c, through the port of this machine, without TLS
 *
 * tests/sizes.sh counts the instructions of two lengths; the difference is the cost of a message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/modules/chat/chat.h"
#include "core/modules/clock.h"
#include "core/modules/disco.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "port/os/posix.h"
#include "port/run/run.h"
#include "tests/sizes/bare_expat.h"
#include "tests/sizes/stanza.h"

/// Bare expat ///

static int bare(unsigned n)
{
    size_t len = sizeof STANZA_STREAM - 1;
    char *all = malloc(len + (size_t)n * STANZA_LEN);
    if (all == NULL) {
        return 1;
    }
    memcpy(all, STANZA_STREAM, len);
    for (unsigned i = 0; i < n; i++, len += STANZA_LEN) {
        memcpy(all + len, STANZA, STANZA_LEN);
    }
    int failed = bare_expat(all, len);
    free(all);
    return failed;
}

/// Mote ///

static struct mote x;
static struct mote_run run;
static struct mote_chat chat;
static struct mote_presence presence;
static struct mote_disco disco;
static struct mote_ping ping;
static struct mote_clock server_clock;
static uint8_t arena[8192], xml[16384], tx[8192], net[PIECE];
static unsigned wanted, received, sent;
static bool sending;

/* As much as there is room for. */
static void fill(void)
{
    while (sending && sent < wanted) {
        struct mote_chat_message m = {.to = "bob@localhost/bench", .body = STANZA_BODY, .id = STANZA_ID};
        if (mote_chat_send(&chat, &m) < 0) {
            return;
        }
        sent++;
    }
}

static void on_event(void *app, struct mote *engine, const struct mote_event *e)
{
    (void)app, (void)engine;
    if (e->kind == MOTE_EV_ONLINE || e->kind == MOTE_EV_ROOM) {
        fill();
    } else if (e->kind == MOTE_EV_MESSAGE && ++received == (sending ? 1 : wanted)) {
        mote_run_stop(&run);
    }
}

static int client(unsigned short number)
{
    static struct mote_services services;
    static struct mote_posix posix;
    mote_posix_services(&services, NULL);
    struct mote_config config = {.jid = "bob@localhost/bench",
                                 .password = "secret",
                                 .services = &services,
                                 .arena = arena,
                                 .arena_size = sizeof arena,
                                 .xml = xml,
                                 .xml_size = sizeof xml,
                                 .tx = tx,
                                 .tx_size = sizeof tx,
                                 .on_event = on_event,
                                 .flags = MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN};
    if (mote_init(&x, &config) != 0) {
        return 1;
    }
    mote_disco_attach(&disco, &x, NULL);
    mote_ping_attach(&ping, &x, 0, 0);
    mote_clock_attach(&server_clock, &x);
    mote_chat_attach(&chat, &x, 0);
    mote_presence_attach(&presence, &x, NULL);
    struct mote_run_config link = {.x = &x,
                                   .port = mote_posix_init(&posix, NULL, NULL),
                                   .host = "127.0.0.1",
                                   .port_number = number,
                                   .tls = MOTE_RUN_CLEAR,
                                   .buffer = net,
                                   .buffer_size = sizeof net};
    mote_run_init(&run, &link);
    int error = mote_run(&run);
    if (error != 0 || received == 0) {
        fprintf(stderr, "%s; %u received, %u sent\n", run.why, received, sent);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "bare") == 0) {
        return bare((unsigned)atoi(argv[2]));
    }
    if (argc != 4) {
        return 2;
    }
    sending = strcmp(argv[1], "send") == 0;
    wanted = (unsigned)atoi(argv[3]);
    return client((unsigned short)atoi(argv[2]));
}
