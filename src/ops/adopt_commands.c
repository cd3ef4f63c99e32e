/* What to type on servers that run, so that adopt knows them. */
#include "base/mem.h"
#include "ops/adopting.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>

static void add_displays(const struct catalogue *catalogue, const char *release, struct str *out)
{
    struct strings all = {0};
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct component *component = &catalogue->components[i];
        for (size_t k = 0; k < component->form_count; k++)
            if (!release || (release_in(&component->release, release) &&
                             release_in(&component->forms[k].release, release)))
                strings_add_new(&all, component->forms[k].line);
    }
    for (size_t i = 0; i < all.count; i++)
        str_addf(out, "%s\n", all.items[i]);
    strings_free(&all);
}

/* The files that displays name, but keys. */
static void public_files(const struct speaker *speaker, struct strings *out)
{
    for (size_t i = 0; i < speaker->shown_count; i++) {
        const struct shown *shown = &speaker->shown[i];
        for (size_t k = 0; k < shown->values.paths.count; k++) {
            const char *value = shown->values.values.items[k];
            if (!text_ends(shown->values.paths.items[k], ".key") && name_is_certificate(value) &&
                !strchr(value, ' ') && !strchr(value, '/'))
                strings_add_new(out, value);
        }
    }
    for (size_t i = 0; i < speaker->listed.count; i++)
        if (text_ends(speaker->listed.items[i], ".csr"))
            strings_add_new(out, speaker->listed.items[i]);
    strings_sort(out);
}

void op_adopt_commands(const struct catalogue *catalogue, const struct adopt *read, struct str *out)
{
    str_add(out, "# Log a session on each server, and type there (that it does not know a\n"
                 "# command is an answer, too):\nversion\npki list\n");
    add_displays(catalogue, read ? read->release : NULL, out);
    if (!read) {
        str_add(out,
                "\n# Fetch its public files with sftp -b into a folder called like the server.\n"
                "# .pem and .der may be keys: adopt --commands LOG names what is in use.\n"
                "-get *.crt\n-get *.cer\n-get *.csr\n");
        return;
    }
    for (size_t i = 0; i < read->work->speaker_count; i++) {
        const struct speaker *speaker = &read->work->speakers[i];
        struct strings files = {0};
        public_files(speaker, &files);
        str_addf(out, "\n# Fetch from %s, with sftp -b, into the folder %s:\n", speaker->name,
                 speaker->prompt);
        for (size_t k = 0; k < files.count; k++)
            str_addf(out, "-get %s\n", files.items[k]);
        str_addf(out, "\n# Or, where SFTP is closed, type on %s:\n", speaker->name);
        for (size_t k = 0; k < files.count; k++)
            if (!text_ends(files.items[k], ".csr"))
                str_addf(out, "pki inspect %s\n", files.items[k]);
        strings_free(&files);
    }
}
