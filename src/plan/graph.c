#include "plan/graph.h"

#include "base/escape.h"
#include "base/mem.h"
#include "model/map.h"

#include <stdlib.h>
#include <string.h>

/* A quoted string of Graphviz; what would speak to a terminal is spelled out. */
static void add_quoted(struct str *out, const char *text)
{
    char *shown = escape_text(text);
    str_add_char(out, '"');
    for (const char *at = shown; *at; at++) {
        if (*at == '"' || *at == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *at);
    }
    str_add_char(out, '"');
    free(shown);
}

static void add_service(struct str *out, const struct service *service)
{
    char *id = xformat("%s/%s", service->server->name, service->name);
    add_quoted(out, id);
    free(id);
}

static void add_servers(const struct deployment *deployment, struct str *out)
{
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        str_addf(out, "  subgraph cluster_%zu {\n    label = ", i + 1);
        add_quoted(out, server->name);
        str_add(out, "\n");
        for (size_t k = 0; k < server->service_count; k++) {
            str_add(out, "    ");
            add_service(out, &server->services[k]);
            str_add(out, " [label = ");
            add_quoted(out, server->services[k].name);
            str_add(out, "]\n");
        }
        str_add(out, "  }\n");
    }
}

static void add_arrow_end(const struct trust *trust, bool here, const char *label, struct str *out)
{
    str_addf(out, " [style = %s", here ? "solid" : "dashed");
    if (trust_chains(trust->need->how) && !trust_lists(trust->need->how))
        str_add(out, ", arrowhead = empty");
    if (label) {
        str_add(out, ", label = ");
        add_quoted(out, label);
    }
    str_add(out, "]\n");
}

static bool is_here(const struct facts *facts, const struct trust *trust)
{
    return scan_find(&facts->scan, trust->file) != NULL;
}

/* The node of a file with several certificates. */
static void add_file_id(struct str *out, const struct trust *trust, size_t need)
{
    char *id = xformat("file %zu %s", need, trust->file);
    add_quoted(out, id);
    free(id);
}

static void add_file(const struct facts *facts, const struct trust *trust, size_t need,
                     struct str *out)
{
    str_add(out, "  ");
    add_file_id(out, trust, need);
    str_add(out, " [shape = note, label = ");
    add_quoted(out, trust->file);
    str_addf(out, ", style = %s]\n", is_here(facts, trust) ? "solid" : "dashed");
    for (size_t i = 0; i < trust->need->target_count; i++) {
        str_add(out, "  ");
        add_file_id(out, trust, need);
        str_add(out, " -> ");
        add_service(out, trust->need->targets[i].service);
        add_arrow_end(trust, is_here(facts, trust), NULL, out);
    }
}

static void add_trust(const struct facts *facts, const struct trust *trust, size_t need,
                      struct str *out)
{
    str_add(out, "  ");
    add_service(out, trust->reader);
    str_add(out, " -> ");
    if (trust->need->target_count == 1)
        add_service(out, trust->need->targets[0].service);
    else
        add_file_id(out, trust, need);
    add_arrow_end(trust, is_here(facts, trust), trust->need->target_count == 1 ? trust->file : NULL,
                  out);
}

void graph_dot(const struct facts *facts, struct str *out)
{
    const struct trusts *trusts = &facts->trusts;
    str_add(out, "digraph ");
    add_quoted(out, facts->deployment.name);
    str_add(out, " {\n  rankdir = LR\n  node [shape = box, fontname = \"sans-serif\"]\n"
                 "  edge [fontname = \"sans-serif\", fontsize = 10]\n");
    add_servers(&facts->deployment, out);
    const struct trust *last = NULL; /* of a file and need that has its node */
    for (size_t i = 0; i < trusts->count; i++) {
        const struct trust *trust = trusts->by_file[i];
        size_t need = (size_t)(trust->need - trusts->needs) + 1;
        bool is_new = !last || last->need != trust->need || strcmp(last->file, trust->file) != 0;
        if (is_new && trust->need->target_count != 1)
            add_file(facts, trust, need, out);
        add_trust(facts, trust, need, out);
        last = trust;
    }
    str_add(out, "}\n");
}

/* "-->" the very certificates, "==>" what their CAs have signed. */
static const char *arrow(const struct trust_need *need)
{
    return !trust_lists(need->how) ? "==>" : trust_chains(need->how) ? "=->" : "-->";
}

static void add_line(struct str *out, const struct map_row *row)
{
    enum { FILE_COLUMN = 44, WIDTH = 79 };
    char *accepted = escape_text(row->accepted), *file = escape_text(row->trust->file);
    char *line = xformat("  %s %s", arrow(row->trust->need), accepted);
    if (strlen(line) >= FILE_COLUMN || FILE_COLUMN + strlen(file) > WIDTH)
        str_addf(out, "%s\n%*s%s", line, 6, "", file);
    else
        str_addf(out, "%-*s%s", FILE_COLUMN, line, file);
    str_addf(out, "%s\n", row->here ? "" : "  (not made yet)");
    free(line);
    free(file);
    free(accepted);
}

/* Who accepts, once for all that it accepts. */
static void add_reader(struct str *out, const struct map_row *row, const struct map_row *before)
{
    if (before && strcmp(before->readers, row->readers) == 0 &&
        strcmp(before->service, row->service) == 0)
        return;
    char *readers = escape_text(row->readers), *service = escape_text(row->service);
    str_addf(out, "\n%s %s\n", readers, service);
    free(service);
    free(readers);
}

void graph_text(const struct facts *facts, struct str *out)
{
    struct map map;
    map_make(facts, &map);
    char *name = escape_text(facts->deployment.name);
    str_addf(out, "%s: who accepts whose certificates\n", name);
    free(name);
    for (size_t i = 0; i < map.count; i++) {
        add_reader(out, &map.rows[i], i ? &map.rows[i - 1] : NULL);
        add_line(out, &map.rows[i]);
    }
    str_add(out, map.count
                     ? "\n--> the very certificates   ==> what their CAs have signed   =-> both\n"
                     : "\nNo service here accepts another one's certificate.\n");
    map_free(&map);
}
