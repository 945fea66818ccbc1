/* SPDX-License-Identifier: MIT
 * Invitations to make an account: the links of XEP-0445 and XEP-0401, of which the token is a secret.
 */
#ifndef COMMAND_CONF_INVITATION_H
#define COMMAND_CONF_INVITATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"

enum { INVITATION_TOKEN_MAX = 255, INVITATION_TEXT_MAX = 2047 };

struct invitation {
    char jid[MOTE_JID_MAX + 1];           /* of the account; or, with `named` false, of its domain alone */
    char token[INVITATION_TOKEN_MAX + 1]; /* "" for none */
    bool named;
};

/* Read an address, or a link such as xmpp:pump@example.org?register;preauth=TOKEN,
 * xmpp:example.org?register;preauth=TOKEN, or xmpp:somebody@example.org?roster;preauth=TOKEN;ibr=y. Returns NULL, or
 * what is wrong with it, as "is ..." or "has ...". */
const char *invitation_read(struct invitation *i, const char *text);

/* Name the account of an invitation that leaves the name to us. Returns NULL, or what is wrong as above. */
const char *invitation_name(struct invitation *i, const char *jid);

/* Take an argument of the command line that may have a token in it: it is copied, and overwritten where every user of
 * this machine could read it. "-" stands for a line of standard input. Returns 0, or an exit code after having said
 * why. */
int invitation_argument(char *argument, char text[INVITATION_TEXT_MAX + 1]);

#endif
