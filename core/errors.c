/* SPDX-License-Identifier: MIT */
#include "core/mote.h"

const char *mote_error_text(int error)
{
    static const char *const texts[] = {
        "no error",
        "a wrong argument",
        "an impossible configuration",
        "not possible now",
        "no room in the sending buffer now",
        "too large for the sending buffer",
        "not UTF-8 text, or a character that XML forbids",
        "too many requests at a time",
        "the link went away",
        "no answer in time",
        "the peer broke the protocol",
        "the peer exceeded a limit",
        "no TLS",
        "the server's certificate was refused",
        "the login was refused",
        "no acceptable login mechanism",
        "the server ended the stream",
        "another session took this one's place",
        "the server names another host",
        "the random source failed",
        "refused",
        "the file's hash does not match",
        "reading or writing failed",
        "cancelled",
        "the name was not found",
        "no connection",
    };
    unsigned i = error <= 0 ? 0u - (unsigned)error : 0;
    return i < sizeof texts / sizeof texts[0] ? texts[i] : "an unknown error";
}
