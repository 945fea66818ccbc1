/* SPDX-License-Identifier: MIT
 * What a board without an operating system gives to an example: boards/board.h.
 */
#include "boards/board.h"

#include <string.h>

#include "boards/bare/console.h"
#include "boards/bare/nic.h"
#include "boards/bare/semihost.h"
#include "boards/bare/settings.h"
#include "boards/bare/machine.h"
#include "core/base/text.h"
#include "board_limits.h"
#include "port/clock/tick.h"
#include "port/run/config_text.h"
#include "port/crypto/hash_mbedtls.h"
#include "port/crypto/random_drbg.h"
#include "port/os/nosys.h"
#include "port/tls/memory.h"
#include "port/tls/resume.h"

enum { EXIT_CONFIG = 2, EXIT_CERT = 4 };

extern const uint8_t _provision[], _provision_size[];

static uint8_t tls_memory[LIMIT_TLS];
static struct mote_tls_mbedtls_config tls;
static struct mote_nosys nosys;
static const struct mote_port *port;
static struct mote *engine;
static enum mote_log_level log_level = MOTE_LOG_WARN;

/// Services ///

static void log_line(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx;
    if (level <= log_level) {
        mote_board_print("mote: %s\n", line);
    }
}

static const struct mote_services services = {
    .random = mote_entropy_drbg,
    .hash_start = mote_crypto_hash_start,
    .hash_feed = mote_crypto_hash_feed,
    .hash_end = mote_crypto_hash_end,
    .log = log_line,
};

/* expat calls this to make its hash tables unpredictable. */
void arc4random_buf(void *bytes, size_t len);
void arc4random_buf(void *bytes, size_t len)
{
    if (mote_entropy_drbg(NULL, bytes, len) != 0) {
        memset(bytes, 0, len); /* this does no harm: without random bytes no stream is opened */
    }
}

static int seed(void)
{
    uint8_t bytes[MOTE_ENTROPY_SEED];
    int r = mote__hw_seed(bytes, sizeof bytes) == 0 ? mote_entropy_drbg_seed(bytes) : MOTE_ERR_ENTROPY;
    mote_secret_wipe(bytes, sizeof bytes);
    return r;
}

/// Start ///

static int refuse_start(const char *what, int code)
{
    mote_board_print("cannot start: %s\n", what);
    return code;
}

/* A certificate in DER begins with SEQUENCE and two bytes of length; erased flash does not. */
static size_t provisioned_ca(void)
{
    const uint8_t *p = _provision;
    size_t len = p[0] == 0x30 && p[1] == 0x82 ? ((size_t)p[2] << 8 | p[3]) + 4 : 0;
    return len <= (size_t)_provision_size ? len : 0;
}

static int start_tls(void)
{
    uint8_t pin[32];
    const char *text = mote_board_setting("pin");
    size_t ca = provisioned_ca();
    mote_tls_memory_use(tls_memory, sizeof tls_memory);
    if (mote_tls_mbedtls_config_init(&tls, &services) != 0) {
        return refuse_start("TLS has not enough memory", EXIT_CERT);
    }
    if (text != NULL) {
        if (!mote_config_pin(text, pin)) {
            return refuse_start("the setting pin is sha256: and 64 hexadecimal digits", EXIT_CONFIG);
        }
        mote_tls_mbedtls_set_pin(&tls, pin);
    } else if (ca == 0) {
        return refuse_start(
            "no certificate authority: write one in DER to the provisioning page of the flash, or set pin", EXIT_CERT);
    } else if (mote_tls_mbedtls_add_ca_in_place(&tls, _provision, ca) != 0) {
        return refuse_start(
            "the certificate authority has a kind of key that this firmware was built without, or is damaged",
            EXIT_CERT);
    }
    return 0;
}

static const struct mote__nosys_machine machine = {
    .ms = mote__tick_ms,
    .ticks = mote__tick_count,
    .sleep = mote__tick_sleep,
    .input = mote__console_input,
    .nic_init = mote__nic_init,
    .nic_poll = mote__nic_poll,
};

int mote_board_init(int argc, char **argv)
{
    (void)argc, (void)argv;
    uint64_t salt = 0;
    mote_clock_tick_init(mote__tick_ms, BOARD_BUILD_TIME);
    bool seeded = seed() == 0 && mote_entropy_drbg(NULL, (uint8_t *)&salt, sizeof salt) == 0;
    mote__settings_load(salt);
    mote_clock_tick_floor(mote__settings_load_issued());
    if (mote_board_setting("clock") == NULL && mote__semihost_time() != 0) {
        mote_clock_tick_set(mote__semihost_time());
    }
    const char *level = mote_board_setting("log");
    if (level != NULL && !mote_config_log_level(level, &log_level)) {
        return refuse_start("the setting log is error, warn, info or trace", EXIT_CONFIG);
    }
    if (!seeded) {
        return refuse_start("no random source, and without one there is no TLS (docs/BOARDS.md, Randomness)",
                            EXIT_CERT);
    }
    int r = start_tls();
    if (r != 0) {
        return r;
    }
    port = mote_nosys_init(&nosys, &machine, &tls, &services);
    return port != NULL ? 0 : refuse_start("the network interface does not answer", EXIT_CONFIG);
}

const struct mote_port *mote_board_port(void)
{
    return port;
}

const struct mote_services *mote_board_services(void)
{
    return &services;
}

int mote_board_config(struct mote_config *config, struct mote_run_config *link)
{
    static struct mote_keys keys;
    config->jid = mote_board_setting("jid");
    if (config->jid == NULL) {
        return refuse_start("which account? the setting jid is missing", EXIT_CONFIG);
    }
    config->services = &services;
    config->password = mote_board_setting("password");
    config->keys = mote__settings_load_keys(config->jid, &keys) ? &keys : NULL;
    if (config->password == NULL && config->keys == NULL && BOARD_INVITES && mote_board_setting("invite") != NULL) {
        config->password = mote__enroll_password();
    }
    if (config->password == NULL && config->keys == NULL) {
        return refuse_start("the account has neither password nor keys here", EXIT_CONFIG);
    }
    const char *why = mote_config_run(link, mote_board_setting);
    link->port = port;
    engine = link->x;
#if !defined(MOTE_TLS_13) /* which keeps the server's chain, wherever it lies */
    mote_nosys_lend(&nosys, config);
#endif
    return why != NULL ? refuse_start(why, EXIT_CONFIG) : 0;
}

void mote_board_resume_tls(void)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    static struct mote_tls_resume resume = {.load = mote__settings_load_tls, .save = mote__settings_save_tls};
    mote_tls_resume_attach(&resume, &nosys.tls);
#endif
}

void mote_board_save_keys(const struct mote_keys *keys)
{
    int r = mote__settings_save_keys(mote_board_setting("jid"), keys);
    if (r != 0 && r != MOTE_ERR_STATE) { /* _STATE means that there is no storage, which was said before */
        mote_board_print("the keys could not be kept: %s\n", mote_error_text(r));
    }
}

/* A server whose certificate was good tells the time; then the certificate is looked at once more, now by that time. A
 * time by which it would not be valid is not kept, for it may be the clock of the server that is wrong. Nor is the time
 * kept over a restart, since nobody vouches for it, but when the certificate was issued: that is signed. */
void mote_board_learn_time(void)
{
    int64_t now = engine != NULL ? mote_unix_time(engine) : 0;
    if (engine != NULL && mote_clock_tick_doubt(mote_error(engine) == MOTE_ERR_CERT)) {
        mote_set_unix_time(engine, 0, mote__tick_ms());
        return;
    }
    if (now == 0 || mote_clock_tick.unix_time(NULL) != 0 || now < mote_clock_tick_least()) {
        return; /* unknown, or known already, or certainly wrong: go on without */
    }
    if (!nosys.tls.open || mote_tls_mbedtls_time_known(&nosys.tls, now) != 0) {
        mote_set_unix_time(engine, 0, mote__tick_ms()); /* it is asked for again at the next login */
        mote_fail(engine, MOTE_ERR_CERT, nosys.tls.why);
        return;
    }
    mote_clock_tick_told(now);
    if (nosys.tls.verdict.valid_from > mote__settings_load_issued()) {
        mote_clock_tick_floor(nosys.tls.verdict.valid_from);
        mote__settings_save_issued(nosys.tls.verdict.valid_from);
    }
}

/// Sensor and figures ///

bool mote_board_sensor(char *text, size_t size)
{
    mote_board_format(text, size, "up %lu s", (unsigned long)(mote__tick_ms() / 1000));
    return true;
}

static unsigned long microseconds(uint64_t ticks)
{
    return (unsigned long)(ticks * 1000 / mote__hw_ticks_per_ms);
}

static void report_engine(void)
{
    struct mote_status s;
    if (engine != NULL) {
        mote_status(engine, &s);
        mote_board_print("login: %s%s, %u round trips%s\n", s.sasl_mechanism != NULL ? s.sasl_mechanism : "none",
                         s.sasl2 ? " by SASL2" : "", s.round_trips, s.tls_resumed ? ", TLS session of before" : "");
        mote_board_print(
            "at most of XML memory %u of %u bytes, arena %u of %u, ring %u of %u; parser renewed %u times\n",
            (unsigned)s.xml_peak, (unsigned)s.xml_size, (unsigned)s.arena_peak, (unsigned)s.arena_size,
            (unsigned)s.tx_peak, (unsigned)s.tx_size, s.xml_renewals);
    }
}

void mote__machine_report(void)
{
    size_t used, peak, size;
    report_engine();
    mote_tls_memory_status(&used, &peak, &size);
    mote_board_print("stack: at most %u of %u bytes\n", (unsigned)mote__machine_stack_peak(),
                     (unsigned)mote__machine_stack_size());
    mote_board_print("TLS memory: %u bytes, at most %u of %u, and %u of the XML memory\n", (unsigned)used,
                     (unsigned)peak, (unsigned)size, (unsigned)nosys.spare_peak);
    mote_board_print("longest turn: %lu us, in a handshake %lu us\n", microseconds(nosys.longest_turn),
                microseconds(nosys.longest_handshake_turn));
    mote_board_print("busy: %lu us of %lu; frames dropped: %u\n", microseconds(mote__tick_count() - mote__tick_slept()),
                microseconds(mote__tick_count()), mote__nic_dropped());
}
