#include "world.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void open_flow(struct world *world)
{
    struct flow_options options = {.config = world->config, .catalogue = &world->catalogue};
    struct error err = {0};
    assert_true(flow_open(&options, &world->flow, &err));
}

int world_enter(void **state)
{
    struct world *world = xcalloc(1, sizeof *world);
    strcpy(world->folder, "/tmp/flow-test-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->config = path_join(world->folder, "deployment.conf");
    assert_true(catalogue_load(NULL, &world->catalogue, NULL));
    open_flow(world);
    *state = world;
    return 0;
}

int world_leave(void **state)
{
    struct world *world = *state;
    flow_free(world->flow);
    catalogue_free(&world->catalogue);
    assert_true(folder_remove(world->folder, NULL));
    free(world->config);
    free(world);
    return 0;
}

void must(struct world *world, struct event event)
{
    struct error err = {0};
    if (!flow_take(world->flow, &event, &err))
        fail_msg("%s: %s: %s", err.place, err.message, err.remedy);
}

void set(struct world *world, const char *id, const char *text)
{
    must(world, (struct event){.kind = EVENT_SET, .id = id, .text = text});
}

void next(struct world *world)
{
    must(world, (struct event){.kind = EVENT_NEXT});
}

const char *at(struct world *world)
{
    return flow_page(world->flow)->id;
}

void choose(struct world *world, const char *id)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->row_count; i++)
        if (strcmp(page->rows[i].id, id) == 0) {
            must(world, (struct event){.kind = EVENT_CHOOSE, .row = i});
            return;
        }
    fail_msg("no row %s on page %s", id, page->id);
}

void run_job(struct world *world)
{
    void *arg;
    assert_string_equal(at(world), "make");
    job_function job = flow_job(world->flow, &arg);
    assert_non_null(job);
    struct error err = {0};
    bool good = job(arg, NULL, &err);
    flow_job_result(world->flow, good, &err);
    must(world, (struct event){.kind = EVENT_DONE});
}

const struct field *field(struct world *world, const char *id)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->field_count; i++)
        if (strcmp(page->fields[i].id, id) == 0)
            return &page->fields[i];
    fail_msg("no field %s on page %s", id, page->id);
    return NULL;
}

char *read_text(const char *path)
{
    struct buffer buffer = {0};
    assert_true(file_read(path, &buffer, NULL));
    char *text = xstrdup((const char *)buffer.data);
    buffer_free(&buffer);
    return text;
}
