/* A rehearsal of the plan, in the background, and what it said line by line; from where it ended in
 * a surprise Enter leads to what mends it. */
#include "base/mem.h"
#include "flow/findings.h"
#include "ops/rehearse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the worker needs and leaves; read by the flow after the job was joined. */
struct rehearsal_job {
    const struct facts *facts;
    char *folder;
    struct rehearsal_lines lines;
    char *typed;               /* of a surprise: its line; NULL: there was none */
    const struct trust *trust; /* of a surprise: the one that did not hold; the facts' */
};

static void free_lines(struct rehearsal_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct rehearsal_line *line = &lines->items[i];
        char *texts[] = {line->words, line->why, line->page, line->at};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            free(texts[j]);
    }
    free(lines->items);
    *lines = (struct rehearsal_lines){0};
}

static void free_job(struct rehearsal_job *job)
{
    if (!job)
        return;
    free_lines(&job->lines);
    free(job->typed);
    free(job->folder);
    free(job);
}

void rehearsal_forget(struct flow *flow)
{
    free_lines(&flow->rehearsed);
    free_job(flow->rehearsing);
    flow->rehearsing = NULL;
}

/* "Line 6 of cms1/commands.mmp was answered "FAILURE: ...". Why that is." */
static char *why_of(const struct rehearsed *told)
{
    struct str why = {0};
    bool surprise = told->how == REHEARSED_SURPRISE;
    if (surprise && told->line) {
        str_addf(&why, "Line %zu of %s", told->line, told->file);
        if (*told->answer)
            str_addf(&why, " was answered \"%s\"", told->answer);
        str_add_char(&why, '.');
    }
    if (!surprise || strcmp(told->why, told->answer) != 0)
        str_addf(&why, "%s%s%s", why.length ? " " : "", told->why,
                 surprise && !text_ends(told->why, ".") ? "." : "");
    return str_take(&why);
}

/* "  12 core1    xmpp enable", marked where it is a note or a surprise. */
static void keep_line(struct rehearsal_job *job, const struct rehearsed *told)
{
    struct rehearsal_lines *lines = &job->lines;
    lines->items = grow(lines->items, lines->count, sizeof *lines->items);
    lines->items[lines->count++] = (struct rehearsal_line){
        .level = told->how == REHEARSED_SURPRISE ? LEVEL_ERROR
                 : told->how == REHEARSED_NOTE   ? LEVEL_NOTE
                                                 : LEVEL_OK,
        .words = told->step ? xformat("%3d  %-8s %s", told->step, told->server, told->what)
                            : xformat("     %-8s %s", told->server, told->what),
        .why = why_of(told)};
    if (told->how == REHEARSED_SURPRISE) {
        free(job->typed);
        job->typed = xstrdup(told->what);
        job->trust = told->trust;
    }
}

static bool step_on(struct rehearsal *rehearsal, const struct rehearsed *told, size_t done,
                    struct progress *progress)
{
    static const char *const marks[] = {"", "", "STOP "};
    char *note =
        xformat("%s%s%s%s", marks[told->how], told->server, *told->server ? ": " : "", told->what);
    bool on = progress_step(progress, done, rehearsal_count(rehearsal), note);
    free(note);
    return on;
}

/* The whole plan that lies in install/, up to the first surprise. */
static bool work(void *arg, struct progress *progress, struct error *err)
{
    struct rehearsal_job *job = arg;
    const struct rehearsal_options options = {.folder = job->folder};
    struct rehearsal *rehearsal = NULL;
    const struct rehearsed *told;
    bool done = false, on = true;
    bool good = rehearsal_begin(job->facts, &options, &rehearsal, err);
    while (good && on && (good = rehearsal_next(rehearsal, &told, &done, err)) && !done) {
        keep_line(job, told);
        on = step_on(rehearsal, told, job->lines.count, progress);
    }
    if (good && !on && told->how != REHEARSED_SURPRISE)
        good = error_set(err, STATUS_NO, "rehearsal", "r on the plan begins anew",
                         "it was stopped, and the rest was not tried");
    good = good && rehearsal_write(rehearsal, err);
    rehearsal_end(rehearsal);
    return good;
}

job_function rehearsal_job(struct flow *flow, void **arg)
{
    if (!flow->rehearsal_due || flow->rehearsing)
        return NULL;
    flow->rehearsing = xcalloc(1, sizeof *flow->rehearsing);
    flow->rehearsing->facts = flow->facts;
    flow->rehearsing->folder = flow_path(flow, "install");
    *arg = flow->rehearsing;
    return work;
}

/* What lies in install/ is not what would be written there now. */
static bool is_changed(struct flow *flow, const char *folder)
{
    struct plan plan = {0};
    struct error ignored = {0}; /* no plan can be made: the check tells why */
    bool is =
        plan_now(flow, &plan, &ignored) && plan_compare(&plan, flow->facts, folder) != PLAN_SAME;
    plan_free(&plan);
    return is;
}

/* A finding of the check about one of the files that the line names. */
static struct way way_by_finding(struct flow *flow, const struct strings *words)
{
    const struct findings *findings = flow_findings(flow, RULES_ALL);
    struct way way = way_go(GO_STAY);
    for (size_t i = 0; way.go == GO_STAY && i < findings->count; i++)
        if (*findings->items[i].file && strings_has(words, findings->items[i].file))
            way = finding_way(flow, &findings->items[i]);
    return way;
}

/* What the one who trusts holds. */
static struct way way_by_trust(const struct trust *trust)
{
    char *page = xformat("holds:%s.%s.%s", trust->reader->server->name, trust->reader->name,
                         trust->rule->name);
    struct way way = way_to(page, NULL);
    free(page);
    return way;
}

/* Where a certificate of theirs comes in, where it does; else where its names are asked. */
static struct way way_by_files(struct flow *flow, const struct strings *words)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        if (strings_has(words, identity->key_file) ||
            strings_has(words, identity->certificate_file) ||
            strings_has(words, identity->bundle_file))
            return is_signed_here(flow, identity) || !order_has(flow, "import")
                       ? component_way(identity)
                       : way_to("import", NULL);
    }
    return way_go(GO_STAY);
}

/* The page of the component that has such a command. */
static struct way way_by_command(const struct flow *flow, const struct strings *words)
{
    struct way way = way_go(GO_STAY);
    for (size_t i = 0; words->count && way.go == GO_STAY && i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        char *page = xformat("page:%s", component->kind);
        size_t length = strlen(words->items[0]);
        for (size_t j = 0; way.go == GO_STAY && j < component->command_count; j++) {
            const char *line = component->commands[j].line;
            if (strncmp(line, words->items[0], length) == 0 &&
                (!line[length] || line[length] == ' ') && order_has(flow, page))
                way = way_to(page, NULL);
        }
        free(page);
    }
    return way;
}

static struct way way_of(struct flow *flow, const struct rehearsal_job *job)
{
    struct strings words = {0};
    if (is_changed(flow, job->folder))
        return way_to("plan", NULL);
    strings_split(&words, job->typed, ' ');
    struct way way = job->trust ? way_by_trust(job->trust) : way_by_finding(flow, &words);
    if (way.go != GO_PAGE)
        way = way_by_files(flow, &words);
    if (way.go != GO_PAGE)
        way = way_by_command(flow, &words);
    strings_free(&words);
    return way;
}

/* "Enter goes to Plan, which writes it anew": the surprise's line knows where it is mended. */
static void add_way(struct flow *flow, struct rehearsal_job *job)
{
    struct rehearsal_line *line = &job->lines.items[job->lines.count - 1];
    struct way way = way_of(flow, job);
    if (way.go != GO_PAGE)
        return;
    line->page = way.page;
    line->at = way.at;
    char *why = line->why;
    if (strcmp(way.page, "plan") == 0) {
        line->why = xformat("%s install/ is not what certwright would write: Enter goes back to "
                            "the plan, where F2 writes it anew.",
                            why);
    } else {
        char *title = order_title(flow, way.page);
        bool known = strcmp(title, way.page) != 0; /* else it is the page's id */
        line->why = xformat("%s Enter goes to where it is mended%s%s.", why, known ? ": " : "",
                            known ? title : "");
        free(title);
    }
    free(why);
}

void rehearsal_result(struct flow *flow, bool ok, const struct error *err)
{
    struct rehearsal_job *job = flow->rehearsing;
    flow->rehearsing = NULL;
    flow->rehearsal_due = false;
    rehearsal_forget(flow);
    if (ok && job->typed)
        add_way(flow, job);
    flow->rehearsed = job->lines;
    job->lines = (struct rehearsal_lines){0};
    if (!ok && err) {
        struct str text = {0};
        error_text(err, &text);
        flow_say(flow, LEVEL_ERROR, "%s", str_text(&text));
        str_free(&text);
    }
    free_job(job);
    flow->rehearsal_stopped = !ok;
    flow->page_good = false;
}

static void build_job(struct page *page)
{
    page->kind = PAGE_JOB;
    page->title = xstrdup("Rehearsal");
    page->stop = xstrdup("Stopped, it counts for nothing, and begins anew next time. Stop?");
    page_line(&page->why, "Each line is typed into an emulated appliance; then each trust is tried "
                          "by a TLS handshake. Nothing leaves here.");
}

static const char *title_of(const struct flow *flow, const struct rehearsal_line *last)
{
    return flow->rehearsal_stopped      ? "Rehearsal - stopped"
           : !last                      ? "Rehearsal"
           : last->level == LEVEL_ERROR ? "Rehearsal - a surprise"
                                        : "Rehearsal - no surprise";
}

static void build(struct flow *flow, struct page *page)
{
    const struct rehearsal_lines *lines = &flow->rehearsed;
    const struct rehearsal_line *last = lines->count ? &lines->items[lines->count - 1] : NULL;
    page->next = xstrdup("Back");
    if (flow->rehearsal_due) {
        build_job(page);
        return;
    }
    page->kind = PAGE_LIST;
    page->unfold = true;
    page->title = xstrdup(title_of(flow, last));
    if (!last)
        page_line(&page->intro, "Nothing has been rehearsed in this visit.");
    for (size_t i = 0; i < lines->count; i++) {
        char *id = xformat("line%zu", i);
        struct row *row =
            page_row(page, id, lines->items[i].level, "", "%s", lines->items[i].words);
        if (*lines->items[i].why && lines->items[i].level == LEVEL_ERROR)
            page_lines(&row->below, lines->items[i].why);
        else if (*lines->items[i].why)
            row_detail(row, "%s", lines->items[i].why);
        row->can_open = lines->items[i].page != NULL;
        free(id);
    }
    if (last && last->level == LEVEL_ERROR)
        page->at = lines->count - 1;
    if (!flow->rehearsal_stopped)
        page_line(&page->why, "What was typed and answered lies in install/rehearsal/.");
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    (void)err;
    if (event->kind == EVENT_CHOOSE && event->row < flow->rehearsed.count &&
        flow->rehearsed.items[event->row].page) {
        const struct rehearsal_line *line = &flow->rehearsed.items[event->row];
        return strcmp(line->page, "plan") == 0 ? way_go(GO_BACK) : way_to(line->page, line->at);
    }
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_rehearsal = {"rehearsal", build, take};
