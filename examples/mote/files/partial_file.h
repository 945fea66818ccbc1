/* SPDX-License-Identifier: MIT
 * A file that is being received. It is hidden under a name of its own until it is whole; then it gets a name that no
 * other file has.
 */
#ifndef COMMAND_FILES_PARTIAL_FILE_H
#define COMMAND_FILES_PARTIAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "examples/mote/files/safe_names.h"

struct sink {
    int dir;       /* the folder's descriptor; the caller sets it */
    int fd;        /* the file's, or -1 */
    int error;     /* errno of the first failure */
    uint64_t size; /* how many bytes it will have, 0 when that is not known; the caller sets it */
    uint64_t end;  /* how many bytes were written */
    char part[32]; /* its hidden name: ".mote-part-" and a random word */
};

/* Open the folder. Returns a descriptor, or -1 with errno. */
int sink_folder(const char *path);

/* How many bytes may still be written there; UINT64_MAX when the file system does not tell. */
uint64_t sink_room(int dir);

/* Remove the hidden files that receivers left there when they died. A receiver holds a lock on its file while it is
 * alive, so files without a lock are nobody's. Returns how many there were. */
unsigned sink_clean(int dir);

/* How many bytes of its size are still to come. */
uint64_t sink_missing(const struct sink *s);

/* Make the file. `random` is a word of [A-Za-z0-9_-] for its name. Returns 0, or -1 with errno. */
int sink_begin(struct sink *s, int dir, const char *random);

/* Writes a block, as mote_files_accept wants it; ctx is the struct sink. */
int sink_write(void *ctx, uint64_t offset, const void *bytes, size_t len);

/* Give the file the name `wanted`, or the next of its numbered names that is free, and put that into `name`. Returns 0,
 * or -1 with errno, and the file is removed then. */
int sink_keep(struct sink *s, const char *wanted, char name[NAME_SIZE]);

/* Remove the file, if there is one. */
void sink_drop(struct sink *s);

#endif
