/* SPDX-License-Identifier: MIT
 * What can be configured, by a file of `key = value` lines or by an option of the same name: one list for both.
 */
#ifndef COMMAND_CONF_SETTINGS_H
#define COMMAND_CONF_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"
#include "port/run/run.h"

enum { ALLOW_MAX = 64, ALLOW_TEXT = 8192, NODE_MAX = 1023, SETTINGS_FILE_MAX = 65536 };

/* Whose requests for a receipt are answered: those of whoever may see our presence, of everybody, of nobody. */
enum settings_receipts { RECEIPTS_KNOWN, RECEIPTS_ALL, RECEIPTS_NONE };

/* A field that is zero was not set. */
struct settings {
    char jid[MOTE_JID_MAX + 1];
    char resource[256];
    char host[MOTE_PORT_HOST_MAX + 1];
    unsigned port;
    enum mote_run_tls tls;
    char proxy[1024]; /* a URL, or "none" */
    unsigned ping;    /* seconds of silence before the server is asked whether it is there */
    char ca[PATH_MAX];
    bool has_pin;
    uint8_t pin[32];
    char password_file[PATH_MAX];
    bool allow_plain, require_binding;
    enum settings_receipts receipts;
    const char *allow[ALLOW_MAX + 2]; /* room for the own account, and NULL */
    size_t allow_count;
    char allow_text[ALLOW_TEXT];
    size_t allow_used;
    char directory[PATH_MAX];
    uint64_t max_size;      /* of a received file, in bytes */
    unsigned block, window; /* of files that are sent */
    char service[MOTE_JID_MAX + 1];
    char node[NODE_MAX + 1];
    char author[256];
    char store[PATH_MAX];  /* the file in which waits what is to be sent */
    char socket[PATH_MAX]; /* where mote run listens for the other verbs */
};

/* Set one. Returns NULL, or what is wrong with the value, as "is ..." or "has ...", for the caller puts the name of the
 * key in front of it. */
const char *settings_set(struct settings *s, const char *key, const char *value);
bool settings_known(const char *key);

/* Read a number of bytes, such as 64k or 100M. Returns NULL, or what is wrong with it, as above. */
const char *settings_size(uint64_t *size, const char *value);

/* Make *jid the prepared form of an address (JID) or, with `or_domain`, of "@domain". The string stays valid. Returns
 * NULL, or what is wrong with the address, as above. */
const char *jid_argument(const char **jid, bool or_domain);

/* Where the configuration file is, the first of these that there is: `given`, $MOTE_CONFIG,
 * $XDG_CONFIG_HOME/mote/mote.conf, ~/.config/mote/mote.conf. Returns NULL after having said why there is none. The
 * string stays valid. */
const char *settings_path(const char *given);

/* Where the kept keys are: beside the configuration file, with .keys in the place of .conf. NULL as above. */
const char *settings_keys_path(const char *config);

/* Read the file. A missing one is an error only when it `must` be there. Returns 0, or an exit code after having said
 * why. */
int settings_read(struct settings *s, const char *path, bool must);

/* Write the file as setup does: the lines that it has stay as they are, except those of what the login needs, which
 * come from `s`. Returns 0, or an exit code after having said why. */
int settings_write(const struct settings *s, const char *path);

/* Is this one of the keys that setup writes? */
bool settings_of_login(const char *key);

#endif
