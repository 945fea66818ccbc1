/* SPDX-License-Identifier: MIT */
#include "core/modules/archive/query.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

/// Asking ///

static void put_start(struct writer *w, int64_t start)
{
    char date[DATE_LEN + 1];
    date_write(start, date);
    writer_put(w, "<x xmlns='" NS_DATA "' type='submit'><field var='FORM_TYPE' type='hidden'><value>" NS_ARCHIVE
                  "</value></field><field var='start'><value>%s</value></field></x>", date);
}

int32_t archive_ask(struct mote_archive *a, struct archive_query *q, const struct archive_range *range,
                    mote_iq_fn *answered)
{
    const char *side = range->back ? "before" : "after";
    struct writer *w;
    if (module_random_id(a->mod.x, q->name) != 0) {
        return MOTE_ERR_ENTROPY;
    }
    w = iq_begin(&q->iq, &a->mod, "set", NULL);
    writer_put(w, "<query xmlns='" NS_ARCHIVE "' queryid='%s'>", q->name);
    if (range->start != 0) {
        put_start(w, range->start);
    }
    writer_put(w, "<set xmlns='" NS_RSM "'><max>%u</max>", range->max);
    if (range->mark != NULL) {
        writer_put(w, "<%s>%s</%s>", side, range->mark, side);
    } else if (range->back) {
        writer_put(w, "<before/>");
    }
    writer_put(w, "</set></query>");
    return iq_send(&q->iq, answered);
}

/// Answers ///

bool archive_result(const struct archive_query *q, const struct mote_xml *element, struct archive_result *r)
{
    const struct mote_xml *forwarded = xml_child(element, NS_FORWARD, "forwarded");
    const struct mote_xml *delay = xml_child(forwarded, NS_DELAY, "delay");
    const char *stamp = xml_attr(delay, "stamp");
    *r = (struct archive_result){.id = xml_attr(element, "id")};
    if (!q->iq.pending || r->id == NULL || !xml_attr_is(element, "queryid", q->name)) {
        return false;
    }
    r->message = xml_child(forwarded, NS_CLIENT, "message");
    chat_take_apart(r->message, &r->parts);
    r->parts.part[CHAT_DELAY] = delay;
    if (stamp != NULL) {
        date_read(stamp, &r->time);
    }
    return true;
}

bool archive_end(const struct mote_xml *reply, struct archive_end *end)
{
    const struct mote_xml *fin = xml_child(reply, NS_ARCHIVE, "fin");
    const struct mote_xml *set = xml_child(fin, NS_RSM, "set");
    const char *complete = xml_attr(fin, "complete"), *stable = xml_attr(fin, "stable");
    *end = (struct archive_end){
        .first = xml_inner_text(set, "first"),
        .last = xml_inner_text(set, "last"),
        .complete = text_equal(complete, "true") || text_equal(complete, "1"),
        .unstable = text_equal(stable, "false") || text_equal(stable, "0"),
    };
    end->complete |= end->last == NULL || end->first == NULL; /* there is nowhere to go on from */
    return fin != NULL;
}
