/* SPDX-License-Identifier: MIT
 * Logging in with fewer round trips: SASL2 (XEP-0388), Bind 2 (XEP-0386), XEP-0198 inline, and tokens that take the
 * place of the password (FAST, XEP-0484). Attached, it is used where the server offers it; any other server sees the
 * login of RFC 6120.
 *
 *     mote_sasl2_attach(&sasl2, &x, &config);      after mote_init
 *
 * Round trips of the stream, XEP-0198 and the resource included: 3 by SCRAM and 2 by a token; one less where the first
 * message may go with the stream header (`early`), for which the features of this server have to be known from an
 * earlier login (`known`). A server of RFC 6120 alone has 3 then instead of 5. What went out ahead is compared with the
 * features when they come, and the login goes on in another way where they say so (XEP-0509).
 *
 * Bind 2 deletes what the server has stored for an account that was off line (XEP-0386 section 3: the archive has it),
 * so `bind` is for applications that catch up with the archive (modules/archive). Without it, the resource is bound as
 * ever.
 */
#ifndef MOTE_SASL2_H
#define MOTE_SASL2_H

#include "core/mote.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_sasl2_event {
    MOTE_EV_TOKEN =
        72, /* mote_token_of: a token for the next logins. Keep it before this returns, beside the one in use */
    MOTE_EV_TOKEN_REFUSED, /* mote_token_of: the server does not know it (any more); the login goes on with SCRAM */
    MOTE_EV_EARLY_REFUSED, /* the server cannot be spoken to before its features: leave `early` out from now on */
    MOTE_EV_SERVER         /* mote_known_of: the server offers something else than what is known of it */
};

/* What a login by token needs. All bytes are secret but the mechanism's. */
struct mote_token {
    char mechanism[17];             /* "HT-SHA-256-EXPR": the token is of use with this one alone */
    char token[MOTE_TOKEN_MAX + 1];
    int64_t expiry;                 /* unix time; 0: not known */
};

/* Of MOTE_EV_TOKEN and MOTE_EV_TOKEN_REFUSED. */
static inline const struct mote_token *mote_token_of(const struct mote_event *event)
{
    return (const struct mote_token *)event->data;
}

/* What a login has shown of its server, so that the next one need not wait for the features. No secret; keep it beside
 * the keys. */
struct mote_known_server {
    uint8_t profile;       /* 0: nothing is known; 1: RFC 6120; 2: XEP-0388 */
    uint8_t offers;        /* these three are our own numbers, which stay the same: keep them as they are */
    uint8_t binding;
    uint8_t token;
    char mechanism[19];
    char config_version[MOTE_CONFIG_VERSION_MAX + 1]; /* XEP-0509; "" for none */
};

/* Of MOTE_EV_SERVER. */
static inline const struct mote_known_server *mote_known_of(const struct mote_event *event)
{
    return (const struct mote_known_server *)event->data;
}

/* A zeroed field means the default. What pointers point to stays valid as long as `x` is used. */
struct mote_sasl2_config {
    const char *user_agent; /* a UUID of version 4 that is this installation's and role's alone: of two sessions with
                               one id the server ends the earlier. NULL: none, and then there are no tokens */
    const char *software;   /* for people: "Mote". NULL: not told */
    const char *device;     /* for people: "pump 7". NULL: not told */
    const char *tag;        /* begins the resource that Bind 2 makes. Default "mote" */
    bool bind;              /* Bind 2 may be used: see above */
    bool tokens;            /* ask for a token where the server has them */
    bool unbound_tokens; /* also such that are not bound to the TLS channel (HT-SHA-256-NONE): whoever reads one on this
                            device can use it elsewhere */
    bool carbons;           /* have them from the start where Bind 2 has them (modules/chat) */
    bool early;             /* do not wait for features that are known, by `known` or by having a token */
    const struct mote_token *token; /* the newest; NULL, or an empty token: none */
    const struct mote_known_server *known; /* of the last login; NULL, or a zeroed one: none */
};

struct mote_sasl2 {
    const struct mote__sasl2_class *type;
    struct mote_sasl2_config config;
    struct mote_token token;        /* that the server has just given */
    const struct mote__sasl_mechanism *instead; /* what takes the place of a token that is refused */
    const char *instead_binding;
    uint8_t proof[MOTE_HASH_MAX];   /* what a server has to say that knows the token */
    struct mote_known_server seen;  /* on this connection; before its features, what is known */
    bool sent_early;                /* the login went with the stream header */
    bool sent_ahead;                /* what follows it did not wait for the features that allow it */
    bool token_offered;             /* the kept token could be used with these features */
    bool carbons;                   /* they are on */
    bool token_refused;             /* not to be tried again */
    bool resuming, binding;         /* asked for inline */
};

/* Attach it, after mote_init and before mote_connected. */
void mote_sasl2_attach(struct mote_sasl2 *s, struct mote *x, const struct mote_sasl2_config *config);

/* The token for the next login, such as the one of MOTE_EV_TOKEN. */
void mote_sasl2_use(struct mote_sasl2 *s, const struct mote_token *token, bool early);

#ifdef __cplusplus
}
#endif

#endif
