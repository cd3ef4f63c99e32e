/* The fields of one slot's identity: whose certificate, who signs, CN, SAN, O. Each is judged where
 * it is typed, for a wrong name is found by a CA only after days. */
#include "base/mem.h"
#include "flow/findings.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

static const char *const options[] = {"identity", "signer", "CN", "subjectAltName", "O"};
static const char *const labels[] = {"Certificate", "Signed by", "CN", "SAN", "O"};

bool is_names_option(const char *option)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i], option) == 0)
            return true;
    return false;
}

const char *names_label(const char *option)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i], option) == 0)
            return labels[i];
    return "";
}

/* callbridge.CN where the kind has one slot, KIND.SLOT.CN else. */
static char *field_id(const struct service *service, const struct slot *slot, const char *option)
{
    if (service->component->slot_count == 1)
        return xformat("%s.%s", service->component->kind, option);
    return xformat("%s.%s.%s", service->component->kind, slot->name, option);
}

static struct field *add_field(const struct service *service, const struct slot *slot,
                               const char *option, enum field_kind kind, const char *value,
                               struct page *page)
{
    char *id = field_id(service, slot, option);
    struct field *field = page_field(page, kind, id, names_label(option), value);
    free(id);
    return field;
}

static void add_identity_field(const struct flow *flow, const struct service *service,
                               const struct slot *slot, const struct identity *identity,
                               struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    char *own = derive_identity_name(d, service, slot);
    struct field *field = add_field(service, slot, "identity", FIELD_CHOICE, identity->name, page);
    field_help(field,
               "Its own key and certificate, or one shared with another component. Fewer files, "
               "but all its names in one certificate and all its services touched at each renewal.",
               "4.1");
    field->fold = true;
    field_choice(field, own, "its own", "The usual way: each component has its own.");
    for (size_t i = 0; i < d->identity_count; i++) {
        const char *name = d->identities[i].name;
        if (strcmp(name, own) == 0 || d->identities[i].signs)
            continue;
        field_choice(field, name, name,
                     "Shared, one file for several: the SAN must hold all their names.");
    }
    free(own);
}

const char *signer_label(const char *signer)
{
    return strcmp(signer, "public") == 0     ? "public CA"
           : strcmp(signer, "internal") == 0 ? "internal CA"
           : strcmp(signer, "self") == 0     ? "itself"
                                             : signer;
}

static void add_signer_field(const struct flow *flow, const struct service *service,
                             const struct slot *slot, const struct identity *identity,
                             struct page *page)
{
    static const char *const words[] = {"public", "internal", "self"};
    const struct deployment *d = &flow->facts->deployment;
    struct field *field = add_field(service, slot, "signer", FIELD_CHOICE, identity->signer, page);
    const struct signer *proposed = derive_signer(d, service, slot);
    struct str help = {0};
    str_add(&help, "Who signs it decides who accepts it.");
    for (size_t i = 0; i < slot->signer_count; i++)
        str_addf(&help, " %s: %s", slot->signers[i].name, slot->signers[i].why);
    field_help(field, str_text(&help), "2.2");
    str_free(&help);
    field->fold = flow_lab(flow);
    field->follows = proposed && strcmp(proposed->name, identity->signer) == 0;
    for (size_t i = 0; i < 3; i++) {
        const char *why = "";
        for (size_t k = 0; k < slot->signer_count; k++)
            if (strcmp(slot->signers[k].name, words[i]) == 0)
                why = slot->signers[k].why;
        field_choice(field, words[i], signer_label(words[i]), why);
    }
    for (size_t i = 0; i < d->identity_count; i++)
        if (d->identities[i].signs)
            field_choice(field, d->identities[i].name, d->identities[i].name,
                         "The CA made here: for a lab.");
}

/* What is wrong with the names; where each mistake shows what was meant, F5 puts all right. */
static void judge_sans(struct field *field, const struct strings *sans)
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
        field_finding(field, LEVEL_ERROR, first.message, first.remedy, clear ? mend : NULL);
    free(mend);
    strings_free(&meant);
}

static void add_name_fields(const struct flow *flow, const struct service *service,
                            const struct slot *slot, const struct identity *identity,
                            struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    const char *cn = identity->names.attributes[ATTR_CN];
    struct names derived = {0};
    struct error err = {0};
    derive_identity(d, identity, &derived);
    struct field *field = add_field(service, slot, "CN", FIELD_TEXT, cn, page);
    field_help(field,
               "The common name: the fully qualified name that clients connect to. It joins the "
               "SAN by itself.",
               "3.1");
    field->fold = flow_lab(flow);
    field->follows =
        cn && derived.attributes[ATTR_CN] && strcmp(cn, derived.attributes[ATTR_CN]) == 0;
    if (cn && !attribute_check(ATTR_CN, cn, &err)) {
        char *mend = host_mend(cn);
        field_finding(field, LEVEL_ERROR, err.message, err.remedy, mend);
        free(mend);
    }

    char *sans = names_join(&identity->names.sans);
    field = add_field(service, slot, "subjectAltName", FIELD_TEXT, sans, page);
    field_help(field,
               "More names for the same certificate, host names and addresses: blanks or commas "
               "between them, or a list pasted as it is. The CN need not be among them.",
               "3.1");
    field->list = field->names = field->optional = true;
    field->fold = flow_lab(flow);
    field->follows = strings_equal(&derived.sans, &identity->names.sans);
    free(field->note);
    field->note = identity->names.sans.count > 1 ? xformat("%zu names", identity->names.sans.count)
                                                 : xstrdup("");
    judge_sans(field, &identity->names.sans);
    free(sans);
    names_free(&derived);

    const char *o = identity->names.attributes[ATTR_O], *common = d->subject.attributes[ATTR_O];
    field = add_field(service, slot, "O", FIELD_TEXT, o, page);
    field_help(field, "The organisation, where it is another than the basics say.", "1.2.2");
    field->optional = field->fold = true;
    field->follows = (!o && !common) || (o && common && strcmp(o, common) == 0);
    if (o && *o && !attribute_check(ATTR_O, o, &err))
        field_finding(field, LEVEL_ERROR, err.message, err.remedy, NULL);
}

/* The subject's attributes are the basics' (a page of its own): only what stands here is told. */
static struct field *finding_field(const struct service *service, const struct slot *slot,
                                   const struct finding *finding, struct page *page)
{
    char *id = field_id(service, slot, finding->field);
    struct field *field = page_find_field(page, id);
    free(id);
    for (size_t i = 0; i < ATTR_COUNT; i++)
        if (field || strcmp(attribute_names[i], finding->field) == 0)
            return field;
    id = field_id(service, slot, "CN");
    field = page_find_field(page, id);
    free(id);
    return field;
}

void names_fields(const struct flow *flow, const struct service *service, const struct slot *slot,
                  const struct findings *findings, struct page *page)
{
    const struct identity *identity = service_identity(&flow->facts->deployment, service, slot);
    if (!identity)
        return;
    add_identity_field(flow, service, slot, identity, page);
    add_signer_field(flow, service, slot, identity, page);
    add_name_fields(flow, service, slot, identity, page);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (strcmp(finding->identity, identity->name) != 0 ||
            finding->severity == SEVERITY_NOTICE || finding->accepted)
            continue;
        struct field *field = finding_field(service, slot, finding, page);
        if (!field)
            continue;
        char *remedy = finding_remedy(flow, finding, page->id, field->id);
        field_finding(field, level_of(finding->severity), finding->message, remedy, finding->mend);
        free(remedy);
    }
}

static void set_value(struct str *text, const char *identity, const char *option, const char *value,
                      bool list)
{
    struct conf_step path[] = {{"identity", identity}, {option, NULL}};
    struct strings values = {0};
    if (list) {
        names_split(value, &values);
    } else if (*value) {
        strings_add(&values, value);
    }
    if (values.count)
        conf_set(text, path, 2, &values, list);
    else
        conf_remove(text, path, 2);
    strings_free(&values);
}

bool names_take(struct flow *flow, const struct service *service, const struct slot *slot,
                const char *option, const char *value, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct identity *identity = service_identity(d, service, slot);
    if (!identity || strpbrk(value, "\n\r"))
        return true;
    if (strcmp(option, "identity") == 0) {
        struct edit edit;
        edit_begin(&edit, flow->facts);
        edit_choose(&edit, service, slot, value);
        return flow_edit(flow, &edit, true, err);
    }
    struct str text = {0};
    str_add(&text, str_text(&d->text));
    if (strcmp(option, "O") == 0) {
        const char *common = d->subject.attributes[ATTR_O];
        set_value(&text, identity->name, option, common && strcmp(common, value) == 0 ? "" : value,
                  false);
    } else {
        set_value(&text, identity->name, option, value, strcmp(option, "subjectAltName") == 0);
    }
    bool good = flow_put(flow, &text, true, err);
    str_free(&text);
    return good;
}
