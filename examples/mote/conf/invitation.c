/* SPDX-License-Identifier: MIT
 * Reads invitations: xmpp: links (RFC 5122, XEP-0147) with the actions "register" and "roster".
 */
#include "examples/mote/conf/invitation.h"

#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "examples/mote/command.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/fail.h"
#include "port/base/prepare.h"

/// Parts of a link ///

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decode text[0..len). Returns false when it does not fit, or has a character in it that no address or token has. */
static bool decode(char *out, size_t size, const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1, low = high >= 0 ? hex(text[i + 2]) : -1;
            if (low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        }
        if ((unsigned char)c <= ' ' || c == 0x7f || n + 1 >= size) {
            return false;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return n > 0;
}

/* Find key=value among parts with ';' between them. *len is the value's. */
static const char *find(const char *query, const char *key, size_t *len)
{
    size_t key_len = strlen(key);
    while (*(query += strcspn(query, ";#")) == ';') {
        query++;
        if (strncmp(query, key, key_len) == 0 && query[key_len] == '=') {
            *len = strcspn(query + key_len + 1, ";#");
            return query + key_len + 1;
        }
    }
    return NULL;
}

static const char *prepared(struct invitation *i, const char *jid)
{
    const char *wrong = mote_prepare_jid(jid, i->jid, sizeof i->jid);
    if (wrong == NULL && (i->jid[0] == '@' || strchr(i->jid, '/') != NULL)) {
        wrong = "is not an address such as name@example.org";
    }
    i->named = wrong == NULL && strchr(i->jid, '@') != NULL;
    return wrong;
}

/* `text` is behind "xmpp:". */
static const char *read_link(struct invitation *i, const char *text)
{
    char jid[MOTE_JID_MAX + 1];
    size_t len = strcspn(text, "?#"), value_len = 0;
    const char *query = text[len] == '?' ? text + len + 1 : "";
    size_t action = strcspn(query, ";#");
    bool registers = action == 8 && strncmp(query, "register", 8) == 0;
    bool contact = action == 6 && strncmp(query, "roster", 6) == 0;
    const char *ibr = find(query, "ibr", &value_len), *token;
    if (!registers && !(contact && ibr != NULL && value_len == 1 && *ibr == 'y')) {
        return contact ? "invites to a contact, not to an account: it has no ibr=y"
                       : "is a link for something else: one to an account has ?register in it";
    }
    if (!decode(jid, sizeof jid, text, len)) {
        return "has no address in it";
    }
    token = find(query, "preauth", &value_len);
    if (token != NULL && !decode(i->token, sizeof i->token, token, value_len)) {
        return "has a damaged token in it, or one of more than 255 bytes";
    }
    if (contact && token == NULL) {
        return "has no token in it";
    }
    const char *at = contact ? strchr(jid, '@') : NULL; /* of a contact the domain is where accounts are made */
    return prepared(i, at != NULL ? at + 1 : jid);
}

/// The whole ///

const char *invitation_read(struct invitation *i, const char *text)
{
    *i = (struct invitation){0};
    if (strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0) {
        return "is a web page for people: open it, and take the link from it that begins with xmpp:";
    }
    if (strncasecmp(text, "xmpp:", 5) == 0) {
        return strncmp(text + 5, "//", 2) == 0 ? "is a link for something else: it has // in it"
                                               : read_link(i, text + 5);
    }
    const char *wrong = prepared(i, text);
    return wrong != NULL || i->named ? wrong : "has no name before an @";
}

const char *invitation_name(struct invitation *i, const char *jid)
{
    struct invitation named = {0};
    const char *wrong = prepared(&named, jid);
    size_t len, named_len;
    const char *domain = mote_jid_domain(i->jid, &len);
    if (wrong != NULL) {
        return wrong;
    }
    const char *named_domain = mote_jid_domain(named.jid, &named_len);
    if (!named.named) {
        return "has no name before an @";
    }
    if (i->named ? strcmp(named.jid, i->jid) != 0 : len != named_len || strncmp(domain, named_domain, len) != 0) {
        return i->named ? "is not the one that the invitation is for" : "is of another server than the invitation";
    }
    (void)mote_text_copy(i->jid, sizeof i->jid, named.jid);
    i->named = true;
    return NULL;
}

int invitation_argument(char *argument, char text[INVITATION_TEXT_MAX + 1])
{
    size_t len = strlen(argument);
    if (strcmp(argument, "-") == 0) {
        ssize_t n = file_read("-", text, INVITATION_TEXT_MAX + 1);
        if (n < 0) {
            return fail_errno(NULL, "cannot read the invitation from standard input");
        }
        text[strcspn(text, "\r\n")] = '\0';
        return 0;
    }
    bool fits = mote_text_copy(text, INVITATION_TEXT_MAX + 1, argument);
    memset(argument, 'x', len);
    return fits ? 0 : fail(EXIT_USAGE, "it is longer than 2047 bytes", NULL, "cannot use the invitation");
}
