/* SPDX-License-Identifier: MIT
 * What is asked of the queue, be it by the socket of mote run or, when there is none, on the store itself: one request
 * in, one answer out. session_open was called with SESSION_OUTBOX.
 *
 *   message   to, body, id, [receipt]                          -> ok  ticket, [maybe_twice]
 *   post      id, title, content, ...: see queue_put_post      -> ok  ticket
 *   file      to, name, size, and its bytes in a sealed memory file (daemon/packet_socket.h) -> ok  ticket,
 * [maybe_twice] all three also: [expiry] unix time, [latest], [since]: asked before, when `next` of the greeting was
 * that list      [after]                                          -> ok  item after item, each from ticket= on; [more]
 *   drop      ticket, or all [up to until]                     -> ok  count, [until]: there are more, ask again with it
 *   retry                                                      -> ok  count
 *   anything else, or what cannot be                           -> error  error, why
 */
#ifndef CLI_QUEUE_H
#define CLI_QUEUE_H

#include "core/modules/blog/blog.h"
#include "core/modules/outbox/outbox.h"
#include "examples/mote/daemon/packet.h"

void queue_greet(struct packet *out);
void queue_serve(const struct packet *in, struct packet *out);

/* A post as the fields of a request. */
void queue_put_post(struct packet *p, const struct mote_post *post);

#endif
