/* SPDX-License-Identifier: MIT
 * Mote with the contract of client.h, over the port of this machine. BENCH_CA names the authority to trust.
 */
#include "core/modules/blog/blog.h"
#include "core/modules/chat/chat.h"
#include "core/modules/presence.h"
#include "port/os/posix.h"
#include "port/run/run.h"
#include "port/tls/ca_file.h"
#include "tests/bench/clients/client.h"

static uint8_t arena[8192], xml[16384], tx[16384], net[16384];
static struct mote x;
static struct mote_run run;
static struct mote_chat chat;
static struct mote_blog blog;
static struct mote_presence presence;
static struct bench b;
static int received, sent, answered;
static bool full, failed;

static bool say(const char *to, const char *body)
{
    return mote_chat_send(&chat, &(struct mote_chat_message){.to = to, .body = body}) > 0;
}

static bool send_one(void)
{
    char body[96];
    snprintf(body, sizeof body, BODY, sent);
    return say("bob@localhost/bench", body);
}

static bool publish_one(void)
{
    char id[32], atom_id[64], title[64];
    snprintf(id, sizeof id, "i%d", sent % 16);
    snprintf(atom_id, sizeof atom_id, "tag:localhost,2026:s17-%d", sent);
    snprintf(title, sizeof title, "temperature 21.5 C seq %d", sent);
    static int lean = -1; /* the environment is looked at once */
    lean = lean < 0 ? getenv("BENCH_LEAN") != NULL : lean;
    int64_t when = 1795222800;
    struct mote_post post = {.service = "pubsub.localhost", .node = "sensor-17", .id = id, .atom_id = atom_id,
                             .title = title, .published = when, .updated = when,
                             .lean = lean != 0};
    return mote_blog_publish(&blog, &post) > 0;
}

/* As many as there is room for, at most 64 between two looks at the connection. */
static void work(void)
{
    for (int i = 0; i < 64 && !full && sent < b.count; i++) {
        bool went = bench_is(&b, "pub") ? sent - answered < b.window && publish_one() : send_one();
        if (!went) {
            full = bench_is(&b, "send");
            return;
        }
        sent++;
    }
}

static void on_message(const struct mote_event *e)
{
    received++;
    if (bench_is(&b, "send") || (bench_is(&b, "recv") && received == b.count)) {
        bench_report(&b);
        if (bench_is(&b, "recv")) {
            say(e->from, "done");
        }
        mote_run_stop(&run);
    }
}

static void on_online(void)
{
    bench_start(&b);
    if (bench_is(&b, "once")) {
        b.count = 1;
        send_one();
        publish_one();
    } else if (bench_is(&b, "send") || bench_is(&b, "pub")) {
        work();
    }
}

static void on_event(void *app, struct mote *m, const struct mote_event *e)
{
    (void)app, (void)m;
    switch (e->kind) {
    case MOTE_EV_ONLINE: on_online(); break;
    case MOTE_EV_ROOM: full = false; break;
    case MOTE_EV_MESSAGE: on_message(e); break;
    case MOTE_EV_POST:
        if (bench_is(&b, "recv")) {
            on_message(e);
        }
        break;
    case MOTE_EV_PRESENCE:
        if (bench_is(&b, "connect")) {
            bench_report(&b);
            _exit(0);
        }
        break;
    case MOTE_EV_REFUSED:
        fprintf(stderr, "refused: %s\n", e->why);
        failed = true;
        mote_run_stop(&run);
        break;
    case MOTE_EV_PUBLISHED:
        if (++answered == b.count) {
            bench_report(&b);
            mote_run_stop(&run);
        }
        break;
    default: break;
    }
}

int main(int argc, char **argv)
{
    static struct mote_services services;
    static struct mote_posix posix;
    static struct mote_tls_mbedtls_config tls;
    static const enum mote_run_tls modes[] = {MOTE_RUN_CLEAR, MOTE_RUN_STARTTLS, MOTE_RUN_DIRECT};
    char jid[64], why[200];
    b = bench_arguments(argc, argv);
    mote_posix_services(&services, NULL);
    snprintf(jid, sizeof jid, "%s@localhost/bench", b.user);
    if (b.tls != 0 && (mote_tls_mbedtls_config_init(&tls, &services) != 0 ||
                       mote_tls_ca_file_add(&tls, getenv("BENCH_CA"), why, sizeof why) != 0)) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    struct mote_config config = {.jid = jid, .password = "secret", .services = &services, .arena = arena,
                                 .arena_size = sizeof arena, .xml = xml, .xml_size = sizeof xml, .tx = tx,
                                 .tx_size = sizeof tx, .on_event = on_event,
                                 .flags = b.tls == 0 ? MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN : 0};
    struct mote_run_config link = {.x = &x, .port = mote_posix_init(&posix, b.tls != 0 ? &tls : NULL, NULL),
                                   .host = "127.0.0.1", .port_number = (uint16_t)b.port, .tls = modes[b.tls],
                                   .buffer = net, .buffer_size = sizeof net};
    if (mote_init(&x, &config) != 0) {
        return 1;
    }
    mote_chat_attach(&chat, &x, MOTE_CHAT_NO_RECEIPTS);
    mote_blog_attach(&blog, &x, &(struct mote_blog_config){.flags = MOTE_BLOG_NO_OPTIONS});
    mote_presence_attach(&presence, &x, NULL);
    mote_run_init(&run, &link);
    while (mote_run_step(&run)) {
        bool more = mote_online(&x) && (bench_is(&b, "send") || bench_is(&b, "pub"));
        if (more) {
            work();
        }
        mote_run_wait(&run, more && bench_is(&b, "send") && !full && sent < b.count ? 0 : UINT32_MAX);
    }
    if (run.error != 0) {
        fprintf(stderr, "mote: %s\n", run.why);
    }
    return run.error != 0 || failed;
}
