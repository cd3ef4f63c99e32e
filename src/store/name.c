#include "store/name.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define BASE_MAX 200 /* NAME.key.20260102T030405Z.bak must still be a file name */

static const char *const certificate_extensions[] = {".pem", ".der", ".cer", ".crt", NULL};
static const char *const key_extensions[] = {".key", ".pem", ".der", NULL};
static const char *const bundle_extensions[] = {".pem", ".cer", ".crt", NULL};
static const char *const written_extensions[] = {".pem", ".der", ".cer", ".crt",
                                                 ".key", ".csr", ".pub", NULL};
static const char *const import_extensions[] = {".p7b", ".p7c", ".p12", ".pfx", NULL};

const char *name_extension(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot : name + strlen(name);
}

static bool is_among(const char *name, const char *const *extensions)
{
    const char *extension = name_extension(name);
    if (extension == name) /* ".key": a dot file */
        return false;
    for (; *extensions; extensions++)
        if (strcasecmp(extension, *extensions) == 0)
            return true;
    return false;
}

bool name_is_certificate(const char *name)
{
    return is_among(name, certificate_extensions);
}

bool name_is_key(const char *name)
{
    return is_among(name, key_extensions);
}

bool name_is_bundle(const char *name)
{
    return is_among(name, bundle_extensions);
}

bool name_is_pki(const char *name)
{
    return name[0] != '.' &&
           (is_among(name, written_extensions) || is_among(name, import_extensions));
}

static bool is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* Judges the first length bytes; place is what the message names. */
static bool check_base(const char *base, size_t length, const char *place, struct error *err)
{
    if (length == 0)
        return error_set(err, STATUS_NO, place, "use letters, digits and hyphens",
                         "the name is empty");
    if (length > BASE_MAX)
        return error_set(err, STATUS_NO, place, "choose a shorter one",
                         "the name has more than %d characters", BASE_MAX);
    if (base[0] == '-') /* it would be read as an option */
        return error_set(err, STATUS_NO, place, "begin with a letter or digit",
                         "the name begins with a hyphen");
    for (size_t i = 0; i < length; i++) {
        char byte = base[i];
        if (is_letter_or_digit(byte) || byte == '-')
            continue;
        if (byte == '_')
            return error_set(err, STATUS_NO, place, "use a hyphen instead",
                             "the appliance's names take no underscore (guide 3.1, A.1)");
        if (byte == '.')
            return error_set(err, STATUS_NO, place, "use a hyphen instead",
                             "the only dot is the one before the extension (guide 4.2)");
        if (byte == '/')
            return error_set(err, STATUS_NO, place, "name a file of the store, without a folder",
                             "a slash: the store has no folders");
        if (byte == ' ')
            return error_set(err, STATUS_NO, place, "use a hyphen instead",
                             "a blank at column %zu (guide 3.1)", i + 1);
        return error_set(err, STATUS_NO, place, "use letters, digits and hyphens (guide 3.1)",
                         "a character at column %zu that no name may have", i + 1);
    }
    return true;
}

bool name_check_base(const char *base, struct error *err)
{
    return check_base(base, strlen(base), base, err);
}

bool name_check_file(const char *name, struct error *err)
{
    const char *extension = name_extension(name);
    if (is_among(name, import_extensions))
        return error_set(err, STATUS_NO, name, "certwright import reads it from any other folder",
                         "the appliance does not accept this extension");
    if (!is_among(name, written_extensions))
        return error_set(err, STATUS_NO, name,
                         "use .key for a key, .csr for a request, .crt .cer .pem .der for "
                         "certificates (guide app. B)",
                         *extension ? "the appliance does not accept this extension"
                                    : "the name has no extension");
    return check_base(name, (size_t)(extension - name), name, err);
}
