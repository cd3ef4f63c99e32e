/* What every page asks of the flow, so that none keeps a copy that could grow old. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *flow_page_part(const struct flow *flow)
{
    const char *colon = strchr(flow->at_page, ':');
    return colon ? colon + 1 : "";
}

char *flow_path(const struct flow *flow, const char *name)
{
    return path_join(flow->folder, name);
}

bool flow_lab(const struct flow *flow)
{
    return flow->loaded ? deployment_lab(&flow->facts->deployment)
                        : flow->preset && strcmp(flow->preset->purpose, "lab") == 0;
}

bool flow_ask(struct flow *flow, const char *question, const char *verb, struct error *err)
{
    free(flow->ask);
    free(flow->ask_verb);
    flow->ask = xstrdup(question);
    flow->ask_verb = xstrdup(verb);
    return error_set(err, STATUS_NO, "", verb, "%s", question);
}

void flow_say(struct flow *flow, enum level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(flow->message);
    if (vasprintf(&flow->message, format, args) < 0)
        flow->message = NULL;
    flow->message_level = level;
    va_end(args);
}
