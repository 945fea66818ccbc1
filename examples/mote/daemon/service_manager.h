/* SPDX-License-Identifier: MIT
 * Tells the service manager that we are ready, how we are, and that we are alive. By the protocol of sd_notify(3) these
 * are lines of text in a datagram to the socket that $NOTIFY_SOCKET names.
 */
#ifndef COMMAND_DAEMON_SERVICE_MANAGER_H
#define COMMAND_DAEMON_SERVICE_MANAGER_H

#include <stdint.h>

/* Find out whether a service manager started us. When none did, the other functions do nothing. */
void service_open(void);

/* Send "READY=1" or "STOPPING=1". */
void service_tell(const char *line);

/* Send "STATUS=..." for people. A text that is the same as before is not sent again. */
void service_status(const char *text);

/* Tell the watchdog that we are alive, when it is time. Returns when that is due again, or UINT64_MAX when there is no
 * watchdog. */
uint64_t service_beat(uint64_t now_ms);

#endif
