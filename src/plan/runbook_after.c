#include "base/mem.h"
#include "plan/book.h"
#include "plan/change.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

static void delete_keys(const struct book *book)
{
    struct strings keys = {0};
    plan_keys(book->plan, book->facts, &keys);
    if (keys.count || !book->plan->renewal)
        page_item(book->out, "Delete the private keys from this folder (`certwright` keeps its own "
                             "in the store). Here:");
    str_add_char(book->out, '\n');
    for (size_t i = 0; i < keys.count; i++)
        page_code(book->out, 6, "rm %s", keys.items[i]);
    if (keys.count || !book->plan->renewal)
        str_add_char(book->out, '\n');
    strings_free(&keys);
}

/* Lists that lose what is gone: the store's are written by check --fix, and servers have them once
 * a person says so. */
static void say_settled(const struct book *book)
{
    const struct changes *changes = &book->plan->renewal->changes;
    struct strings lists = {0}, stray = {0};
    for (size_t i = 0; i < changes->count; i++)
        for (size_t k = 0; k < changes->services[i].count; k++) {
            const struct trust_change *change = &changes->services[i].trusts[k];
            if (!change->content->gone.count)
                continue;
            if (deployment_owns_file(&changes->facts->deployment, change->trust->file))
                strings_add_new(&stray, change->was_file);
            else
                strings_add_new(&lists, change->trust->file);
        }
    for (size_t i = 0; i < stray.count; i++)
        if (scan_find(&changes->facts->scan, stray.items[i]))
            page_item(book->out,
                      "Delete `%s` in the store: one certificate is left of that list, and the "
                      "servers have it under its own name. Until then a plan says the same again.",
                      stray.items[i]);
    char *names = strings_join(&lists, " ");
    if (lists.count)
        page_item(
            book->out,
            "Write `installed = true` into new services of deployment.conf, then `certwright "
            "check --fix`: a trust file of the store that still names what is gone is written "
            "anew. Then say that the servers have it: `certwright renew --done %s`. Until "
            "then a plan says the same again.",
            names);
    else if (!stray.count)
        page_item(book->out,
                  "Write `installed = true` into the new services of deployment.conf. Until then a "
                  "plan says the same again.");
    free(names);
    strings_free(&lists);
    strings_free(&stray);
}

static void look_once_more(const struct book *book)
{
    struct str *out = book->out;
    page_title(out, 2, "5. When all is done");
    size_t at = 0;
    for (size_t i = 0; i < book->plan->server_count; i++) {
        const struct server *server = book_server(book, book->plan->servers[i].name);
        struct strings shows = {0};
        for (; at < book->count && book->services[at].service->server == server; at++) {
            if (book->services[at].shows)
                strings_add_new(&shows, book->services[at].shows);
        }
        char *list = strings_join(&shows, "`, `");
        if (shows.count)
            page_item(out,
                      shows.count == 1 ? "%s: `%s` shows the new files, and `Enabled : true` where "
                                         "there is such a line."
                                       : "%s: `%s` show the new files, and `Enabled : true` where "
                                         "there is such a line.",
                      server->name, list);
        free(list);
        strings_free(&shows);
        const struct service *management;
        char *url = book_management_url(book, server, &management);
        if (url && management->server == server)
            page_item(out,
                      "%s: open %s and look at the certificate that the browser shows, then at "
                      "Logs > Event log: no line since then may speak of TLS, certificates or "
                      "authentication.",
                      server->name, url);
        free(url);
        stream_pass(book->stream);
    }
    page_item(out, "Hold a short test call from each kind of device that people use.");
    const struct held *held = book->plan->renewal ? book->plan->renewal->held : NULL;
    struct str names = {0};
    for (size_t i = 0; held && i < held->count; i++)
        str_addf(&names, " %s", held->identities[i].identity->name);
    if (held)
        page_item(out,
                  "Say so, with all phases done: `certwright renew --done%s`. Until then a plan is "
                  "this renewal again.",
                  str_text(&names));
    str_free(&names);
    if (book->plan->renewal && !held)
        say_settled(book);
    delete_keys(book);
}

/* The lines that take back one service's steps [from, to), the last first. A restart takes nothing
 * back: it makes what was taken back count, once, at the end. */
static void take_back(const struct book *book, size_t from, size_t to)
{
    const struct step *steps = book->plan->steps;
    const char *restart = NULL;
    bool any = false;
    for (size_t i = to; i-- > from;) {
        if (steps[i].effect == EFFECT_RESTART && *steps[i].command)
            restart = steps[i].command;
        if (!*steps[i].undo)
            continue;
        page_code(book->out, 4, "%s", steps[i].undo);
        any = true;
    }
    if (any && restart)
        page_code(book->out, 4, "%s", restart);
}

static bool can_go_back(const struct step *steps, size_t from, size_t to)
{
    while (from < to && !*steps[from].undo)
        from++;
    return from < to;
}

/* A step of a service's procedure, or by hand with a way back. */
static bool is_taken_back(const struct step *step)
{
    return step->service && (*step->command || *step->undo);
}

/* Where the lines below are typed, unless those above were typed there. */
static void say_where(const struct book *book, const struct step *step, const struct step *above)
{
    bool first_base = step->stage == STAGE_BASE && (!above || above->stage != STAGE_BASE);
    if (!first_base && above && strcmp(above->server, step->server) == 0)
        return;
    if (above)
        str_add_char(book->out, '\n');
    if (first_base)
        page_text(book->out, "What the first phase set. Where section 1 has another value written "
                             "down, type the line with that one in place of `none`.");
    char *login = server_ssh(book_server(book, step->server));
    str_addf(book->out, "On %s (`ssh %s`):\n\n", step->server, login);
    free(login);
}

/* What the uploads replaced goes up again before anything is typed. */
static void old_files(const struct book *book)
{
    struct str *out = book->out;
    bool any = false;
    for (size_t i = 0; i < book->plan->server_count; i++) {
        const struct plan_server *server = &book->plan->servers[i];
        bool has = false;
        for (size_t k = 0; k < server->extra_count; k++)
            has |= text_starts(server->extras[k].path, "back/");
        if (!has)
            continue;
        if (!any)
            page_text(out, "First upload the old files again, on your computer, in this folder. "
                           "They count from the next start of a service, so go on at once:");
        any = true;
        char *login = server_sftp(book_server(book, server->name));
        page_code(out, 4, "cd %s/back", server->name);
        page_code(out, 4, "sftp -b back.sftp %s", login);
        page_code(out, 4, "cd ../..");
        free(login);
    }
    if (any)
        str_add_char(out, '\n');
}

/* Services from the last to the first: nobody is left trusting what is gone. */
static void go_back(const struct book *book)
{
    struct str *out = book->out;
    const struct plan *plan = book->plan;
    page_title(out, 2, "6. Going back");
    if (plan->renewal)
        old_files(book);
    page_text(out,
              "Only the services whose steps you have done, from the last to the first, in this "
              "order:");
    const struct step *above = NULL;
    for (size_t to = plan->count; to > 0;) {
        const struct step *last = &plan->steps[to - 1];
        size_t from = to - 1;
        while (is_taken_back(last) && from > 0 && plan->steps[from - 1].phase == last->phase &&
               is_taken_back(&plan->steps[from - 1]) &&
               plan->steps[from - 1].service == last->service)
            from--;
        if (!is_taken_back(last) || !can_go_back(plan->steps, from, to)) {
            to = from;
            continue;
        }
        say_where(book, last, above);
        above = last;
        take_back(book, from, to);
        to = from;
        stream_pass(book->stream);
    }
    str_add_char(out, '\n');
    if (plan->renewal && plan->renewal->held)
        page_text(out, "With the old files in place these lines bring back the old certificates "
                       "and what was accepted before.");
    else
        page_text(
            out,
            "A service that had certificates before gets them again: type its `certs` and `trust` "
            "lines with the old file names (you wrote them down in section 1) in place of `none`, "
            "then its `enable` or `restart`. Old files of other names are still on the server; "
            "those of the same name upload again from the copies you fetched. Without old "
            "certificates the service stays disabled, as it was.");
    page_text(out,
              "If nothing helps: `backup rollback` with the backup of section 1 brings back the "
              "whole server as it was. It restarts the server and ends all calls there.");
}

void book_after(const struct book *book)
{
    book_outside(book);
    look_once_more(book);
    go_back(book);
}
