/* When what ends, for Prometheus (text exposition format 0.0.4). */
#include "base/escape.h"
#include "base/mem.h"
#include "ops/ends.h"

#include <stdlib.h>
#include <string.h>

static void add_head(struct str *out, const char *name, const char *help)
{
    str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value is UTF-8 with \ and " escaped; what acts on terminals is no letter of a name. */
static void add_label(struct str *out, const char *name, const char *value)
{
    char *safe = escape_text(value);
    str_addf(out, "%s=\"", name);
    for (const char *at = safe; *at; at++) {
        if (*at == '\\' || *at == '"')
            str_add_char(out, '\\');
        str_add_char(out, *at);
    }
    str_add_char(out, '"');
    free(safe);
}

/* Name, file and serial together are one certificate's alone. */
static void add_labels(struct str *out, const struct ending *ending)
{
    char *servers = strings_join(&ending->servers, ",");
    str_add_char(out, '{');
    add_label(out, "name", ending->name);
    str_add_char(out, ',');
    add_label(out, "kind", ends_kind_word(ending->kind));
    str_add_char(out, ',');
    add_label(out, "file", ending->file);
    str_add_char(out, ',');
    add_label(out, "serial", ending->cert->serial);
    str_add_char(out, ',');
    add_label(out, "servers", servers);
    str_add(out, "} ");
    free(servers);
}

static void add_certificates(const struct ends *ends, struct str *out)
{
    add_head(out, "certwright_certificate_not_after_seconds",
             "When the certificate ends, seconds since 1970.");
    for (size_t i = 0; i < ends->count; i++) {
        str_add(out, "certwright_certificate_not_after_seconds");
        add_labels(out, &ends->items[i]);
        str_addf(out, "%lld\n", (long long)ends->items[i].cert->not_after);
    }
    add_head(out, "certwright_certificate_chain_not_after_seconds",
             "When the first of the certificate and the CAs above it ends.");
    for (size_t i = 0; i < ends->count; i++) {
        str_add(out, "certwright_certificate_chain_not_after_seconds");
        add_labels(out, &ends->items[i]);
        str_addf(out, "%lld\n", (long long)ends->items[i].first->not_after);
    }
    add_head(out, "certwright_certificate_days_left",
             "Whole days until it ends; negative since it ended.");
    for (size_t i = 0; i < ends->count; i++) {
        str_add(out, "certwright_certificate_days_left");
        add_labels(out, &ends->items[i]);
        str_addf(out, "%ld\n", ends->items[i].days);
    }
    add_head(out, "certwright_certificate_due", "1 where it is to be renewed now, or has ended.");
    for (size_t i = 0; i < ends->count; i++) {
        str_add(out, "certwright_certificate_due");
        add_labels(out, &ends->items[i]);
        str_addf(out, "%d\n", ends->items[i].term >= TERM_DUE);
    }
}

static void add_awaited(const struct ends *ends, struct str *out)
{
    add_head(out, "certwright_request_waiting_days",
             "Days since an unanswered request was sent; -1 where it was not.");
    for (size_t i = 0; i < ends->awaited_count; i++) {
        str_add(out, "certwright_request_waiting_days{");
        add_label(out, "name", ends->awaited[i].identity->name);
        str_addf(out, "} %d\n", *ends->awaited[i].sent ? ends->awaited[i].days : -1);
    }
}

static void add_findings(const struct findings *findings, struct str *out)
{
    size_t counts[SEVERITY_NOTICE + 1] = {0};
    for (size_t i = 0; i < findings->count; i++)
        counts[findings->items[i].severity] += !findings->items[i].accepted;
    add_head(out, "certwright_findings", "Findings of the rules, without those accepted.");
    for (int i = 0; i <= SEVERITY_NOTICE; i++)
        str_addf(out, "certwright_findings{severity=\"%s\"} %zu\n", severity_word((enum severity)i),
                 counts[i]);
}

static const char *problem_of(const struct store_file *file)
{
    return file->problem ? file->problem : file->pki.problem;
}

static void add_unread(const struct ends *ends, struct str *out)
{
    const struct scan *scan = &ends->facts->scan;
    size_t count = 0;
    add_head(out, "certwright_file_unreadable", "1 for a file of the store that can't be read.");
    for (size_t i = 0; i < scan->count; i++) {
        if (!problem_of(&scan->files[i]))
            continue;
        count++;
        str_add(out, "certwright_file_unreadable{");
        add_label(out, "file", scan->files[i].name);
        str_add(out, "} 1\n");
    }
    add_head(out, "certwright_files_unreadable", "How many files of the store can't be read.");
    str_addf(out, "certwright_files_unreadable %zu\n", count);
}

void ends_metrics(const struct ends *ends, const struct findings *findings, struct str *out)
{
    add_certificates(ends, out);
    add_awaited(ends, out);
    add_findings(findings, out);
    add_unread(ends, out);
    add_head(out, "certwright_checked_seconds", "The moment of this report, seconds since 1970.");
    str_addf(out, "certwright_checked_seconds %lld\n", (long long)ends->facts->at);
}
