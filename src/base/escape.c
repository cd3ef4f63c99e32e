#include "base/escape.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

bool utf8_next(const char *text, size_t length, size_t *at, unsigned *code)
{
    const unsigned char *byte = (const unsigned char *)text + *at;
    size_t left = length - *at;
    unsigned size = byte[0] < 0x80   ? 1
                    : byte[0] < 0xC2 ? 0
                    : byte[0] < 0xE0 ? 2
                    : byte[0] < 0xF0 ? 3
                    : byte[0] < 0xF5 ? 4
                                     : 0;
    if (size == 0 || size > left) {
        (*at)++;
        return false;
    }
    unsigned value = size == 1 ? byte[0] : byte[0] & (0x7Fu >> size);
    for (unsigned i = 1; i < size; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            (*at)++;
            return false;
        }
        value = value << 6 | (byte[i] & 0x3Fu);
    }
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
        (*at)++;
        return false;
    }
    *at += size;
    *code = value;
    return true;
}

bool utf8_valid(const char *text, size_t length)
{
    unsigned code;
    for (size_t at = 0; at < length;)
        if (!utf8_next(text, length, &at, &code))
            return false;
    return true;
}

/* Code points that move the cursor, change its state or the order of what is read. */
static bool acts_on_terminal(unsigned code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFEFF || code == 0x061C;
}

/* How far it is printable ASCII: nearly all of nearly every text. */
static size_t plain_run(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && text[at] >= 0x20 && text[at] < 0x7F)
        at++;
    return at;
}

static void escape_into(struct str *out, const char *text, size_t length, bool lines)
{
    for (size_t at = 0; at < length;) {
        size_t start = at;
        at += plain_run(text + at, length - at);
        str_add_bytes(out, text + start, at - start);
        start = at;
        if (at == length)
            break;
        unsigned code;
        bool good = utf8_next(text, length, &at, &code);
        if (good && lines && code == '\n') {
            str_add_char(out, '\n');
        } else if (good && lines && code == '\t') {
            str_add(out, "    ");
        } else if (good && !acts_on_terminal(code)) {
            str_add_bytes(out, text + start, at - start);
        } else {
            for (size_t i = start; i < at; i++)
                str_addf(out, "\\x%02X", (unsigned char)text[i]);
        }
    }
}

void escape_add(struct str *out, const char *text, size_t length)
{
    escape_into(out, text, length, false);
}

void escape_lines(struct str *out, const char *text, size_t length)
{
    escape_into(out, text, length, true);
}

char *escape_text(const char *text)
{
    size_t length = strlen(text);
    if (plain_run(text, length) == length)
        return xstrndup(text, length);
    struct str out = {0};
    escape_add(&out, text, length);
    return str_take(&out);
}
