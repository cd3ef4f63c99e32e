#include "base/file.h"
#include "base/mem.h"
#include "plan/book.h"
#include "plan/change.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

/* Steps that follow each other on one server, of one file at most. */
struct group {
    size_t from, to;
    const char *file; /* of its commands; NULL: none */
};

static struct group next_group(const struct plan *plan, size_t from)
{
    struct group group = {.from = from, .to = from};
    while (group.to < plan->count &&
           strcmp(plan->steps[group.to].server, plan->steps[from].server) == 0) {
        const struct step *step = &plan->steps[group.to];
        if (plan->renewal && step->phase != plan->steps[from].phase)
            break;
        if (*step->command && group.file && strcmp(step->file, group.file) != 0)
            break;
        if (*step->command)
            group.file = step->file;
        group.to++;
    }
    return group;
}

static bool is_typed(const struct plan *plan, const struct group *group)
{
    bool typed = false;
    for (size_t i = group->from; i < group->to; i++)
        typed |= plan->steps[i].typed->count > 0;
    return typed;
}

/* What a phase of a renewal does to the services of a turn. */
static const char *renewed_words(const struct plan *plan, const struct step *step)
{
    if (!plan->renewal)
        return "";
    return step->phase == PHASE_WIDENING                                  ? "old and new accepted"
           : step->phase == PHASE_NARROWING                               ? "new alone accepted"
           : step->phase == PHASE_SERVICES && plan->renewal->changes.held ? "new in place"
                                                                          : "";
}

/* What the turn is about: its services, each once. */
static char *purpose_of(const struct plan *plan, const struct group *group)
{
    struct strings titles = {0};
    bool checks = false;
    for (size_t i = group->from; i < group->to; i++) {
        const struct step *step = &plan->steps[i];
        checks |= !step->service;
        if (step->service)
            strings_add_new(&titles, step->service->component->title);
    }
    char *list = strings_join(&titles, ", ");
    const char *renewed = renewed_words(plan, &plan->steps[group->from]);
    char *text = *renewed       ? xformat("%s: %s", renewed, list)
                 : !checks      ? xstrdup(list)
                 : titles.count ? xformat("upload, checks, %s", list)
                                : xstrdup("upload, checks");
    free(list);
    strings_free(&titles);
    return text;
}

static void at_a_glance(const struct book *book)
{
    const struct plan *plan = book->plan;
    page_title(book->out, 2, "3. The steps");
    if (plan->server_count > 1)
        page_text(book->out,
                  "Each server has its turn, sometimes more than one, because a server must "
                  "trust another before that one may count on it. Finish a turn before the "
                  "next begins.");
    str_add(book->out,
            "| turn | server | steps | what | commands |\n| --- | --- | --- | --- | --- |\n");
    size_t turn = 1;
    for (size_t i = 0; i < plan->count;) {
        struct group group = next_group(plan, i);
        char *purpose = purpose_of(plan, &group);
        int from = plan->steps[group.from].number, to = plan->steps[group.to - 1].number;
        char *steps = from == to ? xformat("%d", from) : xformat("%d to %d", from, to);
        str_addf(book->out, "| %zu | %s | %s | %s | %s%s%s |\n", turn++, plan->steps[i].server,
                 steps, purpose, group.file ? "`" : "", group.file ? group.file : "by hand",
                 group.file ? "`" : "");
        free(steps);
        free(purpose);
        i = group.to;
        stream_pass(book->stream);
    }
    str_add_char(book->out, '\n');
    page_text(book->out,
              "Type or paste one line at a time and read the reply before the next: a file "
              "fed to `ssh` whole would run on after a `FAILURE`. Where nothing stands "
              "below a command, silence is good.");
}

static void upload_step(const struct book *book, const struct step *step, const char *first)
{
    struct str *out = book->out;
    int indent = (int)strlen(first);
    size_t count = step->upload->count;
    const struct server *server = book_server(book, step->server);
    char *login = server_sftp(server);
    if (count == 1)
        page_hang(out, first, "Upload 1 file. On your computer, in this folder:");
    else
        page_hang(out, first, "Upload %zu files. On your computer, in this folder:", count);
    str_add_char(out, '\n');
    page_code(out, indent + 4, "cd %s", step->server);
    const char *batch = path_base(step->file);
    page_code(out, indent + 4, "sftp -b %s %s", batch, login);
    page_code(out, indent + 4, "cd ..");
    char *rest = xformat("%*s", indent, "");
    str_add_char(out, '\n');
    page_hang(out, rest,
              "With `-b` sftp never asks for a password: if you log in with one, type this "
              "in place of the second line:");
    str_add_char(out, '\n');
    page_code(out, indent + 4, "sftp -o BatchMode=no -b %s %s", batch, login);
    str_add_char(out, '\n');
    page_hang(out, rest, "It stops at the first file that does not arrive.");
    free(rest);
    free(login);
}

/* How the lines below a command are to be read. */
static const char *expect_label(const struct step *step)
{
    if (!step->service && step->source == SOURCE_FIELD)
        return "Look for these names:";
    if (step->stage == STAGE_DISPLAY)
        return "Look for these lines, among others:";
    return step->source == SOURCE_OURS
               ? "Expect this or the like; the exact words are not documented:"
               : "Expect:";
}

static void command_step(const struct book *book, const struct step *step, const char *first)
{
    int indent = (int)strlen(first);
    page_hang(book->out, first, "`%s`", step->command);
    if (!step->expect->count)
        return;
    char *rest = xformat("%*s", indent, "");
    str_add_char(book->out, '\n');
    page_hang(book->out, rest, "%s", expect_label(step));
    str_add_char(book->out, '\n');
    for (size_t i = 0; i < step->expect->count; i++)
        page_code(book->out, indent + 4, "%s", step->expect->items[i]);
    free(rest);
}

/* The file that proves the Web interface to curl; NULL where it is not here. */
static char *management_anchor(const struct book *book, const struct service *management)
{
    const struct plan_server *server = book_plan_server(book, management->server->name);
    const struct component *component = management->component;
    const struct identity *identity =
        component->slot_count
            ? service_identity(&book->facts->deployment, management, &component->slots[0])
            : NULL;
    if (!server || !identity)
        return NULL;
    const char *names[] = {identity->bundle_file, identity->certificate_file};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strings_has(server->files, names[i]))
            return xformat("%s/files/%s", server->name, names[i]);
    return NULL;
}

/* Who shares a database knows what one of them was told; the others are told the same. Said once.
 */
static void other_managements(const struct book *book, const struct step *step, int indent)
{
    const struct deployment *deployment = &book->facts->deployment;
    const struct service *told, *found;
    struct strings urls = {0};
    free(book_management_url(book, book_server(book, step->server), &told));
    for (size_t i = 0; i < deployment->server_count; i++) {
        char *url = book_management_url(book, &deployment->servers[i], &found);
        if (found && found->server == &deployment->servers[i] && found != told)
            strings_add_take(&urls, xformat("`%s`", url));
        free(url);
    }
    char *list = book_some(&urls, ", "), *rest = xformat("%*s", indent, "");
    if (urls.count) {
        str_add_char(book->out, '\n');
        page_hang(book->out, rest,
                  "Whoever shares a database with that server knows it then. To any other, tell "
                  "the same, here and at each call below: %s.",
                  list);
    }
    free(rest);
    free(list);
    strings_free(&urls);
}

/* "POST /api/v1/webbridges url=c2w://x:9999" (method, path, parameters) as a line for curl. */
static void curl_example(const struct book *book, const struct step *step, int indent)
{
    struct strings words = {0};
    strings_split(&words, step->manual, ' ');
    const struct service *management;
    char *url = book_management_url(book, book_server(book, step->server), &management);
    if (words.count < 2 || !url) {
        strings_free(&words);
        free(url);
        return;
    }
    char *rest = xformat("%*s", indent, "");
    char *anchor = management_anchor(book, management);
    str_add_char(book->out, '\n');
    page_hang(book->out, rest,
              "Once, with an API user's name in place of `admin`. In this folder on your computer "
              "(curl asks for the password, so it stands in no history):");
    str_add_char(book->out, '\n');
    page_code(book->out, indent + 4, "curl --user admin --request %s \\", words.items[0]);
    if (anchor)
        page_code(book->out, indent + 4, "  --cacert %s \\", anchor);
    for (size_t i = 2; i < words.count; i++)
        page_code(book->out, indent + 4, "  --data-urlencode %s \\", words.items[i]);
    page_code(book->out, indent + 4, "  %s%s", url, words.items[1]);
    str_add_char(book->out, '\n');
    page_hang(book->out, rest, "No output is good; `--include` shows the answer, which is `200`.%s",
              anchor ? ""
                     : " Add `--cacert` with the file of the CA that signed the certificate "
                       "there.");
    free(anchor);
    free(rest);
    free(url);
    strings_free(&words);
}

static void manual_step(const struct book *book, const struct step *step, const char *first)
{
    if (!step->api) {
        page_hang(book->out, first, "By hand: %s", step->manual);
        if (step->typed->count)
            str_add_char(book->out, '\n');
        for (size_t i = 0; i < step->typed->count; i++)
            page_code(book->out, (int)strlen(first) + 4, "%s", step->typed->items[i]);
        return;
    }
    page_hang(book->out, first, "By hand, through the API: `%s`", step->manual);
    curl_example(book, step, (int)strlen(first));
    if (step == book->first_call)
        other_managements(book, step, (int)strlen(first));
}

static void write_step(const struct book *book, const struct step *step)
{
    char *number = xformat("%d.", step->number);
    char *first = xformat("%-3s ", number);
    if (step->upload->count)
        upload_step(book, step, first);
    else if (*step->command)
        command_step(book, step, first);
    else
        manual_step(book, step, first);
    str_add_char(book->out, '\n');
    free(first);
    free(number);
}

void book_steps(const struct book *book)
{
    const struct plan *plan = book->plan;
    size_t turn = 1;
    at_a_glance(book);
    for (size_t i = 0; i < plan->count;) {
        struct group group = next_group(plan, i);
        if (plan->renewal)
            page_title(book->out, 3, "Turn %zu, phase %d: %s", turn++, plan->steps[i].phase,
                       plan->steps[i].server);
        else
            page_title(book->out, 3, "Turn %zu: %s", turn++, plan->steps[i].server);
        char *login = server_ssh(book_server(book, plan->steps[i].server));
        if (group.file)
            page_text(book->out,
                      "Log in with `ssh %s`. The commands stand in `%s` as well, without "
                      "comments.",
                      login, group.file);
        else if (is_typed(plan, &group))
            page_text(book->out, "Log in with `ssh %s`.", login);
        free(login);
        for (; i < group.to; i++)
            write_step(book, &plan->steps[i]);
        stream_pass(book->stream);
    }
}
