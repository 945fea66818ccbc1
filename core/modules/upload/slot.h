/* SPDX-License-Identifier: MIT
 * Private to the upload module: what a service says of a slot, checked.
 */
#ifndef MOTE_UPLOAD_SLOT_H
#define MOTE_UPLOAD_SLOT_H

#include "core/modules/upload/upload.h"

/* Read <slot/>. The headers are copied to text[0..size). Returns NULL, or what is wrong with the slot. */
const char *mote__upload_slot_read(const struct mote_xml *slot, struct mote_upload_slot *out, char *text, size_t size);

#endif
