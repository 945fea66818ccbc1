/* SPDX-License-Identifier: MIT
 * The table of the state machine: every state with every event. What the states do is in the transcripts.
 */
#include "core/engine/login/negotiate.h"
#include "tests/unit/unit.h"

enum { STATES = NEG_ENDED + 1, EVENTS = NEG_EV_LOST + 1 };

/* Written down from the picture in negotiate.h; everything else has no place. */
static const struct {
    enum mote__neg_state from;
    enum mote__neg_event event;
    enum mote__neg_state to;
} moves[] = {
    {NEG_OFFLINE, NEG_EV_CONNECTED, NEG_HEADER},    {NEG_HEADER, NEG_EV_HEADER, NEG_FEATURES},
    {NEG_FEATURES, NEG_EV_OFFER_TLS, NEG_STARTTLS}, {NEG_STARTTLS, NEG_EV_PROCEED, NEG_TLS},
    {NEG_TLS, NEG_EV_SECURED, NEG_HEADER},          {NEG_FEATURES, NEG_EV_OFFER_SASL, NEG_SASL},
    {NEG_SASL, NEG_EV_OFFER_SASL, NEG_SASL}, /* once more, without the binding that was refused */
    {NEG_SASL, NEG_EV_CHALLENGE, NEG_WORKING},      {NEG_WORKING, NEG_EV_WORKED, NEG_SASL},
    {NEG_SASL, NEG_EV_SUCCESS, NEG_HEADER},         {NEG_FEATURES, NEG_EV_OFFER_BIND, NEG_BIND},
    {NEG_FEATURES, NEG_EV_OFFER_RESUME, NEG_RESUME}, {NEG_RESUME, NEG_EV_RESUMED, NEG_ONLINE},
    {NEG_RESUME, NEG_EV_OFFER_BIND, NEG_BIND}, /* refused: a new session on the same stream */
    /* an account is made first */
    {NEG_FEATURES, NEG_EV_OFFER_REGISTER, NEG_REGISTER}, {NEG_REGISTER, NEG_EV_OFFER_REGISTER, NEG_REGISTER},
    {NEG_REGISTER, NEG_EV_OFFER_SASL, NEG_SASL},
    /* SASL2 */
    {NEG_FEATURES, NEG_EV_SENT_SASL, NEG_SASL},     {NEG_SASL, NEG_EV_AUTHENTICATED, NEG_FEATURES},
    {NEG_SASL, NEG_EV_SENT_RESUME, NEG_RESUME},     {NEG_SASL, NEG_EV_BOUND_WITHIN, NEG_ONLINE},
    /* ahead of the features */
    {NEG_FEATURES, NEG_EV_SENT_RESUME, NEG_RESUME}, {NEG_FEATURES, NEG_EV_SENT_BIND, NEG_BIND},
    {NEG_BIND, NEG_EV_BOUND, NEG_ONLINE},           {NEG_ONLINE, NEG_EV_CLOSE, NEG_CLOSING},
};

static int expected(enum mote__neg_state state, enum mote__neg_event event)
{
    if (event == NEG_EV_LOST) {
        return NEG_OFFLINE;
    }
    for (size_t i = 0; i < COUNT(moves); i++) {
        if (moves[i].from == state && moves[i].event == event) {
            return (int)moves[i].to;
        }
    }
    bool ends = event == NEG_EV_ENDED || event == NEG_EV_CLOSE;
    return ends && state != NEG_OFFLINE ? NEG_ENDED : -1;
}

static void test_every_state_with_every_event(void **state)
{
    (void)state;
    for (int s = 0; s < STATES; s++) {
        for (int e = 0; e < EVENTS; e++) {
            int next = mote__neg_next((enum mote__neg_state)s, (enum mote__neg_event)e);
            int wanted = expected((enum mote__neg_state)s, (enum mote__neg_event)e);
            if (next != wanted) {
                fail_msg("%s with event %d: %d, not %d", mote__neg_name((enum mote__neg_state)s), e, next, wanted);
            }
        }
    }
}

/* There is no way on line that leaves out the login, and none from the ended state but through OFFLINE. */
static void test_S7_no_short_cut(void **state)
{
    (void)state;
    for (int e = 0; e < EVENTS; e++) {
        for (int s = 0; s < STATES; s++) {
            int next = mote__neg_next((enum mote__neg_state)s, (enum mote__neg_event)e);
            assert_true(next != NEG_ONLINE || s == NEG_BIND || s == NEG_RESUME ||
                        (s == NEG_SASL && e == NEG_EV_BOUND_WITHIN));
            assert_true(next != NEG_RESUME || s == NEG_FEATURES || (s == NEG_SASL && e == NEG_EV_SENT_RESUME));
            assert_true(next != NEG_WORKING || s == NEG_SASL);
            assert_true(s != NEG_ENDED || next == -1 || next == NEG_ENDED || next == NEG_OFFLINE);
        }
    }
    assert_int_equal(mote__neg_next(NEG_WORKING, NEG_EV_SUCCESS), -1);
    assert_int_equal(mote__neg_next(NEG_FEATURES, NEG_EV_SUCCESS), -1);
    assert_int_equal(mote__neg_next(NEG_FEATURES, NEG_EV_BOUND), -1);
    assert_int_equal(mote__neg_next(NEG_TLS, NEG_EV_HEADER), -1);
}

static void test_names(void **state)
{
    (void)state;
    for (int s = 0; s < STATES; s++) {
        assert_non_null(mote__neg_name((enum mote__neg_state)s));
        assert_non_null(mote__neg_waiting_for((enum mote__neg_state)s));
        for (int t = 0; t < s; t++) {
            assert_string_not_equal(mote__neg_name((enum mote__neg_state)s), mote__neg_name((enum mote__neg_state)t));
        }
    }
    assert_string_equal(mote__neg_name(NEG_OFFLINE), "OFFLINE");
    assert_string_equal(mote__neg_name(NEG_SASL), "SASL");
    assert_string_equal(mote__neg_name(NEG_ENDED), "ENDED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_state_with_every_event),
                                       cmocka_unit_test(test_S7_no_short_cut), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
