/* SPDX-License-Identifier: MIT
 * mote get URL: one file over HTTPS.
 */
#ifndef COMMAND_WEB_DOWNLOAD_H
#define COMMAND_WEB_DOWNLOAD_H

/* Get it with the session that is on line, in the place of the verb that has it: into the folder of `directory`. The
 * same result. */
int download_beside(const char *url);

/* Get it into the folder of --dir. Returns an exit code after having said why, if it is not 0. */
int download(const char *url);

#endif
