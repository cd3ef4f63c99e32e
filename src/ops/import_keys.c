#include "base/mem.h"
#include "ops/importing.h"
#include "store/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Private keys that are no identity's: those that come with their certificate, and those that the
 * store has kept. */

enum { SPARES_MAX = 512 };

static bool is_open_private(const struct object *object)
{
    return object->kind == OBJECT_KEY && object->key->is_private && !object->key->encrypted;
}

static bool same_id(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, KEY_ID_BYTES) == 0;
}

/* The first open private key of that id among what was handed in. */
static bool find_key(const struct import_work *work, const unsigned char *id, size_t *source,
                     size_t *number)
{
    for (size_t i = 0; i < work->sources.count; i++) {
        const struct pki_file *file = &work->sources.items[i].pki;
        for (size_t j = 0; j < file->count; j++) {
            if (!is_open_private(&file->objects[j]) || !same_id(file->objects[j].key->id, id))
                continue;
            *source = i;
            *number = j;
            return true;
        }
    }
    return false;
}

static bool has_names_of(const struct identity *identity, const struct cert *cert)
{
    struct strings sans = {0};
    names_full_san(&identity->names, &sans);
    bool all = sans.count > 0;
    for (size_t i = 0; i < sans.count && all; i++) {
        const char *colon = strchr(sans.items[i], ':');
        all = strings_has_nocase(&cert->sans, sans.items[i]) ||
              (colon && cert_has_name(cert, colon + 1));
    }
    strings_free(&sans);
    return all;
}

const struct identity *import_namesake(const struct facts *facts, const struct cert *cert)
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++) {
        const struct identity *identity = &facts->deployment.identities[i];
        const char *cn = identity->names.attributes[ATTR_CN];
        if (cn && strcasecmp(cn, cert->cn) == 0 && has_names_of(identity, cert))
            return identity;
    }
    return NULL;
}

/* Its key has a certificate in place: another key asks for --force. */
static bool is_in_use(const struct facts *facts, const struct identity *identity)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    if (!files.key || !files.leaf)
        return false;
    const struct key *key = pki_first_key(&files.key->pki);
    return !key || key->encrypted || same_id(key->id, files.leaf->key_id);
}

/* What is in place lasts longer: another key for this one would be a step back. */
static bool has_later(const struct facts *facts, const struct identity *identity,
                      const struct cert *cert)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    return is_in_use(facts, identity) && files.leaf->not_after >= cert->not_after;
}

static bool may_take_key(const struct identity *identity)
{
    return !*identity->key_at && !identity->signs && strcmp(identity->signer, "self") != 0;
}

static void list_fits(const struct facts *facts, const struct cert *cert,
                      const struct identity *owner, struct import_pair *pair)
{
    const struct deployment *deployment = &facts->deployment;
    if (owner && may_take_key(owner) && !has_later(facts, owner, cert))
        strings_add(&pair->fits, owner->name);
    for (int used = 0; used < 2; used++)
        for (size_t i = 0; i < deployment->identity_count; i++) {
            const struct identity *identity = &deployment->identities[i];
            if (may_take_key(identity) && is_in_use(facts, identity) == used &&
                !has_later(facts, identity, cert) && has_names_of(identity, cert))
                strings_add_new(&pair->fits, identity->name);
        }
    if (pair->fits.count)
        pair->force = is_in_use(facts, deployment_identity(deployment, pair->fits.items[0]));
}

/* NAME.key.20260102T030405Z.bak was the key of the identity with NAME.key. */
static const struct identity *former_owner(const struct deployment *deployment, const char *file)
{
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        size_t length = strlen(identity->key_file);
        if (length && strncmp(file, identity->key_file, length) == 0 && file[length] == '.')
            return identity;
    }
    return NULL;
}

static bool is_key_file(const struct deployment *deployment, const char *file)
{
    for (size_t i = 0; i < deployment->identity_count; i++)
        if (strcmp(deployment->identities[i].key_file, file) == 0)
            return true;
    return false;
}

static void add_spares(const struct deployment *deployment, const char *name,
                       const struct pki_file *file, struct import_work *work)
{
    for (size_t i = 0; i < file->count; i++) {
        if (!is_open_private(&file->objects[i]))
            continue;
        work->spares = grow(work->spares, work->spare_count, sizeof *work->spares);
        struct spare *spare = &work->spares[work->spare_count++];
        spare->file = xstrdup(name);
        spare->owner = former_owner(deployment, name);
        memcpy(spare->id, file->objects[i].key->id, KEY_ID_BYTES);
    }
}

static void list_bak(const struct store *store, struct strings *out)
{
    int fd = openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && text_ends(entry->d_name, ".bak") &&
            strstr(entry->d_name, ".key."))
            strings_add(out, entry->d_name);
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    strings_sort(out);
}

/* The keys that were replaced once, newest first: the scan passes them by. */
static void read_bak(const struct facts *facts, struct import_work *work)
{
    struct store store;
    struct strings names = {0};
    if (!store_open(facts->store_path, false, &store, NULL))
        return;
    list_bak(&store, &names);
    for (size_t i = names.count; i-- > 0 && names.count - i <= SPARES_MAX;) {
        struct buffer data = {0};
        struct pki_file file = {0};
        if (store_read(&store, names.items[i], &data, NULL)) {
            pki_parse(data.data, data.length, NULL, &file);
            add_spares(&facts->deployment, names.items[i], &file, work);
            pki_file_free(&file);
        }
        buffer_free(&data);
    }
    strings_free(&names);
    store_close(&store);
}

static void read_spares(const struct facts *facts, struct import_work *work)
{
    if (work->spares_read)
        return;
    work->spares_read = true;
    for (size_t i = 0; i < facts->scan.count; i++)
        if (!is_key_file(&facts->deployment, facts->scan.files[i].name))
            add_spares(&facts->deployment, facts->scan.files[i].name, &facts->scan.files[i].pki,
                       work);
    read_bak(facts, work);
}

static const struct spare *find_spare(const struct facts *facts, struct import_work *work,
                                      const unsigned char *id)
{
    read_spares(facts, work);
    for (size_t i = 0; i < work->spare_count; i++)
        if (same_id(work->spares[i].id, id))
            return &work->spares[i];
    return NULL;
}

size_t import_pair_with(const struct import *import, const unsigned char key_id[KEY_ID_BYTES])
{
    for (size_t i = 0; i < import->pair_count; i++)
        if (same_id(import->work->pair_keys[i], key_id))
            return i + 1;
    return 0;
}

static void pair_up(const struct facts *facts, const struct found *leaf, struct import *import)
{
    struct import_work *work = import->work;
    size_t source = 0, number = 0;
    bool came_along = find_key(work, leaf->cert->key_id, &source, &number);
    const struct spare *spare = came_along ? NULL : find_spare(facts, work, leaf->cert->key_id);
    if (!came_along && !spare)
        return;
    work->pair_keys = grow(work->pair_keys, import->pair_count, sizeof *work->pair_keys);
    work->pair_keys[import->pair_count] = leaf->cert->key_id;
    import->pairs = grow(import->pairs, import->pair_count, sizeof *import->pairs);
    struct import_pair *pair = &import->pairs[import->pair_count++];
    pair->extra = spare ? path_join(facts->store_path, spare->file) : NULL;
    pair->key_file = spare ? xstrdup(spare->file)
                           : xformat("%s #%zu", work->sources.items[source].path, number + 1);
    pair->cert_file = xformat("%s #%d", work->sources.items[leaf->source].path, leaf->number);
    pair->name = xstrdup(import_name(leaf->cert));
    pair->former = spare && spare->owner;
    if (leaf->cert->not_after > facts->at)
        list_fits(facts, leaf->cert, spare ? spare->owner : NULL, pair);
}

static bool is_anyones(const struct facts *facts, const struct import_work *work,
                       const struct cert *cert)
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++)
        if (import_fits(facts, work, &facts->deployment.identities[i], cert->key_id))
            return true;
    return false;
}

void import_pair_up(const struct facts *facts, struct import *import)
{
    const struct import_work *work = import->work;
    for (size_t i = 0; i < work->found_count; i++) {
        const struct found *found = &work->found[i];
        if (!found->cert->is_ca && !is_anyones(facts, work, found->cert) &&
            !import_pair_with(import, found->cert->key_id))
            pair_up(facts, found, import);
    }
}

void import_pair_free(struct import_pair *pair)
{
    free(pair->key_file);
    free(pair->cert_file);
    free(pair->extra);
    free(pair->name);
    strings_free(&pair->fits);
}

/* The certificate of a key that came along. */
static const struct cert *cert_of(const struct import_work *work, const unsigned char *id)
{
    for (size_t i = 0; i < work->found_count; i++)
        if (same_id(work->found[i].cert->key_id, id))
            return work->found[i].cert;
    return NULL;
}

struct key_search {
    const struct key *paired, *fitting, *alone;
    size_t paired_count, fitting_count;
    bool locked;
};

static void search_keys(const struct import_work *work, const struct identity *identity,
                        struct key_search *out)
{
    for (size_t i = 0; i < work->sources.count; i++) {
        const struct import_source *source = &work->sources.items[i];
        out->locked = out->locked || source->locked || source->pki.locked;
        for (size_t j = 0; j < source->pki.count; j++) {
            const struct object *object = &source->pki.objects[j];
            size_t first_source, first;
            if (!is_open_private(object) ||
                !find_key(work, object->key->id, &first_source, &first) || first_source != i ||
                first != j)
                continue;
            const struct cert *cert = cert_of(work, object->key->id);
            if (!cert) {
                out->alone = object->key;
                continue;
            }
            out->paired = object->key;
            out->paired_count++;
            if (has_names_of(identity, cert)) {
                out->fitting = object->key;
                out->fitting_count++;
            }
        }
    }
}

static bool refuse_keys(const struct key_search *search, const struct identity *identity,
                        struct error *err)
{
    if (search->paired_count > 1)
        return error_set(err, STATUS_NO, identity->name,
                         "name the files of one pair, and the folder with its CAs by --ca-folder",
                         "--as: %zu private keys came with their certificates, and which one is "
                         "meant is not clear",
                         search->paired_count);
    if (search->locked)
        return error_set(err, STATUS_NO, identity->name, "give its password by --password-file",
                         "--as: the private key is locked by a password");
    if (search->alone)
        return error_set(err, STATUS_NO, identity->name,
                         "name the file with its certificate as well",
                         "--as: a private key came, but no certificate of that key");
    return error_set(err, STATUS_NO, identity->name,
                     "name the file with the key as well; where the key is in place already, "
                     "import without --as",
                     "--as takes a private key with its certificate, and no private key came");
}

static bool check_identity(const struct identity *identity, struct error *err)
{
    if (*identity->key_at)
        return error_set(err, STATUS_NO, identity->name,
                         "take key-at out of deployment.conf first, if its key is to be here",
                         "--as: its key is on %s and never leaves it", identity->key_at);
    return true;
}

bool import_take_key(const struct facts *facts, const struct import_options *options,
                     struct import_work *work, struct error *err)
{
    if (!options->as)
        return true;
    struct strings names = {0};
    const struct identity **chosen;
    size_t count;
    strings_add(&names, options->as);
    bool good = choose_identities(&facts->deployment, &names, &chosen, &count, err);
    const struct identity *identity = good ? chosen[0] : NULL;
    strings_free(&names);
    free(chosen);
    if (!good || !check_identity(identity, err))
        return false;
    struct key_search search = {0};
    search_keys(work, identity, &search);
    const struct key *key = search.paired_count == 1    ? search.paired
                            : search.fitting_count == 1 ? search.fitting
                                                        : NULL;
    if (!key)
        return refuse_keys(&search, identity, err);
    struct identity_files files;
    facts_files(facts, identity, &files);
    const struct key *old = files.key ? pki_first_key(&files.key->pki) : NULL;
    work->taking = (struct taking){
        .identity = identity,
        .key = key,
        .is_new = !old || old->encrypted || !same_id(old->id, key->id),
    };
    return true;
}
