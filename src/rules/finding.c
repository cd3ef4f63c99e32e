#include "base/escape.h"
#include "base/mem.h"
#include "rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half of a finding's texts are empty: they have one in common. */
static char nothing[1];

static char *copy(const char *text)
{
    return *text ? xstrdup(text) : nothing;
}

static void drop(char *text)
{
    if (text != nothing)
        free(text);
}

char *finding_format(const char *format, va_list args)
{
    char usual[512], *longer = NULL;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(usual, sizeof usual, format, again);
    va_end(again);
    if (length >= (int)sizeof usual) {
        longer = xcalloc((size_t)length + 1, 1);
        vsnprintf(longer, (size_t)length + 1, format, args);
    }
    /* Values come from files and certificates of anybody: nothing in them may act on a terminal. */
    char *clean = escape_text(longer ? longer : usual);
    free(longer);
    return clean;
}

void finding_say(struct finding *finding, char *message)
{
    finding->message = texts_keep(finding->texts, message);
    free(message);
}

struct finding *report(struct findings *out, const struct rule *rule, const struct subject *subject,
                       const char *format, ...)
{
    const struct view *view = subject->view;
    const struct service *service = subject->service;
    const struct server *server = subject->server;
    if (!service && !server && view && view->only)
        service = view->only;
    if (!server && service)
        server = service->server;
    const char *file = subject->name ? subject->name : view && view->leaf ? view->leaf_file : "";

    struct texts *texts = out->texts = out->texts ? out->texts : texts_new();
    out->items = grow(out->items, out->count, sizeof *out->items);
    struct finding *finding = &out->items[out->count++];
    *finding = (struct finding){
        .severity = rule->severity,
        .texts = texts,
        .id = texts_keep(texts, rule->id),
        .server = texts_keep(texts, server ? server->name : ""),
        .service = texts_keep(texts, service ? service->name : ""),
        .identity = texts_keep(texts, view ? view->identity->name : ""),
        .file = texts_keep(texts, file),
        .section = texts_keep(texts, rule->section),
        .field = texts_keep(texts, rule->field ? rule->field : ""),
        .remedy = copy(""),
        .mend = copy(""),
        .reason = copy(""),
        .until = copy(""),
        .cause = copy(""),
    };
    va_list args;
    va_start(args, format);
    finding_say(finding, finding_format(format, args));
    va_end(args);
    return finding;
}

void report_remedy(struct finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding_take(&finding->remedy, finding_format(format, args));
    va_end(args);
}

void finding_take(char **member, char *value)
{
    drop(*member);
    *member = value;
}

void finding_set(char **member, const char *value)
{
    finding_take(member, copy(value));
}

void report_mend(struct finding *finding, const char *field, const char *value)
{
    finding->field = texts_keep(finding->texts, field);
    finding_set(&finding->mend, value);
}

void report_fix(struct finding *finding, const struct rule *rule)
{
    /* The form of a file without an identity is that of a trust file. */
    finding->fix = rule->fix == FIX_CHAIN && !*finding->identity ? FIX_TRUST : rule->fix;
    report_remedy(finding, "certwright check --fix");
}

void report_file(struct finding *finding, const char *file)
{
    finding->file = texts_keep(finding->texts, file);
}

void ordinal(size_t number, char out[static 16])
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    size_t last = number % 10;
    bool teen = number % 100 >= 11 && number % 100 <= 13;
    snprintf(out, 16, "%zu%s", number % 10000, endings[!teen && last <= 3 ? last : 0]);
}

void finding_free(struct finding *finding)
{
    char *owned[] = {finding->remedy, finding->mend, finding->reason, finding->until,
                     finding->cause};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        drop(owned[i]);
    free(finding->also);
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        finding_free(&findings->items[i]);
    free(findings->items);
    texts_free(findings->texts);
    *findings = (struct findings){0};
}

size_t findings_errors(const struct findings *findings)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].severity == SEVERITY_ERROR && !findings->items[i].accepted;
    return count;
}

const char *severity_word(enum severity severity)
{
    static const char *const words[] = {"error", "warning", "notice"};
    return words[severity];
}

char *finding_place(const struct finding *finding)
{
    const char *parts[] = {finding->server, finding->service, finding->identity, finding->file};
    struct str place = {0};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!*parts[i])
            continue;
        if (place.length)
            str_add_char(&place, ' ');
        str_add(&place, parts[i]);
    }
    return str_take(&place);
}
