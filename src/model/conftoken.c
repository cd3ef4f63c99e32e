/* The tokens of libconfuse's lexer, which has no places to give. */
#include "model/conftoken.h"

#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool conf_trouble(struct scanner *s, size_t at, const char *what)
{
    if (!s->problem) {
        s->problem = what;
        s->problem_at = at;
    }
    s->at = s->length;
    return false;
}

/* By a table: every byte of the file is asked for. */
static bool is_word_byte(const struct scanner *s, size_t at)
{
    static const bool ends_word[256] = {
        ['\0'] = true, [' '] = true,  ['#'] = true, ['"'] = true, ['\''] = true, ['\t'] = true,
        ['\n'] = true, ['\r'] = true, ['='] = true, ['{'] = true, ['}'] = true,  ['('] = true,
        [')'] = true,  ['+'] = true,  [','] = true, ['*'] = true,
    };
    unsigned char c = (unsigned char)s->text[at];
    if (c != '/')
        return !ends_word[c];
    unsigned char next = at + 1 < s->length ? (unsigned char)s->text[at + 1] : ' ';
    return next != '/' && !ends_word[next];
}

static bool skip_block_comment(struct scanner *s)
{
    size_t start = s->at;
    for (s->at += 2; s->at + 1 < s->length; s->at++)
        if (s->text[s->at] == '*' && s->text[s->at + 1] == '/') {
            s->at += 2;
            return true;
        }
    return conf_trouble(s, start, "a comment is never closed: end it with */");
}

/* Blanks, comments and the bytes that libconfuse's lexer passes by. */
static bool skip_space(struct scanner *s)
{
    while (s->at < s->length) {
        const char *c = s->text + s->at;
        bool more = s->at + 1 < s->length;
        if (*c == '#' || (*c == '/' && more && c[1] == '/')) {
            while (s->at < s->length && s->text[s->at] != '\n')
                s->at++;
        } else if (*c == '/' && more && c[1] == '*') {
            if (!skip_block_comment(s))
                return false;
        } else if (isspace((unsigned char)*c) || *c == '*' ||
                   (*c == '/' && !is_word_byte(s, s->at))) {
            s->at++;
        } else {
            return true;
        }
    }
    return true;
}

/* The escape at s->at (a backslash) in double quotes; moves past it. *value gets the byte it stands
 * for, -1 for none (a continued line). */
static bool scan_escape(struct scanner *s, int *value)
{
    static const char letters[] = "nrbfaetv", bytes[] = "\n\r\b\f\a\033\t\v";
    size_t start = s->at++;
    if (s->at >= s->length)
        return false;
    char c = s->text[s->at++];
    const char *known = c ? strchr(letters, c) : NULL;
    *value = c == '\n' ? -1 : known ? bytes[known - letters] : (unsigned char)c;
    if (isdigit((unsigned char)c)) {
        size_t end = s->at;
        while (end < s->length && isdigit((unsigned char)s->text[end]))
            end++;
        unsigned long number = 0;
        bool octal = end - s->at < 3;
        for (size_t i = s->at - 1; octal && i < end; i++) {
            octal = s->text[i] < '8';
            number = number * 8 + (unsigned long)(s->text[i] - '0');
        }
        if (!octal || number > 0xFF)
            return conf_trouble(s, start, "no such escape: write \\\\ for a backslash");
        s->at = end;
        *value = (int)number;
    } else if (c == 'x' && s->at < s->length && isxdigit((unsigned char)s->text[s->at])) {
        char digits[3] = {0};
        for (int i = 0; i < 2 && s->at < s->length && isxdigit((unsigned char)s->text[s->at]); i++)
            digits[i] = s->text[s->at++];
        *value = (int)strtol(digits, NULL, 16);
    }
    if (*value == 0)
        return conf_trouble(s, start, "a NUL byte cannot stand in a value");
    return true;
}

static bool skip_quoted(struct scanner *s)
{
    size_t start = s->at;
    char quote = s->text[s->at++];
    int value;
    while (s->at < s->length) {
        char c = s->text[s->at];
        if (c == quote) {
            s->at++;
            return true;
        }
        if (c != '\\')
            s->at++;
        else if (quote == '\'')
            s->at += 2;
        else if (!scan_escape(s, &value) && s->problem)
            return false;
    }
    return conf_trouble(s, start, "a quote is never closed");
}

struct token conf_token(struct scanner *s)
{
    struct token token = {.kind = TOKEN_END};
    if (!skip_space(s) || s->at >= s->length) {
        token.start = token.end = s->at;
        return token;
    }
    token.start = s->at;
    char c = s->text[s->at];
    if (c == '"' || c == '\'') {
        token.kind = skip_quoted(s) ? TOKEN_QUOTED : TOKEN_END;
    } else if (c == '+') {
        s->at++;
        token.kind = TOKEN_PLUS;
    } else if (strchr("{}()=,", c)) {
        s->at++;
        token.kind = TOKEN_MARK;
        token.mark = c;
    } else {
        while (s->at < s->length && is_word_byte(s, s->at))
            s->at++;
        if (s->text[s->at - 1] == '$' && s->at < s->length && s->text[s->at] == '{')
            conf_trouble(s, token.start, "\"${\" outside quotes: put the value in double quotes");
        token.kind = s->problem ? TOKEN_END : TOKEN_WORD;
    }
    token.end = s->at;
    return token;
}

/* The bytes that a value's token stands for. */
char *conf_token_value(const char *text, struct token token)
{
    struct str out = {0};
    struct scanner s = {.text = text, .length = token.end, .at = token.start};
    if (token.kind == TOKEN_WORD) {
        str_add_bytes(&out, text + token.start, token.end - token.start);
        return str_take(&out);
    }
    char quote = text[token.start];
    if (!memchr(text + token.start, '\\', token.end - token.start)) {
        str_add_bytes(&out, text + token.start + 1, token.end - token.start - 2);
        return str_take(&out);
    }
    for (s.at++; s.at + 1 < token.end;) {
        int value = (unsigned char)text[s.at];
        if (value != '\\') {
            s.at++;
        } else if (quote == '"') {
            if (!scan_escape(&s, &value))
                break;
        } else {
            char c = text[s.at + 1];
            if (c != '\\' && c != '\'' && c != '\n')
                str_add_char(&out, '\\');
            value = c == '\n' ? -1 : (unsigned char)c;
            s.at += 2;
        }
        if (value >= 0)
            str_add_char(&out, (char)value);
    }
    return str_take(&out);
}
