/* SPDX-License-Identifier: MIT
 * XMPP, as far as the clients of these tests speak it: elements are found by their names, nothing is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/standin/standin.h"

void attribute(const char *element, size_t len, const char *name, char *out, size_t size)
{
    char quoted[2][24];
    out[0] = '\0';
    for (int i = 0; i < 2; i++) {
        char quote = i == 0 ? '\'' : '"';
        snprintf(quoted[i], sizeof quoted[i], " %s=%c", name, quote);
        const char *at = memmem(element, len, quoted[i], strlen(quoted[i]));
        if (at != NULL) {
            at += strlen(quoted[i]);
            size_t rest = len - (size_t)(at - element);
            const char *end = memchr(at, quote, rest);
            snprintf(out, size, "%.*s", end != NULL ? (int)(end - at) : 0, at);
            return;
        }
    }
}

void say_features(struct connection *c)
{
    say(c, "<stream:features>");
    if (c->authenticated) {
        say(c, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");
    } else {
        if (options.sasl2) {
            sasl2_features(c);
        }
        char list[64], *rest = list;
        snprintf(list, sizeof list, "%s", options.mechanisms);
        say(c, "<mechanisms xmlns='" NS_SASL "'>");
        for (char *one; (one = strsep(&rest, ",")) != NULL;) {
            say(c, "<mechanism>");
            say(c, one);
            say(c, "</mechanism>");
        }
        say(c, "</mechanisms>");
    }
    say(c, "</stream:features>");
}

static void header(struct connection *c)
{
    say(c, "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
           "id='s1' from='localhost' version='1.0' xml:lang='en'>");
    say_features(c);
}

/* "\0user\0password" */
static bool plain(struct connection *c, const char *base64, size_t len)
{
    char text[256];
    size_t n = base64_bytes(base64, len, text, sizeof text);
    const char *user = n > 0 ? memchr(text, '\0', n) : NULL;
    if (user == NULL || strcmp(user + 1 + strlen(user + 1) + 1, options.password) != 0) {
        return false;
    }
    snprintf(c->user, sizeof c->user, "%.63s", user + 1);
    say(c, "<success xmlns='" NS_SASL "'/>");
    return true;
}

static void sasl(struct connection *c, const char *e, size_t len)
{
    const char *text = memchr(e, '>', len), *end = memmem(e, len, "</", 2);
    size_t n = text != NULL && end != NULL ? (size_t)(end - text) - 1 : 0;
    char answer[SCRAM_ANSWER];
    bool good;
    if (strncmp(e, "<response", 9) == 0) {
        good = scram_final(c, text + 1, n, answer);
        c->authenticated = good;
        if (good) {
            say(c, "<success xmlns='" NS_SASL "'>");
            say(c, answer);
            say(c, "</success>");
        }
    } else if (memmem(e, len, "SCRAM", 5) != NULL) {
        good = scram_challenge(c, text + 1, n);
    } else {
        good = plain(c, text + 1, n);
        c->authenticated = good;
    }
    if (!good) {
        say(c, "<failure xmlns='" NS_SASL "'><not-authorized/></failure>");
    }
}

static void iq(struct connection *c, const char *e, size_t len)
{
    char id[128], type[16], text[768], node[128] = "", item[128] = "", to[128], from[160] = "";
    attribute(e, len, "id", id, sizeof id);
    attribute(e, len, "type", type, sizeof type);
    attribute(e, len, "to", to, sizeof to);
    if (to[0] != '\0') { /* who is asked answers */
        snprintf(from, sizeof from, " from='%s'", to);
    }
    const char *publish = memmem(e, len, "<publish ", 9), *entry = memmem(e, len, "<item", 5);
    if (type[0] == 'r' || type[0] == 'e') {
        return;
    }
    if (memmem(e, len, "xmpp-bind", 9) != NULL) {
        snprintf(text, sizeof text, "<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                                    "<jid>%s@localhost/%u</jid></bind></iq>", id, c->user, c->number);
    } else if (publish != NULL && entry != NULL) { /* what Prosody answers */
        attribute(publish, len - (size_t)(publish - e), "node", node, sizeof node);
        attribute(entry, len - (size_t)(entry - e), "id", item, sizeof item);
        snprintf(text, sizeof text, "<iq type='result' id='%s'%s><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                    "<publish node='%s'><item id='%s'/></publish></pubsub></iq>", id, from, node, item);
    } else if (memmem(e, len, "iq:roster", 9) != NULL) {
        snprintf(text, sizeof text, "<iq type='result' id='%s'><query xmlns='jabber:iq:roster'/></iq>", id);
    } else {
        snprintf(text, sizeof text, "<iq type='result' id='%s'%s/>", id, from);
    }
    say(c, text);
}

static void presence(struct connection *c)
{
    char text[256];
    snprintf(text, sizeof text, "<presence from='%s@localhost/%u' to='%s@localhost/%u'/>", c->user, c->number, c->user,
             c->number);
    if (c->flooded) {
        return;
    }
    c->flooded = true;
    say(c, text);
    if (options.flood != FLOOD_NONE) {
        c->blob = flood_blob(&c->blob_len);
    }
}

/* To another session, known by the number that is its resource; or away. */
static void message(struct connection *c, const char *e, size_t len)
{
    char to[128], text[256];
    if (options.sink > 0) {
        if (++c->messages == options.sink) {
            say(c, "<message from='bob@localhost/bench' to='alice@localhost/bench' "
                   "type='chat'><body>done</body></message>");
        }
        return;
    }
    attribute(e, len, "to", to, sizeof to);
    const char *resource = strchr(to, '/');
    struct connection *other = resource != NULL ? connection_of((unsigned)atoi(resource + 1)) : NULL;
    if (other == NULL || options.flood != FLOOD_NONE) {
        return;
    }
    snprintf(text, sizeof text, "<message from='%s@localhost/%u' ", c->user, c->number);
    say(other, text);
    say_bytes(other, e + strlen("<message "), len - strlen("<message "));
    flush(other);
}

static bool begins(const char *e, size_t len, const char *name)
{
    size_t n = strlen(name);
    return len > n && strncmp(e, name, n) == 0 && strchr(" />\n", e[n]) != NULL;
}

/* Length of the element at e: to its end tag, or to the end of its only tag; 0 while it is not whole. */
static size_t element_len(const char *e, size_t len, const char *name)
{
    char end_tag[32];
    const char *close = memchr(e, '>', len);
    if (close == NULL) {
        return 0;
    }
    if (close[-1] == '/') {
        return (size_t)(close - e) + 1;
    }
    snprintf(end_tag, sizeof end_tag, "</%s>", name + 1);
    const char *end = memmem(e, len, end_tag, strlen(end_tag));
    return end != NULL ? (size_t)(end - e) + strlen(end_tag) : 0;
}

static const char *const names[] = {"<message", "<iq", "<presence", "<auth", "<response", "<authenticate"};

enum { NAMES = sizeof names / sizeof names[0] };

/* Answer a whole element, which begins with names[i]. */
static void take_element(struct connection *c, int i, const char *e, size_t len)
{
    switch (i) {
    case 0: message(c, e, len); break;
    case 1: iq(c, e, len); break;
    case 2: presence(c); break;
    default: (i == NAMES - 1 || c->sasl2 ? sasl2 : sasl)(c, e, len); break;
    }
}

/* Take one element, or one tag of the stream. Returns the bytes taken, 0 when more have to come. */
static size_t take(struct connection *c, const char *e, size_t len)
{
    const char *close = memchr(e, '>', len);
    if (e[0] != '<') {
        return 1;
    }
    if (close == NULL) {
        return 0;
    }
    for (int i = 0; i < NAMES; i++) {
        if (begins(e, len, names[i])) {
            size_t n = element_len(e, len, names[i]);
            if (n > 0) {
                take_element(c, i, e, n);
            }
            return n;
        }
    }
    if (begins(e, len, "<stream:stream")) {
        header(c);
    } else if (strncmp(e, "</stream:stream", 15) == 0) {
        say(c, "</stream:stream>");
        c->closing = true;
    }
    return (size_t)(close - e) + 1;
}

void understand(struct connection *c)
{
    size_t at = 0, n;
    c->in[c->in_len] = '\0';
    while (at < c->in_len && (n = take(c, c->in + at, c->in_len - at)) > 0) {
        at += n;
    }
    c->in_len -= at;
    memmove(c->in, c->in + at, c->in_len);
    if (c->in_len == IN_MAX) {
        c->closing = true; /* larger than anything that is said here */
    }
}
