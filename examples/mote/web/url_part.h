/* SPDX-License-Identifier: MIT
 * What is here of a file that is being got from a URL. It has a hidden name that is made of the URL, and a record
 * beside it, so that the same URL goes on from there after the process or the machine has ended, however that happened.
 */
#ifndef COMMAND_WEB_URL_PART_H
#define COMMAND_WEB_URL_PART_H

#include "core/services.h"
#include "examples/mote/files/partial_file.h"
#include "port/http/fetch.h"

struct url_part {
    struct sink sink; /* its end is how many bytes are here */
    const char *url;
    char version[MOTE_HTTP_ETAG]; /* of mote_fetch_version; "": it cannot be gone on with */
    uint64_t total;               /* bytes of the whole file, or MOTE_HTTP_UNKNOWN */
    uint64_t safe;                /* so many bytes are on the disk, and in the record */
    struct mote_hash hash;        /* of what is here */
};

/* Open what is here of the URL, or begin it. The bytes that the record tells are hashed again; when they are others by
 * now, it begins anew. Returns 0, or -1 with errno, which is EWOULDBLOCK when another process has it. */
int url_part_open(struct url_part *p, int dir, const char *url);

/* Begin anew: throw away what is here. Returns 0, or -1 with errno. */
int url_part_clear(struct url_part *p);

/* Add bytes to the end. Now and then they are put on the disk, and the record is written. Returns 0, or -1 with errno.
 */
int url_part_add(struct url_part *p, const void *bytes, size_t len);

/* Put all of it on the disk, and write the record, because it breaks off here. */
int url_part_save(struct url_part *p);

void url_part_sum(const struct url_part *p, uint8_t sha256[32]);

/* As sink_keep and sink_drop, with the record. url_part_leave only closes it. */
int url_part_keep(struct url_part *p, const char *wanted, char name[NAME_SIZE]);
void url_part_drop(struct url_part *p);
void url_part_leave(struct url_part *p);

/* Remove the parts there that were not touched for a week, unless somebody has them open. */
void url_part_clean(int dir);

#endif
