/* SPDX-License-Identifier: MIT
 * What mote run and the verbs that ask it say to each other: one packet of a SOCK_SEQPACKET socket is one request or
 * one answer, a word and then "key=value" strings, each with its NUL. docs/mote.1 does not promise it to anybody else.
 */
#ifndef CLI_PACKET_H
#define CLI_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_MAX = 64 * 1024 }; /* bytes: a text, and what stands beside it; below what a socket takes at once */

struct packet {
    size_t len;
    bool cut; /* something found no room */
    int fd;   /* a descriptor that goes beside it, -1: none; of whoever put it there. See daemon/packet_socket.h */
    char bytes[PACKET_MAX];
};

/// Writing ///

void packet_begin(struct packet *p, const char *word);
void packet_put(struct packet *p, const char *key, const char *value); /* NULL: nothing is put */
void packet_number(struct packet *p, const char *key, int64_t value);

/* Take back what was put since the packet had this length. */
void packet_trim(struct packet *p, size_t len);

/// Reading ///

/* Is this a packet, as it came from a socket: strings to its very end, the first a word, all others with a '='? */
bool packet_good(const struct packet *p);

const char *packet_word(const struct packet *p);

/* The value of the n-th field of that key, counting from 0, or NULL. */
const char *packet_nth(const struct packet *p, const char *key, unsigned n);
const char *packet_get(const struct packet *p, const char *key);

/* A number that is there and at least 0; else `otherwise`. */
int64_t packet_get_number(const struct packet *p, const char *key, int64_t otherwise);

/* Field after field: *at is 0 to begin. False after the last. `key` and `value` point into the packet; the key ends at
 * its '='. */
bool packet_next(const struct packet *p, size_t *at, const char **key, const char **value);

#endif
