#include "base/json.h"

#include "plan/plan.h"

static json_t *step_json(const struct step *step)
{
    json_t *object = json_object();
    json_put(object, "step", json_integer(step->number));
    json_put(object, "phase", json_integer(step->phase));
    json_put(object, "server", json_text(step->server));
    json_put(object, "file", json_text(step->file));
    json_put(object, "upload", json_strings(&step->upload));
    json_put(object, "command", json_text(step->command));
    json_put(object, "expect", json_strings(&step->expect));
    json_put(object, "section", json_text(step->section));
    json_put(object, "undo", json_text(step->undo));
    json_put(object, "manual", json_text(step->manual));
    json_put(object, "typed", json_strings(&step->typed));
    return object;
}

/* Step by step: as a tree a long plan takes ten times its text. */
void plan_json(const struct plan *plan, struct str *out)
{
    struct json_rows rows = {.text = out};
    for (size_t i = 0; i < plan->count; i++)
        json_rows_add(&rows, step_json(&plan->steps[i]));
    json_rows_end(&rows);
}
