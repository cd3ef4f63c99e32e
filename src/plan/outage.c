#include "base/mem.h"
#include "plan/plan.h"

#include <stdlib.h>

/* The next step of the same service that starts it again; NULL: the plan leaves it stopped. */
static const struct step *start_after(const struct plan *plan, size_t stop, size_t *lines)
{
    *lines = *plan->steps[stop].command ? 1 : plan->steps[stop].typed->count;
    for (size_t i = stop + 1; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        *lines += *step->command ? 1 : step->typed->count;
        if (step->service == plan->steps[stop].service && step->effect == EFFECT_START)
            return step;
    }
    return NULL;
}

void plan_outages(const struct plan *plan, struct outages *out)
{
    *out = (struct outages){0};
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        if (step->effect != EFFECT_STOP && step->effect != EFFECT_RESTART)
            continue;
        struct outage outage = {.service = step->service, .from = step, .to = step, .lines = 1};
        if (step->effect == EFFECT_STOP)
            outage.to = start_after(plan, i, &outage.lines);
        out->items = grow(out->items, out->count, sizeof *out->items);
        out->items[out->count++] = outage;
    }
}
