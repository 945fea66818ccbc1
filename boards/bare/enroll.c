/* SPDX-License-Identifier: MIT
 * A board that makes its account itself (core/register.h). The password is made here, and lies in the store, under the
 * key "fresh", from before it is sent until there are keys: a power cut does not lose the account.
 */
#include <string.h>

#include "board_limits.h"
#include "boards/bare/settings.h"
#include "boards/bare/storage.h"
#include "boards/board.h"
#include "core/base/text.h"
#include "core/register.h"

enum { FRESH_BYTES = 18 }; /* 24 characters of base64, without padding */

static char password[MOTE_BASE64_LEN(FRESH_BYTES) + 1];
static bool kept_before;

const char *mote__enroll_password(void)
{
    uint8_t bytes[FRESH_BYTES];
    struct mote_store *store = mote_board_store(NULL, NULL);
    const struct mote_services *s = mote_board_services();
    if (store == NULL) {
        return NULL;
    }
    ptrdiff_t len = mote_store_get(store, "fresh", password, sizeof password - 1);
    kept_before = len == sizeof password - 1;
    if (kept_before) {
        return password;
    }
    if (s->random(s->ctx, bytes, sizeof bytes) != 0) {
        return NULL;
    }
    mote_base64_encode(bytes, sizeof bytes, password);
    mote_secret_wipe(bytes, sizeof bytes);
    bool kept = mote_store_put(store, "fresh", password, sizeof password - 1) == 0 && mote_store_sync(store) == 0;
    return kept ? password : NULL;
}

void mote_board_register(struct mote *x)
{
    static struct mote_register reg;
    const char *token = mote_board_setting("invite");
    if (BOARD_INVITES && password[0] != '\0') { /* else none of it is in the image */
        mote_register_attach(&reg, x,
                             &(struct mote_register_config){.token = strcmp(token, "-") != 0 ? token : NULL,
                                                            .may_exist = kept_before});
    }
}
