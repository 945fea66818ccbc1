/* SPDX-License-Identifier: MIT
 * DNS messages (RFC 1035) as far as SRV records (RFC 2782) need them. These are pure functions, and their work is
 * bounded whatever the answer holds.
 */
#ifndef MOTE_PORT_DNS_WIRE_H
#define MOTE_PORT_DNS_WIRE_H

#include "port/port.h"

enum { DNS_WIRE_MAX = 512, DNS_WIRE_QUERY = 12 + 256 + 4 };

/* Write a query for the SRV records of `service`.`domain` ("_xmpps-client._tcp", "example.org"). Returns its length, or
 * 0 when that is no name. */
size_t mote__dns_wire_srv_query(uint8_t out[DNS_WIRE_QUERY], uint16_t id, const char *service, const char *domain);

/* Read an answer and add its SRV records to targets[count..max). The question in it has to be that of `query`. Returns
 * the new count; MOTE_ERR_PROTOCOL when it is no answer to it; MOTE_ERR_DNS when the server failed. *refused is set by
 * a target ".", which is left out. What does not fit in `max`, or was cut off, is left out. */
int mote__dns_wire_srv_answer(const uint8_t *message, size_t len, const uint8_t *query, size_t query_len,
                        struct mote_port_target *targets, int count, int max, bool direct_tls, bool *refused);

#endif
