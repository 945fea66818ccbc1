/* SPDX-License-Identifier: MIT
 * The ring of what is sent: records, wrapping, stanzas that wait for their acknowledgement.
 */
#include "core/mote.h"
#include "core/stream/txring.h"
#include "tests/unit/unit.h"

enum { SIZE = 64, MODEL = 256 };

static uint8_t memory[SIZE];
static struct mote__txring t;

static int queue(const char *text, unsigned flags, size_t reserve)
{
    mote_writer_raw(mote__txring_begin(&t), text, strlen(text));
    return mote__txring_commit(&t, flags, reserve);
}

/* Take all there is, n bytes at a time, into out; returns the length. */
static size_t drain(char *out, size_t n)
{
    const uint8_t *bytes;
    size_t len = 0, lent;
    while ((lent = mote__txring_lend(&t, &bytes)) > 0) {
        lent = lent < n ? lent : n;
        memcpy(out + len, bytes, lent);
        mote__txring_done(&t, lent);
        len += lent;
    }
    out[len] = '\0';
    return len;
}

static int setup(void **state)
{
    (void)state;
    memset(memory, 0xee, sizeof memory);
    mote__txring_init(&t, memory, SIZE);
    return 0;
}

static void test_empty(void **state)
{
    (void)state;
    const uint8_t *bytes;
    assert_true(mote__txring_idle(&t));
    assert_int_equal(mote__txring_free(&t), SIZE - TXRING_HEADER);
    assert_int_equal(mote__txring_lend(&t, &bytes), 0);
    mote__txring_rewind(&t, TX_FLAG_KEEP);
    assert_int_equal(mote__txring_lend(&t, &bytes), 0);
}

static void test_full(void **state)
{
    (void)state;
    char text[SIZE + 1], out[SIZE + 1];
    memset(text, 'x', SIZE);
    text[SIZE - TXRING_HEADER + 1] = '\0';
    assert_int_equal(queue(text, 0, 0), MOTE_ERR_SIZE); /* a byte more than an empty ring has */
    text[SIZE - TXRING_HEADER] = '\0';
    assert_int_equal(queue(text, 0, 1), MOTE_ERR_SIZE);
    assert_int_equal(queue(text, 0, 0), 0);
    assert_int_equal(mote__txring_free(&t), 0);
    assert_int_equal(queue("", 0, 0), MOTE_ERR_FULL);
    assert_int_equal(queue("y", 0, 0), MOTE_ERR_FULL);
    assert_int_equal(t.peak, SIZE);
    assert_int_equal(drain(out, 1), strlen(text));
    assert_string_equal(out, text);
    assert_int_equal(mote__txring_free(&t), SIZE - TXRING_HEADER);
}

static void test_refused_leaves_no_trace(void **state)
{
    (void)state;
    char out[SIZE + 1];
    assert_int_equal(queue("first", 0, 0), 0);
    uint64_t queued = t.queued;
    assert_int_equal(queue("a text of fifty-two bytes, too long for what is left.", 0, 0), MOTE_ERR_FULL);
    mote_writer_put(mote__txring_begin(&t), "%s", "\x01");
    assert_int_equal(mote__txring_commit(&t, 0, 0), MOTE_ERR_TEXT);
    assert_int_equal(queue("reserve", 0, 48), MOTE_ERR_FULL);
    assert_true(t.queued == queued);
    assert_int_equal(queue("second", 0, 0), 0);
    drain(out, SIZE);
    assert_string_equal(out, "firstsecond");
}

static void test_wraps_at_every_place(void **state)
{
    (void)state;
    char out[SIZE + 1];
    for (size_t shift = 0; shift < SIZE; shift++) {
        setup(NULL);
        t.acked = t.sent = t.queued = t.record = shift;
        for (int i = 0; i < 50; i++) {
            assert_int_equal(queue("0123456789abcdefghij", 0, 0), 0);
            assert_int_equal(queue("klmno", 0, 0), 0);
            drain(out, (size_t)i % 7 + 1);
            assert_string_equal(out, "0123456789abcdefghijklmno");
        }
        assert_true(mote__txring_idle(&t));
    }
}

static void test_lend_is_stable(void **state)
{
    (void)state;
    const uint8_t *first, *again;
    queue("hello", 0, 0);
    size_t n = mote__txring_lend(&t, &first);
    assert_int_equal(mote__txring_lend(&t, &again), n);
    assert_ptr_equal(first, again);
    queue("world", 0, 0); /* what was lent stays where it is */
    assert_int_equal(mote__txring_lend(&t, &again), n);
    assert_ptr_equal(first, again);
    mote__txring_done(&t, 2);
    assert_int_equal(mote__txring_lend(&t, &again), n - 2);
    assert_ptr_equal(again, first + 2);
}

static void test_T7_half_sent_goes_out_whole(void **state)
{
    (void)state;
    char out[SIZE + 1];
    const uint8_t *bytes;
    queue("first", TX_FLAG_KEEP, 0);
    queue("second", TX_FLAG_KEEP, 0);
    for (size_t n = 0; n < 5; n++) {
        mote__txring_lend(&t, &bytes);
        mote__txring_done(&t, n);
        mote__txring_rewind(&t, TX_FLAG_KEEP);
        mote__txring_lend(&t, &bytes);
        assert_int_equal(bytes[0], 'f');
        mote__txring_rewind(&t, TX_FLAG_KEEP);
    }
    mote__txring_lend(&t, &bytes);
    mote__txring_done(&t, 5);
    mote__txring_rewind(&t, TX_FLAG_KEEP); /* the first was written whole: it does not come again */
    drain(out, SIZE);
    assert_string_equal(out, "second");
}

static void test_dropped_records(void **state)
{
    (void)state;
    char out[SIZE + 1];
    const uint8_t *bytes;
    queue("drop1", 0, 0);
    queue("keep1", TX_FLAG_KEEP, 0);
    queue("drop2", 0, 0);
    queue("keep2", TX_FLAG_KEEP, 0);
    queue("drop3", 0, 0);
    mote__txring_lend(&t, &bytes);
    mote__txring_done(&t, 3);
    mote__txring_rewind(&t, TX_FLAG_KEEP);
    queue("new", 0, 0);
    drain(out, SIZE);
    assert_string_equal(out, "keep1keep2new");
    assert_true(mote__txring_idle(&t));
    assert_int_equal(mote__txring_free(&t), SIZE - TXRING_HEADER);
}

static void test_holding(void **state)
{
    (void)state;
    char out[SIZE + 1];
    t.holding = true;
    queue("first", TX_FLAG_KEEP, 0);
    queue("second", 0, 0);
    drain(out, SIZE);
    assert_true(mote__txring_idle(&t));
    assert_int_equal(mote__txring_free(&t),
                     SIZE - 3 * TXRING_HEADER - 11); /* nothing is free until it was acknowledged */
    mote__txring_rewind(&t, TX_FLAG_KEEP);
    drain(out, SIZE);
    assert_string_equal(out, "first");
}

/* What does not count goes with the stanza before it; what was not sent yet does not go. */
static void test_nonzas_are_acknowledged_by_the_way(void **state)
{
    (void)state;
    char out[SIZE + 1];
    unsigned stored;
    mote__txring_hold(&t, true);
    queue("nonza", 0, 0);
    queue("stanza", TX_FLAG_COUNTS, 0);
    queue("nonza", 0, 0);
    drain(out, SIZE);
    assert_int_equal(mote__txring_ack(&t, 1, &stored), 0);
    assert_false(mote__txring_unacked(&t));
    queue("stanza", TX_FLAG_COUNTS, 0);
    drain(out, SIZE);
    queue("nonza", 0, 0);
    assert_int_equal(mote__txring_ack(&t, 1, &stored), 0);
    assert_true(mote__txring_unacked(&t));
    drain(out, SIZE);
    assert_string_equal(out, "nonza");
    assert_int_equal(mote__txring_ack(&t, 0, &stored), 0);
    assert_false(mote__txring_unacked(&t));
    assert_int_equal(mote__txring_ack(&t, 1, &stored), 1);
}

static void test_M4_squeezed_answers_still_count(void **state)
{
    (void)state;
    enum { PLAIN = TX_FLAG_COUNTS, ANSWER = TX_FLAG_COUNTS | TX_FLAG_ANSWER, KEEP = TX_FLAG_COUNTS | TX_FLAG_KEEP };
    char out[SIZE + 1];
    unsigned stored;
    mote__txring_hold(&t, true);
    for (int round = 0; round < 100; round++) { /* at every place of the ring */
        queue("answer1", ANSWER, 0);
        queue("keep", KEEP, 0);
        queue("answer2", ANSWER, 0);
        queue("request", PLAIN, 0);
        drain(out, SIZE);
        mote__txring_squeeze(&t);
        assert_true(mote__txring_idle(&t));
        assert_int_equal(mote__txring_free(&t), SIZE - 5 * TXRING_HEADER - 11);
        mote__txring_squeeze(&t); /* nothing is left to give up */
        assert_int_equal(mote__txring_free(&t), SIZE - 5 * TXRING_HEADER - 11);
        if (round % 2 == 0) {
            assert_int_equal(mote__txring_ack(&t, 5, &stored), 1);
            assert_int_equal(mote__txring_ack(&t, 3, &stored), 0);
            mote__txring_resume(&t);
            drain(out, SIZE);
            assert_string_equal(out, "request");
            assert_int_equal(mote__txring_ack(&t, 1, &stored), 0);
        } else {
            mote__txring_cut(&t);
            mote__txring_resume(&t);
            drain(out, SIZE);
            assert_string_equal(out, "keeprequest");
            assert_int_equal(mote__txring_ack(&t, 3, &stored), 1); /* what was given up is not sent a second time */
            assert_int_equal(mote__txring_ack(&t, 2, &stored), 0);
        }
        assert_false(mote__txring_unacked(&t));
    }
}

/* What the outbox wants to know: how many of its records were handled, and how many never left. */
static void test_stored(void **state)
{
    (void)state;
    enum { PLAIN = TX_FLAG_COUNTS, STORED = TX_FLAG_COUNTS | TX_FLAG_STORED };
    const uint8_t *bytes;
    unsigned stored;
    mote__txring_hold(&t, true);
    queue("1", STORED, 0);
    queue("plain", PLAIN, 0);
    queue("2", STORED, 0);
    queue("half", STORED, 0);
    queue("3", STORED, 0);
    for (int i = 0; i < 3; i++) {
        mote__txring_done(&t, mote__txring_lend(&t, &bytes));
    }
    mote__txring_lend(&t, &bytes);
    mote__txring_done(&t, 2);
    assert_int_equal(mote__txring_count(&t, TX_FLAG_COUNTS, false), 5);
    assert_int_equal(mote__txring_count(&t, TX_FLAG_STORED, true), 2); /* the half-sent one counts as not sent */
    assert_int_equal(mote__txring_ack(&t, 2, &stored), 0);
    assert_int_equal(stored, 1);
    assert_int_equal(mote__txring_count(&t, TX_FLAG_STORED, false), 3);
    mote__txring_unsend(&t); /* the server has said that nothing else was handled */
    assert_int_equal(mote__txring_count(&t, TX_FLAG_STORED, true), 3);
    mote__txring_rewind(&t, TX_FLAG_KEEP); /* the outbox has them all, the ring need not keep them */
    assert_int_equal(mote__txring_count(&t, TX_FLAG_STORED, false), 0);
}

/// Random model: records in an array, the same answers ///

struct model {
    struct {
        char text[SIZE];
        bool keep;
    } records[MODEL];
    size_t count, at; /* records, bytes of the first that were sent */
};

static void model_drop(struct model *m, size_t i)
{
    memmove(&m->records[i], &m->records[i + 1], (m->count - i - 1) * sizeof m->records[0]);
    m->count--;
}

static void model_queue(struct model *m, uint32_t *seed)
{
    char text[SIZE];
    size_t len = unit_random(seed) % 30;
    memset(text, (int)('a' + unit_random(seed) % 26), len);
    text[len] = '\0';
    bool keep = unit_random(seed) % 2 == 0,
         room = len <= mote__txring_free(&t) && t.size - (t.queued - t.acked) >= TXRING_HEADER;
    assert_int_equal(queue(text, keep ? TX_FLAG_KEEP : 0, 0), room ? 0 : MOTE_ERR_FULL);
    if (room) {
        memcpy(m->records[m->count].text, text, len + 1);
        m->records[m->count++].keep = keep;
    }
}

static void model_send(struct model *m, uint32_t *seed)
{
    const uint8_t *bytes;
    size_t lent = mote__txring_lend(&t, &bytes);
    while (m->count > 0 && m->records[0].text[m->at] == '\0') {
        model_drop(m, 0);
        m->at = 0;
    }
    assert_int_equal(lent > 0, m->count > 0);
    if (lent > 0) {
        size_t n = 1 + unit_random(seed) % lent;
        assert_memory_equal(bytes, m->records[0].text + m->at, n);
        mote__txring_done(&t, n);
        m->at += n;
    }
}

static void test_random_against_a_model(void **state)
{
    (void)state;
    static struct model m;
    uint32_t seed = 5;
    m = (struct model){0};
    for (int i = 0; i < 200000; i++) {
        uint32_t what = unit_random(&seed) % 100;
        if (what < 40) {
            model_queue(&m, &seed);
        } else if (what < 98) {
            model_send(&m, &seed);
        } else {
            if (m.count > 0 && m.records[0].text[m.at] == '\0' && m.at > 0) {
                model_drop(&m, 0); /* it was sent whole */
            }
            m.at = 0;
            mote__txring_rewind(&t, TX_FLAG_KEEP);
            for (size_t k = m.count; k-- > 0;) {
                if (!m.records[k].keep) {
                    model_drop(&m, k);
                }
            }
        }
        assert_true(t.acked <= t.sent && t.sent <= t.queued && t.queued - t.acked <= t.size && t.peak <= t.size);
    }
}

/* The bytes of as many whole records as fit in `size`, from where it stands; of one that does not fit, a part. */
static size_t whole_records(size_t size)
{
    struct mote__txring ahead = t;
    const uint8_t *bytes;
    size_t all = 0, whole = 0, n;
    while ((n = mote__txring_lend(&ahead, &bytes)) > 0) {
        mote__txring_done(&ahead, n);
        all += n;
        whole = ahead.left == 0 && all <= size ? all : whole;
    }
    return whole > 0 || all < size ? whole : size;
}

/* What copy gives is what lending piece by piece would give, wherever the copy begins, and done takes it all. It ends
 * with a record where it can: half a stanza in the last TLS record of a link is what a server may keep for the next
 * one. */
static void test_B8_copy_ends_with_a_record(void **state)
{
    (void)state;
    uint32_t seed = 7;
    char wanted[SIZE + 1];
    uint8_t got[SIZE];
    for (int i = 0; i < 20000; i++) {
        const uint8_t *bytes;
        char text[12] = "";
        memset(text, 'a' + i % 26, unit_random(&seed) % 11);
        queue(text, unit_random(&seed) % 3 == 0 ? TX_FLAG_COUNTS : 0, 0);
        if (unit_random(&seed) % 3 != 0 || mote__txring_lend(&t, &bytes) == 0) {
            continue;
        }
        size_t size = 1 + unit_random(&seed) % SIZE;
        struct mote__txring before = t;
        size_t whole = whole_records(size);
        size_t n = mote__txring_copy(&t, got, size);
        size_t all = drain(wanted, SIZE);
        assert_int_equal(n, whole);
        assert_true(n > 0 && n <= size && n <= all);
        assert_memory_equal(got, wanted, n);
        t = before;
        n = 1 + unit_random(&seed) % n;
        mote__txring_done(&t, n);
        assert_int_equal(drain(wanted, SIZE), all - n);
    }
}

static void test_copy_passes_over_what_was_dropped(void **state)
{
    (void)state;
    const uint8_t *bytes;
    uint8_t got[SIZE];
    queue("kept", TX_FLAG_KEEP, 0);
    queue("dropped", 0, 0);
    queue("last", TX_FLAG_KEEP, 0);
    mote__txring_rewind(&t, TX_FLAG_KEEP);
    assert_int_equal(mote__txring_lend(&t, &bytes), 4);
    assert_int_equal(mote__txring_copy(&t, got, sizeof got), 8);
    assert_memory_equal(got, "keptlast", 8);
    mote__txring_done(&t, 8);
    assert_true(mote__txring_idle(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_refused_leaves_no_trace, setup),
        cmocka_unit_test_setup(test_wraps_at_every_place, setup),
        cmocka_unit_test_setup(test_lend_is_stable, setup),
        cmocka_unit_test_setup(test_T7_half_sent_goes_out_whole, setup),
        cmocka_unit_test_setup(test_dropped_records, setup),
        cmocka_unit_test_setup(test_holding, setup),
        cmocka_unit_test_setup(test_stored, setup),
        cmocka_unit_test_setup(test_nonzas_are_acknowledged_by_the_way, setup),
        cmocka_unit_test_setup(test_M4_squeezed_answers_still_count, setup),
        cmocka_unit_test_setup(test_random_against_a_model, setup),
        cmocka_unit_test_setup(test_B8_copy_ends_with_a_record, setup),
        cmocka_unit_test_setup(test_copy_passes_over_what_was_dropped, setup),
    };
    return cmocka_run_group_tests_name("txring", tests, NULL, NULL);
}
