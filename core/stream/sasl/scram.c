/* SPDX-License-Identifier: MIT
 * The messages and keys of SCRAM:
 *
 *   SaltedPassword  = PBKDF2(password, salt, i)          ClientKey = HMAC(SaltedPassword, "Client Key")
 *   StoredKey       = H(ClientKey)                       ServerKey = HMAC(SaltedPassword, "Server Key")
 *   AuthMessage     = client-first-bare "," server-first "," client-final-without-proof
 *   ClientProof     = ClientKey xor HMAC(StoredKey, AuthMessage)
 *   ServerSignature = HMAC(ServerKey, AuthMessage)
 *
 * What is kept between logins is ClientKey and ServerKey: with the same salt and count they save all of PBKDF2.
 */
#include <string.h>

#include "core/mote.h"

#include "core/base/text.h"
#include "core/stream/sasl/hmac.h"
#include "core/stream/sasl/scram.h"
#include "core/xml/stanza.h"
#include "core/xml/writer.h"

static size_t hash_len(const struct mote__scram *s)
{
    return mote__hash_len((enum mote_hash_kind)s->kind);
}

static void feed(const struct mote__scram *s, struct mote_hash *h, const void *bytes, size_t len)
{
    s->config->services->hash_feed(h, (enum mote_hash_kind)s->kind, bytes, len);
}

static void start(const struct mote__scram *s, struct mote_hash *h, const void *bytes, size_t len)
{
    s->config->services->hash_start(h, (enum mote_hash_kind)s->kind);
    feed(s, h, bytes, len);
}

static void end_hash(const struct mote__scram *s, struct mote_hash *h, uint8_t *out)
{
    s->config->services->hash_end(h, (enum mote_hash_kind)s->kind, out);
}

/// HMAC and the hash by itself ///

static void hash(const struct mote__scram *s, const void *bytes, size_t len, uint8_t *out)
{
    struct mote_hash h;
    start(s, &h, bytes, len);
    end_hash(s, &h, out);
    mote_secret_wipe(&h, sizeof h);
}

static void hmac_key(const struct mote__scram *s, struct mote__hmac *h, const void *key, size_t len)
{
    mote__hmac_key(s->config->services, (enum mote_hash_kind)s->kind, h, key, len);
}

static void hmac_end(const struct mote__scram *s, struct mote__hmac *h, uint8_t *out)
{
    mote__hmac_end(s->config->services, (enum mote_hash_kind)s->kind, h, out);
}

static void hmac(const struct mote__scram *s, const void *key, const char *text, uint8_t *out)
{
    struct mote__hmac h;
    hmac_key(s, &h, key, hash_len(s));
    feed(s, &h.inner, text, strlen(text));
    hmac_end(s, &h, out);
    mote_secret_wipe(&h, sizeof h);
}

/// Messages ///

static void start_text(struct mote_writer *w, void *out, size_t size)
{
    mote_writer_start(w, out, size);
    w->plain = true;
}

static void put_gs2_header(const struct mote__scram *s, struct mote_writer *w)
{
    if (s->binding != NULL) {
        mote_writer_put(w, "p=%s,,", s->binding);
    } else {
        mote_writer_put(w, "%.*s,,", 1, &s->gs2_flag);
    }
}

/* n=user,r=nonce with = and , in the name escaped (RFC 5802 section 5.1). */
static void put_first_bare(const struct mote__scram *s, struct mote_writer *w)
{
    mote_writer_put(w, "n=");
    const char *user = s->config->jid;
    for (size_t left = mote_jid_local_len(user); left > 0; left--, user++) {
        mote_writer_put(w, "%.*s", *user == '=' || *user == ',' ? 3 : 1,
                        *user == '='   ? "=3D"
                        : *user == ',' ? "=2C"
                                       : user);
    }
    mote_writer_put(w, ",r=%s", s->nonce);
}

ptrdiff_t mote__scram_first(struct mote__scram *s, char *out, size_t size)
{
    uint8_t raw[MOTE_SCRAM_NONCE / 4 * 3];
    const struct mote_services *v = s->config->services;
    if (v->random(v->ctx, raw, sizeof raw) != 0) {
        return MOTE_ERR_ENTROPY;
    }
    mote_base64_encode(raw, sizeof raw, s->nonce);
    struct mote_writer w;
    start_text(&w, out, size);
    put_gs2_header(s, &w);
    put_first_bare(s, &w);
    return mote_writer_result(&w) != 0 ? MOTE_ERR_SIZE : (ptrdiff_t)w.need;
}

/* The attribute `name` of a SCRAM message, and its length, if it stands at *at, which moves behind it; else NULL. */
static const char *attribute(const char **at, char name, size_t *len)
{
    const char *value = *at + 2;
    if ((*at)[0] != name || (*at)[1] != '=') {
        return NULL;
    }
    *len = strcspn(value, ",");
    *at = value + *len + (value[*len] == ',');
    return value;
}

/* Look at what stands behind i=. An extension that is not known is ignored, unless it is one that must be known, "m"
 * (RFC 5802 section 5.1). "h" is the hash of the offers as the server made them (XEP-0474), "t" the version of TLS on
 * its side of the connection, "0304" (XEP-0515). */
static const char *parse_extensions(const struct mote__scram *s, const char *at)
{
    uint8_t hash[MOTE_HASH_MAX];
    for (size_t len; *at != '\0'; at += len + (at[len] == ',')) {
        len = strcspn(at, ",");
        char name = at[1] == '=' ? at[0] : '\0';
        if (name == 'm') {
            return "the server asks for an extension of SCRAM that is not known here";
        }
        if ((name == 'h' && (mote_base64_decode(at + 2, len - 2, hash, sizeof hash) != (ptrdiff_t)hash_len(s) ||
                             memcmp(hash, s->offers, hash_len(s)) != 0)) ||
            (name == 't' && (len != 6 || memcmp(at + 2, "030", 3) != 0 || at[5] != s->tls))) {
            return "what the server offered was changed on the way: somebody may be in between";
        }
    }
    return NULL;
}

/* r=, s= and i= have to come in this order. What follows them is for extensions. */
static const char *parse_first(struct mote__scram *s, uint64_t *iterations)
{
    const char *at = s->server_first;
    size_t nonce_len = 0, salt_len = 0, count_len = 0;
    const char *nonce = attribute(&at, 'r', &nonce_len);
    const char *salt = attribute(&at, 's', &salt_len);
    const char *count = attribute(&at, 'i', &count_len);
    if (nonce == NULL || salt == NULL || count == NULL) {
        return "the server's SCRAM challenge is malformed";
    }
    if (nonce_len <= MOTE_SCRAM_NONCE || memcmp(nonce, s->nonce, MOTE_SCRAM_NONCE) != 0) {
        return "the server's nonce does not extend ours";
    }
    s->server_nonce = (uint32_t)(nonce - s->server_first);
    s->server_nonce_len = (uint32_t)nonce_len;
    ptrdiff_t n = mote_base64_decode(salt, salt_len, s->keys.salt, sizeof s->keys.salt);
    if (n <= 0) {
        return "the server's salt is not base64 of 1 to 64 bytes";
    }
    s->keys.salt_len = (uint8_t)n;
    char digits[11] = "";
    if (count_len < sizeof digits) {
        memcpy(digits, count, count_len);
    }
    if (!mote_text_uint(digits, UINT32_MAX, iterations)) {
        return "the server's iteration count is no sensible number";
    }
    return parse_extensions(s, at);
}

const char *mote__scram_challenge(struct mote__scram *s, const char *text)
{
    uint64_t iterations = 0;
    mote_text_copy(s->server_first, sizeof s->server_first, text); /* one that does not fit is "", and malformed */
    const char *why = parse_first(s, &iterations);
    if (why != NULL) {
        return why;
    }
    if (iterations < SCRAM_ITERATIONS_MIN) {
        return "the server asks for fewer than 4096 SCRAM iterations";
    }
    if (iterations > s->config->scram_iterations_max) {
        return "the server asks for more SCRAM iterations than allowed";
    }
    s->keys.version = 1;
    s->keys.hash = s->kind;
    s->keys.bound = s->binding == NULL ? MOTE_UNBOUND : s->exporter ? MOTE_BOUND_EXPORTER : MOTE_BOUND;
    s->keys.iterations = (uint32_t)iterations;
    const struct mote_keys *k = s->config->keys;
    s->iteration = 0;
    if (k != NULL && k->version == 1 && k->hash == s->keys.hash && k->iterations == s->keys.iterations &&
        k->salt_len == s->keys.salt_len && memcmp(k->salt, s->keys.salt, k->salt_len) == 0) {
        memcpy(s->keys.client_key, k->client_key, MOTE_HASH_MAX);
        memcpy(s->keys.server_key, k->server_key, MOTE_HASH_MAX);
        s->iteration = s->keys.iterations;
    } else if (s->config->password == NULL) {
        return "the kept keys no longer fit: the password was changed on the server; set it up again";
    }
    return NULL;
}

/// PBKDF2 with HMAC (RFC 8018 section 5.2), one block ///

static void pbkdf2_step(struct mote__scram *s, const void *bytes, size_t len)
{
    struct mote__hmac h = s->work.password;
    feed(s, &h.inner, bytes, len);
    hmac_end(s, &h, s->work.u);
}

static void pbkdf2_start(struct mote__scram *s)
{
    uint8_t salt[sizeof s->keys.salt + 4] = {0};
    hmac_key(s, &s->work.password, s->config->password, strlen(s->config->password));
    memcpy(salt, s->keys.salt, s->keys.salt_len);
    salt[s->keys.salt_len + 3] = 1; /* the number of the block, big end first */
    pbkdf2_step(s, salt, s->keys.salt_len + 4u);
    memcpy(s->work.salted, s->work.u, MOTE_HASH_MAX);
    s->iteration = 1;
}

bool mote__scram_work(struct mote__scram *s, uint32_t slice)
{
    size_t len = hash_len(s);
    if (s->iteration == s->keys.iterations) {
        return true; /* the kept keys fit */
    }
    if (s->iteration == 0) {
        pbkdf2_start(s);
    }
    for (; slice > 0 && s->iteration < s->keys.iterations; slice--, s->iteration++) {
        pbkdf2_step(s, s->work.u, len);
        for (size_t i = 0; i < len; i++) {
            s->work.salted[i] ^= s->work.u[i];
        }
    }
    if (s->iteration < s->keys.iterations) {
        return false;
    }
    hmac(s, s->work.salted, "Client Key", s->keys.client_key);
    hmac(s, s->work.salted, "Server Key", s->keys.server_key);
    mote_secret_wipe(&s->work, sizeof s->work);
    return true;
}

/// Proof ///

/* client-final-without-proof: c=base64(gs2-header [binding data]),r=nonce */
static void put_final_bare(const struct mote__scram *s, struct mote_writer *w)
{
    char input[32 + 64];
    struct mote_writer c;
    start_text(&c, input, sizeof input);
    put_gs2_header(s, &c);
    if (s->binding != NULL) {
        mote_writer_raw(&c, s->binding_data, s->binding_len);
    }
    mote_writer_put(w, "c=");
    mote_writer_base64(w, input, c.need);
    mote_writer_put(w, ",r=%.*s", (int)s->server_nonce_len, s->server_first + s->server_nonce);
}

/* HMAC(key, AuthMessage). `final_bare` is the client-final-without-proof. */
static int sign(const struct mote__scram *s, const uint8_t *key, const char *final_bare, size_t len, uint8_t *out)
{
    char first[3 * MOTE_JID_MAX + MOTE_SCRAM_NONCE + MOTE_SCRAM_MAX + 8];
    struct mote_writer w;
    struct mote__hmac h;
    start_text(&w, first, sizeof first);
    put_first_bare(s, &w);
    mote_writer_put(&w, ",%s,", s->server_first);
    hmac_key(s, &h, key, hash_len(s));
    feed(s, &h.inner, first, w.need);
    feed(s, &h.inner, final_bare, len);
    hmac_end(s, &h, out);
    return mote_writer_result(&w);
}

ptrdiff_t mote__scram_final(struct mote__scram *s, char *out, size_t size)
{
    size_t len = hash_len(s);
    uint8_t stored[MOTE_HASH_MAX], proof[MOTE_HASH_MAX];
    struct mote_writer w;
    start_text(&w, out, size);
    put_final_bare(s, &w);
    if (mote_writer_result(&w) != 0) {
        return MOTE_ERR_SIZE;
    }
    hash(s, s->keys.client_key, len, stored);
    if (sign(s, stored, out, w.need, proof) != 0 ||
        sign(s, s->keys.server_key, out, w.need, s->server_signature) != 0) {
        return MOTE_ERR_SIZE;
    }
    for (size_t i = 0; i < len; i++) {
        proof[i] ^= s->keys.client_key[i];
    }
    mote_writer_put(&w, ",p=");
    mote_writer_base64(&w, proof, len);
    return mote_writer_result(&w) != 0 ? MOTE_ERR_SIZE : (ptrdiff_t)w.need;
}

bool mote__scram_verify(const struct mote__scram *s, const char *text)
{
    uint8_t got[MOTE_HASH_MAX];
    size_t value_len;
    const char *value = attribute(&text, 'v', &value_len);
    return value != NULL && mote_base64_decode(value, value_len, got, sizeof got) == (ptrdiff_t)hash_len(s) &&
           mote_secret_equal(got, s->server_signature, hash_len(s));
}
