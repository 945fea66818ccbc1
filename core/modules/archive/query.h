/* SPDX-License-Identifier: MIT
 * What the files of core/modules/archive/ share: queries and their results (query.c), catching up (archive.c), and
 * looking for messages that we sent (witness.c). The last is linked only where mote_archive_witness is called.
 */
#ifndef MOTE_ARCHIVE_QUERY_H
#define MOTE_ARCHIVE_QUERY_H

#include "core/modules/archive/archive.h"
#include "core/modules/chat/receive.h"

enum archive_state {
    ARCHIVE_IDLE,      /* there is no session, or catching up has not begun in it */
    ARCHIVE_NEWEST,    /* the newest message's id has been asked for: all behind it will be given */
    ARCHIVE_BEHIND,    /* a page has been asked for, or is about to be */
    ARCHIVE_CAUGHT_UP, /* all has been given */
    ARCHIVE_NONE       /* the archive is of no use in this session */
};

enum archive_question_state { ARCHIVE_FREE, ARCHIVE_WAITS, ARCHIVE_WALKS };

/* Which messages to ask for: those stored from `start` on (unix time; 0 for all), as a page behind the one with the id
 * `mark`, or with `back` before it. `mark` NULL is the beginning or, going back, the end of the archive. */
struct archive_range {
    int64_t start;
    const char *mark;
    bool back;
    unsigned max;
};

/* Send the query. Returns what mote_iq_send does. */
int32_t mote__archive_ask(struct mote_archive *a, struct mote__archive_query *q, const struct archive_range *range,
                    mote_iq_fn *answered);

/* One message of an answer. */
struct mote__archive_result {
    const char *id;                 /* in the archive */
    const struct mote_xml *message; /* NULL when the archive does not have it any more */
    struct chat_parts parts;        /* of message */
    int64_t time;                   /* 0 when the archive does not tell it */
};

/* Does the <result/> `element` belong to the answer to `q`, which has not ended yet? Then it is taken apart. */
bool mote__archive_result(const struct mote__archive_query *q, const struct mote_xml *element,
                          struct mote__archive_result *r);

/* The end of an answer. */
struct mote__archive_end {
    const char *first, *last; /* ids of the page, NULL when it is empty */
    bool complete;            /* nothing lies further in that direction */
    bool unstable;            /* the archive says that this page may yet change */
};

/* Read it. Returns false when `reply` has no such end. */
bool mote__archive_end(const struct mote_xml *reply, struct mote__archive_end *end);

/* The archive module that begins with this one. The cast goes by way of void, because it may be aligned to more. */
static inline struct mote_archive *archive_of(struct mote_module *m)
{
    return (void *)m;
}

/* What witness.c adds to archive.c, by address, so that a program without witness does not link it. The first question
 * sets it. */
struct mote__archive_finder {
    void (*result)(struct mote_archive *a, const struct mote__archive_result *r);
    void (*tick)(struct mote_archive *a);
    void (*again)(struct mote_archive *a); /* the session has ended: all is to be asked again */
};

#endif
