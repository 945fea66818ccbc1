/* SPDX-License-Identifier: MIT
 * SCRAM. The client's nonce in the example of RFC 5802 has 24 characters as ours, so the RFC's whole exchange comes out
 * when the random source gives its bytes. That of RFC 7677 has 20: see the test. The other figures come from Python's
 * hashlib.
 */
#include "core/mote.h"
#include "core/stream/sasl/scram.h"
#include "port/crypto/hash_mbedtls.h"
#include "tests/unit/unit.h"

static const char nonce_hex[] = "7f2928f9dda56db16038d46ff6a93175ac0b"; /* fyko+d2lbbFgONRv9qkxdawL */

static int fixed_random(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx;
    uint8_t all[18];
    unit_hex(nonce_hex, all);
    assert_int_equal(len, sizeof all);
    memcpy(bytes, all, len);
    return 0;
}

static int no_random(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx, (void)bytes, (void)len;
    return -1;
}

static struct mote_services services;
static struct mote_config config;
static struct mote__scram s;
static char text[800];
static uint8_t binding[64];

static int setup(void **state)
{
    (void)state;
    services = (struct mote_services){.random = fixed_random,
                                      .hash_start = mote_crypto_hash_start,
                                      .hash_feed = mote_crypto_hash_feed,
                                      .hash_end = mote_crypto_hash_end};
    config = (struct mote_config){
        .services = &services, .jid = "user@example.org", .password = "pencil", .scram_iterations_max = 1000000};
    s = (struct mote__scram){.config = &config, .kind = MOTE_SHA256, .gs2_flag = 'n'};
    for (unsigned i = 0; i < sizeof binding; i++) {
        binding[i] = (uint8_t)i;
    }
    return 0;
}

static void expect_first(const char *expected)
{
    assert_int_equal(mote__scram_first(&s, text, sizeof text), (ptrdiff_t)strlen(expected));
    text[strlen(expected)] = '\0';
    assert_string_equal(text, expected);
}

static int challenge(const char *message, const char **why)
{
    *why = mote__scram_challenge(&s, message);
    return *why != NULL ? MOTE_ERR_AUTH : 0;
}

static void expect_exchange(const char *server_first, uint32_t slice, const char *final, const char *server_final)
{
    const char *why = "?";
    assert_int_equal(challenge(server_first, &why), 0);
    assert_null(why);
    while (!mote__scram_work(&s, slice)) {
    }
    ptrdiff_t n = mote__scram_final(&s, text, sizeof text);
    assert_int_equal(n, (ptrdiff_t)strlen(final));
    text[n] = '\0';
    assert_string_equal(text, final);
    assert_true(mote__scram_verify(&s, server_final));
}

static void test_rfc_5802(void **state)
{
    (void)state;
    s.kind = MOTE_SHA1;
    expect_first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    expect_exchange("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096", 512,
                    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                    "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

/* The check of the server's nonce wants 24 characters: it gets the RFC's 20 and the server's first four, and the
 * messages then the RFC's 20. */
static void test_rfc_7677(void **state)
{
    (void)state;
    const char *why;
    const char *final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    memcpy(s.nonce, "rOprNGfwEbeRWgbNEkqO%hvY", MOTE_SCRAM_NONCE);
    assert_int_equal(
        challenge("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", &why), 0);
    s.nonce[20] = '\0';
    assert_true(mote__scram_work(&s, 4096));
    ptrdiff_t n = mote__scram_final(&s, text, sizeof text);
    assert_int_equal(n, (ptrdiff_t)strlen(final));
    assert_memory_equal(text, final, (size_t)n);
    assert_true(mote__scram_verify(&s, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

static void test_channel_binding(void **state)
{
    (void)state;
    s.binding = "tls-exporter";
    s.binding_data = binding;
    s.binding_len = 32;
    expect_first("p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    expect_exchange("r=fyko+d2lbbFgONRv9qkxdawLx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4097", 1000,
                    "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,r=fyko+d2lbbFgONRv9qkxdawLx,"
                    "p=zl8FgPtjNoZ8HKL4T7gRihHtdXXyLEvrSPdU6SBNGtk=",
                    "v=d6JaHsn0VbifvNY4lOLF9NfxQtANTSRmaz6n2cEBUYk=");
    assert_int_equal(s.keys.bound, 1);
    setup(NULL);
    s.kind = MOTE_SHA1;
    s.binding = "tls-server-end-point";
    s.binding_data = binding;
    s.binding_len = 64; /* of a certificate signed with SHA-512: the longest there is */
    expect_first("p=tls-server-end-point,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    expect_exchange(
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096", 4096,
        "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
        "MDEyMzQ1Njc4OTo7PD0+Pw==,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=p45OQaiw0tLL2gJQbH0maspeqiI=",
        "v=qDJi9SnA45zMtZkaCPRr/16y3cg=");
}

/* A name with both characters that need an escape, a password longer than the hash's block, a salt of one byte. */
static void test_S5_escapes_long_password_and_y(void **state)
{
    (void)state;
    char password[101];
    memset(password, 'p', 100);
    password[100] = '\0';
    config.jid = "a,b=@x";
    config.password = password;
    s.gs2_flag = 'y';
    expect_first("y,,n=a=2Cb=3D,r=fyko+d2lbbFgONRv9qkxdawL");
    expect_exchange("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=5000,x=later", 4096,
                    "c=eSws,r=fyko+d2lbbFgONRv9qkxdawLx,p=g12G7xOuw7eh4kkj7h9PU3rSHAnUZSjufEWcZI1vO1M=",
                    "v=2lgRCcmekOu5uuxj4Imd4Mdp3DbxHYM10lr5+NalgCg=");
}

static void test_slices(void **state)
{
    (void)state;
    static const uint32_t slices[] = {1, 2, 511, 512, 4095, 4096, 4097, UINT32_MAX};
    struct mote_keys first = {0};
    for (size_t i = 0; i < COUNT(slices); i++) {
        const char *why;
        unsigned calls = 1;
        setup(NULL);
        mote__scram_first(&s, text, sizeof text);
        assert_int_equal(challenge("r=fyko+d2lbbFgONRv9qkxdawLx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", &why), 0);
        while (!mote__scram_work(&s, slices[i])) {
            calls++;
        }
        assert_true(calls <= 4096 / slices[i] + 1 && calls >= 4095 / slices[i]); /* the slice bounds the work */
        assert_true(mote__scram_work(&s, slices[i]));
        if (i == 0) {
            first = s.keys;
        }
        assert_memory_equal(&s.keys, &first, sizeof first);
    }
    uint8_t client[32], server[32];
    unit_hex("a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b", client);
    unit_hex("c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5", server);
    assert_memory_equal(first.client_key, client, 32);
    assert_memory_equal(first.server_key, server, 32);
}

static void keep(struct mote_keys *kept)
{
    *kept = (struct mote_keys){.version = 1, .hash = MOTE_SHA256, .iterations = 4096, .salt_len = 16};
    unit_hex("5b6d99689d12358eeca04b141236fa81", kept->salt);
    unit_hex("a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b", kept->client_key);
    unit_hex("c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5", kept->server_key);
}

static void test_kept_keys_need_no_work(void **state)
{
    (void)state;
    struct mote_keys kept;
    const char *why;
    keep(&kept);
    config.password = NULL;
    config.keys = &kept;
    mote__scram_first(&s, text, sizeof text);
    assert_int_equal(
        challenge("r=fyko+d2lbbFgONRv9qkxdawL%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", &why),
        0);
    assert_true(mote__scram_work(&s, 1));
    ptrdiff_t n = mote__scram_final(&s, text, sizeof text);
    text[n] = '\0';
    assert_string_equal(text, "c=biws,r=fyko+d2lbbFgONRv9qkxdawL%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                              "p=2FUSN0pPcS7P8hBhsxBJOiUDbRoW4KVNGZT0LxVnSek=");
    assert_true(mote__scram_verify(&s, "v=zJZjsVp2g+W9jd01vgbsshippfH1sM0tLdBvs+e3DF4="));
}

static void test_kept_keys_that_no_longer_fit(void **state)
{
    (void)state;
    static const char *const other[] = {"r=fyko+d2lbbFgONRv9qkxdawLx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4097",
                                        "r=fyko+d2lbbFgONRv9qkxdawLx,s=W22ZaJ0SNY7soEsUEjb6gA==,i=4096",
                                        "r=fyko+d2lbbFgONRv9qkxdawLx,s=W22ZaJ0SNY7soEsUEjb6,i=4096"};
    for (size_t i = 0; i < COUNT(other); i++) {
        struct mote_keys kept;
        const char *why;
        setup(NULL);
        keep(&kept);
        config.keys = &kept;
        mote__scram_first(&s, text, sizeof text);
        assert_int_equal(challenge(other[i], &why), 0); /* with the password: worked out anew */
        assert_false(mote__scram_work(&s, 1));
        config.password = NULL;
        assert_int_equal(challenge(other[i], &why), MOTE_ERR_AUTH);
        assert_non_null(strstr(why, "no longer fit"));
    }
}

static void test_S2_nonces(void **state)
{
    (void)state;
    static const char *const bad[] = {"r=fyko+d2lbbFgONRv9qkxdawL,s=AAAA,i=4096",  /* ours, not extended */
                                      "r=fyko+d2lbbFgONRv9qkxdaw,s=AAAA,i=4096",   /* shorter */
                                      "r=Fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i=4096", /* another */
                                      "r=xfyko+d2lbbFgONRv9qkxdawL,s=AAAA,i=4096", "r=,s=AAAA,i=4096"};
    const char *why;
    for (size_t i = 0; i < COUNT(bad); i++) {
        setup(NULL);
        mote__scram_first(&s, text, sizeof text);
        assert_int_equal(challenge(bad[i], &why), MOTE_ERR_AUTH);
        assert_non_null(strstr(why, "nonce"));
    }
    services.random = no_random;
    assert_int_equal(mote__scram_first(&s, text, sizeof text), MOTE_ERR_ENTROPY);
}

static void test_S3_iterations(void **state)
{
    (void)state;
    static const char *const bad[] = {"0",       "1",      "4095", "-1",    "4294967295",  "1000000000",
                                      "1000001", "",       "+1",   "4096 ", "4294967296",  "18446744073709555712",
                                      "4e3",     "0x1000", " 4",   "4O96",  "99999999999", "00000004096x"};
    const char *why;
    char message[100] = "r=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i=";
    size_t at = strlen(message);
    mote__scram_first(&s, text, sizeof text);
    for (size_t i = 0; i < COUNT(bad); i++) {
        strcpy(message + at, bad[i]);
        if (challenge(message, &why) != MOTE_ERR_AUTH || why == NULL) {
            fail_msg("i=%s", bad[i]);
        }
    }
    strcpy(message + at, "4096");
    assert_int_equal(challenge(message, &why), 0);
    strcpy(message + at, "1000000");
    assert_int_equal(challenge(message, &why), 0);
}

static void test_S7_malformed_challenges(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "r",
                                      "r=",
                                      ",",
                                      "m=x,r=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i=4096",
                                      "s=AAAA,r=fyko+d2lbbFgONRv9qkxdawLx,i=4096",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=4096",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,s=AAA,i=4096",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,,s=AAAA,i=4096",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,s=A A=,i=4096",
                                      "e=other-error",
                                      "v=AAAA",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,i=4096,s=AAAA",
                                      "r=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i"};
    const char *why;
    char message[MOTE_SCRAM_MAX + 100];
    mote__scram_first(&s, text, sizeof text);
    for (size_t i = 0; i < COUNT(bad); i++) {
        why = NULL;
        if (challenge(bad[i], &why) != MOTE_ERR_AUTH || why == NULL) {
            fail_msg("%s", bad[i]);
        }
    }
    /* A salt of 64 bytes fits, one of 65 does not. */
    memset(message, 'A', sizeof message);
    memcpy(message, "r=fyko+d2lbbFgONRv9qkxdawLx,s=", 30);
    strcpy(message + 30 + 84, "AA==,i=4096");
    assert_int_equal(challenge(message, &why), 0);
    strcpy(message + 30 + 84, "A===,i=4096");
    assert_int_equal(challenge(message, &why), MOTE_ERR_AUTH);
    strcpy(message + 30 + 84, "AAA=,i=4096");
    assert_int_equal(challenge(message, &why), MOTE_ERR_AUTH);
    memset(message, 'A', sizeof message);
    memcpy(message, "r=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i=4096,", 42);
    message[MOTE_SCRAM_MAX + 1] = '\0';
    assert_int_equal(challenge(message, &why), MOTE_ERR_AUTH);
    message[MOTE_SCRAM_MAX] = '\0';
    assert_int_equal(challenge(message, &why), 0);
}

static void test_S1_server_signature(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "v=",
                                      "v",
                                      "e=invalid-proof",
                                      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ",
                                      "v=rmF9pqV8S7suAoZWja4dJRkFsKU=",
                                      "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
                                      "v=rmF9pqV8S7suAoZWja4dJRkF",
                                      " v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
                                      "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                      "v=rmF9pqV8S7suAoZWja4dJRkFsKQArmF9pqV8S7suAoZWja4dJRkFsKQA"};
    test_rfc_5802(state);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(mote__scram_verify(&s, bad[i]));
    }
    assert_true(mote__scram_verify(&s, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=1"));
}

static void test_messages_that_do_not_fit(void **state)
{
    (void)state;
    const char *why;
    char small[200];
    size_t first = strlen("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    assert_int_equal(mote__scram_first(&s, small, first - 1), MOTE_ERR_SIZE);
    assert_int_equal(mote__scram_first(&s, small, first), (ptrdiff_t)first);
    assert_int_equal(challenge("r=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i=4096", &why), 0);
    while (!mote__scram_work(&s, 4096)) {
    }
    ptrdiff_t n = mote__scram_final(&s, small, sizeof small);
    for (size_t size = 1; size < (size_t)n; size++) {
        assert_int_equal(mote__scram_final(&s, small, size), MOTE_ERR_SIZE);
    }
    assert_int_equal(mote__scram_final(&s, small, (size_t)n), n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rfc_5802, setup),
        cmocka_unit_test_setup(test_rfc_7677, setup),
        cmocka_unit_test_setup(test_channel_binding, setup),
        cmocka_unit_test_setup(test_S5_escapes_long_password_and_y, setup),
        cmocka_unit_test_setup(test_slices, setup),
        cmocka_unit_test_setup(test_kept_keys_need_no_work, setup),
        cmocka_unit_test_setup(test_kept_keys_that_no_longer_fit, setup),
        cmocka_unit_test_setup(test_S2_nonces, setup),
        cmocka_unit_test_setup(test_S3_iterations, setup),
        cmocka_unit_test_setup(test_S7_malformed_challenges, setup),
        cmocka_unit_test_setup(test_S1_server_signature, setup),
        cmocka_unit_test_setup(test_messages_that_do_not_fit, setup),
    };
    return cmocka_run_group_tests_name("scram", tests, NULL, NULL);
}
