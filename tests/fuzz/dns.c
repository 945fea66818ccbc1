/* SPDX-License-Identifier: MIT
 * Answers of a name server, right or forged. Byte 0: the low bit gives the header and the question that were asked for,
 * so that the rest is records; else all of the message is the input's. The name that is asked for comes first, up to a
 * NUL.
 */
#include <string.h>

#include "port/dns/wire.h"
#include "tests/fuzz/fuzz.h"

enum { TARGETS = 4 };

static void check_targets(const struct mote_port_target *targets, int count)
{
    for (int i = 0; i < count; i++) {
        const struct mote_port_target *t = &targets[i];
        size_t len = strnlen(t->host, sizeof t->host);
        must(len > 0 && len <= MOTE_PORT_HOST_MAX && t->port != 0 && t->direct_tls, "a target is a host and a port");
        for (size_t k = 0; k < len; k++) {
            must(t->host[k] > ' ' && t->host[k] < 0x7f && t->host[k] != '/' && t->host[k] != ':',
                 "a host of characters that a host can have");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t how = input_byte(&in), query[DNS_WIRE_QUERY], answer[DNS_WIRE_MAX];
    char domain[300];
    struct mote_port_target targets[TARGETS];
    bool refused = false;
    input_string(&in, domain, sizeof domain);
    size_t asked = mote__dns_wire_srv_query(query, 0x1234, "_xmpp-client._tcp", domain);
    must(asked <= sizeof query, "a query within its buffer");
    if (asked == 0) {
        return 0;
    }
    size_t len = 0;
    if ((how & 1) != 0) {
        memcpy(answer, query, asked);
        answer[2] = 0x80;
        answer[7] = input_byte(&in);
        len = asked;
    }
    size_t rest = in.left < sizeof answer - len ? in.left : sizeof answer - len;
    memcpy(answer + len, in.at, rest);
    int count = mote__dns_wire_srv_answer(answer, len + rest, query, asked, targets, 0, TARGETS, true, &refused);
    must(count <= TARGETS && (count >= 0 || count == MOTE_ERR_PROTOCOL || count == MOTE_ERR_DNS),
         "a count, or an error");
    check_targets(targets, count);
    if (count >= 0 && count < TARGETS) { /* a second answer is added to the first */
        int more = mote__dns_wire_srv_answer(answer, len + rest, query, asked, targets, count, TARGETS, true, &refused);
        must(more >= count && more <= TARGETS, "targets are added, not replaced");
        check_targets(targets, more);
    }
    return 0;
}
