/* SPDX-License-Identifier: MIT
 * Paths that another user may have prepared, such as a folder of a service that a command of root uses, or /tmp.
 *
 * A symbolic link is followed if it and the folder that it stands in belong to root or to the user who runs this. Any
 * other link could lead to where only we may write. In a folder that others may write to, a file counts only if it has
 * no second name (hard link), and belongs to root, to the user who runs this, or to the owner of the folder.
 */
#ifndef MOTE_PORT_STORE_SAFE_PATH_H
#define MOTE_PORT_STORE_SAFE_PATH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The folder that a path leads to, and the last name in it, which is no link. */
struct mote_safe_path {
    int dir; /* opened with O_PATH; -1 when it is closed */
    uid_t owner;
    gid_t group;
    bool shared; /* others may put something there */
    char name[256];
};

#define MOTE_SAFE_PATH_NONE {.dir = -1}

/* All functions return 0 (or a descriptor), or -1 with errno; this says why, in words. */
const char *mote_safe_path_why(void);

/* Refuse for a reason of the caller: returns -1 with EPERM, and mote_safe_path_why gives `why`. */
int mote_safe_path_refuse(const char *why);

/* Find the folder of a path. With `make` the folders that are missing are made, mode 0700. */
int mote_safe_path_find(struct mote_safe_path *p, const char *path, bool make);
void mote_safe_path_close(struct mote_safe_path *p);

/* Open or create the file, as open(2): only regular files, and without waiting. mote_safe_open finds the path as well,
 * and gives what it makes to whom it has to belong (mote_safe_path_give). */
int mote_safe_path_open(const struct mote_safe_path *p, int flags, mode_t mode);
int mote_safe_open(const char *path, int flags, mode_t mode);

/* Look at what is there. It has to be of this type (S_IFREG or S_IFSOCK), and to belong to somebody who may put it
 * there. ENOENT: there is nothing. */
int mote_safe_path_stat(const struct mote_safe_path *p, mode_t type, struct stat *st);

/* Give a file that root has made to the owner of its folder: a service does not run as root, and has to use it. */
void mote_safe_path_give(const struct mote_safe_path *p, int fd);

/* Make the folder durable, because a new name in it survives a power cut only when the folder was written. */
void mote_safe_path_sync(const struct mote_safe_path *p);

/* Open a folder, to read it and to make files in it. */
int mote_safe_folder(const char *path);

#ifdef __cplusplus
}
#endif

#endif
