/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#include "core/wire/text.h"
#include "fail.h"
#include "out.h"

enum { CANDIDATES = 8, PATIENCE_S = 5 };

static const char *wanted, *feature;
static char candidates[CANDIDATES][MOTE_JID_MAX + 1]; /* their full JIDs; asked ones come first */
static unsigned known, asked;
static bool asking, found, changed;
static int best = -1;

static void ask_next(void);

static void on_features(const struct mote_xml *reply, int error)
{
    asking = false;
    changed = true;
    if (error == 0 && ask_has(reply, feature)) {
        best = (int)asked - 1;
        found = true;
        return;
    }
    detail("%s does not take files", candidates[asked - 1]);
    ask_next();
}

/* One at a time: the first who can is the one. */
static void ask_next(void)
{
    if (!asking && !found && asked < known && ask_features(&session.ask, candidates[asked], on_features) > 0) {
        asking = true;
        asked++;
    }
}

void peer_event(const struct mote_event *e)
{
    if (e->kind != MOTE_EV_PRESENCE || wanted == NULL || strcmp(e->presence->type, "available") != 0 ||
        !jid_bare_equal(e->from, wanted) || jid_resource(e->from) == NULL || jid_equal(e->from, mote_jid(&session.x))) {
        return;
    }
    for (unsigned i = 0; i < known; i++) {
        if (jid_equal(candidates[i], e->from)) {
            return;
        }
    }
    if (known < CANDIDATES && text_copy(candidates[known], sizeof candidates[0], e->from)) {
        known++;
        changed = true;
        ask_next();
    }
}

static int nobody(unsigned timeout_s)
{
    char why[96];
    snprintf(why, sizeof why, "none of its clients showed that it is on line within %u s", timeout_s);
    return fail(EXIT_TIMEOUT, why, "give a full JID, as name@example.org/phone; 'mote get' prints its own",
                "cannot give a file to %s", wanted);
}

int peer_find(const char *jid, const char *with, unsigned timeout_s, char full[MOTE_JID_MAX + 1])
{
    wanted = jid;
    feature = with;
    ask_show_presence(&session.ask, jid, "chat"); /* a Jingle client may answer only to those it sees */
    if (jid_resource(jid) != NULL || strchr(jid, '@') == NULL) {
        text_copy(full, MOTE_JID_MAX + 1, jid);
        return 0;
    }
    int code = session_wait(&found, timeout_s < PATIENCE_S ? timeout_s : PATIENCE_S);
    /* Those who are there had their time to answer; with nobody there it is worth to wait on. */
    while (code == EXIT_TIMEOUT && known == 0 && timeout_s > PATIENCE_S) {
        if (timeout_s == cli.timeout_s) {
            note("waiting for %s to show that it is on line", wanted);
        }
        timeout_s -= PATIENCE_S;
        ask_show_presence(&session.ask, jid, "chat");
        code = session_wait(&found, timeout_s < PATIENCE_S ? timeout_s : PATIENCE_S);
    }
    if (code == EXIT_TIMEOUT && known == 0) {
        return nobody(cli.timeout_s);
    }
    if (code != 0 && code != EXIT_TIMEOUT) {
        return code;
    }
    text_copy(full, MOTE_JID_MAX + 1, candidates[best >= 0 ? best : 0]);
    detail("to %s", full);
    return 0;
}
