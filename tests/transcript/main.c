/* SPDX-License-Identifier: MIT
 * transcript FILE...: play each file whole, in pieces of seven bytes, and one byte at a time.
 * transcript --cut N FILE...: cut the link after every byte of the server's, in a long case at N places; see cut.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/crypto_mbedtls.h"
#include "tests/transcript/transcript.h"

static struct play world;

void play_fail(struct play *p, const char *format, ...)
{
    if (!p->failed) {
        va_list args;
        va_start(args, format);
        fprintf(stderr, "%s:%u (pieces of %zu): ", p->file, p->line, p->chunk);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        va_end(args);
    }
    p->failed = true;
}

/// The world of a case: no entropy but a counter, events as text ///

static int counting_random(void *ctx, uint8_t *bytes, size_t len)
{
    struct play *p = ctx;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = p->random++;
    }
    return p->no_entropy ? -1 : 0;
}

static void log_line(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx, (void)level;
    if (getenv("TRANSCRIPT_LOG") != NULL) {
        fprintf(stderr, "    log: %s\n", line);
    }
}

static void add_event(struct play *p, const char *line)
{
    size_t len = strlen(line);
    if (p->events_len + len + 2 > sizeof p->events) {
        play_fail(p, "too many events");
        return;
    }
    memcpy(p->events + p->events_len, line, len);
    p->events_len += len;
    p->events[p->events_len++] = '\n';
    p->events[p->events_len] = '\0';
}

static void on_event(void *app, struct mote *x, const struct mote_event *event)
{
    char line[8192];
    (void)x;
    describe_event(line, sizeof line, event);
    add_event(app, line);
}

void play_archive_answer(void *play, uint32_t tag, enum mote_archive_testimony testimony)
{
    static const char *const names[] = {"found", "not found", "cannot tell"};
    struct play *p = play;
    char line[64];
    if (strcmp(p->witness, "archive") == 0) {
        mote_outbox_witnessed(&p->outbox, tag, (enum mote_outbox_testimony)testimony); /* the same three, in their order */
        return;
    }
    snprintf(line, sizeof line, "archive-has tag=%u: %s", (unsigned)tag, names[testimony]);
    add_event(p, line);
}

static void start(struct play *p)
{
    static struct mote_services services;
    if (p->started) {
        return;
    }
    p->started = true;
    services = (struct mote_services){.random = counting_random,
                                      .hash_start = crypto_hash_start,
                                      .hash_feed = crypto_hash_feed,
                                      .hash_end = crypto_hash_end,
                                      .log = log_line,
                                      .ctx = p};
    p->config.jid = p->jid;
    p->config.services = &services;
    p->config.arena = p->arena;
    p->config.arena_size = p->arena_size;
    p->config.xml = p->xml;
    p->config.xml_size = p->xml_size;
    p->config.tx = p->tx;
    p->config.tx_size = p->tx_size;
    p->config.on_event = on_event;
    p->config.app = p;
    int error = mote_init(&p->x, &p->config);
    if (error != 0) {
        play_fail(p, "mote_init: %s", mote_error_text(error));
        return;
    }
    play_attach(p);
}

/// Moving bytes and time ///

static void work(struct play *p)
{
    for (int turns = 0; turns < 100000 && mote_deadline(&p->x) <= p->now_ms; turns++) {
        mote_tick(&p->x, p->now_ms);
    }
}

void play_collect(struct play *p)
{
    const uint8_t *bytes;
    size_t n;
    while ((n = mote_out(&p->x, 0, &bytes)) > 0) {
        n = n > p->chunk ? p->chunk : n;
        if (p->output_len + n >= sizeof p->output) {
            play_fail(p, "more output than the test can hold");
            return;
        }
        memcpy(p->output + p->output_len, bytes, n);
        p->output_len += n;
        p->output[p->output_len] = '\0';
        mote_out_done(&p->x, 0, n, p->now_ms);
    }
}

static void feed(struct play *p, const char *bytes, size_t len)
{
    for (int stuck = 0; len > 0 && stuck < 2 && (p->cut_at == 0 || p->received < p->cut_at);) {
        size_t n = len < p->chunk ? len : p->chunk;
        if (p->cut_at != 0 && n > p->cut_at - p->received) {
            n = p->cut_at - p->received;
        }
        ptrdiff_t taken = mote_in(&p->x, 0, bytes, n, p->now_ms);
        work(p);
        if (taken < 0) {
            p->received += n;
            return; /* the stream failed: what it leads to is expected or not by the lines that follow */
        }
        stuck = taken == 0 ? stuck + 1 : 0;
        p->received += (size_t)taken;
        if (taken == 0) {
            play_collect(p); /* congested: the wire takes something */
        }
        bytes += taken;
        len -= (size_t)taken;
    }
    if (len > 0 && p->cut_at == 0) {
        play_fail(p, "the engine takes no bytes, though all of its output was taken");
    }
}

/// Lines ///

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
            *out++ = *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s == 't' ? '\t' : *s;
        }
    }
    *out = '\0';
    return (size_t)(out - start);
}

static struct mote_tls_info tls_info(const char *kind)
{
    struct mote_tls_info info = {.version = "TLSv1.2", .cipher = "TEST", .verified = true};
    if (strcmp(kind, "tls13") == 0) {
        info.version = "TLSv1.3";
        info.exporter_len = 32;
        info.end_point_len = 32;
        for (int i = 0; i < 32; i++) {
            info.exporter[i] = (uint8_t)i;
            info.end_point[i] = (uint8_t)(255 - i);
        }
    } else if (strcmp(kind, "unverified") == 0) {
        info.verified = false;
    } else if (strcmp(kind, "loopback") == 0) {
        info = (struct mote_tls_info){.loopback = true};
    }
    return info;
}

static void do_connect(struct play *p, const char *kind)
{
    struct mote_tls_info info = tls_info(kind);
    start(p);
    if (mote_connected(&p->x, strcmp(kind, "clear") == 0 ? NULL : &info, p->now_ms) != 0) {
        play_fail(p, "mote_connected was refused");
    }
}

/* On line over an insecure loopback, by the shortest way: for cases about what comes after. */
static void do_login(struct play *p, bool keep_output, bool sm)
{
    const char *bind = sm ? "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>"
                            "<csi xmlns='urn:xmpp:csi:0'/></stream:features>"
                          : "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
    const char *const steps[] = {
        ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
         "</stream:features>"),
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", bind};
    static const char header[] = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
                                 "id='s' from='localhost' version='1.0'>";
    char bound[700];
    p->config.flags |= MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN;
    start(p);
    p->x.config.flags |= p->config.flags; /* if a command has started it before */
    do_connect(p, "loopback");
    feed(p, header, strlen(header));
    for (int i = 0; i < 3; i++) {
        feed(p, steps[i], strlen(steps[i]));
        if (i == 1) {
            feed(p, header, strlen(header));
        }
    }
    play_collect(p);
    if (sm && strstr(p->output, "<resume ") != NULL) {
        return; /* what the server says to that is the case's to tell */
    }
    const char *id = strstr(p->output, "<iq type='set' id='");
    size_t jid = strcspn(p->jid, "/");
    snprintf(bound, sizeof bound,
             "<iq type='result' id='%.*s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%.*s/r</jid></bind></iq>",
             id != NULL ? (int)strcspn(id + 19, "'") : 0, id != NULL ? id + 19 : "", (int)jid, p->jid);
    feed(p, bound, strlen(bound));
    play_collect(p);
    if (p->cut_at != 0 && p->received >= p->cut_at) {
        return;
    }
    if (!mote_online(&p->x)) {
        play_fail(p, "the login did not get on line: %s", mote_why(&p->x));
    }
    p->events_len = 0;
    p->events[0] = '\0';
    if (!keep_output) {
        p->output_len = 0;
        p->output[0] = '\0';
    }
}

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

static void set(struct play *p, const char *key, const char *value)
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
        p->config.flags |= strcmp(value, "plain") == 0      ? MOTE_ALLOW_PLAIN
                           : strcmp(value, "external") == 0 ? MOTE_ALLOW_EXTERNAL
                           : strcmp(value, "binding") == 0  ? MOTE_REQUIRE_BINDING
                                                            : 0u;
        p->chat_flags |= strcmp(value, "carbons") == 0 ? MOTE_CHAT_CARBONS : 0u;
        p->no_entropy = strcmp(value, "no-entropy") == 0;
    } else if (strcmp(key, "archive") == 0) {
        set_archive(p, value);
    } else if (strcmp(key, "keys") == 0) {
        p->keys = (struct mote_keys){.version = 1, .hash = strcmp(value, "sha-1") == 0 ? MOTE_SHA1 : MOTE_SHA256};
        p->config.keys = &p->keys;
    } else if (strcmp(key, "iterations") == 0) {
        p->config.scram_iterations_max = (uint32_t)atoi(value);
    } else if (strcmp(key, "allow") == 0) {
        snprintf(p->allow_text, sizeof p->allow_text, "%s", value);
        p->allow[0] = p->allow_text;
        p->presence_config.allow = p->allow;
    } else if (strcmp(key, "outbox") == 0) {
        p->with_outbox = true;
    } else if (strcmp(key, "witness") == 0) {
        snprintf(p->witness, sizeof p->witness, "%s", value);
    } else {
        play_fail(p, "unknown setting %s", key);
    }
}

static void play_limit(struct play *p, const char *what, size_t max)
{
    struct mote_status s;
    mote_status(&p->x, &s);
    size_t is = strcmp(what, "ring") == 0 ? s.tx_peak : strcmp(what, "xml") == 0 ? s.xml_peak : s.arena_peak;
    if (is > max) {
        play_fail(p, "limit %s %zu: it was %zu", what, max, is);
    }
}

static void play_line(struct play *p, char *line)
{
    static char bytes[LINE];
    char *arg = strpbrk(line, " :");
    char word[32] = "";
    size_t len = arg != NULL ? (size_t)(arg - line) : strlen(line);
    snprintf(word, sizeof word, "%.*s", (int)len, line);
    arg = arg != NULL ? arg + strspn(arg, ": ") : line + len;
    unsigned times = 1;
    if (word[0] == 'S' && word[1] == '*') {
        times = (unsigned)atoi(word + 2);
        word[1] = '\0';
    }
    if (strcmp(word, "let") == 0) {
        char *value = strchr(arg, '=');
        snprintf(variable(p, arg, (size_t)(value - arg)), VAR_LEN, "%s", value + 1);
    } else if (strcmp(word, "S") == 0) {
        substitute(p, arg, bytes, sizeof bytes);
        for (size_t n = unescape(bytes); times > 0; times--) {
            feed(p, bytes, n);
        }
    } else if (strcmp(word, "C") == 0) {
        unescape(arg);
        expect_output(p, arg);
    } else if (strcmp(word, "E") == 0) {
        unescape(arg);
        expect_event(p, arg);
    } else if (strcmp(word, "count") == 0) {
        expect_count(p, arg);
    } else if (strcmp(word, "W") == 0) {
        expect_wants(p, arg);
    } else if (strcmp(word, "set") == 0) {
        char *value = strchr(arg, '=');
        *value = '\0';
        set(p, arg, value + 1);
    } else if (strcmp(word, "connect") == 0) {
        do_connect(p, arg);
    } else if (strcmp(word, "login") == 0) {
        do_login(p, false, false);
    } else if (strcmp(word, "login-sm") == 0) {
        do_login(p, true, true);
    } else if (strcmp(word, "counters") == 0) {
        p->x.sm.in = p->x.sm.out = (uint32_t)strtoul(arg, NULL, 10);
    } else if (strcmp(word, "login-keep") == 0) {
        do_login(p, true, false);
    } else if (strcmp(word, "secured") == 0) {
        struct mote_tls_info info = tls_info(arg);
        if (mote_secured(&p->x, &info, p->now_ms) != 0) {
            play_fail(p, "mote_secured was refused");
        }
    } else if (strcmp(word, "at") == 0) {
        p->now_ms = (uint64_t)(atof(arg) * 1000) + 1000;
        mote_tick(&p->x, p->now_ms);
        work(p);
    } else if (strcmp(word, "cut") == 0) {
        mote_lost(&p->x, MOTE_ERR_LOST, NULL, p->now_ms);
    } else if (strcmp(word, "sent") == 0) {
        const uint8_t *out;
        size_t n = mote_out(&p->x, 0, &out), most = (size_t)atoi(arg);
        n = n < most ? n : most;
        memcpy(p->output + p->output_len, out, n);
        p->output_len += n;
        p->output[p->output_len] = '\0';
        mote_out_done(&p->x, 0, n, p->now_ms);
    } else if (strcmp(word, "reboot") == 0) {
        play_collect(p); /* what was on the wire went before it */
        p->started = false;
        p->config.flags &= ~(uint32_t)MOTE_INSECURE_LOOPBACK;
    } else if (strcmp(word, "waits") == 0) {
        outbox_waits(p, (unsigned)atoi(arg));
    } else if (strcmp(word, "close") == 0) {
        mote_close(&p->x, p->now_ms);
    } else if (strcmp(word, "limit") == 0) {
        char *number = strchr(arg, ' ');
        *number = '\0';
        play_limit(p, arg, (size_t)atol(number + 1));
    } else if (strcmp(word, "do") == 0) {
        start(p);
        substitute(p, arg, bytes, sizeof bytes);
        unescape(bytes);
        play_command(p, bytes);
        work(p);
    } else {
        play_fail(p, "unknown line: %s", line);
    }
}

static void play_end(struct play *p)
{
    if (p->started) {
        play_collect(p);
    }
    if (!p->failed && p->output_len > 0) {
        play_fail(p, "output that nothing expected:\n    %s", p->output);
    }
    if (!p->failed && p->events_len > 0) {
        play_fail(p, "events that nothing expected:\n    %s", p->events);
    }
}

/* What almost every case has to say. */
static void define_common(struct play *p)
{
    static const char *const common[][2] = {
        {"HEADER", "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s' "
                   "from='localhost' version='1.0'>"},
        {"CLIENT", "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                   "xmlns:stream='http://etherx.jabber.org/streams' to='localhost' from='alice@localhost' "
                   "version='1.0' xml:lang='en'>"},
        {"CLIENT-CLEAR", "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                         "xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0' xml:lang='en'>"},
        {"SASL", "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"},
        {"TLS", "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"},
        {"BIND", "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"},
        {"STREAMS", "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"},
        {"STANZAS", "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"},
        {"MAM", "xmlns='urn:xmpp:mam:2'"},
        {"RSM", "xmlns='http://jabber.org/protocol/rsm'"},
        {"FORWARD", "xmlns='urn:xmpp:forward:0'"},
        {"DELAY", "xmlns='urn:xmpp:delay'"},
        {"SID", "xmlns='urn:xmpp:sid:0'"},
    };
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        snprintf(p->vars[i].name, sizeof p->vars[i].name, "%s", common[i][0]);
        snprintf(p->vars[i].value, VAR_LEN, "%s", common[i][1]);
    }
}

void play_login(struct play *p)
{
    do_login(p, false, false);
}

bool play(struct play *p, const char *file, size_t chunk, size_t cut_at)
{
    static char line[LINE];
    memset(p, 0, offsetof(struct play, arena));
    p->output[0] = p->events[0] = '\0';
    p->device.flash.block_count = 0; /* none yet */
    p->file = file;
    p->chunk = chunk;
    p->cut_at = cut_at;
    p->now_ms = 1000;
    p->arena_size = p->tx_size = 4096;
    p->xml_size = 16384;
    p->block_max = 1024;
    set(p, "jid", "alice@localhost");
    set(p, "password", "secret");
    define_common(p);
    FILE *f = fopen(file, "r");
    if (f == NULL) {
        perror(file);
        return false;
    }
    while (!p->failed && (cut_at == 0 || p->received < cut_at) && fgets(line, sizeof line, f) != NULL) {
        p->line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            play_line(p, line);
        }
    }
    fclose(f);
    if (cut_at == 0) {
        play_end(p);
    }
    return !p->failed;
}

static int play_cuts(size_t places, int count, char **files)
{
    unsigned long tried = 0;
    int passed = 0, failed = 0;
    for (int i = 0; i < count; i++) {
        bool good = true;
        tried += cut_everywhere(&world, files[i], places, &good);
        passed += good;
        failed += !good;
    }
    printf("transcript cuts: %lu tried in %d files, %d files failed\n", tried, count, failed);
    printf("%s - transcript cuts\n", failed == 0 && passed > 0 ? "ok" : "not ok");
    return failed > 0 || passed == 0;
}

int main(int argc, char **argv)
{
    static const size_t chunks[] = {SIZE_MAX, 7, 1};
    int passed = 0, failed = 0;
    if (argc > 2 && strcmp(argv[1], "--cut") == 0) {
        return play_cuts((size_t)atoi(argv[2]), argc - 3, argv + 3);
    }
    for (int i = 1; i < argc; i++) {
        bool good = true;
        for (int k = 0; k < 3 && good; k++) {
            good = play(&world, argv[i], chunks[k], 0);
        }
        passed += good;
        failed += !good;
        printf("%s %s\n", good ? "passed" : "failed", argv[i]);
    }
    printf("transcripts (whole, by seven bytes, byte by byte): %d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
