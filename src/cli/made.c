#include "cli/made.h"

#include "base/json.h"

#include <string.h>

static json_t *made_words(unsigned what)
{
    json_t *words = json_array();
    if (what & MADE_KEY)
        json_array_append_new(words, json_string("key"));
    if (what & MADE_CSR)
        json_array_append_new(words, json_string("csr"));
    if (what & MADE_CERTIFICATE)
        json_array_append_new(words, json_string("certificate"));
    return words;
}

static void print_json(const struct made_list *list)
{
    json_t *document = json_object(), *identities = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct made_item *item = &list->items[i];
        json_t *object = json_object();
        json_put(object, "identity", json_text(item->identity));
        json_put(object, "made", made_words(item->what));
        json_put(object, "note", json_text(item->note));
        json_put(object, "files", json_strings(&item->files));
        json_array_append_new(identities, object);
    }
    json_put(document, "identities", identities);
    json_put(document, "trusts", json_strings(&list->trusts));
    json_print(document, stdout);
}

void made_print(const struct cli *cli, const struct made_list *list)
{
    if (cli->json) {
        print_json(list);
        return;
    }
    int width = 0;
    for (size_t i = 0; i < list->count; i++)
        if ((int)strlen(list->items[i].identity) > width)
            width = (int)strlen(list->items[i].identity);
    for (size_t i = 0; i < list->count; i++) {
        const struct made_item *item = &list->items[i];
        cli_say(cli, "%-4s %-*s  %s", made_word(item->what), width, item->identity, item->note);
    }
    for (size_t i = 0; i < list->trusts.count; i++)
        cli_say(cli, "OK   %s: a trust file that follows", list->trusts.items[i]);
}

void cli_names(const struct cli *cli, struct strings *out)
{
    for (size_t i = 0; i < cli->arg_count; i++)
        strings_add(out, cli->args[i]);
}
