#include "flow/names.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PARTNERS_MOST 6 /* that a certificate is offered to be shared with */

static const struct {
    const char *option, *label, *help, *section;
} about[] = {
    {"identity", "Certificate",
     "Its own key and certificate, or one shared with another component. Fewer files, but all its "
     "names in one certificate and all its services touched at each renewal.",
     "4.1"},
    {"signer", "Signed by", "Who signs it decides who accepts it.", "2.2"},
    {"CN", "CN",
     "The common name: the fully qualified name that clients connect to. It joins the SAN by "
     "itself.",
     "3.1"},
    {"subjectAltName", "SAN",
     "More names for the same certificate, host names and addresses: blanks or commas between "
     "them, or a list pasted as it is. The CN need not be among them.",
     "3.1"},
    {"O", "O", "The organisation, where it is another than the basics say.", "1.2.2"},
};
enum { ABOUT = sizeof about / sizeof *about };

static size_t about_of(const char *option)
{
    size_t at = 0;
    while (at < ABOUT && strcmp(about[at].option, option) != 0)
        at++;
    return at;
}

bool is_names_option(const char *option)
{
    return about_of(option) < ABOUT;
}

const char *names_label(const char *option)
{
    size_t at = about_of(option);
    return at < ABOUT ? about[at].label : "";
}

const char *signer_label(const char *signer)
{
    return strcmp(signer, "public") == 0     ? "public CA"
           : strcmp(signer, "internal") == 0 ? "internal CA"
           : strcmp(signer, "self") == 0     ? "itself"
                                             : signer;
}

enum field_kind names_kind(const struct facet *facet)
{
    bool choice = strcmp(facet->option, "identity") == 0 || strcmp(facet->option, "signer") == 0;
    return choice ? FIELD_CHOICE : FIELD_TEXT;
}

/* The names that their own identities would have, as a pattern. Free it. */
static char *own_pattern(const struct alike *alike, const struct slot *slot)
{
    const struct facet facet = {.slot = slot, .option = "identity"};
    struct seat *seats = xcalloc(alike->count + 1, sizeof *seats);
    char **values = xcalloc(alike->count + 1, sizeof *values);
    bool *fits = xcalloc(alike->count + 1, sizeof *fits);
    for (size_t i = 0; i < alike->count; i++) {
        seats[i] = facet_seat(alike, alike->services[i], &facet);
        values[i] = derive_identity_name(alike->deployment, alike->services[i], slot);
    }
    char *pattern = alike->count == 1
                        ? xstrdup(values[0])
                        : pattern_common(seats, (const char *const *)values, alike->count, fits);
    for (size_t i = 0; i < alike->count; i++)
        free(values[i]);
    free(values);
    free(seats);
    free(fits);
    return pattern;
}

/* The name without what numbers it: one for all of the kind. Free it. */
static char *common_name(const struct alike *alike, const char *own)
{
    struct str out = {0};
    for (const char *at = own; *at; at++) {
        if (*at == '{')
            at += strcspn(at, "}");
        else
            str_add_char(&out, *at);
    }
    if (!out.length)
        str_add(&out, alike->component->kind);
    return str_take(&out);
}

/* The identity there that another kind of the server has in its first slot; NULL: none that could
 * be shared. */
static const struct identity *partner_there(const struct deployment *d, const struct server *server,
                                            const struct component *component)
{
    for (size_t i = 0; component->slot_count && i < server->service_count; i++) {
        const struct service *service = &server->services[i];
        if (service->component != component || service->implied)
            continue;
        const struct identity *identity = service_identity(d, service, &component->slots[0]);
        return identity && !identity->signs ? identity : NULL;
    }
    return NULL;
}

/* What all of the servers have for another kind, as a pattern; NULL: not all have it. Free it. */
static char *partner(const struct alike *alike, const struct component *component)
{
    struct seat *seats = xcalloc(alike->count + 1, sizeof *seats);
    const char **values = xcalloc(alike->count + 1, sizeof *values);
    bool *fits = xcalloc(alike->count + 1, sizeof *fits);
    bool good = alike->count > 0, all = true;
    for (size_t i = 0; good && i < alike->count; i++) {
        const struct identity *identity =
            partner_there(alike->deployment, alike->services[i]->server, component);
        seats[i] = (struct seat){alike->deployment, alike->services[i]->server,
                                 alike->services[i]->ordinal};
        values[i] = identity ? identity->name : "";
        good = identity != NULL;
    }
    char *pattern = good ? pattern_common(seats, values, alike->count, fits) : NULL;
    for (size_t i = 0; pattern && i < alike->count; i++)
        all = all && fits[i];
    if (!all) {
        free(pattern);
        pattern = NULL;
    }
    free(values);
    free(seats);
    free(fits);
    return pattern;
}

static void add_shared(struct field *field, const char *name)
{
    if (!strings_has(&field->choices, name))
        field_choice(field, name, name,
                     "Shared, one file for several: the SAN must hold all their names.");
}

static void fill_identity(const struct alike *alike, const struct facet *facet, struct field *field)
{
    const struct deployment *d = alike->deployment;
    char *own = own_pattern(alike, facet->slot);
    field->fold = true;
    if (own)
        field_choice(field, own, "its own", "The usual way: each component has its own.");
    if (alike->count > 1 && own && pattern_varies(own)) {
        char *one = common_name(alike, own);
        field_choice(field, one, "one for all",
                     "One key and certificate on all these servers: its SAN has the names of all.");
        free(one);
    }
    for (size_t i = 0; d->server_count == 1 && i < d->identity_count; i++)
        if (!d->identities[i].signs)
            add_shared(field, d->identities[i].name);
    for (size_t c = 0; d->server_count > 1 && c < d->catalogue->count; c++) {
        const struct component *other = &d->catalogue->components[c];
        char *name = other != alike->component && deployment_kind(d, other)->count
                         ? partner(alike, other)
                         : NULL;
        if (name && field->choices.count < PARTNERS_MOST)
            add_shared(field, name);
        free(name);
    }
    if (*field->value && strcmp(field->value, EACH_ITS_OWN) != 0)
        add_shared(field, field->value);
    free(own);
}

static void fill_signer(const struct alike *alike, const struct facet *facet, struct field *field)
{
    static const char *const words[] = {"public", "internal", "self"};
    const struct deployment *d = alike->deployment;
    const struct slot *slot = facet->slot;
    struct str help = {0};
    str_add(&help, field->help);
    for (size_t i = 0; i < slot->signer_count; i++)
        str_addf(&help, " %s: %s", slot->signers[i].name, slot->signers[i].why);
    field_help(field, str_text(&help), field->section);
    str_free(&help);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *why = "";
        for (size_t k = 0; k < slot->signer_count; k++)
            if (strcmp(slot->signers[k].name, words[i]) == 0)
                why = slot->signers[k].why;
        field_choice(field, words[i], signer_label(words[i]), why);
    }
    for (size_t i = 0; i < d->identity_count; i++)
        if (d->identities[i].signs)
            field_choice(field, d->identities[i].name, d->identities[i].name,
                         "A CA that is made here.");
}

/* What is meant, as the field would take it. */
static void report_wrong(const struct error *err, const char *mend, const struct seat *seat,
                         bool several, struct field *field)
{
    char *pattern = mend && several ? pattern_of_value(mend, seat) : NULL;
    field_finding(field, LEVEL_ERROR, err->message, err->remedy, pattern ? pattern : mend);
    free(pattern);
}

/* What is wrong with the names; where each mistake shows what was meant, F5 puts all right. */
static void judge_sans(const struct strings *sans, const struct seat *seat, bool several,
                       struct field *field)
{
    struct strings meant = {0};
    struct error err = {0}, first = {0};
    bool wrong = false, clear = true;
    for (size_t i = 0; i < sans->count; i++) {
        if (san_check(sans->items[i], &err)) {
            strings_add_new(&meant, sans->items[i]);
            continue;
        }
        char *mend = host_mend(sans->items[i]);
        if (!wrong)
            first = err;
        wrong = true;
        clear = clear && mend;
        if (mend)
            strings_add_new(&meant, mend);
        free(mend);
    }
    char *mend = names_join(&meant);
    if (wrong)
        report_wrong(&first, clear ? mend : NULL, seat, several, field);
    free(mend);
    strings_free(&meant);
}

static void judge(const struct alike *alike, const struct facet *facet,
                  const struct identity *identity, const struct seat *seat, struct field *field)
{
    struct error err = {0};
    if (strcmp(facet->option, "subjectAltName") == 0) {
        judge_sans(&identity->names.sans, seat, alike->several, field);
        return;
    }
    bool is_cn = strcmp(facet->option, "CN") == 0;
    enum attribute attribute = is_cn ? ATTR_CN : ATTR_O;
    const char *value = identity->names.attributes[attribute];
    if (!value || (!is_cn && !*value) || attribute_check(attribute, value, &err))
        return;
    char *mend = is_cn ? host_mend(value) : NULL;
    report_wrong(&err, mend, seat, alike->several, field);
    free(mend);
}

static void judge_all(const struct alike *alike, const struct facet *facet, struct field *field)
{
    const struct identity *last = NULL;
    for (size_t i = 0; field->level < LEVEL_ERROR && i < alike->count; i++) {
        const struct service *service = alike->services[i];
        const struct identity *identity = service_identity(alike->deployment, service, facet->slot);
        struct seat seat = facet_seat(alike, service, facet);
        if (identity && identity != last)
            judge(alike, facet, identity, &seat, field);
        last = identity;
    }
}

void names_fill(const struct alike *alike, const struct facet *facet, struct field *field)
{
    size_t at = about_of(facet->option);
    bool lab = deployment_lab(alike->deployment);
    field_help(field, about[at].help, about[at].section);
    field->fold = lab;
    if (strcmp(facet->option, "identity") == 0) {
        fill_identity(alike, facet, field);
        return;
    }
    if (strcmp(facet->option, "signer") == 0) {
        fill_signer(alike, facet, field);
        return;
    }
    if (strcmp(facet->option, "subjectAltName") == 0)
        field->list = field->names = field->optional = true;
    else if (strcmp(facet->option, "O") == 0)
        field->optional = field->fold = true;
    judge_all(alike, facet, field);
}
