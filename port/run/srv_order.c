/* SPDX-License-Identifier: MIT
 * Sorts SRV records by priority and weight, and reads "host:port".
 */
#include "port/run/srv_order.h"

#include <string.h>

#include "core/base/text.h"

int mote__srv_allow(struct mote_port_target *targets, int count, enum mote_run_tls mode)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (mode == MOTE_RUN_ANY || targets[i].direct_tls == (mode == MOTE_RUN_DIRECT)) {
            targets[kept++] = targets[i];
        }
    }
    return kept;
}

static void swap(struct mote_port_target *a, struct mote_port_target *b)
{
    if (a != b) {
        struct mote_port_target t = *a;
        *a = *b;
        *b = t;
    }
}

/* Does `a` go before `b`, before lots are drawn? A lower priority does, and a weight of 0: RFC 2782 wants these at the
 * head of the running sum, so that they have a small chance instead of none. */
static bool goes_before(const struct mote_port_target *a, const struct mote_port_target *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->weight == 0 && b->weight != 0;
}

/* Bring one of t[0..count), which have the same priority, to the front by lot. */
static void draw(struct mote_port_target *t, int count, uint32_t lot)
{
    uint32_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum += t[i].weight;
    }
    uint32_t mark = lot % (sum + 1), running = 0;
    for (int i = 0; i < count; i++) {
        running += t[i].weight;
        if (running >= mark) {
            /* The others are moved and not swapped, so that those of weight 0 stay first for the next draw. */
            for (; i > 0; i--) {
                swap(&t[i], &t[i - 1]);
            }
            return;
        }
    }
}

void mote__srv_order(struct mote_port_target *targets, int count, uint32_t (*random)(void *ctx), void *ctx)
{
    for (int i = 1; i < count; i++) {
        for (int j = i; j > 0 && goes_before(&targets[j], &targets[j - 1]); j--) {
            swap(&targets[j], &targets[j - 1]);
        }
    }
    for (int i = 0; i < count; i++) {
        int end = i + 1;
        while (end < count && targets[end].priority == targets[i].priority) {
            end++;
        }
        if (end - i > 1) {
            draw(&targets[i], end - i, random(ctx));
        }
    }
}

static bool host_ok(const char *host, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (host[i] <= ' ' || host[i] > '~' || strchr("/@[]\"'<>&\\", host[i]) != NULL) {
            return false;
        }
    }
    return len > 0 && len <= MOTE_PORT_HOST_MAX;
}

bool mote__srv_valid(const struct mote_port_target *target)
{
    const char *nul = memchr(target->host, '\0', sizeof target->host);
    return nul != NULL && target->port != 0 && host_ok(target->host, (size_t)(nul - target->host));
}

bool mote__srv_parse(struct mote_port_target *target, const char *text)
{
    const char *host = text, *end;
    uint64_t port = target->port;
    if (*text == '[') {
        host++;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && (end[1] != ':' || !mote_text_uint(end + 2, UINT16_MAX, &port)))) {
            return false;
        }
    } else {
        const char *colon = strchr(text, ':');
        bool literal = colon != NULL && strchr(colon + 1, ':') != NULL; /* IPv6 without brackets, so without a port */
        end = colon != NULL && !literal ? colon : text + strlen(text);
        if (*end == ':' && !mote_text_uint(end + 1, UINT16_MAX, &port)) {
            return false;
        }
    }
    size_t len = (size_t)(end - host);
    if (port == 0 || !host_ok(host, len)) {
        return false;
    }
    memcpy(target->host, host, len);
    target->host[len] = '\0';
    target->port = (uint16_t)port;
    return true;
}
