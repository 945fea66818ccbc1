/* SPDX-License-Identifier: MIT
 * The client state module: says "inactive" or "active" on each stream, as soon as there is room for it.
 */
#include "core/modules/csi.h"

#include "core/engine/engine.h"
#include "core/xml/ns.h"

enum { AGAIN_MS = 1000 }; /* until another try when the ring had no room */

/* What is sent is no stanza: it does not count for XEP-0198, and is not sent again on the next stream. */
static int send_state(struct mote_csi *csi)
{
    struct mote *x = csi->mod.x;
    csi->again_ms = mote_module_now(x) + AGAIN_MS;
    if (!mote_online(x) || !x->server_csi || csi->said == csi->inactive) {
        return 0;
    }
    mote_writer_put(mote_module_begin(x),
                    csi->inactive ? "<inactive xmlns='" NS_CSI "'/>" : "<active xmlns='" NS_CSI "'/>");
    int result = mote__txring_commit(&x->tx, 0, x->tx.size / 8);
    csi->said = result == 0 ? csi->inactive : csi->said;
    return result;
}

int mote_csi_set(struct mote_csi *csi, bool active)
{
    csi->inactive = !active;
    return send_state(csi);
}

static void csi_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_csi *csi = (struct mote_csi *)m;
    if (phase == MOTE_PHASE_READY || phase == MOTE_PHASE_RESUMED) {
        csi->said = false; /* each stream begins active, after a resumption as well (XEP-0352 section 5.2) */
        send_state(csi);
    }
}

static uint64_t csi_deadline(const struct mote_module *m)
{
    const struct mote_csi *csi = (const struct mote_csi *)m;
    bool owes = mote_online(m->x) && m->x->server_csi && csi->said != csi->inactive;
    return owes ? csi->again_ms : UINT64_MAX;
}

static void csi_tick(struct mote_module *m, uint64_t now_ms)
{
    (void)now_ms;
    send_state((struct mote_csi *)m);
}

static const struct mote_module_class csi_class = {
    .name = "csi", .phase = csi_phase, .deadline = csi_deadline, .tick = csi_tick};

void mote_csi_attach(struct mote_csi *csi, struct mote *x)
{
    *csi = (struct mote_csi){0};
    mote_module_attach(&csi->mod, x, &csi_class);
}
