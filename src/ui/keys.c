#include "ui/keys.h"

#include "base/escape.h"
#include "base/mem.h"
#include "base/secret.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define PASTE_END "\033[201~"
#define PASTE_END_BYTES (sizeof PASTE_END - 1)
#define PASTE_LEAST_BYTES 16 /* in one read: nobody types that fast */
#define PASTE_LINES_BYTES 8  /* with a line's end among them */
#define PASTE_QUIET_MS 50    /* ends a paste that the terminal doesn't mark */

struct sequence {
    char *bytes;
    size_t length;
    enum press press;
    int number;
};
struct key_reader {
    struct str bytes; /* read, not yet understood */
    struct sequence *sequences;
    size_t sequence_count;
    bool bracketed, utf8;
    int escape_ms;
    long long fed_ms; /* when the last bytes came */
    bool esc;         /* Esc was pressed at esc_ms; a digit may follow */
    long long esc_ms;
    enum { NO_PASTE, MARKED_PASTE, QUIET_PASTE } pasting;
    bool paste_over; /* a key came behind a paste that is not marked */
    bool paste_refused;
    struct str paste;
    struct str handed; /* the paste handed out last */
};

/* What common terminals send, whatever their terminfo entry knows: xterm's names one form of the
 * arrows, the other comes as well. */
static const struct {
    const char *bytes;
    enum press press;
    int number;
} common[] = {
    {"\033[A", PRESS_UP, 0},         {"\033OA", PRESS_UP, 0},
    {"\033[B", PRESS_DOWN, 0},       {"\033OB", PRESS_DOWN, 0},
    {"\033[C", PRESS_RIGHT, 0},      {"\033OC", PRESS_RIGHT, 0},
    {"\033[D", PRESS_LEFT, 0},       {"\033OD", PRESS_LEFT, 0},
    {"\033[H", PRESS_HOME, 0},       {"\033OH", PRESS_HOME, 0},
    {"\033[F", PRESS_END, 0},        {"\033OF", PRESS_END, 0},
    {"\033[1~", PRESS_HOME, 0},      {"\033[7~", PRESS_HOME, 0},
    {"\033[4~", PRESS_END, 0},       {"\033[8~", PRESS_END, 0},
    {"\033[3~", PRESS_DELETE, 0},    {"\033[5~", PRESS_PAGE_UP, 0},
    {"\033[6~", PRESS_PAGE_DOWN, 0}, {"\033[Z", PRESS_BACKTAB, 0},
    {"\033OM", PRESS_ENTER, 0},      {"\033OP", PRESS_FUNCTION, 1},
    {"\033OQ", PRESS_FUNCTION, 2},   {"\033OR", PRESS_FUNCTION, 3},
    {"\033OS", PRESS_FUNCTION, 4},   {"\033[P", PRESS_FUNCTION, 1},
    {"\033[Q", PRESS_FUNCTION, 2},   {"\033[R", PRESS_FUNCTION, 3},
    {"\033[S", PRESS_FUNCTION, 4},   {"\033[[A", PRESS_FUNCTION, 1},
    {"\033[[B", PRESS_FUNCTION, 2},  {"\033[[C", PRESS_FUNCTION, 3},
    {"\033[[D", PRESS_FUNCTION, 4},  {"\033[[E", PRESS_FUNCTION, 5},
    {"\033[11~", PRESS_FUNCTION, 1}, {"\033[12~", PRESS_FUNCTION, 2},
    {"\033[13~", PRESS_FUNCTION, 3}, {"\033[14~", PRESS_FUNCTION, 4},
    {"\033[15~", PRESS_FUNCTION, 5}, {"\033[17~", PRESS_FUNCTION, 6},
    {"\033[18~", PRESS_FUNCTION, 7}, {"\033[19~", PRESS_FUNCTION, 8},
    {"\033[20~", PRESS_FUNCTION, 9}, {"\033[21~", PRESS_FUNCTION, 10},
};

struct key_reader *keys_new(bool bracketed, int escape_ms)
{
    struct key_reader *reader = xcalloc(1, sizeof *reader);
    reader->bracketed = bracketed;
    reader->escape_ms = escape_ms;
    /* A locale that knows ASCII alone has no other reading of these bytes. */
    const char *codeset = nl_langinfo(CODESET);
    reader->utf8 = strcmp(codeset, "UTF-8") == 0 || strncmp(codeset, "ANSI_X3.4", 9) == 0 ||
                   strcmp(codeset, "US-ASCII") == 0 || strcmp(codeset, "ASCII") == 0;
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        keys_add(reader, common[i].bytes, common[i].press, common[i].number);
    return reader;
}

void keys_free(struct key_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < reader->sequence_count; i++)
        free(reader->sequences[i].bytes);
    free(reader->sequences);
    str_wipe(&reader->bytes);
    str_wipe(&reader->paste);
    str_wipe(&reader->handed);
    free(reader);
}

void keys_add(struct key_reader *reader, const char *bytes, enum press press, int number)
{
    size_t length = strlen(bytes);
    if (length < 2 || bytes[0] != '\033') /* single bytes have their meaning already */
        return;
    size_t count = reader->sequence_count, at = 0;
    while (at < count && strcmp(reader->sequences[at].bytes, bytes) != 0)
        at++;
    if (at == count) {
        reader->sequences = grow(reader->sequences, count, sizeof *reader->sequences);
        reader->sequences[at].bytes = xstrdup(bytes);
        reader->sequence_count++;
    }
    reader->sequences[at].length = length;
    reader->sequences[at].press = press;
    reader->sequences[at].number = number;
}

static void drop(struct key_reader *reader, size_t count)
{
    struct str *bytes = &reader->bytes;
    memmove(bytes->data, bytes->data + count, bytes->length - count);
    bytes->length -= count;
    bytes->data[bytes->length] = '\0';
}

static void paste_add(struct key_reader *reader, const char *bytes, size_t length)
{
    if (reader->paste.length + length > PASTE_LIMIT_BYTES) {
        reader->paste_refused = true;
        str_wipe(&reader->paste);
    }
    if (!reader->paste_refused) {
        /* A copy left behind by growth would not be wiped: it may be a private key. */
        if (reader->paste.capacity <= reader->paste.length + length) {
            struct str bigger = {0};
            str_reserve(&bigger, 2 * (reader->paste.length + length));
            str_add_bytes(&bigger, str_text(&reader->paste), reader->paste.length);
            str_wipe(&reader->paste);
            reader->paste = bigger;
        }
        str_add_bytes(&reader->paste, bytes, length);
    }
}

static size_t text_bytes(const char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length &&
           ((unsigned char)bytes[count] >= 0x20 || strchr("\r\n\t", bytes[count])) &&
           bytes[count] && bytes[count] != 0x7F)
        count++;
    return count;
}

/* Much text at once, from a terminal that marks no paste. What piled up while the program was busy
 * may be keys: there a line's end among it must tell. */
static bool looks_pasted(const char *bytes, size_t length, bool burst)
{
    if (text_bytes(bytes, length) < length)
        return false;
    size_t lines = 0, shown = 0;
    for (size_t i = 0; i < length; i++) {
        lines += (bytes[i] == '\r' || bytes[i] == '\n') && i + 1 < length;
        shown += (unsigned char)bytes[i] > 0x20;
    }
    if (!burst)
        return length >= PASTE_LEAST_BYTES && shown * 2 > length && lines > 0;
    return shown >= PASTE_LINES_BYTES && (length >= PASTE_LEAST_BYTES || lines > 0);
}

/* What goes on a paste; a key alone, and all behind a control byte, is typed. */
static void feed_paste(struct key_reader *reader, const char *bytes, size_t length)
{
    size_t text = text_bytes(bytes, length);
    if (reader->paste_over || (length == 1 && (unsigned char)*bytes < 0x20))
        text = 0;
    reader->paste_over = reader->paste_over || text < length;
    paste_add(reader, bytes, text);
    str_add_bytes(&reader->bytes, bytes + text, length - text);
}

void keys_feed(struct key_reader *reader, const char *bytes, size_t length, bool burst,
               long long now_ms)
{
    reader->fed_ms = now_ms;
    if (!reader->bracketed && reader->pasting == NO_PASTE && reader->bytes.length == 0 &&
        !reader->esc && looks_pasted(bytes, length, burst))
        reader->pasting = QUIET_PASTE;
    if (reader->pasting == QUIET_PASTE)
        feed_paste(reader, bytes, length);
    else
        str_add_bytes(&reader->bytes, bytes, length);
}

/* One line and its end: the paste of a line, and Enter. */
static void end_line(struct key_reader *reader)
{
    struct str *paste = &reader->paste;
    size_t end = strcspn(str_text(paste), "\r\n");
    if (paste->length == 0 || end + 1 != paste->length)
        return;
    paste->data[--paste->length] = '\0';
    struct str bytes = {0};
    str_add(&bytes, "\r");
    str_add_bytes(&bytes, str_text(&reader->bytes), reader->bytes.length);
    str_wipe(&reader->bytes);
    reader->bytes = bytes;
}

static bool paste_done(struct key_reader *reader, struct key *key)
{
    reader->pasting = NO_PASTE;
    str_wipe(&reader->handed);
    reader->handed = reader->paste;
    reader->paste = (struct str){0};
    /* Terminals send the line ends of a paste as carriage returns. */
    for (size_t i = 0; i < reader->handed.length; i++)
        if (reader->handed.data[i] == '\r' &&
            !(i + 1 < reader->handed.length && reader->handed.data[i + 1] == '\n'))
            reader->handed.data[i] = '\n';
    key->press = PRESS_PASTE;
    key->paste = str_text(&reader->handed);
    key->paste_length = reader->handed.length;
    key->paste_refused = reader->paste_refused;
    reader->paste_refused = false;
    return true;
}

/* Bytes up to the end mark; what may be its beginning stays. */
static bool paste_marked(struct key_reader *reader, struct key *key)
{
    struct str *bytes = &reader->bytes;
    char *end = memmem(str_text(bytes), bytes->length, PASTE_END, PASTE_END_BYTES);
    if (end) {
        size_t length = (size_t)(end - bytes->data);
        paste_add(reader, bytes->data, length);
        wipe(bytes->data, length);
        drop(reader, length + PASTE_END_BYTES);
        return paste_done(reader, key);
    }
    size_t keep = 0;
    for (size_t i = 1; i < PASTE_END_BYTES && i <= bytes->length; i++)
        if (memcmp(bytes->data + bytes->length - i, PASTE_END, i) == 0)
            keep = i;
    size_t length = bytes->length - keep;
    if (length > 0) {
        paste_add(reader, bytes->data, length);
        wipe(bytes->data, length);
        drop(reader, length);
    }
    return false;
}

/* ESC [ < button ; x ; y M */
static bool mouse(const char *bytes, size_t length, struct key *key)
{
    char copy[32];
    int button, x, y;
    if (length >= sizeof copy)
        return false;
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    if (sscanf(copy, "\033[<%d;%d;%dM", &button, &x, &y) != 3 || copy[length - 1] != 'M')
        return false;
    key->press = PRESS_MOUSE;
    key->number = button;
    key->x = x - 1;
    key->y = y - 1;
    return true;
}

enum found { FOUND_NOTHING, FOUND_MORE, FOUND_KEY, FOUND_IGNORED };

/* A sequence at the beginning of the bytes, which begin with ESC. */
static enum found sequence(struct key_reader *reader, size_t *length, struct key *key)
{
    const char *bytes = reader->bytes.data;
    size_t count = reader->bytes.length;
    const struct sequence *best = NULL;
    bool more = false;
    for (size_t i = 0; i < reader->sequence_count; i++) {
        const struct sequence *each = &reader->sequences[i];
        size_t common_length = each->length < count ? each->length : count;
        if (memcmp(each->bytes, bytes, common_length) != 0)
            continue;
        if (each->length > count)
            more = true;
        else if (!best || each->length > best->length)
            best = each;
    }
    if (best && !more) {
        *length = best->length;
        key->press = best->press;
        key->number = best->number;
        return FOUND_KEY;
    }
    if (more)
        return FOUND_MORE;
    if (count < 2 || bytes[1] != '[')
        return FOUND_NOTHING;
    /* Any other CSI: an arrow with Shift is an arrow, the rest means nothing here. */
    size_t at = 2;
    while (at < count && (unsigned char)bytes[at] >= 0x20 && (unsigned char)bytes[at] < 0x40)
        at++;
    if (at == count)
        return count < 32 ? FOUND_MORE : FOUND_NOTHING;
    *length = at + 1;
    if (bytes[2] == '<')
        return mouse(bytes, *length, key) ? FOUND_KEY : FOUND_IGNORED;
    if (*length == 6 && memcmp(bytes, "\033[200~", 6) == 0) {
        reader->pasting = MARKED_PASTE;
        return FOUND_IGNORED;
    }
    for (size_t i = 0; i < reader->sequence_count; i++) {
        const struct sequence *each = &reader->sequences[i];
        if (at > 3 && memchr(bytes, ';', at) && each->length == 3 && each->bytes[1] == '[' &&
            each->bytes[2] == bytes[at]) {
            key->press = each->press;
            key->number = each->number;
            return FOUND_KEY;
        }
    }
    return FOUND_IGNORED;
}

static bool text_key(struct key *key, unsigned code)
{
    key->press = PRESS_TEXT;
    char *out = key->text;
    if (code < 0x80) {
        out[key->length++] = (char)code;
    } else {
        int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
        out[key->length++] = (char)(lead[more] | code >> 6 * more);
        while (more-- > 0)
            out[key->length++] = (char)(0x80 | (code >> 6 * more & 0x3F));
    }
    out[key->length] = '\0';
    return true;
}

/* A byte of 0x80 and up, in the locale's codeset. false: more bytes may come. */
static bool wide(struct key_reader *reader, long long now_ms, struct key *key)
{
    const char *bytes = reader->bytes.data;
    size_t count = reader->bytes.length, used = 0;
    unsigned code = 0;
    if (reader->utf8) {
        if (utf8_next(bytes, count, &used, &code)) {
            drop(reader, used);
            return text_key(key, code);
        }
        unsigned char lead = (unsigned char)bytes[0];
        size_t size = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
        bool cut = lead < 0xF5 && count < size;
        for (size_t i = 1; i < count && cut; i++)
            cut = ((unsigned char)bytes[i] & 0xC0) == 0x80;
        if (cut && now_ms - reader->fed_ms < reader->escape_ms)
            return false;
    } else {
        wchar_t character;
        mbstate_t state;
        memset(&state, 0, sizeof state);
        size_t length = mbrtowc(&character, bytes, count, &state);
        if (length == (size_t)-2 && now_ms - reader->fed_ms < reader->escape_ms)
            return false;
        if (length > 0 && length < (size_t)-2 && (unsigned)character >= 0xA0) {
            drop(reader, length);
            return text_key(key, (unsigned)character);
        }
    }
    key->press = PRESS_BAD;
    key->number = (unsigned char)bytes[0];
    drop(reader, 1);
    return true;
}

static bool single(struct key_reader *reader, long long now_ms, struct key *key)
{
    unsigned char byte = (unsigned char)reader->bytes.data[0];
    if (byte >= 0x80)
        return wide(reader, now_ms, key);
    drop(reader, 1);
    if (byte >= 0x20 && byte < 0x7F)
        return text_key(key, byte);
    switch (byte) {
    case '\r':
    case '\n':
        key->press = PRESS_ENTER;
        return true;
    case '\t':
        key->press = PRESS_TAB;
        return true;
    case 0x08: /* both erase, whatever kbs says */
    case 0x7F:
        key->press = PRESS_BACKSPACE;
        return true;
    default:
        key->press = PRESS_CONTROL;
        key->number = byte + '@';
        return true;
    }
}

static bool after_esc(struct key_reader *reader, long long now_ms, struct key *key)
{
    if (reader->bytes.length == 0) {
        if (now_ms - reader->esc_ms < ESC_DIGIT_MS)
            return false;
        reader->esc = false;
        key->press = PRESS_ESC;
        key->waited = true;
        return true;
    }
    char byte = reader->bytes.data[0];
    if (byte == '\033' && reader->bytes.length == 1 && now_ms - reader->fed_ms < reader->escape_ms)
        return false;
    reader->esc = false;
    key->press = PRESS_ESC;
    if (byte >= '0' && byte <= '9') {
        drop(reader, 1);
        key->press = PRESS_FUNCTION;
        key->number = byte == '0' ? 10 : byte - '0';
    } else if (byte == '\033' && reader->bytes.length == 1) {
        drop(reader, 1); /* Esc Esc: at once */
    } else if (byte == 'b' || byte == 'f' || byte == 'd' || byte == 'v') {
        drop(reader, 1);
        key->press = PRESS_META;
        key->number = byte;
    }
    return true;
}

bool keys_next(struct key_reader *reader, long long now_ms, struct key *key)
{
    str_wipe(&reader->handed);
    for (;;) {
        *key = (struct key){0};
        if (reader->pasting == MARKED_PASTE)
            return paste_marked(reader, key);
        if (reader->pasting == QUIET_PASTE) {
            if (!reader->paste_over && now_ms - reader->fed_ms < PASTE_QUIET_MS)
                return false;
            reader->paste_over = false;
            end_line(reader);
            return paste_done(reader, key);
        }
        if (reader->esc)
            return after_esc(reader, now_ms, key);
        if (reader->bytes.length == 0)
            return false;
        if (reader->bytes.data[0] != '\033')
            return single(reader, now_ms, key);
        size_t length = 0;
        enum found found = sequence(reader, &length, key);
        if (found == FOUND_KEY) {
            drop(reader, length);
            return true;
        }
        if (found == FOUND_IGNORED) {
            drop(reader, length);
            continue;
        }
        if (found == FOUND_MORE && now_ms - reader->fed_ms < reader->escape_ms)
            return false;
        reader->esc = true;
        reader->esc_ms = reader->fed_ms;
        drop(reader, 1);
    }
}

int keys_wait_ms(const struct key_reader *reader, long long now_ms)
{
    long long due;
    if (reader->pasting == QUIET_PASTE)
        due = reader->paste_over ? now_ms : reader->fed_ms + PASTE_QUIET_MS;
    else if (reader->pasting == MARKED_PASTE)
        return -1;
    else if (reader->bytes.length > 0)
        due = reader->fed_ms + reader->escape_ms;
    else if (reader->esc)
        due = reader->esc_ms + ESC_DIGIT_MS;
    else
        return -1;
    return due > now_ms ? (int)(due - now_ms) : 0;
}

bool keys_after_esc(const struct key_reader *reader)
{
    return reader->esc;
}
