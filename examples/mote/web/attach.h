/* SPDX-License-Identifier: MIT
 * Files of mote post --attach: they are uploaded before the entry that links to them is published.
 */
#ifndef COMMAND_WEB_ATTACH_H
#define COMMAND_WEB_ATTACH_H

#include "core/modules/enclosure.h"

/* Upload them all. *list gets the links, NULL when there are none. Returns 0, or an exit code after having said why.
 * The session has SESSION_UPLOAD, and its events go to upload_event. */
int attach_upload(const struct mote_enclosure **list);

#endif
