/* SPDX-License-Identifier: MIT
 * Reads what people write into settings for the loop and for TLS. These are pure functions; the caller has the text.
 */
#ifndef MOTE_PORT_RUN_CONFIG_TEXT_H
#define MOTE_PORT_RUN_CONFIG_TEXT_H

#include "port/run/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill in host, port_number and tls of `config` from the settings "host", "port" and "tls" (any, direct, starttls,
 * clear), as far as `setting` has them. Returns NULL, or a sentence fragment about the one that makes no sense. */
const char *mote_config_run(struct mote_run_config *config, const char *(*setting)(const char *name));

/* Read "sha256:" and 64 hexadecimal digits, between which there may be colons. Returns false when it is something
 * else. */
bool mote_config_pin(const char *text, uint8_t sha256[32]);

/* Read "error", "warn", "info" or "trace". */
bool mote_config_log_level(const char *text, enum mote_log_level *level);

#ifdef __cplusplus
}
#endif

#endif
