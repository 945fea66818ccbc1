/* SPDX-License-Identifier: MIT
 * struct mote_keys in a file of its own: one line of text, readable by its owner only, whole or not there at all.
 */
#ifndef MOTE_PORT_STORE_KEYS_FILE_H
#define MOTE_PORT_STORE_KEYS_FILE_H

#include "core/mote.h"

/* False when there are none for this account (the file may hold those of another one), or the file is none of ours. */
bool mote_keys_file_load(const char *path, const char *jid, struct mote_keys *keys);

/* A power cut leaves the old file or the new one. 0, or MOTE_ERR_IO with errno. */
int mote_keys_file_save(const char *path, const char *jid, const struct mote_keys *keys);

#endif
