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
    return object;
}

void plan_json(const struct plan *plan, struct str *out)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(steps, step_json(&plan->steps[i]));
    json_write(steps, out);
    json_decref(steps);
}
