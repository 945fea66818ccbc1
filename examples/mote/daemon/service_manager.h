/* SPDX-License-Identifier: MIT
 * The service manager, if one started us: readiness, state and watchdog, by the protocol of sd_notify(3), which is
 * lines of text in a datagram to the socket that $NOTIFY_SOCKET names.
 */
#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

#include <stdint.h>

/* Look who started us. Harmless when nobody did. */
void service_open(void);

/* "READY=1", "STOPPING=1". */
void service_tell(const char *line);

/* "STATUS=..." for people; the same as before is not told again. */
void service_status(const char *text);

/* Tell the watchdog that we are alive, when it is time. Returns when it is next; UINT64_MAX: nobody asks. */
uint64_t service_beat(uint64_t now_ms);

#endif
