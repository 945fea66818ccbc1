/* SPDX-License-Identifier: MIT
 * Decides which resource a session asks for. Whoever stays under the configured one holds a lock on the configuration
 * file: the system lets go of it when the process ends, however it ends.
 */
#include "examples/mote/link/resource.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "examples/mote/command.h"
#include "core/base/text.h"
#include "examples/mote/out/out.h"

static int lock = -1;

static bool is_ours(void)
{
    if (lock < 0) {
        lock = open(cli.config, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    /* On a file system without locks it is not known whether another process has the resource, so we take it. */
    return lock < 0 || flock(lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

const char *resource_claim(void)
{
    const struct settings *s = &cli.settings;
    if ((cli.verb->bit & VERB_SETS_UP) != 0 || s->resource[0] == '\0') {
        return "";
    }
    if (cli.resource_given) {
        return s->resource;
    }
    if (cli_stays() && is_ours()) {
        return s->resource;
    }
    if (cli_stays()) {
        detail("another process of this configuration stays as /%s: the server names our resource", s->resource);
    }
    return "";
}

void resource_release(void)
{
    if (lock >= 0) {
        close(lock);
        lock = -1;
    }
}
