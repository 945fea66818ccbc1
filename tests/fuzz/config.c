/* SPDX-License-Identifier: MIT
 * The configuration file of the command, and the file of kept keys: read, written as `mote setup` does, and read again.
 * Byte 0: the low bit makes it the keys.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/command.h"
#include "examples/mote/link/session.h"
#include "port/store/keys_file.h"
#include "tests/fuzz/fuzz.h"

struct cli cli;
struct session session;

/* The messages, which are tested elsewhere, go nowhere. */
void __wrap_err_print(const char *format, ...);
void __wrap_err_print(const char *format, ...)
{
    must(strlen(format) > 0, "a message says something");
}

/* Nor does the power fail here: the disk would take most of the time. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fd >= 0 ? 0 : -1;
}

static char folder[40], path[64];

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    snprintf(folder, sizeof folder, "%s/mote-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder) != NULL, "there is a folder for the file");
    snprintf(path, sizeof path, "%s/mote.conf", folder);
    atexit(remove_folder);
    return 0;
}

static void keys(void)
{
    static const char jid[] = "juliet@example.org";
    struct mote_keys k, again;
    memset(&k, 0, sizeof k);
    if (mote_keys_file_load(path, jid, &k)) {
        must(k.version == 1 && k.salt_len <= sizeof k.salt, "keys that were taken can be used");
        must(mote_keys_file_save(path, jid, &k) == 0 && mote_keys_file_load(path, jid, &again), "and be kept");
        must(memcmp(&k, &again, sizeof k) == 0, "and are then the same");
    }
}

static bool same(const struct settings *a, const struct settings *b)
{
    return strcmp(a->jid, b->jid) == 0 && strcmp(a->resource, b->resource) == 0 && strcmp(a->host, b->host) == 0 &&
           a->port == b->port && a->tls == b->tls && strcmp(a->ca, b->ca) == 0 && a->has_pin == b->has_pin &&
           memcmp(a->pin, b->pin, sizeof a->pin) == 0 && strcmp(a->password_file, b->password_file) == 0 &&
           a->allow_plain == b->allow_plain && a->require_binding == b->require_binding &&
           a->allow_count == b->allow_count && strcmp(a->directory, b->directory) == 0 && a->max_size == b->max_size &&
           a->block == b->block && a->window == b->window && strcmp(a->service, b->service) == 0 &&
           strcmp(a->node, b->node) == 0 && strcmp(a->author, b->author) == 0;
}

static void settings(void)
{
    static struct settings s, again;
    memset(&s, 0, sizeof s);
    if (settings_read(&s, path, true) != 0) {
        return;
    }
    must(s.jid[0] == '\0' || mote_jid_valid(s.jid), "an address that was taken is one");
    must(s.block == 0 || (s.block >= 16 && s.block <= 65535), "a number within its bounds");
    for (size_t i = 0; i < s.allow_count; i++) {
        must(s.allow[i][0] != '\0', "no empty entry in the list of who may");
    }
    memset(&again, 0, sizeof again);
    must(settings_write(&s, path) == 0, "it can be written");
    must(settings_read(&again, path, true) == 0 && same(&s, &again), "what setup writes says what it had read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1), "there is room for the file");
    close(fd);
    if ((data[0] & 1) != 0) {
        keys();
    } else {
        settings();
    }
    return 0;
}
