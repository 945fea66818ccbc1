/* SPDX-License-Identifier: MIT
 * What a struct mote is made of. It is public so that an application knows its size; all fields are private.
 * Part of core/mote.h: include that.
 */
#ifndef MOTE_STATE_H
#define MOTE_STATE_H

#include "core/mote.h" /* which includes this at its end */
#include "core/xml/stanza.h"
#include "core/xml/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_module;
struct mote_iq;
struct mote__reader_sink;
struct mote__sasl_mechanism;
struct mote_sasl2;
struct mote_register;
struct mote__durable_class;

enum { MOTE_SCRAM_NONCE = 24 }; /* characters of a nonce of ours */

struct mote__arena {
    uint8_t *base;
    size_t size, used, peak; /* bytes */
};

struct mote__heap {
    uint8_t *base;        /* aligned to 8 */
    uint32_t size;        /* bytes, a multiple of 8 */
    uint32_t used, peak;  /* bytes in use, headers counted, and the most that ever were */
    uint32_t hint;        /* no free block lies before this offset */
};

/* Where the scanner is that goes through a stanza which is not read: core/xml/skip.h. */
struct mote__skip {
    size_t size;    /* bytes of the stanza so far */
    uint32_t depth; /* open elements, the stream counted */
    uint8_t state;  /* enum skip_state of core/xml/skip.h */
    uint8_t at;     /* how many characters of a name, of [CDATA[ or of ]] were seen */
    char quote;
    bool prefixed;  /* the stanza's name came with a prefix */
    char name[10];  /* name of the stanza without its prefix, if its first tag was seen; longer names are cut */
    char last[10];  /* the same of the tag that ended it; "" when that was its first */
};

struct mote__reader {
    void *parser;                   /* XML_Parser */
    const struct mote__reader_sink *sink;
    void *ctx;
    struct mote_xml *root;          /* the stream header, at the bottom of the arena */
    struct mote_xml *top, *open;    /* the stanza being built, and its innermost open element */
    const char *root_name;          /* as written, prefix included: what a renewed parser is fed */
    size_t root_mark;               /* arena use without a stanza */
    size_t fed;                     /* bytes this parser was given */
    size_t stanza_start, boundary;  /* first byte of the stanza and first behind it, in the same count */
    size_t fresh;                   /* where the parser was renewed, in the same count: its memory was free there */
    size_t token;                   /* where the token begins of which expat has a part */
    uint32_t mark;                  /* when the heap's use passes so many bytes, the parser is renewed */
    uint32_t depth;                 /* open elements, the stream counted */
    int error;                      /* enum mote_error, which stays until mote__reader_restart */
    bool skipping;                  /* the stanza exceeds a bound: expat is not used, and `scan` looks for its end */
    bool cdata;                     /* in a CDATA section */
    bool stop;                      /* mote__reader_stop was called: nothing is taken behind this stanza */
    bool stopped;                   /* expat was told to stop */
    bool renewed;                   /* a new parser is being fed the header, which is no event */
    bool ended;                     /* </stream:stream> has come */
    const char *why;                /* for people */
    const char *condition;          /* of the stream error to send (RFC 6120 section 4.9.3) */
    uint32_t renewals, oversize;    /* how often, for mote_status */
    struct mote__arena arena;
    struct mote__heap heap;
    struct mote__skip scan;         /* in what is skipped; or in a token of which expat has a part */
};

struct mote__txring {
    uint8_t *base;
    size_t size;
    uint64_t acked, sent, queued; /* byte counts; acked and queued are always at record starts */
    uint64_t record;              /* start of the record that `sent` is in, or at */
    size_t left;                  /* bytes of that record not yet sent; 0 when `sent` is at a record's start */
    size_t peak;
    bool holding;                 /* XEP-0198 is on: only mote__txring_ack moves `acked` */
    struct mote_writer writer;    /* of the record being composed */
};

struct mote__sm {
    uint64_t ask_ms;     /* when to ask what was handled; UINT64_MAX while nothing waits to be acknowledged */
    uint64_t ack_ms;     /* <a/> is not sent before this */
    uint64_t answer_ms;  /* after a resumption: when the answer to the first <r/> is due; else UINT64_MAX */
    uint8_t state;       /* enum mote__sm_state */
    bool owe_ack;        /* <a/> is due */
    bool owe_ask;        /* <r/> is due */
    bool asked;          /* <r/> is out, unanswered */
    bool doubted;        /* after a resumption: the answer to the next <r/> has to show that the server hears us */
    bool rebind;         /* the server did not hear us: the next session is to have the same full JID */
    bool restored;       /* the session is from before a restart: `out` is not known until it is resumed */
    uint32_t in;         /* stanzas of theirs that we have handled, modulo 2^32 */
    uint32_t out;        /* stanzas of ours that they have handled */
    char id[MOTE_SM_ID_MAX + 1]; /* "" when the session cannot be resumed */
};

struct mote__negotiation {
    uint8_t state;             /* enum mote__neg_state */
    bool authenticated;        /* SASL has succeeded on this connection */
    bool header_sent;
    bool binding_refused;      /* the server refused our type of channel binding: the login goes on without it */
    bool server_verified;      /* the server's SCRAM signature was right */
    bool sasl2;                /* the login goes by XEP-0388 */
    bool resumed;              /* what is on line is a session of before */
    uint8_t ahead;             /* NEG_EV_SENT_BIND or _RESUME: that is on its way already; or 0 */
    uint8_t round_trips;
    uint8_t sasl_step;         /* messages that we sent */
    uint64_t deadline_ms;      /* until when the state may last; UINT64_MAX for ever */
    uint64_t bind_id;
    const struct mote__sasl_mechanism *mechanism; /* in use */
    const char *binding;       /* channel binding in use, NULL for none */
};

/* HMAC with a key, its two pads already hashed. */
struct mote__hmac {
    struct mote_hash inner, outer;
};

struct mote__scram {
    const struct mote_config *config; /* user (the local part of the JID), password, kept keys, limit of iterations */
    const char *binding;              /* "tls-exporter" or another type; NULL for none: gs2_flag says why */
    const uint8_t *binding_data;
    uint8_t binding_len;
    bool exporter;                    /* it is "tls-exporter" */
    char tls;                         /* '4' on TLS 1.3, '3' on TLS 1.2 */
    char gs2_flag;                    /* 'y': we could bind, but the server offers no binding; 'n': we cannot */
    uint8_t kind;                     /* enum mote_hash_kind */
    uint32_t server_nonce, server_nonce_len; /* where the whole nonce lies in server_first */
    uint32_t iteration;               /* done so far */
    struct mote_keys keys;            /* those of this login */
    struct {
        struct mote__hmac password;
        uint8_t u[MOTE_HASH_MAX], salted[MOTE_HASH_MAX];
    } work;                           /* of PBKDF2 */
    union {
        uint8_t offers[MOTE_HASH_MAX]; /* until the challenge: the hash of what the server offered (XEP-0474) */
        uint8_t server_signature[MOTE_HASH_MAX]; /* from mote__scram_final on */
    };
    char nonce[MOTE_SCRAM_NONCE + 1];      /* ours */
    char server_first[MOTE_SCRAM_MAX + 1];
};

/* What keeps stanzas beyond the ring and the session: the outbox, seen from the engine (core/engine/durable.h). */
struct mote__durable {
    const struct mote__durable_class *type;
};

/* What is used most lies within the first 128 bytes, where an instruction reaches it with an offset of one byte. */
struct mote {
    struct mote__negotiation n;
    struct mote_module *modules;
    struct mote_iq *iqs;            /* requests without answer */
    uint64_t now_ms;                /* of the call in progress */
    const char *why;
    int error;                      /* why the stream ended: the first reason is kept */
    bool secured;                   /* TLS is on */
    bool restart;                   /* the reader expects a new stream header before it gets more bytes */
    bool want_room;                 /* an application's stanza was refused: MOTE_EV_ROOM is due */
    bool server_sm;                 /* XEP-0198 was offered */
    bool server_csi;                /* XEP-0352 was offered */
    bool broke;                     /* the last stream ended because of something that the server sent */
    uint8_t condition_at;           /* where in text the server's condition stands; 0 when the server gave none */
    bool no_sm;                     /* the last two streams ended so: the next one goes without XEP-0198 */
    uint32_t setup_len, setup_sent; /* bytes of setup, and how many of them were sent */
    const struct mote_run_ladder *ladder; /* for MOTE_EV_OFFLINE; or NULL */
    struct mote_sasl2 *sasl2;             /* NULL where it is not attached */
    struct mote_register *registrar;      /* likewise; NULL as well when there is an account */
    struct mote__durable *durable;        /* NULL without an outbox */
    struct mote__sm sm;
    struct mote__txring tx;
    struct mote_config config;
    struct mote__reader reader;
    struct mote_tls_info tls;
    union {
        struct mote__scram scram;   /* during the login */
        struct {
            uint16_t len;
            char text[254];
        } stream_header;            /* while the reader has no memory: core/engine/reader_memory.c */
    };
    uint64_t key[2];                /* random, for mote_siphash */
    uint64_t received_ms;           /* when bytes last came */
    int64_t unix_time;              /* at unix_time_ms; 0 while it is not known */
    uint64_t unix_time_ms;
    int32_t last_ticket;
    char jid[MOTE_JID_MAX + 1];
    char domain[256];
    char text[160];                 /* `why`, when it was put together, with the address of a redirect at its end */
    uint8_t setup[MOTE_SETUP_SIZE]; /* what the login has to send; it goes out before what is in the ring */
};

#ifdef __cplusplus
}
#endif

#endif
