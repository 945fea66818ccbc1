/* SPDX-License-Identifier: MIT
 * Queries to the archive (XEP-0313, paging by XEP-0059), and taking apart what comes back.
 */
#include "core/modules/archive/query.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

/// Asking ///

static void put_start(struct mote_writer *w, int64_t start)
{
    char date[MOTE_DATE_LEN + 1];
    mote_date_write(start, date);
    mote_writer_put(w, "<x xmlns='" NS_DATA "' type='submit'><field var='FORM_TYPE' type='hidden'><value>" NS_ARCHIVE
                  "</value></field><field var='start'><value>%s</value></field></x>", date);
}

int32_t mote__archive_ask(struct mote_archive *a, struct mote__archive_query *q, const struct archive_range *range,
                    mote_iq_fn *answered)
{
    const char *side = range->back ? "before" : "after";
    struct mote_writer *w;
    if (mote_module_random_id(a->mod.x, q->name) != 0) {
        return MOTE_ERR_ENTROPY;
    }
    w = mote_iq_begin(&q->iq, &a->mod, "set", NULL);
    mote_writer_put(w, "<query xmlns='" NS_ARCHIVE "' queryid='%s'>", q->name);
    if (range->start != 0) {
        put_start(w, range->start);
    }
    mote_writer_put(w, "<set xmlns='" NS_RSM "'><max>%u</max>", range->max);
    if (range->mark != NULL) {
        mote_writer_put(w, "<%s>%s</%s>", side, range->mark, side);
    } else if (range->back) {
        mote_writer_put(w, "<before/>");
    }
    mote_writer_put(w, "</set></query>");
    return mote_iq_send(&q->iq, answered);
}

/// Answers ///

bool mote__archive_result(const struct mote__archive_query *q, const struct mote_xml *element,
                          struct mote__archive_result *r)
{
    const struct mote_xml *forwarded = mote_xml_child(element, NS_FORWARD, "forwarded");
    const struct mote_xml *delay = mote_xml_child(forwarded, NS_DELAY, "delay");
    const char *stamp = mote_xml_attr(delay, "stamp");
    *r = (struct mote__archive_result){.id = mote_xml_attr(element, "id")};
    if (!q->iq.pending || r->id == NULL || !mote_xml_attr_is(element, "queryid", q->name)) {
        return false;
    }
    r->message = mote_xml_child(forwarded, NS_CLIENT, "message");
    mote__chat_take_apart(r->message, &r->parts);
    r->parts.part[CHAT_DELAY] = delay;
    if (stamp != NULL) {
        mote_date_read(stamp, &r->time);
    }
    return true;
}

bool mote__archive_end(const struct mote_xml *reply, struct mote__archive_end *end)
{
    const struct mote_xml *fin = mote_xml_child(reply, NS_ARCHIVE, "fin");
    const struct mote_xml *set = mote_xml_child(fin, NS_RSM, "set");
    const char *complete = mote_xml_attr(fin, "complete"), *stable = mote_xml_attr(fin, "stable");
    *end = (struct mote__archive_end){
        .first = mote_xml_inner_text(set, "first"),
        .last = mote_xml_inner_text(set, "last"),
        .complete = mote_text_equal(complete, "true") || mote_text_equal(complete, "1"),
        .unstable = mote_text_equal(stable, "false") || mote_text_equal(stable, "0"),
    };
    end->complete |= end->last == NULL || end->first == NULL; /* without an id there is no next page to ask for */
    return fin != NULL;
}
