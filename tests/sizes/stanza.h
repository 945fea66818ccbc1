/* SPDX-License-Identifier: MIT
 * The message that is measured, the same for all: 164 bytes as the server sends it. It is constant, so that no program
 * spends instructions on making it.
 */
#ifndef SIZES_STANZA_H
#define SIZES_STANZA_H

#define STANZA_STREAM                                                                                                  \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "       \
    "id='s1' from='localhost' version='1.0' xml:lang='en'>"

#define STANZA_ID "m1000"
#define STANZA_BODY "temperature 21.5 C, node 017 ok, seq 1000"
#define STANZA                                                                                                         \
    "<message to='bob@localhost/bench' type='chat' id='" STANZA_ID "' from='alice@localhost/bench' xml:lang='en'>"     \
    "<body>" STANZA_BODY "</body></message>"

enum { STANZA_LEN = sizeof STANZA - 1 };

_Static_assert(STANZA_LEN == 164, "the budgets are for a message of 164 bytes");

#endif
