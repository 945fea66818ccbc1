/* SPDX-License-Identifier: MIT
 * A file of one line: "MOTESERVER1 JID HOST PORT WAITS-UNTIL PROFILE OFFERS BINDING TOKEN MECHANISM VERSION", "-" for
 * what there is none of. Host and port are those of the configuration: another address may be another server.
 */
#include "examples/mote/link/known_server.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/command.h"
#include "examples/mote/conf/settings.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/out.h"

enum { LINE = MOTE_JID_MAX + MOTE_PORT_HOST_MAX + MOTE_CONFIG_VERSION_MAX + 160 };

static const char *server_path(void)
{
    static char path[PATH_MAX];
    const char *keys = settings_keys_path(cli.config);
    size_t len = keys != NULL ? strlen(keys) : 0;
    if (len < 5 || len + sizeof ".server" > sizeof path) {
        return NULL;
    }
    snprintf(path, sizeof path, "%.*s.server", (int)(len - 5), keys); /* without .keys */
    return path;
}

static const char *own_host(void)
{
    return cli.settings.host[0] != '\0' ? cli.settings.host : "-";
}

/* A file with anything wrong in it counts as none, for the features tell the same. */
void known_server_load(struct known_server *known)
{
    char line[LINE], jid[MOTE_JID_MAX + 1], mechanism[sizeof known->offers.mechanism], version[65], more;
    char host[MOTE_PORT_HOST_MAX + 1];
    unsigned port, profile, offers, binding, token;
    const char *path = server_path();
    time_t written;
    *known = (struct known_server){0};
    if (path == NULL || file_read_kept(path, line, sizeof line, &written) <= 0 ||
        sscanf(line, "MOTESERVER1 %255s %255s %5u %" SCNd64 " %3u %3u %3u %3u %18s %64s %c", jid, host, &port,
               &known->waits_until, &profile, &offers, &binding, &token, mechanism, version, &more) != 10 ||
        strcmp(jid, cli.settings.jid) != 0 || strcmp(host, own_host()) != 0 || port != cli.settings.port ||
        profile > 2) {
        *known = (struct known_server){0};
        return;
    }
    known->offers.profile = (uint8_t)profile;
    known->offers.offers = (uint8_t)offers;
    known->offers.binding = (uint8_t)binding;
    known->offers.token = (uint8_t)token;
    mote_text_copy(known->offers.mechanism, sizeof known->offers.mechanism, mechanism);
    if (strcmp(version, "-") != 0) {
        mote_text_copy(known->offers.config_version, sizeof known->offers.config_version, version);
    }
}

void known_server_save(const struct known_server *known)
{
    char line[LINE];
    const struct mote_known_server *o = &known->offers;
    const char *path = server_path(), *version = o->config_version;
    bool plain = version[0] != '\0' && strcspn(version, " \t\r\n\v\f") == strlen(version);
    int n = snprintf(line, sizeof line, "MOTESERVER1 %s %s %u %" PRId64 " %u %u %u %u %s %s\n", cli.settings.jid,
                     own_host(), (unsigned)cli.settings.port, known->waits_until, o->profile, o->offers, o->binding,
                     o->token, o->mechanism[0] != '\0' ? o->mechanism : "-", plain ? version : "-");
    if (path == NULL || n < 0 || (size_t)n >= sizeof line || file_write(path, line, (size_t)n) != 0) {
        detail("what this login has shown of the server could not be kept: the next one waits for its features");
    }
}
