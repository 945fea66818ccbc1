/* SPDX-License-Identifier: MIT
 * Paths that another user may have prepared: a command of root meets the folder of a service, two users meet in /tmp.
 *
 * A symbolic link is followed where it, and the folder that it stands in, belong to root or to who runs this; any other
 * could be turned to where only we may write. In a folder that others may write to, a file counts only if it has this
 * one name and belongs to root, to who runs this, or to the owner of the folder.
 */
#ifndef PORT_SAFE_PATH_H
#define PORT_SAFE_PATH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The folder that a path leads to, and the last name in it, which is no link. */
struct mote_safe_path {
    int dir; /* O_PATH; -1: closed */
    uid_t owner;
    gid_t group;
    bool shared; /* others may put something there */
    char name[256];
};

#define MOTE_SAFE_PATH_NONE {.dir = -1}

/* All return 0 (or a descriptor), or -1 with errno; mote_safe_path_why then says it in words. */
const char *mote_safe_path_why(void);
int mote_safe_path_refuse(const char *why); /* -1 with EPERM, for a reason of the caller's own */

/* Find it. `make`: with the folders that are missing, mode 0700. */
int mote_safe_path_find(struct mote_safe_path *p, const char *path, bool make);
void mote_safe_path_close(struct mote_safe_path *p);

/* Open or create the file, as open(2): regular files only, never waiting. */
int mote_safe_path_open(const struct mote_safe_path *p, int flags, mode_t mode);
int mote_safe_open(const char *path, int flags, mode_t mode);

/* What is there: of one of the types S_IFREG and S_IFSOCK, and of somebody who may put it there. ENOENT: nothing. */
int mote_safe_path_stat(const struct mote_safe_path *p, mode_t type, struct stat *st);

/* What root made in the folder of another user is that user's: a service does not run as root. */
void mote_safe_path_give(const struct mote_safe_path *p, int fd);

/* Make what is in the folder durable: a name is only safe once its folder is written. */
void mote_safe_path_sync(const struct mote_safe_path *p);

/* A folder, to be read and to be written into. */
int mote_safe_folder(const char *path);

#endif
