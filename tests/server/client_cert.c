/* SPDX-License-Identifier: MIT
 * client_cert PORT CA CERT KEY: log in on 127.0.0.1 by direct TLS as alice@localhost, with a certificate and no
 * password (SASL EXTERNAL, XEP-0178), and out again. Prints the mechanism. For test_client_cert.py, which compiles it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "port/os/posix.h"
#include "port/run/run.h"
#include "port/tls/ca_file.h"

static uint8_t arena[8192], xml[16384], tx[4096], net[4096];
static struct mote x;
static struct mote_run run;

static void on_event(void *app, struct mote *engine, const struct mote_event *event)
{
    struct mote_status status;
    (void)app;
    if (event->kind == MOTE_EV_ONLINE) {
        mote_status(engine, &status);
        printf("%s\n", status.sasl_mechanism);
        mote_run_stop(&run);
    }
}

/* With a NUL behind, as PEM has to have. */
static size_t read_file(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t len = f != NULL ? fread(out, 1, size - 1, f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    out[len] = '\0';
    return len;
}

static int prepare(struct mote_tls_mbedtls_config *tls, const struct mote_services *services, char **files)
{
    char cert[8192], key[8192], why[200] = "no memory";
    size_t cert_len = read_file(files[1], cert, sizeof cert), key_len = read_file(files[2], key, sizeof key);
    int error = mote_tls_mbedtls_config_init(tls, services);
    error = error == 0 ? mote_tls_ca_file_add(tls, files[0], why, sizeof why) : error;
    if (error != 0) {
        fprintf(stderr, "%s\n", why);
        return error;
    }
    error = mote_tls_mbedtls_set_client_cert(tls, cert, cert_len, key, key_len);
    if (error != 0) {
        fprintf(stderr, "cannot show %s\n", files[1]);
    }
    return error;
}

int main(int argc, char **argv)
{
    static struct mote_services services;
    static struct mote_posix posix;
    static struct mote_tls_mbedtls_config tls;
    mote_posix_services(&services, NULL);
    if (argc != 5 || prepare(&tls, &services, argv + 2) != 0) {
        return 2;
    }
    struct mote_config config = {.jid = "alice@localhost",
                                 .services = &services,
                                 .arena = arena,
                                 .arena_size = sizeof arena,
                                 .xml = xml,
                                 .xml_size = sizeof xml,
                                 .tx = tx,
                                 .tx_size = sizeof tx,
                                 .on_event = on_event,
                                 .flags = MOTE_ALLOW_EXTERNAL};
    struct mote_run_config link = {.x = &x,
                                   .port = mote_posix_init(&posix, &tls, NULL),
                                   .host = "127.0.0.1",
                                   .port_number = (uint16_t)atoi(argv[1]),
                                   .tls = MOTE_RUN_DIRECT,
                                   .buffer = net,
                                   .buffer_size = sizeof net};
    if (mote_init(&x, &config) != 0) {
        return 2;
    }
    mote_run_init(&run, &link);
    int error = mote_run(&run);
    if (error != 0) {
        fprintf(stderr, "%s\n", run.why);
    }
    mote_tls_mbedtls_config_free(&tls);
    return error != 0;
}
