/* Who has which certificate: a row each, to be shared, split, and signed by another CA. What
 * follows is told first (follows.h), and every change is taken back by one key. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/findings.h"
#include "flow/follows.h"
#include "model/share.h"

#include <stdlib.h>
#include <string.h>

static const char name_help[] =
    "One key with its certificate: NAME.key, NAME.crt. Space marks it, Enter opens its names.";
static const char signer_help[] =
    "Who signs it decides who accepts it. Enter chooses; of a marked row, for all that are marked.";

bool certs_passes(const struct flow *flow)
{
    const struct deployment *d = &flow->facts->deployment;
    size_t uses = 0;
    for (size_t i = 0; i < d->identity_count; i++)
        uses += share_may(&d->identities[i], NULL) ? d->identities[i].use_count : 0;
    /* One server's are few, and its preset's: whoever wants others finds the page by its name. */
    return flow_lab(flow) || uses < 2 || d->server_count < 2;
}

/* "Call Bridge", "Web Admin, Call Bridge"; of a CA that it signs. Free it. */
static char *titles_of(const struct identity *identity)
{
    struct strings titles = {0};
    for (size_t i = 0; i < identity->use_count; i++)
        strings_add_new(&titles, identity->uses[i].service->component->title);
    if (identity->signs && !titles.count)
        strings_add(&titles, "signs the others");
    char *words = titles.count ? strings_join(&titles, ", ") : xstrdup("nothing");
    strings_free(&titles);
    return words;
}

static char *servers_of(const struct identity *identity)
{
    struct strings servers = {0};
    for (size_t i = 0; i < identity->use_count; i++)
        strings_add_new(&servers, identity->uses[i].service->server->name);
    char *words = strings_fold(&servers, ", ");
    strings_free(&servers);
    return words;
}

/* The kind of the key that is there; else of the one that will be made. Free it. */
static char *key_of(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    if (*identity->key_at)
        return xformat("on %s", identity->key_at);
    if (key && key->bits)
        return xformat("%s %d", key->algorithm, key->bits);
    return xformat("%s %d", strcmp(flow->facts->deployment.key_type, "ec") == 0 ? "EC" : "RSA",
                   flow->facts->deployment.key_bits);
}

/* In a word or two, for the column is narrow. Free it. */
static char *state_of(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    struct lifecycle life;
    char date[16], *words = NULL;
    facts_files(flow->facts, identity, &files);
    lifecycle_of(flow->facts, identity, &life);
    if (life.life == LIFE_CERTIFIED && files.leaf)
        clock_date(files.leaf->not_after, date);
    switch (life.life) {
    case LIFE_CERTIFIED:
        words = files.leaf ? xformat("ends %s", date) : xstrdup("in place");
        break;
    case LIFE_SENT:
        words = xformat("sent %s", life.sent);
        break;
    case LIFE_RENEWING:
        words = xstrdup(life.request.count ? "renewal outdated" : "renewal asked");
        break;
    case LIFE_OUTDATED:
        words = xstrdup("outdated");
        break;
    case LIFE_REQUEST:
        words = xstrdup(life.outside ? "to be sent" : "to be signed");
        break;
    case LIFE_KEY:
        words = xstrdup("key made");
        break;
    case LIFE_NOTHING:
        words = xstrdup("not made");
        break;
    }
    lifecycle_free(&life);
    return words;
}

static struct field *add_cell(const struct identity *identity, const char *what, const char *title,
                              const char *value, struct page *page)
{
    char *id = xformat("certs.%s.%s", identity->name, what);
    char *label = xformat("%s of %s", title, identity->name);
    struct field *field = page_field(page, FIELD_TEXT, id, label, value);
    field->fixed = true;
    free(label);
    free(id);
    return field;
}

static void add_signer(const struct flow *flow, const struct identity *identity, struct page *page)
{
    static const char *const words[] = {"public", "internal", "self"};
    const struct deployment *d = &flow->facts->deployment;
    struct field *field = add_cell(identity, "signer", "Signed by", identity->signer, page);
    field->kind = FIELD_CHOICE;
    field->fixed = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        field_choice(field, words[i], signer_label(words[i]), "");
    for (size_t i = 0; i < d->identity_count; i++)
        if (d->identities[i].signs && &d->identities[i] != identity)
            field_choice(field, d->identities[i].name, d->identities[i].name,
                         "A CA that is made here.");
}

/* The gravest finding of each identity, by its place; NULL: none. */
static const struct finding **worst_findings(struct flow *flow)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct findings *findings = flow_findings(flow, RULES_PLANNED);
    const struct finding **worst = xcalloc(d->identity_count + 1, sizeof *worst);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        const struct identity *identity = deployment_identity(d, finding->identity);
        const struct finding **place = identity ? &worst[identity - d->identities] : NULL;
        if (place && !finding->accepted && (!*place || finding->severity < (*place)->severity))
            *place = finding;
    }
    return worst;
}

static void add_row(const struct flow *flow, const struct identity *identity,
                    const struct finding *worst, struct page *page)
{
    char *titles = titles_of(identity), *servers = servers_of(identity);
    char *state = state_of(flow, identity), *key = key_of(flow, identity);
    enum level level = worst ? level_of(worst->severity) : LEVEL_NONE;
    struct row *row = page_row(page, identity->name, level, worst ? flow_level_word(level) : "",
                               "%s", identity->name);
    row->can_tick = row->can_open = true;
    row->ticked = strings_has(&flow->marked, identity->name);
    if (worst) {
        char *remedy = finding_remedy(flow, worst, page->id, "");
        row_detail(row, "%s %s: %s. %s", flow_level_word(level), worst->id, worst->message, remedy);
        free(remedy);
    } else { /* whole, for the columns may be narrow */
        row_detail(row, "%s: %s; on %s; %s, %s.", identity->name, titles,
                   *servers ? servers : "no server", state, key);
    }
    add_cell(identity, "name", "Certificate", identity->name, page);
    add_signer(flow, identity, page);
    add_cell(identity, "used", "Used by", titles, page);
    add_cell(identity, "servers", "Servers", servers, page);
    add_cell(identity, "state", "State", state, page);
    add_cell(identity, "key", "Key", key, page);
    char *texts[] = {titles, servers, state, key};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
}

static void add_actions(struct page *page)
{
    page_add_action(page, "share", 0, 's', "Share");
    page_add_action(page, "split", 0, 'e', "Split");
    page_add_action(page, "split-servers", 0, 'v', "Split by server")->rare = true;
    page_add_action(page, "each", 0, 'o', "One per service")->rare = true;
    page_add_action(page, "all", 0, 'a', "One for all")->rare = true;
}

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_GRID;
    page->title = xstrdup("Certificates");
    page_line(&page->intro,
              "Who has which certificate: one for all services (a), one for each (o), "
              "or as you like: mark rows with Space, then they share one (s); or split "
              "one by service (e), by server (v).");
    page_column(page, "name", "Certificate", "Certificate", name_help, "3.1");
    page_column(page, "signer", "Signed by", "Signed by", signer_help, "2.2");
    page_column(page, "used", "Used by", "Used by", "The components that present it.", "4.1");
    page_column(page, "servers", "Servers", "Servers", "Where its key and files go.", "4.1");
    page_column(page, "state", "State", "State", "What is made of it so far.", "3.1");
    page_column(page, "key", "Key", "Key",
                "Its kind, and the appliance that has it where it was "
                "made there.",
                "3.1");
    const struct finding **worst = worst_findings(flow);
    for (size_t i = 0; i < d->identity_count; i++)
        add_row(flow, &d->identities[i], worst[i], page);
    free(worst);
    add_actions(page);
    topology_totals(flow, page);
    page_line(&page->why, "Fewer files are fewer renewals; but all names of all services stand in "
                          "one certificate, and its key lies on each of their servers. Guide 3.1");
}

/* Marked ones; none is: the row's own. */
static void chosen(const struct flow *flow, size_t row, struct strings *out)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++)
        if (strings_has(&flow->marked, d->identities[i].name))
            strings_add(out, d->identities[i].name);
    if (!out->count && row < d->identity_count)
        strings_add(out, d->identities[row].name);
}

static void tell(struct flow *flow, const struct told *told, const struct facts *after,
                 struct strings *lines)
{
    strings_add(lines, told->what);
    follows_identities(flow->facts, after, lines);
    follows_trusts(flow->facts, after, lines);
    follows_findings(flow, after, lines);
}

/* Where nothing but the signer's name changes there is nothing to ask. */
static void tell_more(struct flow *flow, const struct told *told, const struct facts *after,
                      struct strings *lines)
{
    follows_trusts(flow->facts, after, lines);
    follows_findings(flow, after, lines);
    if (!lines->count)
        return;
    struct strings all = {0};
    strings_add(&all, told->what);
    strings_copy(&all, lines);
    strings_free(lines);
    *lines = all;
}

/* head says what is done, and is taken over; the cursor goes to that row (NULL:
 * it stays). */
static struct way apply(struct flow *flow, struct edit *edit, struct told told, char *head,
                        const char *row, struct error *err)
{
    told.what = head;
    struct way way = way_go(GO_REFUSED);
    if (flow_edit_told(flow, edit, true, &told, err)) {
        strings_free(&flow->marked);
        if (!flow->message)
            flow_say(flow, LEVEL_OK, "%s ^_ takes it back.", head);
        way = row ? way_to("certs", row) : way_go(GO_STAY);
    }
    free(head);
    return way;
}

/* Why one of them may not be shared; false: said. */
static bool may_share(const struct flow *flow, const struct strings *names, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < names->count; i++) {
        const struct identity *identity = deployment_identity(d, names->items[i]);
        const char *why;
        if (!identity)
            return error_set(err, STATUS_NO, "", "Name those of the table",
                             "there is no certificate %s", names->items[i]);
        if (!share_may(identity, &why))
            return error_set(err, STATUS_NO, "", "Take its mark away", "%s is not to be shared: %s",
                             identity->name, why);
    }
    return names->count > 1 ||
           error_set(err, STATUS_NO, "", "Mark two or more rows with Space, then share them",
                     "one certificate alone is nothing to share");
}

static struct way share(struct flow *flow, const struct strings *names, tell_function tells,
                        struct error *err)
{
    struct edit edit;
    if (!may_share(flow, names, err))
        return way_go(GO_REFUSED);
    edit_begin(&edit, flow->facts);
    char *name = edit_share(&edit, names), *all = strings_fold(names, ", ");
    struct told told = {.verb = "Share it", .tell = tells};
    char *head = xformat("One certificate, %s, for what %s had.", name, all);
    struct way way = apply(flow, &edit, told, head, name, err);
    free(name);
    free(all);
    return way;
}

/* What the action names, else what is marked. */
static struct way share_chosen(struct flow *flow, const char *text, size_t row, struct error *err)
{
    struct strings names = {0};
    if (text && *text && strcmp(text, "yes") != 0)
        names_split(text, &names);
    else
        chosen(flow, row, &names);
    struct way way = share(flow, &names, tell, err);
    strings_free(&names);
    return way;
}

/* What cannot join them, and why. */
static void tell_all(struct flow *flow, const struct told *told, const struct facts *after,
                     struct strings *lines)
{
    const struct deployment *d = &flow->facts->deployment;
    struct strings all = {0}, apart = {0};
    share_all(d, &all);
    for (size_t i = 0; i < d->identity_count; i++)
        if (!strings_has(&all, d->identities[i].name))
            strings_add(&apart, d->identities[i].name);
    tell(flow, told, after, lines);
    char *names = strings_fold(&apart, ", ");
    if (apart.count)
        strings_add_take(lines, xformat("Apart stay %s: a CA of its own signs it, or its key must "
                                        "be no other's. Guide 3.1.4",
                                        names));
    free(names);
    strings_free(&all);
    strings_free(&apart);
}

static struct way share_each(struct flow *flow, struct error *err)
{
    struct strings names = {0};
    share_all(&flow->facts->deployment, &names);
    struct way way = way_go(GO_STAY);
    if (names.count > 1)
        way = share(flow, &names, tell_all, err);
    else
        flow_say(flow, LEVEL_NOTE, "All that can share one certificate shares one already.");
    strings_free(&names);
    return way;
}

static struct way split(struct flow *flow, const struct strings *names, enum share_split by,
                        struct error *err)
{
    struct strings new = {0}, lost = {0};
    struct edit edit;
    edit_begin(&edit, flow->facts);
    for (size_t i = 0; i < names->count; i++) {
        const struct identity *identity =
            deployment_identity(&flow->facts->deployment, names->items[i]);
        if (identity && share_may(identity, NULL))
            edit_split(&edit, identity, by, &new, &lost);
    }
    char *all = strings_fold(names, ", "), *away = strings_join(&lost, ", ");
    struct way way = way_go(GO_STAY);
    if (new.count) {
        struct told told = {.verb = "Split it", .tell = tell};
        char *head = xformat("%s becomes %zu certificates, one for each %s.%s%s%s",
                             names->count > 1 ? "What was shared" : all, new.count,
                             by == SPLIT_SERVERS ? "server" : "service",
                             lost.count ? " Nobody has these names then: " : "", away,
                             lost.count ? "." : "");
        way = apply(flow, &edit, told, head, new.items[0], err);
    } else {
        edit_free(&edit);
        flow_say(flow, LEVEL_NOTE, "%s: one for each %s already.", names->count > 1 ? "All" : all,
                 by == SPLIT_SERVERS ? "server" : "service");
    }
    free(all);
    free(away);
    strings_free(&new);
    strings_free(&lost);
    return way;
}

static struct way split_chosen(struct flow *flow, size_t row, enum share_split by,
                               struct error *err)
{
    struct strings names = {0};
    chosen(flow, row, &names);
    struct way way = split(flow, &names, by, err);
    strings_free(&names);
    return way;
}

static struct way split_all(struct flow *flow, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    struct strings names = {0};
    for (size_t i = 0; i < d->identity_count; i++)
        if (d->identities[i].use_count > 1)
            strings_add(&names, d->identities[i].name);
    struct way way = split(flow, &names, SPLIT_SERVICES, err);
    strings_free(&names);
    return way;
}

static struct way sign(struct flow *flow, struct edit *edit, const struct strings *names,
                       const char *signer, struct error *err)
{
    bool here =
        deployment_identity(&flow->facts->deployment, signer) || strcmp(signer, "self") == 0;
    struct told told = {.verb = "Change the signer", .tell = tell_more};
    char *all = strings_fold(names, ", ");
    char *head = xformat("%s %s signed by %s%s.", all, names->count > 1 ? "are" : "is",
                         here ? "" : "the ", signer_label(signer));
    free(all);
    return apply(flow, edit, told, head, NULL, err);
}

/* The cell's row, and all that are marked with it. */
static struct way set_signer(struct flow *flow, const char *id, const char *signer,
                             struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    static const char page[] = "certs.", column[] = ".signer";
    size_t length = strlen(id);
    if (!text_starts(id, page) || !text_ends(id, column))
        return way_go(GO_STAY);
    char *name = xstrndup(id + strlen(page), length - strlen(page) - strlen(column));
    struct strings names = {0};
    struct edit edit;
    bool marked = strings_has(&flow->marked, name);
    edit_begin(&edit, flow->facts);
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        bool meant = strcmp(identity->name, name) == 0 ||
                     (marked && strings_has(&flow->marked, identity->name));
        if (!meant || strcmp(identity->signer, signer) == 0 || strcmp(identity->name, signer) == 0)
            continue;
        edit_sign(&edit, identity, signer);
        strings_add(&names, identity->name);
    }
    struct way way = way_go(GO_STAY);
    if (names.count)
        way = sign(flow, &edit, &names, signer, err);
    else
        edit_free(&edit);
    free(name);
    strings_free(&names);
    return way;
}

static struct way act(struct flow *flow, const struct event *event, struct error *err)
{
    if (strcmp(event->id, "share") == 0)
        return share_chosen(flow, event->text, event->row, err);
    if (strcmp(event->id, "all") == 0)
        return share_each(flow, err);
    if (strcmp(event->id, "each") == 0)
        return split_all(flow, err);
    if (strcmp(event->id, "split") == 0)
        return split_chosen(flow, event->row, SPLIT_SERVICES, err);
    if (strcmp(event->id, "split-servers") == 0)
        return split_chosen(flow, event->row, SPLIT_SERVERS, err);
    return way_go(GO_STAY);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    switch (event->kind) {
    case EVENT_SET:
        return set_signer(flow, event->id, event->text, err);
    case EVENT_TICK:
        if (event->row < page->row_count)
            flow_mark(flow, page->rows[event->row].id);
        return way_go(GO_STAY);
    case EVENT_CHOOSE:
        return event->row < flow->facts->deployment.identity_count
                   ? component_way(&flow->facts->deployment.identities[event->row])
                   : way_go(GO_STAY);
    case EVENT_ACTION:
        return act(flow, event, err);
    default:
        return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
    }
}

const struct step_ops step_certs = {"certs", build, take};
