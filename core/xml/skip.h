/* SPDX-License-Identifier: MIT
 * Finds the end of a stanza that is not read, in constant memory: a depth, and where in a token it is.
 *
 * It knows tags, quotes and CDATA, which is what the end depends on, and refuses what XMPP restricts. What it does not
 * see, since nothing of the stanza is used: end tags within that have another name, attributes given twice, references,
 * UTF-8.
 */
#ifndef MOTE_SKIP_H
#define MOTE_SKIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"

enum skip_result {
    SKIP_ON,         /* the end is further on */
    SKIP_END,        /* a stanza has ended */
    SKIP_CLOSED,     /* the stream has */
    SKIP_MALFORMED,  /* not well-formed */
    SKIP_RESTRICTED  /* a comment or processing instruction */
};

enum skip_state {
    SKIP_TEXT,
    SKIP_MARKUP,      /* behind < */
    SKIP_NAME,        /* of a start tag */
    SKIP_TAG,         /* behind that name */
    SKIP_VALUE,       /* within quotes */
    SKIP_EMPTY,       /* behind the / of an empty element */
    SKIP_END_TAG,     /* behind </ */
    SKIP_DECLARATION, /* behind <! */
    SKIP_CDATA,
    SKIP_FORBIDDEN    /* in a comment or processing instruction */
};

/* Go on over s[0..*len), up to and with the first end. *len becomes how many bytes that is. */
enum skip_result mote__skip_feed(struct mote__skip *k, const char *s, size_t *len);

#endif
