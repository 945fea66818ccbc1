/* SPDX-License-Identifier: MIT
 * What is known of the account's server, in ACCOUNT.server beside the kept keys: what it offered at the last login, so
 * that the next one need not wait for that, or that it cannot be spoken to so early.
 */
#ifndef COMMAND_LINK_KNOWN_SERVER_H
#define COMMAND_LINK_KNOWN_SERVER_H

#include "core/sasl2.h"

struct known_server {
    struct mote_known_server offers;
    int64_t waits_until; /* unix time until which it is not spoken to before its features */
};

void known_server_load(struct known_server *known);
void known_server_save(const struct known_server *known);

#endif
