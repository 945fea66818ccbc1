/* SPDX-License-Identifier: MIT
 * A file that is being received: hidden under a name of its own until it is whole, then under a name that nothing else
 * had.
 */
#ifndef CLI_SINK_H
#define CLI_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "examples/mote/files/safe_names.h"

struct sink {
    int dir;       /* of the folder; the caller's */
    int fd;        /* -1: none */
    int error;     /* errno of the first failure */
    uint64_t size; /* bytes that it will have; 0: not known. The caller's */
    uint64_t end;  /* bytes that were written */
    char part[32]; /* ".mote-part-" and a random word */
};

/* Open the folder. A descriptor, or -1 with errno. */
int sink_folder(const char *path);

/* Bytes that may still be written there; UINT64_MAX when that cannot be told. */
uint64_t sink_room(int dir);

/* Remove what receivers that died have left there: whoever still writes to one holds a lock on it. Returns how many. */
unsigned sink_clean(int dir);

/* Bytes of its size that are still to come. */
uint64_t sink_missing(const struct sink *s);

/* Begin. `random` is a word of [A-Za-z0-9_-]. 0, or -1 with errno. */
int sink_begin(struct sink *s, int dir, const char *random);

/* For mote_files_accept: ctx is the struct sink. */
int sink_write(void *ctx, uint64_t offset, const void *bytes, size_t len);

/* Keep it under `wanted`, or the next of its numbered names that is free; `name` gets it. 0, or -1 with errno and
 * nothing left behind. */
int sink_keep(struct sink *s, const char *wanted, char name[NAME_SIZE]);

/* Throw it away; harmless when there is none. */
void sink_drop(struct sink *s);

#endif
