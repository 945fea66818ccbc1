/* SPDX-License-Identifier: MIT
 * `wiped`: what a login needed and the session does not is gone from all memory that the engine has.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/transcript/transcript.h"

struct piece {
    const char *name;
    const void *bytes;
    size_t len;
};

static bool has(const void *memory, size_t size, const struct piece *secret)
{
    const uint8_t *m = memory;
    for (size_t i = 0; secret->len > 0 && i + secret->len <= size; i++) {
        if (memcmp(m + i, secret->bytes, secret->len) == 0) {
            return true;
        }
    }
    return false;
}

void play_wiped(struct play *p)
{
    char plain[700], coded[MOTE_BASE64_LEN(sizeof plain) + 1];
    const uint8_t *scram = (const uint8_t *)&p->x.scram;
    size_t user = strcspn(p->jid, "@"), password = strlen(p->password);
    plain[0] = plain[user + 1] = '\0';
    memcpy(plain + 1, p->jid, user);
    memcpy(plain + user + 2, p->password, password);
    mote_base64_encode((const uint8_t *)plain, user + 2 + password, coded);
    size_t key = p->told.version == 0 ? 0 : p->told.hash == MOTE_SHA1 ? 20 : 32;
    const struct piece secrets[] = {
        {"the password", p->password, password},
        {"the password in base64", coded, strlen(coded)},
        {"ClientKey", p->told.client_key, key},
        {"ServerKey", p->told.server_key, key},
    };
    const struct piece memories[] = {{"struct mote", &p->x, sizeof p->x},
                                     {"the arena", p->arena, sizeof p->arena},
                                     {"the XML memory", p->xml, sizeof p->xml},
                                     {"the ring", p->tx, sizeof p->tx}};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        for (size_t k = 0; k < sizeof memories / sizeof memories[0]; k++) {
            if (has(memories[k].bytes, memories[k].len, &secrets[i])) {
                play_fail(p, "%s is still in %s", secrets[i].name, memories[k].name);
            }
        }
    }
    for (size_t i = 0; i < sizeof p->x.scram; i++) {
        if (scram[i] != 0) {
            play_fail(p, "the state of SCRAM was not wiped: byte %zu of %zu", i, sizeof p->x.scram);
        }
    }
}
