/* SPDX-License-Identifier: MIT
 * mqtt pub PORT 0 USER N [WINDOW]: libmosquitto, QoS 1, N readings as plain text, WINDOW at most without PUBACK; the
 * form of client.h as far as it goes.
 */
#include <mosquitto.h>

#include "tests/bench/clients/client.h"

static struct bench b;
static int sent, answered, online, done;

static void on_connect(struct mosquitto *m, void *data, int result)
{
    (void)m, (void)data;
    online = result == 0 ? 1 : -1;
    bench_start(&b);
}

static void on_publish(struct mosquitto *m, void *data, int id)
{
    (void)m, (void)data, (void)id;
    if (++answered == b.count) {
        bench_report(&b);
        done = 1;
    }
}

int main(int argc, char **argv)
{
    b = bench_arguments(argc, argv);
    mosquitto_lib_init();
    struct mosquitto *m = mosquitto_new("bench", true, NULL);
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_publish_callback_set(m, on_publish);
    if (mosquitto_connect(m, "127.0.0.1", b.port, 60) != MOSQ_ERR_SUCCESS) {
        return 1;
    }
    while (!done && online >= 0) {
        for (; online > 0 && sent < b.count && sent - answered < b.window; sent++) {
            char text[64];
            int len = snprintf(text, sizeof text, "temperature 21.5 C seq %d", sent);
            mosquitto_publish(m, NULL, "sensor-17", len, text, 1, false);
        }
        if (mosquitto_loop(m, 10, 1) != MOSQ_ERR_SUCCESS) {
            return 1;
        }
    }
    mosquitto_disconnect(m);
    mosquitto_destroy(m);
    mosquitto_lib_cleanup();
    return !done;
}
