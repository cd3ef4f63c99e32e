#include "plan/files.h"

#include "base/mem.h"
#include "plan/plan.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>

bool files_holds_key(const struct store_file *file)
{
    if (file->pki.kind == PKI_PKCS12)
        return true;
    for (size_t i = 0; i < file->pki.count; i++) {
        const struct object *object = &file->pki.objects[i];
        if (object->kind == OBJECT_KEY && (object->key->is_private || object->key->encrypted))
            return true;
    }
    return false;
}

static bool is_key_name(const struct deployment *deployment, const char *name)
{
    for (size_t i = 0; i < deployment->identity_count; i++)
        if (strcmp(deployment->identities[i].key_file, name) == 0)
            return true;
    return false;
}

bool file_is_private(const struct facts *facts, const char *name)
{
    const struct store_file *file = scan_find(&facts->scan, name);
    if (file && files_holds_key(file))
        return true;
    return name_is_key(name) && is_key_name(&facts->deployment, name);
}

void ca_keys_find(const struct facts *facts, struct ca_keys *out)
{
    struct strings signers = {0};
    *out = (struct ca_keys){0};
    for (size_t i = 0; i < facts->deployment.identity_count; i++)
        strings_add_new(&signers, facts->deployment.identities[i].signer);
    for (size_t i = 0; i < signers.count; i++) {
        const struct identity *ca = deployment_identity(&facts->deployment, signers.items[i]);
        if (!ca)
            continue;
        out->items = grow(out->items, out->count, sizeof *out->items);
        out->items[out->count++] = ca;
    }
    strings_free(&signers);
}

/* Known by its name, and by what it is should it be here under another. */
static bool is_ca_key(const struct facts *facts, const struct ca_keys *cas, const char *name)
{
    const struct store_file *file = scan_find(&facts->scan, name);
    const struct key *key = file ? pki_first_key(&file->pki) : NULL;
    for (size_t i = 0; i < cas->count; i++) {
        if (strcmp(cas->items[i]->key_file, name) == 0)
            return true;
        const struct cert *leaf = scan_cert(&facts->scan, cas->items[i]->certificate_file);
        if (key && !key->encrypted && leaf && memcmp(key->id, leaf->key_id, KEY_ID_BYTES) == 0)
            return true;
    }
    return false;
}

static void note(struct server_files *out, char *text)
{
    strings_add_new(&out->notes, text);
    free(text);
}

static void note_missing(struct server_files *out, const char *name)
{
    note(out, xformat("%s was not in the store when this was written: put it on the server by sftp "
                      "before you go on.",
                      name));
}

/* A bare name: sftp must not take it for a path, an option or a pattern. */
bool files_check_name(const char *name, struct error *err)
{
    if (*name && *name != '.' && *name != '-' && !strpbrk(name, "/:[]"))
        return value_check(name, "the file name", name, err);
    return error_set(err, STATUS_NO, name, "use letters, digits, hyphens and one dot",
                     "that file name cannot stand in a batch for sftp");
}

/* What the line on the appliance was, or is to be (key-at). */
static void note_key_there(const struct facts *facts, const struct identity *identity,
                           const struct server *server, struct server_files *out)
{
    const char *key = identity_key(identity);
    if (identity->key_in_use)
        note(out, xformat("%s stays in use: %s waits for its certificate, and no line names it "
                          "before that is imported.",
                          key, identity->key_file));
    if (strcmp(identity->key_at, server->name) != 0) {
        note(out,
             xformat("%s must lie on this appliance already, as it does on %s (key-at): it is not "
                     "here to upload.",
                     key, identity->key_at));
        return;
    }
    struct names names = {0};
    struct str line = {0};
    char *base = xstrndup(key, strcspn(key, "."));
    identity_request(identity, &names);
    names_line(&names, "csr", base, &line);
    if (scan_cert(&facts->scan, identity->certificate_file))
        note(out, xformat("%s was made on this appliance and stays there. It came of `%s`: never "
                          "type that line again, it would replace the key and stop the service.",
                          key, str_text(&line)));
    else
        note(out, xformat("%s is made on this appliance: type `%s`, fetch %s.csr by sftp, have it "
                          "signed and import the answer.",
                          key, str_text(&line), base));
    free(base);
    str_free(&line);
    names_free(&names);
}

static bool add_key(const struct facts *facts, const struct ca_keys *cas,
                    const struct server *server, const struct identity *identity,
                    struct server_files *out, struct error *err)
{
    const char *name = identity_key(identity);
    if (!files_check_name(name, err))
        return false;
    if (is_ca_key(facts, cas, name))
        note(out, xformat("%s is the key of a CA and is not uploaded: give the service a key of "
                          "its own.",
                          name));
    else if (strings_has(&identity->key_servers, server->name))
        note_key_there(facts, identity, server, out);
    else if (!scan_find(&facts->scan, name))
        note_missing(out, name);
    else
        strings_add_new(&out->upload, name);
    return true;
}

static bool add_public(const struct facts *facts, const char *name, struct server_files *out,
                       struct error *err)
{
    const struct store_file *file = scan_find(&facts->scan, name);
    if (strings_has(&out->upload, name))
        return true;
    if (!files_check_name(name, err))
        return false;
    if (!file)
        note_missing(out, name);
    else if (files_holds_key(file))
        return error_set(err, STATUS_NO, name, "keep the certificates alone in that file",
                         "it holds a private key, and would go where only certificates belong");
    else
        strings_add(&out->upload, name);
    return true;
}

/* The bundle; where there is none, a root that signed the leaf itself; what is signed by itself is
 * verified with itself. */
const char *files_anchor(const struct facts *facts, const struct identity *identity)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    if (strcmp(identity->signer, "self") == 0)
        return NULL;
    if (!files.bundle && files.leaf && files.leaf->self_signed)
        return NULL;
    const struct identity *signer =
        files.bundle ? NULL : deployment_identity(&facts->deployment, identity->signer);
    const struct cert *root = signer ? scan_cert(&facts->scan, signer->certificate_file) : NULL;
    return root && root->self_signed ? signer->certificate_file : identity->bundle_file;
}

static struct use *find_use(struct server_files *out, const struct identity *identity)
{
    for (size_t i = 0; i < out->use_count; i++)
        if (out->uses[i].identity == identity)
            return &out->uses[i];
    out->uses = grow(out->uses, out->use_count, sizeof *out->uses);
    struct use *use = &out->uses[out->use_count++];
    use->identity = identity;
    return use;
}

static bool names_hole(const struct strings *holes, const char *slot, const char *file)
{
    char *path = xformat("%s.%s", slot, file);
    bool named = strings_has(holes, path);
    free(path);
    return named;
}

void files_uses(const struct facts *facts, const struct service *service,
                const struct strings *holes, struct server_files *out)
{
    for (size_t i = 0; i < service->component->slot_count; i++) {
        const struct slot *slot = &service->component->slots[i];
        const struct identity *identity = service_identity(&facts->deployment, service, slot);
        if (!identity || !slot_used(&facts->deployment, service, slot))
            continue;
        bool key = names_hole(holes, slot->name, "key");
        bool certificate = names_hole(holes, slot->name, "certificate");
        bool fullchain = names_hole(holes, slot->name, "fullchain");
        if (!key && !certificate && !fullchain)
            continue;
        struct use *use = find_use(out, identity);
        use->key |= key;
        use->certificate |= certificate;
        use->fullchain |= fullchain;
        const struct trust *against =
            *slot->against ? trusts_find(&facts->trusts, service, slot->against) : NULL;
        if (use->key)
            use->anchor = against ? against->file : files_anchor(facts, identity);
    }
}

static bool add_trusts(const struct facts *facts, const struct service *service,
                       const struct procedure *procedure, struct server_files *out,
                       struct error *err)
{
    for (size_t i = 0; i < service->component->trust_count; i++) {
        const char *name = service->component->trusts[i].name;
        if (!strings_has(&procedure->holes, name))
            continue;
        const struct trust *trust = trusts_find(&facts->trusts, service, name);
        if (trust && !add_public(facts, trust->file, out, err))
            return false;
    }
    return true;
}

/* The files that a fact names: the CAs of SIP peers. */
static bool add_facts(const struct facts *facts, const struct procedure *procedure,
                      struct server_files *out, struct error *err)
{
    for (size_t i = 0; i < procedure->holes.count; i++) {
        const char *hole = procedure->holes.items[i];
        if (!text_ends(hole, "-file") || !deployment_knows_fact(&facts->deployment, hole))
            continue;
        const char *name = deployment_fact(&facts->deployment, hole);
        if (*name && !add_public(facts, name, out, err))
            return false;
    }
    return true;
}

static bool add_use(const struct facts *facts, const struct ca_keys *cas,
                    const struct server *server, const struct use *use, struct server_files *out,
                    struct error *err)
{
    const struct identity *identity = use->identity;
    return (!use->key || add_key(facts, cas, server, identity, out, err)) &&
           (!use->certificate || add_public(facts, identity->certificate_file, out, err)) &&
           (!use->anchor || add_public(facts, use->anchor, out, err)) &&
           (!use->fullchain || add_public(facts, identity->fullchain_file, out, err));
}

bool files_gather(const struct facts *facts, const struct ca_keys *cas, const struct server *server,
                  const struct procedure *procedures, struct server_files *out, struct error *err)
{
    *out = (struct server_files){0};
    for (size_t i = 0; i < server->service_count; i++)
        files_uses(facts, &server->services[i], &procedures[i].holes, out);
    bool good = true;
    for (size_t i = 0; good && i < out->use_count; i++)
        good = add_use(facts, cas, server, &out->uses[i], out, err);
    for (size_t i = 0; good && i < server->service_count; i++)
        good = add_trusts(facts, &server->services[i], &procedures[i], out, err) &&
               add_facts(facts, &procedures[i], out, err);
    if (!good)
        server_files_free(out);
    return good;
}

void server_files_free(struct server_files *files)
{
    free(files->uses);
    strings_free(&files->upload);
    strings_free(&files->notes);
    *files = (struct server_files){0};
}
