/* SPDX-License-Identifier: MIT
 * Files that are shared by their URL: what is written into a message so that every client shows the file, and what a
 * message of any client tells of one. Stateless file sharing (XEP-0447) with metadata (XEP-0446), out of band data
 * (XEP-0066), SIMS (XEP-0385), or a body that is nothing but a URL. These are functions; there is no module to attach.
 */
#ifndef MOTE_SHARING_H
#define MOTE_SHARING_H

#include "core/modules/chat/chat.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MOTE_SHARING_UNKNOWN UINT64_MAX

/* Strings that are not told are NULL. Whoever sent them may lie: only the bytes themselves have a hash. */
struct mote_shared_file {
    const char *url; /* never NULL in what was received; of any scheme */
    const char *name, *type, *desc, *date;
    uint64_t size;          /* bytes, or MOTE_SHARING_UNKNOWN */
    uint32_t width, height; /* of a picture; 0 when that is not told */
    const uint8_t *sha256;  /* 32 bytes, or NULL */
    const char *how;        /* received: "sfs", "sims", "oob" or "body" */
    uint8_t sum[32];        /* received: what sha256 points to */
};

/* Send a message with the file's URL, which it has as its body, too. Returns what mote_chat_send returns, and
 * MOTE_EV_REFUSED has the same ticket when it bounces. Cost: ring, about 590 bytes + thrice the URL + to, name,
 * type. */
int32_t mote_sharing_send(struct mote_chat *chat, const char *to, const struct mote_shared_file *file);

/* Read the n-th file, counted from 0, that a message shares. Strings live as long as the event. Returns false when
 * there are fewer. The same URL is given once, with the most that is told of it. */
bool mote_sharing_read(const struct mote_message *message, unsigned n, struct mote_shared_file *file);

#ifdef __cplusplus
}
#endif

#endif
