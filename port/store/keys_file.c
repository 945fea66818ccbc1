/* SPDX-License-Identifier: MIT
 * Derived keys in a file of one line:
 *
 *     MOTEKEYS1 juliet@example.org 0101100000002710...
 *
 * It has the bytes of mote_keys_pack in hexadecimal, so that the file can be taken to another kind of machine.
 */
#include "port/store/keys_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "port/store/replace.h"
#include "port/store/keys_pack.h"
#include "port/store/safe_path.h"

enum { LINE = 16 + MOTE_JID_MAX + 2 * MOTE_KEYS_PACKED + 4 };

static const char magic[] = "MOTEKEYS1 ";

/// Fields and text ///

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

bool mote_keys_file_load(const char *path, const char *jid, struct mote_keys *keys)
{
    char line[LINE + 1];
    uint8_t packed[MOTE_KEYS_PACKED];
    size_t jid_len = mote_jid_bare_len(jid), start = sizeof magic - 1;
    int fd = mote_safe_open(path, O_RDONLY, 0);
    if (fd < 0) {
        return false;
    }
    (void)fchmod(fd, 0600); /* whoever reads the keys can log in, so a copy that lost its mode gets it back */
    ssize_t n = read(fd, line, LINE);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    bool good = n > 0 && strncmp(line, magic, start) == 0 && mote_text_equal_folded(line + start, jid, jid_len) &&
                line[start + jid_len] == ' ' && read_hex(line + start + jid_len + 1, packed, MOTE_KEYS_PACKED) &&
                mote_keys_unpack(packed, keys);
    mote_secret_wipe(line, sizeof line);
    mote_secret_wipe(packed, sizeof packed);
    return good;
}

int mote_keys_file_save(const char *path, const char *jid, const struct mote_keys *keys)
{
    struct mote_file_replace file = MOTE_FILE_REPLACE_NONE;
    char line[LINE + 1];
    uint8_t packed[MOTE_KEYS_PACKED];
    size_t jid_len = mote_jid_bare_len(jid), at;
    if (jid_len > MOTE_JID_MAX) {
        return MOTE_ERR_ARG;
    }
    mote_keys_pack(keys, packed);
    memcpy(line, magic, sizeof magic - 1);
    memcpy(line + sizeof magic - 1, jid, jid_len);
    at = sizeof magic - 1 + jid_len;
    line[at++] = ' ';
    for (size_t i = 0; i < MOTE_KEYS_PACKED; i++) {
        line[at++] = "0123456789abcdef"[packed[i] >> 4];
        line[at++] = "0123456789abcdef"[packed[i] & 15];
    }
    line[at++] = '\n';
    int r = mote_file_replace_begin(&file, path, 0600);
    r = r == 0 ? mote_file_replace_write(&file, 0, line, at) : r;
    if (file.fd >= 0) {
        r = mote_file_replace_end(&file, r == 0) != 0 ? MOTE_ERR_IO : r;
    }
    mote_secret_wipe(line, sizeof line);
    mote_secret_wipe(packed, sizeof packed);
    return r;
}
