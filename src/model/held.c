#include "model/held.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>

/* A file that the servers hold otherwise than the store has it. */
struct held_file {
    char *name;
    const struct journal_entry *entry; /* the journal kept it; NULL: it follows from the rest: */
    size_t place;
    struct str text;
};

/* Where it stands among them by name, or belongs. */
static size_t place_of(const struct held *held, const char *name)
{
    size_t low = 0, high = held->file_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(held->files[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct held_file *file_of(const struct held *held, const char *name)
{
    size_t at = place_of(held, name);
    return at < held->file_count && strcmp(held->files[at].name, name) == 0 ? &held->files[at]
                                                                            : NULL;
}

static struct held_file *file_add(struct held *held, const char *name)
{
    struct held_file *file = file_of(held, name);
    if (file) {
        str_clear(&file->text);
        file->entry = NULL;
        return file;
    }
    size_t at = place_of(held, name);
    held->files = grow(held->files, held->file_count, sizeof *held->files);
    file = &held->files[at];
    memmove(file + 1, file, (held->file_count++ - at) * sizeof *file);
    *file = (struct held_file){.name = xstrdup(name)};
    return file;
}

/* The first entry from that number on that touched the file: what it was before is what is held.
 * NULL: none did, and what lies there is. */
static const struct journal_entry *first_touch(const struct journal *journal, unsigned from,
                                               const char *name, size_t *place)
{
    for (size_t i = 0; i < journal->count; i++) {
        const struct journal_entry *entry = &journal->entries[i];
        if (entry->number < from)
            continue;
        *place = journal_place(entry, name);
        if (*place < entry->count)
            return entry;
    }
    return NULL;
}

/* Puts a file as it was before that entry into the scan. */
static bool restore(struct held *held, const struct store *store, struct scan *scan, unsigned from,
                    const char *name, struct error *err)
{
    size_t place;
    const struct journal_entry *entry = first_touch(held->journal, from, name, &place);
    const struct held_file *earlier = file_of(held, name); /* of another one that shares it */
    if (!entry || (earlier && earlier->entry && earlier->entry->number <= entry->number))
        return true;
    if (!entry->files[place].was) {
        scan_drop(scan, name);
        return true;
    }
    struct buffer old;
    if (!journal_old(store, entry, place, &old, err))
        return false;
    scan_put(scan, name, entry->files[place].was_mode, old.data, old.length);
    buffer_free(&old);
    struct held_file *file = file_add(held, name);
    file->entry = entry;
    file->place = place;
    return true;
}

static bool is_known(const struct held *held, const struct facts *facts, const struct cert *cert,
                     const struct held_identity *item)
{
    const char *const names[] = {item->identity->certificate_file, item->identity->bundle_file};
    const struct scan *const scans[] = {&held->facts->scan, &facts->scan};
    for (size_t i = 0; i < 4; i++) {
        const struct store_file *file = scan_find(scans[i / 2], names[i % 2]);
        for (size_t j = 0; file && j < file->pki.count; j++)
            if (file->pki.objects[j].kind == OBJECT_CERT &&
                cert_same(file->pki.objects[j].cert, cert))
                return true;
    }
    return false;
}

static void add_since(const struct held *held, const struct facts *facts, const struct buffer *old,
                      struct held_identity *item)
{
    struct pki_file file;
    pki_parse(old->data, old->length, NULL, &file);
    for (size_t i = 0; i < file.count; i++) {
        if (file.objects[i].kind != OBJECT_CERT ||
            is_known(held, facts, file.objects[i].cert, item))
            continue;
        struct str pem = {0};
        cert_pem(file.objects[i].cert, &pem);
        if (!strstr(str_text(&item->since), str_text(&pem)))
            str_add(&item->since, str_text(&pem));
        str_free(&pem);
    }
    pki_file_free(&file);
}

/* What was in place for a while after the first import: some server may hold it already. */
static bool gather_since(const struct held *held, const struct store *store,
                         const struct facts *facts, unsigned first, struct held_identity *item,
                         struct error *err)
{
    const char *const names[] = {item->identity->certificate_file, item->identity->bundle_file};
    for (size_t i = 0; i < held->journal->count; i++) {
        const struct journal_entry *entry = &held->journal->entries[i];
        for (size_t n = 0; entry->number > first && n < 2; n++) {
            struct buffer old;
            size_t place = journal_place(entry, names[n]);
            if (place == entry->count || !entry->files[place].was)
                continue;
            if (!journal_old(store, entry, place, &old, err))
                return false;
            add_since(held, facts, &old, item);
            buffer_free(&old);
        }
    }
    return true;
}

static const struct renewal *imported(const struct facts *facts, const struct identity *identity)
{
    const struct renewal *renewal = renewals_open(&facts->renewals, identity->name);
    return renewal && renewal->first ? renewal : NULL;
}

/* Their files as they were, key included; and where the first began. */
static bool restore_identities(struct held *held, const struct store *store,
                               const struct facts *facts, struct scan *scan, struct error *err)
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++) {
        const struct identity *identity = &facts->deployment.identities[i];
        const struct renewal *renewal = imported(facts, identity);
        if (!renewal)
            continue;
        const struct journal_entry *first = journal_entry(held->journal, renewal->first);
        if (!first) {
            char *remedy = xformat("certwright renew --done %s, when it is installed; certwright "
                                   "plan --all writes everything",
                                   identity->name);
            error_set(err, STATUS_NO, identity->name, remedy,
                      "its renewal is open, and the journal of the store has lost what the servers "
                      "hold");
            free(remedy);
            return false;
        }
        const char *const names[] = {identity->key_file, identity->certificate_file,
                                     identity->bundle_file, identity->fullchain_file};
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            if (!restore(held, store, scan, renewal->first, names[n], err))
                return false;
        held->identities = grow(held->identities, held->count, sizeof *held->identities);
        held->identities[held->count++] = (struct held_identity){.identity = identity};
        if (!held->since || first->at < held->since)
            held->since = first->at;
    }
    return true;
}

static unsigned first_import(const struct facts *facts)
{
    unsigned first = 0;
    for (size_t i = 0; i < facts->deployment.identity_count; i++) {
        const struct renewal *renewal = imported(facts, &facts->deployment.identities[i]);
        if (renewal && (!first || renewal->first < first))
            first = renewal->first;
    }
    return first;
}

/* Files of trusts that the user named, as they were before the first of the imports. */
static bool restore_given(struct held *held, const struct store *store, const struct facts *facts,
                          struct scan *scan, struct error *err)
{
    unsigned first = first_import(facts);
    for (size_t i = 0; i < facts->trusts.count; i++) {
        const struct trust *trust = facts->trusts.by_file[i];
        bool again = i && strcmp(facts->trusts.by_file[i - 1]->file, trust->file) == 0;
        const struct renewal *list = renewals_open(&facts->renewals, trust->file);
        unsigned from = list && list->first < first ? list->first : first;
        if (trust->given && !again && !file_of(held, trust->file) &&
            !restore(held, store, scan, from, trust->file, err))
            return false;
    }
    return true;
}

static bool is_identity_file(const struct deployment *deployment, const char *name)
{
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        if (strcmp(identity->certificate_file, name) == 0 ||
            strcmp(identity->bundle_file, name) == 0 || strcmp(identity->fullchain_file, name) == 0)
            return true;
    }
    return false;
}

/* The other trust files follow from what is held. */
static void derive_trusts(struct held *held)
{
    struct facts *facts = held->facts;
    const struct trust *last = NULL;
    for (size_t i = 0; i < facts->trusts.count; i++) {
        const struct trust *trust = facts->trusts.by_file[i];
        struct str content = {0};
        if (trust->given || (last && strcmp(last->file, trust->file) == 0))
            continue;
        last = trust;
        if (!is_identity_file(&facts->deployment, trust->file) &&
            trust_content(&facts->deployment, &facts->scan, trust->need, &content)) {
            scan_put(&facts->scan, trust->file, 0644, content.data, content.length);
            str_add(&file_add(held, trust->file)->text, str_text(&content));
        }
        str_free(&content);
    }
}

static bool compare_identities(struct held *held, const struct store *store,
                               const struct facts *facts, struct error *err)
{
    for (size_t i = 0; i < held->count; i++) {
        struct held_identity *item = &held->identities[i];
        const struct cert *was = scan_cert(&held->facts->scan, item->identity->certificate_file);
        const struct cert *is = scan_cert(&facts->scan, item->identity->certificate_file);
        item->new_key = was && is && memcmp(was->key_id, is->key_id, KEY_ID_BYTES) != 0;
        unsigned first = renewals_open(&facts->renewals, item->identity->name)->first;
        if (!gather_since(held, store, facts, first, item, err))
            return false;
    }
    return true;
}

static bool gather(struct held *held, const struct store *store, const struct facts *facts,
                   struct error *err)
{
    struct scan scan;
    bool good =
        journal_read(store, held->journal, err) && scan_store(facts->store_path, &scan, err);
    if (!good)
        return false;
    good = restore_identities(held, store, facts, &scan, err) &&
           restore_given(held, store, facts, &scan, err);
    if (good) {
        held->facts = facts_over(facts, &scan);
        good = held->facts || error_set(err, STATUS_NO, facts->deployment.path, "try again",
                                        "was changed while it was read");
    }
    if (good) {
        for (size_t i = 0; i < held->facts->deployment.identity_count; i++) {
            struct identity *identity = &held->facts->deployment.identities[i];
            facts_former_key(identity, renewals_open(&facts->renewals, identity->name));
        }
        derive_trusts(held);
        good = compare_identities(held, store, facts, err);
    }
    scan_free(&scan);
    return good;
}

static bool is_needed(const struct facts *facts)
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++)
        if (imported(facts, &facts->deployment.identities[i]))
            return true;
    return false;
}

bool held_gather(const struct facts *facts, struct held **out, struct error *err)
{
    *out = NULL;
    if (!is_needed(facts))
        return true;
    struct held *held = xcalloc(1, sizeof *held);
    held->journal = xcalloc(1, sizeof *held->journal);
    held->store = xcalloc(1, sizeof *held->store);
    bool good = store_open(facts->store_path, false, held->store, err);
    if (!good) {
        free(held->store);
        held->store = NULL;
    }
    good = good && gather(held, held->store, facts, err);
    if (good)
        *out = held;
    else
        held_free(held);
    return good;
}

void held_free(struct held *held)
{
    if (!held)
        return;
    for (size_t i = 0; i < held->count; i++)
        str_free(&held->identities[i].since);
    for (size_t i = 0; i < held->file_count; i++) {
        free(held->files[i].name);
        str_free(&held->files[i].text);
    }
    free(held->files);
    free(held->identities);
    facts_free(held->facts);
    journal_free(held->journal);
    free(held->journal);
    if (held->store)
        store_close(held->store);
    free(held->store);
    free(held);
}

const struct held_identity *held_find(const struct held *held, const struct identity *identity)
{
    for (size_t i = 0; held && i < held->count; i++)
        if (held->identities[i].identity == identity)
            return &held->identities[i];
    return NULL;
}

bool held_read(const struct held *held, const char *name, struct buffer *out, struct error *err)
{
    const struct held_file *file = file_of(held, name);
    *out = (struct buffer){0};
    if (file && !file->entry) {
        *out = (struct buffer){.data = xmemdup(str_text(&file->text), file->text.length + 1),
                               .length = file->text.length,
                               .mode = 0644};
        return true;
    }
    return file ? journal_old(held->store, file->entry, file->place, out, err)
                : store_read(held->store, name, out, err);
}

bool held_kept(const struct held *held, const char *name)
{
    const struct held_file *file = file_of(held, name);
    return file && file->entry;
}

bool held_list(const struct facts *facts, const char *name, struct pki_file *out)
{
    const struct renewal *open = renewals_open(&facts->renewals, name);
    struct store store;
    struct journal journal = {0};
    *out = (struct pki_file){0};
    if (!open || !renewal_is_list(open) || !store_open(facts->store_path, false, &store, NULL))
        return false;
    struct buffer old = {0};
    bool good = journal_read(&store, &journal, NULL);
    const struct journal_entry *entry = good ? journal_entry(&journal, open->first) : NULL;
    size_t place = entry ? journal_place(entry, name) : 0;
    good = entry && place < entry->count && entry->files[place].was &&
           journal_old(&store, entry, place, &old, NULL);
    if (good)
        pki_parse(old.data, old.length, NULL, out);
    buffer_free(&old);
    journal_free(&journal);
    store_close(&store);
    return good;
}

char *held_ending(const struct held *held)
{
    enum { TOLD = 12 };
    struct str text = {0};
    str_add(&text, "certwright renew --done");
    for (size_t i = 0; i < held->count && held->count <= TOLD; i++)
        str_addf(&text, " %s", held->identities[i].identity->name);
    if (held->count > TOLD)
        str_addf(&text, " with the %zu names that stand behind it in RUNBOOK.md", held->count);
    return str_take(&text);
}
