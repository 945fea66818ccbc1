/* SPDX-License-Identifier: MIT
 * The archive module's inner parts: queries and their results (modules/archive/query.c), catching up (archive.c), and
 * looking for messages that we sent (modules/archive/witness.c). The last is linked only where mote_archive_witness is
 * called.
 */
#ifndef MOTE_ARCHIVE_QUERY_H
#define MOTE_ARCHIVE_QUERY_H

#include "core/modules/archive/archive.h"
#include "core/modules/chat/receive.h"

enum archive_state {
    ARCHIVE_IDLE,    /* no session, or none that missed anything yet */
    ARCHIVE_NEWEST,  /* asked for the newest message's id: from there on */
    ARCHIVE_BEHIND,  /* asked for a page, or about to */
    ARCHIVE_CAUGHT_UP,
    ARCHIVE_NONE     /* of no use in this session */
};

enum archive_question_state { ARCHIVE_FREE, ARCHIVE_WAITS, ARCHIVE_WALKS };

/* Which messages: from `start` (unix time, 0: any) on; a page from a mark on, or back from it. `mark` NULL: from the
 * beginning or, going back, from the newest. */
struct archive_range {
    int64_t start;
    const char *mark;
    bool back;
    unsigned max;
};

/* Ask. Returns what mote_iq_send does. */
int32_t mote__archive_ask(struct mote_archive *a, struct mote__archive_query *q, const struct archive_range *range,
                    mote_iq_fn *answered);

/* One message of an answer. */
struct mote__archive_result {
    const char *id;                  /* of the archive */
    const struct mote_xml *message;  /* NULL: it has been taken away there */
    struct chat_parts parts;         /* of message */
    int64_t time;                    /* 0: not told */
};

/* Whether it answers `q`, which still waits for its end; then it is taken apart. `element` is the <result/>. */
bool mote__archive_result(const struct mote__archive_query *q, const struct mote_xml *element,
                          struct mote__archive_result *r);

/* The end of an answer. */
struct mote__archive_end {
    const char *first, *last; /* ids of the page, NULL when it is empty */
    bool complete;            /* nothing lies further in that direction */
    bool unstable;            /* the archive may yet change its mind */
};

/* False: it is none. */
bool mote__archive_end(const struct mote_xml *reply, struct mote__archive_end *end);

/* The archive module that begins with this one; by way of void, since it may be aligned to more. */
static inline struct mote_archive *archive_of(struct mote_module *m)
{
    return (void *)m;
}

/* The finder, by address: archive.c must not name it. Set by the first question. */
struct mote__archive_finder {
    void (*result)(struct mote_archive *a, const struct mote__archive_result *r);
    void (*tick)(struct mote_archive *a);
    void (*again)(struct mote_archive *a); /* the session has ended: all is to be asked again */
};

#endif
