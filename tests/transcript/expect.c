/* SPDX-License-Identifier: MIT
 * What a case expects: output, events, wants. {name} in a pattern stands for the shortest text with which the rest
 * matches, and for that same text from then on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transcript/transcript.h"

char *variable(struct play *p, const char *name, size_t len)
{
    for (int i = 0; i < VARS; i++) {
        if (strlen(p->vars[i].name) == len && memcmp(p->vars[i].name, name, len) == 0) {
            return p->vars[i].value;
        }
        if (p->vars[i].name[0] == '\0') {
            memcpy(p->vars[i].name, name, len);
            return p->vars[i].value;
        }
    }
    play_fail(p, "too many variables");
    return p->vars[0].value;
}

/* Replace the known {names}; unknown ones stay. Returns the length. */
size_t substitute(struct play *p, const char *in, char *out, size_t size)
{
    size_t n = 0;
    while (*in != '\0' && n + VAR_LEN < size) {
        const char *close = *in == '{' ? strchr(in, '}') : NULL;
        if (close != NULL && close - in < 32) {
            const char *value = variable(p, in + 1, (size_t)(close - in - 1));
            if (value[0] != '\0') {
                size_t len = strlen(value);
                memcpy(out + n, value, len);
                n += len;
                in = close + 1;
                continue;
            }
        }
        out[n++] = *in++;
    }
    out[n] = '\0';
    return n;
}

/* Match text against the pattern; returns the bytes matched, or -1. `whole`: all of the text has to match. */
static ptrdiff_t match(struct play *p, const char *pattern, const char *text, bool whole)
{
    const char *t = text;
    while (*pattern != '\0') {
        const char *close = *pattern == '{' ? strchr(pattern, '}') : NULL;
        if (close == NULL) {
            if (*t != *pattern) {
                return -1;
            }
            t++;
            pattern++;
            continue;
        }
        char *value = variable(p, pattern + 1, (size_t)(close - pattern - 1));
        for (size_t len = 1; len < VAR_LEN && t[len - 1] != '\0'; len++) {
            ptrdiff_t rest = match(p, close + 1, t + len, whole);
            if (rest >= 0) {
                memcpy(value, t, len);
                value[len] = '\0';
                return t - text + (ptrdiff_t)len + rest;
            }
        }
        return -1;
    }
    return whole && *t != '\0' ? -1 : t - text;
}

void expect_output(struct play *p, const char *arg)
{
    static char pattern[LINE];
    substitute(p, arg, pattern, sizeof pattern);
    play_collect(p);
    ptrdiff_t n = match(p, pattern, p->output, false);
    if (n < 0) {
        play_fail(p, "expected output\n    %s\n  but there is\n    %.*s", pattern, (int)p->output_len, p->output);
        return;
    }
    p->output_len -= (size_t)n;
    memmove(p->output, p->output + n, p->output_len + 1);
}

void expect_event(struct play *p, const char *arg)
{
    static char pattern[LINE];
    char *end = memchr(p->events, '\n', p->events_len);
    substitute(p, arg, pattern, sizeof pattern);
    if (end == NULL) {
        play_fail(p, "expected the event\n    %s\n  but there is none", pattern);
        return;
    }
    *end = '\0';
    if (match(p, pattern, p->events, true) < 0) {
        play_fail(p, "expected the event\n    %s\n  but there is\n    %s", pattern, p->events);
        return;
    }
    size_t len = (size_t)(end + 1 - p->events);
    p->events_len -= len;
    memmove(p->events, end + 1, p->events_len + 1);
}

/* count N TEXT: so often the pending output has this text; it is then dropped. */
void expect_count(struct play *p, const char *arg)
{
    char *text;
    long wanted = strtol(arg, &text, 10), found = 0;
    play_collect(p);
    for (const char *at = p->output; (at = strstr(at, text + 1)) != NULL; at++) {
        found++;
    }
    if (found != wanted) {
        play_fail(p, "expected %ld times \"%s\" but there are %ld", wanted, text + 1, found);
    }
    p->output_len = 0;
    p->output[0] = '\0';
}

void expect_wants(struct play *p, const char *arg)
{
    static const char *const names[] = {"READ", "WRITE", "STARTTLS", "CLOSE"};
    char text[64] = "";
    unsigned wants = mote_wants(&p->x, 0);
    for (unsigned i = 0; i < 4; i++) {
        if ((wants & 1u << i) != 0) {
            strcat(text, text[0] != '\0' ? " " : "");
            strcat(text, names[i]);
        }
    }
    if (strcmp(text, arg) != 0) {
        play_fail(p, "expected the wants \"%s\" but they are \"%s\"", arg, text);
    }
}
