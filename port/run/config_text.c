/* SPDX-License-Identifier: MIT
 * Checks settings for the loop, for pins and for the log, and says which one makes no sense.
 */
#include "port/run/config_text.h"

#include <string.h>

#include "core/base/text.h"

/* Which of the words the text is, or -1. */
static int choose(const char *text, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

const char *mote_config_run(struct mote_run_config *config, const char *(*setting)(const char *name))
{
    static const char *const modes[] = {[MOTE_RUN_ANY] = "any",
                                        [MOTE_RUN_DIRECT] = "direct",
                                        [MOTE_RUN_STARTTLS] = "starttls",
                                        [MOTE_RUN_CLEAR] = "clear"};
    const char *host = setting("host"), *port = setting("port"), *tls = setting("tls");
    uint64_t number = 0;
    int mode = tls != NULL ? choose(tls, modes, (int)(sizeof modes / sizeof modes[0])) : (int)config->tls;
    if (mode < 0) {
        return "tls is any, direct, starttls or clear";
    }
    if (port != NULL && (!mote_text_uint(port, UINT16_MAX, &number) || number == 0)) {
        return "port is a number from 1 to 65535";
    }
    if (host != NULL && (host[0] == '\0' || strlen(host) > MOTE_PORT_HOST_MAX)) {
        return "host is empty or too long";
    }
    config->tls = (enum mote_run_tls)mode;
    config->port_number = port != NULL ? (uint16_t)number : config->port_number;
    config->host = host != NULL ? host : config->host;
    return NULL;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20); /* small letters and capitals count alike */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mote_config_pin(const char *text, uint8_t sha256[32])
{
    static const char prefix[] = "sha256:";
    if (strncmp(text, prefix, sizeof prefix - 1) != 0) {
        return false;
    }
    text += sizeof prefix - 1;
    for (int i = 0; i < 32; i++) {
        text += i > 0 && *text == ':';
        int high = digit(text[0]), low = high >= 0 ? digit(text[1]) : -1;
        if (low < 0) {
            return false;
        }
        sha256[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return *text == '\0';
}

bool mote_config_log_level(const char *text, enum mote_log_level *level)
{
    static const char *const levels[] = {
        [MOTE_LOG_ERROR] = "error", [MOTE_LOG_WARN] = "warn", [MOTE_LOG_INFO] = "info", [MOTE_LOG_TRACE] = "trace"};
    int i = choose(text, levels, (int)(sizeof levels / sizeof levels[0]));
    if (i >= 0) {
        *level = (enum mote_log_level)i;
    }
    return i >= 0;
}
