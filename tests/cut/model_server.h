/* SPDX-License-Identifier: MIT
 * A server that fits on a page: login over an insecure loopback, XEP-0198, messages, posts, pings; and a ledger of what
 * has arrived. It answers whole stanzas only, as a server does, and keeps or forgets a session as it is told. It also
 * speaks for the one peer that takes files, bob@localhost/x (model_peer.c).
 */
#ifndef MODEL_SERVER_H
#define MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_ITEMS = 48, MODEL_PENDING = 64, MODEL_STANZA = 600 };

/* What the peer does with a file. */
enum model_peer { PEER_TAKES, PEER_AWAY, PEER_DECLINES, PEER_SILENT, PEER_KINDS };

struct model_arrival {
    char id[24];
    unsigned times;
    bool post; /* or a file, else a message */
};

struct model_server {
    bool offers_sm;
    bool keeps_session;  /* over a lost link; else <resume/> is refused */
    bool tells_h;        /* and the refusal says how far the session had come */
    uint32_t lie;        /* is added to each count that it tells */
    bool silent;         /* <enable/> has no answer */
    const char *refusal; /* NULL, or what stands in the <error/> that each post is answered with; "": no answer */
    enum model_peer peer;
    const char *utc;     /* NULL, or what it says when it is asked for the time */
    void (*heard)(const char *stanza); /* NULL, or called with each stanza of the client's, before the answer */

    /* of a connection */
    char in[8192];
    size_t in_len;
    char out[32768];
    size_t out_len, out_sent;
    bool authenticated;

    /* of a session */
    char session[16];
    unsigned sessions;
    bool counting;
    uint32_t handled;
    struct {
        char bytes[MODEL_STANZA];
    } pending[MODEL_PENDING]; /* stanzas of ours that were not acknowledged */
    unsigned pending_count;
    uint32_t acknowledged;

    struct {
        char sid[24], stream[24], name[24];
        size_t size, got; /* bytes */
        unsigned ids;
    } file;

    struct model_arrival ledger[MODEL_ITEMS]; /* in the order of the first arrival */
    unsigned count;
};

void model_connect(struct model_server *s); /* a new connection; what was incomplete is gone */
void model_feed(struct model_server *s, const void *bytes, size_t len);
struct model_arrival *model_find(struct model_server *s, const char *id);

/* A stanza, which waits to be acknowledged while the session counts. `format` as printf's; cut at MODEL_STANZA. */
void model_say(struct model_server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Between model_server.c and model_peer.c ///

/* The value of the first attribute of that name in the element. */
const char *model_attribute(const char *element, const char *name, char out[64]);
void model_arrives(struct model_server *s, const char *id, bool post);
void model_peer_hear(struct model_server *s, const char *iq);

#endif
