/* SPDX-License-Identifier: MIT
 * A port that counts bytes and round trips.
 */
#include "port/run/meter.h"

static void asked(struct mote_meter *m)
{
    m->asked = true;
}

static void count_answer(struct mote_meter *m)
{
    m->round_trips += m->asked;
    m->asked = false;
}

static int meter_open(void *ctx, const struct mote_port_address *address)
{
    struct mote_meter *m = ctx;
    asked(m);
    return m->inner->net->open(m->inner->net_ctx, address);
}

static int meter_opened(void *ctx)
{
    struct mote_meter *m = ctx;
    int r = m->inner->net->opened(m->inner->net_ctx);
    if (r > 0) {
        count_answer(m);
    }
    return r;
}

static ptrdiff_t meter_read(void *ctx, void *bytes, size_t len)
{
    struct mote_meter *m = ctx;
    ptrdiff_t n = m->inner->net->read(m->inner->net_ctx, bytes, len);
    if (n > 0) {
        count_answer(m);
        m->received += (size_t)n;
    }
    return n;
}

static ptrdiff_t meter_write(void *ctx, const void *bytes, size_t len)
{
    struct mote_meter *m = ctx;
    ptrdiff_t n = m->inner->net->write(m->inner->net_ctx, bytes, len);
    if (n > 0) {
        asked(m);
        m->sent += (size_t)n;
    }
    return n;
}

static void meter_close(void *ctx)
{
    struct mote_meter *m = ctx;
    m->inner->net->close(m->inner->net_ctx);
}

static bool meter_loopback(void *ctx)
{
    struct mote_meter *m = ctx;
    return m->inner->net->loopback(m->inner->net_ctx);
}

static const char *meter_why(void *ctx)
{
    struct mote_meter *m = ctx;
    return m->inner->net->why(m->inner->net_ctx);
}

static const struct mote_port_net metered = {.open = meter_open,
                                        .opened = meter_opened,
                                        .read = meter_read,
                                        .write = meter_write,
                                        .close = meter_close,
                                        .loopback = meter_loopback,
                                        .why = meter_why};

const struct mote_port *mote_meter_init(struct mote_meter *m, const struct mote_port *inner)
{
    *m = (struct mote_meter){.port = *inner, .inner = inner};
    m->port.net = &metered;
    m->port.net_ctx = m;
    m->port.spare_nets = NULL;
    m->port.spare_count = 0;
    return &m->port;
}

void mote_meter_reset(struct mote_meter *m)
{
    m->sent = m->received = 0;
    m->round_trips = 0;
    m->asked = false;
}
