/* SPDX-License-Identifier: MIT
 * Tokens of earlier logins, in files of one line: "MOTETOKEN1 JID USER-AGENT MECHANISM EXPIRY TOKEN", "-" for
 * what there is none of.
 */
#include "examples/mote/link/tokens.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sasl2.h"
#include "examples/mote/command.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/link/known_server.h"
#include "examples/mote/link/session.h"
#include "examples/mote/out/out.h"
#include "port/store/safe_path.h"

enum { WAITS_S = 7 * 86400 }; /* then it is tried again whether the server can be spoken to so early */
enum { PLACES = 8, LINE = MOTE_JID_MAX + MOTE_TOKEN_MAX + 160, UUID = 36 };

static struct mote_token token;
static char user_agent[UUID + 1], path[PATH_MAX];
static struct known_server known;
static bool early;   /* is the server spoken to before its features? */
static bool came_on; /* was this connection on line? */
static bool again;   /* is another connection worth a try, whatever ended this one? */
static bool refused; /* was the token refused on an earlier connection? */
static int lock = -1;
static bool keeps;

/* version 4 (RFC 9562 section 5.4) */
static bool make_user_agent(void)
{
    uint8_t b[16];
    const struct mote_services *s = session.x.config.services;
    if (s->random(s->ctx, b, sizeof b) != 0) {
        return false;
    }
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(user_agent, sizeof user_agent, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return true;
}

static bool name_place(unsigned place)
{
    const char *keys = settings_keys_path(cli.config);
    size_t len = keys != NULL ? strlen(keys) : 0;
    if (len < 5 || len + sizeof ".token-N.lock" > sizeof path) {
        return false;
    }
    snprintf(path, sizeof path, "%.*s.token-%u", (int)(len - 5), keys, place); /* without .keys */
    return true;
}

/* Lock the place that is named. False when another process has it, or there can be none. */
static bool claim(void)
{
    char guard[PATH_MAX + 8];
    snprintf(guard, sizeof guard, "%s.lock", path);
    lock = mote_safe_open(guard, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        lock = -1;
    }
    return lock >= 0;
}

/* A file with anything wrong in it counts as one without a token, for the password logs in as well. */
static void load(void)
{
    char line[LINE], jid[MOTE_JID_MAX + 1], mechanism[sizeof token.mechanism], text[sizeof token.token], more;
    int64_t expiry;
    time_t written;
    token = (struct mote_token){0};
    user_agent[0] = '\0';
    if (file_read_kept(path, line, sizeof line, &written) <= 0 ||
        sscanf(line, "MOTETOKEN1 %255s %36s %16s %" SCNd64 " %255s %c", jid, user_agent, mechanism, &expiry, text,
               &more) != 5 ||
        strcmp(jid, cli.settings.jid) != 0 || strlen(user_agent) != UUID) {
        user_agent[0] = '\0';
    } else if (strcmp(text, "-") != 0) {
        mote_text_copy(token.mechanism, sizeof token.mechanism, mechanism);
        mote_text_copy(token.token, sizeof token.token, text);
        token.expiry = expiry;
    }
    mote_secret_wipe(line, sizeof line);
    mote_secret_wipe(text, sizeof text);
}

static void save(void)
{
    char line[LINE];
    bool there = token.token[0] != '\0' && strpbrk(token.token, " \t\r\n") == NULL;
    int n = snprintf(line, sizeof line, "MOTETOKEN1 %s %s %s %" PRId64 " %s\n", cli.settings.jid, user_agent,
                     there ? token.mechanism : "-", there ? token.expiry : 0, there ? token.token : "-");
    if (n < 0 || (size_t)n >= sizeof line || file_write(path, line, (size_t)n) != 0) {
        detail("cannot write %s: the next login goes by the password's keys", path);
    }
    mote_secret_wipe(line, sizeof line);
}

/* The places that this process may have: the first is that of who stays. */
static bool claim_any(bool only_used)
{
    bool stays = cli_stays();
    for (unsigned place = stays ? 0 : 1; place < (stays ? 1 : PLACES); place++) {
        if (name_place(place) && (!only_used || access(path, F_OK) == 0) && claim()) {
            return true;
        }
    }
    return false;
}

void tokens_attach(void)
{
    /* An account that is only tried out leaves nothing behind, and neither does one whose keys are not kept. */
    keeps = (cli.verb->bit & VERB_SETS_UP) == 0 && cli.password_file == NULL && !cli.password_stdin;
    user_agent[0] = '\0';
    if (keeps && claim_any(true)) {
        load();
    }
    if (keeps) {
        known_server_load(&known);
    }
    early = keeps && time(NULL) >= known.waits_until;
    /* An id that nobody has had needs no place before there is a token: a server without tokens leaves no file. */
    if (keeps && user_agent[0] == '\0') {
        (void)make_user_agent();
    }
    mote_sasl2_attach(&session.sasl2, &session.x,
                      &(struct mote_sasl2_config){.user_agent = user_agent[0] != '\0' ? user_agent : NULL,
                                                  .software = "Mote",
                                                  .bind = (session.needs & SESSION_OUTBOX) != 0,
                                                  .tokens = true,
                                                  .carbons = true,
                                                  .token = &token,
                                                  .known = &known.offers,
                                                  .early = early});
}

bool tokens_early(void)
{
    return early;
}

static void use(bool is_early)
{
    early = is_early;
    mote_sasl2_use(&session.sasl2, &token, early);
}

static void learn_offers(const struct mote_known_server *offers)
{
    if (known.offers.profile != 0) {
        known.waits_until = 0; /* it has changed, and may have learnt that */
    }
    known.offers = *offers;
    known_server_save(&known);
    use(time(NULL) >= known.waits_until);
}

/* The connection ended. If that may be because the server was spoken to too early, or by a token that it does not take,
 * there is a second try. */
static void ended(int error)
{
    const struct mote_sasl2 *s = &session.sasl2;
    bool by_token = s->token_refused && !refused;
    if (early && !came_on && !by_token && !again && (s->sent_early || s->sent_ahead) && error != MOTE_ERR_AUTH) {
        known.waits_until = time(NULL) + WAITS_S; /* it may have closed without a reason */
        known_server_save(&known);
        use(false);
        again = true;
    }
    if (((!again && !by_token) || error == MOTE_ERR_AUTH) && !session.was_online &&
        (session.needs & SESSION_PATIENT) == 0) {
        session.run.config.reconnect = false; /* it was set for that second try alone */
    }
    refused = s->token_refused;
    came_on = again = false;
}

static void on_token(const struct mote_event *event)
{
    if (lock < 0 && (event->kind != MOTE_EV_TOKEN || !claim_any(false))) {
        return;
    }
    if (event->kind == MOTE_EV_TOKEN) {
        token = *mote_token_of(event);
        use(early);
    } else {
        mote_secret_wipe(&token, sizeof token);
    }
    save();
}

void tokens_event(const struct mote_event *event)
{
    if (!keeps) {
        return;
    }
    switch (event->kind) {
    case MOTE_EV_ONLINE:
    case MOTE_EV_RESUMED: came_on = true; break;
    case MOTE_EV_SERVER: learn_offers(mote_known_of(event)); break;
    case MOTE_EV_EARLY_REFUSED:
        memset(&known, 0, sizeof known);
        known_server_save(&known);
        use(false);
        again = true;
        break;
    case MOTE_EV_TOKEN:
    case MOTE_EV_TOKEN_REFUSED: on_token(event); break;
    case MOTE_EV_OFFLINE: ended(event->error); break;
    default: break;
    }
}

void tokens_remove(void)
{
    char guard[PATH_MAX + 8];
    const char *keys = settings_keys_path(cli.config);
    for (unsigned place = 0; place < PLACES && name_place(place); place++) {
        snprintf(guard, sizeof guard, "%s.lock", path);
        (void)file_remove(path);
        (void)file_remove(guard);
    }
    snprintf(guard, sizeof guard, "%.*s.tls", keys != NULL ? (int)(strlen(keys) - 5) : 0, keys != NULL ? keys : "");
    (void)file_remove(guard);
}

void tokens_release(void)
{
    mote_secret_wipe(&token, sizeof token);
    if (lock >= 0) {
        close(lock);
        lock = -1;
    }
}
