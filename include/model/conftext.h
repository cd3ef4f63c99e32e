#ifndef MODEL_CONFTEXT_H
#define MODEL_CONFTEXT_H

#include "base/error.h"
#include "base/str.h"

#include <stddef.h>

/* Editing a libconfuse file in place: only the bytes of what changes differ; comments, order and
 * layout of the rest stay (libconfuse itself can neither keep comments nor a "$"). */

/* A step of the way to a value: server "core1" > service "bridge" > listen. */
struct conf_step {
    const char *name;
    const char *title; /* NULL: an option, or a section without title */
};

struct conf_span {
    size_t start, end;             /* the whole item: name … value or closing brace */
    size_t value_start, value_end; /* of an option: behind "="; of a section: between its braces */
    size_t line;                   /* from 1 */
    bool is_section;
};

/* What is wrong with a text before libconfuse sees it: NUL, a BOM, an unclosed quote or brace, an
 * option given twice, "${" outside quotes. Errors carry place:line. */
must_check bool conf_check(const char *text, size_t length, const char *place, struct error *err);
/* The text made harmless for libconfuse, which expands ${HOME} while it reads and miscounts the
 * lines of comments: "$" escaped, comments blank. */
void conf_tame(const char *text, size_t length, struct str *out);

/* The names of all options and sections, each once. */
void conf_names(const char *text, size_t length, struct strings *out);
/* Where the text, which is good, can be cut into pieces of some length: the end of the last item on
 * the top of each. */
struct conf_cuts {
    size_t *ends;
    size_t count; /* at least 1: the last is the text's end */
};
void conf_cut(const char *text, size_t length, size_t piece, struct conf_cuts *out);

bool conf_find(const char *text, const struct conf_step *path, size_t depth, struct conf_span *out);
/* The section of that name on the top, counted from 0 (accept {} comes as often as one likes), or
 * an option of it; NULL: itself. */
bool conf_find_nth(const char *text, const char *section, size_t nth, const char *option,
                   struct conf_span *out);
/* Gives such an option, which is there, another value. false: it isn't. */
bool conf_set_nth(struct str *text, const char *section, size_t nth, const char *option,
                  const char *value);
/* Sets an option to one value, or to a list (as_list: braces even around one or none). Absent
 * sections on the way are added at the end of their parent. */
void conf_set(struct str *text, const struct conf_step *path, size_t depth,
              const struct strings *values, bool as_list);
/* What conf_set writes behind the "=". Free it. */
char *conf_value(const struct strings *values, bool as_list);
/* Adds an empty section unless it is there. */
void conf_add_section(struct str *text, const struct conf_step *path, size_t depth);
/* Takes the item out, with its line where it stands alone there. false: it wasn't there. */
bool conf_remove(struct str *text, const struct conf_step *path, size_t depth);
/* The same of the nth section without a title, from 0: accept {}. */
bool conf_remove_nth(struct str *text, const char *section, size_t nth);
/* What is remembered of the text last read or edited goes. */
void conf_forget(void);
/* Gives a section another title. */
bool conf_retitle(struct str *text, const struct conf_step *path, size_t depth, const char *title);
/* "value" with \" \\ \$ and control bytes escaped so that libconfuse reads the same bytes. */
void conf_quote(const char *value, struct str *out);

#endif
