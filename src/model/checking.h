#ifndef MODEL_CHECKING_H
#define MODEL_CHECKING_H

#include "model/screens.h"

/* Private to model/: what the words, holes and conditions of the component files may be. */

struct checking {
    const struct catalogue *catalogue;
    const struct screen_file *file;
    const struct component *component; /* NULL: a preset */
    cfg_t *cfg;                        /* the section looked at */
    const char *section;               /* its name; NULL: the file's top */
    cfg_t *outer;                      /* the section that this one lies in; NULL: none */
    const char *outer_section;         /* its name */
    bool appliance;                    /* holes may be of what the appliance alone knows */
    const char *item;                  /* the value of a list looked at; NULL */
    struct error *err;
};

/* Names that a word may be. */
struct words {
    const char *items[256];
    size_t count;
};

void known_add(struct words *words, const char *word);
bool known_has(const struct words *words, const char *word);

/* An error at the line of a key, or of its section where the key is not written. Returns false. */
bool screen_wrong(const struct checking *c, const char *key, const char *remedy, const char *format,
                  ...) printf_like(4, 5);
/* The word is one of those; what is the thing's name in the message. */
bool screen_one_of(const struct checking *c, const char *key, const char *what, const char *word,
                   const struct words *words);
/* The key's word, or each of its words, is one of the list, which ends with NULL; "" is none. */
bool screen_listed(const struct checking *c, const char *key, const char *const *known);
bool screen_kind(const struct checking *c, const char *key, const char *kind);
bool screen_release(const struct checking *c);
/* Some component declares that fact; those of the block go to known. */
bool screen_fact(const struct checking *c, const char *block, const char *name,
                 struct words *known);
/* Every hole means something, and what opens closes. In a sentence braces with a blank in them show
 * a section of deployment.conf, and brackets are brackets. */
bool screen_template(const struct checking *c, const char *key, const char *text, bool sentence);
/* All values of a key. */
bool screen_templates(const struct checking *c, const char *key);
/* All values of a key that holds lines of a display or a reply, which may hold more than a command:
 * {NAME?YES|NO}, {?TEXT}, [A|B], {state.WORD}. */
bool screen_forms(const struct checking *c, const char *key);
bool screen_when(const struct checking *c);
/* All words of a key that tells what the appliance knows from then on. */
bool screen_sets(const struct checking *c, const char *key);

#endif
