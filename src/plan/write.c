#include "base/file.h"
#include "base/mem.h"
#include "plan/files.h"
#include "plan/folder.h"
#include "plan/plan.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Steps of one commands file stand together but for uploads and what is done by hand. */
size_t plan_file_count(const struct plan *plan)
{
    size_t count = 2; /* RUNBOOK.md, plan.json */
    const char *last = "";
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        count += step->upload.count > 0;
        count += *step->command && strcmp(step->file, last) != 0;
        if (*step->command)
            last = step->file;
    }
    for (size_t i = 0; i < plan->server_count; i++)
        count += plan->servers[i].files.count;
    return count;
}

/* Where the files of a plan go, one after another: into a new folder, or to whoever compares. */
struct sink {
    bool (*put)(struct sink *sink, const char *name, const void *data, size_t length, mode_t mode,
                struct error *err);
    struct folder *folder; /* of sink_write */
    const char *beside;    /* of sink_compare */
};

static bool sink_write(struct sink *sink, const char *name, const void *data, size_t length,
                       mode_t mode, struct error *err)
{
    return folder_write(sink->folder, name, data, length, mode, err);
}

/* false: what lies there is something else. */
static bool sink_compare(struct sink *sink, const char *name, const void *data, size_t length,
                         mode_t mode, struct error *err)
{
    (void)mode;
    struct buffer there = {0};
    char *path = path_join(sink->beside, name);
    bool same = file_read(path, &there, err) && there.length == length &&
                memcmp(there.data, data, length) == 0;
    buffer_free(&there);
    free(path);
    return same;
}

static bool put_text(struct sink *sink, const char *name, const struct str *text, struct error *err)
{
    return sink->put(sink, name, str_text(text), text->length, 0644, err);
}

static bool put_file(const struct facts *facts, const struct store *store, struct sink *sink,
                     const char *server, const char *name, struct error *err)
{
    struct buffer buffer;
    if (!store_read(store, name, &buffer, err))
        return false;
    char *place = xformat("%s/files/%s", server, name);
    bool good = sink->put(sink, place, buffer.data, buffer.length,
                          file_is_private(facts, name) ? 0600 : 0644, err);
    free(place);
    buffer_free(&buffer);
    return good;
}

static bool put_files(const struct plan *plan, const struct facts *facts, struct sink *sink,
                      struct error *err)
{
    struct store store;
    if (!store_open(facts->store_path, false, &store, err))
        return false;
    bool good = true;
    for (size_t i = 0; good && i < plan->server_count; i++)
        for (size_t k = 0; good && k < plan->servers[i].files.count; k++)
            good = put_file(facts, &store, sink, plan->servers[i].name,
                            plan->servers[i].files.items[k], err);
    store_close(&store);
    return good;
}

static bool put_batch(const struct step *step, struct sink *sink, struct error *err)
{
    struct str text = {0};
    for (size_t i = 0; i < step->upload.count; i++)
        str_addf(&text, "put files/%s %s\n", step->upload.items[i], step->upload.items[i]);
    bool good = put_text(sink, step->file, &text, err);
    str_free(&text);
    return good;
}

static bool put_commands(const struct plan *plan, struct sink *sink, struct error *err)
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
static bool put_all(const struct plan *plan, const struct facts *facts, struct sink *sink,
                    struct error *err)
{
    struct str text = {0};
    plan_json(plan, &text);
    bool good = put_text(sink, "plan.json", &text, err);
    str_free(&text);
    for (size_t i = 0; good && i < plan->count; i++)
        if (plan->steps[i].upload.count)
            good = put_batch(&plan->steps[i], sink, err);
    good = good && put_commands(plan, sink, err) &&
           (!plan->server_count || put_files(plan, facts, sink, err));
    if (good) {
        plan_runbook(plan, facts, &text);
        good = put_text(sink, "RUNBOOK.md", &text, err);
    }
    str_free(&text);
    return good;
}

static bool add_folders(const struct plan *plan, struct folder *folder, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < plan->server_count; i++) {
        char *files = xformat("%s/files", plan->servers[i].name);
        good = folder_add(folder, plan->servers[i].name, err) && folder_add(folder, files, err);
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
    struct sink sink = {.put = sink_compare, .beside = out};
    struct error difference; /* it is none: another plan, or another certificate */
    return put_all(plan, facts, &sink, &difference) ? PLAN_SAME : PLAN_OTHER;
}

bool plan_write(const struct plan *plan, const struct facts *facts, const char *out,
                struct error *err)
{
    struct folder folder;
    if (!folder_begin(out, &folder, err))
        return false;
    struct sink sink = {.put = sink_write, .folder = &folder};
    bool good = add_folders(plan, &folder, err) && put_all(plan, facts, &sink, err) &&
                folder_swap(&folder, err);
    return folder_end(&folder, good ? err : NULL) && good;
}
