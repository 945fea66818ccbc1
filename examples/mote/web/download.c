/* SPDX-License-Identifier: MIT
 * Gets a file from a URL: it goes on from where an earlier try ended, and verifies the SHA-256 that it was told.
 */
#include "examples/mote/web/download.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"
#include "examples/mote/web/url_part.h"
#include "examples/mote/web/web.h"

/* TRIES: in a row that come no further than one before. */
enum { TRIES = 4, WAIT_S = 1, MAX_SIZE = 100 * 1024 * 1024 };

static struct url_part part;
static struct mote_fetch fetch;
static int write_error;
static uint64_t resumed;  /* bytes that were here before */
static uint64_t furthest; /* so many bytes of it were here at a time */

static const char *folder(void)
{
    return cli.settings.directory[0] != '\0' ? cli.settings.directory : ".";
}

/* The SHA-256 of --hash. Returns false when it is none. */
static bool read_sum(uint8_t sum[32])
{
    const char *text = cli.hash;
    for (size_t i = 0; i < 32; i++) {
        unsigned byte;
        char digits[3] = {text[2 * i], text[2 * i] != '\0' ? text[2 * i + 1] : '\0', '\0'};
        if (strspn(digits, "0123456789abcdefABCDEF") != 2 || sscanf(digits, "%2x", &byte) != 1) {
            return false;
        }
        sum[i] = (uint8_t)byte;
    }
    return text[64] == '\0';
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c >= 'A' && c <= 'F' ? c | 32 : c);
    return c != '\0' && at != NULL ? (int)(at - digits) : -1;
}

/* A name of the last part of the URL's path. */
static void name_of(const struct mote_url *url, char name[NAME_SIZE])
{
    char last[MOTE_URL_SIZE];
    size_t len = strcspn(url->path, "?"), n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = url->path[i];
        if (c == '%' && i + 2 < len && digit(url->path[i + 1]) >= 0 && digit(url->path[i + 2]) >= 0) {
            c = (char)(digit(url->path[i + 1]) * 16 + digit(url->path[i + 2]));
            i += 2;
        }
        n = c == '/' ? 0 : n;
        if (c != '/' && c != '\0') {
            last[n++] = c;
        }
    }
    last[n] = '\0';
    const char *told = cli.name != NULL ? cli.name : last;
    name_make(told[0] != '\0' && mote_text_valid(told, strlen(told)) == strlen(told) ? told : NULL, time(NULL), name);
}

/// One try ///

static int begin(void *ctx, const struct mote_fetch *f, uint64_t offset)
{
    (void)ctx;
    errno = 0;
    if (offset == 0 && part.sink.end > 0) {
        note("the file has changed, or the server knows no ranges: beginning anew");
        resumed = 0;
    }
    if (offset == 0 && url_part_clear(&part) != 0) {
        write_error = errno;
        return MOTE_ERR_IO;
    }
    mote_text_copy(part.version, sizeof part.version, mote_fetch_version(f));
    part.total = f->total;
    if (f->total != MOTE_HTTP_UNKNOWN && f->total - offset > sink_room(part.sink.dir)) {
        write_error = ENOSPC;
        return MOTE_ERR_IO;
    }
    return 0;
}

static int add(void *ctx, uint64_t offset, const void *bytes, size_t len)
{
    (void)ctx, (void)offset;
    errno = 0;
    if (url_part_add(&part, bytes, len) != 0) {
        write_error = errno;
        return MOTE_ERR_IO;
    }
    return 0;
}

/* Is it worth another try? The connection has broken, or the server has trouble of its own. */
static bool passes(void)
{
    return fetch.error == MOTE_ERR_LOST || fetch.error == MOTE_ERR_TIMEOUT || fetch.error == MOTE_ERR_CONNECT ||
           (fetch.error == MOTE_ERR_REFUSED && fetch.http.status >= 500);
}

/* Get what is missing. Returns 0 when all is here. */
static int get_rest(const char *url, const char *name)
{
    for (unsigned left = TRIES;;) {
        char version[MOTE_HTTP_ETAG];
        mote_text_copy(version, sizeof version, part.version);
        struct mote_fetch_config config = {.url = url,
                                           .begin = begin,
                                           .write = add,
                                           .from = version[0] != '\0' ? part.sink.end : 0,
                                           .version = version,
                                           .max_size = cli.settings.max_size != 0 ? cli.settings.max_size : MAX_SIZE};
        int code = web_transfer(&fetch, &config, name);
        if (code != 0 || fetch.error == 0) {
            return code;
        }
        url_part_save(&part); /* what it could not save it gets again */
        left = part.sink.end > furthest ? TRIES : left - 1;
        furthest = part.sink.end > furthest ? part.sink.end : furthest;
        if (!passes() || left == 0) {
            break;
        }
        note("%s: going on in %u s", fetch.why, WAIT_S);
        nanosleep(&(struct timespec){.tv_sec = WAIT_S}, NULL);
    }
    if (write_error != 0) {
        errno = write_error;
        return fail_errno("make room, or name another folder with --dir", "cannot keep %s in %s", name, folder());
    }
    char what[NAME_SIZE + 32];
    snprintf(what, sizeof what, "cannot get %s", name);
    return web_failed(&fetch, what);
}

/// All of it ///

static int keep(const char *url, const char *wanted, const uint8_t *sha256, bool verified)
{
    char name[NAME_SIZE], path[PATH_MAX + NAME_SIZE + 1];
    uint64_t size = part.sink.end;
    if (url_part_keep(&part, wanted, name) != 0) {
        return fail_errno(NULL, "cannot keep %s in %s", wanted, folder());
    }
    bool here = strcmp(folder(), ".") == 0;
    snprintf(path, sizeof path, "%s%s%s", here ? "" : folder(), here ? "" : "/", name);
    show_download(&(struct shown_download){.url = url,
                                           .type = fetch.http.type,
                                           .path = path,
                                           .size = size,
                                           .resumed = resumed,
                                           .sha256 = sha256,
                                           .verified = verified});
    return 0;
}

/* Get it, and verify it. When a file that was gone on with has another hash, what was here was damaged: once more. */
static int get_whole(const char *url, const char *name, const uint8_t *wanted)
{
    uint8_t sum[32];
    for (;;) {
        int code = get_rest(url, name);
        if (code != 0) {
            if (part.safe > 0) {
                url_part_leave(&part);
            } else {
                url_part_drop(&part); /* it cannot be gone on with */
            }
            return code;
        }
        url_part_sum(&part, sum);
        if (wanted == NULL || memcmp(sum, wanted, sizeof sum) == 0) {
            return keep(url, name, sum, wanted != NULL);
        }
        if (resumed == 0) {
            url_part_drop(&part);
            return fail(EXIT_REFUSED, "its SHA-256 is another one than was told", NULL, "cannot get %s", name);
        }
        note("what was here of %s does not fit: beginning anew", name);
        resumed = 0;
        if (url_part_clear(&part) != 0) {
            return fail_errno(NULL, "cannot write in the folder %s", folder());
        }
    }
}

/* Get it, in a session that was opened. */
static int get_one(const char *url, const char *name, const uint8_t *wanted)
{
    int dir = sink_folder(folder());
    if (dir < 0) {
        return fail_errno("--dir names the folder for received files", "cannot use the folder %s", folder());
    }
    url_part_clean(dir);
    int code = 0;
    if (url_part_open(&part, dir, url) != 0) {
        code = errno == EWOULDBLOCK ? fail(EXIT_LOCAL, "another process is getting it", NULL, "cannot get %s", name)
                                    : fail_errno(NULL, "cannot write in the folder %s", folder());
    }
    if (code == 0) {
        resumed = furthest = part.sink.end;
        write_error = 0;
        if (resumed > 0) {
            note("going on behind the %llu bytes that are here", (unsigned long long)resumed);
        }
        code = get_whole(url, name, wanted);
    }
    close(dir);
    return code;
}

/* Is it a URL to get? The name that its file gets is put into `name`. */
static int look_at(const char *url, char name[NAME_SIZE])
{
    static struct mote_url read;
    const char *wrong = mote_url_read(&read, url);
    if (wrong != NULL) {
        char why[80];
        snprintf(why, sizeof why, "it %s", wrong);
        return fail(EXIT_USAGE, why, NULL, "cannot get '%s'", url);
    }
    name_of(&read, name);
    return 0;
}

int download_beside(const char *url)
{
    char name[NAME_SIZE];
    int code = look_at(url, name);
    return code != 0 ? EXIT_REFUSED : get_one(url, name, NULL);
}

int download(const char *url)
{
    uint8_t sum[32];
    char name[NAME_SIZE];
    int code = look_at(url, name);
    if (code == 0 && cli.hash != NULL && !read_sum(sum)) {
        code = fail(EXIT_USAGE, "a SHA-256 has 64 hexadecimal digits", NULL, "cannot use --hash '%s'", cli.hash);
    }
    code = code == 0 ? session_open(SESSION_OFFLINE | SESSION_WEB, NULL) : code;
    code = code == 0 ? get_one(url, name, cli.hash != NULL ? sum : NULL) : code;
    return session_close(code);
}
