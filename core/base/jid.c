/* SPDX-License-Identifier: MIT
 * JIDs (RFC 7622). There are no PRECIS tables here: servers prepare JIDs before they are compared, so what arrives is
 * prepared already; ASCII letters are folded for what people type.
 */
#include <string.h>

#include "core/config.h"
#include "core/base/text.h"

size_t mote_jid_bare_len(const char *jid)
{
    const char *slash = strchr(jid, '/');
    return slash != NULL ? (size_t)(slash - jid) : strlen(jid);
}

const char *mote_jid_resource(const char *jid)
{
    const char *slash = strchr(jid, '/');
    return slash != NULL ? slash + 1 : NULL;
}

const char *mote_jid_domain(const char *jid, size_t *len)
{
    size_t bare = mote_jid_bare_len(jid);
    const char *at = memchr(jid, '@', bare);
    const char *domain = at != NULL ? at + 1 : jid;
    *len = bare - (size_t)(domain - jid);
    return domain;
}

size_t mote_jid_local_len(const char *jid)
{
    size_t len;
    const char *domain = mote_jid_domain(jid, &len);
    return domain > jid ? (size_t)(domain - jid) - 1 : 0;
}

/* No control, no space, nothing of `forbidden` (RFC 7622 section 3.3.1). */
static bool legal(const char *part, size_t len, const char *forbidden)
{
    for (size_t i = 0; i < len; i++) {
        char c = part[i];
        bool common = (c >= 'a' && c <= 'z') || (c >= '-' && c <= '9' && c != '/');
        if (!common && ((unsigned char)c <= ' ' || strchr(forbidden, c) != NULL)) {
            return false;
        }
    }
    return true;
}

bool mote_jid_valid(const char *jid)
{
    size_t len = strlen(jid), domain_len;
    if (len > MOTE_JID_MAX || mote_text_valid(jid, len) != len) {
        return false;
    }
    const char *domain = mote_jid_domain(jid, &domain_len);
    const char *resource = mote_jid_resource(jid);
    size_t local_len = domain > jid ? (size_t)(domain - jid) - 1 : 0;
    if (domain_len == 0 || (domain != jid && local_len == 0) || (resource != NULL && *resource == '\0')) {
        return false;
    }
    if (MOTE_JID_MAX > 1023 &&
        (local_len > 1023 || domain_len > 1023 || (resource != NULL && strlen(resource) > 1023))) {
        return false;
    }
    return legal(jid, local_len, "\"&':<>") && legal(domain, domain_len, "\"&'<>@\\");
}

bool mote_jid_bare_equal(const char *a, const char *b)
{
    size_t len = mote_jid_bare_len(a);
    return mote_jid_bare_len(b) == len && mote_text_equal_folded(a, b, len);
}

bool mote_jid_equal(const char *a, const char *b)
{
    return mote_jid_bare_equal(a, b) && strcmp(a + mote_jid_bare_len(a), b + mote_jid_bare_len(b)) == 0;
}
