#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "plan/change.h"
#include "plan/files.h"
#include "plan/folder.h"
#include "plan/plan.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char back[] = "back/";

/* The first file of back/; NULL: none. */
static const struct plan_extra *goes_back(const struct plan_server *server)
{
    for (size_t i = 0; i < server->extra_count; i++)
        if (text_starts(server->extras[i].path, back))
            return &server->extras[i];
    return NULL;
}

/* Steps of one commands file stand together but for uploads and what is done by hand. */
size_t plan_file_count(const struct plan *plan)
{
    size_t count = 2; /* RUNBOOK.md, plan.json */
    const char *last = "";
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        count += step->upload->count > 0;
        count += *step->command && strcmp(step->file, last) != 0;
        if (*step->command)
            last = step->file;
    }
    for (size_t i = 0; i < plan->server_count; i++) {
        const struct plan_server *server = &plan->servers[i];
        count += server->files->count + server->extra_count;
        count += goes_back(server) != NULL;
    }
    return count;
}

void plan_keys(const struct plan *plan, const struct facts *facts, struct strings *out)
{
    for (size_t i = 0; i < plan->server_count; i++) {
        const struct plan_server *server = &plan->servers[i];
        for (size_t k = 0; k < server->files->count; k++)
            if (file_is_private(facts, server->files->items[k]))
                strings_add_take(out,
                                 xformat("%s/files/%s", server->name, server->files->items[k]));
        for (size_t k = 0; k < server->extra_count; k++)
            if (server->extras[k].is_private)
                strings_add_take(out, path_join(server->name, server->extras[k].path));
    }
}

/* Where the files of a plan go, one after another: into a new folder, or to whoever compares. */
struct sink {
    bool (*open)(void *context, const char *name, mode_t mode, struct error *err);
    bool (*take)(void *context, const char *data, size_t length, struct error *err);
    bool (*close)(void *context, struct error *err);
    void *context;
};

static bool write_open(void *context, const char *name, mode_t mode, struct error *err)
{
    return folder_open(context, name, mode, err);
}

static bool write_take(void *context, const char *data, size_t length, struct error *err)
{
    return folder_append(context, data, length, err);
}

static bool write_close(void *context, struct error *err)
{
    return folder_close(context, err);
}

/* A comparison. Its functions say false where something else lies there. */
struct beside {
    const char *folder;
    int fd; /* of the present file; -1: none is */
};

static bool compare_open(void *context, const char *name, mode_t mode, struct error *err)
{
    struct beside *beside = context;
    struct stat info;
    char *path = path_join(beside->folder, name);
    bool good = file_open_at(AT_FDCWD, path, false, &beside->fd, &info, err);
    if (!good)
        beside->fd = -1;
    free(path);
    (void)mode;
    return good;
}

static bool compare_take(void *context, const char *data, size_t length, struct error *err)
{
    const struct beside *beside = context;
    char there[16384];
    size_t got;
    for (bool same = true; length && same; length -= got, data += got) {
        size_t part = length < sizeof there ? length : sizeof there;
        same = file_piece(beside->fd, there, part, &got) && got == part &&
               memcmp(there, data, part) == 0;
        wipe(there, sizeof there); /* it may be a key */
        if (!same)
            return false;
    }
    (void)err;
    return true;
}

static bool compare_close(void *context, struct error *err)
{
    struct beside *beside = context;
    char more;
    size_t got;
    bool same = file_piece(beside->fd, &more, 1, &got) && !got;
    close(beside->fd);
    beside->fd = -1;
    (void)err;
    return same;
}

static bool put(const struct sink *sink, const char *name, const void *data, size_t length,
                mode_t mode, struct error *err)
{
    return sink->open(sink->context, name, mode, err) &&
           sink->take(sink->context, data, length, err) && sink->close(sink->context, err);
}

static bool put_text(const struct sink *sink, const char *name, const struct str *text,
                     struct error *err)
{
    return put(sink, name, str_text(text), text->length, 0644, err);
}

static bool put_file(const struct facts *facts, const struct store *store, const struct sink *sink,
                     const char *server, const char *name, struct error *err)
{
    struct buffer buffer;
    if (!store_read(store, name, &buffer, err))
        return false;
    char *place = xformat("%s/files/%s", server, name);
    bool good = put(sink, place, buffer.data, buffer.length,
                    file_is_private(facts, name) ? 0600 : 0644, err);
    free(place);
    buffer_free(&buffer);
    return good;
}

/* Wiped: it may be a key. */
static bool put_extra(const struct renewal_plan *renewal, const struct store *store,
                      const struct sink *sink, const char *server, const struct plan_extra *extra,
                      struct error *err)
{
    char *place = xformat("%s/%s", server, extra->path);
    mode_t mode = extra->is_private ? 0600 : 0644;
    bool good;
    if (!extra->name) {
        good = put(sink, place, str_text(extra->text), extra->text->length, mode, err);
    } else {
        struct buffer buffer = {0};
        good = extra->held && renewal->held ? held_read(renewal->held, extra->name, &buffer, err)
                                            : store_read(store, extra->name, &buffer, err);
        good = good && put(sink, place, buffer.data, buffer.length, mode, err);
        buffer_free(&buffer);
    }
    free(place);
    return good;
}

/* Run in back/ itself. */
static bool put_back(const struct plan_server *server, const struct sink *sink, struct error *err)
{
    struct str text = {0};
    for (size_t i = 0; i < server->extra_count; i++) {
        const char *name = server->extras[i].path + strlen(back);
        if (text_starts(server->extras[i].path, back))
            str_addf(&text, "put %s %s\n", name, name);
    }
    char *place = xformat("%s/%sback.sftp", server->name, back);
    bool good = put_text(sink, place, &text, err);
    free(place);
    str_free(&text);
    return good;
}

static bool put_extras(const struct plan *plan, const struct store *store, const struct sink *sink,
                       const struct plan_server *server, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < server->extra_count; i++)
        good = put_extra(plan->renewal, store, sink, server->name, &server->extras[i], err);
    return good && (!goes_back(server) || put_back(server, sink, err));
}

static bool put_files(const struct plan *plan, const struct facts *facts, const struct sink *sink,
                      struct error *err)
{
    struct store store;
    if (!store_open(facts->store_path, false, &store, err))
        return false;
    bool good = true;
    for (size_t i = 0; good && i < plan->server_count; i++) {
        for (size_t k = 0; good && k < plan->servers[i].files->count; k++)
            good = put_file(facts, &store, sink, plan->servers[i].name,
                            plan->servers[i].files->items[k], err);
        good = good && put_extras(plan, &store, sink, &plan->servers[i], err);
    }
    store_close(&store);
    return good;
}

char *step_folder(const struct step *step)
{
    static const char upload[] = "/upload", end[] = ".sftp";
    const char *number = strrchr(step->file, '/') + strlen(upload);
    return xformat("files%.*s", (int)(strlen(number) - strlen(end)), number);
}

static bool put_batch(const struct step *step, const struct sink *sink, struct error *err)
{
    struct str text = {0};
    char *folder = step_folder(step);
    for (size_t i = 0; i < step->upload->count; i++)
        str_addf(&text, "put %s/%s %s\n", folder, step->upload->items[i], step->upload->items[i]);
    free(folder);
    bool good = put_text(sink, step->file, &text, err);
    str_free(&text);
    return good;
}

static bool put_commands(const struct plan *plan, const struct sink *sink, struct error *err)
{
    struct str text = {0};
    const char *file = "";
    bool good = true;
    for (size_t i = 0; good && i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        if (!*step->command)
            continue;
        if (*file && strcmp(file, step->file) != 0) {
            good = put_text(sink, file, &text, err);
            str_clear(&text);
        }
        file = step->file;
        str_addf(&text, "%s\n", step->command);
    }
    if (good && *file)
        good = put_text(sink, file, &text, err);
    str_free(&text);
    return good;
}

/* Every file of the plan; the cheap ones first, so that a comparison ends early. */
static bool put_all(const struct plan *plan, const struct facts *facts, const struct sink *sink,
                    struct error *err)
{
    struct stream json = {.take = sink->take, .context = sink->context};
    bool good = sink->open(sink->context, "plan.json", 0644, err);
    if (good) {
        plan_json(plan, &json);
        good = stream_end(&json, err) && sink->close(sink->context, err);
    }
    for (size_t i = 0; good && i < plan->count; i++)
        if (plan->steps[i].upload->count)
            good = put_batch(&plan->steps[i], sink, err);
    good = good && put_commands(plan, sink, err) &&
           (!plan->server_count || put_files(plan, facts, sink, err));
    struct stream book = {.take = sink->take, .context = sink->context};
    good = good && sink->open(sink->context, "RUNBOOK.md", 0644, err);
    if (good) {
        plan_runbook(plan, facts, &book);
        good = stream_end(&book, err) && sink->close(sink->context, err);
    }
    return good;
}

/* files-2, back: one after another in the list. */
static bool add_extra_folders(const struct plan_server *server, struct folder *folder,
                              struct error *err)
{
    struct strings made = {0};
    bool good = true;
    if (server->files->count)
        strings_add(&made, "files");
    for (size_t i = 0; good && i < server->extra_count; i++) {
        const char *path = server->extras[i].path;
        char *name = xstrndup(path, strcspn(path, "/")), *whole = path_join(server->name, name);
        good = !strings_add_new(&made, name) || folder_add(folder, whole, err);
        free(name);
        free(whole);
    }
    strings_free(&made);
    return good;
}

static bool add_folders(const struct plan *plan, struct folder *folder, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < plan->server_count; i++) {
        const struct plan_server *server = &plan->servers[i];
        char *files = xformat("%s/files", server->name);
        good = folder_add(folder, server->name, err) &&
               ((server->extra_count && !server->files->count) || folder_add(folder, files, err)) &&
               add_extra_folders(server, folder, err);
        free(files);
    }
    return good;
}

enum plan_written plan_compare(const struct plan *plan, const struct facts *facts, const char *out)
{
    char *ours = path_join(out, "plan.json");
    bool here = access(ours, F_OK) == 0;
    free(ours);
    if (!here)
        return PLAN_ABSENT;
    struct beside beside = {.folder = out, .fd = -1};
    const struct sink sink = {compare_open, compare_take, compare_close, &beside};
    bool same = put_all(plan, facts, &sink, NULL);
    if (beside.fd >= 0)
        close(beside.fd);
    return same ? PLAN_SAME : PLAN_OTHER;
}

bool plan_write(const struct plan *plan, const struct facts *facts, const char *out,
                struct error *err)
{
    struct folder folder;
    if (!folder_begin(out, plan_file_count(plan), &folder, err))
        return false;
    const struct sink sink = {write_open, write_take, write_close, &folder};
    bool good = add_folders(plan, &folder, err) && put_all(plan, facts, &sink, err) &&
                folder_swap(&folder, err);
    return folder_end(&folder, good ? err : NULL) && good;
}
