/* SPDX-License-Identifier: MIT
 * How the connection is looked for: the proxy, the way that worked the last time, and what to print about a try.
 */
#include "examples/mote/link/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/out.h"
#include "port/run/srv_order.h"

/* REACH_S: the time for all names and addresses together, so that a dead network is reported within 10 s. WAY_DAYS:
 * after so long the DNS is asked again, because its records may have changed. */
enum { STEPS = 32, REACH_S = 7, WAY_DAYS = 7, WAY_MAX = 1024 };

static struct mote_run_step steps[STEPS];
static struct mote_run_ladder ladder;
static struct mote_run_proxy proxy;
static struct mote_run_way way, kept;

/// The proxy ///

static const char *from_environment(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);
        if (value != NULL && *value != '\0') {
            return value;
        }
    }
    return NULL;
}

static int use_proxy(struct mote_run_config *config, const struct settings *s)
{
    static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};
    const char *url = from_environment(proxies), *skips = from_environment(exceptions);
    if (s->proxy[0] != '\0') {
        bool none = strcmp(s->proxy, "none") == 0;
        if (!none && mote_run_proxy_init(&proxy, s->proxy)) {
            proxy.always = true;
            config->proxy = &proxy;
        }
        return 0;
    }
    if (url == NULL) {
        return 0;
    }
    if (!mote_run_proxy_init(&proxy, url)) {
        detail("the proxy that the environment names is no HTTP proxy, and not used");
        return 0;
    }
    const char *at = strchr(s->jid, '@');
    proxy.skip = skips != NULL && mote_run_proxy_skips(skips, s->host[0] != '\0' ? s->host
                                                              : at != NULL       ? at + 1
                                                                                 : s->jid);
    config->proxy = &proxy;
    return 0;
}

/// The way that worked: "MOTEWAY1 DOMAIN HOST PORT direct|starttls proxy|straight" ///

/* The path of the file, which lies beside the keys, with .way in the place of .keys. NULL when there is no such
 * place. */
static const char *way_path(void)
{
    static char path[PATH_MAX];
    const char *keys = settings_keys_path(cli.config);
    size_t len = keys != NULL ? strlen(keys) : 0;
    if (len < 5 || !mote_text_copy(path, sizeof path, keys)) {
        return NULL;
    }
    strcpy(path + len - 5, ".way"); /* it fits, for it is shorter than .keys */
    return path;
}

static const char *own_domain(void)
{
    size_t len;
    static char domain[256];
    const char *d = mote_jid_domain(cli.settings.jid, &len);
    snprintf(domain, sizeof domain, "%.*s", (int)len, d);
    return domain;
}

/* A file with anything wrong in it counts as one without a way, for the connection can be looked for without it. */
static void way_load(void)
{
    char text[WAY_MAX], domain[256], host[MOTE_PORT_HOST_MAX + 1], tls[16], by[16], more;
    unsigned number;
    time_t written, now = time(NULL);
    const char *path = way_path();
    if (path == NULL || file_read_kept(path, text, sizeof text, &written) <= 0 ||
        now - written > WAY_DAYS * 86400 || written > now + 86400) {
        return;
    }
    if (sscanf(text, "MOTEWAY1 %255s %255s %5u %15s %15s %c", domain, host, &number, tls, by, &more) != 5 ||
        strcmp(domain, own_domain()) != 0 || number > UINT16_MAX) {
        return;
    }
    bool direct = strcmp(tls, "direct") == 0, proxied = strcmp(by, "proxy") == 0;
    if ((!direct && strcmp(tls, "starttls") != 0) || (!proxied && strcmp(by, "straight") != 0)) {
        return;
    }
    way = (struct mote_run_way){.target = {.port = (uint16_t)number, .direct_tls = direct}, .proxied = proxied};
    mote_text_copy(way.target.host, sizeof way.target.host, host);
    kept = way;
}

void link_keep(void)
{
    char text[WAY_MAX];
    const char *path;
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): padding that differs costs a needless write
    if (memcmp(&way, &kept, sizeof way) == 0 || !mote__srv_valid(&way.target) || (path = way_path()) == NULL) {
        return;
    }
    kept = way;
    int n = snprintf(text, sizeof text, "MOTEWAY1 %s %s %u %s %s\n", own_domain(), way.target.host, way.target.port,
                     way.target.direct_tls ? "direct" : "starttls", way.proxied ? "proxy" : "straight");
    if (n < 0 || (size_t)n >= sizeof text || file_write(path, text, (size_t)n) != 0) {
        detail("cannot write %s: the way to the server is looked for anew the next time", path);
    }
}

int link_prepare(struct mote_run_config *config)
{
    mote_run_ladder_init(&ladder, steps, STEPS);
    way_load();
    config->ladder = &ladder;
    config->way = &way;
    config->reach_timeout_s = REACH_S;
    return use_proxy(config, &cli.settings);
}

/// What a try has been through ///

static const char *error_name(int error)
{
    switch (error) {
    case MOTE_OK: return NULL;
    case MOTE_ERR_REFUSED: return "refused";
    case MOTE_ERR_TIMEOUT: return "timeout";
    case MOTE_ERR_CONNECT: return "unreachable";
    case MOTE_ERR_DNS: return "dns";
    case MOTE_ERR_TLS: return "tls";
    case MOTE_ERR_CERT: return "certificate";
    case MOTE_ERR_AUTH:
    case MOTE_ERR_MECHANISM: return "login";
    case MOTE_ERR_LOST: return "lost";
    case MOTE_ERR_REDIRECT: return "redirect";
    case MOTE_ERR_CONFLICT: return "conflict";
    default: return "server";
    }
}

static void tell_json(const struct mote_run_step *s)
{
    static const char *const stages[] = {"srv", "name", "connect", "proxy", "tls", "login", "online"};
    static const char *const sources[] = {"given", "srv", "domain", "redirect", "kept"};
    bool look_up = s->port == 0;
    json_begin("step");
    json_string("stage", stages[s->stage]);
    json_string("source", sources[s->source]);
    json_string("host", s->host);
    json_string("address", look_up ? NULL : s->address);
    if (look_up) {
        json_null("port");
    } else {
        json_number("port", s->port);
    }
    json_string("tls", look_up ? NULL : s->direct_tls ? "direct" : "starttls");
    json_bool("proxy", s->proxied);
    json_number("began_ms", s->began_ms);
    json_number("took_ms", s->took_ms);
    json_string("error", error_name(s->error));
    json_string("why", s->why[0] != '\0' ? s->why : NULL);
    json_end();
}

/* How far a try came, in words, when the step itself gives no reason. */
static const char *stage_text(const struct mote_run_step *s)
{
    static const char *const texts[] = {
        "no answer yet",        "no answer yet", "no answer yet", "no answer from the proxy yet",
        "in the TLS handshake", "logging in",    "on line"};
    return s->why[0] != '\0' ? s->why : texts[s->stage];
}

static void tell_line(const struct mote_run_step *s)
{
    char what[2 * MOTE_PORT_HOST_MAX];
    mote_run_step_text(s, what, sizeof what);
    out_print("%3u.%02u s  %s: %s\n", s->began_ms / 1000, s->began_ms / 10 % 100, what, stage_text(s));
}

void link_detail(const struct mote_run_ladder *tried)
{
    for (uint8_t i = 0; tried != NULL && i < tried->count; i++) {
        const struct mote_run_step *s = &tried->steps[i];
        char what[2 * MOTE_PORT_HOST_MAX];
        if (s->error != MOTE_OK) {
            mote_run_step_text(s, what, sizeof what);
            detail("%s: %s", what, stage_text(s));
        }
    }
}

static const char *verdict(const struct mote_run *run, enum mote_run_blame blame)
{
    switch (blame) {
    case MOTE_BLAME_NETWORK:
        return run->error == MOTE_ERR_DNS    ? "the network: names cannot be looked up"
               : run->error == MOTE_ERR_LOST ? "the network, or the server: the connection broke"
                                             : "the network: nothing comes through to the server";
    case MOTE_BLAME_SERVER:
        return run->error == MOTE_ERR_CONNECT ? "the server: its machine answers, but no server does at that port"
               : run->error == MOTE_ERR_CERT
                   ? "the server, or somebody in between who answers in its place: its certificate is refused"
                   : "the server: it is there, and the connection failed by what it said or did not say";
    case MOTE_BLAME_ACCOUNT:
        return run->error == MOTE_ERR_CONFLICT ? "the account: another session took the place of this one"
                                               : "the account: the server and the way to it are fine";
    case MOTE_BLAME_SETTINGS: return "the settings, or this machine";
    default: return "nobody: it works";
    }
}

void link_tell(const struct mote_run *run)
{
    static const char *const names[] = {NULL, "network", "server", "account", "settings"};
    uint8_t count;
    const struct mote_run_step *s = mote_run_ladder(run, &count);
    enum mote_run_blame blame = mote_run_blame(run);
    for (uint8_t i = 0; i < count; i++) {
        if (cli.json) {
            tell_json(&s[i]);
        } else {
            tell_line(&s[i]);
        }
    }
    if (cli.json) {
        json_begin("verdict");
        json_string("blame", names[blame]);
        json_string("text", verdict(run, blame));
        json_end();
    } else {
        out_print("verdict  %s\n", verdict(run, blame));
    }
}
