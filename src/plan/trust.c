/* What a trust takes to count: the lines of its reader that name its file, and those that stop the
 * reader before and let it serve again. They need no file, so that they are told before one is
 * there. */
#include "base/mem.h"
#include "plan/merge.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

/* "{xmpp-trust}" stands in the pattern. */
static bool has_hole(const char *pattern, const char *name)
{
    char *hole = xformat("{%s}", name);
    bool has = strstr(pattern, hole) != NULL;
    free(hole);
    return has;
}

static bool names_file(const struct trust *trust, const struct line *line)
{
    const struct command *command = &trust->reader->component->commands[line->rank];
    char *name = xstrndup(trust->rule->name, strcspn(trust->rule->name, " "));
    bool names = line->stage == STAGE_ASSIGN && has_hole(command->line, name);
    free(name);
    return names;
}

static bool is_frame(const struct line *line)
{
    return line->stage == STAGE_BEFORE || line->stage == STAGE_AFTER;
}

bool plan_trust_lines(const struct facts *facts, const struct trust *trust, struct strings *out,
                      struct error *err)
{
    struct arena texts = {0};
    struct procedure procedure;
    if (!merge_service(facts, trust->reader, &texts, &procedure, err)) {
        arena_free(&texts);
        return false;
    }
    bool any = false;
    enum phase phase = PHASE_SERVICES;
    for (size_t i = 0; i < procedure.count; i++)
        if (names_file(trust, &procedure.lines[i])) {
            any = true;
            phase = procedure.lines[i].phase;
        }
    for (size_t i = 0; any && i < procedure.count; i++) {
        const struct line *line = &procedure.lines[i];
        if (line->phase == phase && (is_frame(line) || names_file(trust, line)))
            strings_add(out, line->text);
    }
    procedure_free(&procedure);
    arena_free(&texts);
    return true;
}
