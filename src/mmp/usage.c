#include "mmp/usage.h"

#include "base/mem.h"
#include "mmp/grammar.h"
#include "mmp/holes.h"
#include "mmp/pki.h"
#include "pki/words.h"
#include "store/scan.h"

#include <stdlib.h>
#include <string.h>

/* Commands that are no component's, with what help says of each. */
static const struct {
    const char *word, *line, *about;
} own[] = {
    {"pki", "pki", "keys, requests and certificates"},
    {"pki", "pki list", ""},
    {"pki", "pki inspect <filename>", ""},
    {"pki", "pki match <key> <certificate>", ""},
    {"pki", "pki verify <cert> <cert bundle/CA cert> [<CA cert>]", ""},
    {"pki", "pki unlock <key>", ""},
    {"pki", "pki csr <key/cert basename> [<attribute>:<value>]", ""},
    {"pki", "pki selfsigned <key/cert basename> [<attribute>:<value>]", ""},
    {"pki", "pki sign <csr/cert basename> <CA key/cert basename>", ""},
    {"pki", "pki pkcs12-to-ssh <username>", ""},
    {"hostname", "hostname <name>", "the name in the prompt"},
    {"version", "version", "the release"},
    {"help", "help [<command>]", "the commands, or the forms of one"},
    {"exit", "exit", "ends the session"},
};

static size_t word_length(const char *line)
{
    return strcspn(line, " ");
}

static bool begins_with(const char *line, const char *word)
{
    return word_length(line) == strlen(word) && text_starts(line, word);
}

/* "KIND certs <key-file> <crt-file> [<cert-bundle>]": the blank within a bracket goes before
 * it. */
static void add_usage(const struct form *form, struct str *out)
{
    for (const char *at = form->pattern; *at; at++) {
        if (at[0] == '[' && at[1] == ' ') {
            str_add(out, " [");
            at++;
        } else if (at[0] == ' ' && at[1] == ']') {
            str_add(out, "] ");
            at++;
        } else if (*at == '{') {
            char *path = xstrndup(at + 1, strcspn(at + 1, "}"));
            struct hole_kind kind = hole_kind(form->component, path);
            hole_usage(&kind, path, out);
            at += strlen(path) + 1;
            free(path);
        } else {
            str_add_char(out, *at);
        }
    }
    str_add_char(out, '\n');
}

/* The text of a source for that word. */
static const struct usage *find_usage(const struct catalogue *catalogue, const char *release,
                                      const char *word)
{
    for (size_t i = 0; i < catalogue->count; i++)
        for (size_t j = 0; j < catalogue->components[i].usage_count; j++) {
            const struct usage *usage = &catalogue->components[i].usages[j];
            if (strcmp(usage->word, word) == 0 && release_in(&usage->release, release))
                return usage;
        }
    return NULL;
}

static void add_literal(const struct usage *usage, struct str *out)
{
    if (*usage->about)
        str_addf(out, "%s\n\n", usage->about);
    words_add(out, WORD_USAGE_HEAD, NULL, NULL, NULL);
    str_add_char(out, '\n');
    for (size_t i = 0; i < usage->lines.count; i++)
        str_addf(out, "%s\n", usage->lines.items[i]);
}

bool usage_of(const struct catalogue *catalogue, const char *release, const char *word,
              struct str *out)
{
    const struct usage *usage = find_usage(catalogue, release, word);
    if (usage) {
        add_literal(usage, out);
        return true;
    }
    struct forms forms;
    struct str lines = {0};
    grammar_forms(catalogue, release, &forms);
    for (size_t i = 0; i < forms.count; i++)
        if (begins_with(forms.items[i].pattern, word))
            add_usage(&forms.items[i], &lines);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i].word, word) == 0)
            str_addf(&lines, "%s\n", own[i].line);
    bool any = lines.length > 0;
    if (any) {
        words_add(out, WORD_USAGE_HEAD, NULL, NULL, NULL);
        str_addf(out, "\n%s", str_text(&lines));
    }
    forms_free(&forms);
    str_free(&lines);
    return any;
}

void usage_all(const struct catalogue *catalogue, const char *release, struct str *out)
{
    struct forms forms;
    struct strings words = {0};
    grammar_forms(catalogue, release, &forms);
    words_add(out, WORD_HELP_HEAD, NULL, NULL, NULL);
    str_add_char(out, '\n');
    for (size_t i = 0; i < forms.count; i++) {
        char *word = xstrndup(forms.items[i].pattern, word_length(forms.items[i].pattern));
        if (strings_add_new(&words, word))
            str_addf(out, "  %-14s%s\n", word, forms.items[i].component->title);
        free(word);
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strings_add_new(&words, own[i].word))
            str_addf(out, "  %-14s%s\n", own[i].word, own[i].about);
    forms_free(&forms);
    strings_free(&words);
}

/* The files of the folder that are called as the hole wants them. */
static void offer_files(const char *folder, enum hole hole, struct strings *out)
{
    struct scan_walk walk = {0};
    if (!scan_open(folder, PKI_NAMES, &walk, NULL))
        return;
    for (size_t i = 0; i < walk.names.count; i++) {
        struct str why = {0};
        if (hole == HOLE_TEXT || hole_file_named(hole, walk.names.items[i], &why))
            strings_add_new(out, walk.names.items[i]);
        str_free(&why);
    }
    scan_close(&walk);
}

/* What may stand in the word at the end of a pattern's beginning that fits the words before it. A
 * bracket is passed by: what stands in it is as optional to complete. */
static void offer_pattern(const struct form *form, const struct strings *before, const char *folder,
                          struct strings *out)
{
    const char *at = form->pattern;
    struct strings words = {0};
    struct str plain = {0};
    for (; *at; at++)
        if (*at != '[' && *at != ']')
            str_add_char(&plain, *at);
    strings_split(&words, str_text(&plain), ' ');
    bool fits = words.count > before->count;
    for (size_t i = 0; fits && i < before->count; i++)
        fits = *words.items[i] == '{' || strcmp(words.items[i], before->items[i]) == 0;
    if (fits && *words.items[before->count] != '{') {
        strings_add_new(out, words.items[before->count]);
    } else if (fits) {
        char *path =
            xstrndup(words.items[before->count] + 1, strcspn(words.items[before->count] + 1, "}"));
        struct hole_kind kind = hole_kind(form->component, path);
        if (hole_is_file(kind.hole))
            offer_files(folder, kind.hole, out);
        for (size_t i = 0; kind.hole == HOLE_CHOICE && kind.choices && i < kind.choices->count; i++)
            strings_add_new(out, kind.choices->items[i]);
        free(path);
    }
    str_free(&plain);
    strings_free(&words);
}

/* Words of the lines that are no component's; in the place of "<key>" stands a file. */
static void offer_own(const struct strings *before, const char *folder, struct strings *out)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct strings words = {0};
        strings_split(&words, own[i].line, ' ');
        bool fits = words.count > before->count;
        for (size_t j = 0; fits && j < before->count; j++)
            fits = strchr("<[", *words.items[j]) || strcmp(words.items[j], before->items[j]) == 0;
        if (fits && !strchr("<[", *words.items[before->count]))
            strings_add_new(out, words.items[before->count]);
        else if (fits && strcmp(own[i].word, "pki") == 0)
            offer_files(folder, HOLE_TEXT, out);
        strings_free(&words);
    }
}

void usage_complete(const struct catalogue *catalogue, const char *release, const char *folder,
                    const char *line, struct strings *out)
{
    struct strings before = {0}, all = {0};
    struct forms forms;
    const char *last = strrchr(line, ' ');
    const char *stem = last ? last + 1 : line;
    char *head = xstrndup(line, (size_t)(stem - line));
    strings_split(&before, head, ' ');
    grammar_forms(catalogue, release, &forms);
    if (before.count == 1 && strcmp(before.items[0], "help") == 0) {
        strings_free(&before);
        before = (struct strings){0};
    }
    for (size_t i = 0; i < forms.count; i++)
        offer_pattern(&forms.items[i], &before, folder, &all);
    offer_own(&before, folder, &all);
    for (size_t i = 0; i < all.count; i++)
        if (text_starts(all.items[i], stem))
            strings_add(out, all.items[i]);
    strings_sort(out);
    forms_free(&forms);
    strings_free(&before);
    strings_free(&all);
    free(head);
}
