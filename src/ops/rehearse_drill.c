/* One fault on one server, for somebody to find: a file that is not what its name says. */
#include "base/mem.h"
#include "ops/rehearsing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Every fault that can be planted; of them one is. */
struct faults {
    struct drill *items;
    size_t count;
};

static void add(struct faults *faults, const char *server, const char *file, struct str *content,
                char *answer)
{
    faults->items = grow(faults->items, faults->count, sizeof *faults->items);
    faults->items[faults->count++] = (struct drill){.server = xstrdup(server),
                                                    .file = xstrdup(file),
                                                    .content = str_take(content),
                                                    .answer = answer};
}

void drill_free(struct drill *drill)
{
    free(drill->server);
    free(drill->file);
    free(drill->content);
    free(drill->answer);
    *drill = (struct drill){0};
}

/* The certificate of another identity under this one's name. */
static void add_mismatch(const struct facts *facts, const char *server,
                         const struct identity *identity, struct faults *faults)
{
    const struct deployment *d = &facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *other = scan_cert(&facts->scan, d->identities[i].certificate_file);
        struct str content = {0};
        if (&d->identities[i] == identity || !other)
            continue;
        cert_pem(other, &content);
        add(faults, server, identity->certificate_file, &content,
            xformat("KEY-MATCH: %s on %s holds the certificate of %s", identity->certificate_file,
                    server, d->identities[i].name));
        return;
    }
}

/* The bundle without its root. */
static void add_cut(const struct facts *facts, const char *server, const struct identity *identity,
                    struct faults *faults)
{
    const struct store_file *bundle = scan_find(&facts->scan, identity->bundle_file);
    struct str content = {0};
    if (!bundle || pki_cert_count(&bundle->pki) < 2)
        return;
    for (size_t i = 0; i + 1 < bundle->pki.count; i++)
        if (bundle->pki.objects[i].kind == OBJECT_CERT)
            cert_pem(bundle->pki.objects[i].cert, &content);
    add(faults, server, identity->bundle_file, &content,
        xformat("BUNDLE-NO-ROOT: %s on %s stops below its root", identity->bundle_file, server));
}

/* A trust's file that holds somebody else's certificate. */
static void add_stale(const struct facts *facts, const struct trust *trust, struct faults *faults)
{
    const struct deployment *d = &facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *other = scan_cert(&facts->scan, d->identities[i].certificate_file);
        bool meant = false;
        for (size_t j = 0; j < trust->need->target_count; j++)
            meant |= trust->need->targets[j].identity == &d->identities[i];
        struct str content = {0};
        if (meant || !other || trust->given || !text_ends(trust->file, "-trust.crt"))
            continue;
        cert_pem(other, &content);
        add(faults, trust->reader->server->name, trust->file, &content,
            xformat("TRUST-STALE: %s on %s, by which %s trusts, holds the certificate of %s alone",
                    trust->file, trust->reader->server->name, trust->reader->name,
                    d->identities[i].name));
        return;
    }
}

static bool is_uploaded(const struct play *play, const char *server, const char *file)
{
    for (size_t i = 0; i < play->count; i++)
        if (strcmp(play->steps[i].server, server) == 0 && strings_has(&play->steps[i].upload, file))
            return true;
    return false;
}

static void collect(const struct rehearsal *rehearsal, struct faults *faults)
{
    const struct facts *facts = rehearsal->facts;
    for (size_t s = 0; s < facts->deployment.server_count; s++)
        for (size_t i = 0; i < facts->deployment.identity_count; i++) {
            const char *server = facts->deployment.servers[s].name;
            const struct identity *identity = &facts->deployment.identities[i];
            if (is_uploaded(&rehearsal->play, server, identity->key_file) &&
                is_uploaded(&rehearsal->play, server, identity->certificate_file))
                add_mismatch(facts, server, identity, faults);
            if (is_uploaded(&rehearsal->play, server, identity->bundle_file))
                add_cut(facts, server, identity, faults);
        }
    for (size_t i = 0; i < facts->trusts.count; i++)
        if (is_uploaded(&rehearsal->play, facts->trusts.items[i].reader->server->name,
                        facts->trusts.items[i].file))
            add_stale(facts, &facts->trusts.items[i], faults);
}

bool drill_choose(const struct rehearsal *rehearsal, struct drill *out, struct error *err)
{
    struct faults faults = {0};
    struct timespec now;
    collect(rehearsal, &faults);
    if (!faults.count)
        return error_set(err, STATUS_NO, rehearsal->folder, "certwright plan --all",
                         "the plan uploads nothing that a fault could be planted in");
    clock_gettime(CLOCK_REALTIME, &now);
    size_t chosen = ((size_t)now.tv_nsec / 1000 + (size_t)getpid()) % faults.count;
    *out = faults.items[chosen];
    for (size_t i = 0; i < faults.count; i++)
        if (i != chosen)
            drill_free(&faults.items[i]);
    free(faults.items);
    return true;
}
