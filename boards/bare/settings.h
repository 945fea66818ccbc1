/* SPDX-License-Identifier: MIT
 * Where a board's settings and keys come from.
 */
#ifndef MOTE_BARE_SETTINGS_H
#define MOTE_BARE_SETTINGS_H

#include <stdbool.h>

#include "core/mote.h"

/* Load them, from the store and under QEMU from the command line. `salt` is for mote_store_format. */
void mote__settings_load(uint64_t salt);

/* The keys that were kept for this account. Returns false when there are none. */
bool mote__settings_load_keys(const char *jid, struct mote_keys *keys);
int mote__settings_save_keys(const char *jid, const struct mote_keys *keys); /* 0, or what the store says */

/* The password of an account that this board makes itself, made and kept now if it was not before. NULL when it cannot
 * be kept. */
const char *mote__enroll_password(void);

/* The TLS session of the connection before, for struct mote_tls_resume. Nothing is kept without storage. */
ptrdiff_t mote__settings_load_tls(void *ctx, void *bytes, size_t size);
void mote__settings_save_tls(void *ctx, const void *bytes, size_t len);

/* The address of a network interface that has none of its own: of the setting "mac" (twelve hexadecimal digits), or a
 * random one that the store keeps. */
void mote__settings_mac(uint8_t mac[6]);

/* When the newest certificate that this device has accepted was issued, in seconds since 1970; 0: there was none. */
int64_t mote__settings_load_issued(void);
void mote__settings_save_issued(int64_t unix_time);

#endif
