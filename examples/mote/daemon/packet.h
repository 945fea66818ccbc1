/* SPDX-License-Identifier: MIT
 * What mote run and the verbs that ask it say to each other. One packet of a SOCK_SEQPACKET socket is one request or
 * one answer: a word and then "key=value" strings, each with its NUL. docs/mote.1 does not document it, so it may
 * change.
 */
#ifndef COMMAND_DAEMON_PACKET_H
#define COMMAND_DAEMON_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In bytes: there is room for the longest text and what stands beside it, and a socket still takes it at once. */
enum { PACKET_MAX = 64 * 1024 };

struct packet {
    size_t len;
    bool cut; /* something that was put found no room */
    int fd;   /* a descriptor that goes beside it, or -1. Who put it there closes it. See daemon/packet_socket.h */
    char bytes[PACKET_MAX];
};

/// Writing ///

void packet_begin(struct packet *p, const char *word);

/* A value that is NULL is left out. */
void packet_put(struct packet *p, const char *key, const char *value);

void packet_number(struct packet *p, const char *key, int64_t value);

/* Take back what was put after the packet had this length. */
void packet_trim(struct packet *p, size_t len);

/// Reading ///

/* Is what came from a socket a packet: strings to its very end, the first a word, all others with a '='? */
bool packet_good(const struct packet *p);

const char *packet_word(const struct packet *p);

/* The value of the n-th field of that key, counting from 0, or NULL. */
const char *packet_nth(const struct packet *p, const char *key, unsigned n);
const char *packet_get(const struct packet *p, const char *key);

/* The value as a number of at least 0; `otherwise` when the field is absent or no such number. */
int64_t packet_get_number(const struct packet *p, const char *key, int64_t otherwise);

/* The next field. *at is 0 for the first one. Returns false after the last. `key` and `value` point into the packet;
 * the key ends at its '='. */
bool packet_next(const struct packet *p, size_t *at, const char **key, const char **value);

#endif
