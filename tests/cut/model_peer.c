/* SPDX-License-Identifier: MIT
 * The peer that takes files: Jingle (XEP-0234, XEP-0261) as far as one receiver needs it. A file has arrived when all
 * of its bytes have; once the byte stream is closed, too, the peer ends the session with success.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cut/model_server.h"

#define PEER "bob@localhost/x"

static void result(struct model_server *s, const char *iq)
{
    char id[64];
    model_say(s, "<iq type='result' id='%s' from='" PEER "'/>", model_attribute(iq, "id", id));
}

/* <jingle/> with this inside. */
static void jingle(struct model_server *s, const char *action, const char *inside)
{
    model_say(s,
              "<iq type='set' id='p%u' from='" PEER
              "'><jingle xmlns='urn:xmpp:jingle:1' action='%s' sid='%s'>%s</jingle></iq>",
              s->file.ids++, action, s->file.sid, inside);
}

static void copy(char out[24], const char *text, size_t len)
{
    snprintf(out, 24, "%.*s", (int)(len < 23 ? len : 23), text);
}

static void offered(struct model_server *s, const char *iq)
{
    char sid[64], block[64], inside[400];
    const char *at = strstr(iq, "<transport "), *name = strstr(iq, "<name>"), *size = strstr(iq, "<size>");
    if (at == NULL || name == NULL || size == NULL) {
        return;
    }
    copy(s->file.sid, model_attribute(iq, "sid", sid), 23);
    copy(s->file.stream, model_attribute(at, "sid", sid), 23);
    copy(s->file.name, name + 6, strcspn(name + 6, "<"));
    s->file.size = (size_t)atol(size + 6);
    s->file.got = 0;
    result(s, iq);
    if (s->peer == PEER_DECLINES) {
        jingle(s, "session-terminate", "<reason><decline/></reason>");
        return;
    }
    snprintf(inside, sizeof inside,
             "<content creator='initiator' name='file'><description "
             "xmlns='urn:xmpp:jingle:apps:file-transfer:5'/><transport "
             "xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='%s' sid='%s'/></content>",
             model_attribute(at, "block-size", block), s->file.stream);
    jingle(s, "session-accept", inside);
}

/* Bytes that a text in base64 stands for. */
static size_t decoded(const char *text, size_t len)
{
    size_t padding = 0;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=') {
        padding++;
    }
    return len / 4 * 3 - padding;
}

void model_peer_hear(struct model_server *s, const char *iq)
{
    char id[64];
    const char *data = strstr(iq, "<data ");
    if (strstr(iq, "type='set'") == NULL || s->peer == PEER_SILENT) {
        return;
    }
    if (s->peer == PEER_AWAY) {
        model_say(s, "<iq type='error' id='%s' from='" PEER "'><error type='cancel'><service-unavailable "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
                  model_attribute(iq, "id", id));
        return;
    }
    if (strstr(iq, "action='session-initiate'") != NULL) {
        offered(s, iq);
        return;
    }
    if (data != NULL && (data = strchr(data, '>')) != NULL) {
        s->file.got += decoded(data + 1, strcspn(data + 1, "<"));
    }
    result(s, iq);
    bool whole = s->file.got == s->file.size, close = strstr(iq, "<close ") != NULL;
    if (whole && (close || data != NULL) && model_find(s, s->file.name) == NULL) {
        model_arrives(s, s->file.name, true);
    }
    if (whole && close) {
        jingle(s, "session-terminate", "<reason><success/></reason>");
    }
}
