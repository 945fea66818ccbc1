/* SPDX-License-Identifier: MIT
 * The ladder is what a try has been through, step by step: each way to the server, how far it came, and why it went no
 * further. It is for a person who asks why there is no connection; the loop itself does not look at it.
 *
 *     static struct mote_run_step steps[32];
 *     static struct mote_run_ladder ladder;
 *     mote_run_ladder_init(&ladder, steps, 32);
 *     struct mote_run_config config = {..., .ladder = &ladder};
 *
 * It begins anew with each try. MOTE_EV_OFFLINE gives it as event->ladder: then it has all of the last try.
 */
#ifndef MOTE_PORT_RUN_LADDER_H
#define MOTE_PORT_RUN_LADDER_H

#include "port/net/address.h"
#include "port/run/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 512 bytes, most of them text. */
struct mote_run_step {
    enum mote_run_stage stage;   /* how far it came; with an error, where it failed */
    enum mote_run_source source; /* where this way was learnt */
    bool done;  /* it failed, or led on line; otherwise it is under way, or was given up for a quicker one */
    bool guess; /* nobody named this way: it is port 443, or the environment's proxy */
    bool direct_tls, proxied;
    int error;                    /* enum mote_error, 0 for none */
    uint16_t port;                /* 0 for a look-up */
    uint32_t began_ms, took_ms;   /* when it began, since the try began; and how long it took so far */
    char host[MOTE_PORT_HOST_MAX + 1]; /* whose records or addresses were looked for, or that was to be reached */
    char address[MOTE_ADDRESS_TEXT];   /* "192.0.2.1 port 5222", or that of the proxy; "" for a look-up */
    char why[160];                /* a sentence fragment for people; "" when there is nothing to say */
};

struct mote_run_ladder {
    struct mote_run_step *steps;
    uint8_t count; /* of the steps; those for which there was no room are missing */
    uint8_t size;  /* private, as the rest */
    uint64_t began_ms;
    mote_run_tell_fn *tell;
};

/* Prepare it; `size` is at most 254. */
void mote_run_ladder_init(struct mote_run_ladder *ladder, struct mote_run_step *steps, uint8_t size);

/* The steps of the try under way, or of the last one. */
const struct mote_run_step *mote_run_ladder(const struct mote_run *run, uint8_t *count);

/* A step for people: "direct TLS to 192.0.2.1 port 5223 (xmpp.example.org, from SRV records)", or "SRV records of
 * example.org". */
void mote_run_step_text(const struct mote_run_step *step, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
