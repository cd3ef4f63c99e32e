#include "base/file.h"
#include "base/mem.h"
#include "ops/importing.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tray_item *item_add(struct tray *tray)
{
    tray->items = grow(tray->items, tray->count, sizeof *tray->items);
    return &tray->items[tray->count++];
}

void tray_add_path(struct tray *tray, const char *path)
{
    for (size_t i = 0; i < tray->count; i++)
        if (tray->items[i].path && strcmp(tray->items[i].path, path) == 0)
            return;
    item_add(tray)->path = xstrdup(path);
}

void tray_add_text(struct tray *tray, const char *text)
{
    for (size_t i = 0; i < tray->count; i++)
        if (tray->items[i].text && strcmp(tray->items[i].text, text) == 0)
            return;
    item_add(tray)->text = xstrdup(text);
}

static void item_free(struct tray_item *item)
{
    if (item->text)
        wipe(item->text, strlen(item->text));
    free(item->text);
    free(item->path);
}

void tray_drop(struct tray *tray, size_t item)
{
    if (item >= tray->count)
        return;
    item_free(&tray->items[item]);
    tray->count--;
    memmove(&tray->items[item], &tray->items[item + 1], (tray->count - item) * sizeof *tray->items);
}

void tray_free(struct tray *tray)
{
    for (size_t i = 0; i < tray->count; i++)
        item_free(&tray->items[i]);
    free(tray->items);
    *tray = (struct tray){0};
}

/* The file: PEM, each certificate below a line that says where it came from. Only certificates are
 * ever in it: no key, no password. */
static const char head[] =
    "# Certificates that wait for another one of their CA: certwright import takes them up\n"
    "# when it comes. Nothing is lost with this file but that.\n";
static const char from[] = "# from ";

static char *tray_path(const struct facts *facts)
{
    const char *config = facts->deployment.path, *base = path_base(config);
    char *folder = xstrndup(config, (size_t)(base - config));
    char *path = xformat("%s%s", folder, TRAY_FILE);
    free(folder);
    return path;
}

/* A certificate with where it came from, the line above it. */
static void read_block(const char *label, const char *block, size_t length,
                       struct import_sources *out)
{
    struct pki_file file;
    pki_parse((const unsigned char *)block, length, NULL, &file);
    if (file.count != 1 || file.objects[0].kind != OBJECT_CERT) {
        pki_file_free(&file);
        return;
    }
    out->items = grow(out->items, out->count, sizeof *out->items);
    struct import_source *source = &out->items[out->count++];
    source->path = xstrdup(label);
    source->pki = file;
    source->kept = true;
}

void sources_kept(const struct facts *facts, struct import_sources *out)
{
    char *path = tray_path(facts), *label = xstrdup(TRAY_FILE);
    struct buffer data = {0};
    const char *begin = NULL;
    if (file_read(path, &data, NULL))
        for (const char *line = (const char *)data.data; *line;) {
            size_t length = strcspn(line, "\n");
            if (text_starts(line, from)) {
                free(label);
                label = xstrndup(line + strlen(from), length - strlen(from));
            } else if (text_starts(line, "-----BEGIN")) {
                begin = line;
            } else if (text_starts(line, "-----END") && begin) {
                read_block(label, begin, (size_t)(line - begin) + length, out);
                begin = NULL;
            }
            line += length + (line[length] == '\n');
        }
    buffer_free(&data);
    free(label);
    free(path);
}

struct keeping {
    struct str text;
    struct pool kept;
};

static void keep(struct keeping *keeping, const struct import_work *work, const struct found *found)
{
    if (!pool_add(&keeping->kept, found->cert))
        return;
    str_add(&keeping->text, from);
    for (const char *at = work->sources.items[found->source].path; *at; at++)
        str_add_char(&keeping->text, iscntrl((unsigned char)*at) ? '?' : *at);
    str_add_char(&keeping->text, '\n');
    cert_pem(found->cert, &keeping->text);
}

/* The certificate, and those above it that were handed in. */
static void keep_choice(struct keeping *keeping, const struct import_work *work,
                        const struct choice *choice)
{
    for (size_t i = 0; i < choice->chain.count; i++) {
        const struct found *found = found_first(work, choice->chain.certs[i]);
        if (found)
            keep(keeping, work, found);
    }
}

/* It waits from an earlier time, and nothing that came since has made it needless. */
static bool waits_still(const struct facts *facts, const struct import *import,
                        const struct cert *cert)
{
    if (is_ca_cert(cert) || cert->not_after <= facts->at)
        return false;
    for (size_t i = 0; i < facts->deployment.identity_count; i++) {
        const struct identity *identity = &facts->deployment.identities[i];
        struct identity_files files;
        if (!identity_has_key(facts, identity, cert->key_id))
            continue;
        facts_files(facts, identity, &files);
        for (size_t j = 0; j < import->identity_count; j++)
            if (import->work->choices[j].identity == identity && import->identities[j].take &&
                import->work->choices[j].leaf->not_after >= cert->not_after)
                return false;
        return !files.leaf || files.leaf->not_after < cert->not_after;
    }
    return true; /* its key was replaced, and lies aside: only a person drops it */
}

/* What waits from an earlier time: the certificates, and the CAs on their paths. */
static void keep_earlier(struct keeping *keeping, const struct facts *facts,
                         const struct import *import)
{
    const struct import_work *work = import->work;
    for (size_t i = 0; i < work->found_count; i++) {
        const struct found *found = &work->found[i];
        if (!work->sources.items[found->source].kept || !waits_still(facts, import, found->cert))
            continue;
        struct choice choice = {.leaf = found->cert};
        chain_build(found->cert, work->pool.certs, work->pool.count, facts->at, &choice.chain);
        keep_choice(keeping, work, &choice);
    }
}

static bool save(const struct facts *facts, const struct str *blocks, struct error *err)
{
    char *path = tray_path(facts);
    struct str text = {0};
    bool good;
    if (blocks->length) {
        str_add(&text, head);
        str_add_bytes(&text, blocks->data, blocks->length);
        good = file_replace(path, text.data, text.length, 0644, err);
    } else {
        good = unlink(path) == 0 || errno == ENOENT || error_system(err, path, "cannot be removed");
    }
    str_free(&text);
    free(path);
    return good;
}

bool tray_keep(const struct facts *facts, const struct import *import, struct error *err)
{
    struct keeping keeping = {0};
    for (size_t i = 0; i < import->identity_count; i++)
        if (import->identities[i].waits && !import->identities[i].take)
            keep_choice(&keeping, import->work, &import->work->choices[i]);
    keep_earlier(&keeping, facts, import);
    bool good = save(facts, &keeping.text, err);
    str_free(&keeping.text);
    pool_free(&keeping.kept);
    return good;
}

bool tray_forget(const struct facts *facts, const char *identity, struct error *err)
{
    const struct identity *dropped = deployment_identity(&facts->deployment, identity);
    struct import_sources kept = {0};
    struct str text = {0};
    sources_kept(facts, &kept);
    bool leaves = false;
    for (size_t i = 0; i < kept.count; i++) {
        const struct cert *cert = kept.items[i].pki.objects[0].cert;
        if (dropped && identity_has_key(facts, dropped, cert->key_id))
            continue;
        leaves = leaves || !is_ca_cert(cert);
        str_addf(&text, "%s%s\n", from, kept.items[i].path);
        cert_pem(cert, &text);
    }
    if (!leaves)
        str_clear(&text);
    bool good = save(facts, &text, err);
    str_free(&text);
    sources_free(&kept);
    return good;
}
