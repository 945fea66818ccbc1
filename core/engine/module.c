/* SPDX-License-Identifier: MIT
 * What the engine offers to modules: see module.h.
 */
#include "core/module.h"

#include <stdarg.h>
#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

void module_attach(struct mote_module *m, struct mote *x, const struct mote_module_class *class)
{
    struct mote_module **tail = &x->modules;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *m = (struct mote_module){.class = class, .x = x};
    *tail = m;
}

/// Sending ///

struct writer *module_begin(struct mote *x)
{
    return txring_begin(&x->tx);
}

static int commit(struct mote *x, unsigned flags, size_t reserve)
{
    bool session = x->n.state == NEG_ONLINE || (sm_resumable(x) && x->n.state != NEG_CLOSING);
    if (!session && ((flags & TX_FLAG_KEEP) == 0 || x->n.state == NEG_CLOSING)) {
        return x->tx.writer.error != 0 ? x->tx.writer.error : MOTE_ERR_STATE;
    }
    int result = txring_commit(&x->tx, flags | TX_FLAG_COUNTS, reserve);
    if (result == MOTE_ERR_FULL) {
        x->want_room = true;
        sm_press(x);
    } else if (result == 0) {
        sm_queued(x);
    }
    return result;
}

int module_send(struct mote *x, enum tx_keep keep)
{
    static const uint8_t flags[] = {[TX_KEEP] = TX_FLAG_KEEP, [TX_STORED] = TX_FLAG_STORED};
    return commit(x, flags[keep], x->tx.size / 8);
}

int module_answer(struct mote *x)
{
    return commit(x, TX_FLAG_ANSWER, 0);
}

/* <iq type= id= to= of an answer. */
static struct writer *begin_answer(struct mote *x, const struct mote_xml *iq, const char *type)
{
    struct writer *w = module_begin(x);
    writer_put(w, "<iq type='%s'", type);
    writer_attr(w, "id", xml_attr(iq, "id"));
    writer_attr(w, "to", xml_attr(iq, "from"));
    return w;
}

int module_answer_error(struct mote *x, const struct mote_xml *iq, const char *type, const char *condition)
{
    return module_answer_error_of(x, iq, type, condition, NULL, NULL);
}

int module_answer_error_of(struct mote *x, const struct mote_xml *iq, const char *type, const char *condition,
                           const char *name, const char *ns)
{
    const char *kind = xml_attr(iq, "type");
    if (!text_equal(kind, "get") && !text_equal(kind, "set")) {
        return 0; /* an answer to an answer would never end */
    }
    struct writer *w = begin_answer(x, iq, "error");
    writer_put(w, "><error type='%s'>", type);
    writer_empty(w, condition, NS_STANZA_ERROR);
    if (name != NULL) {
        writer_empty(w, name, ns);
    }
    writer_put(w, "</error></iq>");
    return module_answer(x);
}

int module_answer_empty(struct mote *x, const struct mote_xml *iq)
{
    writer_put(begin_answer(x, iq, "result"), "/>");
    return module_answer(x);
}

struct writer *module_begin_result(struct mote *x, const struct mote_xml *iq)
{
    struct writer *w = begin_answer(x, iq, "result");
    writer_put(w, ">");
    return w;
}

void module_emit(struct mote *x, const struct mote_event *event)
{
    x->config.on_event(x->config.app, x, event);
}

void module_tell(struct mote *x, enum mote_event_kind kind, int32_t ticket, const char *from, const void *thing)
{
    module_emit(x, &(struct mote_event){.kind = kind, .ticket = ticket, .from = from, .message = thing});
}

/// Small services ///

uint64_t module_now(const struct mote *x)
{
    return x->now_ms;
}

uint64_t module_received(const struct mote *x)
{
    return x->received_ms;
}

int32_t module_ticket(struct mote *x)
{
    x->last_ticket = x->last_ticket == INT32_MAX ? 1 : x->last_ticket + 1;
    return x->last_ticket;
}

int64_t module_unix_time(const struct mote *x)
{
    return x->unix_time == 0 ? 0 : x->unix_time + (int64_t)((x->now_ms - x->unix_time_ms) / 1000);
}

void module_set_unix_time(struct mote *x, int64_t unix_time)
{
    mote_set_unix_time(x, unix_time, x->now_ms);
}

bool module_is_own_bare(const struct mote *x, const char *from)
{
    return from == NULL || (strchr(from, '/') == NULL && jid_bare_equal(from, x->config.jid));
}

/// Text for people ///

void module_log(struct mote *x, enum mote_log_level level, const char *format, ...)
{
    const struct mote_services *s = x->config.services;
    if (s->log == NULL) {
        return;
    }
    char line[161];
    va_list args;
    va_start(args, format);
    writer_plain(line, sizeof line, format, args);
    va_end(args);
    s->log(s->ctx, level, line);
}

const char *engine_explain(struct mote *x, const char *prefix, const struct mote_xml *e, const char *ns)
{
    const char *condition = xml_condition(e, ns), *text = xml_child_text(e, ns, "text");
    return engine_text(x, text != NULL ? "%s %.40s (%.80s)" : "%s %.40s", prefix,
                       condition != NULL ? condition : "undefined-condition", text);
}

const char *engine_text(struct mote *x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    writer_plain(x->text, sizeof x->text, format, args);
    va_end(args);
    return x->text;
}
