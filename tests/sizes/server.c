/* SPDX-License-Identifier: MIT
 * server recv|send N: a plaintext XMPP server for one client on 127.0.0.1. It prints its port, lets anybody in with
 * PLAIN, and does one of these after the first presence:
 *
 *   recv   it sends N messages as fast as the socket takes them, and "done" when the client answers with a message
 *   send   it swallows N messages, then sends one back, and ends when the client does
 *
 * It understands only what the two clients here say.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/sizes/stanza.h"

static int client;
static unsigned wanted, messages;
static bool sending, authenticated, flooded;

static void put(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(client, bytes, len, MSG_NOSIGNAL);
        if (n <= 0) {
            exit(0);
        }
        bytes += n;
        len -= (size_t)n;
    }
}

static void say(const char *text)
{
    put(text, strlen(text));
}

static void flood(void)
{
    char *all = malloc((size_t)wanted * STANZA_LEN);
    for (unsigned i = 0; all != NULL && i < wanted; i++) {
        memcpy(all + (size_t)i * STANZA_LEN, STANZA, STANZA_LEN);
    }
    put(all, (size_t)wanted * STANZA_LEN);
    free(all);
}

static void features(void)
{
    say(STANZA_STREAM "<stream:features>");
    say(authenticated
            ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
            : "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>");
    say("</stream:features>");
}

static void answer_iq(const char *iq)
{
    const char *id = strstr(iq, "id=");
    int len = id != NULL ? (int)strcspn(id + 4, "'\"") : 0;
    char out[512];
    snprintf(out, sizeof out, "<iq type='result' id='%.*s'>%s</iq>", len < 100 ? len : 0, id != NULL ? id + 4 : "",
             strstr(iq, "xmpp-bind") != NULL
                 ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>bob@localhost/bench</jid></bind>"
                 : "");
    say(out);
}

static void on_message(void)
{
    messages++;
    if (!sending || messages == wanted) {
        say("<message type='chat' id='d' from='alice@localhost/bench'><body>done</body></message>");
    }
}

/* One element at the start of text, if it is whole: its length, else 0. */
static size_t take(char *text)
{
    static const struct {
        const char *start, *end;
    } kinds[] = {{"<?xml", ">"},     {"<stream:stream", ">"}, {"<auth", "</auth>"},       {"<iq", "</iq>"},
                 {"<presence", ">"}, {"</presence", ">"},     {"<message", "</message>"}, {"</stream:stream", ">"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(text, kinds[i].start, strlen(kinds[i].start)) != 0) {
            continue;
        }
        char *end = strstr(text, kinds[i].end);
        if (end == NULL) {
            return 0;
        }
        end += strlen(kinds[i].end);
        char behind = *end;
        *end = '\0';
        switch (i) {
        case 1: features(); break;
        case 2:
            authenticated = true;
            say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
            break;
        case 3: answer_iq(text); break;
        case 4:
            if (!flooded && !sending) {
                flood();
            }
            flooded = true;
            break;
        case 6: on_message(); break;
        case 7: say("</stream:stream>"); exit(0);
        default: break;
        }
        *end = behind;
        return (size_t)(end - text);
    }
    /* White space, or the rest of an element with children: not of interest. */
    char *next = strchr(text + 1, '<');
    return next != NULL ? (size_t)(next - text) : 0;
}

int main(int argc, char **argv)
{
    static char text[1 << 20];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (argc < 3 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        return 1;
    }
    sending = strcmp(argv[1], "send") == 0;
    wanted = (unsigned)atoi(argv[2]);
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    alarm(120); /* whatever happens to the client */
    client = accept(listener, NULL, NULL);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    size_t len = 0;
    for (ssize_t n; (n = recv(client, text + len, sizeof text - 1 - len, 0)) > 0;) {
        size_t at = 0, done;
        len += (size_t)n;
        text[len] = '\0';
        while (at < len && (done = take(text + at)) > 0) {
            at += done;
        }
        memmove(text, text + at, len - at);
        len -= at;
    }
    return 0;
}
