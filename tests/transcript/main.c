/* SPDX-License-Identifier: MIT
 * transcript FILE...: play each file whole, in pieces of seven bytes, and one byte at a time.
 * transcript --cut FILE...: cut the link after every byte of the server's; see cut.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
        {"SASL2", "xmlns='urn:xmpp:sasl:2'"},
        {"BIND2", "xmlns='urn:xmpp:bind:0'"},
        {"FAST", "xmlns='urn:xmpp:fast:0'"},
        {"SM", "xmlns='urn:xmpp:sm:3'"},
        {"SASL", "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"},
        {"TLS", "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"},
        {"BIND", "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"},
        {"STREAMS", "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"},
        {"STANZAS", "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"},
        {"REGISTER", "xmlns='jabber:iq:register'"},
        {"DATA", "xmlns='jabber:x:data'"},
        {"PARS", "xmlns='urn:xmpp:pars:0'"},
        {"IBR", "<register xmlns='http://jabber.org/features/iq-register'/>"},
        {"INVITES", "<register xmlns='urn:xmpp:ibr-token:0'/>"},
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

bool play(struct play *p, const char *file, size_t chunk, play_byte_fn *each_byte)
{
    static char line[LINE];
    memset(p, 0, offsetof(struct play, arena));
    p->output[0] = p->events[0] = '\0';
    p->device.flash.block_count = 0; /* none yet */
    p->file = file;
    p->chunk = chunk;
    p->each_byte = each_byte;
    p->now_ms = 1000;
    p->arena_size = p->tx_size = 4096;
    p->xml_size = 16384;
    p->block_max = 1024;
    play_set(p, "jid", "alice@localhost");
    play_set(p, "password", "secret");
    define_common(p);
    FILE *f = fopen(file, "r");
    if (f == NULL) {
        perror(file);
        return false;
    }
    while (!p->failed && fgets(line, sizeof line, f) != NULL) {
        p->line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            play_line(p, line);
        }
    }
    fclose(f);
    play_end(p);
    return !p->failed;
}

static int play_cuts(int count, char **files)
{
    unsigned long tried = 0;
    int passed = 0, failed = 0;
    for (int i = 0; i < count; i++) {
        bool good = true;
        tried += cut_everywhere(&world, files[i], &good);
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
        return play_cuts(argc - 2, argv + 2);
    }
    for (int i = 1; i < argc; i++) {
        bool good = true;
        for (int k = 0; k < 3 && good; k++) {
            good = play(&world, argv[i], chunks[k], NULL);
        }
        passed += good;
        failed += !good;
        printf("%s %s\n", good ? "passed" : "failed", argv[i]);
    }
    printf("transcripts (whole, by seven bytes, byte by byte): %d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
