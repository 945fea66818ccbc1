/* SPDX-License-Identifier: MIT
 * The sentence of each error code.
 */
#include "core/error.h"

#include "core/base/text.h"

const char *mote_error_text(int error)
{
    const char *texts = /* as enum mote_error, from 0 down */
        "no error\0"
        "a wrong argument\0"
        "an impossible configuration\0"
        "not possible now\0"
        "no room in the sending buffer now\0"
        "too large for the sending buffer\0"
        "not UTF-8 text, or a character that XML forbids\0"
        "too many requests at a time\0"
        "the link went away\0"
        "no answer in time\0"
        "the peer broke the protocol\0"
        "the peer exceeded a limit\0"
        "no TLS\0"
        "the server's certificate was refused\0"
        "the login was refused\0"
        "no acceptable login mechanism\0"
        "the server ended the stream\0"
        "another session took this one's place\0"
        "the server names another host\0"
        "the random source failed\0"
        "refused\0"
        "the file's hash does not match\0"
        "reading or writing failed\0"
        "cancelled\0"
        "the name was not found\0"
        "no connection\0";
    if (error < MOTE_ERR_LAST) {
        return "an unknown error";
    }
    return mote_text_nth(texts, error < 0 ? 0u - (unsigned)error : 0);
}
