#include "base/escape.h"
#include "base/str.h"
#include "pki/reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What word processors, mail programs and web pages put in the place of plain characters, taken
 * back: nothing of it can stand in PEM, so nothing is guessed. */

enum { LOOKED_BACK = 80 };

struct repair {
    const char *text;
    size_t length, at;
    size_t first; /* what is repaired before that is no part of a block, and not told */
    bool is_json; /* its line ends are written \n */
    bool
        is_quoted; /* a mail's quoted-printable text, whose = all begin what stands for another byte
                    */
    struct str out;
    unsigned flags;
    size_t flag_at[PEM_FLAG_COUNT];
};

static void set_flag(struct repair *repair, unsigned flag, size_t at)
{
    if (at < repair->first)
        return;
    if (!(repair->flags & flag))
        repair->flag_at[__builtin_ctz(flag)] = at;
    repair->flags |= flag;
}

/* What a character stands for; 0: for itself. */
enum { UNSEEN = 1, DASH = '-', BLANK = ' ', LINE = '\n' };

static int stands_for(unsigned code)
{
    static const struct {
        unsigned from, to;
        int what;
    } ranges[] = {
        {0x00A0, 0x00A0, BLANK},  {0x00AB, 0x00AB, UNSEEN}, {0x00AD, 0x00AD, UNSEEN},
        {0x00BB, 0x00BB, UNSEEN}, {0x180E, 0x180E, UNSEEN}, {0x2000, 0x200A, BLANK},
        {0x200B, 0x200F, UNSEEN}, {0x2010, 0x2015, DASH},   {0x2018, 0x201F, UNSEEN},
        {0x2028, 0x2029, LINE},   {0x202A, 0x202E, UNSEEN}, {0x202F, 0x202F, BLANK},
        {0x205F, 0x205F, BLANK},  {0x2060, 0x206F, UNSEEN}, {0x2212, 0x2212, DASH},
        {0x3000, 0x3000, BLANK},  {0xFE58, 0xFE58, DASH},   {0xFE63, 0xFE63, DASH},
        {0xFEFF, 0xFEFF, UNSEEN}, {0xFF0D, 0xFF0D, DASH},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].from && code <= ranges[i].to)
            return ranges[i].what;
    return 0;
}

/* The same of a byte that is no UTF-8: Windows-1252. */
static int byte_stands_for(unsigned char byte)
{
    switch (byte) {
    case 0xA0:
        return BLANK;
    case 0x96:
    case 0x97:
        return DASH;
    case 0x91:
    case 0x92:
    case 0x93:
    case 0x94:
    case 0xAB:
    case 0xAD:
    case 0xBB:
        return UNSEEN;
    default:
        return 0;
    }
}

/* What stands at *at, which moves behind it. */
static int next_character(const struct repair *repair, size_t *at)
{
    unsigned char byte = (unsigned char)repair->text[*at];
    unsigned code;
    if (byte < 0x80) {
        ++*at;
        return 0;
    }
    return utf8_next(repair->text, repair->length, at, &code) ? stands_for(code)
                                                              : byte_stands_for(byte);
}

static bool follows(const struct repair *repair, size_t at, const char *word)
{
    size_t size = strlen(word);
    return repair->length - at >= size && memcmp(repair->text + at, word, size) == 0;
}

/* The line written so far begins a marker. */
static bool in_marker(const struct str *out)
{
    size_t from = out->length;
    while (from > 0 && out->length - from < LOOKED_BACK && out->data[from - 1] != '\n')
        from--;
    size_t length = out->length - from;
    const char *line = length ? out->data + from : "";
    return memmem(line, length, "-BEGIN", 6) || memmem(line, length, "-END", 4);
}

/* Hyphens, all at once. Where some became dashes it is lost how many there were: a marker has five.
 */
static bool take_dashes(struct repair *repair)
{
    size_t at = repair->at, next = at;
    bool is_typed = false;
    while (at < repair->length) {
        int what = next_character(repair, &next);
        if (what != DASH && repair->text[at] != '-')
            break;
        is_typed = is_typed || what == DASH;
        at = next;
    }
    bool is_marker = is_typed && (follows(repair, at, "BEGIN") || follows(repair, at, "END") ||
                                  in_marker(&repair->out));
    if (is_marker) {
        str_add(&repair->out, "-----");
        set_flag(repair, PEM_TYPED, repair->at);
    } else {
        str_add_bytes(&repair->out, repair->text + repair->at, at - repair->at);
    }
    bool any = at > repair->at;
    repair->at = at;
    return any;
}

/* RFC 8259's escapes, as far as PEM can hold what they mean. */
static bool take_escape(struct repair *repair)
{
    if (!repair->is_json || repair->length - repair->at < 2)
        return false;
    const char *text = repair->text + repair->at;
    size_t size = 2;
    if (text[1] == 'n') {
        str_add_char(&repair->out, '\n');
    } else if (text[1] == '/' || text[1] == '"' || text[1] == '\\') {
        str_add_char(&repair->out, text[1]);
    } else if (text[1] == 'u' && repair->length - repair->at >= 6 && text[2] == '0' &&
               text[3] == '0' && text[4] >= '2' && text[4] <= '7' &&
               isxdigit((unsigned char)text[5])) {
        const char digits[] = {text[4], text[5], '\0'};
        str_add_char(&repair->out, (char)strtol(digits, NULL, 16));
        size = 6;
    } else if (text[1] != 'r' && text[1] != 't') {
        return false;
    }
    set_flag(repair, PEM_ESCAPED, repair->at);
    repair->at += size;
    return true;
}

/* RFC 2045 6.7: "=3D" is a byte, and = at the end of a line joins it with the next. */
static bool take_quoted(struct repair *repair)
{
    const char *text = repair->text + repair->at;
    size_t left = repair->length - repair->at, size = 0;
    if (!repair->is_quoted || left < 2)
        return false;
    if (text[1] == '\n') {
        size = 2;
    } else if (left > 2 && text[1] == '\r' && text[2] == '\n') {
        size = 3;
    } else if (left > 2 && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])) {
        const char digits[] = {text[1], text[2], '\0'};
        str_add_char(&repair->out, (char)strtol(digits, NULL, 16));
        size = 3;
    }
    if (size)
        set_flag(repair, PEM_QUOTED, repair->at);
    repair->at += size;
    return size > 0;
}

static void take_character(struct repair *repair)
{
    size_t next = repair->at;
    int what = next_character(repair, &next);
    if (!what || what == DASH)
        str_add_bytes(&repair->out, repair->text + repair->at, next - repair->at);
    else if (what != UNSEEN)
        str_add_char(&repair->out, (char)what);
    if (what && what != DASH)
        set_flag(repair, PEM_TYPED, repair->at);
    repair->at = next;
}

static void repair_all(struct repair *repair)
{
    static const char begin[] = "BEGIN", json[] = "-----\\n", windows[] = "-----\\r\\n";
    const char *text = repair->text, *first = memmem(text, repair->length, begin, 5);
    repair->first = first ? (size_t)(first - text) : repair->length;
    while (repair->first && text[repair->first - 1] != '\n')
        repair->first--;
    repair->is_json = memmem(text, repair->length, json, sizeof json - 1) ||
                      memmem(text, repair->length, windows, sizeof windows - 1);
    repair->is_quoted =
        (memmem(text, repair->length, "=3D", 3) || memmem(text, repair->length, "=20", 3)) &&
        !text_is_mail(text, repair->length); /* its parts say how they are written */
    str_reserve(&repair->out, repair->length + 1);
    while (repair->at < repair->length) {
        unsigned char byte = (unsigned char)text[repair->at];
        bool taken = (byte == '\\' && take_escape(repair)) ||
                     (byte == '=' && take_quoted(repair)) ||
                     ((byte == '-' || byte >= 0x80) && take_dashes(repair));
        if (!taken)
            take_character(repair);
    }
}

bool repair_read(struct reader *reader, const char *text, size_t length)
{
    struct repair repair = {.text = text, .length = length};
    repair_all(&repair);
    bool better = false;
    if (repair.flags && !reader->is_full) {
        struct pki_file first = *reader->file;
        size_t unsaid = reader->unsaid;
        *reader->file = (struct pki_file){0};
        reader->unsaid = 0;
        better = read_pem(reader, str_text(&repair.out), repair.out.length) &&
                 reader->file->count > first.count;
        struct pki_file second = *reader->file;
        if (!better) {
            *reader->file = first;
            reader->unsaid = unsaid;
        }
        pki_file_free(better ? &first : &second);
    }
    for (unsigned bit = 0; better && bit < PEM_FLAG_COUNT; bit++)
        if (repair.flags & 1u << bit)
            reader_flag(reader, 1u << bit, text_line(text, repair.flag_at[bit]));
    str_wipe(&repair.out);
    return better;
}
