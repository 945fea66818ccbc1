/*
 * mbedTLS for a microcontroller: a client of TLS 1.2, with ECDSA and RSA chains, in as little RAM as it can be had.
 *   MOTE_TLS_ECDSA   ECDSA chains only, and only servers that keep their records small
 *   MOTE_TLS_13      TLS 1.3 as well, which brings PSA along
 */
#ifndef MOTE_MBEDTLS_CONFIG_H
#define MOTE_MBEDTLS_CONFIG_H

#include <stddef.h>
#include <time.h>

/* Platform. The memory is mote_tls_memory_use's; nothing of the C library is asked for. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO mote__tls_no_snprintf
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
#define MBEDTLS_PLATFORM_TIME_MACRO mote__tls_time
#define MBEDTLS_DEPRECATED_REMOVED
time_t mote__tls_time(time_t *out); /* port/tls/clock_mbedtls.c */
/* mbedTLS prints names and object identifiers in functions that Mote does not call. This one has no body, so that a
 * call of theirs fails to link instead of bringing printf along. */
int mote__tls_no_snprintf(char *out, size_t size, const char *format, ...);

/* Randomness: one generator, seeded by the board (port/crypto/random_drbg.c). */
#define MBEDTLS_CTR_DRBG_C

/* Ciphers. GCM encrypts only, in both directions. */
#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_GCM_C

/* Hashes. SHA-1 is SCRAM-SHA-1's and the entity capabilities'; chains signed with it are refused by mbedTLS's default
 * profile. SHA-384 is in chains of public authorities. */
#define MBEDTLS_MD_C
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA1_PROCESS_ALT /* port/crypto/sha1_small.c */
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_SHA512_SMALLER

/* Public keys. ECP_WINDOW_SIZE and the comb: speed for RAM, see docs/BOARDS.md. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_OID_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#if !defined(MOTE_TLS_13) /* 1.3 computes by PSA, which cannot stop in between, and leaves no RAM for it */
#define MBEDTLS_ECP_RESTARTABLE
#define MOTE_TLS_SLICE 600 /* multiplications of elliptic curves in one turn of the loop: about 3 M instructions */
#endif
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_VERIFY_ONLY /* no certificate of its own: port/deps/patches */
#if !defined(MOTE_TLS_ECDSA)
#define MBEDTLS_RSA_C
#define MBEDTLS_RSA_NO_CRT
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_MPI_MAX_SIZE 512
#else
#define MBEDTLS_MPI_MAX_SIZE 128
#endif
#define MBEDTLS_MPI_WINDOW_SIZE 1

/* Certificates, in DER. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_REMOVE_INFO

/* TLS. IN holds the server's whole Certificate message; the server is asked for records that fit (RFC 6066). */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
#if !defined(MOTE_TLS_ECDSA) /* whose RAM is full */
#define MBEDTLS_SSL_SESSION_TICKETS
#define MBEDTLS_SSL_TICKET_MAX 384 /* port/deps/patches */
#endif
#if defined(MOTE_TLS_13)
#define MBEDTLS_SSL_IN_CONTENT_LEN 4096
#elif !defined(MOTE_TLS_ECDSA)
#define MBEDTLS_SSL_IN_CONTENT_LEN 6400 /* RSA chains of public authorities, with ten names, are 6 KiB */
#define MBEDTLS_SSL_IN_RECORD_LEN 4096  /* of that stays for a server that has not agreed to small records */
#else
#define MBEDTLS_SSL_IN_CONTENT_LEN 3072
/* Ask for records of so many bytes, and send no larger ones. Until the server has agreed, the buffers lie in lent
 * memory: see port/os/nosys.c. */
#define MOTE_TLS_RECORD 512
#endif
#define MBEDTLS_SSL_OUT_CONTENT_LEN 1024

#if defined(MOTE_TLS_13)
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED /* resumption by ticket */
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_KEYING_MATERIAL_EXPORT
#define MBEDTLS_HKDF_C
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8
#define MOTE_MBEDTLS_MFL_REPAIRED /* port/deps/patches */
#define MBEDTLS_SSL_CIPHERSUITES \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#elif defined(MOTE_TLS_ECDSA)
#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
#else
#define MBEDTLS_SSL_CIPHERSUITES \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#endif

#endif
