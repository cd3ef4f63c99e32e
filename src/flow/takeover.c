/* Servers that run, taken over: logs and fetched files are named one after another, what they say
 * is shown, and one answer writes it. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/intake.h"
#include "ops/adopt.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char unfetched[] = "files", typed[] = "commands";

struct takeover {
    struct strings logs;
    char *files; /* the folder of what was fetched; NULL: none */
    char *store;
    struct adopt_options options;
    struct adopt adopt;
};

void takeover_free(struct takeover *takeover)
{
    if (!takeover)
        return;
    adopt_free(&takeover->adopt);
    strings_free(&takeover->logs);
    free(takeover->files);
    free(takeover->store);
    free(takeover);
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The logs in a folder, whose other files were fetched. */
static void add_folder(struct takeover *takeover, const char *path)
{
    struct strings names = {0};
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (text_ends(entry->d_name, ".log") || text_ends(entry->d_name, ".txt"))
            strings_add(&names, entry->d_name);
    if (dir)
        closedir(dir);
    strings_sort(&names);
    for (size_t i = 0; i < names.count; i++)
        strings_add_take(&takeover->logs, path_join(path, names.items[i]));
    strings_free(&names);
    free(takeover->files);
    takeover->files = xstrdup(path);
}

static struct takeover *copy(const struct flow *flow)
{
    struct takeover *takeover = xcalloc(1, sizeof *takeover);
    if (flow->takeover) {
        strings_copy(&takeover->logs, &flow->takeover->logs);
        takeover->files = flow->takeover->files ? xstrdup(flow->takeover->files) : NULL;
    }
    takeover->store = flow->store ? xstrdup(flow->store) : flow_path(flow, "store");
    return takeover;
}

/* Everything that was named is read again: what one log lacks another may say. */
static bool read_all(struct flow *flow, struct takeover *takeover, struct error *err)
{
    takeover->options = (struct adopt_options){
        .logs = &takeover->logs, .files = takeover->files, .store = takeover->store};
    if (!takeover->logs.count)
        return true; /* a log may still come */
    return op_adopt_read(flow->catalogue, &takeover->options, &takeover->adopt, err) &&
           op_adopt_make(&takeover->adopt, flow->config, err);
}

static bool add_paths(struct flow *flow, const char *text, struct error *err)
{
    struct strings paths = {0};
    struct takeover *takeover = copy(flow);
    bool good = paths_split(text, &paths, err);
    for (size_t i = 0; good && i < paths.count; i++) {
        if (is_folder(paths.items[i]))
            add_folder(takeover, paths.items[i]);
        else
            strings_add_new(&takeover->logs, paths.items[i]);
    }
    strings_free(&paths);
    if (!good || !read_all(flow, takeover, err)) {
        takeover_free(takeover);
        return false;
    }
    takeover_free(flow->takeover);
    flow->takeover = takeover;
    if (takeover->logs.count && !takeover->adopt.file_count)
        flow_say(flow, LEVEL_OK,
                 "Nothing is written yet. F4 names the folder of what was fetched as well.");
    else if (takeover->logs.count)
        flow_say(flow, LEVEL_OK, "Nothing is written yet.");
    else
        flow_say(flow, LEVEL_WARN, "No log (.log, .txt) is in that folder: name the logs as well.");
    return true;
}

static void add_rows(struct page *page, const char *word, enum level level, const char *what,
                     const struct strings *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct row *row = page_row(page, "", level, word, "%s", lines->items[i]);
        row_detail(row, "%s\n%s", lines->items[i], what);
    }
}

/* One thing to do, however many they are. */
static void add_unfetched(struct page *page, const struct strings *names)
{
    if (!names->count)
        return;
    char *all = strings_join(names, ", ");
    struct row *row = names->count == 1 ? page_row(page, unfetched, LEVEL_WARN, "OPEN",
                                                   "1 file that is in use is not here: %s", all)
                                        : page_row(page, unfetched, LEVEL_WARN, "OPEN",
                                                   "%zu files that are in use are not here: %s",
                                                   names->count, all);
    row_detail(row, "Enter shows how each server's are fetched; F4 names the folder they came to. "
                    "Or take it over as it is, and fetch them later.");
    row->can_open = true;
    free(all);
}

static void build_how(struct page *page)
{
    page_line(&page->intro, "Logs of your servers, and the public files fetched from them, become "
                            "a deployment. Keys stay where they are.");
    struct row *row = page_row(page, typed, LEVEL_NONE, "", "What to type on each server ...");
    row_detail(row,
               "The displays that are read, and an sftp batch for the public files. They change "
               "nothing on a server.");
    row->can_open = true;
    row = page_row(page, "path", LEVEL_NONE, "", "Name the logs, or their folder ...");
    row_detail(row, "A folder's .log and .txt files are read as logs; certificates in it, or in "
                    "folders called after each server, are what was fetched.");
    row->can_open = true;
    free(row->action);
    row->action = xstrdup("path");
}

static void build(struct flow *flow, struct page *page)
{
    const struct takeover *takeover = flow->takeover;
    page->kind = PAGE_LIST;
    page->title = xstrdup("Take over servers that run");
    if (!takeover || !takeover->logs.count) {
        page->kind = PAGE_MENU;
        build_how(page);
        page->next = xstrdup("Choose");
    } else {
        const struct adopt *adopt = &takeover->adopt;
        struct str text = {0};
        say_count(&text, takeover->logs.count, "log", "logs");
        say_count(&text, adopt->servers.count, "server", "servers");
        say_count(&text, adopt->identity_count, "identity", "identities");
        say_count(&text, adopt->file_count, "file", "files");
        page_line(&page->intro, "%s, release %s.", str_text(&text), adopt->release);
        str_free(&text);
        add_rows(page, "OK", LEVEL_OK, "A server and what is in use on it.", &adopt->servers,
                 adopt->servers.count);
        add_rows(
            page, "OPEN", LEVEL_WARN,
            "Name another log, or the folder of what was fetched; or take it over as it is and "
            "fill that in later.",
            &adopt->open, adopt->open.count - adopt->unfetched.count);
        add_unfetched(page, &adopt->unfetched);
        add_rows(page, "note", LEVEL_NOTE, "A guess: the pages that follow show it, and change it.",
                 &adopt->guesses, adopt->guesses.count);
        page->next = xstrdup("Take over");
        page->confirm_next = xformat("Write %s and the store", flow->config);
    }
    struct action *action = page_add_action(page, "path", 4, 0, "Logs, files");
    action->wants_path = true;
}

static struct way write_it(struct flow *flow, struct error *err)
{
    struct strings written = {0}, kept = {0};
    /* What is due first, where certificates came along. */
    const char *next = flow->takeover->adopt.file_count ? "status" : "start";
    bool good = flow_may_write(flow, err) &&
                op_adopt_write(&flow->takeover->adopt, flow->config, &written, &kept, err) &&
                flow_gather(flow, err);
    if (good) {
        flow_say(flow, LEVEL_OK,
                 written.count == 1 ? "Taken over: %s, and %zu file in the store."
                                    : "Taken over: %s, and %zu files in the store.",
                 flow->config, written.count);
        takeover_free(flow->takeover);
        flow->takeover = NULL;
    }
    strings_free(&written);
    strings_free(&kept);
    return good ? way_to(next, NULL) : way_go(GO_REFUSED);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    bool named = flow->takeover && flow->takeover->logs.count;
    if (event->kind == EVENT_ACTION && event->text)
        return way_if(add_paths(flow, event->text, err), GO_STAY);
    if (named && event->kind == EVENT_NEXT)
        return write_it(flow, err);
    const char *id = event->row < page->row_count ? page->rows[event->row].id : "";
    bool chosen = event->kind == EVENT_CHOOSE || event->kind == EVENT_NEXT;
    return chosen && (strcmp(id, typed) == 0 || strcmp(id, unfetched) == 0) ? way_to("typed", NULL)
                                                                            : way_go(GO_STAY);
}

static void build_typed(struct flow *flow, struct page *page)
{
    struct str text = {0};
    page->kind = PAGE_TEXT;
    page->title = xstrdup("What to type on each server");
    bool read = flow->takeover && flow->takeover->logs.count;
    op_adopt_commands(flow->catalogue, read ? &flow->takeover->adopt : NULL, &text);
    page_lines(&page->text, str_text(&text));
    page->clipboard = str_take(&text);
    page_line(&page->why, "To have it as a file: certwright adopt --commands%s",
              read ? " LOG ..." : "");
    page->next = xstrdup("Back");
}

static struct way take_typed(struct flow *flow, const struct page *page, const struct event *event,
                             struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_takeover = {"takeover", build, take},
                      step_typed = {"typed", build_typed, take_typed};
