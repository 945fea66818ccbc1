/* SPDX-License-Identifier: MIT
 * For a board that has no source of noise which could be trusted: under QEMU the host's takes its place, and on the
 * real board there is none. A product has to have one.
 */
#include "boards/bare/machine.h"
#include "boards/bare/semihost.h"

int mote__hw_seed(uint8_t *bytes, size_t len)
{
    int file = mote__semihost_open("/dev/urandom", SEMIHOST_READ);
    int r = file >= 0 ? mote__semihost_read(file, bytes, len) : -1;
    if (file >= 0) {
        mote__semihost_close(file);
    }
    return r;
}
