/* Renewals that are open: what opens and ends them, and what the servers hold meanwhile. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/held.h"
#include "ops/ops.h"
#include "ops/renew.h"
#include "ops/undo.h"
#include "store/journal.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW ((time_t)1767323045) /* 2026-01-02T03:04:05Z */

static const char conf[] =
    "release = \"2.9\"\nname = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n"
    "identity \"lab\" { CN = \"Lab CA\" signer = \"self\" }\n"
    "identity \"cb1\" { CN = \"cb1.example.com\" signer = \"lab\" }\n"
    "identity \"cb2\" { CN = \"cb2.example.com\" signer = \"lab\" }\n"
    "identity \"wb\" { CN = \"join.example.com\" signer = \"lab\" }\n"
    "server \"core1\" { address = \"core1.example.com\"\n"
    "    service \"callbridge\" { identity = \"cb1\" listen = { \"a\" } database = \"none\" } }\n"
    "server \"core2\" { address = \"core2.example.com\"\n"
    "    service \"callbridge\" { identity = \"cb2\" listen = { \"a\" } database = \"none\" } }\n"
    "server \"edge1\" { address = \"edge1.example.com\"\n"
    "    service \"webbridge\" { identity = \"wb\" a-record = \"join.example.com\" } }\n";

struct fixture {
    char folder[64];
    char *config, *store;
    struct catalogue catalogue;
    struct facts *facts;
    time_t at;
};

static void gather(struct fixture *f)
{
    struct facts_options options = {.config = f->config, .at = f->at};
    struct error err = {0};
    facts_free(f->facts);
    f->facts = NULL;
    if (!facts_gather(&options, &f->catalogue, &f->facts, &err))
        fail_msg("%s: %s", err.place, err.message);
}

/* Signs the named identity (NULL: all) again, some days later. */
static void sign(struct fixture *f, const char *name)
{
    struct sign_options options = {.force = true};
    struct strings names = {0};
    struct made_list made;
    struct error err = {0};
    f->at += 10 * SECONDS_A_DAY;
    gather(f);
    if (name)
        strings_add(&names, name);
    if (!op_sign(f->facts, &options, &names, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    made_free(&made);
    strings_free(&names);
    gather(f);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct made_list made;
    struct error err = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/test_renewals.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->config = path_join(f->folder, "deployment.conf");
    f->store = path_join(f->folder, "store");
    f->at = NOW;
    assert_true(file_replace(f->config, conf, sizeof conf - 1, 0644, NULL));
    assert_true(catalogue_load(NULL, &f->catalogue, &err));
    gather(f);
    if (!op_generate(f->facts, NULL, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    made_free(&made);
    sign(f, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    facts_free(f->facts);
    catalogue_free(&f->catalogue);
    assert_true(folder_remove(f->folder, NULL));
    free(f->config);
    free(f->store);
    free(f);
    return 0;
}

static struct held *held(struct fixture *f)
{
    struct held *out;
    struct error err = {0};
    if (!held_gather(f->facts, &out, &err))
        fail_msg("%s: %s", err.place, err.message);
    return out;
}

static char *content(const struct scan *scan, const char *name)
{
    const struct store_file *file = scan_find(scan, name);
    struct str pem = {0};
    assert_non_null(file);
    for (size_t i = 0; i < file->pki.count; i++)
        cert_pem(file->pki.objects[i].cert, &pem);
    return str_take(&pem);
}

static void undo(struct fixture *f)
{
    struct undone undone;
    struct error err = {0};
    if (!op_undo(f->store, f->at, &undone, &err))
        fail_msg("%s: %s", err.place, err.message);
    undone_free(&undone);
    gather(f);
}

static void end(struct fixture *f, const char *name)
{
    struct strings names = {0};
    struct error err = {0};
    strings_add(&names, name);
    if (!op_renew_done(f->facts, &names, &err))
        fail_msg("%s: %s", err.place, err.message);
    strings_free(&names);
    gather(f);
}

static unsigned opened_by(const struct fixture *f, const char *name)
{
    const struct renewal *renewal = renewals_open(&f->facts->renewals, name);
    return renewal ? renewal->first : 0;
}

static void lines_of_another_form_are_passed_by(void **state)
{
    (void)state;
    struct renewals list;
    renewals_parse("cb1 2026-01-02 kept 3\n"
                   "odd line\n"
                   "cb2 2026-01-02 new 0\n"
                   "cb3 2026-01-02 new 1 done\n"
                   "cb4 2026-01-02 kept 2 later\n"
                   "cb5 2026-01-02 kept x\n"
                   "cb6 2026-01-02 other 2\n",
                   &list);
    assert_int_equal(list.count, 3);
    assert_false(renewals_open(&list, "cb1")->new_key);
    assert_true(renewals_open(&list, "cb2")->new_key);
    assert_null(renewals_open(&list, "cb3"));
    assert_int_equal(renewals_first(&list), 3); /* what is done or waits needs no entry */
    renewals_free(&list);
}

static void a_first_certificate_opens_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->facts->renewals.count, 0);
    assert_null(held(f));
}

static void the_servers_hold_what_was_there_before(void **state)
{
    struct fixture *f = *state;
    char *old = content(&f->facts->scan, "cb1.crt");
    char *list = content(&f->facts->scan, "webbridge-trust.crt");
    sign(f, "cb1");
    assert_int_not_equal(opened_by(f, "cb1"), 0);
    assert_null(renewals_open(&f->facts->renewals, "cb2"));
    struct held *now = held(f);
    assert_non_null(now);
    assert_int_equal(now->count, 1);
    assert_string_equal(now->identities[0].identity->name, "cb1");
    assert_ptr_equal(held_find(now, now->identities[0].identity), &now->identities[0]);
    assert_false(now->identities[0].new_key);
    assert_int_equal(now->identities[0].since.length, 0);
    char *leaf = content(&now->facts->scan, "cb1.crt");
    char *trust = content(&now->facts->scan, "webbridge-trust.crt");
    char *present = content(&f->facts->scan, "cb1.crt");
    assert_string_equal(leaf, old);
    assert_string_not_equal(present, old);
    assert_string_equal(trust, list);
    struct buffer bytes;
    struct error err = {0};
    assert_true(held_read(now, "webbridge-trust.crt", &bytes, &err));
    assert_string_equal((char *)bytes.data, list);
    buffer_free(&bytes);
    assert_true(held_read(now, "cb1.crt", &bytes, &err));
    assert_string_equal((char *)bytes.data, old);
    buffer_free(&bytes);
    held_free(now);
    free(leaf);
    free(trust);

    /* A second one: the servers hold the same, and may have the first one since. */
    unsigned first = opened_by(f, "cb1");
    sign(f, "cb1");
    assert_int_equal(opened_by(f, "cb1"), first);
    now = held(f);
    leaf = content(&now->facts->scan, "cb1.crt");
    assert_string_equal(leaf, old);
    assert_string_equal(str_text(&now->identities[0].since), present);
    held_free(now);
    free(leaf);
    free(present);
    free(old);
    free(list);
}

static void undo_closes_what_it_opened(void **state)
{
    struct fixture *f = *state;
    sign(f, "cb1");
    unsigned first = opened_by(f, "cb1");
    sign(f, "cb2");
    undo(f);
    assert_null(renewals_open(&f->facts->renewals, "cb2"));
    assert_int_equal(opened_by(f, "cb1"), first);
    undo(f);
    assert_null(renewals_open(&f->facts->renewals, "cb1"));
    assert_null(held(f));
}

static void undo_after_its_end_opens_none(void **state)
{
    struct fixture *f = *state;
    char *old = content(&f->facts->scan, "cb1.crt");
    sign(f, "cb1");
    end(f, "cb1");
    assert_null(held(f));
    sign(f, "cb2");
    undo(f); /* of cb2: that of cb1 stays ended */
    assert_null(renewals_open(&f->facts->renewals, "cb1"));
    undo(f);
    char *now = content(&f->facts->scan, "cb1.crt");
    assert_string_equal(now, old);
    assert_null(renewals_open(&f->facts->renewals, "cb1"));
    free(now);
    free(old);
}

static void what_is_not_open_is_not_ended(void **state)
{
    struct fixture *f = *state;
    struct strings names = {0};
    struct error err = {0};
    sign(f, "cb1");
    strings_add(&names, "cb1");
    strings_add(&names, "cb2");
    assert_false(op_renew_done(f->facts, &names, &err));
    assert_string_equal(err.place, "cb2");
    assert_non_null(strstr(err.remedy, "cb1"));
    gather(f);
    assert_int_not_equal(opened_by(f, "cb1"), 0); /* nor the other one with it */
    strings_free(&names);
}

static size_t entries(struct fixture *f, unsigned *oldest)
{
    struct store store;
    struct journal journal;
    struct error err = {0};
    assert_true(store_open(f->store, false, &store, &err));
    assert_true(journal_read(&store, &journal, &err));
    size_t count = journal.count;
    *oldest = count ? journal.entries[0].number : 0;
    journal_free(&journal);
    store_close(&store);
    return count;
}

/* Changes a file of the store, with an entry in the journal. */
static void touch(struct fixture *f, int times)
{
    for (int i = 0; i < times; i++) {
        struct store store;
        struct batch batch = {.verb = "import"};
        struct error err = {0};
        char text[16];
        int length = snprintf(text, sizeof text, "%d\n", i);
        assert_true(store_open(f->store, false, &store, &err));
        assert_true(store_lock(&store, &err));
        batch_add(&batch, "other.crt", text, (size_t)length, 0644, true);
        assert_true(store_commit(&store, &batch, f->at, &err));
        batch_free(&batch);
        store_close(&store);
    }
}

static void the_journal_keeps_what_is_needed(void **state)
{
    struct fixture *f = *state;
    unsigned oldest;
    touch(f, 3);
    sign(f, "cb1");
    unsigned first = opened_by(f, "cb1");
    touch(f, JOURNAL_KEPT + 5);
    size_t count = entries(f, &oldest);
    assert_int_equal(count, JOURNAL_KEPT + 5 + first);
    assert_int_equal(oldest, 1); /* what stands before the needed ones is not counted with them */
    struct held *now = held(f);
    assert_non_null(now);
    held_free(now);
    end(f, "cb1");
    touch(f, 1);
    assert_int_equal(entries(f, &oldest), JOURNAL_KEPT);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_another_form_are_passed_by),
        with_store(a_first_certificate_opens_none),
        with_store(the_servers_hold_what_was_there_before),
        with_store(undo_closes_what_it_opened),
        with_store(undo_after_its_end_opens_none),
        with_store(what_is_not_open_is_not_ended),
        with_store(the_journal_keeps_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
