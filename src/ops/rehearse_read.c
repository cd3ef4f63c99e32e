/* plan.json as written. */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "ops/rehearsing.h"

#include <stdlib.h>

static char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return xstrdup(text ? text : "");
}

static void list_of(const json_t *object, const char *name, struct strings *out)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(object, name), i, item) if (json_is_string(item))
        strings_add(out, json_string_value(item));
}

static void read_step(const json_t *object, struct play *out)
{
    out->steps = grow(out->steps, out->count, sizeof *out->steps);
    struct play_step *step = &out->steps[out->count++];
    *step = (struct play_step){
        .number = (int)json_integer_value(json_object_get(object, "step")),
        .phase = (int)json_integer_value(json_object_get(object, "phase")),
        .server = text_of(object, "server"),
        .file = text_of(object, "file"),
        .command = text_of(object, "command"),
        .manual = text_of(object, "manual"),
    };
    list_of(object, "upload", &step->upload);
    list_of(object, "expect", &step->expect);
    list_of(object, "typed", &step->typed);
    out->has_base |= step->phase == 0;
}

bool play_read(const char *folder, struct play *out, struct error *err)
{
    char *path = path_join(folder, "plan.json");
    struct buffer data = {0};
    *out = (struct play){0};
    bool good = file_read(path, &data, err);
    json_t *root = good ? json_loadb((const char *)data.data, data.length, 0, NULL) : NULL;
    if (!good)
        error_set(err, err->code, path, "certwright plan", "%s", "there is no plan to rehearse");
    else if (!json_is_array(root))
        good = error_set(err, STATUS_NO, path, "certwright plan", "is no plan");
    size_t i;
    json_t *item;
    json_array_foreach(root, i, item) read_step(item, out);
    json_decref(root);
    buffer_free(&data);
    free(path);
    return good;
}

void play_free(struct play *play)
{
    for (size_t i = 0; i < play->count; i++) {
        struct play_step *step = &play->steps[i];
        free(step->server);
        free(step->file);
        free(step->command);
        free(step->manual);
        strings_free(&step->upload);
        strings_free(&step->expect);
        strings_free(&step->typed);
    }
    free(play->steps);
    *play = (struct play){0};
}
