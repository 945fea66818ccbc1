/* SPDX-License-Identifier: MIT
 * The sockets of port/net/posix.c on systems whose sockets can do less than Linux's.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int asked; /* for how often F_SETFD was refused */

/* As lwIP's: only the flags of the status are known. */
static int fcntl_of_lwip(int fd, int command, int value)
{
    if (command == F_GETFL || command == F_SETFL) {
        return fcntl(fd, command, value);
    }
    asked++;
    errno = ENOSYS;
    return -1;
}

#define WITH_VALUE(fd, command, value, ...) fcntl_of_lwip(fd, command, value)
#define fcntl(...) WITH_VALUE(__VA_ARGS__, 0, 0)
#define mote_net_posix net_of_lwip
#define mote_net_posix_init net_of_lwip_init
#include "port/net/posix.c"
#undef fcntl
#undef mote_net_posix
#undef mote_net_posix_init

static void test_B27_a_socket_that_knows_no_close_on_exec_connects(void **state)
{
    (void)state;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    assert_int_equal(bind(server, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&at, &len), 0);

    struct net_of_lwip net;
    net_of_lwip_init(&net);
    struct mote_port_address address = {.family = 4, .port = ntohs(at.sin_port), .bytes = {127, 0, 0, 1}};
    assert_int_equal(net_of_lwip.open(&net, &address), 0);
    assert_int_equal(asked, 1);
    int opened = 0;
    for (int i = 0; i < 1000 && opened == 0; i++) {
        poll(&(struct pollfd){.fd = net.fd, .events = POLLOUT}, 1, 10);
        opened = net_of_lwip.opened(&net);
    }
    assert_int_equal(opened, 1);
    net_of_lwip.close(&net);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_B27_a_socket_that_knows_no_close_on_exec_connects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
