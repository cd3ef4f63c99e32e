/* Days by which something is to be done about a certificate's end, as iCalendar (RFC 5545). */
#include "base/clock.h"
#include "base/escape.h"
#include "base/mem.h"
#include "ops/ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 75 };

/* Content lines of at most 75 bytes, never cut within a letter (RFC 5545, 3.1). */
static void add_line(struct str *out, const char *line)
{
    size_t length = strlen(line), used = 0;
    unsigned code;
    for (size_t at = 0; at < length;) {
        size_t from = at;
        utf8_next(line, length, &at, &code);
        if (used + (at - from) > LINE_BYTES) {
            str_add(out, "\r\n ");
            used = 1;
        }
        str_add_bytes(out, line + from, at - from);
        used += at - from;
    }
    str_add(out, "\r\n");
}

/* A TEXT value (RFC 5545, 3.3.11); text is freed. */
static void add_text(struct str *out, const char *property, char *text)
{
    struct str line = {0};
    char *safe = escape_text(text);
    str_addf(&line, "%s:", property);
    for (const char *at = safe; *at; at++) {
        if (strchr("\\;,", *at))
            str_add_char(&line, '\\');
        str_add_char(&line, *at);
    }
    add_line(out, str_text(&line));
    str_free(&line);
    free(safe);
    free(text);
}

static void add_date(struct str *out, const char *property, time_t at)
{
    char stamp[32];
    struct str line = {0};
    clock_compact(at, stamp);
    str_addf(&line, "%s:%.8s", property, stamp);
    add_line(out, str_text(&line));
    str_free(&line);
}

/* What is to be done by a day. */
struct deadline {
    const char *step; /* order import install */
    char *summary;
    time_t at;
};

static void add_event(const struct ends *ends, const struct ending *ending,
                      struct deadline *deadline, struct str *out)
{
    char stamp[32], date[16], id[2 * 16 + 1];
    struct str line = {0};
    clock_compact(ends->facts->at, stamp);
    clock_date(ending->first->not_after, date);
    for (size_t i = 0; i < 16; i++)
        snprintf(id + 2 * i, 3, "%02x", ending->cert->id[i]);
    add_line(out, "BEGIN:VEVENT");
    str_addf(&line, "UID:%s-%s@certwright", id, deadline->step);
    add_line(out, str_text(&line));
    str_clear(&line);
    str_addf(&line, "DTSTAMP:%s", stamp);
    add_line(out, str_text(&line));
    str_free(&line);
    add_date(out, "DTSTART;VALUE=DATE", deadline->at);
    add_date(out, "DTEND;VALUE=DATE", deadline->at + SECONDS_A_DAY);
    add_text(out, "SUMMARY", deadline->summary);
    char *servers = strings_fold(&ending->servers, ", ");
    char *by = *servers ? xformat(" Used by %s.", servers) : xstrdup("");
    add_text(out, "DESCRIPTION",
             ending->first == ending->cert
                 ? xformat("%s in %s ends %s.%s", ending->name, ending->file, date, by)
                 : xformat("The CA above %s ends %s, before it.%s", ending->name, date, by));
    free(by);
    free(servers);
    add_line(out, "TRANSP:TRANSPARENT");
    add_line(out, "END:VEVENT");
}

/* From the end backwards: a quarter of the time in which a certificate is due is kept in hand after
 * it is installed, a bit more than a tenth goes for the window between import and installation, and
 * the CA's own time comes before. For a certificate of a year: 15, 22 and 22 + lead days. */
static void add_events(const struct ends *ends, const struct ending *ending, int lead,
                       struct str *out)
{
    const struct cert *cert = ending->first;
    long due = rules_due_days(cert);
    long install = due / 4, import = install + (due * 7 + 59) / 60;
    const char *name = ending->name;
    bool own = ending->identity && strcmp(ending->identity->signer, "self") == 0;
    bool below = cert != ending->cert;
    struct deadline deadlines[] = {
        {"order",
         own     ? xformat("Make a new certificate for %s", name)
         : below ? xformat("Order a certificate for %s below a CA that lasts", name)
                 : xformat("Order a new certificate for %s", name),
         cert->not_after - (import + lead) * SECONDS_A_DAY},
        {"import", xformat("Import the new certificate of %s", name),
         cert->not_after - import * SECONDS_A_DAY},
        {"install", xformat("Install the new certificate of %s", name),
         cert->not_after - install * SECONDS_A_DAY},
    };
    for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++)
        add_event(ends, ending, &deadlines[i], out);
}

void ends_calendar(const struct ends *ends, int lead, struct str *out)
{
    add_line(out, "BEGIN:VCALENDAR");
    add_line(out, "VERSION:2.0");
    add_line(out, "PRODID:-//certwright//status//EN");
    add_line(out, "CALSCALE:GREGORIAN");
    for (size_t i = 0; i < ends->count; i++)
        add_events(ends, &ends->items[i], lead, out);
    add_line(out, "END:VCALENDAR");
}
