/* SPDX-License-Identifier: MIT
 * How failure is told: the sentence, the hint and the exit code of each error.
 */
#include "examples/mote/out/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "examples/mote/out/out.h"
#include "port/store/safe_path.h"

static int first_code;

int fail_code(void)
{
    return first_code;
}

static void tell_error(const char *what, const char *why, const char *hint)
{
    err_print(why != NULL ? "mote: %s: %s\n" : "mote: %s%s\n", what, why != NULL ? why : "");
    if (hint != NULL) {
        err_print("mote: hint: %s\n", hint);
    }
    if (cli.json) {
        json_begin("error");
        json_string("what", what);
        json_string("why", why);
        json_string("hint", hint);
        json_end();
    }
}

int fail(int code, const char *why, const char *hint, const char *what, ...)
{
    char text[1024];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    tell_error(text, why, hint);
    first_code = first_code == 0 ? code : first_code;
    return code;
}

int fail_errno(const char *hint, const char *what, ...)
{
    char text[1024];
    const char *why = errno == EPERM ? mote_safe_path_why() : strerror(errno);
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    tell_error(text, why, hint);
    first_code = first_code == 0 ? EXIT_LOCAL : first_code;
    return EXIT_LOCAL;
}

int check_jid(const char **jid, bool or_domain, const char *what)
{
    const char *wrong = jid_argument(jid, or_domain);
    if (wrong == NULL) {
        return 0;
    }
    char why[128];
    snprintf(why, sizeof why, "it %s", wrong);
    return fail(EXIT_USAGE, why, NULL, "cannot %s '%s'", what, *jid);
}

int exit_of(int error)
{
    switch ((enum mote_error)error) { /* it has no default, so a new error without an exit code does not compile */
    case MOTE_OK: return EXIT_DONE;
    case MOTE_ERR_REFUSED:
    case MOTE_ERR_BUSY:
    case MOTE_ERR_CANCELLED:
    case MOTE_ERR_HASH:
    case MOTE_ERR_CONFLICT: return EXIT_REFUSED;
    case MOTE_ERR_ARG:
    case MOTE_ERR_TEXT:
    case MOTE_ERR_SIZE: return EXIT_USAGE;
    case MOTE_ERR_TLS:
    case MOTE_ERR_CERT: return EXIT_TLS;
    case MOTE_ERR_AUTH:
    case MOTE_ERR_MECHANISM: return EXIT_LOGIN;
    case MOTE_ERR_TIMEOUT: return EXIT_TIMEOUT;
    case MOTE_ERR_IO:
    case MOTE_ERR_ENTROPY:
    case MOTE_ERR_CONFIG: return EXIT_LOCAL;
    case MOTE_ERR_STATE:
    case MOTE_ERR_FULL:
    case MOTE_ERR_LOST:
    case MOTE_ERR_PROTOCOL:
    case MOTE_ERR_POLICY:
    case MOTE_ERR_STREAM:
    case MOTE_ERR_REDIRECT:
    case MOTE_ERR_DNS:
    case MOTE_ERR_CONNECT: break;
    }
    return EXIT_CONNECTION;
}

static const char *hint_for_certificate(const char *why)
{
    if (strstr(why, "clock here says") != NULL && strstr(why, "never set") != NULL) {
        return "set the clock of this machine, by hand (date) or over the network (NTP)";
    }
    if (strstr(why, "not valid before") != NULL) {
        return "is the clock of this machine right? If it is, the server's operator has put it in too early";
    }
    if (strstr(why, "expired") != NULL) {
        return "the server's operator has to renew it; check the clock of this machine, too";
    }
    if (strstr(why, "not known here") != NULL) {
        return "the server's operator has to use keys of ECDSA (P-256, P-384, P-521) or RSA";
    }
    if (strstr(why, "certificate is for") != NULL || strstr(why, "names no host") != NULL) {
        return "check the domain of the address; --pin sha256:... trusts one server by its key, whatever its name";
    }
    if (strstr(why, "pinned") != NULL) {
        return "if the server's key was changed on purpose, give the new one with --pin";
    }
    return "name who vouches for it with --ca FILE, or trust this server alone with --pin sha256:...";
}

/* The hint tells whether the network or the server is to blame. */
static const char *hint_for_connection(const char *why)
{
    static const char *const hints[][2] = {
        {"no DNS server",
         "this machine's network, or the DNS servers in /etc/resolv.conf; --host ADDRESS does without"},
        {"the proxy", "check 'proxy' in mote.conf, or https_proxy in the environment"},
        {"refused by", "the machine is there, the server is not: it is down, or listens elsewhere, which --port says"},
        {"no answer from",
         "something on the way drops it, or the address is wrong: 'mote status --why' tells each step"},
        {"no network", "this machine has no network that leads there: cable, radio, VPN, routes"},
        {"no route", "the machine is down, or this machine's network does not lead there"},
        {"does not exist", "check the domain of the address, or name the server with --host"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (strstr(why, hints[i][0]) != NULL) {
            return hints[i][1];
        }
    }
    return "--host and --port say where the server is; 'mote status --why' tells each step";
}

static const char *hint_for_tls(const char *why)
{
    if (strstr(why, "not TLS but HTTP") != NULL) {
        return "a web server listens there: --host and --port say where the XMPP server is";
    }
    if (strstr(why, "not known here") != NULL) {
        return "the server's operator has to offer TLS 1.2 or 1.3, and a certificate with a key of ECDSA (P-256, "
               "P-384, "
               "P-521) or RSA";
    }
    if (strstr(why, "memory") != NULL || strstr(why, "larger") != NULL) {
        return NULL;
    }
    return "--tls direct and --tls starttls choose how TLS begins, --port where";
}

/* What to do when the login failed. `why` names what the server offers. */
static const char *hint_for_mechanism(const char *why)
{
    if (cli.settings.require_binding && strstr(why, "SCRAM") != NULL) {
        return "'require-binding' permits no login that is not bound to the TLS channel, for which this server, or "
               "this TLS, has no way";
    }
    if (cli.pinned) {
        return "kept keys show that the server had a better one: somebody may be in between; if it has really changed, "
               "run 'mote setup' again";
    }
    if (strstr(why, " PLAIN") != NULL && strstr(why, "SCRAM") == NULL && !cli.settings.allow_plain) {
        return "SASL PLAIN shows the server the password: --allow-plain permits that";
    }
    return "mote can SCRAM-SHA-256 and SCRAM-SHA-1, and PLAIN with --allow-plain: the server's operator has to offer "
           "one of them";
}

const char *hint_for(int error, const char *why)
{
    switch (error) {
    case MOTE_ERR_DNS:
    case MOTE_ERR_CONNECT: return hint_for_connection(why);
    case MOTE_ERR_CERT: return hint_for_certificate(why);
    case MOTE_ERR_TLS: return hint_for_tls(why);
    case MOTE_ERR_PROTOCOL:
        return strstr(why, "not an XMPP server") != NULL ? "something else, such as a web server, listens there: "
                                                           "--host and --port say where the XMPP server is"
                                                         : NULL;
    case MOTE_ERR_AUTH:
        return strstr(why, "kept keys") != NULL ? "run 'mote setup' again"
                                                : "check the address and the password; 'mote setup' takes a new one";
    case MOTE_ERR_MECHANISM: return hint_for_mechanism(why);
    case MOTE_ERR_CONFLICT: return "the same resource is in use elsewhere: leave 'resource' out of the configuration";
    case MOTE_ERR_SIZE: return "make it shorter";
    default: return NULL;
    }
}

/* The defined conditions (RFC 6120 section 8.3.3) in words, for servers that give no text. */
static const char *condition_text(const char *condition)
{
    static const char *const texts[][2] = {
        {"service-unavailable", "there is nobody, or nobody who takes it"},
        {"item-not-found", "there is no such thing"},
        {"remote-server-not-found", "there is no such server"},
        {"remote-server-timeout", "its server cannot be reached"},
        {"recipient-unavailable", "the receiver is not on line"},
        {"forbidden", "it is not permitted"},
        {"not-allowed", "nobody is permitted to do that"},
        {"not-authorized", "it is not permitted without a subscription"},
        {"feature-not-implemented", "the other side does not know how"},
        {"policy-violation", "it breaks a rule of the server"},
        {"resource-constraint", "the other side is too busy, or at a limit"},
        {"not-acceptable", "the other side cannot accept it"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i][0], condition) == 0) {
            return texts[i][1];
        }
    }
    return NULL;
}

const char *refusal(const struct mote_event *event)
{
    static char text[512];
    const char *condition = event->condition, *why = event->why;
    if (why == NULL || why[0] == '\0') {
        why = mote_error_text(event->error);
    }
    if (event->error != MOTE_ERR_REFUSED || condition == NULL) {
        return why;
    }
    if (strcmp(why, condition) == 0 || strcmp(why, mote_error_text(event->error)) == 0) {
        why = condition_text(condition);
    }
    if (why == NULL) {
        return condition;
    }
    snprintf(text, sizeof text, "%s (%s)", why, condition);
    return text;
}
