/* SPDX-License-Identifier: MIT
 * Uploads a file to the server's upload service (XEP-0363), and finds out whether its URL gives it back.
 */
#ifndef COMMAND_WEB_UPLOAD_H
#define COMMAND_WEB_UPLOAD_H

#include "examples/mote/link/session.h"

struct upload {
    const char *name, *type;
    uint64_t size;
    ptrdiff_t (*read)(void *ctx, uint64_t offset, void *bytes, size_t len); /* as mote_files_offer has it */
    char url[MOTE_UPLOAD_URL];                                              /* filled in: where the file is */
    uint8_t sha256[32];                                                     /* the same: of what was sent */
};

/* Look for a service that takes a file of this size. Returns 0 when there is one, and upload_why() is "" then;
 * EXIT_REFUSED when there is none, and upload_why() says why not; or what session_wait returns. */
int upload_find(uint64_t size);
const char *upload_why(void);

/* Upload it, to the service that upload_find found. Returns 0 when its URL has given the first bytes back; else an exit
 * code after having said why, or SESSION_STOPPED. */
int upload_file(struct upload *u);

/* Give it every event of the session. */
void upload_event(const struct mote_event *event);

#endif
