/* What stops where and when, if nobody acts. */
#include "base/clock.h"
#include "base/mem.h"
#include "ops/ends.h"
#include "ops/table.h"

#include <stdlib.h>
#include <string.h>

enum { MONTHS_AHEAD = 24 };

/* The longest lives of public certificates that CAs and browsers have agreed on: CA/Browser Forum
 * ballot SC-081v3. */
static const struct {
    int days;
    const char *from;
} lives[] = {{200, "2026-03-15"}, {100, "2027-03-15"}, {47, "2029-03-15"}};

static time_t months_later(time_t at, int months)
{
    struct tm parts;
    gmtime_r(&at, &parts);
    parts.tm_mon += months;
    return timegm(&parts);
}

/* "callbridge, webadmin" of services "core1 callbridge". */
static char *kinds_of(const struct strings *services)
{
    struct strings kinds = {0};
    for (size_t i = 0; i < services->count; i++) {
        const char *blank = strrchr(services->items[i], ' ');
        strings_add_new(&kinds, blank ? blank + 1 : services->items[i]);
    }
    char *text = strings_join(&kinds, ", ");
    strings_free(&kinds);
    return text;
}

static char *consequence(const struct ending *ending)
{
    char *servers = strings_fold(&ending->servers, ", "), *kinds = kinds_of(&ending->services);
    char *words = NULL;
    if (ending->kind == END_COPY)
        words = xformat("%s on %s stops accepting it (%s)", kinds, servers, ending->file);
    else if (ending->signs)
        words = xformat("whoever verifies the %zu certificate%s below this CA refuses %s",
                        ending->signs, ending->signs == 1 ? "" : "s",
                        ending->signs == 1 ? "it" : "them");
    else if (*servers)
        words = xformat("whoever verifies it refuses %s on %s", kinds, servers);
    else
        words = xstrdup("nothing uses it");
    free(servers);
    free(kinds);
    return table_clean(words);
}

static void add_month(const struct ends *ends, time_t from, time_t until, bool first,
                      struct str *out)
{
    bool headed = false;
    for (size_t i = 0; i < ends->count; i++) {
        const struct ending *ending = &ends->items[i];
        time_t end = ending->cert->not_after;
        if ((!first && end < from) || end >= until)
            continue;
        char date[16];
        clock_date(from, date);
        if (!headed)
            str_addf(out, "\n%.7s\n", date);
        headed = true;
        clock_date(end, date);
        char *name = table_clean(xstrdup(ending->name)), *words = consequence(ending);
        str_addf(out, "  %s  %s %s: %s\n", date, name, ending->days < 0 ? "has ended" : "ends",
                 words);
        free(name);
        free(words);
    }
}

/* Tenths of a renewal a year: a certificate is renewed when it is due. */
static int tenths_a_year(int life)
{
    int due = life / 3 < 60 ? life / 3 : 60;
    return (3650 + (life - due) / 2) / (life - due);
}

static void add_lives(const struct ends *ends, struct str *out)
{
    const struct deployment *deployment = &ends->facts->deployment;
    size_t count = 0;
    for (size_t i = 0; i < deployment->identity_count; i++)
        count += strcmp(deployment->identities[i].signer, "public") == 0;
    if (!count)
        return;
    str_addf(out,
             "\n%zu certificate%s of a public CA: renewals a year under the longest life allowed\n",
             count, count == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        int tenths = tenths_a_year(lives[i].days);
        size_t all = (count * (size_t)tenths + 5) / 10;
        time_t from;
        bool now = clock_parse(lives[i].from, &from) && from <= ends->facts->at;
        str_addf(out, "  %3d days, %s %s: %d.%d each, %zu in all\n", lives[i].days,
                 now ? "since" : "from", lives[i].from, tenths / 10, tenths % 10, all);
    }
    str_add(out, "  What only your own servers accept need not be public: an internal CA may give\n"
                 "  it a longer life.\n");
}

void ends_timeline(const struct ends *ends, struct str *out)
{
    time_t now = ends->facts->at;
    char until[16];
    struct tm parts;
    gmtime_r(&now, &parts);
    parts.tm_mday = 1;
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    time_t start = timegm(&parts), end = months_later(start, MONTHS_AHEAD);
    clock_date(end, until);
    str_addf(out, "Until %s, if nobody acts\n", until);
    for (int i = 0; i < MONTHS_AHEAD; i++)
        add_month(ends, months_later(start, i), months_later(start, i + 1), i == 0, out);
    if (!ends->count || ends->items[0].cert->not_after >= end)
        str_add(out, "\nNothing ends.\n");
    add_lives(ends, out);
}
