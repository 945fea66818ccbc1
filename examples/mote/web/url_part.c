/* SPDX-License-Identifier: MIT
 * Keeps what is here of a file from a URL, and a record by which it is gone on with.
 */
#include "examples/mote/web/url_part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "port/crypto/hash_mbedtls.h"

#define PART ".mote-url-"
#define RECORD "MOTEURL1"

/* SAVE: bytes that come between two records. WORD: characters of a hash in the name. KEEP_S: how long a part is kept
 * that nobody goes on with. */
enum { SAVE = 4 * 1024 * 1024, WORD = 20, NAME_MAX_PART = sizeof PART + WORD, KEEP_S = 7 * 86400, PIECE = 65536 };

static void hex(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void record_name(const struct url_part *p, char name[NAME_MAX_PART + 2])
{
    snprintf(name, NAME_MAX_PART + 2, "%s+", p->sink.part);
}

void url_part_sum(const struct url_part *p, uint8_t sha256[32])
{
    struct mote_hash copy = p->hash;
    mote_crypto_hash_end(&copy, MOTE_SHA256, sha256);
}

/// The record: "MOTEURL1 SAFE TOTAL SHA-256", and lines with the version and the URL ///

static int write_record(struct url_part *p)
{
    char text[MOTE_URL_SIZE + MOTE_HTTP_ETAG + 160], sum[65], name[NAME_MAX_PART + 2], new_name[NAME_MAX_PART + 3];
    uint8_t sha256[32];
    url_part_sum(p, sha256);
    hex(sha256, sizeof sha256, sum);
    int len = snprintf(text, sizeof text, RECORD " %" PRIu64 " %" PRIu64 " %s\n%s\n%s\n", p->sink.end, p->total, sum,
                       p->version, p->url);
    record_name(p, name);
    snprintf(new_name, sizeof new_name, "%s+", name);
    int fd = openat(p->sink.dir, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good =
        len > 0 && (size_t)len < sizeof text && fd >= 0 && write(fd, text, (size_t)len) == len && fsync(fd) == 0;
    int e = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (good && renameat(p->sink.dir, new_name, p->sink.dir, name) == 0) {
        p->safe = p->sink.end;
        return 0;
    }
    e = good ? errno : e;
    unlinkat(p->sink.dir, new_name, 0);
    errno = e;
    return -1;
}

/* Take the record over if it is of this URL and whole. Returns the sum that it tells, in `sum`. */
static bool read_record(struct url_part *p, char sum[65])
{
    char text[MOTE_URL_SIZE + MOTE_HTTP_ETAG + 160], name[NAME_MAX_PART + 2];
    int used = 0;
    record_name(p, name);
    int fd = openat(p->sink.dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (len <= 0) {
        return false;
    }
    text[len] = '\0';
    if (sscanf(text, RECORD " %" SCNu64 " %" SCNu64 " %64[0-9a-f]%n", &p->safe, &p->total, sum, &used) != 3 ||
        text[used] != '\n' || strlen(sum) != 64) {
        return false;
    }
    char *version = text + used + 1, *end = strchr(version, '\n');
    if (end == NULL) {
        return false;
    }
    *end = '\0';
    size_t url = strlen(p->url);
    return mote_text_copy(p->version, sizeof p->version, version) && p->version[0] != '\0' &&
           strncmp(end + 1, p->url, url) == 0 && strcmp(end + 1 + url, "\n") == 0;
}

/// The part ///

static int clear_part(struct url_part *p)
{
    char name[NAME_MAX_PART + 2];
    record_name(p, name);
    unlinkat(p->sink.dir, name, 0);
    p->version[0] = '\0';
    p->total = MOTE_HTTP_UNKNOWN;
    p->safe = p->sink.end = 0;
    mote_crypto_hash_start(&p->hash, MOTE_SHA256);
    return ftruncate(p->sink.fd, 0);
}

int url_part_clear(struct url_part *p)
{
    return clear_part(p);
}

/* Hash the bytes that the record tells. Are they those that were written then? */
static bool hash_again(struct url_part *p, const char *told)
{
    static uint8_t piece[PIECE];
    uint8_t sha256[32];
    char sum[65];
    mote_crypto_hash_start(&p->hash, MOTE_SHA256);
    for (uint64_t at = 0; at < p->safe;) {
        uint64_t left = p->safe - at;
        ssize_t n = pread(p->sink.fd, piece, left < PIECE ? (size_t)left : PIECE, (off_t)at);
        if (n <= 0) {
            return false;
        }
        mote_crypto_hash_feed(&p->hash, MOTE_SHA256, piece, (size_t)n);
        at += (uint64_t)n;
    }
    url_part_sum(p, sha256);
    hex(sha256, sizeof sha256, sum);
    return strcmp(sum, told) == 0;
}

int url_part_open(struct url_part *p, int dir, const char *url)
{
    uint8_t sha256[32];
    struct mote_hash hash;
    struct stat st;
    char word[WORD + 1], sum[65];
    *p = (struct url_part){.sink = {.dir = dir, .fd = -1}, .url = url};
    mote_crypto_hash_start(&hash, MOTE_SHA256);
    mote_crypto_hash_feed(&hash, MOTE_SHA256, url, strlen(url));
    mote_crypto_hash_end(&hash, MOTE_SHA256, sha256);
    hex(sha256, WORD / 2, word);
    snprintf(p->sink.part, sizeof p->sink.part, PART "%s", word);
    p->sink.fd = openat(dir, p->sink.part, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (p->sink.fd < 0) {
        return -1;
    }
    bool taken = flock(p->sink.fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && fstat(p->sink.fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1) {
        if (read_record(p, sum) && hash_again(p, sum)) {
            p->sink.end = p->safe;
            return ftruncate(p->sink.fd, (off_t)p->safe);
        }
        return clear_part(p);
    }
    close(p->sink.fd);
    p->sink.fd = -1;
    errno = taken ? EWOULDBLOCK : EPERM;
    return -1;
}

int url_part_save(struct url_part *p)
{
    return p->version[0] == '\0' || p->sink.end == p->safe ? 0 : fsync(p->sink.fd) == 0 ? write_record(p) : -1;
}

int url_part_add(struct url_part *p, const void *bytes, size_t len)
{
    if (sink_write(&p->sink, p->sink.end, bytes, len) != 0) {
        errno = p->sink.error;
        return -1;
    }
    mote_crypto_hash_feed(&p->hash, MOTE_SHA256, bytes, len);
    return p->sink.end - p->safe >= SAVE ? url_part_save(p) : 0;
}

int url_part_keep(struct url_part *p, const char *wanted, char name[NAME_SIZE])
{
    char record[NAME_MAX_PART + 2];
    record_name(p, record);
    int r = sink_keep(&p->sink, wanted, name);
    unlinkat(p->sink.dir, record, 0);
    return r;
}

void url_part_drop(struct url_part *p)
{
    if (p->sink.fd >= 0) {
        clear_part(p);
        sink_drop(&p->sink);
    }
}

void url_part_leave(struct url_part *p)
{
    if (p->sink.fd >= 0) {
        close(p->sink.fd);
        p->sink.fd = -1;
    }
}

/* Nobody has gone on with it for long, and nobody holds its lock. */
static bool is_old(int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool old = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
               st.st_mtime < time(NULL) - KEEP_S && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return old;
}

void url_part_clean(int dir)
{
    static const char digits[] = "0123456789abcdef";
    size_t prefix = sizeof PART - 1;
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL && fd >= 0) {
        close(fd);
    }
    for (const struct dirent *e; list != NULL && (e = readdir(list)) != NULL;) {
        size_t word = strncmp(e->d_name, PART, prefix) == 0 ? strspn(e->d_name + prefix, digits) : 0;
        if (word == WORD && strspn(e->d_name + prefix + word, "+") == strlen(e->d_name) - prefix - word &&
            is_old(dir, e->d_name)) {
            unlinkat(dir, e->d_name, 0);
        }
    }
    if (list != NULL) {
        closedir(list);
    }
}
