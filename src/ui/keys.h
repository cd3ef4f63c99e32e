#ifndef UI_KEYS_H
#define UI_KEYS_H

#include "base/str.h"

/* Bytes of a terminal in, keys out. Reads nothing itself and knows no curses: wget_wch can't tell a
 * broken byte from the end, and takes a paste byte by byte. */

enum press {
    PRESS_TEXT, /* one code point: text */
    PRESS_ENTER,
    PRESS_TAB,
    PRESS_BACKTAB,
    PRESS_UP,
    PRESS_DOWN,
    PRESS_LEFT,
    PRESS_RIGHT,
    PRESS_HOME,
    PRESS_END,
    PRESS_PAGE_UP,
    PRESS_PAGE_DOWN,
    PRESS_BACKSPACE,
    PRESS_DELETE,
    PRESS_ESC,
    PRESS_FUNCTION, /* number 1 to 10, also from Esc and a digit */
    PRESS_CONTROL,  /* number is 'A' to 'Z', '_' */
    PRESS_META,     /* number is the letter */
    PRESS_PASTE,    /* paste */
    PRESS_MOUSE,    /* number is the button: 0 left, 64 and 65 the wheel; x, y from 0 */
    PRESS_BAD       /* a byte that is no character here: number */
};
struct key {
    enum press press;
    int number;
    char text[8];
    size_t length;
    const char *paste; /* good until the next keys_next; wiped then */
    size_t paste_length;
    bool waited;        /* PRESS_ESC: no digit came in time */
    bool paste_refused; /* over PASTE_LIMIT_BYTES: paste holds nothing */
    int x, y;
};

#define PASTE_LIMIT_BYTES ((size_t)1 << 20)
#define ESC_DIGIT_MS 500 /* people are slow: Esc, then the digit */

struct key_reader;
/* bracketed: the terminal marks pastes. escape_ms: how long the rest of a sequence may take. */
struct key_reader *keys_new(bool bracketed, int escape_ms);
void keys_free(struct key_reader *reader);
/* A sequence of the terminal's own (terminfo), besides the common ones that are known. */
void keys_add(struct key_reader *reader, const char *sequence, enum press press, int number);

/* What one read gave. burst: nothing had been waiting, so that it came at once: much of that at a
 * time is a paste, for nobody types so fast. */
void keys_feed(struct key_reader *reader, const char *bytes, size_t length, bool burst,
               long long now_ms);
/* The next key, false when there is none yet. */
bool keys_next(struct key_reader *reader, long long now_ms, struct key *key);
/* In how many ms keys_next may know more without new bytes; -1 never. */
int keys_wait_ms(const struct key_reader *reader, long long now_ms);
/* Esc was pressed and a digit may follow. */
bool keys_after_esc(const struct key_reader *reader);

#endif
