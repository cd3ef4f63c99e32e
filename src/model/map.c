#include "model/map.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What makes trusts one row: the same service, file and content by the same rule. */
static int compare_alike(const struct trust *a, const struct trust *b)
{
    int order = strcmp(a->reader->name, b->reader->name);
    if (!order)
        order = strcmp(a->rule->name, b->rule->name);
    if (!order)
        order = strcmp(a->file, b->file);
    if (!order && a->need != b->need)
        order = a->need < b->need ? -1 : 1;
    return order;
}

static int compare_trusts(const void *left, const void *right)
{
    const struct trust *const *a = left, *const *b = right;
    int order = compare_alike(*a, *b);
    return order ? order : (*a > *b) - (*a < *b);
}

static int compare_rows(const void *left, const void *right)
{
    const struct map_row *a = left, *b = right;
    return (a->trust > b->trust) - (a->trust < b->trust);
}

/* "callbridge core1-3"; services of several names one after another. */
static char *accepted_words(const struct trust_need *need)
{
    struct str out = {0};
    for (size_t i = 0, next; i < need->target_count; i = next) {
        const char *name = need->targets[i].service->name;
        struct strings servers = {0};
        for (next = i; next < need->target_count; next++) {
            if (strcmp(need->targets[next].service->name, name) != 0)
                break;
            strings_add(&servers, need->targets[next].service->server->name);
        }
        char *folded = strings_fold(&servers, ", ");
        str_addf(&out, "%s%s %s", i ? "; " : "", name, folded);
        free(folded);
        strings_free(&servers);
    }
    return str_take(&out);
}

static void add_row(const struct facts *facts, const struct trust **alike, size_t count,
                    struct map *out)
{
    struct strings servers = {0};
    for (size_t i = 0; i < count; i++)
        strings_add(&servers, alike[i]->reader->server->name);
    char *readers = strings_fold(&servers, ", ");
    strings_free(&servers);
    out->rows[out->count++] =
        (struct map_row){.trust = alike[0],
                         .readers = readers,
                         .service = xstrdup(alike[0]->reader->name),
                         .accepted = accepted_words(alike[0]->need),
                         .here = scan_find(&facts->scan, alike[0]->file) != NULL,
                         .count = count};
}

void map_make(const struct facts *facts, struct map *out)
{
    size_t count = facts->trusts.count;
    *out = (struct map){.rows = xcalloc(count + 1, sizeof *out->rows)};
    const struct trust **sorted = xcalloc(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &facts->trusts.items[i];
    qsort(sorted, count, sizeof *sorted, compare_trusts);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && compare_alike(sorted[i], sorted[next]) == 0;)
            next++;
        add_row(facts, sorted + i, next - i, out);
    }
    qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    free(sorted);
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free(map->rows[i].readers);
        free(map->rows[i].service);
        free(map->rows[i].accepted);
    }
    free(map->rows);
    *map = (struct map){0};
}
