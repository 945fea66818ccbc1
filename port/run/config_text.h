/* SPDX-License-Identifier: MIT
 * What people write into settings, read: for the loop and for TLS. Pure: where it comes from is the caller's business.
 */
#ifndef MOTE_PORT_RUN_CONFIG_TEXT_H
#define MOTE_PORT_RUN_CONFIG_TEXT_H

#include "port/run/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill in host, port_number and tls of `config` from the settings "host", "port" and "tls" (any, direct, starttls,
 * clear), as far as `setting` has them. NULL, or a sentence fragment about the one that makes no sense. */
const char *mote_config_run(struct mote_run_config *config, const char *(*setting)(const char *name));

/* "sha256:" and 64 hexadecimal digits, between which there may be colons. False when it is something else. */
bool mote_config_pin(const char *text, uint8_t sha256[32]);

/* "error", "warn", "info", "trace". */
bool mote_config_log_level(const char *text, enum mote_log_level *level);

#ifdef __cplusplus
}
#endif

#endif
