#include "mmp/record.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_NAME ".mmp"

void values_free(struct values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        free(values->items[i].path);
        free(values->items[i].text);
    }
    free(values->items);
    *values = (struct values){0};
}

static struct value *find(const struct values *values, const char *path)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i].path, path) == 0)
            return &values->items[i];
    return NULL;
}

const char *value_get(const struct values *values, const char *path)
{
    const struct value *value = find(values, path);
    return value ? value->text : NULL;
}

void value_set(struct values *values, const char *path, const char *text)
{
    struct value *value = find(values, path);
    if (!value) {
        values->items = grow(values->items, values->count, sizeof *values->items);
        value = &values->items[values->count++];
        *value = (struct value){.path = xstrdup(path)};
    }
    char *copy = xstrdup(text);
    free(value->text);
    value->text = copy;
}

void value_forget(struct values *values, const char *path)
{
    struct value *value = find(values, path);
    if (!value)
        return;
    free(value->path);
    free(value->text);
    *value = values->items[--values->count];
}

void values_copy(struct values *to, const struct values *from)
{
    struct values copy = {0};
    for (size_t i = 0; i < from->count; i++)
        value_set(&copy, from->items[i].path, from->items[i].text);
    values_free(to);
    *to = copy;
}

void unit_forget_copies(struct unit *unit)
{
    for (size_t i = 0; i < unit->copy_count; i++) {
        free(unit->copies[i].name);
        buffer_free(&unit->copies[i].data);
    }
    free(unit->copies);
    unit->copies = NULL;
    unit->copy_count = 0;
}

void record_free(struct record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        free(record->units[i].kind);
        free(record->units[i].tag);
        values_free(&record->units[i].set);
        values_free(&record->units[i].running);
        unit_forget_copies(&record->units[i]);
    }
    strings_free(&record->stand_ins);
    free(record->units);
    free(record->release);
    free(record->hostname);
    *record = (struct record){0};
}

struct unit *record_unit(struct record *record, const char *kind, const char *tag, bool create)
{
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->units[i].kind, kind) == 0 && strcmp(record->units[i].tag, tag) == 0)
            return &record->units[i];
    if (!create)
        return NULL;
    record->units = grow(record->units, record->count, sizeof *record->units);
    struct unit *unit = &record->units[record->count++];
    *unit = (struct unit){.kind = xstrdup(kind), .tag = xstrdup(tag)};
    return unit;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void read_values(const json_t *object, struct values *out)
{
    const char *path;
    json_t *text;
    json_object_foreach((json_t *)object, path, text) if (json_is_string(text))
        value_set(out, path, json_string_value(text));
}

static void read_units(const json_t *list, struct record *out)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        struct unit *unit = record_unit(out, text_of(item, "kind"), text_of(item, "tag"), true);
        read_values(json_object_get(item, "set"), &unit->set);
        read_values(json_object_get(item, "running"), &unit->running);
    }
}

bool record_load(const char *folder, struct record *out, struct error *err)
{
    struct buffer data = {0};
    *out = (struct record){0};
    char *path = path_join(folder, RECORD_NAME);
    bool is_new = access(path, F_OK) != 0 && errno == ENOENT;
    bool good = is_new || file_read(path, &data, err);
    json_t *root =
        good && !is_new ? json_loadb((const char *)data.data, data.length, 0, NULL) : NULL;
    if (good && !is_new && !json_is_object(root))
        good = error_set(err, STATUS_NO, path, "remove it, and the appliance begins anew",
                         "is not what an appliance keeps");
    out->release = xstrdup(text_of(root, "release"));
    out->hostname = xstrdup(text_of(root, "hostname"));
    out->bare = json_is_true(json_object_get(root, "bare"));
    read_units(json_object_get(root, "services"), out);
    json_decref(root);
    buffer_free(&data);
    free(path);
    return good;
}

static json_t *values_json(const struct values *values)
{
    json_t *object = json_object();
    for (size_t i = 0; i < values->count; i++)
        json_put(object, values->items[i].path, json_text(values->items[i].text));
    return object;
}

bool record_save(const char *folder, struct record *record, struct error *err)
{
    json_t *root = json_object(), *list = json_array();
    struct str text = {0};
    for (size_t i = 0; i < record->count; i++) {
        json_t *item = json_object();
        json_put(item, "kind", json_text(record->units[i].kind));
        json_put(item, "tag", json_text(record->units[i].tag));
        json_put(item, "set", values_json(&record->units[i].set));
        json_put(item, "running", values_json(&record->units[i].running));
        json_array_append_new(list, item);
    }
    json_put(root, "release", json_text(record->release));
    json_put(root, "hostname", json_text(record->hostname));
    json_put(root, "bare", json_boolean(record->bare));
    json_put(root, "services", list);
    json_write(root, &text);
    json_decref(root);
    char *path = path_join(folder, RECORD_NAME);
    bool good = file_replace(path, str_text(&text), text.length, 0600, err);
    record->changed &= !good;
    free(path);
    str_free(&text);
    return good;
}
