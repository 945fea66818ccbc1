/* SPDX-License-Identifier: MIT
 * struct mote_keys in a file of its own: one line of text, which only its owner can read. The file is whole, or not
 * there at all.
 */
#ifndef MOTE_PORT_STORE_KEYS_FILE_H
#define MOTE_PORT_STORE_KEYS_FILE_H

#include "core/mote.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns false when the file has no keys for this account (it may have those of another one), or is none of ours. */
bool mote_keys_file_load(const char *path, const char *jid, struct mote_keys *keys);

/* A power cut leaves the old file or the new one. Returns 0, or MOTE_ERR_IO with errno. */
int mote_keys_file_save(const char *path, const char *jid, const struct mote_keys *keys);

#ifdef __cplusplus
}
#endif

#endif
