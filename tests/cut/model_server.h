/* SPDX-License-Identifier: MIT
 * A server that fits on a page: login over an insecure loopback, XEP-0198, messages, posts, pings; and a ledger of what has
 * arrived. It answers whole stanzas only, as a server does, and keeps or forgets a session as it is told.
 */
#ifndef MODEL_SERVER_H
#define MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_ITEMS = 32, MODEL_PENDING = 64 };

struct model_arrival {
    char id[24];
    unsigned times;
    bool post;
};

struct model_server {
    bool offers_sm;
    bool keeps_session;  /* over a lost link; else <resume/> is refused */
    bool tells_h;        /* and the refusal says how far the session had come */

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
        char bytes[400];
    } pending[MODEL_PENDING]; /* stanzas of ours that were not acknowledged */
    unsigned pending_count;
    uint32_t acknowledged;

    struct model_arrival ledger[MODEL_ITEMS]; /* in the order of the first arrival */
    unsigned count;
};

void model_connect(struct model_server *s); /* a new connection; what was incomplete is gone */
void model_feed(struct model_server *s, const void *bytes, size_t len);
struct model_arrival *model_find(struct model_server *s, const char *id);

#endif
