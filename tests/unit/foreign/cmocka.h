/* SPDX-License-Identifier: MIT
 * As much of cmocka as the unit tests use, for machines for which the building one has no cmocka (`make check-arch`).
 * A failed assertion ends its test. The output is TAP.
 */
#ifndef FOREIGN_CMOCKA_H
#define FOREIGN_CMOCKA_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state);
    int (*teardown)(void **state);
};

#define cmocka_unit_test(f) {#f, f, NULL, NULL}
#define cmocka_unit_test_setup(f, setup) {#f, f, setup, NULL}
#define cmocka_unit_test_teardown(f, teardown) {#f, f, NULL, teardown}
#define cmocka_unit_test_setup_teardown(f, setup, teardown) {#f, f, setup, teardown}

/* cmocka looks for leaks, too; so do the sanitizers of the build for this machine. */
#define test_malloc(size) malloc(size)
#define test_free(block) free(block)

#define print_message(...) printf(__VA_ARGS__)

static jmp_buf cmocka_failed;

__attribute__((noreturn, unused)) static void cmocka_fail(const char *what, const char *file, int line)
{
    printf("# %s:%d: %s\n", file, line, what);
    longjmp(cmocka_failed, 1);
}

#define cmocka_must(condition, what) ((condition) ? (void)0 : cmocka_fail(what, __FILE__, __LINE__))
#define fail() cmocka_fail("failed", __FILE__, __LINE__)
#define fail_msg(...) (printf("# " __VA_ARGS__), putchar('\n'), fail())

#define assert_true(c) cmocka_must((c), #c)
#define assert_false(c) cmocka_must(!(c), "not " #c)
#define assert_null(p) cmocka_must((p) == NULL, #p " is not NULL")
#define assert_non_null(p) cmocka_must((p) != NULL, #p " is NULL")
#define assert_ptr_equal(a, b) cmocka_must((const void *)(a) == (const void *)(b), #a " is not " #b)
#define assert_ptr_not_equal(a, b) cmocka_must((const void *)(a) != (const void *)(b), #a " is " #b)
#define assert_string_equal(a, b) cmocka_must(strcmp((a), (b)) == 0, #a " is not " #b)
#define assert_string_not_equal(a, b) cmocka_must(strcmp((a), (b)) != 0, #a " is " #b)
#define assert_memory_equal(a, b, n) cmocka_must(memcmp((a), (b), (n)) == 0, #a " is not " #b)
/* By the widest type, as cmocka does, so that a number and its negative are told apart. */
#define assert_int_equal(a, b) cmocka_must((uintmax_t)(a) == (uintmax_t)(b), #a " is not " #b)
#define assert_int_not_equal(a, b) cmocka_must((uintmax_t)(a) != (uintmax_t)(b), #a " is " #b)
#define assert_in_range(v, low, high) \
    cmocka_must((uintmax_t)(v) >= (uintmax_t)(low) && (uintmax_t)(v) <= (uintmax_t)(high), #v " is out of its range")

__attribute__((unused)) static int cmocka_run(const struct CMUnitTest *tests, size_t count, int (*setup)(void **state),
                                              int (*teardown)(void **state))
{
    volatile int bad = 0;
    void *state = NULL;
    int ready = setup == NULL || setup(&state) == 0;
    for (volatile size_t i = 0; i < count; i++) {
        volatile int good = 0;
        if (ready && setjmp(cmocka_failed) == 0) {
            good = tests[i].setup == NULL || tests[i].setup(&state) == 0;
            if (good) {
                good = 0;
                tests[i].test(&state);
                good = 1;
            }
        }
        if (ready && tests[i].teardown != NULL) {
            tests[i].teardown(&state);
        }
        printf("%sok %zu - %s\n", good ? "" : "not ", i + 1, tests[i].name);
        bad += !good;
    }
    if (teardown != NULL) {
        teardown(&state);
    }
    return bad;
}

#define cmocka_run_group_tests(tests, setup, teardown) \
    cmocka_run(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) cmocka_run_group_tests(tests, setup, teardown)

#endif
