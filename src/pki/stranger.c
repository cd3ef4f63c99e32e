#include "pki/reader.h"

#include <ctype.h>
#include <string.h>

/* Files that people take for a certificate, told by how they begin: what each is and what to do. */

static const struct {
    const char *bytes; /* of a binary file, at its beginning */
    size_t length;
    const char *what;
} binaries[] = {
#define BYTES(text) text, sizeof text - 1
    {BYTES("\xFE\xED\xFE\xED"),
     "a Java keystore (JKS): export it with keytool -importkeystore -srckeystore FILE "
     "-destkeystore FILE.p12 -deststoretype PKCS12, and take FILE.p12"},
    {BYTES("\xCE\xCE\xCE\xCE"),
     "a Java keystore (JCEKS): export it with keytool -importkeystore -srckeystore FILE "
     "-srcstoretype JCEKS -destkeystore FILE.p12 -deststoretype PKCS12, and take FILE.p12"},
    {BYTES("\x78\x9F\x3E\x22"),
     "attachments as Outlook packs them for itself (winmail.dat): ask the sender to send the mail "
     "as plain text or HTML, or the files in a ZIP archive"},
    {BYTES("\x1E\xF1\xB5\xB0"),
     "a private key in Microsoft's PVK form: convert it with openssl rsa -inform PVK -in FILE -out "
     "FILE.key"},
    {BYTES("\0\0\0\0CERT"), "a Microsoft certificate store (.sst): open it in Windows, and export "
                            "what you need as PKCS #7 "
                            "(.p7b)"},
    {BYTES("L\0\0\0\1\x14\2\0"),
     "a Windows shortcut (.lnk), which only says where the file is: copy the file itself"},
    {BYTES("PK\3\4"), "a ZIP archive: certwright import reads it, or unpack it"},
    {BYTES("PK\5\6"), "an empty ZIP archive: have it sent again"},
    {BYTES("\x1F\x8B"), "compressed by gzip: certwright import reads it, or unpack it"},
    {BYTES("BZh"), "compressed by bzip2: certwright import reads it, or unpack it"},
    {BYTES("\xFD"
           "7zXZ\0"),
     "compressed by xz: certwright import reads it, or unpack it"},
    {BYTES("\x28\xB5\x2F\xFD"), "compressed by zstd: certwright import reads it, or unpack it"},
    {BYTES("7z\xBC\xAF\x27\x1C"), "a 7-Zip archive: unpack it"},
    {BYTES("Rar!\x1A\7"), "a RAR archive: unpack it"},
    {BYTES("MSCF"), "a Windows cabinet: unpack it"},
    {BYTES("%PDF"), "a PDF document: ask the CA for the certificate itself"},
    {BYTES("{\\rtf"), "a word processor's document (RTF): save it as plain text"},
    {BYTES("\x89PNG"), "a picture: ask the CA for the certificate itself"},
    {BYTES("\xFF\xD8\xFF"), "a picture: ask the CA for the certificate itself"},
};

static const struct {
    const char *word; /* of a text, behind its blank lines, whatever its case */
    const char *what;
} texts[] = {
    {"<!doctype html", "a web page: download the certificate itself"},
    {"<html", "a web page: download the certificate itself"},
    {"<?xml",
     "an XML document: save the certificate itself, or copy its base64 text into a file of "
     "its own"},
    {"[InternetShortcut]",
     "a shortcut (.url), which only says where the file is: download the file itself"},
    {"[Desktop Entry]", "a shortcut, which only says where the file is: copy the file itself"},
    {"Certificate:\n",
     "a certificate printed as text, which cannot be read back: ask for the file that it was "
     "printed from"},
    {"Certificate:\r\n",
     "a certificate printed as text, which cannot be read back: ask for the file that it was "
     "printed from"},
    {"PuTTY-User-Key-File-",
     "a private key in PuTTY's own form (.ppk): load it in PuTTYgen, and save it with Conversions, "
     "Export OpenSSH key"},
};

static bool begins(const unsigned char *data, size_t length, const char *bytes, size_t size)
{
    return length >= size && memcmp(data, bytes, size) == 0;
}

static bool holds(const unsigned char *data, size_t length, const char *bytes, size_t size)
{
    return memmem(data, length, bytes, size) != NULL;
}

bool is_tar(const unsigned char *data, size_t length)
{
    enum { MAGIC_AT = 257 };
    return length > MAGIC_AT && (begins(data + MAGIC_AT, length - MAGIC_AT, BYTES("ustar\0")) ||
                                 begins(data + MAGIC_AT, length - MAGIC_AT, BYTES("ustar ")));
}

/* What begins like a dozen other kinds. */
static const char *describe_container(const unsigned char *data, size_t length)
{
    if (begins(data, length, BYTES("PK\3\4")) && holds(data, length, BYTES("[Content_Types].xml")))
        return "a document of Word or Excel: save what the CA sent, or copy the certificate into a "
               "plain text file";
    if (is_tar(data, length))
        return "a tar archive: certwright import reads it, or unpack it";
    if (!begins(data, length, BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")))
        return NULL;
    if (holds(data, length, BYTES("_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0")))
        return "a mail as Outlook keeps it (.msg): save it in Outlook as .eml, or save its "
               "attachments";
    return "a mail of Outlook (.msg) or an old document of Word or Excel: save the mail in Outlook "
           "as "
           ".eml, or save its attachments";
}
#undef BYTES

static const char *describe_text(const char *text, size_t length)
{
    size_t at = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < length && isspace((unsigned char)text[at]))
        at++;
    if (at == length)
        return "blank: it holds nothing but white space";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t size = strlen(texts[i].word);
        if (length - at >= size && strncasecmp(text + at, texts[i].word, size) == 0)
            return texts[i].what;
    }
    return NULL;
}

/* A digest in hexadecimal digits, as Windows and browsers show it, maybe behind its name. */
static bool is_thumbprint(const char *text, size_t length)
{
    enum { LONGEST = 256, MD5 = 32, SHA1 = 40, SHA256 = 64 };
    size_t digits = 0;
    if (length > LONGEST)
        return false;
    const char *name_end = memchr(text, '=', length);
    const char *colon = memchr(text, ':', length);
    if (!name_end && colon && colon - text > 2 && !isxdigit((unsigned char)colon[-1]))
        name_end = colon;
    for (size_t i = name_end ? (size_t)(name_end - text) + 1 : 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (isxdigit(byte))
            digits++;
        else if (!isspace(byte) && byte != ':' && byte != '-' && byte < 0x80)
            return false;
    }
    return digits == MD5 || digits == SHA1 || digits == SHA256;
}

/* Header lines, as RFC 5322 has them, of which one only mails have. */
bool text_is_mail(const char *text, size_t length)
{
    static const char *const names[] = {
        "Received:", "Return-Path:", "MIME-Version:", "Message-ID:", "From:"};
    for (size_t at = 0, lines = 0; at < length && lines < 100; lines++) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end ? (size_t)(end - text) - at : length - at;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (size >= strlen(names[i]) && strncasecmp(text + at, names[i], strlen(names[i])) == 0)
                return true;
        bool is_folded = size && (text[at] == ' ' || text[at] == '\t');
        if (!is_folded && !memchr(text + at, ':', size))
            return false;
        at += size + 1;
    }
    return false;
}

static const char *describe_binary(const unsigned char *data, size_t length)
{
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
        if (begins(data, length, binaries[i].bytes, binaries[i].length))
            return binaries[i].what;
    return NULL;
}

bool say_stranger(struct reader *reader, const unsigned char *data, size_t length)
{
    const char *text = (const char *)data, *what = length ? NULL : "the file is empty";
    if (!what)
        what = describe_container(data, length);
    if (!what)
        what = describe_binary(data, length);
    if (!what)
        what = describe_text(text, length);
    if (!what && is_thumbprint(text, length))
        what = "only the thumbprint of a certificate: export or ask for the certificate itself";
    if (!what && text_is_mail(text, length))
        what = "a mail: certwright import reads what is in it, or save its attachments";
    if (what)
        reader_problem(reader, "%s", what);
    return what != NULL;
}
