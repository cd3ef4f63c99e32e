#include "base/escape.h"
#include "base/mem.h"
#include "pki/decode.h"
#include "pki/reader.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an editor, a mail program or a broken copy has done to a file: said with the line where it
 * stands, so that a person finds it. */

enum { SHOWN_BYTES = 16, SEARCHED_BYTES = 1 << 16 };

size_t text_line(const char *text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == at || text[i + 1] != '\n')))
            line++;
    return line;
}

static bool is_base64_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '+' || byte == '/';
}

/* The first byte that no base64 has: not its alphabet, no white space, and no = but at the end. */
static size_t first_bad(const char *body, size_t length)
{
    size_t end = length;
    while (end && (isspace((unsigned char)body[end - 1]) || body[end - 1] == '='))
        end--;
    for (size_t i = 0; i < end; i++)
        if (!is_base64_byte(body[i]) && !isspace((unsigned char)body[i]))
            return i;
    return length;
}

/* Who writes such a thing. */
static const char *likely_cause(const char *bad, size_t left)
{
    if (*bad == '>' || *bad == '|')
        return "quoted by a mail program: save the attachment itself";
    if (*bad == '=' && left > 2 && isxdigit((unsigned char)bad[1]))
        return "quoted-printable of a mail: save the attachment itself";
    if (*bad == '=' && left > 1 && isspace((unsigned char)bad[1]))
        return "lines broken by a mail program: save the attachment itself";
    if (*bad == '<' || *bad == '&')
        return "HTML: save the file itself, not the page";
    if (*bad == '\\' && left > 1 && bad[1] != 'n' && bad[1] != 'r')
        return "a word processor's document (RTF): save it as plain text";
    if (*bad == '\\')
        return "line ends written as \\n, as in JSON: make them line ends";
    return NULL;
}

bool is_base64(const char *text, size_t length)
{
    return first_bad(text, length) == length;
}

void damage_base64(struct reader *reader, const char *body, size_t length, size_t line)
{
    size_t bad = first_bad(body, length);
    if (bad == length) {
        reader_problem(reader, "its base64 text is damaged: characters are missing at its end");
        return;
    }
    const char *cause = likely_cause(body + bad, length - bad);
    size_t next = 0;
    unsigned code;
    struct str shown = {0};
    utf8_next(body + bad, length - bad, &next, &code);
    escape_add(&shown, body + bad, next);
    reader_problem(reader, "its base64 text is damaged in line %zu by \"%s\"%s%s",
                   line + text_line(body, bad) - 1, str_text(&shown), cause ? ": " : "",
                   cause ? cause : "");
    str_free(&shown);
}

static bool is_of_ours(const char *label)
{
    return strstr(label, "CERTIFICATE") || strstr(label, "KEY") || strstr(label, "PKCS");
}

/* What in general, and where it was to be a certificate, why it is none. */
static void say_flaw(struct reader *reader, const char *general, const unsigned char *data,
                     size_t size)
{
    char *flaw = der_flaw(data, size);
    if (flaw && size > DECODE_BYTES_MAX)
        general = "too large for a certificate file";
    reader_problem(reader, "%s%s%s%s", general, flaw ? " (as a certificate: " : "",
                   flaw ? flaw : "", flaw ? ")" : "");
    free(flaw);
}

void damage_content(struct reader *reader, const char *label, const unsigned char *data,
                    size_t size)
{
    size_t announced = der_announced(data, size);
    if (strcmp(label, "OPENSSH PRIVATE KEY") == 0)
        reader_problem(reader,
                       "a key in OpenSSH's own form: make a copy of the file, and convert the "
                       "copy with ssh-keygen -p -m PKCS8 -f COPY");
    else if (strstr(label, "PGP"))
        reader_problem(reader, "PGP, not X.509: decrypt it, and take what comes out");
    else if (!is_of_ours(label))
        reader_problem(reader, "of an unknown kind");
    else if (announced > size)
        reader_problem(reader,
                       "its content is damaged: %zu of its %zu bytes are there, a line may lack",
                       size, announced);
    else
        say_flaw(reader, "its content is damaged, or of another kind", data, size);
}

/* Some letters of text, whatever their case; length where they are not in it. */
static size_t find_nocase(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= length; i++)
        if (strncasecmp(text + i, word, size) == 0)
            return i;
    return length;
}

/* A marker line whose hyphens or letters an editor has changed. */
static bool say_marker(struct reader *reader, const char *text, size_t length)
{
    static const char *const words[] = {"BEGIN CERTIFICATE",     "BEGIN TRUSTED CERTIFICATE",
                                        "BEGIN PKCS7",           "BEGIN NEW CERTIFICATE REQUEST",
                                        "BEGIN RSA PRIVATE KEY", "BEGIN EC PRIVATE KEY",
                                        "BEGIN PRIVATE KEY",     "BEGIN ENCRYPTED PRIVATE KEY",
                                        "BEGIN PUBLIC KEY"};
    length = length < SEARCHED_BYTES ? length : SEARCHED_BYTES;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t at = find_nocase(text, length, words[i]);
        if (at == length)
            continue;
        reader_problem(reader,
                       "the marker in line %zu is damaged: it must be -----%s-----, capitals "
                       "between five hyphens on either side",
                       text_line(text, at), words[i]);
        return true;
    }
    return false;
}

static bool say_end(struct reader *reader, const char *text, size_t length)
{
    size_t at = find_nocase(text, length, "-----END ");
    if (at < length)
        reader_problem(reader, "an END line in line %zu, whose BEGIN line lacks",
                       text_line(text, at));
    return at < length;
}

void damage_unknown(struct reader *reader, const unsigned char *data, size_t length)
{
    const char *text = (const char *)data;
    if (reader->file->problem)
        return;
    if (say_stranger(reader, data, length))
        return;
    size_t announced = der_announced(data, length);
    if (announced > length) {
        reader_problem(reader, "cut off: DER, of which %zu of %zu bytes are there", length,
                       announced);
        return;
    }
    if (*data == 0x30) {
        say_flaw(reader, "damaged: it begins like DER, but there is nothing recognisable in it",
                 data, length);
        return;
    }
    if (say_marker(reader, text, length) || say_end(reader, text, length))
        return;
    struct str start = {0};
    escape_add(&start, text, length < SHOWN_BYTES ? length : SHOWN_BYTES);
    reader_problem(reader, "neither PEM nor DER: it begins with \"%s\"", str_text(&start));
    str_free(&start);
}

void pki_text_notes(const struct pki_file *file, struct strings *out)
{
    static const struct {
        unsigned flag;
        const char *what;
    } notes[] = {
        {PEM_QUOTED,
         "a mail has quoted it: other readers find nothing. Save the attachment itself"},
        {PEM_UTF16, "UTF-16 text of an editor: other readers find nothing. Save it as plain text"},
        {PEM_GLUED,
         "END and BEGIN share a line: other readers fail here. Put a line end between them"},
        {PEM_INDENTED,
         "BEGIN does not begin its line: other readers skip this object. Delete what stands "
         "before it"},
        {PEM_CR, "its line ends are CR alone: other readers find nothing. Save it with LF"},
        {PEM_BEHIND, "text stands behind a marker: other readers fail here. Put a line end there"},
        {PEM_SPACED, "a blank line inside an object: other readers fail here. Delete it"},
        {PEM_LABEL, "BEGIN does not name what follows: other readers pass it by. Let both markers "
                    "say what it is"},
        {PEM_TYPED,
         "a word processor or a mail program has put no-break blanks, dashes or unseen characters "
         "in it: other readers fail here. Save the file that the CA made"},
        {PEM_ESCAPED,
         "its line ends are written \\n, as in JSON: other readers find nothing. Make them line "
         "ends"},
        {PEM_TWICE, "encoded twice, base64 of a file that was text already (certutil -encode does "
                    "it): other readers find nothing. Use the file as it was before"},
        {PEM_BARE,
         "base64 without its markers: other readers find nothing. Put the line -----BEGIN "
         "CERTIFICATE----- before it and -----END CERTIFICATE----- behind"},
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        unsigned flag = notes[i].flag;
        bool said = flag == PEM_INDENTED && file->flags & PEM_QUOTED;
        if (file->flags & flag && !said)
            strings_add_take(out, xformat("line %u: %s", pki_flag_line(file, flag), notes[i].what));
    }
}
