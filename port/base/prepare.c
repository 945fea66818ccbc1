/* SPDX-License-Identifier: MIT
 * Prepares each part of an address by its own profile, and looks at the whole again: a profile may make a separator of
 * a character that looks like one.
 */
#include "port/base/prepare.h"

#include <string.h>
#if defined(MOTE_IDN)
#include <stringprep.h>
#endif

#include "core/base/text.h"
#include "core/config.h"

enum profile { NODE, DOMAIN, RESOURCE, PASSWORD };

static const char no_address[] = "is not an address such as name@example.org";
static const char too_long[] = "is too long";

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

#if defined(MOTE_IDN)
static const char *by_profile(char *text, size_t size, enum profile profile)
{
    static const Stringprep_profile *const profiles[] = {
        [NODE] = stringprep_xmpp_nodeprep,
        [DOMAIN] = stringprep_nameprep,
        [RESOURCE] = stringprep_xmpp_resourceprep,
        [PASSWORD] = stringprep_saslprep,
    };
    const Stringprep_profile_flags young = (Stringprep_profile_flags)0; /* characters younger than the profiles pass */
    switch (stringprep(text, size, young, profiles[profile])) {
    case STRINGPREP_OK: return NULL;
    case STRINGPREP_TOO_SMALL_BUFFER: return too_long;
    case STRINGPREP_CONTAINS_PROHIBITED: return "has a character that is not allowed there";
    case STRINGPREP_BIDI_BOTH_L_AND_RAL:
    case STRINGPREP_BIDI_LEADTRAIL_NOT_RAL:
    case STRINGPREP_BIDI_CONTAINS_PROHIBITED: return "mixes directions of writing in a way that is not allowed there";
    default: return "cannot be prepared (stringprep)";
    }
}
#else
static const char *by_profile(char *text, size_t size, enum profile profile)
{
    (void)text, (void)size, (void)profile;
    return "has characters beyond ASCII, which this build (without libidn) cannot prepare";
}
#endif

/* Prepare text[0..len) into out. */
static const char *prepare(const char *text, size_t len, enum profile profile, char *out, size_t size)
{
    if (len >= size) {
        return too_long;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    if (mote_text_valid(out, len) != len) {
        return "is not UTF-8 text";
    }
    if (!is_ascii(out)) {
        const char *wrong = by_profile(out, size, profile);
        return wrong != NULL ? wrong : out[0] == '\0' ? "is empty, but for what is not seen" : NULL;
    }
    if (profile == NODE || profile == DOMAIN) {
        mote_text_fold(out, out, len);
    }
    return NULL;
}

/* Of the domain one dot may stand behind it, as in the DNS, which is no part of it (RFC 7622 section 3.2). */
static const char *prepare_domain(const char *text, size_t len, char *out, size_t size)
{
    const char *wrong = prepare(text, len, DOMAIN, out, size);
    size_t end = strlen(out);
    if (wrong == NULL && end > 0 && out[end - 1] == '.') {
        out[--end] = '\0';
    }
    bool good = strpbrk(out, "@/") == NULL && end > 0 && out[end - 1] != '.';
    return wrong != NULL || good ? wrong : no_address;
}

const char *mote_prepare_jid(const char *jid, char *out, size_t size)
{
    size_t domain_len, used = 0;
    const char *domain = mote_jid_domain(jid, &domain_len), *resource = mote_jid_resource(jid), *wrong = NULL;
    size_t local_len = mote_jid_local_len(jid);
    out[0] = '\0';
    if (domain > jid) {
        wrong = prepare(jid, local_len, NODE, out, size);
        used = strlen(out);
        if (wrong == NULL && used + 1 < size) {
            memcpy(out + used++, "@", 2);
        }
    }
    wrong = wrong != NULL ? wrong : prepare_domain(domain, domain_len, out + used, size - used);
    used += strlen(out + used);
    if (wrong == NULL && resource != NULL && used + 1 < size) {
        memcpy(out + used++, "/", 2);
        wrong = prepare(resource, strlen(resource), RESOURCE, out + used, size - used);
    }
    if (wrong == NULL && !mote_jid_valid(out + (local_len == 0 && out[0] == '@'))) {
        wrong = no_address;
    }
    return wrong;
}

const char *mote_prepare_resource(const char *resource, char *out, size_t size)
{
    return prepare(resource, strlen(resource), RESOURCE, out, size);
}

const char *mote_prepare_password(const char *password, char *out, size_t size)
{
    return prepare(password, strlen(password), PASSWORD, out, size);
}
