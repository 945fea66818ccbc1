/* SPDX-License-Identifier: MIT
 * Each error has a sentence of its own.
 */
#include "core/error.h"
#include "tests/unit/unit.h"

static void test_each_has_its_own_text(void **state)
{
    (void)state;
    for (int e = MOTE_ERR_LAST; e <= 0; e++) {
        const char *text = mote_error_text(e);
        assert_non_null(text);
        assert_string_not_equal(text, "an unknown error");
        assert_true(text[0] != '\0' && text[strlen(text) - 1] != '.');
        for (int f = MOTE_ERR_LAST; f < e; f++) {
            assert_string_not_equal(text, mote_error_text(f));
        }
    }
}

static void test_strange_numbers(void **state)
{
    (void)state;
    static const int strange[] = {1, 77, INT32_MAX, INT32_MIN, INT32_MIN + 1, MOTE_ERR_LAST - 1, -1000};
    for (size_t i = 0; i < COUNT(strange); i++) {
        assert_non_null(mote_error_text(strange[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_has_its_own_text),
                                       cmocka_unit_test(test_strange_numbers)};
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
