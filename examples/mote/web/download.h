/* SPDX-License-Identifier: MIT
 * mote get URL: one file over HTTPS.
 */
#ifndef COMMAND_WEB_DOWNLOAD_H
#define COMMAND_WEB_DOWNLOAD_H

/* Get it into the folder of --dir. Returns an exit code after having said why, if it is not 0. */
int download(const char *url);

#endif
