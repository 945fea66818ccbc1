/* SPDX-License-Identifier: MIT
 * The media type of a file, by what its name ends with.
 */
#ifndef COMMAND_WEB_MEDIA_TYPE_H
#define COMMAND_WEB_MEDIA_TYPE_H

/* "image/jpeg" for "photo.JPG"; "application/octet-stream" when the end of the name is not known. */
const char *media_type(const char *name);

#endif
