#include "base/json.h"

#include "plan/plan.h"

/* Written as they stand: built as values first, the rows of a long plan take ten times as long. */
static void add_text(struct str *out, const char *name, const char *value)
{
    str_addf(out, ",\n    \"%s\": ", name);
    json_add_text(out, value);
}

static void add_list(struct str *out, const char *name, const struct strings *list)
{
    str_addf(out, ",\n    \"%s\": [", name);
    for (size_t i = 0; i < list->count; i++) {
        str_add(out, i ? ",\n      " : "\n      ");
        json_add_text(out, list->items[i]);
    }
    str_add(out, list->count ? "\n    ]" : "]");
}

static void add_step(struct str *out, const struct step *step)
{
    str_addf(out, "  {\n    \"step\": %d,\n    \"phase\": %d", step->number, step->phase);
    add_text(out, "server", step->server);
    add_text(out, "file", step->file);
    add_list(out, "upload", step->upload);
    add_text(out, "command", step->command);
    add_list(out, "expect", step->expect);
    add_text(out, "section", step->section);
    add_text(out, "undo", step->undo);
    add_text(out, "manual", step->manual);
    add_list(out, "typed", step->typed);
    str_add(out, "\n  }");
}

void plan_json(const struct plan *plan, struct stream *out)
{
    str_add(&out->text, "[");
    for (size_t i = 0; i < plan->count; i++) {
        str_add(&out->text, i ? ",\n" : "\n");
        add_step(&out->text, &plan->steps[i]);
        stream_pass(out);
    }
    str_add(&out->text, plan->count ? "\n]\n" : "]\n");
}
