/* What the wizard can do about a finding. */
#include "flow/findings.h"

#include "base/mem.h"
#include "model/conftext.h"
#include "model/lifecycle.h"
#include "ops/fix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct service *service_of(const struct flow *flow, const struct finding *finding)
{
    const struct server *server = deployment_server(&flow->facts->deployment, finding->server);
    return server ? server_service(server, finding->service) : NULL;
}

static const struct identity *identity_of(const struct flow *flow, const struct finding *finding)
{
    return deployment_identity(&flow->facts->deployment, finding->identity);
}

/* The names of a certificate are asked on the page of the first service that uses it. */
static struct way way_to_names(const struct identity_use *use, const char *option)
{
    const struct component *component = use->service->component;
    char *page = xformat("page:%s", component->kind);
    char *at = component->slot_count == 1
                   ? xformat("%s.%s", component->kind, option)
                   : xformat("%s.%s.%s", component->kind, use->slot->name, option);
    struct way way = way_to(page, at);
    free(page);
    free(at);
    return way;
}

static bool is_subject_attribute(const char *field)
{
    static const char *const words[] = {"OU", "L", "ST", "C", "emailAddress"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(field, words[i]) == 0)
            return true;
    return false;
}

/* It stands in the identity's own section, where no page asks for it. */
static bool is_its_own(const struct flow *flow, const struct identity *identity, const char *field)
{
    struct conf_span span;
    struct conf_step own[] = {{"identity", identity ? identity->name : ""}, {field, NULL}};
    return identity && conf_find(str_text(&flow->facts->deployment.text), own, 2, &span);
}

static struct way way_to_answer(const char *page, const char *prefix, const char *field)
{
    char *at = xformat("%s%s", prefix, field);
    struct way way = way_to(page, at);
    free(at);
    return way;
}

struct way finding_way(const struct flow *flow, const struct finding *finding)
{
    const struct identity *identity = identity_of(flow, finding);
    const struct service *service = service_of(flow, finding);
    const char *field = finding->field;
    struct way remedy = finding_remedy_way(flow, finding);
    if (remedy.go == GO_PAGE)
        return remedy;
    if (is_subject_attribute(field) && !is_its_own(flow, identity, field))
        return way_to_answer("basics", "basics.", field);
    if (*field && service && component_ask(service->component, field)) {
        char *page = xformat("page:%s", service->component->kind);
        char *prefix = xformat("%s.", service->component->kind);
        struct way way = way_to_answer(page, prefix, field);
        free(page);
        free(prefix);
        return way;
    }
    if (*field && deployment_knows_fact(&flow->facts->deployment, field))
        return way_to_answer("facts", "facts.", field);
    if (identity && identity->use_count && is_names_option(field))
        return way_to_names(&identity->uses[0], field);
    if (*finding->file && scan_find(&flow->facts->scan, finding->file)) {
        char *look = xformat("look:%s", finding->file);
        struct way way = way_to(look, NULL);
        free(look);
        return way;
    }
    if (service) {
        char *page = xformat("page:%s", service->component->kind);
        struct way way = order_has(flow, page) ? way_to(page, NULL) : way_to("servers", NULL);
        free(page);
        return way;
    }
    return *finding->server ? way_to("servers", NULL) : way_go(GO_STAY);
}

/* It speaks of a request or certificate that says something else than deployment.conf. */
static bool is_outdated(const struct flow *flow, const struct identity *identity,
                        const struct finding *finding)
{
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    bool is = strcmp(finding->id, "CSR-OUTDATED") == 0
                  ? store_differences(&life)->count > 0
                  : text_ends(finding->file, ".csr") && life.request.count > 0;
    lifecycle_free(&life);
    return is;
}

static const char own_begin[] = "add identity ", own_end[] = " to deployment.conf";

/* A step `set OPTION = "NAME" in service "S" of server "T" of deployment.conf`, applied to the
 * text; false: it is none. */
static bool set_slot(const char *step, struct str *text)
{
    char option[64], name[128], service[128], server[128];
    int read = 0;
    if (sscanf(step,
               "set %63[a-z0-9-] = \"%127[^\"]\" in service \"%127[^\"]\" of server "
               "\"%127[^\"]\" of deployment.conf%n",
               option, name, service, server, &read) != 4 ||
        !read || step[read])
        return false;
    struct conf_step path[] = {{"server", server}, {"service", service}, {option, NULL}};
    char *value = name;
    struct strings values = {.items = &value, .count = 1};
    if (text)
        conf_set(text, path, 3, &values, false);
    return true;
}

/* The remedy's changes of deployment.conf, where they are identities of their own for services, and
 * nothing else; text NULL: only whether they are. */
static bool split(const struct finding *finding, struct str *text)
{
    struct strings steps = {0};
    size_t added = 0, set = 0, others = 0;
    for (const char *step = finding->remedy; step && *step;) {
        const char *end = strstr(step, ", then ");
        strings_add_take(&steps, end ? xstrndup(step, (size_t)(end - step)) : xstrdup(step));
        step = end ? end + strlen(", then ") : NULL;
    }
    for (size_t i = 0; i < steps.count; i++) {
        const char *step = steps.items[i];
        bool adds = text_starts(step, own_begin) && text_ends(step, own_end);
        if (adds && text)
            str_addf(text, "%s%.*s\n", text_ends(str_text(text), "\n") ? "" : "\n",
                     (int)(strlen(step) - strlen("add ") - strlen(own_end)), step + strlen("add "));
        bool sets = !adds && set_slot(step, text);
        added += adds;
        set += sets;
        others += !adds && !sets && strstr(step, "deployment.conf") != NULL;
    }
    strings_free(&steps);
    return added && set && !others;
}

static bool mend_split(struct flow *flow, const struct finding *finding, struct error *err)
{
    struct str text = {0};
    str_add(&text, str_text(&flow->facts->deployment.text));
    bool good = split(finding, &text) && flow_put(flow, &text, false, err);
    if (good)
        flow_say(flow, LEVEL_OK,
                 "Split: what its CA does not give has an identity of its own. ^_ takes it back.");
    str_free(&text);
    return good;
}

enum mending finding_mending(const struct flow *flow, const struct finding *finding)
{
    if (finding->accepted)
        return MEND_NOT;
    if (finding->fix != FIX_NONE)
        return MEND_SAFE;
    const struct identity *identity = identity_of(flow, finding);
    if (*finding->field && *finding->mend && (identity || service_of(flow, finding)))
        return MEND_ANSWER;
    if (strcmp(finding->field, "signer") == 0 && split(finding, NULL))
        return MEND_SPLIT;
    return identity && !*identity->key_at && is_outdated(flow, identity, finding) ? MEND_REQUEST
                                                                                  : MEND_NOT;
}

char *finding_mend_words(const struct flow *flow, const struct finding *finding)
{
    switch (finding_mending(flow, finding)) {
    case MEND_ANSWER:
        return xformat("F5 makes %s \"%s\".", finding->field, finding->mend);
    case MEND_SPLIT:
        return xstrdup("F5 gives its clients an identity of their own, by an internal CA.");
    case MEND_REQUEST:
        return xstrdup("F5 makes it anew from what deployment.conf says; the key is kept.");
    case MEND_SAFE:
        return finding->fix == FIX_MODE
                   ? xformat("F5 lets its owner alone read %s; F9 mends all such.", finding->file)
               : finding->fix == FIX_TRUST
                   ? xformat("F5 writes %s again from the certificates in use; F9 mends all such.",
                             finding->file)
                   : xstrdup("F5 writes certificate, bundle and full chain again, in order; F9 "
                             "mends all "
                             "such.");
    case MEND_NOT:
        break;
    }
    return xstrdup("");
}

/* Documents of the vendor have numbers of six digits, everything else is a section of the guide. */
char *finding_source(const struct finding *finding)
{
    bool document = strspn(finding->section, "0123456789") == 6 && !finding->section[6];
    return *finding->section
               ? xformat(" (%s %s)", document ? "document" : "guide", finding->section)
               : xstrdup("");
}

/* An attribute that the identity has not of itself stands in subject {}. */
static void set_answer(const struct flow *flow, const struct finding *finding, struct str *text)
{
    const struct service *service = service_of(flow, finding);
    const struct ask *ask = service ? component_ask(service->component, finding->field) : NULL;
    struct strings values = {0};
    struct conf_span span;
    if (ask) {
        struct conf_step path[] = {
            {"server", service->server->name}, {"service", service->name}, {finding->field, NULL}};
        if (ask->list)
            strings_split(&values, finding->mend, ' ');
        else
            strings_add(&values, finding->mend);
        conf_set(text, path, 3, &values, ask->list);
    } else {
        struct conf_step own[] = {{"identity", finding->identity}, {finding->field, NULL}};
        struct conf_step common[] = {{"subject", NULL}, {finding->field, NULL}};
        bool list = strcmp(finding->field, "subjectAltName") == 0;
        bool is_common = !conf_find(str_text(text), own, 2, &span) &&
                         conf_find(str_text(text), common, 2, &span);
        if (list)
            strings_split(&values, finding->mend, ' ');
        else
            strings_add(&values, finding->mend);
        conf_set(text, is_common ? common : own, 2, &values, list);
    }
    strings_free(&values);
}

static bool mend_answer(struct flow *flow, const struct finding *finding, struct error *err)
{
    struct str text = {0};
    str_add(&text, str_text(&flow->facts->deployment.text));
    set_answer(flow, finding, &text);
    bool good = flow_put(flow, &text, true, err);
    if (good)
        flow_say(flow, LEVEL_OK, "%s is \"%s\" now. ^_ takes it back.", finding->field,
                 finding->mend);
    str_free(&text);
    return good;
}

bool findings_mend_safe(struct flow *flow, const struct findings *findings, struct error *err)
{
    struct strings mended = {0};
    bool good = flow_may_write(flow, err) && op_fix(flow->facts, findings, &mended, err) &&
                flow_gather(flow, err);
    char *files = strings_join(&mended, ", ");
    if (good && mended.count)
        flow_say(flow, LEVEL_OK, "Written again: %s.", files);
    else if (good)
        flow_say(flow, LEVEL_NOTE, "Nothing here can be mended without a decision of yours.");
    free(files);
    strings_free(&mended);
    return good;
}

bool finding_mend(struct flow *flow, const struct finding *finding, struct error *err)
{
    struct finding copy = *finding;
    const struct findings one = {.items = &copy, .count = 1};
    switch (finding_mending(flow, finding)) {
    case MEND_ANSWER:
        return mend_answer(flow, finding, err);
    case MEND_SPLIT:
        return mend_split(flow, finding, err);
    case MEND_REQUEST:
        return make_again(flow, finding->identity, err);
    case MEND_SAFE:
        return findings_mend_safe(flow, &one, err);
    case MEND_NOT:
        break;
    }
    char *remedy = finding_remedy(flow, finding, flow->at_page, "");
    flow_say(flow, LEVEL_NOTE, "F5 cannot mend this one. %s", remedy);
    free(remedy);
    return true;
}

/* Its own, then the others that it tells of. */
static struct finding_place place_of(const struct finding *finding, size_t number)
{
    if (number)
        return finding->also[number - 1];
    return (struct finding_place){finding->server, finding->service, finding->file};
}

static void add_accept(const struct finding *finding, struct finding_place place,
                       const char *reason, const char *until, struct str *text)
{
    const struct {
        const char *name, *value;
    } options[] = {{"rule", finding->id},
                   {"server", place.server},
                   {"service", place.service},
                   {"identity", finding->identity},
                   {"file", place.file},
                   {"reason", reason},
                   {"until", until}};
    str_add(text, "accept {");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (*options[i].value) {
            str_addf(text, "  %s = ", options[i].name);
            conf_quote(options[i].value, text);
        }
    str_add(text, " }\n");
}

bool findings_accept(struct flow *flow, const struct finding *const *items, size_t count,
                     const char *reason, const char *until, struct error *err)
{
    struct str text = {0};
    const char *old = str_text(&flow->facts->deployment.text);
    str_addf(&text, "%s%s", old, text_ends(old, "\n") ? "" : "\n");
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i <= items[k]->also_count; i++)
            add_accept(items[k], place_of(items[k], i), reason, until, &text);
    char *how_many = count > 1 ? xformat(" (%zu findings)", count) : xstrdup("");
    bool good = flow_put(flow, &text, false, err);
    if (good)
        flow_say(flow, LEVEL_OK, "%s%s is accepted%s%s: still shown, no longer counted.",
                 items[0]->id, how_many, *until ? " until " : "", until);
    free(how_many);
    str_free(&text);
    return good;
}

/* An accept {} applies where all that it names is the finding's. */
static bool is_at(const struct accept *accept, const struct finding *finding,
                  struct finding_place place)
{
    const struct {
        const char *named, *is;
    } pairs[] = {{accept->server, place.server},
                 {accept->service, place.service},
                 {accept->identity, finding->identity},
                 {accept->file, place.file}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (*pairs[i].named && strcmp(pairs[i].named, pairs[i].is) != 0)
            return false;
    return strcmp(accept->rule, finding->id) == 0;
}

static bool is_about(const struct accept *accept, const struct finding *finding)
{
    bool about = false;
    for (size_t i = 0; i <= finding->also_count && !about; i++)
        about = is_at(accept, finding, place_of(finding, i));
    return about;
}

bool findings_unaccept(struct flow *flow, const struct finding *const *items, size_t count,
                       struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    struct str text = {0};
    str_add(&text, str_text(&d->text));
    size_t gone = 0;
    for (size_t i = 0; i < d->accept_count; i++) {
        bool about = false;
        for (size_t k = 0; k < count && !about; k++)
            about = is_about(&d->accepts[i], items[k]);
        if (about && conf_remove_nth(&text, "accept", i - gone))
            gone++;
    }
    bool good = flow_put(flow, &text, false, err);
    if (good)
        flow_say(flow, LEVEL_OK, "%s counts again.", items[0]->id);
    str_free(&text);
    return good;
}
