/* SPDX-License-Identifier: MIT
 * What the files of core/engine/ share. struct mote itself is in core/state.h.
 */
#ifndef MOTE_ENGINE_H
#define MOTE_ENGINE_H

#include "core/mote.h"
#include "core/engine/login/negotiate.h"
#include "core/stream/sasl/scram.h"
#include "core/engine/stream_management.h"
#include "core/stream/txring.h"
#include "core/xml/reader.h"

struct mote_module;
struct mote_iq;
struct mote__durable;

/* The stream cannot go on. Keep the first reason, tell the server `condition` (NULL: nothing) if a stream is open, and
 * close. */
void mote__engine_fail(struct mote *x, int error, const char *condition, const char *why);

/* The same, with markup of ours behind the condition. */
void mote__engine_fail_with(struct mote *x, int error, const char *condition, const char *extra, const char *why);

/* Put a reason for people together in x->text. `format` has what that of mote_module_log has. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
const char *mote__engine_text(struct mote *x, const char *format, ...);

/* Write "PREFIX CONDITION (TEXT)" into x->text, from an error element with defined conditions of `ns`. */
const char *mote__engine_explain(struct mote *x, const char *prefix, const struct mote_xml *e, const char *ns);

/* What the reader calls with what it finds. */
extern const struct mote__reader_sink mote__engine_sink;

/* Compose into the setup buffer, which is sent before anything else. It takes the writer of the ring, in which nothing
 * is being composed meanwhile. end fails the stream when it did not fit. */
struct mote_writer *mote__setup_begin(struct mote *x);
void mote__setup_end(struct mote *x);

/* Random bytes of the services. Returns false when there are none. */
bool mote__engine_random(const struct mote *x, void *bytes, size_t len);

/* Tell all modules that this phase (enum mote_phase) has begun. */
void mote__engine_phase(struct mote *x, int phase);

/* Something has left the ring: give MOTE_EV_ROOM if the application waits for it. */
void mote__engine_room(struct mote *x);

/* Requests: engine/iq.c. */
bool mote__iq_dispatch(struct mote *x, const struct mote_xml *stanza); /* false: it is no answer */
void mote__iq_tick(struct mote *x);
void mote__iq_lost(struct mote *x);
uint64_t mote__iq_deadline(const struct mote *x);

#endif
