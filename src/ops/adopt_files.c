/* What was fetched from servers, and the key pairs that it shows. */
#include "base/mem.h"
#include "ops/adopting.h"
#include "store/name.h"
#include "store/scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A folder called after the server, else the one for all. */
static char *folder_of(const struct adopting *work, const struct speaker *speaker)
{
    const char *names[] = {speaker->prompt, speaker->name};
    for (size_t i = 0; i < 2; i++) {
        char *path = path_join(work->options->files, names[i]);
        if (is_folder(path))
            return path;
        free(path);
    }
    return xstrdup(work->options->files);
}

bool adopt_files(struct adopting *work, struct error *err)
{
    if (!work->options->files)
        return true;
    if (!is_folder(work->options->files))
        return error_set(err, STATUS_NO, work->options->files,
                         "give the folder that the fetched files lie in", "it is no folder");
    for (size_t i = 0; i < work->speaker_count; i++) {
        struct speaker *speaker = &work->speakers[i];
        speaker->folder = folder_of(work, speaker);
        for (size_t k = 0; k < i && !speaker->files; k++)
            if (strcmp(work->speakers[k].folder, speaker->folder) == 0)
                speaker->files = work->speakers[k].files;
        if (speaker->files)
            continue;
        speaker->files = xcalloc(1, sizeof *speaker->files);
        if (!scan_store(speaker->folder, speaker->files, err))
            return false;
    }
    return true;
}

const struct store_file *speaker_file(const struct speaker *speaker, const char *name)
{
    return speaker->files && *name ? scan_find(speaker->files, name) : NULL;
}

char *file_content(const struct pki_file *file)
{
    struct strings ids = {0};
    for (size_t i = 0; i < file->count; i++) {
        const struct cert *cert = file->objects[i].cert;
        char hex[2 * sizeof cert->id + 1] = "";
        for (size_t k = 0; cert && k < sizeof cert->id; k++)
            for (size_t half = 0; half < 2; half++)
                hex[2 * k + half] = "0123456789abcdef"[half ? cert->id[k] & 15 : cert->id[k] >> 4];
        if (cert)
            strings_add_new(&ids, hex);
    }
    strings_sort(&ids);
    char *all = strings_join(&ids, " ");
    strings_free(&ids);
    return all;
}

static const char unknown[] = "?"; /* content that nobody fetched */

static bool may_be_same(const char *a, const char *b)
{
    return strcmp(a, unknown) == 0 || strcmp(b, unknown) == 0 || strcmp(a, b) == 0;
}

/* owner: whose file it is, of an identity; "": a trust's, which may be an identity's as well. */
static bool is_taken(const struct adopting *work, const char *name, const char *content,
                     const char *owner)
{
    for (size_t i = 0; i < work->name_count; i++) {
        const struct named *named = &work->names[i];
        if (strcasecmp(named->name, name) != 0)
            continue;
        bool another = *owner && *named->owner && strcmp(owner, named->owner) != 0;
        if (another || strcmp(named->name, name) != 0 || !may_be_same(named->content, content))
            return true;
    }
    return false;
}

/* source: the file with that content; NULL. */
static const char *take(struct adopting *work, const char *name, const char *content,
                        const char *owner, char *source)
{
    struct named *named = NULL;
    for (size_t i = 0; i < work->name_count; i++)
        if (strcmp(work->names[i].name, name) == 0)
            named = &work->names[i];
    if (!named) {
        work->names = grow(work->names, work->name_count, sizeof *work->names);
        named = &work->names[work->name_count++];
        *named = (struct named){xstrdup(name), xstrdup(content), xstrdup(owner), NULL};
    }
    if (strcmp(named->content, unknown) == 0) {
        free(named->content);
        named->content = xstrdup(content);
    }
    if (!*named->owner) {
        free(named->owner);
        named->owner = xstrdup(owner);
    }
    if (named->source)
        free(source);
    else
        named->source = source;
    return named->name;
}

/* What a server calls so goes under that name, or, where something else has it, with the server's
 * in front. */
static const char *take_for(struct adopting *work, const struct speaker *speaker, const char *name,
                            const char *content, const char *owner)
{
    char *source = speaker_file(speaker, name) ? path_join(speaker->folder, name) : NULL;
    if (!is_taken(work, name, content, owner))
        return take(work, name, content, owner, source);
    char *other = xformat("%s-%s", speaker->name, name);
    for (size_t n = 2; is_taken(work, other, content, owner); n++) {
        free(other);
        other = xformat("%s-%zu-%s", speaker->name, n, name);
    }
    const char *taken = take(work, other, content, owner, source);
    bool fetched = strcmp(content, unknown) != 0;
    adopt_guess(work, "%s of %s is called %s here: %s", name, speaker->name, taken,
                fetched ? "something else has that name already"
                        : "whether it is another server's is not known till certificates are here");
    free(other);
    return taken;
}

static char *content_of(const struct speaker *speaker, const char *name)
{
    const struct store_file *file = speaker_file(speaker, name);
    char *content = file ? file_content(&file->pki) : xstrdup(unknown);
    if (*content)
        return content;
    free(content);
    return xstrdup(unknown);
}

const char *adopt_store_name(struct adopting *work, const struct speaker *speaker, const char *name)
{
    char *content = content_of(speaker, name);
    const char *taken = take_for(work, speaker, name, content, "");
    free(content);
    return taken;
}

/* A name for an identity: letters, digits and hyphens of the key's file. Free it. */
static char *base_of(const char *key)
{
    struct str out = {0};
    size_t length = strcspn(key, ".");
    for (size_t i = 0; i < length; i++)
        if (isalnum((unsigned char)key[i]) || (out.length && key[i] == '-'))
            str_add_char(&out, key[i]);
        else if (out.length)
            str_add_char(&out, '-');
    while (out.length && out.data[out.length - 1] == '-')
        out.data[--out.length] = '\0';
    if (!out.length)
        str_add(&out, "identity");
    return str_take(&out);
}

static bool is_free(const struct adopting *work, const char *name)
{
    for (size_t i = 0; i < work->identity_count; i++)
        if (work->identities[i]->name && strcasecmp(work->identities[i]->name, name) == 0)
            return false;
    return true;
}

/* The standard names of its files must be free as well, or its own. */
static char *identity_name(const struct adopting *work, const struct identity_found *identity)
{
    char *base = base_of(identity->key_name);
    for (size_t n = 0;; n++) {
        char *name = !n       ? xstrdup(base)
                     : n == 1 ? xformat("%s-%s", identity->first->name, base)
                              : xformat("%s-%s-%zu", identity->first->name, base, n);
        if (is_free(work, name)) {
            free(base);
            return name;
        }
        free(name);
    }
}

/* The four files of a slot as the display has them; "" none. */
struct slot_files {
    const char *key, *certificate, *bundle, *fullchain;
};

static const char *slot_value(const struct shown *shown, const struct slot *slot, const char *part)
{
    char *path = xformat("%s.%s", slot->name, part);
    const char *value = shown_value(shown, path);
    free(path);
    return value ? value : "";
}

static struct slot_files files_of(const struct shown *shown, const struct slot *slot)
{
    return (struct slot_files){
        slot_value(shown, slot, "key"), slot_value(shown, slot, "certificate"),
        slot_value(shown, slot, "bundle"), slot_value(shown, slot, "fullchain")};
}

static const struct cert *leaf_of(const struct speaker *speaker, const struct slot_files *files)
{
    const struct store_file *file =
        speaker_file(speaker, *files->certificate ? files->certificate : files->fullchain);
    return file ? pki_first_cert(&file->pki) : NULL;
}

static bool same_cert(const struct cert *a, const struct cert *b)
{
    return a && b && memcmp(a->id, b->id, sizeof a->id) == 0;
}

/* Fetched or inspected, as one; NULL where nothing is known. */
static const struct inspected *told_of(const struct speaker *speaker,
                                       const struct slot_files *files)
{
    return speaker_inspected(speaker, *files->certificate ? files->certificate : files->fullchain);
}

static bool same_told(const struct inspected *a, const struct inspected *b)
{
    return a && b && strcmp(a->serial, b->serial) == 0 && strcmp(a->issuer, b->issuer) == 0;
}

const struct names *found_names(const struct identity_found *identity)
{
    return identity->leaf ? &identity->leaf->names : identity->told ? &identity->told->names : NULL;
}

/* On one server a key's file is one key; on others it is the same where the certificate is. */
static struct identity_found *find(const struct adopting *work, const struct speaker *speaker,
                                   const struct slot_files *files, const struct cert *leaf)
{
    for (size_t i = 0; i < work->identity_count; i++) {
        struct identity_found *identity = work->identities[i];
        const char *certificate = *files->certificate ? files->certificate : files->fullchain;
        bool same_key = strcmp(identity->key_name, files->key) == 0;
        if (!*files->key)
            same_key = strcmp(identity->certificate_name, certificate) == 0;
        if (same_key && (identity->first == speaker || same_cert(identity->leaf, leaf) ||
                         same_told(identity->told, told_of(speaker, files))))
            return identity;
    }
    return NULL;
}

static struct identity_found *add(struct adopting *work, const struct speaker *speaker,
                                  const struct slot_files *files)
{
    struct identity_found *identity = xcalloc(1, sizeof *identity);
    work->identities = grow(work->identities, work->identity_count, sizeof *work->identities);
    work->identities[work->identity_count++] = identity;
    identity->first = speaker;
    identity->key_name = xstrdup(files->key);
    identity->certificate_name =
        xstrdup(*files->certificate ? files->certificate : files->fullchain);
    char **none[] = {&identity->key, &identity->certificate, &identity->bundle,
                     &identity->fullchain};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        *none[i] = xstrdup("");
    if (!*identity->key_name) {
        free(identity->key_name);
        identity->key_name = xstrdup(identity->certificate_name);
    }
    identity->name = identity_name(work, identity);
    return identity;
}

/* From 3.0 on a service takes certificate and chain as one file, which then is both. */
static const char *one_file(const struct adopting *work, const char *what)
{
    char from[] = "3.0", until[] = "";
    const struct release one = {.from = from, .until = until};
    return release_in(&one, work->out->release) && strcmp(what, "fullchain") == 0 ? "certificate"
                                                                                  : what;
}

/* One of its files gets its name in the store, once. */
static void name_file(struct adopting *work, const struct speaker *speaker,
                      const struct identity_found *identity, const char *what, const char *name,
                      char **out)
{
    if (!*name || **out)
        return;
    /* What belongs to one identity is no other's, even where it is the same chain. */
    char *owner = xformat("%s of %s", one_file(work, what), identity->name);
    char *content = content_of(speaker, name);
    const char *taken = take_for(work, speaker, name, content, owner);
    free(*out);
    *out = xstrdup(taken);
    free(content);
    free(owner);
}

static bool takes(const struct slot *slot, const char *what)
{
    return strings_has(&slot->takes, what);
}

/* A CA whose key no server has is named as what a service trusts. One that does not sign itself is
 * an outside CA's, and stays a file that the service names. */
static void find_root(const struct speaker *speaker, const struct shown *shown,
                      const struct slot *slot, struct slot_files *files)
{
    const char *named = shown_value(shown, slot->name);
    if (takes(slot, "key") || !named || !*named || !component_trust(shown->component, slot->name))
        return;
    const struct store_file *file = speaker_file(speaker, named);
    const struct cert *root = file ? pki_first_cert(&file->pki) : NULL;
    if (!file || (root && root->self_issued && pki_cert_count(&file->pki) == 1))
        files->certificate = named;
}

static void use(struct adopting *work, const struct speaker *speaker, const struct shown *shown,
                size_t slot_number)
{
    const struct slot *slot = &shown->component->slots[slot_number];
    struct slot_files files = files_of(shown, slot);
    find_root(speaker, shown, slot, &files);
    if (!*files.key && !*files.certificate && !*files.fullchain)
        return;
    const struct cert *leaf = leaf_of(speaker, &files);
    struct identity_found *identity = find(work, speaker, &files, leaf);
    if (!identity) {
        identity = add(work, speaker, &files);
        identity->shown = shown;
        identity->slot = slot;
    }
    shown->identities[slot_number] = identity;
    strings_add_new(&identity->servers, speaker->name);
    if (!identity->told)
        identity->told = told_of(speaker, &files);
    if (!identity->leaf)
        identity->leaf = leaf;
    else if (leaf && !same_cert(identity->leaf, leaf))
        adopt_open(work,
                   "%s: %s and %s are certificates of one key, %s: one of them is in use "
                   "by mistake, or the older",
                   speaker->name, identity->certificate_name,
                   *files.certificate ? files.certificate : files.fullchain, files.key);
    name_file(work, speaker, identity, "key", files.key, &identity->key);
    name_file(work, speaker, identity, "certificate", files.certificate, &identity->certificate);
    name_file(work, speaker, identity, "bundle", files.bundle, &identity->bundle);
    name_file(work, speaker, identity, "fullchain", files.fullchain, &identity->fullchain);
    const char *chain = *files.bundle ? files.bundle : files.fullchain;
    const struct store_file *file = speaker_file(speaker, chain);
    if (!identity->chain && file)
        identity->chain = &file->pki;
}

/* The catalogue's word where the certificate was not fetched: another slot's identity. */
static const struct identity_found *likely_signer(const struct identity_found *identity)
{
    for (size_t i = 0; i < identity->slot->signer_count; i++)
        for (size_t k = 0; k < identity->shown->component->slot_count; k++)
            if (strcmp(identity->slot->signers[i].name,
                       identity->shown->component->slots[k].name) == 0)
                return identity->shown->identities[k];
    return NULL;
}

/* The same by what pki inspect printed. Free it. */
static char *signer_told(const struct adopting *work, const struct identity_found *identity)
{
    const struct inspected *told = identity->told;
    const struct identity_found *signer = likely_signer(identity);
    if (told && strcmp(told->subject, told->issuer) == 0)
        return xstrdup("self");
    for (size_t i = 0; told && i < work->identity_count; i++)
        if (work->identities[i]->told && work->identities[i] != identity &&
            strcmp(work->identities[i]->told->subject, told->issuer) == 0)
            return xstrdup(work->identities[i]->name);
    return xstrdup(signer && !told ? signer->name : *identity->key ? "internal" : "self");
}

/* Who signed it: itself, another identity, or a CA, whose marks tell a public one. */
static void find_signer(const struct adopting *work, struct identity_found *identity)
{
    const struct cert *leaf = identity->leaf;
    if (!leaf) {
        identity->signer = signer_told(work, identity);
        return;
    }
    if (leaf->self_issued) {
        identity->signer = xstrdup("self");
        return;
    }
    for (size_t i = 0; i < work->identity_count; i++) {
        const struct identity_found *other = work->identities[i];
        if (other != identity && other->leaf && cert_issued_by(leaf, other->leaf)) {
            identity->signer = xstrdup(other->name);
            return;
        }
    }
    identity->signer = xstrdup(cert_is_public(leaf) ? "public" : "internal");
}

static const char *issuer_of(const struct identity_found *identity)
{
    bool outside =
        strcmp(identity->signer, "public") == 0 || strcmp(identity->signer, "internal") == 0;
    return !outside         ? NULL
           : identity->leaf ? identity->leaf->issuer
           : identity->told ? identity->told->issuer
                            : NULL;
}

/* A guess for each CA, with all that it signed. */
static void tell_signers(struct adopting *work)
{
    for (size_t i = 0; i < work->identity_count; i++) {
        const struct identity_found *first = work->identities[i];
        struct strings names = {0};
        bool told = false;
        for (size_t k = 0; issuer_of(first) && k < work->identity_count; k++) {
            const struct identity_found *other = work->identities[k];
            if (!issuer_of(other) || strcmp(issuer_of(first), issuer_of(other)) != 0)
                continue;
            told = told || k < i;
            strings_add(&names, other->name);
        }
        strings_sort(&names);
        char *list = strings_fold(&names, ", ");
        if (names.count && !told)
            adopt_guess(work, "%s is taken to be %s: it signed %s", issuer_of(first),
                        strcmp(first->signer, "public") == 0 ? "a public CA" : "a CA of yours",
                        list);
        free(list);
        strings_free(&names);
    }
}

void adopt_identities(struct adopting *work)
{
    for (size_t i = 0; i < work->speaker_count; i++)
        for (size_t k = 0; k < work->speakers[i].shown_count; k++) {
            struct shown *shown = &work->speakers[i].shown[k];
            shown->identities =
                xcalloc(shown->component->slot_count + 1, sizeof *shown->identities);
            for (size_t s = 0; s < shown->component->slot_count; s++)
                if (release_in(&shown->component->slots[s].release, work->out->release))
                    use(work, &work->speakers[i], shown, s);
        }
    for (size_t i = 0; i < work->identity_count; i++)
        find_signer(work, work->identities[i]);
    tell_signers(work);
}
