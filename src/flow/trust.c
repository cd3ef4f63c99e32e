/* Who trusts whom: each trust with its state, what its file holds, and what it takes to count. */
#include "flow/trust.h"

#include "base/mem.h"
#include "flow/findings.h"

#include <stdlib.h>
#include <string.h>

static const char mend_action[] = "mend", mend_all[] = "mend-safe", commands_action[] = "commands";

/* edge1.Edge1toLB.trust: its first reader. Free it. */
static char *row_id(const struct map_row *row)
{
    const struct trust *first = row->trusts[0];
    return xformat("%s.%s.%s", first->reader->server->name, first->reader->name, first->rule->name);
}

const struct map_row *trust_row(struct flow *flow, const char *id)
{
    const struct map *map = flow_map(flow);
    const struct map_row *found = NULL;
    for (size_t i = 0; i < map->count && !found; i++) {
        char *own = row_id(&map->rows[i]);
        if (strcmp(own, id) == 0)
            found = &map->rows[i];
        free(own);
    }
    return found;
}

const char *trust_how_words(enum trust_how how)
{
    return !trust_takes_cas(how) ? "by the certificates themselves"
           : !trust_lists(how)   ? "by the CAs that signed the certificates"
           : how == TRUST_BOTH   ? "by the certificates and the CAs that signed them"
                                 : "by the certificates, or by the CAs that signed them";
}

/* "1 missing, 2 stale of 13": what is to be done, else what is waited for. Free it. */
static char *title_words(const struct map *map)
{
    const size_t *by = map->by_state;
    struct str text = {0};
    say_count(&text, by[MAP_MISSING], "missing", "missing");
    say_count(&text, by[MAP_STALE], "stale", "stale");
    if (!text.length)
        say_count(&text, by[MAP_WAITS], "waiting", "waiting");
    if (text.length)
        str_addf(&text, " of %zu", map->count);
    else if (map->count)
        str_addf(&text, by[MAP_OFF] ? "%zu OK, %zu off" : "all %zu OK", map->count - by[MAP_OFF],
                 by[MAP_OFF]);
    else
        str_add(&text, "nothing to set up");
    return str_take(&text);
}

/* Certificates of the targets that are not there yet. */
static void add_awaited(const struct flow *flow, const struct trust_need *need, struct strings *out)
{
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        struct identity_files files = {0};
        if (identity)
            facts_files(flow->facts, identity, &files);
        if (identity && !files.leaf)
            strings_add_new(out, identity->certificate_file);
    }
}

static void detail_waits(const struct flow *flow, const struct trust *trust, struct row *row)
{
    struct strings awaited = {0};
    add_awaited(flow, trust->need, &awaited);
    char *all = strings_join(&awaited, ", ");
    const char *then = trust->given ? "Then F5 puts what is new into"
                                    : "The last of them to be made or imported writes";
    if (awaited.count)
        row_detail(row, "Not there yet: %s.\n%s %s.", all, then, trust->file);
    else
        row_detail(row, "Not there yet: the CAs above these certificates, up to the root.\n%s %s.",
                   then, trust->file);
    free(all);
    strings_free(&awaited);
}

bool trust_mendable(const struct map_row *row)
{
    bool is = false;
    for (size_t i = 0; row->verdict && i < row->verdict->findings.count; i++)
        is = is || row->verdict->findings.items[i].fix != FIX_NONE;
    return is;
}

static void detail_fault(const struct flow *flow, const struct map_row *row, struct row *out)
{
    const struct findings *findings = &row->verdict->findings;
    const struct finding *first = &findings->items[0];
    char *more = findings->count == 1   ? xstrdup("")
                 : findings->count == 2 ? xstrdup(" And 1 more (Enter).")
                                        : xformat(" And %zu more (Enter).", findings->count - 1);
    char *source = finding_source(first);
    char *remedy = trust_mendable(row) ? xformat("F5 writes it%s from the certificates in use.",
                                                 row->state == MAP_STALE ? " again" : "")
                                       : finding_remedy(flow, first, "trust", "");
    row_detail(out, "%s%s.%s\n%s", first->message, source, more, remedy);
    free(remedy);
    free(source);
    free(more);
}

static void detail_off(const struct trust *trust, struct row *row)
{
    int name = (int)strcspn(trust->rule->name, " ");
    row_detail(row,
               "Switched off: %.*s-file = \"none\" in service \"%s\" of server \"%s\".\n"
               "Take that out of deployment.conf and the file is made again.",
               name, trust->rule->name, trust->reader->name, trust->reader->server->name);
}

static void add_detail(const struct flow *flow, const struct map_row *row, struct row *out)
{
    const struct trust *trust = row->trusts[0];
    switch (row->state) {
    case MAP_OK:
        row_detail(out, "%s on %s accepts %s on %s %s.", row->reader, row->readers, row->of,
                   row->targets, trust_how_words(trust->rule->how));
        break;
    case MAP_WAITS:
        detail_waits(flow, trust, out);
        break;
    case MAP_OFF:
        detail_off(trust, out);
        break;
    case MAP_STALE:
    case MAP_MISSING:
        detail_fault(flow, row, out);
        break;
    }
}

/* Dashes are certificates themselves, = their CAs; broken where nobody is accepted (yet). */
static char *arrow(enum trust_how how, enum map_state state)
{
    char first = trust_lists(how) ? '-' : '=', last = trust_chains(how) ? '=' : '-';
    return state == MAP_OK
               ? xformat("%c%c%c%c%c%c%c%c>", first, first, first, first, last, last, last, last)
           : state == MAP_STALE ? xformat("%c%c%c X %c%c>", first, first, first, last, last)
                                : xformat("%c   %c  %c>", first, last, last);
}

/* Those who are accepted, and those who aren't, each by an arrow. */
static void add_picture(const struct map_row *row, struct row *out)
{
    struct strings good = {0};
    const struct trust_need *need = row->trusts[0]->need;
    for (size_t i = 0; row->state == MAP_STALE && i < need->target_count; i++)
        if (verdict_accepts(row->verdict, i))
            strings_add_new(&good, need->targets[i].service->server->name);
    char *accepted = strings_fold(&good, ", "),
         *reader = xformat("%s %s", row->readers, row->reader);
    enum trust_how how = row->trusts[0]->rule->how;
    bool some = row->state == MAP_STALE && good.count && *row->refused;
    char *line = arrow(how, some ? MAP_OK : row->state), *broken = arrow(how, row->state);
    page_line(&out->below, "%s  %s  %s %s", reader, line, row->of, some ? accepted : row->targets);
    if (some)
        page_line(&out->below, "%*s  %s  %s %s   X: not trusted", (int)strlen(reader), "", broken,
                  row->of, row->refused);
    free(broken);
    free(line);
    free(reader);
    free(accepted);
    strings_free(&good);
}

static enum level level_of_row(const struct map_row *row)
{
    if (row->state == MAP_OK)
        return LEVEL_OK;
    if (row->state == MAP_OFF || row->state == MAP_WAITS)
        return LEVEL_NOTE;
    enum severity worst = SEVERITY_NOTICE;
    for (size_t i = 0; i < row->verdict->findings.count; i++)
        if (row->verdict->findings.items[i].severity < worst)
            worst = row->verdict->findings.items[i].severity;
    return level_of(worst);
}

static void add_trust(struct flow *flow, const struct map_row *row, struct page *page)
{
    char *id = row_id(row);
    bool off = row->state == MAP_OFF;
    struct row *out = page_row(page, id, level_of_row(row), map_word(row->state),
                               off ? "%s %s would accept %s %s, but is told not to check"
                                   : "%s %s accepts %s %s, by %s",
                               row->readers, row->reader, row->of, row->targets, row->file);
    strings_add_take(&out->cells, xformat("%s %s", row->readers, row->reader));
    strings_add_take(&out->cells, xformat("%s %s", row->of, row->targets));
    strings_add(&out->cells, row->file);
    bool there = scan_find(&flow->facts->scan, row->file) != NULL;
    out->can_open = !off;
    if (there) {
        free(out->file);
        out->file = xstrdup(row->file);
    }
    if (trust_mendable(row))
        strings_add(&out->does, mend_action);
    if (!off)
        strings_add(&out->does, commands_action);
    add_detail(flow, row, out);
    add_picture(row, out);
    free(id);
}

static void add_actions(const struct map *map, struct page *page)
{
    size_t mendable = 0;
    for (size_t i = 0; i < map->count; i++)
        mendable += trust_mendable(&map->rows[i]);
    if (mendable)
        page_add_action(page, mend_action, 5, 0, "Mend")->of_row = true;
    if (map->count > map->by_state[MAP_OFF])
        page_add_action(page, commands_action, 6, 0, "Commands")->of_row = true;
    if (mendable > 1)
        page_add_action(page, mend_all, 9, 0, "All");
}

static void build(struct flow *flow, struct page *page)
{
    const struct map *map = flow_map(flow);
    char *words = title_words(map);
    page->kind = PAGE_LIST;
    page->title = xformat("Who trusts whom - %s", words);
    free(words);
    if (map->count) {
        static const char *const heads[] = {"accepts", "certificates of", "by the file", "state"};
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            strings_add(&page->heads, heads[i]);
    } else {
        page_line(&page->intro, "No service of this deployment checks another's certificate.");
    }
    for (size_t i = map->count; i-- > 0;)
        if (map->rows[i].state >= MAP_STALE)
            page->at = i;
    for (size_t i = 0; i < map->count; i++)
        add_trust(flow, &map->rows[i], page);
    add_actions(map, page);
    page->next = xstrdup("Check");
}

/* What is wrong with one trust, or with all. */
bool trust_mend(struct flow *flow, const struct map_row *only, struct error *err)
{
    const struct map *map = flow_map(flow);
    struct findings all = {0};
    for (size_t i = 0; i < map->count; i++) {
        const struct map_row *row = &map->rows[i];
        for (size_t k = 0;
             (!only || row == only) && row->verdict && k < row->verdict->findings.count; k++) {
            all.items = grow(all.items, all.count, sizeof *all.items);
            all.items[all.count++] = row->verdict->findings.items[k]; /* the map's */
        }
    }
    bool good = findings_mend_safe(flow, &all, err);
    free(all.items);
    return good;
}

struct way trust_part(const char *kind, const char *part)
{
    char *id = xformat("%s:%s", kind, part);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_NEXT)
        return way_go(GO_NEXT);
    if (event->kind == EVENT_ACTION && strcmp(event->id, mend_all) == 0)
        return way_if(trust_mend(flow, NULL, err), GO_STAY);
    const struct map_row *row =
        event->row < page->row_count ? trust_row(flow, page->rows[event->row].id) : NULL;
    if (!row)
        return way_go(GO_STAY);
    if (event->kind == EVENT_CHOOSE && page->rows[event->row].can_open)
        return trust_part("holds", page->rows[event->row].id);
    if (event->kind != EVENT_ACTION)
        return way_go(GO_STAY);
    if (strcmp(event->id, commands_action) == 0 && row->state != MAP_OFF)
        return trust_part("commands", page->rows[event->row].id);
    if (strcmp(event->id, mend_action) == 0 && trust_mendable(row))
        return way_if(trust_mend(flow, row, err), GO_STAY);
    flow_say(flow, LEVEL_NOTE, "%s", page->rows[event->row].detail);
    return way_go(GO_STAY);
}

const struct step_ops step_trust = {"trust", build, take};

/* commands:ROW: server by server what is to be typed, those together that type the same. */

static void add_commands(struct strings *servers, struct strings *lines, struct page *page)
{
    if (servers->count) {
        char *names = strings_fold(servers, ", "), *text = strings_join(lines, "\n");
        struct row *row = page_row(page, servers->items[0], LEVEL_NONE, "", "%s", names);
        strings_copy(&row->below, lines);
        row->clipboard = xformat("%s\n", text);
        row_detail(row, "These lines are typed on %s, in this order.", names);
        free(text);
        free(names);
    }
    strings_free(servers);
    strings_free(lines);
}

static void build_commands(struct flow *flow, struct page *page)
{
    const struct map_row *row = trust_row(flow, flow_page_part(flow));
    struct strings servers = {0}, last = {0};
    struct error err = {0};
    page->kind = PAGE_LIST;
    page->unfold = true;
    page->title = xformat("Commands for %s", row ? row->file : "a trust that is gone");
    page->next = xstrdup("Back");
    if (!row)
        return;
    page_line(&page->intro, "%s %s accepts %s %s.", row->readers, row->reader, row->of,
              row->targets);
    page_line(&page->intro, "First the file is uploaded by SFTP: put %s", row->file);
    page_line(&page->intro, "%s", "");
    for (size_t i = 0; i < row->trust_count; i++) {
        struct strings lines = {0};
        if (!plan_trust_lines(flow->facts, row->trusts[i], &lines, &err)) {
            page_line(&page->text, "%s: %s", err.place, err.message);
            break;
        }
        if (!strings_equal(&lines, &last))
            add_commands(&servers, &last, page);
        strings_add_new(&servers, row->trusts[i]->reader->server->name);
        strings_free(&last);
        last = lines;
    }
    add_commands(&servers, &last, page);
}

static struct way take_part(struct flow *flow, const struct page *page, const struct event *event,
                            struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_commands = {"commands", build_commands, take_part};
