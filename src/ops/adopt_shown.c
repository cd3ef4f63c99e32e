/* The displays in a log as services, by the catalogue's status forms. */
#include "base/mem.h"
#include "ops/adopting.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *shown_value(const struct shown *shown, const char *path)
{
    return match_value(&shown->values, path);
}

static bool says(const struct shown *shown, const char *path, const char *word)
{
    const char *value = shown_value(shown, path);
    return value && strcmp(value, word) == 0;
}

bool shown_runs(const struct shown *shown)
{
    return says(shown, "state.enabled?", "yes");
}

bool shown_stopped(const struct shown *shown)
{
    return says(shown, "state.enabled?", "no");
}

/* What several displays tell of one thing: a value before none. A line of a form that documents
 * only show with a file may as well say that there is none. */
static void value_set(struct match *match, const char *path, const char *value)
{
    if (strcmp(value, "none") == 0)
        value = "";
    for (size_t i = 0; i < match->paths.count; i++)
        if (strcmp(match->paths.items[i], path) == 0) {
            if (!*match->values.items[i]) {
                free(match->values.items[i]);
                match->values.items[i] = xstrdup(value);
            }
            return;
        }
    strings_add(&match->paths, path);
    strings_add(&match->values, value);
}

void shown_set(struct shown *shown, const char *path, const char *value)
{
    value_set(&shown->values, path, value);
}

/* A form, and how much of a display it read. */
struct form_reading {
    struct strings lines;
    bool has_tag;
    size_t read, unread;
};

static bool line_reads(const struct form_reading *form, const char *printed, struct match *out)
{
    for (size_t i = 0; i < form->lines.count; i++)
        if (status_match(form->lines.items[i], printed, out))
            return true;
    return false;
}

static bool reads_alone(const struct form_reading *form, const char *printed)
{
    struct match match;
    bool good = line_reads(form, printed, &match);
    if (good)
        match_free(&match);
    return good;
}

/* The line was cut by the screen's edge, and the next one is the rest of it. */
static bool goes_on(const struct form_reading *form, const struct said *said, size_t i)
{
    enum { NARROWEST = 40 };
    const char *next = i + 1 < said->lines.count ? said->lines.items[i + 1] : "";
    return said->width >= NARROWEST && strlen(said->lines.items[i]) >= said->width &&
           (isalnum((unsigned char)*next) || (*next && strchr("-_.", *next))) &&
           !strstr(next, " : ") && !reads_alone(form, next);
}

static struct shown *new_shown(struct speaker *speaker, const struct component *component,
                               const char *tag)
{
    speaker->shown = grow(speaker->shown, speaker->shown_count, sizeof *speaker->shown);
    struct shown *shown = &speaker->shown[speaker->shown_count++];
    shown->component = component;
    shown->tag = xstrdup(tag);
    return shown;
}

static struct shown *find_shown(struct speaker *speaker, const struct component *component,
                                const char *tag)
{
    for (size_t i = 0; i < speaker->shown_count; i++)
        if (speaker->shown[i].component == component && strcmp(speaker->shown[i].tag, tag) == 0)
            return &speaker->shown[i];
    return NULL;
}

/* speaker NULL: it is only counted what the form reads. */
static void read_display(struct form_reading *form, const struct said *said,
                         struct speaker *speaker, const struct component *component)
{
    struct shown *shown = NULL;
    for (size_t i = 0; i < said->lines.count; i++) {
        struct match match;
        bool joins = goes_on(form, said, i);
        char *line = joins ? xformat("%s%s", said->lines.items[i], said->lines.items[i + 1])
                           : xstrdup(said->lines.items[i]);
        bool good = line_reads(form, line, &match);
        if (good && joins)
            i++;
        form->read += good;
        form->unread += !good && line[strspn(line, " .")];
        free(line);
        if (!good)
            continue;
        const char *tag = match_value(&match, "tag");
        if (speaker && (!shown || tag)) {
            /* The same display once more: what it says now counts. */
            shown = find_shown(speaker, component, tag ? tag : "");
            if (!shown && (tag || !form->has_tag))
                shown = new_shown(speaker, component, tag ? tag : "");
        }
        for (size_t k = 0; shown && k < match.paths.count; k++)
            value_set(&shown->values, match.paths.items[k], match.values.items[k]);
        match_free(&match);
    }
}

/* "unknown command", usage: the server has no such thing. */
static bool is_refused(const struct said *said)
{
    static const char *const words[] = {"unknown command", "not found", "usage:", "invalid"};
    for (size_t i = 0; i < said->lines.count; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (strcasestr(said->lines.items[i], words[k]))
                return true;
    return false;
}

static bool is_display(const struct said *said, const char *command)
{
    return status_same(said->command, command);
}

/* Of a component's display, as the release has it. */
static void read_command(const struct component *component, const char *command,
                         const char *release, const struct said *said, struct speaker *speaker,
                         struct form_reading *form)
{
    component_status(component, command, release, &form->lines);
    for (size_t i = 0; i < form->lines.count; i++)
        form->has_tag = form->has_tag || strstr(form->lines.items[i], "{tag}");
    read_display(form, said, speaker, component);
    strings_free(&form->lines);
}

/* What a part says is read as its host's. */
static bool is_own(const struct component *component)
{
    return !*component->part_of;
}

/* The last time that it was typed; NULL: never. */
static const struct said *last_said(const struct speaker *speaker, const char *command)
{
    for (size_t i = speaker->said_count; i--;)
        if (is_display(&speaker->said[i], command))
            return &speaker->said[i];
    return NULL;
}

/* Two logs show it otherwise: two servers under one name, or one that was changed between. */
static void compare_logs(struct adopting *work, const struct speaker *speaker,
                         const struct said *last)
{
    for (size_t i = 0; i < speaker->said_count; i++) {
        const struct said *said = &speaker->said[i];
        if (said->log == last->log || !status_same(said->command, last->command) ||
            strings_equal(&said->lines, &last->lines))
            continue;
        adopt_open(work,
                   "%s: two logs show %s otherwise, and %s is taken: are they of two servers "
                   "of one name, give each its hostname; else leave the older log out",
                   speaker->prompt, last->command, work->options->logs->items[last->log]);
    }
}

static void read_speaker(struct adopting *work, struct speaker *speaker, const char *release)
{
    const struct catalogue *catalogue = work->out->catalogue;
    for (size_t c = 0; c < catalogue->count; c++) {
        const struct component *component = &catalogue->components[c];
        struct strings displays = {0};
        if (is_own(component) && release_in(&component->release, release))
            component_displays(component, release, &displays);
        for (size_t i = 0; i < displays.count; i++) {
            const struct said *said = last_said(speaker, displays.items[i]);
            struct form_reading form = {0};
            if (said)
                compare_logs(work, speaker, said);
            if (!said) {
                strings_add_new(&speaker->missing, displays.items[i]);
                continue;
            }
            read_command(component, displays.items[i], release, said, speaker, &form);
            if (!form.read && form.unread && !is_refused(said))
                adopt_open(work, "%s: what %s printed is no display that is known", speaker->prompt,
                           displays.items[i]);
        }
        strings_free(&displays);
    }
}

/* How many lines of all displays no form of that release reads. */
static size_t unread(const struct adopting *work, const char *release)
{
    const struct catalogue *catalogue = work->out->catalogue;
    size_t lines = 0;
    for (size_t c = 0; c < catalogue->count; c++) {
        const struct component *component = &catalogue->components[c];
        if (!is_own(component))
            continue;
        for (size_t f = 0; f < component->form_count; f++) {
            const char *command = component->forms[f].line;
            bool first = true;
            for (size_t k = 0; k < f; k++)
                first = first && strcmp(component->forms[k].line, command) != 0;
            for (size_t s = 0; first && s < work->speaker_count; s++) {
                const struct said *said = last_said(&work->speakers[s], command);
                struct form_reading form = {0};
                if (!said)
                    continue;
                if (release_in(&component->release, release)) {
                    read_command(component, command, release, said, NULL, &form);
                    lines += form.unread;
                } else if (!is_refused(said)) {
                    lines += said->lines.count;
                }
            }
        }
    }
    return lines;
}

/* "2.9.5" within "Version: 2.9.5 (build)"; free it. "" none. */
static char *release_of(const struct said *said)
{
    for (size_t i = 0; i < said->lines.count; i++)
        for (const char *at = said->lines.items[i]; *at; at++) {
            size_t length = strspn(at, "0123456789.");
            if (length && isdigit((unsigned char)*at) && memchr(at, '.', length)) {
                while (at[length - 1] == '.')
                    length--;
                char *release = xstrndup(at, length);
                if (strchr(release, '.') && length < 12)
                    return release;
                free(release);
            }
            at += length ? length - 1 : 0;
        }
    return xstrdup("");
}

/* Every release at which a form or a kind changes, and 2.9. */
static void candidates(const struct catalogue *catalogue, struct strings *out)
{
    strings_add(out, "2.9");
    for (size_t c = 0; c < catalogue->count; c++)
        for (size_t f = 0; f < catalogue->components[c].form_count; f++)
            if (*catalogue->components[c].forms[f].release.from)
                strings_add_new(out, catalogue->components[c].forms[f].release.from);
}

/* The release whose forms leave the fewest lines unread; free it. */
static char *likely_release(const struct adopting *work)
{
    struct strings all = {0};
    size_t best = 0, least = SIZE_MAX;
    candidates(work->out->catalogue, &all);
    for (size_t i = 0; i < all.count && least; i++) {
        size_t lines = unread(work, all.items[i]);
        if (lines < least) {
            least = lines;
            best = i;
        }
    }
    char *release = xstrdup(all.items[best]);
    strings_free(&all);
    return release;
}

static void read_list(struct speaker *speaker)
{
    const struct said *said = last_said(speaker, "pki list");
    speaker->has_list = said != NULL;
    for (size_t i = 0; said && i < said->lines.count; i++) {
        const char *line = said->lines.items[i] + strspn(said->lines.items[i], " ");
        size_t length = strcspn(line, " ");
        if (length && !line[length] && memchr(line, '.', length))
            strings_add_new(&speaker->listed, line);
    }
}

/* Whose version is known, and whether they agree. */
static void choose_release(struct adopting *work)
{
    struct adopt *out = work->out;
    for (size_t i = 0; i < work->speaker_count; i++) {
        struct speaker *speaker = &work->speakers[i];
        const struct said *said = last_said(speaker, "version");
        if (said) {
            free(speaker->release);
            speaker->release = release_of(said);
        }
        if (!*speaker->release)
            continue;
        if (!out->release)
            out->release = xstrdup(speaker->release);
        else if (strcmp(out->release, speaker->release) != 0)
            adopt_open(work, "%s has release %s, others have %s: all is read as %s",
                       speaker->prompt, speaker->release, out->release, out->release);
    }
    if (!out->release && work->options->release)
        out->release = xstrdup(work->options->release);
    if (!out->release) {
        out->release = likely_release(work);
        adopt_guess(work,
                    "the release is taken to be %s, by what the displays look like: nobody "
                    "typed version",
                    out->release);
    }
}

void adopt_displays(struct adopting *work)
{
    choose_release(work);
    for (size_t i = 0; i < work->speaker_count; i++) {
        read_speaker(work, &work->speakers[i], work->out->release);
        read_list(&work->speakers[i]);
        speaker_inspect(&work->speakers[i]);
    }
}
