/* SPDX-License-Identifier: MIT
 * Puts lwIP and mbedTLS together as a port, and waits.
 */
#include "port/os/nosys.h"

#include <lwip/dhcp.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include "port/base/phrase.h"
#include "port/clock/tick.h"

static const struct mote__nosys_machine *the_machine; /* there is one, because the whole program has one lwIP */
static const struct mote_services *the_services;

/// What lwIP asks for ///

uint32_t mote_nosys_random(void);
uint32_t mote_nosys_random(void)
{
    uint32_t bits;
    if (the_services == NULL || the_services->random(the_services->ctx, (uint8_t *)&bits, sizeof bits) != 0) {
        bits = (uint32_t)the_machine->ticks() * 2654435761u;
    }
    return bits;
}

u32_t sys_now(void)
{
    return (u32_t)the_machine->ms();
}

/// Waiting ///

static bool handshaking(struct mote_nosys *p)
{
    return p->tls.open && !mbedtls_ssl_is_handshake_over(&p->tls.ssl);
}

static void end_turn(struct mote_nosys *p)
{
    uint64_t took = p->machine->ticks() - p->turn_began;
    uint64_t *longest = p->in_handshake || handshaking(p) ? &p->longest_handshake_turn : &p->longest_turn;
    if (p->turn_began != 0 && took > *longest) {
        *longest = took;
    }
}

static void poll(struct mote_nosys *p)
{
    p->machine->nic_poll(&p->netif);
    sys_check_timeouts();
}

static bool something(const struct mote_nosys *p, unsigned bits)
{
    if ((bits & MOTE_PORT_WAIT_READ) != 0 && mote__net_lwip_readable(&p->net)) {
        return true;
    }
    if ((bits & MOTE_PORT_WAIT_WRITE) != 0 && p->net.pcb != NULL && p->net.connected && tcp_sndbuf(p->net.pcb) > 0) {
        return true;
    }
    return ((bits & MOTE_PORT_WAIT_RESOLVE) != 0 && mote__dns_lwip_due(&p->dns)) || p->machine->input();
}

static void wait_nosys_poll(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms)
{
    struct mote_nosys *p = ctx;
    bool connecting = p->net.pcb != NULL && !p->net.connected;
    (void)port;
    end_turn(p);
    for (;;) {
        poll(p);
        if (something(p, bits) || p->machine->ms() >= until_ms ||
            (connecting && (p->net.connected || p->net.pcb == NULL))) {
            break;
        }
        p->machine->sleep();
    }
    p->turn_began = p->machine->ticks();
    p->in_handshake = handshaking(p);
}

static const struct mote_port_waiter wait_nosys = {.wait = wait_nosys_poll};

/// TLS, with memory that is lent to it for the handshake ///

#if defined(MOTE_TLS_RECORD)
enum { BUFFER_STAYS = MBEDTLS_SSL_OUT_CONTENT_LEN };
#else
enum { BUFFER_STAYS = MBEDTLS_SSL_IN_CONTENT_LEN };
#endif

/* From behind the server's hello to the end of its flight mbedTLS takes certificates apart and computes with their
 * keys. Of what it makes before, buffers and ciphers, all but the notes of the handshake stays, and so does all that it
 * makes after. */
static bool is_brief(void *ctx, size_t len)
{
    enum { NOTES_MIN = 256 };
    const struct mote_nosys *p = ctx;
    int state = p->tls.ssl.MBEDTLS_PRIVATE(state);
    if (p->tls.lasting) {
        return false;
    }
    if (state < MBEDTLS_SSL_SERVER_HELLO) {
        /* Smaller ones take the place of the receive buffer, and with MOTE_TLS_RECORD of the other, too, at the end. */
        return len > BUFFER_STAYS || (len > NOTES_MIN && len < MBEDTLS_SSL_OUT_CONTENT_LEN);
    }
    /* Where a session goes on, the ciphers are made with the server's hello. */
    return state > MBEDTLS_SSL_SERVER_HELLO && state <= MBEDTLS_SSL_SERVER_HELLO_DONE;
}

/* Take the lent memory back. mbedTLS keeps a number beside an authority's RSA modulus, to be quicker the next time; it
 * may lie in the lent memory, so it is freed. */
static bool recall(struct mote_nosys *p)
{
#if defined(MBEDTLS_RSA_C)
    for (mbedtls_x509_crt *ca = &p->tls.config->ca; ca != NULL; ca = ca->next) {
        if (mbedtls_pk_get_type(&ca->pk) == MBEDTLS_PK_RSA) {
            mbedtls_mpi_free(&mbedtls_pk_rsa(ca->pk)->MBEDTLS_PRIVATE(RN));
        }
    }
#endif
    return mote_tls_memory_recall(&p->spare_peak);
}

static int tls_start(void *ctx, const struct mote_port *port, const char *name, const char *alpn)
{
    struct mote_nosys *p = ctx;
    mote_tls_mbedtls.close(&p->tls);
    if (recall(p)) {
        for (int i = 0; i < MOTE_TLS_MEMORY_PIECES && p->spare[i] != NULL; i++) {
            mote_tls_memory_lend(p->spare[i], p->spare_size[i], is_brief, p);
        }
    }
    return mote_tls_mbedtls.start(&p->tls, port, name, alpn);
}

static int tls_handshake(void *ctx)
{
    struct mote_nosys *p = ctx;
    int r = mote_tls_mbedtls.handshake(&p->tls);
    if (r > 0 && !recall(p)) { /* something that lasts lies in the lent memory */
        bool large = mbedtls_ssl_get_max_in_record_payload(&p->tls.ssl) > MBEDTLS_SSL_OUT_CONTENT_LEN;
        mote__phrase(p->tls.why, sizeof p->tls.why, "not enough memory for TLS%s",
                     large ? " with a server that does not agree to small records (max_fragment_length)" : "");
        return MOTE_ERR_TLS;
    }
    return r;
}

static void tls_info(void *ctx, struct mote_tls_info *info)
{
    mote_tls_mbedtls.info(&((struct mote_nosys *)ctx)->tls, info);
}

static ptrdiff_t tls_read(void *ctx, void *bytes, size_t len)
{
    return mote_tls_mbedtls.read(&((struct mote_nosys *)ctx)->tls, bytes, len);
}

static ptrdiff_t tls_write(void *ctx, const void *bytes, size_t len)
{
    return mote_tls_mbedtls.write(&((struct mote_nosys *)ctx)->tls, bytes, len);
}

static bool tls_pending(void *ctx)
{
    return mote_tls_mbedtls.pending(&((struct mote_nosys *)ctx)->tls);
}

static void tls_close(void *ctx)
{
    struct mote_nosys *p = ctx;
    mote_tls_mbedtls.close(&p->tls);
    (void)recall(p); /* nothing of the session is left in it */
}

static const char *tls_why(void *ctx)
{
    return mote_tls_mbedtls.why(&((struct mote_nosys *)ctx)->tls);
}

static const struct mote_port_tls tls_nosys = {
    .start = tls_start,
    .handshake = tls_handshake,
    .info = tls_info,
    .read = tls_read,
    .write = tls_write,
    .pending = tls_pending,
    .close = tls_close,
    .why = tls_why,
};

/* The smaller one first, so that what is small leaves the larger one whole. */
void mote_nosys_lend(struct mote_nosys *p, const struct mote_config *config)
{
    p->spare[0] = config->arena;
    p->spare_size[0] = config->arena_size;
    p->spare[1] = config->xml;
    p->spare_size[1] = config->xml_size;
}

/// Start ///

const struct mote_port *mote_nosys_init(struct mote_nosys *p, const struct mote__nosys_machine *machine,
                                        struct mote_tls_mbedtls_config *tls, const struct mote_services *services)
{
    *p = (struct mote_nosys){.machine = machine};
    the_machine = machine;
    the_services = services;
    lwip_init();
    if (netif_add_noaddr(&p->netif, NULL, machine->nic_init, ethernet_input) == NULL) {
        return NULL;
    }
    netif_set_default(&p->netif);
    netif_set_up(&p->netif);
    if (dhcp_start(&p->netif) != ERR_OK) {
        return NULL;
    }
    mote_net_lwip_init(&p->net);
    mote_dns_lwip_init(&p->dns, &p->netif);
    mote_tls_mbedtls_init(&p->tls, tls);
    p->port = (struct mote_port){
        .clock = &mote_clock_tick,
        .resolve = &mote_dns_lwip,
        .resolve_ctx = &p->dns,
        .net = &mote_net_lwip,
        .net_ctx = &p->net,
        .tls = tls != NULL ? &tls_nosys : NULL,
        .tls_ctx = p,
        .waiter = &wait_nosys,
        .waiter_ctx = p,
    };
    return &p->port;
}
