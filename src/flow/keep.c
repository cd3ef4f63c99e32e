/* Answers before the domain: there is no deployment.conf yet that could keep them, so they lie in
 * the draft, under a page that is none. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static const char page_new[] = "new";

void keep_answers(struct flow *flow)
{
    if (flow->loaded || flow->trial || !flow->preset)
        return;
    draft_set(&flow->draft, page_new, "preset", flow->preset->name);
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const char *value = flow->subject.attributes[i];
        if (value)
            draft_set(&flow->draft, page_new, attribute_names[i], value);
        else
            draft_remove(&flow->draft, page_new, attribute_names[i]);
    }
    if (!draft_save(&flow->draft))
        flow_say(flow, LEVEL_WARN, "%s cannot be written: answers before the domain are not kept.",
                 flow->draft.path);
}

void keep_forget(struct flow *flow)
{
    if (flow->trial)
        return;
    draft_remove(&flow->draft, page_new, "preset");
    for (size_t i = 0; i < ATTR_COUNT; i++)
        draft_remove(&flow->draft, page_new, attribute_names[i]);
    if (!draft_save(&flow->draft)) /* it is offered once more, no harm */
        flow->draft.changed = true;
}

const struct preset *kept_preset(const struct flow *flow)
{
    const char *name = draft_text(&flow->draft, page_new, "preset");
    return name && !flow->loaded ? catalogue_preset(flow->catalogue, name) : NULL;
}

bool keep_take_up(struct flow *flow)
{
    const struct preset *preset = kept_preset(flow);
    if (!preset)
        return false;
    flow->preset = preset;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const char *value = draft_text(&flow->draft, page_new, attribute_names[i]);
        if (value) {
            free(flow->subject.attributes[i]);
            flow->subject.attributes[i] = xstrdup(value);
        }
    }
    return true;
}
