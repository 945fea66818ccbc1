/* SPDX-License-Identifier: MIT
 * When to try again, as pure functions. The delay is random between 1 s and a ceiling that doubles with each failure
 * (full jitter). The condition that the server ended the stream with may add to it (RFC 6120 section 4.9.3,
 * docs/DESIGN.md):
 *
 *   system-shutdown          the server will be back: 1 s to 8 s at first, so that not all of its clients come at once
 *   policy-violation         what we do is not permitted, and we shall do it again: half a minute more
 *   resource-constraint      the server has too much to do: half a minute more
 *   host-unknown, host-gone  the server does not serve the domain: the other addresses first, then a minute more
 *   temporary-auth-failure   the password may be right, says SASL: ten seconds more
 *   reset, and all others    a new session is welcome: 1 s to 2 s at first
 *
 * After a conflict the application decides: see struct mote_run_config.
 */
#ifndef MOTE_RETRY_H
#define MOTE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_RETRY_MIN_MS = 1000, MOTE_RETRY_MAX_MS = 300000 };

/* `attempt` counts failures in a row from 1; `random` is any 32 random bits. Result in
 * MOTE_RETRY_MIN_MS..MOTE_RETRY_MAX_MS. */
uint32_t mote_retry_delay_ms(unsigned attempt, uint32_t random);

/* As mote_retry_delay_ms, for a stream that ended with `condition` (mote_condition), which may ask for more
 * patience. */
uint32_t mote_retry_after_ms(const char *condition, unsigned attempt, uint32_t random);

/* Is it one of the conditions above? Then another try makes sense. */
bool mote_retry_asked(const char *condition);

#ifdef __cplusplus
}
#endif

#endif
