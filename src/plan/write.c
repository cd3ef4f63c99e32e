#include "base/file.h"
#include "base/mem.h"
#include "plan/files.h"
#include "plan/folder.h"
#include "plan/plan.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

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

static bool write_text(struct folder *folder, const char *name, const struct str *text,
                       struct error *err)
{
    return folder_write(folder, name, str_text(text), text->length, 0644, err);
}

static bool copy_file(const struct facts *facts, const struct store *store, struct folder *folder,
                      const char *files, const char *name, struct error *err)
{
    struct buffer buffer;
    if (!store_read(store, name, &buffer, err))
        return false;
    char *place = path_join(files, name);
    bool good = folder_write(folder, place, buffer.data, buffer.length,
                             file_is_private(facts, name) ? 0600 : 0644, err);
    free(place);
    buffer_free(&buffer);
    return good;
}

static bool write_files(const struct plan *plan, const struct facts *facts, struct folder *folder,
                        struct error *err)
{
    struct store store;
    if (!store_open(facts->store_path, false, &store, err))
        return false;
    bool good = true;
    for (size_t i = 0; good && i < plan->server_count; i++) {
        const struct plan_server *server = &plan->servers[i];
        char *files = xformat("%s/files", server->name);
        good = folder_add(folder, server->name, err) && folder_add(folder, files, err);
        for (size_t k = 0; good && k < server->files.count; k++)
            good = copy_file(facts, &store, folder, files, server->files.items[k], err);
        free(files);
    }
    store_close(&store);
    return good;
}

static bool write_batch(const struct step *step, struct folder *folder, struct error *err)
{
    struct str text = {0};
    for (size_t i = 0; i < step->upload.count; i++)
        str_addf(&text, "put files/%s %s\n", step->upload.items[i], step->upload.items[i]);
    bool good = write_text(folder, step->file, &text, err);
    str_free(&text);
    return good;
}

static bool write_commands(const struct plan *plan, struct folder *folder, struct error *err)
{
    struct str text = {0};
    const char *file = "";
    bool good = true;
    for (size_t i = 0; good && i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        if (!*step->command)
            continue;
        if (*file && strcmp(file, step->file) != 0) {
            good = write_text(folder, file, &text, err);
            str_clear(&text);
        }
        file = step->file;
        str_addf(&text, "%s\n", step->command);
    }
    if (good && *file)
        good = write_text(folder, file, &text, err);
    str_free(&text);
    return good;
}

static bool write_all_of(const struct plan *plan, const struct facts *facts, struct folder *folder,
                         struct error *err)
{
    if (plan->server_count && !write_files(plan, facts, folder, err))
        return false;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].upload.count && !write_batch(&plan->steps[i], folder, err))
            return false;
    if (!write_commands(plan, folder, err))
        return false;
    struct str text = {0};
    plan_runbook(plan, facts, &text);
    bool good = write_text(folder, "RUNBOOK.md", &text, err);
    str_free(&text);
    if (good) {
        plan_json(plan, &text);
        good = write_text(folder, "plan.json", &text, err);
    }
    str_free(&text);
    return good;
}

bool plan_write(const struct plan *plan, const struct facts *facts, const char *out,
                struct error *err)
{
    struct folder folder;
    if (!folder_begin(out, &folder, err))
        return false;
    bool good = write_all_of(plan, facts, &folder, err) && folder_swap(&folder, err);
    return folder_end(&folder, good ? err : NULL) && good;
}
