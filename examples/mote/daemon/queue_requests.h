/* SPDX-License-Identifier: MIT
 * What is asked of the queue, either through the socket of mote run or, when nobody listens there, on the store itself.
 * One request comes in, and one answer goes out. session_open was called with SESSION_OUTBOX before.
 *
 *   request   its fields                                       -> answer, with its fields
 *   message   to, body, id, [receipt]                          -> ok  ticket, [maybe_twice]
 *   post      id, title, content, ...: see queue_put_post      -> ok  ticket
 *   file      to, name, size; its bytes are in a sealed        -> ok  ticket, [maybe_twice]
 *             memory file beside it (daemon/packet_socket.h)
 *   list      [after] a ticket                                 -> ok  item after item, each from ticket= on; [more]
 *   drop      ticket, or all, [until] a ticket                 -> ok  count, [until]
 *   retry                                                      -> ok  count
 *
 * What cannot be done, or is no request, is answered by "error" with the fields error and why. message, post and file
 * also have [expiry], a unix time; [latest]; and [since] when they are repeated: it is the `next` of the greeting
 * before which the request was made first. An answer to drop with `until` says that more is left: ask again with it.
 */
#ifndef COMMAND_DAEMON_QUEUE_REQUESTS_H
#define COMMAND_DAEMON_QUEUE_REQUESTS_H

#include "core/modules/blog/blog.h"
#include "core/modules/outbox/outbox.h"
#include "examples/mote/daemon/packet.h"

void queue_greet(struct packet *out);
void queue_serve(const struct packet *in, struct packet *out);

/* Put a post into a request, as its fields. */
void queue_put_post(struct packet *p, const struct mote_post *post);

#endif
