/* SPDX-License-Identifier: MIT
 * Runs transfers over HTTPS in the loop of the session, or in one of their own.
 */
#include "examples/mote/web/web.h"

#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/progress.h"
#include "port/net/address.h"

enum { BUFFER = 128 * 1024 };

static uint8_t buffer[BUFFER];
static struct mote_posix_link posix_link;
static struct mote_tls_mbedtls_protocol protocol;
static const struct mote_port *port;

static struct mote_fetch *shown;
static const char *shown_name;

/* Is the host the account's own domain, or below it, or where the settings say that the server is? Then it may be in a
 * private network: the server is there. */
static bool is_own(const char *host)
{
    size_t len, host_len = strlen(host);
    const char *domain = mote_jid_domain(cli.settings.jid, &len);
    if (host_len < len || len == 0) {
        return false;
    }
    return mote_text_equal_folded(host + host_len - len, domain, len) &&
           (host_len == len || host[host_len - len - 1] == '.');
}

static bool allowed(void *ctx, const struct mote_port_address *address)
{
    (void)ctx;
    return mote_address_public(address) || is_own(shown->url.host);
}

static int prepare(void)
{
    if (port != NULL) {
        return 0;
    }
    int r = mote_tls_mbedtls_speak(session.posix.tls.config, &protocol, "http/1.1");
    port = mote_posix_link_init(&posix_link, &session.posix);
    return r == 0 ? 0 : fail(exit_of(r), mote_error_text(r), NULL, "cannot start TLS");
}

static void show(void)
{
    if (shown_name != NULL && !shown->done) {
        uint64_t size = shown->total != MOTE_HTTP_UNKNOWN ? shown->total : MOTE_FILE_SIZE_UNKNOWN;
        progress_show(shown_name, &(struct mote_file){.size = size, .done = shown->moved}, session_now());
    }
}

static uint64_t on_turn(void)
{
    show();
    return UINT64_MAX;
}

/* Beside the session: both have their turns in its loop. */
static int wait_beside(struct mote_fetch *fetch)
{
    uint64_t (*before)(void) = session.on_turn;
    session.run.config.links = &fetch->link;
    session.on_turn = on_turn;
    int code = session_wait(&fetch->done, 0);
    session.on_turn = before;
    session.run.config.links = NULL;
    return code;
}

int web_transfer(struct mote_fetch *fetch, struct mote_fetch_config *config, const char *name)
{
    int code = prepare();
    if (code != 0) {
        return code;
    }
    config->port = port;
    config->buffer = buffer;
    config->buffer_size = sizeof buffer;
    config->allowed = allowed;
    shown = fetch;
    shown_name = name;
    if (cli.settings.proxy[0] != '\0' && strcmp(cli.settings.proxy, "none") != 0) {
        return fail(EXIT_CONNECTION, "files do not go through a proxy yet, and 'proxy' permits no other way", NULL,
                    "cannot transfer over HTTPS");
    }
    if (mote_fetch_start(fetch, config) == 0 && (session.needs & SESSION_OFFLINE) == 0) {
        code = wait_beside(fetch);
    }
    while (code == 0 && !fetch->done) {
        mote_link_wait(&fetch->link, UINT32_MAX);
        show();
    }
    progress_clear();
    mote_fetch_stop(fetch);
    return code;
}

int web_exit(const struct mote_fetch *fetch)
{
    switch (fetch->error) {
    case MOTE_ERR_SIZE:
    case MOTE_ERR_POLICY:
    case MOTE_ERR_REDIRECT: return EXIT_REFUSED; /* there is an answer, which a rule of ours does not take */
    default: return exit_of(fetch->error);
    }
}

int web_failed(const struct mote_fetch *fetch, const char *what)
{
    const char *hint = NULL;
    switch (fetch->error) {
    case MOTE_ERR_REDIRECT: hint = "if that host is right, ask for the URL there"; break;
    case MOTE_ERR_SIZE: hint = "--max-size permits larger ones"; break;
    case MOTE_ERR_CERT: hint = hint_for(fetch->error, fetch->why); break;
    default: break;
    }
    return fail(web_exit(fetch), fetch->why, hint, "%s", what);
}
