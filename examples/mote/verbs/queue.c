/* SPDX-License-Identifier: MIT
 * mote queue: what waits to be sent.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/daemon/queue_client.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"

static struct packet request, answer;

/// The list ///

static int64_t read_ticket(const char *text)
{
    uint64_t value;
    return text != NULL && mote_text_uint(text, INT64_MAX, &value) ? (int64_t)value : 0;
}

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool show_field(struct shown_item *item, const char *key, const char *value)
{
    size_t len = strcspn(key, "=");
    struct {
        const char *name;
        const char **target;
    } texts[] = {{"kind", &item->kind}, {"to", &item->to},       {"id", &item->id},
                 {"node", &item->node}, {"state", &item->state}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (mote_text_equal_n(key, len, texts[i].name)) {
            *texts[i].target = or_null(value);
        }
    }
    if (mote_text_equal_n(key, len, "queued")) {
        item->queued = read_ticket(value);
    } else if (mote_text_equal_n(key, len, "expiry")) {
        item->expiry = read_ticket(value);
    } else if (mote_text_equal_n(key, len, "size")) {
        item->size = (uint64_t)read_ticket(value);
    }
    return mote_text_equal_n(key, len, "state"); /* it is the last field of an item */
}

/* Print one page. Returns its last ticket, 0 when there is no more, or -1 when standard output is gone. */
static int64_t show_page(void)
{
    const char *key, *value;
    struct shown_item item = {0};
    for (size_t at = 0; packet_next(&answer, &at, &key, &value);) {
        if (strncmp(key, "ticket=", 7) == 0) {
            item = (struct shown_item){.ticket = read_ticket(value)};
        } else if (show_field(&item, key, value) && !show_item(&item)) {
            return -1;
        }
    }
    return packet_get(&answer, "more") != NULL ? item.ticket : 0;
}

static int list(void)
{
    int code = 0;
    int64_t after = 0;
    do {
        packet_begin(&request, "list");
        packet_number(&request, "after", after);
        code = handover_or_fail(&request, &answer, "cannot list the queue");
    } while (code == 0 && (after = show_page()) > 0);
    return code;
}

/// What changes it ///

static int drop_all(uint64_t *count)
{
    int64_t until = 0;
    do {
        packet_begin(&request, "drop");
        if (until > 0) {
            packet_number(&request, "until", until);
        }
        int code = handover_or_fail(&request, &answer, "cannot drop all");
        if (code != 0) {
            return code;
        }
        *count += (uint64_t)read_ticket(packet_get(&answer, "count"));
        until = read_ticket(packet_get(&answer, "until"));
    } while (until > 0);
    return 0;
}

static int drop_items(const char *which)
{
    uint64_t ticket, count = 0;
    int code;
    if (strcmp(which, "all") == 0) {
        code = drop_all(&count);
    } else if (!mote_text_uint(which, INT32_MAX, &ticket) || ticket == 0) {
        return fail(EXIT_USAGE, "it is neither 'all' nor a number that 'mote queue' shows", NULL, "cannot drop '%s'",
                    which);
    } else {
        packet_begin(&request, "drop");
        packet_number(&request, "ticket", (int64_t)ticket);
        code = handover_or_fail(&request, &answer, "cannot drop it");
        count = 1;
    }
    if (code == 0) {
        note("%llu dropped", (unsigned long long)count);
    }
    return code;
}

static int retry(void)
{
    packet_begin(&request, "retry");
    int code = handover_or_fail(&request, &answer, "cannot retry");
    if (code == 0) {
        note("%s waiting", packet_get(&answer, "count"));
    }
    return code;
}

int verb_queue(void)
{
    const char *what = cli.argc > 0 ? cli.argv[0] : "list";
    bool named = cli.argc > 1;
    int code;
    if (strcmp(what, "list") == 0 && !named) {
        code = list();
    } else if (strcmp(what, "retry") == 0 && !named) {
        code = retry();
    } else if (strcmp(what, "drop") == 0 && named) {
        code = drop_items(cli.argv[1]);
    } else {
        return fail(EXIT_USAGE, "it is list, retry, drop TICKET or drop all", NULL, "cannot '%s' the queue", what);
    }
    return handover_close(code != 0 || out_flush() ? code : EXIT_LOCAL);
}
