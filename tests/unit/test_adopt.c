/* Servers that run, taken over: each preset, signed, printed by the forms as its servers would and
 * read again, is the same deployment; what differs is told. */
#include "base/mem.h"
#include "flow/flow.h"
#include "model/build.h"
#include "model/template.h"
#include "ops/adopt.h"
#include "ops/ops.h"
#include "store/name.h"
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct catalogue catalogue;
static char folder[] = "/tmp/adoptXXXXXX";

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 && catalogue_load(NULL, &catalogue, NULL) ? 0 : 1;
}

static int leave(void **state)
{
    (void)state;
    catalogue_free(&catalogue);
    return chdir("/") == 0 && folder_remove(folder, NULL) ? 0 : 1;
}

static void write_file(const char *name, const char *text)
{
    struct error err = {0};
    if (!file_replace(name, text, strlen(text), 0644, &err))
        fail_msg("%s", err.message);
}

static struct facts *gather(const char *config)
{
    const struct facts_options options = {.config = config};
    struct facts *facts = NULL;
    struct error err = {0};
    if (!facts_gather(&options, &catalogue, &facts, &err))
        fail_msg("%s: %s: %s", err.place, err.message, err.remedy);
    return facts;
}

/* A deployment of that preset, every certificate signed by a CA of the store. */
static void make(const char *preset, const char *release, const char *place)
{
    struct build_count counts[] = {{"cores", 2}, {"edges", 2}};
    const struct preset *of = catalogue_preset(&catalogue, preset);
    struct build_options options = {.preset = of, .domain = "example.com", .release = release};
    struct str text = {0};
    struct made_list made = {0};
    struct error err = {0};
    options.counts = counts;
    options.count_count = strcmp(preset, "scalable") == 0 ? 2 : 0;
    assert_true(build_deployment(&catalogue, &options, &text, &err));
    char *config = xformat("%s/deployment.conf", place);
    assert_int_equal(mkdir(place, 0700), 0);
    write_file(config, str_text(&text));
    str_free(&text);
    struct facts *facts = gather(config);
    assert_true(op_generate(facts, NULL, &made, NULL, &err));
    made_free(&made);
    facts_free(facts);
    facts = gather(config);
    const struct sign_options sign = {.ca = "testca", .make_ca = true};
    made = (struct made_list){0};
    if (!op_sign(facts, &sign, NULL, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    made_free(&made);
    facts_free(facts);
    free(config);
}

struct seat {
    const struct deployment *deployment;
    const struct service *service;
};

/* What one service says otherwise than the deployment: for that path another file, or that it is
 * disabled. */
static struct drift {
    const struct service *service;
    const char *path;
} drift;
#define ANOTHER "exchanged.crt"

static bool look(void *context, const char *path, struct strings *out)
{
    const struct seat *seat = context;
    bool drifted = drift.service == seat->service && strcmp(drift.path, path) == 0;
    if (drifted && strcmp(path, "state.enabled") != 0)
        strings_add(out, ANOTHER);
    else if (drifted)
        return true;
    else if (strcmp(path, "state.enabled") == 0)
        strings_add(out, "true");
    else if (strncmp(path, "state.", 6) != 0)
        return service_value(seat->deployment, seat->service, path, out);
    return true;
}

static bool nothing(void *context, const char *path, struct strings *out)
{
    (void)context;
    (void)path;
    (void)out;
    return true;
}

static void print_form(const struct component *component, const char *command, const char *release,
                       template_lookup lookup, void *context, struct str *out)
{
    struct strings lines = {0};
    component_status(component, command, release, &lines);
    for (size_t i = 0; i < lines.count; i++) {
        struct str line = {0};
        struct error err = {0};
        if (!template_expand(lines.items[i], lookup, context, &line, &err))
            fail_msg("%s", err.message);
        if (line.length && template_complete(lines.items[i], lookup, context))
            str_addf(out, "%s\r\n", str_text(&line));
        str_free(&line);
    }
    strings_free(&lines);
}

/* What a session on that server looks like. */
static void print_session(const struct deployment *d, const struct server *server, struct str *out)
{
    str_addf(out, "\033[1m%s> \033[0mversion\r\n%s\r\n", server->name, d->release);
    for (size_t i = 0; i < catalogue.count; i++) {
        const struct component *component = &catalogue.components[i];
        struct strings displays = {0};
        if (release_in(&component->release, d->release) && !*component->part_of)
            component_displays(component, d->release, &displays);
        for (size_t k = 0; k < displays.count; k++) {
            bool printed = false;
            str_addf(out, "%s> %s\r\n", server->name, displays.items[k]);
            for (size_t s = 0; s < server->service_count; s++) {
                struct seat seat = {d, &server->services[s]};
                if (seat.service->component != component)
                    continue;
                print_form(component, displays.items[k], d->release, look, &seat, out);
                printed = true;
            }
            if (!printed)
                print_form(component, displays.items[k], d->release, nothing, NULL, out);
        }
        strings_free(&displays);
    }
    str_addf(out, "%s> \r\n", server->name);
}

static void print_all(const struct facts *facts, const char *log)
{
    struct str out = {0};
    for (size_t i = 0; i < facts->deployment.server_count; i++)
        print_session(&facts->deployment, &facts->deployment.servers[i], &out);
    write_file(log, str_text(&out));
    str_free(&out);
}

/* Reads the log as adopt does, with the files fetched. */
static void read_log(const char *log, const char *files, const char *store, struct adopt *out)
{
    struct strings logs = {0};
    struct error err = {0};
    strings_add(&logs, log);
    /* What it reads lives as long as the test: op_adopt_make looks at it again. */
    static struct adopt_options options;
    options = (struct adopt_options){.logs = &logs, .files = files, .store = store};
    if (!op_adopt_read(&catalogue, &options, out, &err))
        fail_msg("%s: %s", err.place, err.message);
    strings_free(&logs);
}

static void print_differences(const struct adopt_differences *differences)
{
    for (size_t i = 0; i < differences->count; i++)
        print_message("%s %s: %s: expected %s, found %s\n", differences->items[i].server,
                      differences->items[i].service, differences->items[i].what,
                      differences->items[i].expected, differences->items[i].found);
}

static void tell_none(const char *config, const char *log, const char *files)
{
    struct facts *facts = gather(config);
    struct adopt read;
    struct adopt_differences differences;
    read_log(log, files, "store", &read);
    op_adopt_compare(facts, &read, &differences);
    print_differences(&differences);
    assert_int_equal(differences.count, 0);
    adopt_differences_free(&differences);
    adopt_free(&read);
    facts_free(facts);
}

static void same_services(const struct deployment *a, const struct deployment *b)
{
    assert_int_equal(a->server_count, b->server_count);
    for (size_t i = 0; i < a->server_count; i++) {
        const struct server *one = &a->servers[i], *other = deployment_server(b, one->name);
        assert_non_null(other);
        assert_string_equal(one->address, other->address);
        assert_int_equal(one->service_count, other->service_count);
        for (size_t k = 0; k < one->service_count; k++) {
            const struct service *service = server_service(other, one->services[k].name);
            assert_non_null(service);
            assert_ptr_equal(service->component, one->services[k].component);
            for (size_t s = 0; s < service->component->slot_count; s++) {
                const struct slot *slot = &service->component->slots[s];
                const struct identity *was = service_identity(a, &one->services[k], slot);
                const struct identity *is = service_identity(b, service, slot);
                assert_int_equal(was != NULL, is != NULL);
                if (!was || !slot_used(a, &one->services[k], slot))
                    continue;
                assert_string_equal(was->certificate_file, is->certificate_file);
                assert_string_equal(was->key_file, is->key_file);
            }
        }
    }
}

/* One service's display says otherwise: that is told of it, and nothing else. */
static void tells_drift(const struct facts *facts, const struct service *service, const char *path,
                        const char *expected, const char *found)
{
    struct adopt read;
    struct adopt_differences differences;
    drift = (struct drift){service, path};
    print_all(facts, "drifted.log");
    drift = (struct drift){0};
    read_log("drifted.log", NULL, "store", &read); /* names tell: no file need be read */
    op_adopt_compare(facts, &read, &differences);
    bool told = differences.count == 1 &&
                strcmp(differences.items[0].server, service->server->name) == 0 &&
                strcmp(differences.items[0].service, service->name) == 0 &&
                strcmp(differences.items[0].expected, expected) == 0 &&
                strcmp(differences.items[0].found, found) == 0;
    if (!told) {
        print_differences(&differences);
        fail_msg("%s %s: %s drifted", service->server->name, service->name, path);
    }
    adopt_differences_free(&differences);
    adopt_free(&read);
}

/* The servers have that bundle or trust file as it was last year. */
static void tells_last_year(const struct facts *facts, const char *name)
{
    struct adopt read;
    struct adopt_differences differences;
    struct buffer old = {0};
    char *path = xformat("fetched/%s", name);
    assert_int_equal(mkdir("fetched", 0700), 0);
    assert_true(file_read("old/store/testca.crt", &old, NULL));
    assert_true(file_replace(path, old.data, old.length, 0644, NULL));
    read_log("all.log", "fetched", "store", &read);
    op_adopt_compare(facts, &read, &differences);
    if (!differences.count)
        fail_msg("%s is last year's, and nothing was told", name);
    for (size_t i = 0; i < differences.count; i++)
        assert_string_equal(differences.items[i].what, name);
    adopt_differences_free(&differences);
    adopt_free(&read);
    buffer_free(&old);
    assert_true(folder_remove("fetched", NULL));
    free(path);
}

/* Each file that its displays name is exchanged, and it is disabled where they say that it is not.
 * Certificates that others wrote are gathered. */
static size_t tells_drifts_of(const struct facts *facts, const struct service *service,
                              struct strings *certificates)
{
    const struct deployment *d = &facts->deployment;
    struct strings displays = {0}, lines = {0}, paths = {0};
    component_displays(service->component, d->release, &displays);
    for (size_t i = 0; i < displays.count; i++)
        component_status(service->component, displays.items[i], d->release, &lines);
    for (size_t i = 0; i < lines.count; i++)
        for (const char *at = strchr(lines.items[i], '{'); at; at = strchr(at + 1, '{')) {
            char *path = xstrndup(at + 1, strcspn(at + 1, "?}"));
            if (*path)
                strings_add_new(&paths, path);
            free(path);
        }
    size_t tried = 0;
    for (size_t i = 0; i < paths.count; i++) {
        const char *path = paths.items[i];
        struct strings values = {0};
        if (strcmp(path, "state.enabled") == 0) {
            tells_drift(facts, service, path, "true", "false");
            tried++;
        } else if (strncmp(path, "state.", 6) != 0 && service_value(d, service, path, &values) &&
                   values.count == 1 && name_is_pki(values.items[0])) {
            tells_drift(facts, service, path, values.items[0], ANOTHER);
            tried++;
            if (!strstr(path, ".key"))
                strings_add_new(certificates, values.items[0]);
        }
        strings_free(&values);
    }
    strings_free(&displays);
    strings_free(&lines);
    strings_free(&paths);
    return tried;
}

static void tells_each_drift(const struct facts *facts)
{
    struct strings certificates = {0};
    const struct deployment *d = &facts->deployment;
    static int before; /* one preset shows whether memory leaks */
    if (before++ >= repeated(INT_MAX, 1))
        return;
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t k = 0; k < d->servers[i].service_count; k++)
            if (!d->servers[i].services[k].implied &&
                tells_drifts_of(facts, &d->servers[i].services[k], &certificates) == 0)
                fail_msg("%s %s: no drift was tried", d->servers[i].name,
                         d->servers[i].services[k].name);
    assert_true(certificates.count > 0);
    for (size_t i = 0; i < certificates.count; i++)
        tells_last_year(facts, certificates.items[i]);
    strings_free(&certificates);
}

static void takes_over(const char *preset, const char *release)
{
    make(preset, release, "was");
    struct facts *before = gather("was/deployment.conf");
    print_all(before, "all.log");
    struct adopt adopt;
    struct error err = {0};
    struct strings written = {0}, kept = {0};
    assert_int_equal(mkdir("is", 0700), 0);
    read_log("all.log", "was/store", "is/store", &adopt);
    if (!op_adopt_make(&adopt, "is/deployment.conf", &err) ||
        !op_adopt_write(&adopt, "is/deployment.conf", &written, &kept, &err))
        fail_msg("%s: %s: %s\n%s", err.place, err.message, err.remedy, str_text(&adopt.text));
    for (size_t i = 0; i < adopt.open.count; i++)
        print_message("open: %s\n", adopt.open.items[i]);
    assert_int_equal(adopt.open.count, 0);
    struct facts *after = gather("is/deployment.conf");
    same_services(&before->deployment, &after->deployment);
    for (size_t i = 0; i < before->trusts.count; i++) {
        const struct trust *was = &before->trusts.items[i];
        const struct server *server =
            deployment_server(&after->deployment, was->reader->server->name);
        const struct service *reader = server_service(server, was->reader->name);
        const struct trust *is =
            reader ? trusts_find(&after->trusts, reader, was->rule->name) : NULL;
        if (was->reader->implied)
            continue;
        assert_non_null(is);
        assert_string_equal(is->file, was->file);
    }
    tells_each_drift(before);
    facts_free(before);
    facts_free(after);
    tell_none("is/deployment.conf", "all.log", "was/store");
    tell_none("was/deployment.conf", "all.log", "was/store");
    adopt_free(&adopt);
    strings_free(&written);
    strings_free(&kept);
    assert_true(folder_remove("was", NULL));
    assert_true(folder_remove("is", NULL));
}

static bool has_difference(const struct adopt_differences *differences, const char *server,
                           const char *what, const char *expected, const char *found)
{
    for (size_t i = 0; i < differences->count; i++) {
        const struct adopt_difference *item = &differences->items[i];
        if (strcmp(item->server, server) == 0 && strcmp(item->what, what) == 0 &&
            strstr(item->expected, expected) && strstr(item->found, found))
            return true;
    }
    return false;
}

/* The log, changed in one place (to NULL: cut off there), tells that one difference. */
static void tells(const char *from, const char *to, const char *server, const char *what,
                  const char *expected, const char *found)
{
    struct facts *facts = gather("was/deployment.conf");
    struct buffer log = {0};
    struct adopt read;
    struct adopt_differences differences;
    struct str text = {0};
    assert_true(file_read("all.log", &log, NULL));
    const char *at = strstr((const char *)log.data, from);
    if (!at)
        fail_msg("the log does not say %s", from);
    str_add_bytes(&text, log.data, (size_t)(at - (const char *)log.data));
    if (to)
        str_addf(&text, "%s%s", to, at + strlen(from));
    write_file("changed.log", str_text(&text));
    str_free(&text);
    buffer_free(&log);
    read_log("changed.log", "was/store", "store", &read);
    op_adopt_compare(facts, &read, &differences);
    if (differences.count != 1 || !has_difference(&differences, server, what, expected, found))
        for (size_t i = 0; i < differences.count; i++)
            print_message("%s %s: %s: %s, %s\n", differences.items[i].server,
                          differences.items[i].service, differences.items[i].what,
                          differences.items[i].expected, differences.items[i].found);
    assert_true(has_difference(&differences, server, what, expected, found));
    assert_int_equal(differences.count, 1);
    adopt_differences_free(&differences);
    adopt_free(&read);
    facts_free(facts);
}

/* The servers have an older file under the same name. */
static void tells_of_an_old_file(const char *name)
{
    struct facts *facts = gather("was/deployment.conf");
    struct adopt read;
    struct adopt_differences differences;
    struct error err = {0};
    struct buffer other = {0};
    char *path = xformat("was/store/%s", name), *kept = xformat("was/store/%s.kept", name);
    assert_int_equal(rename(path, kept), 0);
    assert_true(file_read("was/store/testca.crt", &other, &err));
    assert_true(file_replace(path, other.data, other.length, 0644, &err));
    read_log("all.log", "was/store", "store", &read);
    op_adopt_compare(facts, &read, &differences);
    assert_true(differences.count > 0);
    for (size_t i = 0; i < differences.count; i++) {
        assert_string_equal(differences.items[i].what, name);
        assert_non_null(strstr(differences.items[i].found, "testca from "));
    }
    adopt_differences_free(&differences);
    adopt_free(&read);
    facts_free(facts);
    buffer_free(&other);
    assert_int_equal(rename(kept, path), 0);
    free(path);
    free(kept);
}

static void what_differs_is_told(void **state)
{
    (void)state;
    make("scalable", "2.9", "was");
    struct facts *facts = gather("was/deployment.conf");
    print_all(facts, "all.log");
    facts_free(facts);
    tells("Enabled                 : true", "Enabled                 : false", "core1", "Enabled",
          "true", "false");
    tells("Certificate file     : callbridge1.crt", "Certificate file     : callbridge2.crt",
          "core1", "Certificate file", "callbridge1.crt", "callbridge2.crt");
    tells("CA Bundle file : xmppserver1bundle.crt\r\n", "", "core1", "CA Bundle file",
          "xmppserver1bundle.crt", "none");
    tells(" : webbridge-trust.crt", " : lastyear.crt", "edge1", "HTTP Trust bundle",
          "webbridge-trust.crt", "lastyear.crt");
    tells("\033[1medge2> ", NULL, "edge2", "log", "what it says", "none");
    tells_of_an_old_file("callbridge1.crt");
    assert_true(folder_remove("was", NULL));
}

static void each_preset_comes_back(void **state)
{
    (void)state;
    make("lab", "2.9", "old");
    takes_over("lab", "2.9");
    takes_over("webapp", "2.9");
    takes_over("single-combined", "2.9");
    takes_over("single-split", "2.9");
    takes_over("scalable", "2.9");
    takes_over("scalable", "3.12");
    assert_true(folder_remove("old", NULL));
}

static void take(struct flow *flow, struct event event)
{
    struct error err = {0};
    if (!flow_take(flow, &event, &err))
        fail_msg("%s: %s", err.place, err.message);
}

/* Of a page of the wizard: the row that is called so, or begins so. */
static size_t row_of(struct flow *flow, const char *id, const char *text)
{
    const struct page *page = flow_page(flow);
    for (size_t i = 0; i < page->row_count; i++)
        if (id ? strcmp(page->rows[i].id, id) == 0
               : strncmp(page->rows[i].text, text, strlen(text)) == 0)
            return i;
    fail_msg("no row %s%s on page %s", id ? id : "", text ? text : "", page->id);
    return 0;
}

static void the_wizard_takes_over(void **state)
{
    (void)state;
    make("single-split", "2.9", "was");
    struct facts *facts = gather("was/deployment.conf");
    print_all(facts, "all.log");
    facts_free(facts);
    assert_int_equal(mkdir("new", 0700), 0);
    struct flow *flow = NULL;
    struct error err = {0};
    const struct flow_options options = {.config = "new/deployment.conf", .catalogue = &catalogue};
    assert_true(flow_open(&options, &flow, &err));
    take(flow, (struct event){.kind = EVENT_CHOOSE, .row = row_of(flow, "takeover", NULL)});
    assert_string_equal(flow_page(flow)->title, "Take over servers that run");
    take(flow, (struct event){.kind = EVENT_CHOOSE, .row = row_of(flow, "commands", NULL)});
    assert_true(strings_has(&flow_page(flow)->text, "webadmin"));
    take(flow, (struct event){.kind = EVENT_BACK});
    struct event name = {.kind = EVENT_ACTION, .id = "path", .text = "nothing.log"};
    assert_false(flow_take(flow, &name, &err)); /* and what was named before stays */
    name.text = "all.log";
    take(flow, name);
    assert_string_equal(flow_page(flow)->rows[row_of(flow, NULL, "core1: ")].word, "OK");
    assert_string_equal(flow_page(flow)->rows[row_of(flow, "files", NULL)].word, "OPEN");
    assert_int_equal(access("new/deployment.conf", F_OK), -1);
    name.text = "was/store"; /* what was fetched; its keys are left alone */
    take(flow, name);
    for (size_t i = 0; i < flow_page(flow)->row_count; i++)
        assert_string_not_equal(flow_page(flow)->rows[i].word, "OPEN");
    take(flow, (struct event){.kind = EVENT_NEXT});
    assert_string_equal(flow_page(flow)->id, "status");
    flow_free(flow);
    tell_none("new/deployment.conf", "all.log", "was/store");
    assert_int_equal(access("new/store/callbridge.key", F_OK), -1);
    assert_int_equal(access("new/store/callbridge.crt", F_OK), 0);
    assert_true(folder_remove("was", NULL));
    assert_true(folder_remove("new", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_preset_comes_back),
        cmocka_unit_test(what_differs_is_told),
        cmocka_unit_test(the_wizard_takes_over),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
