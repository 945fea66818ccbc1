/* SPDX-License-Identifier: MIT
 * The persistent storage of a board, in sectors. boards/bare/storage.h says what lies where.
 */
#ifndef MOTE_BARE_DISK_H
#define MOTE_BARE_DISK_H

#include <stdint.h>

enum { DISK_SECTOR = 512 }; /* bytes */

/* Find the storage. Returns 0, or negative when there is none. `name` says which one, on boards where there is a
 * choice; it may be NULL. */
int mote__disk_start(const char *name);
uint32_t mote__disk_sectors(void); /* 0 when there is none */

/* Both return 0, or negative for a failure. What was written survives a power cut when the call returns. */
int mote__disk_read(uint32_t sector, void *bytes);
int mote__disk_write(uint32_t sector, const void *bytes);

#endif
