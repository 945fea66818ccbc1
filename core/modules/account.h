/* SPDX-License-Identifier: MIT
 * The own account on the server (XEP-0077), in a session of it: another password, or no account any more. How it is
 * made is in core/register.h.
 *
 * A new password is in force from when the server has taken it, which may be before its answer arrives, if that ever
 * does. So keep both until a login with the new one has worked: the server's challenge tells which one it has (its salt
 * is another one), and keys together with a password in struct mote_config log in with whichever fits.
 */
#ifndef MOTE_ACCOUNT_H
#define MOTE_ACCOUNT_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* MOTE_EV_REFUSED with the ticket tells that the server did neither. */
enum mote_account_event {
    MOTE_EV_PASSWORD_CHANGED = 88, /* the server has taken the new password */
    MOTE_EV_ACCOUNT_REMOVED        /* the account is gone; the server ends the stream */
};

struct mote_account {
    struct mote_module mod;
    struct mote_iq iq;
    int done; /* the event that its answer stands for */
};

void mote_account_attach(struct mote_account *a, struct mote *x);

/* Ask for it. Both return a ticket, or what mote_module_send returns; MOTE_ERR_BUSY while one of them waits. The
 * password is UTF-8, prepared as that of struct mote_config, and lies in the ring until that is written over. */
int32_t mote_account_set_password(struct mote_account *a, const char *password);
int32_t mote_account_remove(struct mote_account *a);

#ifdef __cplusplus
}
#endif

#endif
