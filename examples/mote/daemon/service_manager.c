/* SPDX-License-Identifier: MIT
 * What mote run tells the service manager: that it is ready, how it is, and that it is alive.
 */
#include "examples/mote/daemon/service_manager.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/xml/stanza.h"

static int fd = -1;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_len;
static uint64_t beat_ms, next_ms = UINT64_MAX; /* how often it is told; 0 for never */
static char last[256];

static uint64_t number_in(const char *name)
{
    const char *text = getenv(name);
    uint64_t value = 0;
    return text != NULL && mote_text_uint(text, INT64_MAX, &value) ? value : 0;
}

void service_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path != NULL ? strlen(path) : 0;
    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, path, len + 1);
    address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (path[0] == '@') { /* it stands for the NUL of the abstract namespace */
        address.sun_path[0] = '\0';
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint64_t pid = number_in("WATCHDOG_PID"), interval = number_in("WATCHDOG_USEC");
    if (interval != 0 && (pid == 0 || pid == (uint64_t)getpid())) {
        beat_ms = interval / 2000 > 0 ? interval / 2000 : 1;
        next_ms = 0;
    }
}

void service_tell(const char *line)
{
    if (fd >= 0) {
        (void)!sendto(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, address_len);
    }
}

void service_status(const char *text)
{
    char line[sizeof last];
    snprintf(line, sizeof line, "STATUS=%s", text);
    line[strcspn(line, "\n")] = '\0';
    if (fd >= 0 && strcmp(line, last) != 0) {
        memcpy(last, line, sizeof last);
        service_tell(line);
    }
}

uint64_t service_beat(uint64_t now_ms)
{
    if (fd >= 0 && beat_ms != 0 && now_ms >= next_ms) {
        service_tell("WATCHDOG=1");
        next_ms = now_ms + beat_ms;
    }
    return next_ms;
}
