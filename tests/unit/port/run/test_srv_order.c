/* SPDX-License-Identifier: MIT
 * The order of SRV records (RFC 2782), by every lot there is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/run/srv_order.h"
#include "tests/unit/unit.h"

enum { RECORDS = 4 };

static uint32_t lots[RECORDS];
static unsigned drawn;

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return lots[drawn++];
}

/* Named by their weights; returns them as they are to be tried. */
static const char *order(const uint16_t weights[RECORDS], const uint16_t priorities[RECORDS])
{
    static char text[80];
    struct mote_port_target targets[RECORDS] = {0};
    size_t len = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        targets[i] = (struct mote_port_target){.weight = weights[i], .priority = priorities[i], .port = 1};
    }
    drawn = 0;
    mote__srv_order(targets, RECORDS, draw, NULL);
    for (unsigned i = 0; i < RECORDS; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, " %u", targets[i].weight);
    }
    return text;
}

/* The first is drawn with a chance in proportion to its weight: of 101 lots each has as many as that, and the one of
 * weight 0 the one that is left. Then among the others, and so on. */
static void test_B24_weights_decide_by_lot(void **state)
{
    static const uint16_t weights[RECORDS] = {60, 10, 0, 30}, same[RECORDS] = {5, 5, 5, 5};
    unsigned first[61] = {0}, second[61] = {0};
    (void)state;
    for (uint32_t a = 0; a < 101; a++) {
        lots[0] = a;
        first[atoi(order(weights, same))]++;
    }
    assert_int_equal(first[0], 1);
    assert_int_equal(first[10], 10);
    assert_int_equal(first[30], 30);
    assert_int_equal(first[60], 60);
    lots[0] = 100; /* 60, 10, 30 are left with 0 at the head: see the first loop for which it was */
    int gone = atoi(order(weights, same));
    for (uint32_t b = 0; b < (uint32_t)(101 - gone); b++) {
        lots[1] = b;
        second[atoi(strchr(order(weights, same) + 1, ' '))]++;
    }
    assert_int_equal(second[gone], 0);
    for (unsigned i = 0; i < RECORDS; i++) {
        assert_int_equal(second[weights[i]], weights[i] == gone ? 0 : weights[i] == 0 ? 1 : weights[i]);
    }
}

/* Whatever the weights, a lower priority goes first. */
static void test_B24_priority_goes_before_weight(void **state)
{
    static const uint16_t weights[RECORDS] = {60000, 1, 2, 50000}, priorities[RECORDS] = {20, 10, 5, 30};
    (void)state;
    for (lots[0] = 0; lots[0] < 1000; lots[0]++) {
        lots[1] = lots[2] = lots[0];
        assert_string_equal(order(weights, priorities), " 2 1 60000 50000");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_B24_weights_decide_by_lot),
        cmocka_unit_test(test_B24_priority_goes_before_weight),
    };
    return cmocka_run_group_tests_name("srv order", tests, NULL, NULL);
}
