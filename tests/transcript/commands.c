/* SPDX-License-Identifier: MIT
 * `do` lines: what the application asks for.
 *   do send to=JID [id=ID] [receipt] body=TEXT...        body takes the rest of the line
 *   do fill to=JID bytes=N                               a message of N bytes
 *   do presence to=JID type=TYPE
 * With ` => NAME` at the end: the call must return that error (without MOTE_ERR_).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transcript/transcript.h"

/* The value of key= in the command, up to the next space (or the end if `rest`), copied to out; NULL when absent. */
static const char *argument(const char *command, const char *key, char *out, size_t size, bool rest)
{
    char look[40];
    snprintf(look, sizeof look, " %s=", key);
    const char *at = strstr(command, look);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(look);
    size_t len = rest ? strlen(at) : strcspn(at, " ");
    snprintf(out, size, "%.*s", (int)len, at);
    return out;
}

static int error_named(const char *name)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {{"ARG", MOTE_ERR_ARG},   {"STATE", MOTE_ERR_STATE}, {"FULL", MOTE_ERR_FULL}, {"SIZE", MOTE_ERR_SIZE},
                  {"TEXT", MOTE_ERR_TEXT}, {"BUSY", MOTE_ERR_BUSY}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].error;
        }
    }
    return 1;
}

static int32_t do_send(struct play *p, const char *c)
{
    static char body[65536];
    char to[300], id[100], type[32], bytes[32];
    struct mote_chat_message m = {
        .to = argument(c, "to", to, sizeof to, false),
        .id = argument(c, "id", id, sizeof id, false),
        .type = argument(c, "type", type, sizeof type, false),
        .body = argument(c, "body", body, sizeof body, true),
        .receipt = strstr(c, " receipt ") != NULL,
    };
    if (argument(c, "bytes", bytes, sizeof bytes, false) != NULL) {
        size_t n = (size_t)atoi(bytes);
        memset(body, 'x', n);
        body[n] = '\0';
        m.body = body;
    }
    return mote_chat_send(&p->chat, &m);
}

static int32_t run(struct play *p, const char *c)
{
    char a[300], b[64];
    if (strncmp(c, "send ", 5) == 0 || strncmp(c, "fill ", 5) == 0) {
        return do_send(p, c);
    }
    if (strncmp(c, "presence ", 9) == 0) {
        return mote_presence_send(&p->presence, argument(c, "to", a, sizeof a, false), argument(c, "type", b, sizeof b, false));
    }
    play_fail(p, "unknown command: %s", c);
    return 0;
}

void play_command(struct play *p, char *command)
{
    char *expected = strstr(command, " => ");
    if (expected != NULL) {
        *expected = '\0';
    }
    int32_t result = run(p, command);
    if (expected == NULL ? result < 0 : result != error_named(expected + 4)) {
        play_fail(p, "%s: %s", command, result < 0 ? mote_error_text(result) : "it was accepted");
    }
}

void play_attach(struct play *p)
{
    mote_disco_attach(&p->disco, &p->x, NULL);
    mote_ping_attach(&p->ping, &p->x, 0, 0);
    mote_clock_attach(&p->clock, &p->x);
    mote_chat_attach(&p->chat, &p->x, p->chat_flags);
    mote_presence_attach(&p->presence, &p->x, &p->presence_config);
}
