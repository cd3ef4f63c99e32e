/* When what ends, in words and signs. */
#include "base/clock.h"
#include "base/mem.h"
#include "ops/ends.h"
#include "ops/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, NAME_MOST = 24, BAR = 19, BAR_DAYS = 20, YEAR_DAYS = 365 };
/* The columns of a row besides the name and who uses it: blanks, date, days, word, bar. */
enum { ROW_REST = 1 + 2 + 10 + 1 + 6 + 2 + 5 + 1 + BAR + 1 };

/* Half of the time in which it is due is urgent: of a year 30 days, of 47 days 7. */
void ends_bar(const struct ending *ending, struct str *out)
{
    char sign = ending->term == TERM_ENDED ? 'x' : ending->term < TERM_DUE ? '#' : '~';
    if (sign == '~' && ending->days * 2 < rules_due_days(ending->cert))
        sign = '!';
    long shown = ending->days < 0 ? 0 : ending->days < YEAR_DAYS ? ending->days : YEAR_DAYS;
    for (long i = 0; i < 1 + (shown - 1) / BAR_DAYS && i < BAR - 1; i++)
        str_add_char(out, sign);
    if (ending->days > YEAR_DAYS)
        str_add_char(out, '>');
}

/* A row in words, with nothing in them that acts on a terminal. */
struct line {
    char *name, *used;
};

char *ends_used(const struct ending *ending)
{
    if (ending->signs)
        return xformat("signs %zu", ending->signs);
    char *servers = strings_fold(&ending->servers, ", ");
    char *used = ending->kind == END_COPY ? xformat("%s in %s", servers, ending->file)
                                          : xstrdup(*servers ? servers : "nothing");
    free(servers);
    return used;
}

static void add_row(const struct ending *ending, const struct line *line, size_t width,
                    struct str *out)
{
    char date[16], days[32];
    struct str bar = {0};
    clock_date(ending->cert->not_after, date);
    snprintf(days, sizeof days, "%ld", ending->days);
    ends_bar(ending, &bar);
    str_add_char(out, ' ');
    if (table_columns(line->name) > width) {
        str_addf(out, "%s\n ", line->name);
        table_pad(out, "", width);
    } else {
        table_pad(out, line->name, width);
    }
    str_addf(out, "  %s %6s  %-5s ", date, days, ends_word(ending->term));
    if (width + ROW_REST + table_columns(line->used) > WIDTH) {
        str_addf(out, "%s\n   %s\n", str_text(&bar), line->used);
    } else {
        table_pad(out, str_text(&bar), BAR);
        str_addf(out, " %s\n", line->used);
    }
    str_free(&bar);
    if (ending->first != ending->cert) {
        clock_date(ending->first->not_after, date);
        char *name =
            table_clean(xstrdup(*ending->first->cn ? ending->first->cn : ending->first->subject));
        str_addf(out, "   its CA \"%s\" ends before it: %s\n", name, date);
        free(name);
    }
}

static void add_certificates(const struct ends *ends, struct str *out)
{
    struct line *lines = xcalloc(ends->count + 1, sizeof *lines);
    size_t width = strlen("certificate");
    for (size_t i = 0; i < ends->count; i++) {
        lines[i].name = table_clean(xstrdup(ends->items[i].name));
        lines[i].used = table_clean(ends_used(&ends->items[i]));
        if (table_columns(lines[i].name) <= NAME_MOST)
            table_widen(&width, lines[i].name);
    }
    str_add_char(out, ' ');
    table_pad(out, "certificate", width);
    str_add(out, "  ends         days        0  60    180    365  used by\n");
    for (size_t i = 0; i < ends->count; i++) {
        add_row(&ends->items[i], &lines[i], width, out);
        free(lines[i].name);
        free(lines[i].used);
    }
    free(lines);
    str_add(out, " Bars: one sign is 20 days; ~ and ! are due, ! most, x has ended.\n");
}

/* Servers whose first certificate to end is the same one stand in one row, in the order of these.
 */
static void add_server_rows(const struct ends *ends, struct str *out)
{
    for (size_t i = 0; i < ends->count; i++) {
        struct strings names = {0};
        const struct cert *first = NULL;
        for (size_t j = 0; j < ends->server_count; j++)
            if (ends->servers[j].ending == &ends->items[i]) {
                strings_add(&names, ends->servers[j].server->name);
                first = ends->servers[j].first;
            }
        if (first) {
            char date[16];
            char *servers = table_clean(strings_fold(&names, ", "));
            char *name = table_clean(xstrdup(ends->items[i].name));
            clock_date(first->not_after, date);
            str_addf(out, " %s: %s, %s%s\n", servers, date, name,
                     first == ends->items[i].cert ? "" : " (its CA)");
            free(servers);
            free(name);
        }
        strings_free(&names);
    }
}

static void add_servers(const struct ends *ends, struct str *out)
{
    struct strings without = {0};
    str_add(out, "\nFirst to end on each server\n");
    add_server_rows(ends, out);
    for (size_t i = 0; i < ends->server_count; i++)
        if (!ends->servers[i].ending)
            strings_add(&without, ends->servers[i].server->name);
    if (without.count) {
        char *names = table_clean(strings_fold(&without, ", "));
        str_addf(out, " %s: no certificate yet\n", names);
        free(names);
    }
    strings_free(&without);
}

static void add_awaited(const struct ends *ends, struct str *out)
{
    if (ends->awaited_count)
        str_add(out, "\nWith the CA, or to be sent\n");
    for (size_t i = 0; i < ends->awaited_count; i++) {
        const struct awaited *awaited = &ends->awaited[i];
        char *name = table_clean(xstrdup(awaited->identity->name));
        str_addf(out, " %s: ", name);
        if (*awaited->sent)
            str_addf(out, "sent %s, %d day%s ago", awaited->sent, awaited->days,
                     awaited->days == 1 ? "" : "s");
        else
            str_add(out, *awaited->file ? "not sent yet" : "its request is not here yet");
        str_add(out, awaited->renews ? "; the old certificate serves meanwhile\n" : "\n");
        free(name);
    }
}

void ends_text(const struct ends *ends, struct str *out)
{
    if (ends->count) {
        add_certificates(ends, out);
        add_servers(ends, out);
    } else {
        str_add(out, "No certificate is here yet.\n");
    }
    add_awaited(ends, out);
}
