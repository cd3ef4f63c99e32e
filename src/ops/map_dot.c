/* The map of trusts for Graphviz. */
#include "base/escape.h"
#include "base/mem.h"
#include "ops/map.h"

#include <stdlib.h>
#include <string.h>

/* Services that every row treats alike are one node. */
struct nodes {
    size_t *of;   /* by service: its node; 0 none */
    size_t count; /* of numbers given out, 0 among them; some are nobody's */
    size_t *part; /* by node: what its members in the set at hand become */
};

/* A string of Graphviz: nothing of a name ends it or is taken for a line end. */
static void add_escaped(struct str *out, const char *text)
{
    char *clean = escape_text(text);
    for (const char *c = clean; *c; c++) {
        if (*c == '"' || *c == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *c);
    }
    free(clean);
}

/* key="first" or, below it in a line of its own, second. */
static void add_attribute(struct str *out, const char *key, const char *first, const char *second)
{
    str_addf(out, "%s=\"", key);
    add_escaped(out, first);
    if (*second) {
        str_add(out, "\\n");
        add_escaped(out, second);
    }
    str_add(out, "\"");
}

/* The members of a set part from those of their node that are not in it. */
static void part(struct nodes *nodes, const size_t *members, size_t count)
{
    size_t first = nodes->count;
    for (size_t i = 0; i < count; i++) {
        size_t *node = &nodes->of[members[i]];
        if (*node >= first) /* named twice */
            continue;
        if (nodes->part[*node] < first)
            nodes->part[*node] = nodes->count++;
        *node = nodes->part[*node];
    }
}

/* Whom a row is about: those who accept, or those who are accepted; refused: of these, those who
 * are not. Free it. */
enum side { READERS, TARGETS, REFUSED };

static size_t *members(const struct map_row *row, enum side side, size_t *count)
{
    const struct trust_need *need = row->trusts[0]->need;
    size_t *out = xcalloc(row->trust_count + need->target_count, sizeof *out);
    *count = 0;
    for (size_t i = 0; side == READERS && i < row->trust_count; i++)
        out[(*count)++] = row->trusts[i]->reader->index;
    for (size_t i = 0; side != READERS && i < need->target_count; i++)
        if (side == TARGETS || (row->verdict && !verdict_accepts(row->verdict, i)))
            out[(*count)++] = need->targets[i].service->index;
    return out;
}

static void find_nodes(const struct map *map, size_t services, struct nodes *nodes)
{
    size_t most = 1, count;
    for (size_t i = 0; i < map->count; i++)
        most += map->rows[i].trust_count + 2 * map->rows[i].trusts[0]->need->target_count;
    *nodes = (struct nodes){.of = xcalloc(services + 1, sizeof *nodes->of),
                            .part = xcalloc(most, sizeof *nodes->part),
                            .count = 1};
    for (size_t i = 0; i < map->count; i++)
        for (int side = READERS; side <= REFUSED; side++) {
            size_t *set = members(&map->rows[i], (enum side)side, &count);
            part(nodes, set, count);
            free(set);
        }
}

/* A node as it is drawn. */
struct box {
    size_t number;
    struct strings names; /* of its servers */
    char *servers;        /* the same, folded */
    const char *label;
};

static int compare_boxes(const void *left, const void *right)
{
    const struct box *a = left, *b = right;
    int order = strcmp(a->servers, b->servers);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Those that have members, by their servers. */
static struct box *find_boxes(const struct facts *facts, const struct nodes *nodes, size_t *count)
{
    struct box *boxes = xcalloc(nodes->count, sizeof *boxes);
    for (size_t i = 0, index = 0; i < facts->deployment.server_count; i++) {
        const struct server *server = &facts->deployment.servers[i];
        for (size_t j = 0; j < server->service_count; j++, index++) {
            struct box *box = &boxes[nodes->of[index]];
            if (!box->label)
                box->label = map_name(facts, &server->services[j]);
            if (!box->names.count ||
                strcmp(box->names.items[box->names.count - 1], server->name) != 0)
                strings_add(&box->names, server->name);
        }
    }
    *count = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        struct box box = boxes[i];
        box.number = i;
        if (i && box.label) {
            box.servers = strings_fold(&box.names, ", ");
            boxes[(*count)++] = box;
        }
        strings_free(&box.names);
    }
    if (*count)
        qsort(boxes, *count, sizeof *boxes, compare_boxes);
    return boxes;
}

static void add_boxes(const struct facts *facts, const struct nodes *nodes, struct str *out)
{
    size_t count;
    struct box *boxes = find_boxes(facts, nodes, &count);
    for (size_t i = 0; i < count; i++) {
        bool opens = !i || strcmp(boxes[i - 1].servers, boxes[i].servers) != 0;
        bool closes = i + 1 == count || strcmp(boxes[i + 1].servers, boxes[i].servers) != 0;
        if (opens) {
            str_addf(out, "  subgraph \"cluster_%zu\" {\n    ", boxes[i].number);
            add_attribute(out, "label", boxes[i].servers, "");
            str_add(out, ";\n");
        }
        str_addf(out, "    n%zu [", boxes[i].number);
        add_attribute(out, "label", boxes[i].label, "");
        str_addf(out, "];\n%s", closes ? "  }\n" : "");
    }
    for (size_t i = 0; i < count; i++)
        free(boxes[i].servers);
    free(boxes);
}

static int compare_numbers(const void *left, const void *right)
{
    const size_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The nodes of a side of the row, each once, in order. Free it. */
static size_t *nodes_of(const struct nodes *nodes, const struct map_row *row, enum side side,
                        size_t *count)
{
    size_t all, *set = members(row, side, &all);
    for (size_t i = 0; i < all; i++)
        set[i] = nodes->of[set[i]];
    if (all)
        qsort(set, all, sizeof *set, compare_numbers);
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (!i || set[i] != set[i - 1])
            set[(*count)++] = set[i];
    return set;
}

static void add_arrow(size_t from, size_t to, const struct map_row *row, enum map_state state,
                      struct str *out)
{
    static const char *const looks[] = {"", ", style=dotted", ", style=dashed", ", color=red",
                                        ", color=red, style=dashed"};
    str_addf(out, "  n%zu -> n%zu [", from, to);
    add_attribute(out, "label", state == MAP_OFF ? row->trusts[0]->rule->name : row->file,
                  state == MAP_OK ? "" : map_word(state));
    bool cas = !trust_lists(row->trusts[0]->rule->how);
    str_addf(out, "%s%s];\n", looks[state], cas ? ", arrowhead=empty" : "");
}

static void add_arrows(const struct nodes *nodes, const struct map_row *row, struct str *out)
{
    size_t reader_count, target_count, refused_count;
    size_t *readers = nodes_of(nodes, row, READERS, &reader_count);
    size_t *targets = nodes_of(nodes, row, TARGETS, &target_count);
    size_t *refused = nodes_of(nodes, row, REFUSED, &refused_count);
    for (size_t i = 0; i < reader_count; i++)
        for (size_t j = 0; j < target_count; j++) {
            bool good = row->state == MAP_STALE && !bsearch(&targets[j], refused, refused_count,
                                                            sizeof *refused, compare_numbers);
            add_arrow(readers[i], targets[j], row, good ? MAP_OK : row->state, out);
        }
    free(readers);
    free(targets);
    free(refused);
}

void map_dot(const struct map *map, struct str *out)
{
    const struct deployment *d = &map->facts->deployment;
    struct nodes nodes;
    size_t services = 0;
    for (size_t i = 0; i < d->server_count; i++)
        services += d->servers[i].service_count;
    find_nodes(map, services, &nodes);
    str_add(out, "digraph trusts {\n  ");
    add_attribute(out, "label", d->name,
                  "An arrow goes from who accepts to whose certificate is accepted.");
    str_add(out, ";\n  rankdir=LR;\n  node [shape=box];\n");
    add_boxes(map->facts, &nodes, out);
    for (size_t i = 0; i < map->count; i++)
        add_arrows(&nodes, &map->rows[i], out);
    str_add(out, "}\n");
    free(nodes.of);
    free(nodes.part);
}
