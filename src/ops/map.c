#include "ops/map.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A trust and what makes it alike to others. */
struct item {
    const struct trust *trust;
    const char *name;
    const struct trust_verdict *verdict;
};

const char *map_word(enum map_state state)
{
    static const char *const words[] = {"OK", "OFF", "WAITS", "STALE", "MISSING"};
    return words[state];
}

const char *map_name(const struct facts *facts, const struct service *service)
{
    const struct kind *kind = deployment_kind(&facts->deployment, service->component);
    size_t at = service->ordinal - 1; /* those of one server stand side by side */
    bool several = (at > 0 && kind->services[at - 1]->server == service->server) ||
                   (at + 1 < kind->count && kind->services[at + 1]->server == service->server);
    return several ? service->name : service->component->kind;
}

static int compare_readers(const struct trust *a, const struct trust *b)
{
    if (a->reader->index != b->reader->index)
        return a->reader->index < b->reader->index ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

static int compare_alike(const struct item *a, const struct item *b)
{
    int order = strcmp(a->name, b->name);
    if (!order)
        order = strcmp(a->trust->rule->name, b->trust->rule->name);
    if (!order)
        order = strcmp(a->trust->file, b->trust->file);
    return order ? order : (a->trust->need > b->trust->need) - (a->trust->need < b->trust->need);
}

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    int order = compare_alike(a, b);
    return order ? order : compare_readers(a->trust, b->trust);
}

/* Those of one kind stand together, where its first one stands. */
static int compare_rows(const void *left, const void *right)
{
    const struct map_row *a = left, *b = right;
    return a->kind != b->kind ? a->kind < b->kind ? -1 : 1
                              : compare_readers(a->trusts[0], b->trusts[0]);
}

static void add_server(struct strings *names, const struct server *server)
{
    if (!names->count || strcmp(names->items[names->count - 1], server->name) != 0)
        strings_add(names, server->name);
}

static char *fold(struct strings *names)
{
    char *text = strings_fold(names, ", ");
    strings_free(names);
    return text;
}

static enum map_state state_of(const struct trust_verdict *verdict)
{
    static const enum map_state states[] = {MAP_OK, MAP_WAITS, MAP_STALE, MAP_MISSING};
    return verdict ? states[verdict->state] : MAP_OFF;
}

static void fill_row(const struct item *items, size_t count, struct map *map)
{
    struct map_row *row = &map->rows[map->count++];
    struct strings readers = {0}, targets = {0}, refused = {0};
    const struct trust *first = items[0].trust;
    row->trusts = xcalloc(count, sizeof *row->trusts);
    for (size_t i = 0; i < count; i++) {
        row->trusts[row->trust_count++] = items[i].trust;
        add_server(&readers, items[i].trust->reader->server);
    }
    row->verdict = items[0].verdict;
    row->state = state_of(row->verdict);
    bool several = false; /* services of one server are more than its name says */
    for (size_t i = 0; i < first->need->target_count; i++) {
        const struct service *target = first->need->targets[i].service;
        add_server(&targets, target->server);
        several = several || strcmp(map_name(map->facts, target), target->component->kind) != 0;
        if (row->verdict && !verdict_accepts(row->verdict, i))
            add_server(&refused, target->server);
    }
    const struct service *target = first->need->targets[0].service;
    const struct component *component = first->reader->component;
    row->kind = deployment_kind(&map->facts->deployment, component)->services[0]->index;
    row->reader = xstrdup(items[0].name);
    row->of =
        xstrdup(several && first->need->target_count == 1 ? target->name : target->component->kind);
    row->file = first->file;
    row->readers = fold(&readers);
    row->targets = fold(&targets);
    row->refused = fold(&refused);
    map->by_state[row->state]++;
}

void map_make(const struct facts *facts, struct map *out)
{
    const struct trusts *on = &facts->trusts;
    *out = (struct map){.facts = facts};
    rules_verdicts(facts, &out->verdicts);
    trusts_off(&facts->deployment, &out->off);
    size_t count = on->count + out->off.count;
    struct item *items = xcalloc(count + 1, sizeof *items);
    out->rows = xcalloc(count + 1, sizeof *out->rows);
    for (size_t i = 0; i < count; i++) {
        items[i].trust = i < on->count ? &on->items[i] : &out->off.items[i - on->count];
        items[i].name = map_name(facts, items[i].trust->reader);
        items[i].verdict = i < on->count ? &out->verdicts.items[out->verdicts.of[i]] : NULL;
    }
    qsort(items, count, sizeof *items, compare_items);
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && compare_alike(&items[start], &items[end]) == 0;)
            end++;
        fill_row(&items[start], end - start, out);
    }
    qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    free(items);
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        struct map_row *row = &map->rows[i];
        char *texts[] = {row->reader, row->readers, row->of, row->targets, row->refused};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            free(texts[j]);
        free(row->trusts);
    }
    free(map->rows);
    rules_verdicts_free(&map->verdicts);
    trusts_free(&map->off);
    *map = (struct map){0};
}

char *map_summary(const struct map *map)
{
    static const struct {
        enum map_state state;
        const char *words;
    } parts[] = {
        {MAP_MISSING, "missing"}, {MAP_STALE, "stale"}, {MAP_WAITS, "waiting"}, {MAP_OFF, "off"}};
    struct str text = {0};
    size_t rest = map->count;
    str_addf(&text, map->count == 1 ? "%zu trust" : "%zu trusts", map->count);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t some = map->by_state[parts[i].state];
        if (!some)
            continue;
        str_addf(&text, "%s%zu %s", rest == map->count ? ": " : ", ", some, parts[i].words);
        rest -= some;
    }
    if (rest)
        str_add(&text, rest == map->count ? ", all OK" : ", the rest OK");
    return str_take(&text);
}
