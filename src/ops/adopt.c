/* Taking over servers that run: their logs and public files become deployment.conf and store. */
#include "base/clock.h"
#include "base/mem.h"
#include "model/edit.h"
#include "ops/adopting.h"
#include "store/scan.h"
#include "store/store.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static void add_sentence(struct strings *out, const char *format, va_list args)
{
    char text[1000];
    vsnprintf(text, sizeof text, format, args);
    strings_add_new(out, text);
}

void adopt_guess(struct adopting *work, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_sentence(&work->out->guesses, format, args);
    va_end(args);
}

void adopt_open(struct adopting *work, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_sentence(&work->out->open, format, args);
    va_end(args);
}

static bool read_logs(struct adopting *work, struct error *err)
{
    for (size_t i = 0; i < work->options->logs->count; i++) {
        const char *path = work->options->logs->items[i];
        struct buffer buffer = {0};
        struct str text = {0};
        if (!file_read(path, &buffer, err))
            return false;
        log_clean((const char *)buffer.data, buffer.length, &text);
        bool speaks = log_read(work, str_text(&text), i);
        buffer_free(&buffer);
        str_free(&text);
        if (!speaks)
            return error_set(err, STATUS_NO, path,
                             "log a whole session on the appliance, its prompt (NAME>) included",
                             "no prompt of an appliance is in it");
    }
    return true;
}

static void speaker_free(struct speaker *speaker)
{
    free(speaker->prompt);
    free(speaker->name);
    free(speaker->address);
    free(speaker->release);
    free(speaker->folder);
    for (size_t i = 0; i < speaker->said_count; i++) {
        free(speaker->said[i].command);
        strings_free(&speaker->said[i].lines);
    }
    free(speaker->said);
    for (size_t i = 0; i < speaker->shown_count; i++) {
        free(speaker->shown[i].tag);
        free(speaker->shown[i].name);
        free(speaker->shown[i].identities);
        match_free(&speaker->shown[i].values);
        strings_free(&speaker->shown[i].trusts);
    }
    free(speaker->shown);
    for (size_t i = 0; i < speaker->inspected_count; i++)
        inspected_free(&speaker->inspected[i]);
    free(speaker->inspected);
    strings_free(&speaker->listed);
    strings_free(&speaker->missing);
}

/* Several servers may have one folder; the first of them frees it. */
static void files_free(struct adopting *work)
{
    for (size_t i = 0; i < work->speaker_count; i++) {
        struct scan *files = work->speakers[i].files;
        for (size_t k = i; files && k < work->speaker_count; k++)
            if (work->speakers[k].files == files)
                work->speakers[k].files = NULL;
        if (files)
            scan_free(files);
        free(files);
    }
}

static void work_free(struct adopting *work)
{
    files_free(work);
    for (size_t i = 0; i < work->speaker_count; i++)
        speaker_free(&work->speakers[i]);
    free(work->speakers);
    for (size_t i = 0; i < work->identity_count; i++) {
        struct identity_found *identity = work->identities[i];
        char *texts[] = {
            identity->name,      identity->key,      identity->certificate,      identity->bundle,
            identity->fullchain, identity->key_name, identity->certificate_name, identity->signer};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
        strings_free(&identity->servers);
        free(identity);
    }
    free(work->identities);
    for (size_t i = 0; i < work->name_count; i++) {
        free(work->names[i].name);
        free(work->names[i].content);
        free(work->names[i].owner);
        free(work->names[i].source);
    }
    free(work->names);
    free(work->domain);
    match_free(&work->validation);
    batch_free(&work->batch);
    free(work);
}

void adopt_free(struct adopt *adopt)
{
    if (adopt->work)
        work_free(adopt->work);
    strings_free(&adopt->servers);
    strings_free(&adopt->guesses);
    strings_free(&adopt->open);
    strings_free(&adopt->unfetched);
    str_free(&adopt->text);
    free(adopt->release);
    *adopt = (struct adopt){0};
}

/* The first part of the prompt, as deployment.conf may name a server. */
static void name_speaker(struct adopting *work, struct speaker *speaker)
{
    struct str name = {0};
    for (const char *at = speaker->prompt; *at && *at != '.'; at++)
        str_add_char(&name, *at == '_' ? '-' : *at);
    for (size_t i = 0; i < work->speaker_count; i++)
        if (&work->speakers[i] != speaker && work->speakers[i].name &&
            strcasecmp(work->speakers[i].name, str_text(&name)) == 0) {
            str_clear(&name);
            for (const char *at = speaker->prompt; *at; at++)
                str_add_char(&name, isalnum((unsigned char)*at) ? *at : '-');
        }
    speaker->name = str_take(&name);
}

/* Who typed nothing that an appliance answers is none. */
static bool is_appliance(const struct speaker *speaker)
{
    for (size_t i = 0; i < speaker->said_count; i++)
        if (strcmp(speaker->said[i].command, "pki list") == 0)
            return true;
    return speaker->shown_count > 0;
}

static void keep_appliances(struct adopting *work)
{
    size_t kept = 0;
    for (size_t i = 0; i < work->speaker_count; i++) {
        if (is_appliance(&work->speakers[i]))
            work->speakers[kept++] = work->speakers[i];
        else
            speaker_free(&work->speakers[i]);
    }
    work->speaker_count = kept;
}

/* Neither a file nor a service that runs: it is there and not in use. */
static bool is_used(const struct shown *shown)
{
    if (*shown->tag || shown_runs(shown))
        return true;
    for (size_t i = 0; i < shown->values.paths.count; i++) {
        const char *path = shown->values.paths.items[i];
        const char *part = strrchr(path, '.');
        char *head = xstrndup(path, strcspn(path, "."));
        bool slot = component_slot(shown->component, head) && part;
        free(head);
        if (slot && *shown->values.values.items[i])
            return true;
    }
    return false;
}

static void keep_used(struct speaker *speaker)
{
    size_t kept = 0;
    for (size_t i = 0; i < speaker->shown_count; i++) {
        if (is_used(&speaker->shown[i])) {
            speaker->shown[kept++] = speaker->shown[i];
            continue;
        }
        free(speaker->shown[i].tag);
        match_free(&speaker->shown[i].values);
    }
    speaker->shown_count = kept;
}

static void name_services(struct adopting *work, struct speaker *speaker)
{
    for (size_t i = 0; i < speaker->shown_count; i++) {
        struct shown *shown = &speaker->shown[i];
        struct str name = {0};
        for (const char *at = shown->tag; *at; at++)
            str_add_char(&name,
                         isalnum((unsigned char)*at) || (name.length && *at == '-') ? *at : '-');
        if (strcmp(str_text(&name), shown->tag) != 0)
            adopt_guess(work, "the tag %s of %s is called %s here", shown->tag, speaker->name,
                        str_text(&name));
        shown->name = *shown->tag ? str_take(&name) : xstrdup(shown->component->kind);
        str_free(&name);
        if (shown_stopped(shown))
            adopt_guess(work, "%s of %s is set up and does not run", shown->name, speaker->name);
    }
}

static void list_missing(struct adopting *work)
{
    for (size_t i = 0; i < work->speaker_count; i++) {
        const struct speaker *speaker = &work->speakers[i];
        char *list = strings_join(&speaker->missing, ", ");
        if (speaker->missing.count)
            adopt_open(work, "%s: whether it has more is not known, for nobody typed %s",
                       speaker->name, list);
        free(list);
    }
}

bool op_adopt_read(const struct catalogue *catalogue, const struct adopt_options *options,
                   struct adopt *out, struct error *err)
{
    *out = (struct adopt){.catalogue = catalogue};
    struct adopting *work = out->work = xcalloc(1, sizeof *work);
    work->out = out;
    work->options = options;
    if (!read_logs(work, err))
        return false;
    adopt_displays(work);
    keep_appliances(work);
    if (!work->speaker_count)
        return error_set(err, STATUS_NO, options->logs->items[0],
                         "certwright adopt --commands says what to type on each server",
                         "no display of a service is in it that is known");
    for (size_t i = 0; i < work->speaker_count; i++)
        name_speaker(work, &work->speakers[i]);
    for (size_t i = 0; i < work->speaker_count; i++) {
        keep_used(&work->speakers[i]);
        name_services(work, &work->speakers[i]);
    }
    list_missing(work);
    return adopt_files(work, err);
}

/* Its address is the name in its certificates that begins like it; NULL: there is none. Free it. */
static char *find_address(const struct speaker *speaker)
{
    size_t length = strlen(speaker->name);
    if (strchr(speaker->prompt, '.') && is_host_name(speaker->prompt))
        return xstrdup(speaker->prompt);
    for (size_t i = 0; i < speaker->shown_count; i++)
        for (size_t s = 0; s < speaker->shown[i].component->slot_count; s++) {
            const struct identity_found *identity = speaker->shown[i].identities[s];
            const struct names *names = identity ? found_names(identity) : NULL;
            for (size_t k = 0; names && k <= names->sans.count; k++) {
                const char *name = k ? names->sans.items[k - 1] : names->attributes[ATTR_CN];
                if (name && strncasecmp(name, speaker->name, length) == 0 && name[length] == '.' &&
                    is_host_name(name))
                    return xstrdup(name);
            }
        }
    return NULL;
}

/* The part of a name behind its host, where it is a domain. */
static void add_domain(struct strings *out, const char *name)
{
    const char *dot = strchr(name, '.');
    if (dot && strchr(dot + 1, '.') && *name != '*' && is_host_name(name) && !is_ip_address(name))
        strings_add(out, dot + 1);
}

static bool is_domain_word(const struct ask *ask)
{
    return ask->type == ANSWER_HOST || ask->type == ANSWER_HOSTS;
}

/* The domain that most addresses, else names of certificates, else answers are in. Free it. */
static char *find_domain(const struct adopting *work)
{
    struct strings names = {0};
    const char *best = "example.com";
    size_t most = 0;
    for (size_t i = 0; i < work->speaker_count; i++)
        if (work->speakers[i].address)
            add_domain(&names, work->speakers[i].address);
    for (size_t i = 0; !names.count && i < work->identity_count; i++)
        if (found_names(work->identities[i]) &&
            found_names(work->identities[i])->attributes[ATTR_CN])
            add_domain(&names, found_names(work->identities[i])->attributes[ATTR_CN]);
    for (size_t i = 0; !names.count && i < work->speaker_count; i++)
        for (size_t k = 0; k < work->speakers[i].shown_count; k++) {
            const struct shown *shown = &work->speakers[i].shown[k];
            for (size_t a = 0; a < shown->component->ask_count; a++) {
                const char *value = shown_value(shown, shown->component->asks[a].name);
                if (value && is_domain_word(&shown->component->asks[a]))
                    add_domain(&names, value);
            }
        }
    for (size_t i = 0; i < names.count; i++) {
        size_t count = 0;
        for (size_t k = 0; k < names.count; k++)
            count += strcasecmp(names.items[i], names.items[k]) == 0;
        if (count > most) {
            most = count;
            best = names.items[i];
        }
    }
    char *domain = xstrdup(best);
    strings_free(&names);
    return domain;
}

static void find_addresses(struct adopting *work)
{
    for (size_t i = 0; i < work->speaker_count; i++)
        work->speakers[i].address = find_address(&work->speakers[i]);
    work->domain = find_domain(work);
    for (size_t i = 0; i < work->speaker_count; i++) {
        struct speaker *speaker = &work->speakers[i];
        if (speaker->address)
            continue;
        speaker->address = xformat("%s.%s", speaker->name, work->domain);
        adopt_open(work,
                   "%s: its address is not known, %s is made up: no certificate of it has a "
                   "name that begins with %s; set address in server \"%s\" of deployment.conf",
                   speaker->name, speaker->address, speaker->name, speaker->name);
    }
}

/* The form has a line for it that a document shows: no line, no value. */
static bool is_told(const struct component *component, const char *path, const char *release)
{
    char *hole = xformat("{%s}", path);
    bool found = false;
    for (size_t i = 0; i < component->form_count; i++) {
        const struct status_form *form = &component->forms[i];
        for (size_t k = 0; k < form->lines.count && release_in(&form->release, release); k++)
            found = found || (form->source != SOURCE_OURS && strstr(form->lines.items[k], hole));
    }
    free(hole);
    return found;
}

/* The store as it will be. */
struct planned {
    struct scan scan;
    struct overlay overlay;
    struct trusts trusts;
    struct deployment deployment;
};

/* The file holds what certwright would write. */
static bool is_derived(const struct planned *planned, const struct trust *trust)
{
    const struct store_file *file = scan_find(&planned->overlay.scan, trust->file);
    struct str wanted = {0};
    struct pki_file parsed;
    if (!file ||
        !trust_content(&planned->deployment, &planned->overlay.scan, trust->need, &wanted)) {
        str_free(&wanted);
        return true; /* nothing speaks against it */
    }
    pki_parse((const unsigned char *)str_text(&wanted), wanted.length, NULL, &parsed);
    char *is = file_content(&file->pki), *should = file_content(&parsed);
    bool same = strcmp(is, should) == 0;
    free(is);
    free(should);
    pki_file_free(&parsed);
    str_free(&wanted);
    return same;
}

static void find_trusts(struct adopting *work, const struct planned *planned,
                        const struct speaker *speaker, struct shown *shown)
{
    const struct server *server = deployment_server(&planned->deployment, speaker->name);
    const struct service *service = server ? server_service(server, shown->name) : NULL;
    for (size_t i = 0; service && i < shown->component->trust_count; i++) {
        const struct trust_rule *rule = &shown->component->trusts[i];
        const char *file = shown_value(shown, rule->name), *option = NULL;
        const struct trust *trust = trusts_find(&planned->trusts, service, rule->name);
        if (!release_in(&rule->release, work->out->release))
            continue;
        if (file && *file) {
            const char *name = adopt_store_name(work, speaker, file);
            if (!trust || strcmp(trust->file, name) != 0 || !is_derived(planned, trust))
                option = name;
        } else if (trust && (file || is_told(shown->component, rule->name, work->out->release))) {
            option = "none";
        } else if (trust) {
            adopt_open(work,
                       "%s: the display of %s does not tell its %s: whether it is set is not "
                       "known",
                       speaker->name, shown->name, rule->name);
        }
        if (option)
            strings_add_take(&shown->trusts, xformat("%s-file = \"%s\"", rule->name, option));
    }
}

static bool plan_trusts(struct adopting *work, const char *config, struct error *err)
{
    struct planned planned = {0};
    bool good = scan_store(work->options->store, &planned.scan, err);
    if (!good)
        return false;
    overlay_make(&planned.scan, &work->batch, &planned.overlay);
    good = deployment_parse(config, str_text(&work->out->text), work->out->text.length,
                            work->out->catalogue, &planned.deployment, err);
    if (good) {
        trusts_derive(&planned.deployment, &planned.overlay.scan, &planned.trusts);
        planned.deployment.scan = &planned.overlay.scan;
        planned.deployment.trusts = &planned.trusts;
        for (size_t i = 0; i < work->speaker_count; i++)
            for (size_t k = 0; k < work->speakers[i].shown_count; k++)
                find_trusts(work, &planned, &work->speakers[i], &work->speakers[i].shown[k]);
        trusts_free(&planned.trusts);
        deployment_free(&planned.deployment);
    }
    overlay_free(&planned.overlay);
    scan_free(&planned.scan);
    return good;
}

/* A private key that was fetched stays where it is: nobody asked for it. */
static bool add_file(struct adopting *work, const struct named *named, struct error *err)
{
    struct buffer buffer = {0};
    if (!named->source)
        return true;
    if (!file_read(named->source, &buffer, err))
        return false;
    if (pki_holds_private(buffer.data, buffer.length))
        adopt_guess(work, "%s holds a private key: it is left alone", named->source);
    else
        batch_add(&work->batch, named->name, buffer.data, buffer.length, 0644,
                  work->options->force);
    buffer_free(&buffer);
    return true;
}

static bool in_batch(const struct adopting *work, const char *name)
{
    for (size_t i = 0; i < work->batch.count; i++)
        if (strcmp(work->batch.items[i].name, name) == 0)
            return true;
    return false;
}

static void add_pem(struct adopting *work, const char *base, const char *suffix,
                    const struct str *pem)
{
    char *name = xformat("%s%s", base, suffix);
    if (pem->length && !in_batch(work, name))
        batch_add(&work->batch, name, str_text(pem), pem->length, 0644, work->options->force);
    free(name);
}

/* A service that takes a full chain alone leaves the leaf and the bundle to us. */
static void add_parts(struct adopting *work, const struct identity_found *identity)
{
    struct str leaf = {0}, bundle = {0};
    if (identity->leaf && !*identity->certificate)
        cert_pem(identity->leaf, &leaf);
    for (size_t i = 0; !*identity->bundle && identity->chain && i < identity->chain->count; i++) {
        const struct cert *cert = identity->chain->objects[i].cert;
        if (cert && identity->leaf && !cert_same(cert, identity->leaf))
            cert_pem(cert, &bundle);
    }
    add_pem(work, identity->name, ".crt", &leaf);
    add_pem(work, identity->name, "bundle.crt", &bundle);
    str_free(&leaf);
    str_free(&bundle);
}

/* The request that made it, of the same key. */
static bool add_request(struct adopting *work, const struct identity_found *identity,
                        struct error *err)
{
    char *name = xformat("%.*s.csr", (int)strcspn(identity->key_name, "."), identity->key_name);
    const struct store_file *file = speaker_file(identity->first, name);
    const struct csr *csr = file ? pki_first_csr(&file->pki) : NULL;
    char *target = xformat("%s.csr", identity->name);
    bool good = true, same = csr && identity->leaf &&
                             memcmp(csr->key_id, identity->leaf->key_id, sizeof csr->key_id) == 0;
    if (same && !in_batch(work, target)) {
        struct named request = {.name = target, .source = path_join(identity->first->folder, name)};
        good = add_file(work, &request, err);
        free(request.source);
    }
    free(target);
    free(name);
    return good;
}

static bool collect(struct adopting *work, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < work->name_count; i++)
        if (!in_batch(work, work->names[i].name))
            good = add_file(work, &work->names[i], err);
    for (size_t i = 0; good && i < work->identity_count; i++) {
        add_parts(work, work->identities[i]);
        good = add_request(work, work->identities[i], err);
    }
    return good;
}

/* Names that are in use and were not fetched. */
static void list_unfetched(struct adopting *work)
{
    for (size_t i = 0; i < work->name_count; i++) {
        const struct named *named = &work->names[i];
        bool key = text_starts(named->owner, "key of ");
        if (key || named->source)
            continue;
        adopt_open(work,
                   "%s is not here: fetch it (certwright adopt --commands LOG says how), "
                   "then adopt again with --files",
                   named->name);
        strings_add(&work->out->unfetched, named->name);
    }
}

static void find_keys(struct adopting *work)
{
    for (size_t i = 0; i < work->identity_count; i++) {
        struct identity_found *identity = work->identities[i];
        char *path = path_join(work->options->store, identity->key);
        identity->key_here = *identity->key && access(path, F_OK) == 0;
        free(path);
    }
}

static void list_servers(struct adopting *work)
{
    for (size_t i = 0; i < work->speaker_count; i++) {
        const struct speaker *speaker = &work->speakers[i];
        struct strings services = {0};
        for (size_t k = 0; k < speaker->shown_count; k++) {
            const struct shown *shown = &speaker->shown[k];
            strings_add_take(&services, *shown->tag
                                            ? xformat("%s %s", shown->component->title, shown->name)
                                            : xstrdup(shown->component->title));
        }
        char *list = strings_join(&services, ", ");
        strings_add_take(&work->out->servers,
                         xformat("%s: %s", speaker->name, *list ? list : "nothing in use"));
        work->out->service_count += services.count;
        free(list);
        strings_free(&services);
    }
}

bool op_adopt_make(struct adopt *adopt, const char *config, struct error *err)
{
    struct adopting *work = adopt->work;
    adopt_identities(work);
    find_keys(work);
    find_addresses(work);
    adopt_follow(work);
    /* First without the trusts: they are compared with what would be derived. */
    adopt_text(work);
    if (!collect(work, err) || !plan_trusts(work, config, err) || !collect(work, err))
        return false;
    adopt_text(work);
    list_unfetched(work);
    list_servers(work);
    adopt_guess(work,
                "environment {} of %s has the defaults: what people do with these servers no "
                "display says (the wizard's page environment asks)",
                config);
    adopt->identity_count = work->identity_count;
    adopt->file_count = work->batch.count;
    struct deployment check;
    if (!deployment_parse(config, str_text(&adopt->text), adopt->text.length, adopt->catalogue,
                          &check, err))
        return false;
    deployment_free(&check);
    return true;
}

/* Without --force nothing that is there is replaced by something else. */
static bool check_store(const struct store *store, const struct batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct buffer old = {0};
        const struct store_write *item = &batch->items[i];
        if (item->replace || !store_has(store, item->name))
            continue;
        bool same = store_read(store, item->name, &old, NULL) && old.length == item->length &&
                    memcmp(old.data, item->data, old.length) == 0;
        buffer_free(&old);
        if (!same)
            return error_set(err, STATUS_NO, item->name,
                             "name another store with --store, or give --force, which keeps it as "
                             ".bak",
                             "the store %s has another file of that name", store->path);
    }
    return true;
}

static bool write_store(struct adopting *work, struct strings *written, struct strings *kept,
                        struct error *err)
{
    struct store store;
    struct batch fresh = {0};
    if (!store_open(work->options->store, true, &store, err))
        return false;
    bool good = store_lock(&store, err) && check_store(&store, &work->batch, err);
    for (size_t i = 0; i < work->batch.count; i++) {
        const struct store_write *item = &work->batch.items[i];
        if (!item->replace && store_has(&store, item->name))
            continue;
        batch_add(&fresh, item->name, item->data, item->length, item->mode, item->replace);
        strings_add(written, item->name);
    }
    good = good && store_commit_keeping(&store, &fresh, time(NULL), kept, err);
    batch_free(&fresh);
    store_close(&store);
    return good;
}

/* What stood there stays beside it. */
static bool keep_config(const char *config, struct strings *kept, struct error *err)
{
    struct buffer old = {0};
    char stamp[32];
    bool taken = false;
    if (access(config, F_OK) != 0)
        return true;
    clock_compact(time(NULL), stamp);
    char *name = xformat("%s.%s.bak", config, stamp);
    bool good =
        file_read(config, &old, err) && file_place(name, old.data, old.length, 0644, &taken, err);
    if (good)
        strings_add(kept, name);
    buffer_free(&old);
    free(name);
    return good;
}

bool op_adopt_write(const struct adopt *adopt, const char *config, struct strings *written,
                    struct strings *kept, struct error *err)
{
    if (!write_store(adopt->work, written, kept, err))
        return false;
    if (!adopt->work->options->force)
        return deployment_create(config, &adopt->text, err);
    return keep_config(config, kept, err) &&
           file_replace(config, str_text(&adopt->text), adopt->text.length, 0644, err);
}
