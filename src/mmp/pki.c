#include "mmp/pki.h"

#include "base/mem.h"
#include "mmp/action.h"

#include <stdlib.h>
#include <string.h>

/* The verbs of the family; how many words each takes behind its name (guide app. C). */
static const struct form {
    const char *name;
    size_t least, most;
    bool (*run)(struct action *action, struct error *err);
} forms[VERB_COUNT] = {
    [VERB_USES] = {"", 0, 0, action_uses},
    [VERB_LIST] = {"list", 0, 0, action_list},
    [VERB_INSPECT] = {"inspect", 1, 1, action_inspect},
    [VERB_MATCH] = {"match", 2, 2, action_match},
    [VERB_VERIFY] = {"verify", 2, PKI_FILES_MAX, action_verify},
    [VERB_UNLOCK] = {"unlock", 1, 1, action_unlock},
    [VERB_CSR] = {"csr", 1, 64, action_csr},
    [VERB_SELFSIGNED] = {"selfsigned", 1, 64, action_selfsigned},
    [VERB_SIGN] = {"sign", 2, 2, action_sign},
    [VERB_TO_SSH] = {"pkcs12-to-ssh", 1, 1, action_to_ssh},
};

enum pki_verb pki_find(const char *name)
{
    int verb = 0;
    while (verb < VERB_COUNT && strcmp(forms[verb].name, name) != 0)
        verb++;
    return (enum pki_verb)verb;
}

const char *pki_near(const char *name)
{
    const char *names[VERB_COUNT];
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = forms[i].name;
    const char *near = text_nearest(name, names, VERB_COUNT);
    return near && *near ? near : NULL;
}

bool pki_takes(enum pki_verb verb, size_t count)
{
    return count >= forms[verb].least && count <= forms[verb].most;
}

static bool unknown_verb(const char *name, struct error *err)
{
    const char *near = pki_near(name);
    char *remedy = near ? xformat("did you mean %s?", near) : xstrdup("");
    error_set(err, STATUS_USAGE, "", remedy, "pki has no \"%s\"", name);
    free(remedy);
    return false;
}

void pki_run(const struct pki_place *place, const struct pki_wishes *wishes, char *const *words,
             size_t count, struct pki_reply *out)
{
    struct action action = {place, wishes, words, count, out};
    enum pki_verb verb = pki_find(count ? words[0] : "");
    struct error *err = &out->error;
    *out = (struct pki_reply){.verb = verb};
    bool good;
    if (verb == VERB_COUNT)
        good = unknown_verb(words[0], err);
    else if (count && !pki_takes(verb, count - 1))
        good = error_set(err, STATUS_USAGE, "", NULL, "wrong number of arguments: pki %s",
                         forms[verb].name);
    else
        good = forms[verb].run(&action, err);
    if (!good)
        out->status = err->code ? err->code : STATUS_NO;
}

/* One word at *at, which moves behind it. */
static bool take_word(const char **at, struct str *word, struct error *err)
{
    bool quoted = false;
    for (; **at && (quoted || !strchr(" \t\r\n", **at)); ++*at) {
        if (**at == '"') {
            quoted = !quoted;
            continue;
        }
        if (quoted && **at == '\\' && (*at)[1])
            ++*at;
        str_add_char(word, **at);
    }
    return !quoted || error_set(err, STATUS_USAGE, "", "type the second one",
                                "a quotation mark opens a value, and none closes it");
}

bool pki_words(const char *line, struct strings *out, struct error *err)
{
    bool good = true;
    for (const char *at = line; good;) {
        struct str word = {0};
        at += strspn(at, " \t\r\n");
        if (!*at)
            break;
        good = take_word(&at, &word, err);
        strings_add_take(out, str_take(&word));
    }
    return good;
}

void pki_line(const struct pki_place *place, const char *line, struct pki_reply *out)
{
    static const struct pki_wishes none = {0};
    struct strings words = {0};
    *out = (struct pki_reply){0};
    if (!pki_words(line, &words, &out->error))
        out->status = STATUS_USAGE;
    else if (!words.count || strcmp(words.items[0], "pki") != 0)
        out->status = STATUS_USAGE, error_set(&out->error, STATUS_USAGE, "", "type pki and a verb",
                                              "this is no line of the pki family");
    else
        pki_run(place, &none, words.items + 1, words.count - 1, out);
    strings_free(&words);
}

void pki_reply_free(struct pki_reply *reply)
{
    for (size_t i = 0; i < reply->row_count; i++) {
        free(reply->rows[i].file);
        free(reply->rows[i].subject);
    }
    for (size_t i = 0; i < reply->use_count; i++) {
        strings_free(&reply->uses[i].trust);
        strings_free(&reply->uses[i].missing);
    }
    for (size_t i = 0; i < reply->file_count; i++)
        pki_file_free(&reply->files[i]);
    free(reply->rows);
    free(reply->uses);
    free(reply->key_file);
    free(reply->file);
    pki_file_free(&reply->made);
    pool_free(&reply->links);
    pool_free(&reply->anchors);
    strings_free(&reply->lost);
    str_free(&reply->text);
    notes_free(&reply->notes);
    *reply = (struct pki_reply){0};
}
