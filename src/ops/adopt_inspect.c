/* What pki inspect says of a certificate that was not fetched (guide 4.8 shows the form). */
#include "base/mem.h"
#include "ops/adopting.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What stands behind the label on its line; NULL: another line. */
static const char *behind(const char *line, const char *label)
{
    line += strspn(line, " ");
    if (!text_starts(line, label))
        return NULL;
    line += strlen(label);
    return line + strspn(line, " ");
}

/* "O=Example, Inc., CN=x" and "O = Example, CN = x": a part begins with a word and an equals sign.
 */
static size_t part_length(const char *name)
{
    for (const char *at = name; (at = strstr(at, ", ")); at += 2) {
        size_t word =
            strspn(at + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.0123456789");
        const char *behind_word = at + 2 + word + strspn(at + 2 + word, " ");
        if (word && *behind_word == '=')
            return (size_t)(at - name);
    }
    return strlen(name);
}

static void read_subject(const char *subject, struct names *out)
{
    for (const char *at = subject; *at;) {
        size_t length = part_length(at), word = strcspn(at, " =");
        const char *value = at + word + strspn(at + word, " =");
        for (int i = 0; i < ATTR_COUNT && word < length; i++)
            if (strlen(attribute_names[i]) == word &&
                strncasecmp(at, attribute_names[i], word) == 0 && !out->attributes[i])
                out->attributes[i] = xstrndup(value, length - (size_t)(value - at));
        at += length;
        at += strspn(at, ", ");
    }
}

static void read_sans(const char *line, struct names *out)
{
    static const char *const types[] = {"DNS:", "IP Address:", "email:", "URI:"};
    struct strings entries = {0};
    strings_split(&entries, line, ',');
    for (size_t i = 0; i < entries.count; i++)
        for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
            const char *value = behind(entries.items[i], types[k]);
            if (value && *value)
                strings_add_new(&out->sans, value);
        }
    strings_free(&entries);
}

/* Upper-case hex without colons, as certificates that were fetched have it; "4660 (0x1234)" too. */
static char *serial_of(const char *text)
{
    const char *hex = strstr(text, "(0x");
    struct str out = {0};
    for (const char *at = hex ? hex + 3 : text; *at && *at != ')'; at++)
        if (isxdigit((unsigned char)*at))
            str_add_char(&out, (char)toupper((unsigned char)*at));
    if (out.length % 2) {
        char *even = xformat("0%s", str_text(&out));
        str_free(&out);
        return even;
    }
    return str_take(&out);
}

static void replace(char **text, char *with)
{
    free(*text);
    *text = with;
}

/* The first certificate of what was printed. */
static void read_certificate(const struct said *said, struct inspected *out)
{
    for (size_t i = 0; i < said->lines.count; i++) {
        const char *line = said->lines.items[i];
        const char *next = i + 1 < said->lines.count ? said->lines.items[i + 1] : "";
        const char *value;
        if ((value = behind(line, "Serial Number:")) && !*out->serial)
            replace(&out->serial, serial_of(*value ? value : next));
        else if ((value = behind(line, "Issuer:")) && !*out->issuer)
            replace(&out->issuer, xstrdup(value));
        else if ((value = behind(line, "Not After :")) && !*out->ends)
            replace(&out->ends, xstrdup(value));
        else if ((value = behind(line, "Subject:")) && !*out->subject)
            replace(&out->subject, xstrdup(value));
        else if (behind(line, "X509v3 Subject Alternative Name:") && !out->names.sans.count)
            read_sans(next, &out->names);
        else if (behind(line, "Certificate:") && *out->subject)
            break;
    }
    read_subject(out->subject, &out->names);
}

void speaker_inspect(struct speaker *speaker)
{
    static const char command[] = "pki inspect ";
    for (size_t i = 0; i < speaker->said_count; i++) {
        const struct said *said = &speaker->said[i];
        if (!text_starts(said->command, command))
            continue;
        struct inspected found = {.subject = xstrdup(""),
                                  .issuer = xstrdup(""),
                                  .serial = xstrdup(""),
                                  .ends = xstrdup("")};
        found.file = xstrdup(said->command + strlen(command));
        read_certificate(said, &found);
        if (!*found.subject || !*found.serial) {
            inspected_free(&found);
            continue;
        }
        speaker->inspected =
            grow(speaker->inspected, speaker->inspected_count, sizeof *speaker->inspected);
        speaker->inspected[speaker->inspected_count++] = found;
    }
}

const struct inspected *speaker_inspected(const struct speaker *speaker, const char *name)
{
    for (size_t i = speaker->inspected_count; i--;)
        if (strcmp(speaker->inspected[i].file, name) == 0)
            return &speaker->inspected[i];
    return NULL;
}

void inspected_free(struct inspected *inspected)
{
    char *texts[] = {inspected->file, inspected->subject, inspected->issuer, inspected->serial,
                     inspected->ends};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    names_free(&inspected->names);
}
