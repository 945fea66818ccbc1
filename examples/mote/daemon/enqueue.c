/* SPDX-License-Identifier: MIT
 * send, post and put with --queue: they ask the queue to take an item, and print what it answered.
 */
#include "examples/mote/daemon/enqueue.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "examples/mote/command.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/daemon/queue_client.h"
#include "examples/mote/files/text_input.h"
#include "examples/mote/out/out.h"
#include "examples/mote/daemon/packet_socket.h"
#include "port/crypto/random_sodium.h"
#include "examples/mote/daemon/queue_requests.h"
#include "examples/mote/out/show.h"

static struct packet request, answer;

int enqueue_check(void)
{
    const char *wrong = NULL;
    if (!cli.queue) {
        wrong = cli.expire_s != 0 || cli.latest ? "--expire and --latest are for what waits: they need --queue" : NULL;
    } else if (cli.timeout_s != 0) {
        wrong = "--timeout is how long to wait for the receiver, which --queue does not";
    } else if (cli.raw) {
        wrong = "--raw tells neither the name nor the hash, which what is queued is known by";
    } else if (cli.password_stdin || cli.password_file != NULL) {
        wrong = "what is queued is sent by 'mote run', which logs in by itself";
    }
    return wrong == NULL ? 0 : fail(EXIT_USAGE, wrong, NULL, "cannot do both");
}

/* Make an id of at least 64 random bits. */
static void enqueue_id(char id[12])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t bits[11] = {0};
    mote_entropy_sodium(NULL, bits, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++) {
        id[i] = letters[bits[i] % 64];
    }
    id[sizeof bits] = '\0';
}

static int hand_over(struct shown_item *item)
{
    item->queued = (int64_t)time(NULL);
    if (cli.expire_s != 0) {
        item->expiry = item->queued + cli.expire_s;
        packet_number(&request, "expiry", item->expiry);
    }
    packet_put(&request, "latest", cli.latest ? "yes" : NULL);
    char what[MOTE_JID_MAX + 64];
    snprintf(what, sizeof what, "cannot queue the %s%s", item->kind, input_where());
    int code = handover_or_fail(&request, &answer, what);
    if (code != 0) {
        return code;
    }
    item->ticket = packet_get_number(&answer, "ticket", 0);
    item->state = "waiting";
    if (packet_get(&answer, "maybe_twice") != NULL) {
        item->maybe_twice = true;
        note("'mote run' died while it took the %s: it may be sent twice", item->kind);
    }
    return show_queued(item) ? 0 : EXIT_LOCAL;
}

int enqueue_message(const char *to, const char *text)
{
    char id[12];
    enqueue_id(id);
    packet_begin(&request, "message");
    packet_put(&request, "to", to);
    packet_put(&request, "id", id);
    packet_put(&request, "receipt", cli.receipt ? "yes" : NULL);
    packet_put(&request, "body", text);
    return hand_over(&(struct shown_item){.kind = "message", .to = to, .id = id, .size = strlen(text)});
}

int enqueue_post(const struct mote_post *post)
{
    char id[12];
    struct mote_post with_id = *post;
    if (post->id == NULL) {
        enqueue_id(id);
        with_id.id = id;
    }
    packet_begin(&request, "post");
    queue_put_post(&request, &with_id);
    size_t size = (post->title != NULL ? strlen(post->title) : 0) + (post->content != NULL ? strlen(post->content) : 0);
    return hand_over(&(struct shown_item){
        .kind = "post", .to = post->service, .id = with_id.id, .node = post->node, .size = size});
}

int enqueue_file(const char *to, const char *name, int from)
{
    uint64_t size;
    int fd = pass_file_make(from, &size);
    if (fd < 0) {
        return fail_errno(NULL, "cannot read %s", cli.argv[0]);
    }
    packet_begin(&request, "file");
    packet_put(&request, "to", to);
    packet_put(&request, "name", name);
    packet_number(&request, "size", (int64_t)size);
    request.fd = fd;
    int code = hand_over(&(struct shown_item){.kind = "file", .to = to, .id = name, .size = size});
    close(fd);
    return code;
}
