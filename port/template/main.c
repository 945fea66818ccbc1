/* SPDX-License-Identifier: MIT
 * The smallest program that tries to get on line over a port, to see how far it comes; docs/PORTING.md builds it. For
 * your own port, put in its header and its two structs.
 */
#include <stdio.h>

#include "port/run/run.h"
#include "port/template/port.h"

static uint8_t arena[4096], xml[12288], tx[2048], net[1024];
static struct mote x;
static struct mote_run run;

static void print_line(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx, (void)level;
    printf("mote: %s\n", line);
}

static void on_event(void *app, struct mote *m, const struct mote_event *e)
{
    (void)app;
    if (e->kind == MOTE_EV_ONLINE) {
        printf("online as %s\n", mote_jid(m));
    } else if (e->kind == MOTE_EV_OFFLINE) {
        printf("offline: %s\n", e->why);
    }
}

int main(void)
{
    struct mote_services services = template_services;
    services.log = print_line; /* print the log, whatever the port itself does with it */
    struct mote_config config = {.jid = "me@example.org", .password = "secret", .services = &services,
                                 .on_event = on_event, .arena = arena, .arena_size = sizeof arena, .xml = xml,
                                 .xml_size = sizeof xml, .tx = tx, .tx_size = sizeof tx};
    struct mote_run_config link = {.x = &x, .port = &template_port, .buffer = net, .buffer_size = sizeof net};
    if (mote_init(&x, &config) != 0) {
        return 2;
    }
    mote_run_init(&run, &link);
    return mote_run(&run) != 0;
}
