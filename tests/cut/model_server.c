/* SPDX-License-Identifier: MIT
 * A server for the cut tests: login, XEP-0198, messages, posts, pings, and a ledger of what has arrived.
 */
#include "tests/cut/model_server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Saying ///

static void say(struct model_server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct model_server *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(s->out + s->out_len, sizeof s->out - s->out_len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof s->out - s->out_len) {
        fprintf(stderr, "model server: too much to say\n");
        abort();
    }
    s->out_len += (size_t)n;
}

void model_say(struct model_server *s, const char *format, ...)
{
    char stanza[MODEL_STANZA];
    va_list args;
    va_start(args, format);
    vsnprintf(stanza, sizeof stanza, format, args);
    va_end(args);
    if (s->counting && s->pending_count < MODEL_PENDING) {
        memcpy(s->pending[s->pending_count++].bytes, stanza, strlen(stanza) + 1);
    }
    say(s, "%s", stanza);
}

/// Hearing ///

const char *model_attribute(const char *element, const char *name, char out[64])
{
    char look[32];
    snprintf(look, sizeof look, " %s='", name);
    const char *at = strstr(element, look);
    size_t len = at != NULL ? strcspn(at + strlen(look), "'") : 0;
    snprintf(out, 64, "%.*s", (int)len, at != NULL ? at + strlen(look) : "");
    return out;
}

struct model_arrival *model_find(struct model_server *s, const char *id)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (strcmp(s->ledger[i].id, id) == 0) {
            return &s->ledger[i];
        }
    }
    return NULL;
}

void model_arrives(struct model_server *s, const char *id, bool post)
{
    struct model_arrival *a = model_find(s, id);
    if (a == NULL && s->count < MODEL_ITEMS) {
        a = &s->ledger[s->count++];
        *a = (struct model_arrival){.post = post};
        snprintf(a->id, sizeof a->id, "%s", id);
    }
    if (a != NULL) {
        a->times++;
    }
}

static void acknowledge(struct model_server *s, uint32_t h)
{
    while (s->acknowledged != h && s->pending_count > 0) {
        s->acknowledged++;
        memmove(s->pending, s->pending + 1, --s->pending_count * sizeof s->pending[0]);
    }
}

static void resume(struct model_server *s, const char *element)
{
    char previd[64], h[64], stanza[MODEL_STANZA];
    bool known = s->session[0] != '\0' && strcmp(model_attribute(element, "previd", previd), s->session) == 0;
    if (!known || !s->keeps_session) {
        say(s, known && s->tells_h ? "<failed xmlns='urn:xmpp:sm:3' h='%u'>" : "<failed xmlns='urn:xmpp:sm:3'>",
            (unsigned)(s->handled + s->lie));
        say(s, "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
        s->session[0] = '\0';
        s->counting = false;
        return;
    }
    acknowledge(s, (uint32_t)strtoul(model_attribute(element, "h", h), NULL, 10));
    s->counting = true;
    say(s, "<resumed xmlns='urn:xmpp:sm:3' h='%u' previd='%s'/>", (unsigned)(s->handled + s->lie), s->session);
    for (unsigned i = 0; i < s->pending_count; i++) {
        memcpy(stanza, s->pending[i].bytes, sizeof stanza);
        say(s, "%s", stanza);
    }
}

static void iq(struct model_server *s, const char *element)
{
    char id[64], item[64];
    model_attribute(element, "id", id);
    const char *publish = strstr(element, "<item ");
    if (strstr(element, "<bind ") != NULL) {
        say(s,
            "<iq type='result' id='%s'><bind "
            "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@localhost/%u</jid></bind></iq>",
            id, s->sessions);
        return;
    }
    if (publish != NULL && s->refusal != NULL) {
        if (s->refusal[0] != '\0') {
            model_say(s, "<iq type='error' id='%s'><error %s</error></iq>", id, s->refusal);
        }
        return;
    }
    if (publish != NULL) {
        model_arrives(s, model_attribute(publish, "id", item), true);
    }
    if (strstr(element, "type='get'") == NULL && strstr(element, "<pubsub ") == NULL) {
        return; /* an answer */
    }
    bool domain = strstr(element, "to='localhost'") != NULL;
    if (s->utc != NULL && strstr(element, "'urn:xmpp:time'") != NULL) {
        model_say(s,
                  "<iq type='result' id='%s' from='localhost'><time "
                  "xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>%s</utc></time></iq>",
                  id, s->utc);
    } else {
        model_say(s, "<iq type='result' id='%s'%s/>", id, domain ? " from='localhost'" : "");
    }
}

/* Stanzas count, also those that are refused. True: it is one. */
static bool hear_stanza(struct model_server *s, const char *element)
{
    bool message = strncmp(element, "<message", 8) == 0, request = strncmp(element, "<iq", 3) == 0;
    char text[64];
    if (!message && !request && strncmp(element, "<presence", 9) != 0) {
        return false;
    }
    s->handled += s->counting;
    if (s->heard != NULL) {
        s->heard(element);
    }
    if (message) {
        model_arrives(s, model_attribute(element, "id", text), false);
    } else if (request && strstr(element, " to='bob@localhost/x'") != NULL) {
        model_peer_hear(s, element);
    } else if (request) {
        iq(s, element);
    }
    return true;
}

static void hear(struct model_server *s, const char *element)
{
    char text[64];
    if (hear_stanza(s, element)) {
        return;
    }
    if (strncmp(element, "<auth", 5) == 0) {
        s->authenticated = true;
        say(s, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    } else if (strncmp(element, "<enable", 7) == 0) {
        snprintf(s->session, sizeof s->session, "s%u", ++s->sessions);
        s->counting = true;
        s->handled = s->acknowledged = s->pending_count = 0;
        if (!s->silent) {
            say(s, "<enabled xmlns='urn:xmpp:sm:3' id='%s' resume='true'/>", s->session);
        }
    } else if (strncmp(element, "<resume", 7) == 0) {
        resume(s, element);
    } else if (strncmp(element, "<r ", 3) == 0) {
        say(s, "<a xmlns='urn:xmpp:sm:3' h='%u'/>", (unsigned)(s->handled + s->lie));
    } else if (strncmp(element, "<a ", 3) == 0) {
        acknowledge(s, (uint32_t)strtoul(model_attribute(element, "h", text), NULL, 10));
    }
}

/* The length of the first whole element, or of a stream header; 0 while it is not whole. The client's XML is its own,
 * so there is nothing in it that a scan for tags does not understand. */
static size_t whole(const char *xml, size_t len)
{
    int depth = 0;
    for (size_t i = 0; i < len;) {
        if (xml[i] != '<') {
            i++;
            continue;
        }
        const char *end = memchr(xml + i, '>', len - i);
        if (end == NULL) {
            return 0;
        }
        size_t next = (size_t)(end - xml) + 1;
        if (strncmp(xml + i, "<?xml", 5) == 0 || strncmp(xml + i, "<stream:stream", 14) == 0 ||
            strncmp(xml + i, "</stream:stream", 15) == 0) {
            return next;
        }
        depth += xml[i + 1] == '/' ? -1 : end[-1] == '/' ? 0 : 1;
        i = next;
        if (depth == 0) {
            return next;
        }
    }
    return 0;
}

static void header(struct model_server *s)
{
    say(s,
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' from='localhost' "
        "version='1.0'><stream:features>");
    if (!s->authenticated) {
        say(s, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>");
    } else {
        say(s, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>%s", s->offers_sm ? "<sm xmlns='urn:xmpp:sm:3'/>" : "");
    }
    say(s, "</stream:features>");
}

void model_connect(struct model_server *s)
{
    s->in_len = s->out_len = s->out_sent = 0;
    s->authenticated = s->counting = false;
}

void model_feed(struct model_server *s, const void *bytes, size_t len)
{
    size_t n;
    if (s->out_sent == s->out_len) {
        s->out_sent = s->out_len = 0;
    }
    if (len > sizeof s->in - 1 - s->in_len) {
        fprintf(stderr, "model server: too much to hear\n");
        abort();
    }
    memcpy(s->in + s->in_len, bytes, len);
    s->in_len += len;
    s->in[s->in_len] = '\0';
    while ((n = whole(s->in, s->in_len)) > 0) {
        char after = s->in[n];
        s->in[n] = '\0';
        if (strncmp(s->in, "<stream:stream", 14) == 0) {
            header(s);
        } else if (s->in[1] != '?' && s->in[1] != '/') {
            hear(s, s->in);
        }
        s->in[n] = after;
        memmove(s->in, s->in + n, s->in_len - n + 1);
        s->in_len -= n;
    }
}
