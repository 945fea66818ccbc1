/* SPDX-License-Identifier: MIT
 * Plays the lines of a transcript: each is a word and its arguments. docs/TESTING.md has the table of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transcript/transcript.h"

/* \n \r \t \\ and \xHH, in place; returns the length. */
static size_t unescape(char *s)
{
    char *out = s, *start = s;
    for (; *s != '\0'; s++) {
        if (*s != '\\' || s[1] == '\0') {
            *out++ = *s;
            continue;
        }
        s++;
        if (*s == 'x') {
            char hex[3] = {s[1], s[2], '\0'};
            *out++ = (char)strtol(hex, NULL, 16);
            s += 2;
        } else {
            const char *escape = strchr("n\nr\rt\t", *s);
            *out++ = escape != NULL && *s >= 'a' ? escape[1] : *s;
        }
    }
    *out = '\0';
    return (size_t)(out - start);
}

/* What follows the first `mark`, which is cut off. A line without it fails the case. */
static char *behind(struct play *p, char *arg, char mark)
{
    char *at = strchr(arg, mark);
    if (at == NULL) {
        play_fail(p, "there has to be a '%c' in \"%s\"", mark, arg);
        return arg + strlen(arg);
    }
    *at = '\0';
    return at + 1;
}

/// Settings ///

/* new, or the last known id (empty: all); since=UNIX, page=N and sent may follow. */
static void set_archive(struct play *p, const char *value)
{
    const char *since = strstr(value, " since="), *page = strstr(value, " page=");
    p->with_archive = true;
    snprintf(p->archive_last, sizeof p->archive_last, "%.*s", (int)strcspn(value, " "), value);
    p->archive_config = (struct mote_archive_config){
        .last = strcmp(p->archive_last, "new") == 0 ? NULL : p->archive_last,
        .since = since != NULL ? atoll(since + 7) : 0,
        .page = page != NULL ? (unsigned)atoi(page + 6) : 0,
        .flags = strstr(value, " sent") != NULL ? MOTE_ARCHIVE_SENT : 0u,
    };
}

/* Any of: bind, tokens, unbound, early, expired, and MECHANISM=TOKEN. */
static void set_sasl2(struct play *p, const char *value)
{
    const char *token = strstr(value, "HT-SHA-256-");
    p->with_sasl2 = true;
    p->sasl2_config = (struct mote_sasl2_config){
        .user_agent = strstr(value, "anonymous") == NULL ? "d4565fa7-4d72-4749-b3d3-740edbf87770" : NULL,
        .software = "Mote",
        .bind = strstr(value, "bind") != NULL,
        .tokens = strstr(value, "tokens") != NULL,
        .unbound_tokens = strstr(value, "unbound") != NULL,
        .early = strstr(value, "early") != NULL,
        .carbons = strstr(value, "carbons") != NULL,
        .token = &p->token,
        .known = &p->known,
    };
    if (token != NULL) {
        snprintf(p->token.mechanism, sizeof p->token.mechanism, "%.15s", token);
        snprintf(p->token.token, sizeof p->token.token, "%s", token + 16);
        p->token.expiry = strstr(value, "expired") != NULL ? 1 : 0;
    }
}

/* A token of an invitation, or none; again: it was asked for before a restart. */
static void set_register(struct play *p, const char *value)
{
    p->with_register = true;
    snprintf(p->invite, sizeof p->invite, "%.*s", (int)strcspn(value, " "), value);
    p->register_config = (struct mote_register_config){
        .token = strcmp(p->invite, "none") == 0 ? NULL : p->invite,
        .may_exist = strstr(value, " again") != NULL,
    };
}

/* What is known of the server, as the event has it. */
static void set_server(struct play *p, const char *value)
{
    unsigned binding, offers, token, profile;
    if (sscanf(value, "sasl%u %18s binding=%u offers=%u token=%u version=%64s", &profile, p->known.mechanism, &binding,
               &offers, &token, p->known.config_version) < 5) {
        play_fail(p, "set server=%s is not as the event has it", value);
    }
    p->known.profile = (uint8_t)profile;
    p->known.binding = (uint8_t)binding;
    p->known.offers = (uint8_t)offers;
    p->known.token = (uint8_t)token;
}

void play_set(struct play *p, const char *key, const char *value)
{
    if (strcmp(key, "jid") == 0) {
        snprintf(p->jid, sizeof p->jid, "%s", value);
    } else if (strcmp(key, "password") == 0) {
        snprintf(p->password, sizeof p->password, "%s", value);
        p->config.password = strcmp(value, "none") == 0 ? NULL : p->password;
    } else if (strcmp(key, "arena") == 0) {
        p->arena_size = (size_t)atoi(value);
    } else if (strcmp(key, "xml") == 0) {
        p->xml_size = (size_t)atoi(value);
    } else if (strcmp(key, "tx") == 0) {
        p->tx_size = (size_t)atoi(value);
    } else if (strcmp(key, "block") == 0) {
        p->block_max = (size_t)atoi(value);
    } else if (strcmp(key, "flag") == 0) {
        p->config.flags |= strcmp(value, "plain") == 0 ? MOTE_ALLOW_PLAIN : 0u;
        p->config.flags |= strcmp(value, "external") == 0 ? MOTE_ALLOW_EXTERNAL : 0u;
        p->config.flags |= strcmp(value, "binding") == 0 ? MOTE_REQUIRE_BINDING : 0u;
        p->chat_flags |= strcmp(value, "carbons") == 0 ? MOTE_CHAT_CARBONS : 0u;
        p->chat_flags |= strcmp(value, "receipts-to-all") == 0 ? MOTE_CHAT_RECEIPTS_TO_ALL : 0u;
        p->no_entropy = strcmp(value, "no-entropy") == 0;
    } else if (strcmp(key, "sasl2") == 0) {
        set_sasl2(p, value);
    } else if (strcmp(key, "register") == 0) {
        set_register(p, value);
    } else if (strcmp(key, "server") == 0) {
        set_server(p, value);
    } else if (strcmp(key, "archive") == 0) {
        set_archive(p, value);
    } else if (strcmp(key, "keys") == 0) {
        p->keys = (struct mote_keys){.version = 1,
                                     .hash = strncmp(value, "sha-1", 5) == 0 ? MOTE_SHA1 : MOTE_SHA256,
                                     .bound = strstr(value, " refused") != NULL ? MOTE_BINDING_REFUSED
                                              : strstr(value, " exporter") != NULL ? MOTE_BOUND_EXPORTER
                                              : strstr(value, " bound") != NULL ? MOTE_BOUND
                                                                                : MOTE_UNBOUND};
        p->config.keys = &p->keys;
    } else if (strcmp(key, "iterations") == 0) {
        p->config.scram_iterations_max = (uint32_t)atoi(value);
    } else if (strcmp(key, "allow") == 0) {
        snprintf(p->allow_text, sizeof p->allow_text, "%s", value);
        p->allow[0] = p->allow_text;
        p->presence_config.allow = p->allow;
    } else if (strcmp(key, "outbox") == 0) {
        p->with_outbox = true;
        p->keep_idle_session = strcmp(value, "idle") == 0;
    } else if (strcmp(key, "witness") == 0) {
        snprintf(p->witness, sizeof p->witness, "%s", value);
    } else {
        play_fail(p, "unknown setting %s", key);
    }
}

/// Lines ///

static void line_let(struct play *p, char *arg)
{
    const char *value = behind(p, arg, '=');
    snprintf(variable(p, arg, strlen(arg)), VAR_LEN, "%s", value);
}

static void line_set(struct play *p, char *arg)
{
    const char *value = behind(p, arg, '=');
    play_set(p, arg, value);
}

/* The server says it, so many times. */
static void line_server(struct play *p, const char *arg, unsigned times)
{
    static char bytes[LINE];
    substitute(p, arg, bytes, sizeof bytes);
    for (size_t n = unescape(bytes); times > 0; times--) {
        play_feed(p, bytes, n);
    }
}

static void line_client(struct play *p, char *arg)
{
    unescape(arg);
    expect_output(p, arg);
}

static void line_event(struct play *p, char *arg)
{
    unescape(arg);
    expect_event(p, arg);
}

static void line_count(struct play *p, char *arg)
{
    expect_count(p, arg);
}

static void line_wants(struct play *p, char *arg)
{
    expect_wants(p, arg);
}

static void line_connect(struct play *p, char *arg)
{
    play_connect(p, arg);
}

static void line_secured(struct play *p, char *arg)
{
    play_secured(p, arg);
}

static void line_login(struct play *p, char *arg)
{
    (void)arg;
    play_login(p, false, false);
}

static void line_login_keep(struct play *p, char *arg)
{
    (void)arg;
    play_login(p, true, false);
}

static void line_login_sm(struct play *p, char *arg)
{
    (void)arg;
    play_login(p, true, true);
}

static void line_counters(struct play *p, char *arg)
{
    p->x.sm.in = p->x.sm.out = (uint32_t)strtoul(arg, NULL, 10);
}

static void line_at(struct play *p, char *arg)
{
    p->now_ms = (uint64_t)(atof(arg) * 1000) + 1000;
    mote_tick(&p->x, p->now_ms);
    play_work(p);
}

static void line_cut(struct play *p, char *arg)
{
    (void)arg;
    mote_lost(&p->x, MOTE_ERR_LOST, NULL, p->now_ms);
}

static void line_close(struct play *p, char *arg)
{
    (void)arg;
    mote_close(&p->x, p->now_ms);
}

static void line_sent(struct play *p, char *arg)
{
    play_take(p, (size_t)atoi(arg));
}

static void line_reboot(struct play *p, char *arg)
{
    (void)arg;
    play_collect(p); /* what was on the wire went before it */
    p->started = false;
    p->config.flags &= ~(uint32_t)MOTE_INSECURE_LOOPBACK;
}

static void line_wiped(struct play *p, char *arg)
{
    (void)arg;
    play_wiped(p);
}

static void line_written(struct play *p, char *arg)
{
    outbox_written(p, (unsigned)atoi(arg));
}

static void line_waits(struct play *p, char *arg)
{
    outbox_waits(p, (unsigned)atoi(arg));
}

static void line_limit(struct play *p, char *what)
{
    struct mote_status s;
    size_t max = (size_t)atol(behind(p, what, ' '));
    mote_status(&p->x, &s);
    size_t is = strcmp(what, "ring") == 0 ? s.tx_peak : strcmp(what, "xml") == 0 ? s.xml_peak : s.arena_peak;
    if (is > max) {
        play_fail(p, "limit %s %zu: it was %zu", what, max, is);
    }
}

static void line_do(struct play *p, char *arg)
{
    static char command[LINE];
    play_start(p);
    substitute(p, arg, command, sizeof command);
    unescape(command);
    play_command(p, command);
    play_work(p);
}

void play_line(struct play *p, char *line)
{
    static const struct {
        const char *word;
        void (*play)(struct play *p, char *arg);
    } lines[] = {
        {"let", line_let},
        {"set", line_set},
        {"C", line_client},
        {"E", line_event},
        {"count", line_count},
        {"W", line_wants},
        {"connect", line_connect},
        {"secured", line_secured},
        {"login", line_login},
        {"login-sm", line_login_sm},
        {"login-keep", line_login_keep},
        {"counters", line_counters},
        {"at", line_at},
        {"cut", line_cut},
        {"close", line_close},
        {"sent", line_sent},
        {"reboot", line_reboot},
        {"waits", line_waits},
        {"wiped", line_wiped},
        {"written", line_written},
        {"limit", line_limit},
        {"do", line_do},
    };
    size_t len = strcspn(line, " :");
    char *arg = line + len + strspn(line + len, ": ");
    if (line[0] == 'S' && (len == 1 || line[1] == '*')) {
        line_server(p, arg, len == 1 ? 1 : (unsigned)atoi(line + 2));
        return;
    }
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strlen(lines[i].word) == len && memcmp(lines[i].word, line, len) == 0) {
            lines[i].play(p, arg);
            return;
        }
    }
    play_fail(p, "unknown line: %s", line);
}
