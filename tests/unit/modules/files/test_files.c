/* SPDX-License-Identifier: MIT
 * The files module: its calls, and what a peer may do to a transfer.
 */
#include "core/modules/files/files.h"

#include <stdio.h>

#include "core/modules/chat/chat.h"
#include "port/crypto/hash_mbedtls.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

#define PEER "bob@localhost/x"
#define JINGLE(action, more) "<jingle xmlns='urn:xmpp:jingle:1' action='" action "' sid='%s'>" more "</jingle>"
#define DATA(seq, text) "<data xmlns='http://jabber.org/protocol/ibb' sid='%s' seq='" seq "'>" text "</data>"

static struct world w;
static struct mote_files files;
static struct mote_chat chat;
static struct mote_transfer transfers[3];
static struct mote_files_config config;

/// A source, a sink, and what the events said ///

static struct {
    uint64_t size, next, fail_at;
    unsigned calls, busy_every;
    size_t most; /* bytes a call gives */
    bool forbidden;
} source;

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8) * 13);
}

static ptrdiff_t give(void *ctx, uint64_t offset, void *buf, size_t len)
{
    uint8_t *bytes = buf;
    assert_ptr_equal(ctx, &source);
    assert_false(source.forbidden);
    assert_int_equal(offset, source.next);
    source.calls++;
    if (source.busy_every != 0 && source.calls % source.busy_every == 0) {
        return MOTE_ERR_BUSY;
    }
    if (source.fail_at != 0 && offset >= source.fail_at) {
        return -1000;
    }
    len = len < source.most ? len : source.most;
    len = len < source.size - offset ? len : (size_t)(source.size - offset);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = byte_at(offset + i);
    }
    source.next += len;
    return (ptrdiff_t)len;
}

static struct {
    uint64_t next;
    bool forbidden, full;
} sink;

static int take(void *ctx, uint64_t offset, const void *buf, size_t len)
{
    assert_ptr_equal(ctx, &sink);
    assert_false(sink.forbidden);
    assert_true(len > 0 && buf != NULL);
    assert_int_equal(offset, sink.next);
    sink.next += len;
    return sink.full ? -1 : 0;
}

static struct mote_file last; /* of the last event; its strings are gone */
static int32_t offered;
static int cancel_in; /* cancel from this event */

static void note(struct world *world, const struct mote_event *e)
{
    (void)world;
    if (e->kind < MOTE_EV_FILE_OFFERED) {
        return;
    }
    last = *mote_file_of(e);
    offered = e->kind == MOTE_EV_FILE_OFFERED ? e->ticket : offered;
    if (e->kind == cancel_in) {
        assert_int_equal(mote_files_cancel(&files, e->ticket), 0);
    }
    assert_string_equal(e->from, PEER);
}

/// The peer ///

static char sid[64], stream[64];

/* An IQ of the peer. */
__attribute__((format(printf, 1, 2))) static void ask(const char *content, ...)
{
    char inner[2000], iq[2200];
    va_list args;
    va_start(args, content);
    vsnprintf(inner, sizeof inner, content, args);
    va_end(args);
    snprintf(iq, sizeof iq, "<iq type='set' id='p' from='" PEER "'>%s</iq>", inner);
    assert_int_equal(world_in(&w, iq), strlen(iq));
    world_settle(&w);
}

/* Answer all requests in w.out, and let go what comes of it. */
static unsigned answer(const char *type)
{
    unsigned n = world_answer_all(&w, type, PEER);
    world_settle(&w);
    return n;
}

static int32_t offer(uint64_t size, uint32_t flags)
{
    struct mote_file_info info = {.name = "a", .size = size, .flags = flags};
    int32_t ticket = mote_files_offer(&files, PEER, &info, give, &source);
    if (ticket > 0) {
        world_settle(&w);
        world_attr(world_find_last(&w, flags & MOTE_FILE_RAW ? "<open" : "<transport"), "sid", stream);
        if ((flags & MOTE_FILE_RAW) == 0) {
            world_attr(world_find_last(&w, "<jingle"), "sid", sid);
        }
    }
    return ticket;
}

static void accept_offer(unsigned block, const char *range)
{
    answer("result");
    ask(JINGLE("session-accept", "<content creator='initiator' name='file'><description "
                                 "xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file>%s</file></description><transport "
                                 "xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='%u' sid='%s'/></content>"),
        sid, range, block, stream);
}

/* Offered, accepted and opened: the first blocks are in w.out. */
static void start_sending(uint64_t size, unsigned block)
{
    source.size = size;
    assert_true(offer(size, 0) > 0);
    accept_offer(block, "");
    assert_non_null(strstr(w.out, "<open"));
    answer("result");
    assert_int_equal(world_events(&w, MOTE_EV_FILE_STARTED), 1);
}

static int setup(void **state)
{
    (void)state;
    config = (struct mote_files_config){.transfers = transfers, .count = COUNT(transfers)};
    memset(&source, 0, sizeof source);
    source.most = SIZE_MAX;
    memset(&sink, 0, sizeof sink);
    cancel_in = 0;
    world_start(&w);
    w.also = note;
    mote_chat_attach(&chat, &w.x, 0);
    assert_int_equal(mote_files_attach(&files, &w.x, &config), 0);
    world_login(&w);
    return 0;
}

/// Sending ///

static void a_file_goes_out_in_a_window_and_is_hashed(void **state)
{
    (void)state;
    start_sending(2000, 100);
    assert_int_equal(last.block_size, 100);
    while (world_events(&w, MOTE_EV_FILE_PROGRESS) < 20) {
        unsigned n = answer("result");
        assert_true(n > 0 && n <= MOTE_FILES_WINDOW);
    }
    assert_int_equal(last.done, 2000);
    answer("result"); /* checksum and close */
    assert_int_equal(world_events(&w, MOTE_EV_FILE_DONE), 0);
    ask(JINGLE("session-terminate", "<reason><success/></reason>"), sid);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_DONE), 1);
    assert_true(last.verified && last.hashed);
    struct mote_hash h;
    uint8_t digest[MOTE_HASH_MAX];
    mote_crypto_hash_start(&h, MOTE_SHA256);
    for (uint64_t i = 0; i < 2000; i++) {
        uint8_t b = byte_at(i);
        mote_crypto_hash_feed(&h, MOTE_SHA256, &b, 1);
    }
    mote_crypto_hash_end(&h, MOTE_SHA256, digest);
    assert_memory_equal(last.sha256, digest, 32);
    assert_true(offer(1, 0) > 0); /* the transfer is free again */
}

/* Blocks, and then messages, until the ring has no room for either. */
static void fill_ring(void)
{
    static const size_t lens[] = {100, 1};
    char body[101];
    start_sending(100000, 1000);
    world_answer_all(&w, "result", PEER);
    for (size_t i = 0; i < COUNT(lens); i++) {
        struct mote_chat_message message = {.to = PEER, .body = body};
        memset(body, 'm', lens[i]);
        body[lens[i]] = '\0';
        unsigned sent = 0;
        while (mote_chat_send(&chat, &message) > 0) {
            sent++;
        }
        assert_true(i > 0 || sent > 0); /* blocks had left room for messages */
    }
}

static void a_full_ring_lets_a_message_through_first(void **state)
{
    (void)state;
    struct mote_chat_message message = {.to = PEER, .body = "m"};
    fill_ring();
    for (int i = 0; i < 50 && mote_deadline(&w.x) <= w.now_ms; i++) {
        world_at(&w, w.now_ms);
    }
    assert_true(mote_deadline(&w.x) > w.now_ms); /* nothing can go on: nobody spins */
    uint64_t next = source.next;
    for (int i = 0; i < 100 && world_events(&w, MOTE_EV_ROOM) == 0; i++) {
        assert_int_equal(source.next, next); /* no block before the message that was refused */
        world_at(&w, w.now_ms);
        world_take(&w, 50);
    }
    assert_int_equal(world_events(&w, MOTE_EV_ROOM), 1);
    assert_true(mote_chat_send(&chat, &message) > 0);
    world_settle(&w);
    assert_true(source.next > next);
}

static void transfers_take_turns(void **state)
{
    (void)state;
    char streams[2][64];
    source.size = 0; /* unknown to the wire, and never read: both sources are at their end */
    for (int i = 0; i < 2; i++) {
        assert_true(offer(MOTE_FILE_SIZE_UNKNOWN, MOTE_FILE_RAW) > 0);
        strcpy(streams[i], stream);
    }
    assert_string_not_equal(streams[0], streams[1]);
    answer("result");
    assert_int_equal(answer("result"), 2); /* two <close/> */
    assert_int_equal(world_events(&w, MOTE_EV_FILE_DONE), 2);
    assert_false(last.verified);
}

static void a_busy_source_is_polled(void **state)
{
    (void)state;
    source.busy_every = 2;
    start_sending(3000, 1000);
    unsigned before = source.calls;
    world_settle(&w);
    assert_int_equal(source.calls, before);
    assert_int_equal(mote_deadline(&w.x), w.now_ms + MOTE_FILES_POLL_MS);
    world_at(&w, w.now_ms + MOTE_FILES_POLL_MS);
    assert_true(source.calls > before);
    source.busy_every = 1;
    for (int i = 0; i < 4000 && world_events(&w, MOTE_EV_FILE_FAILED) == 0; i++) {
        world_at(&w, w.now_ms + MOTE_FILES_POLL_MS);
        world_take(&w, SIZE_MAX);
        w.out_len = 0;
    }
    assert_int_equal(world_last_error(&w), MOTE_ERR_TIMEOUT);
}

static void a_source_that_fails_or_is_short_fails_the_transfer(void **state)
{
    start_sending(3000, 100);
    source.fail_at = source.next;
    answer("result");
    assert_int_equal(world_last_error(&w), MOTE_ERR_IO);
    assert_non_null(strstr(w.out, "<general-error/>"));
    assert_non_null(strstr(w.out, "<close"));
    setup(state);
    start_sending(3000, 100);
    source.size = source.next + 10;
    answer("result");
    answer("result");
    assert_int_equal(world_last_error(&w), MOTE_ERR_IO);
}

static void a_part_is_sent_with_its_own_hash(void **state)
{
    (void)state;
    source.size = 5000;
    assert_true(offer(5000, 0) > 0);
    source.next = 4900;
    accept_offer(1000, "<range offset='4900' length='50'/>");
    answer("result");
    assert_int_equal(source.next, 4950);
    answer("result");
    assert_non_null(strstr(w.out, "<range offset='4900' length='50'><hash"));
    setup(state);
    source.size = 5000;
    assert_true(offer(5000, 0) > 0);
    accept_offer(1000, "<range offset='5001'/>");
    assert_int_equal(world_last_error(&w), MOTE_ERR_PROTOCOL);
}

static void a_smaller_block_is_tried_when_asked_for(void **state)
{
    (void)state;
    source.size = 100;
    char iq[400], id[64];
    assert_true(offer(100, MOTE_FILE_RAW) > 0);
    uint32_t block = transfers[0].block;
    world_attr(world_find_last(&w, "<iq type='set'"), "id", id);
    snprintf(iq, sizeof iq,
             "<iq type='error' id='%s' from='" PEER "'><error type='modify'><resource-constraint "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
             id);
    w.out_len = 0;
    world_in(&w, iq);
    world_settle(&w);
    snprintf(iq, sizeof iq, "block-size='%u'", (unsigned)block / 2);
    assert_non_null(strstr(w.out, iq));
}

/// Ends ///

static void cancelling_is_final_and_told(void **state)
{
    (void)state;
    start_sending(100000, 100);
    int32_t ticket = transfers[0].ticket;
    assert_int_equal(mote_files_cancel(&files, ticket), 0);
    assert_int_equal(mote_files_cancel(&files, ticket), MOTE_ERR_STATE);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 0);
    source.forbidden = true;
    w.out_len = 0;
    mote_close(&w.x, w.now_ms); /* the peer is told all the same */
    world_take(&w, SIZE_MAX);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 0);
    mote_lost(&w.x, MOTE_OK, NULL, w.now_ms);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 1);
    assert_int_equal(w.events[w.count - 2].error, MOTE_ERR_CANCELLED);
    const char *reason = strstr(w.out, "<cancel/>"), *close = strstr(w.out, "<close");
    assert_true(reason != NULL && close != NULL && reason < close);
    assert_true(close < strstr(w.out, "</stream:stream>"));
}

static void cancelling_works_from_every_event(void **state)
{
    static const int kinds[] = {MOTE_EV_FILE_STARTED, MOTE_EV_FILE_PROGRESS};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        setup(state);
        cancel_in = kinds[i];
        start_sending(5000, 100);
        answer("result");
        assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 1);
        assert_int_equal(w.events[w.count - 1].error, MOTE_ERR_CANCELLED);
        assert_int_equal(world_events(&w, MOTE_EV_FILE_PROGRESS), i);
    }
}

/* What a transfer still had to say when the link went away is not said on the next one. */
static void nothing_of_a_lost_session_is_left(void **state)
{
    (void)state;
    fill_ring();
    char iq[300];
    snprintf(iq, sizeof iq, "<iq type='set' id='d' from='" PEER "'>" JINGLE("nonsense", "") "</iq>", sid);
    world_in(&w, iq);
    assert_int_equal(mote_files_cancel(&files, transfers[0].ticket), 0);
    world_at(&w, w.now_ms);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 1);
    assert_int_not_equal(transfers[0].due, 0); /* the farewell waits for room */
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    world_login(&w);
    world_settle(&w);
    assert_null(strstr(w.out, "<iq"));
    for (size_t i = 0; i < COUNT(transfers); i++) {
        assert_int_equal(transfers[i].state, 0);
        assert_int_equal(transfers[i].due, 0);
    }
    source.next = 0;
    start_sending(100000, 100);
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 1);
    assert_int_equal(w.events[w.count - 2].error, MOTE_ERR_LOST);
}

/* The engine knows the time of its last call only, and that may be long ago. */
static void a_call_after_a_long_rest_is_in_time(void **state)
{
    (void)state;
    source.size = 10;
    w.now_ms += 1000000;
    assert_true(offer(10, 0) > 0);
    accept_offer(100, "");
    ask("<open xmlns='http://jabber.org/protocol/ibb' sid='%s' block-size='100'/>", "st");
    w.now_ms += 50000;
    assert_int_equal(mote_files_accept(&files, offered, take, &sink), 0);
    w.now_ms += 50000;
    world_settle(&w);
    world_at(&w, w.now_ms + 9000);
    assert_int_equal(world_events(&w, MOTE_EV_FILE_FAILED), 1); /* <open/> of ours had no answer in 60 s */
    ask(DATA("0", "AAAA"), "st");
    assert_int_equal(sink.next, 3);
}

/// Receiving ///

static void a_raw_stream_is_a_file_without_name(void **state)
{
    (void)state;
    ask("<open xmlns='http://jabber.org/protocol/ibb' sid='%s' block-size='100'/>", "st");
    assert_true(last.raw && last.incoming && last.name == NULL && last.size == MOTE_FILE_SIZE_UNKNOWN);
    assert_int_equal(w.out_len, 0);
    assert_int_equal(mote_files_accept(&files, offered, NULL, NULL), MOTE_ERR_ARG);
    assert_int_equal(mote_files_accept(&files, offered, take, &sink), 0);
    assert_int_equal(mote_files_accept(&files, offered, take, &sink), MOTE_ERR_STATE);
    world_settle(&w);
    assert_non_null(strstr(w.out, "<iq type='result' id='p' to='" PEER "'>"));
    ask(DATA("0", "AAAA"), "st");
    ask("<close xmlns='http://jabber.org/protocol/ibb' sid='%s'/>", "st");
    assert_int_equal(world_events(&w, MOTE_EV_FILE_DONE), 1);
    assert_int_equal(sink.next, 3);
    assert_false(last.verified);
}

static void a_sink_that_fails_fails_the_transfer(void **state)
{
    (void)state;
    sink.full = true;
    ask("<open xmlns='http://jabber.org/protocol/ibb' sid='%s' block-size='100'/>", "st");
    assert_int_equal(mote_files_accept(&files, offered, take, &sink), 0);
    world_settle(&w);
    ask(DATA("0", "AAAA"), "st");
    assert_int_equal(world_last_error(&w), MOTE_ERR_IO);
    assert_non_null(strstr(w.out, "<resource-constraint"));
    assert_non_null(strstr(w.out, "<close"));
    sink.forbidden = true;
    ask(DATA("1", "AAAA"), "st");
    assert_non_null(strstr(world_find_last(&w, "<iq type='error'"), "<item-not-found"));
}

static void an_offer_without_answer_is_refused(void **state)
{
    (void)state;
    ask("<open xmlns='http://jabber.org/protocol/ibb' sid='%s' block-size='100'/>", "st");
    world_at(&w, w.now_ms + 299999);
    assert_int_equal(w.out_len, 0);
    world_at(&w, w.now_ms + 1);
    world_settle(&w);
    assert_non_null(strstr(w.out, "<not-acceptable"));
    assert_int_equal(world_last_error(&w), MOTE_ERR_TIMEOUT);
    assert_int_equal(mote_files_refuse(&files, offered), MOTE_ERR_STATE);
}

static void wrong_arguments_change_nothing(void **state)
{
    (void)state;
    struct mote_file_info info = {.name = "a", .size = 1};
    static const char *const bad[] = {NULL, "", "bob@localhost", "@localhost/x"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(mote_files_offer(&files, bad[i], &info, give, &source), MOTE_ERR_ARG);
    }
    assert_int_equal(mote_files_offer(&files, PEER, &info, NULL, NULL), MOTE_ERR_ARG);
    assert_int_equal(mote_files_offer(&files, PEER, NULL, give, &source), MOTE_ERR_ARG);
    info.name = "\xff";
    assert_int_equal(mote_files_offer(&files, PEER, &info, give, &source), MOTE_ERR_TEXT);
    info.name = "a";
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    assert_int_equal(mote_files_offer(&files, PEER, &info, give, &source), MOTE_ERR_STATE);
    struct mote_files other;
    struct mote_files_config none = {0}, window = config;
    window.window = MOTE_FILES_WINDOW + 1;
    assert_int_equal(mote_files_attach(&other, &w.x, &none), MOTE_ERR_ARG);
    assert_int_equal(mote_files_attach(&other, &w.x, &window), MOTE_ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_goes_out_in_a_window_and_is_hashed, setup),
        cmocka_unit_test_setup(a_full_ring_lets_a_message_through_first, setup),
        cmocka_unit_test_setup(transfers_take_turns, setup),
        cmocka_unit_test_setup(a_busy_source_is_polled, setup),
        cmocka_unit_test_setup(a_source_that_fails_or_is_short_fails_the_transfer, setup),
        cmocka_unit_test_setup(a_part_is_sent_with_its_own_hash, setup),
        cmocka_unit_test_setup(a_smaller_block_is_tried_when_asked_for, setup),
        cmocka_unit_test_setup(cancelling_is_final_and_told, setup),
        cmocka_unit_test_setup(cancelling_works_from_every_event, setup),
        cmocka_unit_test_setup(nothing_of_a_lost_session_is_left, setup),
        cmocka_unit_test_setup(a_call_after_a_long_rest_is_in_time, setup),
        cmocka_unit_test_setup(a_raw_stream_is_a_file_without_name, setup),
        cmocka_unit_test_setup(a_sink_that_fails_fails_the_transfer, setup),
        cmocka_unit_test_setup(an_offer_without_answer_is_refused, setup),
        cmocka_unit_test_setup(wrong_arguments_change_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
