/* SPDX-License-Identifier: MIT
 * Upload slots (XEP-0363): which service of the server takes files over HTTP, and a place there for one file. The file
 * itself goes over HTTPS, which the port does (port/http/fetch.h).
 */
#ifndef MOTE_UPLOAD_H
#define MOTE_UPLOAD_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_upload_event {
    MOTE_EV_UPLOAD_SERVICE = 96, /* the service is known: `service` and `max_size` of struct mote_upload */
    MOTE_EV_UPLOAD_SLOT          /* mote_upload_slot_of */
};

/* SERVICES: items of the server that are asked what they are. HEADERS: of one slot. TEXT: bytes of all headers of a
 * slot, each name and value with a NUL. */
enum { MOTE_UPLOAD_SERVICES = 12, MOTE_UPLOAD_HEADERS = 8, MOTE_UPLOAD_TEXT = 1536, MOTE_UPLOAD_URL = 2048 };

#define MOTE_UPLOAD_ANY_SIZE UINT64_MAX

struct mote_upload_file {
    const char *name; /* of the file alone; it becomes part of the URL */
    uint64_t size;    /* bytes */
    const char *type; /* media type, or NULL */
};

/* Where the file may be put. All of it is checked: both URLs are https and of legal characters; the headers are those
 * that the specification allows, without a line end in them. Strings live until the callback returns. */
struct mote_upload_slot {
    const char *put; /* URL for the PUT */
    const char *get; /* URL of the file, once it was put */
    unsigned header_count;
    struct {
        const char *name, *value;
    } headers[MOTE_UPLOAD_HEADERS]; /* of the PUT, in this order */
};

/* The slot of MOTE_EV_UPLOAD_SLOT. */
static inline const struct mote_upload_slot *mote_upload_slot_of(const struct mote_event *event)
{
    return (const struct mote_upload_slot *)event->data;
}

struct mote_upload {
    struct mote_module mod;
    char service[MOTE_JID_MAX + 1]; /* "" while none is known */
    uint64_t max_size;              /* largest file that it takes; MOTE_UPLOAD_ANY_SIZE when it does not say */
    struct mote_iq items, info[1 + MOTE_UPLOAD_SERVICES], slot; /* private from here on */
    int32_t ticket;                                             /* of the search */
    char text[MOTE_UPLOAD_TEXT];
};

void mote_upload_attach(struct mote_upload *upload, struct mote *x);

/* Ask the server and what belongs to it for the service. Returns a ticket > 0: MOTE_EV_UPLOAD_SERVICE or
 * MOTE_EV_REFUSED follow. Or MOTE_ERR_STATE off line, MOTE_ERR_FULL, MOTE_ERR_BUSY while it searches already. */
int32_t mote_upload_find(struct mote_upload *upload);

/* Ask the service for a place for this file; it is valid for some minutes. Returns a ticket > 0: MOTE_EV_UPLOAD_SLOT or
 * MOTE_EV_REFUSED follow; the latter with MOTE_ERR_POLICY when the slot was none to use, and `why` says what was wrong.
 * Or, beside those of mote_upload_find:
 *   MOTE_ERR_STATE   no service is known
 *   MOTE_ERR_SIZE    the file is larger than the service takes
 *   MOTE_ERR_ARG     the name is empty, or has a slash in it */
int32_t mote_upload_request(struct mote_upload *upload, const struct mote_upload_file *file);

#ifdef __cplusplus
}
#endif

#endif
