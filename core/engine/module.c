/* SPDX-License-Identifier: MIT
 * What the engine offers to modules, as core/module.h says.
 */
#include "core/module.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/xml/ns.h"

void mote_module_attach(struct mote_module *m, struct mote *x, const struct mote_module_class *type)
{
    struct mote_module **tail = &x->modules;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *m = (struct mote_module){.type = type, .x = x};
    *tail = m;
}

/// Sending ///

struct mote_writer *mote_module_begin(struct mote *x)
{
    return mote__txring_begin(&x->tx);
}

static int commit(struct mote *x, unsigned flags, size_t reserve)
{
    bool session = x->n.state == NEG_ONLINE || (mote__sm_resumable(x) && x->n.state != NEG_CLOSING);
    if (!session && ((flags & TX_FLAG_KEEP) == 0 || x->n.state == NEG_CLOSING)) {
        return x->tx.writer.error != 0 ? x->tx.writer.error : MOTE_ERR_STATE;
    }
    int result = mote__txring_commit(&x->tx, flags | TX_FLAG_COUNTS, reserve);
    if (result == MOTE_ERR_FULL) {
        x->want_room = true;
        mote__sm_request_if_much_waits(x);
    } else if (result == 0) {
        mote__sm_stanza_queued(x);
    }
    return result;
}

int mote_module_send(struct mote *x, enum mote_tx_keep keep)
{
    static const uint8_t flags[] = {
        [MOTE_TX_KEEP] = TX_FLAG_KEEP, [MOTE_TX_STORED] = TX_FLAG_STORED, [MOTE_TX_BY_JID] = TX_FLAG_BY_JID};
    return commit(x, flags[keep], x->tx.size / 8);
}

int mote_module_answer(struct mote *x)
{
    return commit(x, TX_FLAG_ANSWER, 0);
}

/* Write "<iq type= id= to=" of an answer. */
static struct mote_writer *begin_answer(struct mote *x, const struct mote_xml *iq, const char *type)
{
    struct mote_writer *w = mote_module_begin(x);
    mote_writer_put(w, "<iq type='%s'", type);
    mote_writer_attr(w, "id", mote_xml_attr(iq, "id"));
    mote_writer_attr(w, "to", mote_xml_attr(iq, "from"));
    return w;
}

int mote_module_answer_error(struct mote *x, const struct mote_xml *iq, const char *type, const char *condition)
{
    return mote_module_answer_error_of(x, iq, type, condition, NULL, NULL);
}

int mote_module_answer_error_of(struct mote *x, const struct mote_xml *iq, const char *type, const char *condition,
                           const char *name, const char *ns)
{
    const char *kind = mote_xml_attr(iq, "type");
    if (!mote_text_equal(kind, "get") && !mote_text_equal(kind, "set")) {
        return 0; /* an answer to an answer would never end */
    }
    struct mote_writer *w = begin_answer(x, iq, "error");
    mote_writer_put(w, "><error type='%s'>", type);
    mote_writer_empty(w, condition, NS_STANZA_ERROR);
    if (name != NULL) {
        mote_writer_empty(w, name, ns);
    }
    mote_writer_put(w, "</error></iq>");
    return mote_module_answer(x);
}

int mote_module_answer_empty(struct mote *x, const struct mote_xml *iq)
{
    mote_writer_put(begin_answer(x, iq, "result"), "/>");
    return mote_module_answer(x);
}

struct mote_writer *mote_module_begin_result(struct mote *x, const struct mote_xml *iq)
{
    struct mote_writer *w = begin_answer(x, iq, "result");
    mote_writer_put(w, ">");
    return w;
}

void mote_module_emit(struct mote *x, const struct mote_event *event)
{
    x->config.on_event(x->config.app, x, event);
}

void mote_module_tell(struct mote *x, int kind, int32_t ticket, const char *from, const void *thing)
{
    mote_module_emit(x, &(struct mote_event){.kind = kind, .ticket = ticket, .from = from, .data = thing});
}

/// Small services ///

uint64_t mote_module_now(const struct mote *x)
{
    return x->now_ms;
}

uint64_t mote_module_received(const struct mote *x)
{
    return x->received_ms;
}

int32_t mote_module_ticket(struct mote *x)
{
    x->last_ticket = x->last_ticket == INT32_MAX ? 1 : x->last_ticket + 1;
    return x->last_ticket;
}

int64_t mote_module_unix_time(const struct mote *x)
{
    return x->unix_time == 0 ? 0 : x->unix_time + (int64_t)((x->now_ms - x->unix_time_ms) / 1000);
}

void mote_module_set_unix_time(struct mote *x, int64_t unix_time)
{
    mote_set_unix_time(x, unix_time, x->now_ms);
}

bool mote_module_is_own_bare(const struct mote *x, const char *from)
{
    return from == NULL || (strchr(from, '/') == NULL && mote_jid_bare_equal(from, x->config.jid));
}

/// Text for people ///

void mote_module_log(struct mote *x, enum mote_log_level level, const char *format, ...)
{
    const struct mote_services *s = x->config.services;
    if (s->log == NULL) {
        return;
    }
    char line[161];
    va_list args;
    va_start(args, format);
    mote_writer_plain(line, sizeof line, format, args);
    va_end(args);
    s->log(s->ctx, level, line);
}

const char *mote__engine_explain(struct mote *x, const char *prefix, const struct mote_xml *e, const char *ns)
{
    const char *condition = mote_xml_condition(e, ns), *text = mote_xml_child_text(e, ns, "text");
    return mote__engine_text(x, text != NULL ? "%s %.40s (%.80s)" : "%s %.40s", prefix,
                       condition != NULL ? condition : "undefined-condition", text);
}

const char *mote__engine_text(struct mote *x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mote_writer_plain(x->text, sizeof x->text, format, args);
    va_end(args);
    return x->text;
}
