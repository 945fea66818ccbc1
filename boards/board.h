/* SPDX-License-Identifier: MIT
 * What a board gives to an example, so that the same main.c runs on every one: port, services, settings, keys, a
 * console, a sensor, and room for one file. Only examples use this; an application of its own uses core/ and port/
 * directly.
 *
 * Nothing here blocks. Strings that are returned stay valid until the program ends.
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

/* First of all. Returns 0, or negative after a line on the console that says what is wrong and what to do. `argc` and
 * `argv` are ignored where there are none. */
int mote_board_init(int argc, char **argv);

const struct mote_port *mote_board_port(void);
const struct mote_services *mote_board_services(void);

/* False when the program has been asked to end (SIGINT, SIGTERM); boards without such a thing never do. */
bool mote_board_running(void);

/// Settings: from arguments, environment and files on Linux; from the store on a board ///

/* NULL when not set. Known to all boards: jid, password, host, port, tls (direct, starttls), allow, interval, count,
 * service, node. */
const char *mote_board_setting(const char *name);
unsigned mote_board_number(const char *name, unsigned otherwise); /* the setting as a decimal number */

/* Fill in what the board knows: of `config` jid, password, keys and services; of `link` port, host, port_number and
 * tls. Leaves the rest alone. Returns 0, or negative after a line on the console: no jid, no password and no keys, a
 * setting that is none. */
int mote_board_config(struct mote_config *config, struct mote_run_config *link);

/* Keep the keys of a login, so that the next one costs no PBKDF2 and needs no password. */
void mote_board_save_keys(const struct mote_keys *keys);

/// Store: on Linux the file named by the setting "store"; on a board its storage ///

/* Where an outbox can keep what is to be sent (core/modules/outbox/outbox.h); of `dropped` and `ctx` see struct
 * mote_store_config. NULL when there is none, after a line on the console if there should be one. */
struct mote_store *mote_board_store(mote_store_dropped_fn *dropped, void *ctx);

/// Console ///

/* A line to the console, and text into a buffer (cut to fit, NUL-terminated): formats %s %.*s %u %lu %d only. */
void mote_board_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mote_board_format(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A line that was typed, without its end. Returns its length, 0 when there is none (an empty line is none), negative
 * when no more will come. Input wakes mote_run_wait. */
int mote_board_read_line(char *line, size_t size);

/// Sensor ///

/* Take a reading as text, such as "21.5 C". False when there is none now. On Linux: the next line of the file named by
 * the setting "source", begun anew at its end; a board: its own sensor, or the seconds since it started. */
bool mote_board_sensor(char *text, size_t size);

/// One file: on Linux the one named by the setting "file"; on a board a region of its storage ///

uint64_t mote_board_file_size(void); /* bytes; 0 when there is none */

/* As mote_file_read_fn and mote_file_write_fn of core/modules/files/files.h; ctx is not used. What is written replaces
 * the file only at mote_board_file_end(true); mote_board_file_end(false) throws it away. */
ptrdiff_t mote_board_file_read(void *ctx, uint64_t offset, void *buf, size_t len);
int mote_board_file_write(void *ctx, uint64_t offset, const void *buf, size_t len);
int mote_board_file_end(bool keep); /* 0, or MOTE_ERR_IO */

#ifdef __cplusplus
}
#endif

#endif
