/* SPDX-License-Identifier: MIT
 * The account's own archive on the server (XEP-0313): what was missed while off line is fetched from it, and it is
 * asked whether a message that we sent had arrived.
 *
 * Catching up. After each login that began a new session, all that came behind the last known place is read page by
 * page and given as MOTE_EV_MESSAGE and MOTE_EV_RECEIPT, oldest first, each once. Messages that the server sends
 * meanwhile, live or stored for us (XEP-0160), lie in the archive as well: they are not given when they come, but in
 * their turn. Each page ends in MOTE_EV_ARCHIVED, the last one in MOTE_EV_CAUGHT_UP. From then on each live message
 * moves the place on, with a MOTE_EV_ARCHIVED of its own after it. A session that was resumed has missed nothing, so
 * nothing is asked.
 *
 * The application keeps the place over a restart: id and time of MOTE_EV_ARCHIVED, which it gives back in the
 * configuration. A restart between a message and its event gives the message again.
 *
 * A message too large for the stanza arena is skipped, as it is when it comes live: MOTE_EV_OVERSIZE. Posts of pubsub
 * services are not given, because mote_blog_read has them.
 */
#ifndef MOTE_ARCHIVE_H
#define MOTE_ARCHIVE_H

#include "core/module.h"
#include "core/modules/chat/chat.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_store;

/* Longest id of an archived message that is kept, in bytes without the NUL; with longer ones there is no catching up.
 * Range 22..255. Prosody's have 12 to 36, others up to 20. */
#ifndef MOTE_ARCHIVE_ID_MAX
#define MOTE_ARCHIVE_ID_MAX 63
#endif

MOTE_STATIC_ASSERT(MOTE_ARCHIVE_ID_MAX >= 22 && MOTE_ARCHIVE_ID_MAX <= 255, "MOTE_ARCHIVE_ID_MAX is 22..255");

enum {
    MOTE_ARCHIVE_PAGE = 50,   /* messages asked for at a time; as many as Prosody gives */
    MOTE_ARCHIVE_RECENT = 16, /* messages that are known again by their hash; 8 bytes of struct mote_archive each */
    MOTE_ARCHIVE_ASKED = 8    /* questions of mote_archive_witness that wait at a time; 32 bytes each */
};

enum mote_archive_event {
    /* mote_archived_of is the place up to which all was given. Keep it over a restart. */
    MOTE_EV_ARCHIVED = 48,

    /* Nothing is left to catch up with; or it cannot be done, and error, why and condition say why not.
     * mote_archived_of is the place. */
    MOTE_EV_CAUGHT_UP
};

/* A place in the archive: all up to and including this message has been given. MOTE_EV_ARCHIVED and MOTE_EV_CAUGHT_UP
 * carry it. */
struct mote_archived {
    const char *id;    /* never NULL; "" when the archive was empty */
    int64_t time;      /* seconds since 1970 UTC, 0 when it is not known */
    unsigned messages; /* given out of the archive since the login, receipts counted; in MOTE_EV_CAUGHT_UP */
};

/* Of MOTE_EV_ARCHIVED and MOTE_EV_CAUGHT_UP. */
static inline const struct mote_archived *mote_archived_of(const struct mote_event *event)
{
    return (const struct mote_archived *)event->data;
}

enum mote_archive_flags {
    /* Give what other devices of this account sent as well, with message->sent. What this device sent is known by its
     * resource, so choose a fixed one. */
    MOTE_ARCHIVE_SENT = 1u << 0
};

/* What the archive tells of a message that we sent. */
enum mote_archive_testimony {
    MOTE_ARCHIVE_FOUND,      /* the server has had it */
    MOTE_ARCHIVE_NOT_FOUND,  /* the server has not had it, or it would be there */
    MOTE_ARCHIVE_CANNOT_TELL /* there is no archive, or it leaves this receiver out, or it gave no answer */
};
typedef void mote_archive_answer_fn(void *ctx, uint32_t tag, enum mote_archive_testimony testimony);

/* A zeroed field means the default. `last` is copied; the other pointers stay valid. */
struct mote_archive_config {
    /* Attached already; required. It gives the messages, and its flags say whether receipts are answered. */
    struct mote_chat *chat;

    /* The place to go on from, of an earlier MOTE_EV_ARCHIVED. "" means the archive's beginning; NULL means the time
     * `since`, or from now on when that is 0 as well. */
    const char *last;

    /* Unix time of the place, for the case that the archive has forgotten it. */
    int64_t since;

    /* Messages asked for at a time, 1..250; default MOTE_ARCHIVE_PAGE. A page costs a round trip; after a lost link it
     * may come again. */
    unsigned page;

    uint32_t flags; /* enum mote_archive_flags, or-ed */

    /* Answers to mote_archive_witness; NULL when that is not used. */
    mote_archive_answer_fn *answer;
    void *answer_ctx;
};

/* A query of which one waits at a time; `name` is its queryid. */
struct mote__archive_query {
    struct mote_iq iq;
    char name[12];
};

/* What mote_archive_witness was asked. */
struct mote__archive_question {
    uint64_t message;  /* keyed hash of the id and the receiver */
    uint64_t receiver; /* keyed hash of its bare JID */
    int64_t since;
    uint32_t tag;
    uint8_t state;     /* enum archive_question_state */
};

struct mote__archive_finder;

struct mote_archive {
    struct mote_module mod;
    struct mote_archive_config config;
    struct mote__archive_query catching, finding;
    const struct mote__archive_finder *finder; /* NULL before the first question */
    int64_t time;               /* of the place */
    int64_t from, covered;      /* what was stored between these times has been given */
    uint64_t retry_ms, find_ms; /* when to ask again; UINT64_MAX for never */
    uint64_t held;      /* keyed hash of the newest message that was left to the archive; 0 when it has been given */
    int64_t find_since; /* of the questions that the walk is to answer */
    unsigned given;     /* messages, since the login */
    uint8_t state;      /* enum archive_state */
    uint8_t tries;      /* without an answer */
    uint8_t oldest;     /* index of the oldest entry of recent */
    uint8_t pages;      /* that the walk has looked through */
    uint8_t broken;     /* streams in a row that a page ended; a good page sets it to 1, so that pages stay small */
    bool known;         /* there is a place: `last` */
    bool works;         /* the server has shown that it has an archive */
    bool moved;         /* the place has moved, and the application does not know it yet */
    bool once_more;     /* what was held has been asked for beyond the end of the archive */
    uint64_t recent[MOTE_ARCHIVE_RECENT]; /* keyed hashes of ids; bit 0: held, not given yet */
    struct mote__archive_question questions[MOTE_ARCHIVE_ASKED];
    char last[MOTE_ARCHIVE_ID_MAX + 1];
};

/* Attach it after the chat module, in any order with the others. `config` is copied. Returns 0, or MOTE_ERR_ARG when
 * there is no chat, or `last` is longer than MOTE_ARCHIVE_ID_MAX. */
int mote_archive_attach(struct mote_archive *a, struct mote *x, const struct mote_archive_config *config);

/* The place, at any time. Returns false while there is none. */
bool mote_archive_last(const struct mote_archive *a, struct mote_archived *place);

/* Begin again behind an earlier place: all that came since is given once more, in its order. An application that could
 * not take messages for a while need not remember which. Returns 0; MOTE_ERR_STATE when it is off line, not caught up,
 * or the server has no archive; MOTE_ERR_SIZE when the id is too long. */
int mote_archive_again(struct mote_archive *a, const struct mote_archived *place);

/* Has everything been caught up with since the login, or turned out to be impossible? */
bool mote_archive_caught_up(const struct mote_archive *a);

/* Keep the place in a store under a key, and bring it back into config->last, which then points to `id`, and
 * config->since. They return what mote_store_put and mote_store_get do; load returns 0 when there is nothing. */
int mote_archive_save(struct mote_store *s, const char *key, const struct mote_archived *place);
int mote_archive_load(struct mote_store *s, const char *key, struct mote_archive_config *config,
                      char id[MOTE_ARCHIVE_ID_MAX + 1]);

/* Was this message of ours, of type chat or normal, handled by the server? It is looked for in the archive by its id
 * and receiver, from `since` on, less five minutes for clocks that differ. With `since` 0 it is looked for as far back
 * as ten pages go. Questions that come together are answered by one walk. config.answer is called exactly once for
 * each, never from within this function. When the session ends first, they are asked again in the next one; the same
 * question with the same tag counts once.
 *
 * Returns 0, or
 *   MOTE_ERR_STATE   off line, or there is no config.answer
 *   MOTE_ERR_BUSY    MOTE_ARCHIVE_ASKED questions wait already
 *   MOTE_ERR_ARG     there is no id, or one longer than MOTE_ID_MAX; or `to` is no JID
 *
 * The signature is that of a witness for the outbox: pass it with the archive as context. */
int mote_archive_witness(void *archive, const char *to, const char *id, int64_t since, uint32_t tag);

#ifdef __cplusplus
}
#endif

#endif
