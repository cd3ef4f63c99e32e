#include "base/mem.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>

static bool read_all(const struct strings *paths, const char *text,
                     const struct import_options *options, struct import_work *work,
                     struct error *err)
{
    for (size_t i = 0; i < paths->count; i++)
        if (!sources_read(paths->items[i], options->password, &work->sources, err))
            return false;
    if (text)
        sources_text(text, options->password, &work->sources);
    if (!options->ca_folder || sources_read(options->ca_folder, NULL, &work->cas, err))
        return true;
    error_wrap(err, "--ca-folder: ");
    return false;
}

bool op_import_look(const struct facts *facts, const struct strings *paths, const char *text,
                    const struct import_options *options, struct import *out, struct error *err)
{
    *out = (struct import){.work = xcalloc(1, sizeof *out->work)};
    if (!read_all(paths, text, options, out->work, err)) {
        import_free(out);
        return false;
    }
    out->file_count = out->work->sources.count;
    for (size_t i = 0; i < out->file_count; i++)
        out->locked = out->locked || out->work->sources.items[i].locked ||
                      out->work->sources.items[i].pki.locked;
    import_sort(facts, options, out->work);
    import_report(facts, options, out);
    return true;
}

bool op_import_write(const struct facts *facts, const struct import *import,
                     struct strings *written, struct error *err)
{
    struct new_certificate *items = xcalloc(import->identity_count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < import->identity_count; i++) {
        const struct choice *choice = &import->work->choices[i];
        if (import->identities[i].take)
            items[count++] =
                (struct new_certificate){choice->identity, choice->leaf_pem, choice->chain_pem};
    }
    bool good = op_certify(facts, items, count, written, err);
    free(items); /* the texts stay the choices' */
    return good;
}

static void work_free(struct import_work *work)
{
    for (size_t i = 0; i < work->choice_count; i++) {
        str_free(&work->choices[i].leaf_pem);
        str_free(&work->choices[i].chain_pem);
    }
    free(work->choices);
    free(work->found);
    pool_free(&work->pool);
    sources_free(&work->sources);
    sources_free(&work->cas);
    free(work);
}

void import_free(struct import *import)
{
    for (size_t i = 0; i < import->object_count; i++) {
        struct import_object *object = &import->objects[i];
        free(object->file);
        free(object->what);
        free(object->target);
        free(object->why);
    }
    for (size_t i = 0; i < import->identity_count; i++) {
        struct import_identity *identity = &import->identities[i];
        free(identity->identity);
        free(identity->certificate);
        free(identity->bundle);
        free(identity->fullchain);
        strings_free(&identity->lost);
        strings_free(&identity->gained);
        strings_free(&identity->impact);
        free(identity->problem);
        free(identity->remedy);
        free(identity->old_end);
        free(identity->new_end);
    }
    for (size_t i = 0; i < import->missing_count; i++) {
        free(import->missing[i].identity);
        free(import->missing[i].issuer);
        free(import->missing[i].aia);
    }
    free(import->objects);
    free(import->identities);
    free(import->missing);
    if (import->work)
        work_free(import->work);
    *import = (struct import){0};
}
