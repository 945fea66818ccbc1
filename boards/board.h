/* SPDX-License-Identifier: MIT
 * What a board gives to an example, so that the same main.c runs on every board: port, services, settings, keys, a
 * console, a sensor, and room for one file. Only examples use this; your own application can use core/ and port/
 * directly.
 *
 * No function blocks. Strings that are returned stay valid until the program ends.
 */
#ifndef MOTE_BOARD_H
#define MOTE_BOARD_H

#include "board_limits.h" /* of the board: the sizes of an example's buffers */
#include "core/mote.h"
#include "core/store/store.h"
#include "port/port.h"
#include "port/run/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Call it before all else. Returns 0, or negative after a line on the console that says what is wrong and what to do.
 * Boards without a command line ignore `argc` and `argv`. */
int mote_board_init(int argc, char **argv);

const struct mote_port *mote_board_port(void);
const struct mote_services *mote_board_services(void);

/* Returns false when the program has been asked to end (SIGINT, SIGTERM, or Ctrl-C on a board's console). */
bool mote_board_running(void);

/// Settings: from arguments, environment and files on Linux; from the store on a board ///

/* A setting, or NULL when it is not set. All boards know jid, password, host, port, tls (direct, starttls), allow,
 * interval, count, service and node. */
const char *mote_board_setting(const char *name);
unsigned mote_board_number(const char *name, unsigned otherwise); /* the setting as a decimal number */

/* Fill in what the board knows: of `config` jid, password, keys and services; of `link` port, host, port_number and
 * tls. The rest stays as it is. Returns 0, or negative after a line on the console: there is no jid, or neither
 * password nor keys, or a setting makes no sense. */
int mote_board_config(struct mote_config *config, struct mote_run_config *link);

/* Where the account is still to be made, by the invitation in the setting `invite` ("-" where none is needed), attach
 * what makes it, if the board has room for that (BOARD_INVITES). Call it after mote_init. On Linux `mote register`
 * makes accounts, and this does nothing. */
void mote_board_register(struct mote *x);

/* Keep the keys of a login, so that the next one costs no PBKDF2 and needs no password. */
void mote_board_save_keys(const struct mote_keys *keys);

/// Store: on Linux the file named by the setting "store"; on a board its storage ///

/* Where an outbox can keep what is to be sent (core/modules/outbox/outbox.h). `dropped` and `ctx` go into struct
 * mote_store_config. NULL when there is no store, after a line on the console if there should be one. */
struct mote_store *mote_board_store(mote_store_dropped_fn *dropped, void *ctx);

/// What makes the next login cheaper: kept in the store on a board, and on Linux as long as the program runs ///

/* Go on with the TLS session of the connection before, also after a restart: port/tls/resume.h. Call it after
 * mote_board_config. A board without storage, or without room for it, makes whole handshakes as before. */
void mote_board_resume_tls(void);

/// Console ///

/* Write text to the console, and into a buffer, where it is cut to fit and NUL-terminated. The formats are only %s %.*s
 * %u %lu %d. */
void mote_board_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mote_board_format(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A line that was typed, without its end. Returns its length; 0 when there is none, negative when no more will come.
 * Empty lines are passed over. Input wakes mote_run_wait. */
int mote_board_read_line(char *line, size_t size);

/// Sensor ///

/* Take a reading as text, such as "21.5 C". Returns false when there is none now. On Linux it is the next line of the
 * file named by the setting "source", which begins anew at its end; on a board that of its own sensor, or the seconds
 * since it started. */
bool mote_board_sensor(char *text, size_t size);

/// One file: on Linux the one named by the setting "file"; on a board a region of its storage ///

uint64_t mote_board_file_size(void); /* bytes; 0 when there is none */

/* These are a mote_file_read_fn and a mote_file_write_fn of core/modules/files/files.h; they ignore ctx. What is
 * written replaces the file at mote_board_file_end(true); mote_board_file_end(false) throws it away. */
ptrdiff_t mote_board_file_read(void *ctx, uint64_t offset, void *buf, size_t len);
int mote_board_file_write(void *ctx, uint64_t offset, const void *buf, size_t len);
int mote_board_file_end(bool keep); /* 0, or MOTE_ERR_IO */

#ifdef __cplusplus
}
#endif

#endif
