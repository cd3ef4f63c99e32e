#include "mmp/notes.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is odd about a file that was read nevertheless: content decides, and where the name says
 * something else, or other readers would stumble over the text, that is said. */

/* What an extension stands for (guide app. B): kinds, the name of a new file, encoding. */
static const struct meaning {
    const char *extension;
    unsigned kinds; /* 1 << enum pki_kind */
    const char *words;
} meanings[] = {
    {".crt", 1 << PKI_CERTIFICATE | 1 << PKI_BUNDLE, "a certificate"},
    {".cer", 1 << PKI_CERTIFICATE | 1 << PKI_BUNDLE, "a certificate"},
    {".pem", 1 << PKI_CERTIFICATE | 1 << PKI_BUNDLE | 1 << PKI_PRIVATE_KEY | 1 << PKI_PUBLIC_KEY,
     "a certificate or key in PEM"},
    {".der", 1 << PKI_CERTIFICATE | 1 << PKI_BUNDLE | 1 << PKI_PRIVATE_KEY | 1 << PKI_PUBLIC_KEY,
     "a certificate or key in DER"},
    {".key", 1 << PKI_PRIVATE_KEY, "a private key"},
    {".csr", 1 << PKI_CSR, "a request"},
    {".p7b", 1 << PKI_PKCS7, "PKCS#7"},
    {".p7c", 1 << PKI_PKCS7, "PKCS#7"},
    {".p12", 1 << PKI_PKCS12, "PKCS#12"},
    {".pfx", 1 << PKI_PKCS12, "PKCS#12"},
    {".pub", 1 << PKI_SSH_PUBLIC_KEY | 1 << PKI_PUBLIC_KEY | 1 << PKI_PKCS12, "a public key"},
};

static const struct meaning *find_meaning(const char *name)
{
    const char *extension = name_extension(name);
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcasecmp(extension, meanings[i].extension) == 0)
            return &meanings[i];
    return NULL;
}

static const char *usual_extension(enum pki_kind kind)
{
    static const char *const usual[] = {
        [PKI_CERTIFICATE] = ".crt",    [PKI_BUNDLE] = ".crt", [PKI_PRIVATE_KEY] = ".key",
        [PKI_PUBLIC_KEY] = ".pem",     [PKI_CSR] = ".csr",    [PKI_PKCS12] = ".p12",
        [PKI_SSH_PUBLIC_KEY] = ".pub", [PKI_PKCS7] = ".p7b",
    };
    return usual[kind];
}

const char *kind_phrase(enum pki_kind kind)
{
    static const char *const phrases[] = {
        [PKI_UNKNOWN] = "nothing recognisable",     [PKI_CERTIFICATE] = "a certificate",
        [PKI_BUNDLE] = "a certificate bundle",      [PKI_PRIVATE_KEY] = "a private key",
        [PKI_PUBLIC_KEY] = "a public key",          [PKI_CSR] = "a certificate request",
        [PKI_PKCS12] = "a PKCS#12 container",       [PKI_PKCS7] = "a PKCS#7 container",
        [PKI_SSH_PUBLIC_KEY] = "an SSH public key",
    };
    return phrases[kind];
}

void notes_add(struct notes *notes, const char *place, const char *remedy, const char *format, ...)
{
    char message[sizeof((struct error *)NULL)->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    notes->items = grow(notes->items, notes->count, sizeof *notes->items);
    error_set(&notes->items[notes->count++], STATUS_OK, place, remedy, "%s", message);
}

void notes_free(struct notes *notes)
{
    free(notes->items);
    *notes = (struct notes){0};
}

static void note_name(struct notes *notes, const char *name, const struct pki_file *file)
{
    const struct meaning *meaning = find_meaning(name);
    if (!meaning || file->kind == PKI_UNKNOWN)
        return;
    bool is_der = strcasecmp(meaning->extension, ".der") == 0;
    bool wrong_form =
        (is_der && file->pem) || (strcasecmp(meaning->extension, ".pem") == 0 && !file->pem);
    bool right_kind = meaning->kinds & 1u << file->kind;
    if (right_kind && !wrong_form)
        return;
    const char *base = path_base(name), *extension = name_extension(base);
    bool keeps_form = right_kind && wrong_form;
    char *remedy = xformat("%.*s%s would say so", (int)(extension - base), base,
                           keeps_form ? file->pem ? ".pem" : ".der" : usual_extension(file->kind));
    notes_add(notes, name, remedy, "%s%s, though the name says %s", kind_phrase(file->kind),
              keeps_form ? file->pem ? " in PEM" : " in DER" : "", meaning->words);
    free(remedy);
}

void notes_unread(struct notes *notes, const char *name, const struct pki_file *file)
{
    if (file->problem)
        notes_add(notes, name, "", "%s", file->problem);
}

void notes_file(struct notes *notes, const char *name, const struct pki_file *file)
{
    struct strings texts = {0};
    note_name(notes, name, file);
    pki_text_notes(file, &texts);
    for (size_t i = 0; i < texts.count; i++)
        notes_add(notes, name, "", "%s", texts.items[i]);
    strings_free(&texts);
}
