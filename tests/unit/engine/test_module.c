/* SPDX-License-Identifier: MIT
 * Modules: the order in which they are asked, tickets, ids, and requests that none of them takes.
 */
#include "core/module.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

static struct world w;

/* Modules that write down the order in which they are called. */
struct noter {
    struct mote_module mod;
    char name;
    bool take;
};

static struct noter noters[3];
static char notes[64];

static void note(struct mote_module *m, char what)
{
    size_t n = strlen(notes);
    if (n + 3 < sizeof notes) {
        notes[n] = ((struct noter *)m)->name;
        notes[n + 1] = what;
        notes[n + 2] = '\0';
    }
}

static bool note_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    note(m, stanza->name[0]);
    return ((struct noter *)m)->take;
}

static void note_phase(struct mote_module *m, enum mote_phase phase)
{
    note(m, phase == MOTE_PHASE_ONLINE ? 'O' : phase == MOTE_PHASE_READY ? 'R' : 'L');
}

static const struct mote_module_class all = {.name = "all", .stanza = note_stanza, .phase = note_phase};
static const struct mote_module_class messages = {
    .name = "messages", .takes = MOTE_TAKES_MESSAGE, .stanza = note_stanza};
static const struct mote_module_class nothing = {.name = "nothing"};

static int setup(void **state)
{
    (void)state;
    world_start(&w);
    static const struct mote_module_class *const classes[] = {&messages, &nothing, &all};
    for (int i = 0; i < 3; i++) {
        noters[i] = (struct noter){.name = (char)('a' + i)};
        mote_module_attach(&noters[i].mod, &w.x, classes[i]);
    }
    notes[0] = '\0';
    return 0;
}

static void test_order_and_phases(void **state)
{
    (void)state;
    world_login(&w);
    assert_string_equal(notes, "cOcR");
    notes[0] = '\0';
    world_in(&w, "<message/><presence/>");
    assert_string_equal(notes, "amcmcp");
    notes[0] = '\0';
    noters[0].take = true;
    world_in(&w, "<message/>");
    assert_string_equal(notes, "am");
    notes[0] = '\0';
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    assert_string_equal(notes, "cL");
}

static void test_R2_untaken_request_is_answered(void **state)
{
    (void)state;
    world_login(&w);
    world_in(&w, "<iq type='get' id='1' from='p@q/r'><x xmlns='y'/></iq>");
    world_take(&w, SIZE_MAX);
    assert_string_equal(w.out, "<iq type='error' id='1' to='p@q/r'><error type='cancel'><service-unavailable "
                               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    world_clear(&w);
    world_in(&w,
             "<iq type='result' id='1' from='p@q/r'/><iq type='error' id='1'/><iq id='1'/><iq type='strange' id='1'/>");
    world_take(&w, SIZE_MAX);
    assert_string_equal(w.out, "");
}

static void test_sending_off_line(void **state)
{
    (void)state;
    mote_writer_put(mote_module_begin(&w.x), "<message/>");
    assert_int_equal(mote_module_send(&w.x, MOTE_TX_DROP), MOTE_ERR_STATE);
    mote_writer_put(mote_module_begin(&w.x), "<message>%s</message>", "\x02");
    assert_int_equal(mote_module_send(&w.x, MOTE_TX_DROP), MOTE_ERR_TEXT);
    mote_writer_put(mote_module_begin(&w.x), "<message id='kept'/>");
    assert_int_equal(mote_module_send(&w.x, MOTE_TX_KEEP), 0);
    mote_writer_put(mote_module_begin(&w.x), "<iq/>");
    assert_int_equal(mote_module_answer(&w.x), MOTE_ERR_STATE);
    world_login(&w);
    assert_true(w.x.tx.queued == w.x.tx.acked); /* it went out after the login */
}

static void test_tickets(void **state)
{
    (void)state;
    assert_int_equal(mote_module_ticket(&w.x), 1);
    assert_int_equal(mote_module_ticket(&w.x), 2);
    w.x.last_ticket = INT32_MAX - 1;
    assert_int_equal(mote_module_ticket(&w.x), INT32_MAX);
    assert_int_equal(mote_module_ticket(&w.x), 1);
}

static void test_own_bare(void **state)
{
    (void)state;
    assert_true(mote_module_is_own_bare(&w.x, NULL));
    assert_true(mote_module_is_own_bare(&w.x, "alice@localhost"));
    assert_true(mote_module_is_own_bare(&w.x, "ALICE@localhost"));
    assert_false(mote_module_is_own_bare(&w.x, "alice@localhost/r"));
    assert_false(mote_module_is_own_bare(&w.x, "localhost"));
    assert_false(mote_module_is_own_bare(&w.x, "mallory@localhost"));
    assert_false(mote_module_is_own_bare(&w.x, ""));
}

static void test_R3_random_ids(void **state)
{
    (void)state;
    static char ids[500][12];
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_int_equal(mote_module_random_id(&w.x, ids[i]), 0);
        assert_int_equal(strlen(ids[i]), 11);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(ids[i], ids[k]);
        }
    }
    w.no_entropy = true;
    assert_int_equal(mote_module_random_id(&w.x, ids[0]), MOTE_ERR_ENTROPY);
}

static void test_jid_hash(void **state)
{
    (void)state;
    const char *jid = "Alice@LocalHost/Res";
    uint64_t h = mote_module_jid_hash(&w.x, jid, strlen(jid));
    assert_true(h == mote_module_jid_hash(&w.x, "alice@localhost/Res", 19));
    assert_true(h != mote_module_jid_hash(&w.x, "alice@localhost/res", 19));
    assert_true(mote_module_jid_hash(&w.x, jid, 15) == mote_module_jid_hash(&w.x, "alice@localhost", 15));
    w.x.key[0]++;
    assert_true(h != mote_module_jid_hash(&w.x, jid, strlen(jid))); /* keyed: not the same on the next start */
}

static void test_log_lines(void **state)
{
    (void)state;
    char longer[400];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    mote_module_log(&w.x, MOTE_LOG_INFO, "%s <%d> & %u", "a'b", -1, 2u);
    assert_string_equal(w.log, "a'b <-1> & 2");
    mote_module_log(&w.x, MOTE_LOG_INFO, "%s", longer);
    assert_int_equal(strlen(w.log), 160);
    assert_int_equal(strlen(mote__engine_text(&w.x, "%s", longer)), 159);
    w.x.config.services = &(const struct mote_services){0};
    mote_module_log(&w.x, MOTE_LOG_INFO, "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order_and_phases, setup),
        cmocka_unit_test_setup(test_R2_untaken_request_is_answered, setup),
        cmocka_unit_test_setup(test_sending_off_line, setup),
        cmocka_unit_test_setup(test_tickets, setup),
        cmocka_unit_test_setup(test_own_bare, setup),
        cmocka_unit_test_setup(test_R3_random_ids, setup),
        cmocka_unit_test_setup(test_jid_hash, setup),
        cmocka_unit_test_setup(test_log_lines, setup),
    };
    return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
