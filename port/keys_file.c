/* SPDX-License-Identifier: MIT
 *
 * MOTEKEYS1 juliet@example.org 0101100000002710...
 *
 * The fields of struct mote_keys in hexadecimal, one after the other, iterations with the highest byte first; so the
 * file can be taken to another kind of machine.
 */
#include "port/keys_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/wire/text.h"
#include "port/file_replace.h"

enum { PACKED = 4 + 4 + 64 + 2 * MOTE_HASH_MAX, LINE = 16 + MOTE_JID_MAX + 2 * PACKED + 4 };

static const char magic[] = "MOTEKEYS1 ";

/// Fields and text ///

static void pack(const struct mote_keys *k, uint8_t out[PACKED])
{
    const uint8_t head[8] = {k->version,
                             k->hash,
                             k->salt_len,
                             k->bound,
                             (uint8_t)(k->iterations >> 24),
                             (uint8_t)(k->iterations >> 16),
                             (uint8_t)(k->iterations >> 8),
                             (uint8_t)k->iterations};
    memcpy(out, head, sizeof head);
    memcpy(out + 8, k->salt, 64);
    memcpy(out + 72, k->client_key, MOTE_HASH_MAX);
    memcpy(out + 72 + MOTE_HASH_MAX, k->server_key, MOTE_HASH_MAX);
}

static bool unpack(const uint8_t in[PACKED], struct mote_keys *k)
{
    *k = (struct mote_keys){.version = in[0], .hash = in[1], .salt_len = in[2], .bound = in[3]};
    k->iterations = (uint32_t)in[4] << 24 | (uint32_t)in[5] << 16 | (uint32_t)in[6] << 8 | in[7];
    memcpy(k->salt, in + 8, 64);
    memcpy(k->client_key, in + 72, MOTE_HASH_MAX);
    memcpy(k->server_key, in + 72 + MOTE_HASH_MAX, MOTE_HASH_MAX);
    return k->version == 1 && k->hash <= MOTE_SHA256 && k->salt_len <= sizeof k->salt;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = digit(text[2 * i]), low = high >= 0 ? digit(text[2 * i + 1]) : -1;
        if (low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * len] == '\n' && text[2 * len + 1] == '\0';
}

/// The file ///

bool keys_file_load(const char *path, const char *jid, struct mote_keys *keys)
{
    char line[LINE + 1];
    uint8_t packed[PACKED];
    size_t jid_len = jid_bare_len(jid), start = sizeof magic - 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    (void)fchmod(fd, 0600); /* whoever reads them can log in: a copy that lost its mode gets it back */
    ssize_t n = read(fd, line, LINE);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    bool good = n > 0 && strncmp(line, magic, start) == 0 && strncmp(line + start, jid, jid_len) == 0 &&
                line[start + jid_len] == ' ' && read_hex(line + start + jid_len + 1, packed, PACKED) &&
                unpack(packed, keys);
    secret_wipe(line, sizeof line);
    secret_wipe(packed, sizeof packed);
    return good;
}

int keys_file_save(const char *path, const char *jid, const struct mote_keys *keys)
{
    struct file_replace file = FILE_REPLACE_NONE;
    char line[LINE + 1];
    uint8_t packed[PACKED];
    size_t jid_len = jid_bare_len(jid), at;
    if (jid_len > MOTE_JID_MAX) {
        return MOTE_ERR_ARG;
    }
    pack(keys, packed);
    memcpy(line, magic, sizeof magic - 1);
    memcpy(line + sizeof magic - 1, jid, jid_len);
    at = sizeof magic - 1 + jid_len;
    line[at++] = ' ';
    for (size_t i = 0; i < PACKED; i++) {
        line[at++] = "0123456789abcdef"[packed[i] >> 4];
        line[at++] = "0123456789abcdef"[packed[i] & 15];
    }
    line[at++] = '\n';
    int r = file_replace_begin(&file, path, 0600);
    r = r == 0 ? file_replace_write(&file, 0, line, at) : r;
    if (file.fd >= 0) {
        r = file_replace_end(&file, r == 0) != 0 ? MOTE_ERR_IO : r;
    }
    secret_wipe(line, sizeof line);
    secret_wipe(packed, sizeof packed);
    return r;
}
