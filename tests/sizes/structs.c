/* SPDX-License-Identifier: MIT
 * Sizes of the structs that an application owns, as rows of a table.
 */
#include <stdio.h>

#include "core/modules/account.h"
#include "core/modules/archive/archive.h"
#include "core/modules/blog/blog.h"
#include "core/modules/chat/chat.h"
#include "core/modules/clock.h"
#include "core/modules/csi.h"
#include "core/modules/disco.h"
#include "core/modules/files/files.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/mote.h"
#include "core/register.h"
#include "port/run/run.h"

#define ROW(type, what) printf("| `struct " #type "` | %zu | %s |\n", sizeof(struct type), what)

int main(void)
{
    ROW(mote, "the engine, one for each connection");
    ROW(mote_chat, "module");
    ROW(mote_presence, "module");
    ROW(mote_disco, "module");
    ROW(mote_ping, "module");
    ROW(mote_clock, "module");
    ROW(mote_blog, "module");
    ROW(mote_files, "module");
    ROW(mote_archive, "module");
    ROW(mote_csi, "module");
    ROW(mote_account, "module");
    ROW(mote_register, "core/register.h: while an account is made");
    ROW(mote_transfer, "of the files module, one for each transfer at a time");
    ROW(mote_run, "port/run/run.h, the loop");
    ROW(mote_keys, "to be stored: what a login leaves");
    printf("| one request on its way, `struct mote_iq` | %zu | part of the modules above |\n", sizeof(struct mote_iq));
    return 0;
}
