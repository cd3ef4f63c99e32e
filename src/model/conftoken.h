#ifndef MODEL_CONFTOKEN_H
#define MODEL_CONFTOKEN_H

#include <stdbool.h>
#include <stddef.h>

/* Private to model/: the tokens of libconfuse's lexer, with their places in the text. */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_MARK, TOKEN_PLUS };

struct token {
    enum token_kind kind;
    char mark; /* { } ( ) = , */
    size_t start, end;
};

struct scanner {
    const char *text;
    size_t length, at;
    const char *problem; /* what is wrong at problem_at */
    size_t problem_at;
};

/* Notes what is wrong at a place, once, and ends the scan. Returns false. */
bool conf_trouble(struct scanner *s, size_t at, const char *what);
/* The next token; TOKEN_END at the end, or where s->problem says what is wrong. */
struct token conf_token(struct scanner *s);
/* The bytes that a value's token stands for. Free it. */
char *conf_token_value(const char *text, struct token token);

#endif
