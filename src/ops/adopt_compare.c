/* What servers say otherwise than deployment.conf and store. */
#include "base/clock.h"
#include "base/mem.h"
#include "ops/adopting.h"
#include "store/name.h"
#include "store/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void adopt_differences_free(struct adopt_differences *differences)
{
    for (size_t i = 0; i < differences->count; i++) {
        struct adopt_difference *item = &differences->items[i];
        char *texts[] = {item->server, item->service, item->what, item->expected, item->found};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
    }
    free(differences->items);
    *differences = (struct adopt_differences){0};
}

struct comparing {
    const struct facts *facts;
    const char *server, *service;
    struct adopt_differences *out;
    struct strings files; /* of the present server, that were compared */
};

/* Each is told once. */
static void differ(const struct comparing *c, const char *what, const char *expected,
                   const char *found)
{
    for (size_t i = 0; i < c->out->count; i++) {
        const struct adopt_difference *item = &c->out->items[i];
        if (strcmp(item->server, c->server) == 0 && strcmp(item->service, c->service) == 0 &&
            strcmp(item->what, what) == 0)
            return;
    }
    c->out->items = grow(c->out->items, c->out->count, sizeof *c->out->items);
    c->out->items[c->out->count++] = (struct adopt_difference){.server = xstrdup(c->server),
                                                               .service = xstrdup(c->service),
                                                               .what = xstrdup(what),
                                                               .expected = xstrdup(expected),
                                                               .found = xstrdup(found)};
}

/* "webadmin.crt of 2026-11-29, ends 2027-11-29 (CN webadmin)": what tells one certificate from
 * another. Free it. */
static char *content_words(const struct pki_file *file)
{
    struct str out = {0};
    for (size_t i = 0; i < file->count; i++) {
        const struct cert *cert = file->objects[i].cert;
        char from[16], until[16];
        if (!cert)
            continue;
        clock_date(cert->not_before, from);
        clock_date(cert->not_after, until);
        str_addf(&out, "%s%s from %s to %s", out.length ? ", " : "",
                 *cert->cn ? cert->cn : cert->subject, from, until);
    }
    if (!out.length)
        str_add(&out, "no certificate");
    return str_take(&out);
}

/* Do the server's file and the store's hold the same? */
static bool same_content(const struct store_file *there, const struct store_file *here)
{
    char *a = file_content(&there->pki), *b = file_content(&here->pki);
    bool same = *a && strcmp(a, b) == 0;
    free(a);
    free(b);
    return same;
}

/* The same by what pki inspect printed: its first certificate. */
static void compare_told(struct comparing *c, const struct speaker *speaker, const char *there,
                         const struct store_file *stored)
{
    const struct inspected *told = speaker_inspected(speaker, there);
    const struct cert *cert = pki_first_cert(&stored->pki);
    if (!told || !cert || strcmp(told->serial, cert->serial) == 0)
        return;
    char until[16];
    clock_date(cert->not_after, until);
    char *expected = xformat("serial number %s, to %s", cert->serial, until);
    char *found = xformat("serial number %s, to %s", told->serial, told->ends);
    differ(c, there, expected, found);
    free(expected);
    free(found);
}

/* A file in use, under the name that it has on the server. */
static void compare_content(struct comparing *c, const struct speaker *speaker, const char *there,
                            const char *here)
{
    const struct store_file *fetched = speaker_file(speaker, there);
    const struct store_file *stored = scan_find(&c->facts->scan, here);
    if (!fetched && stored)
        compare_told(c, speaker, there, stored);
    if (!fetched || !stored || !pki_cert_count(&stored->pki) ||
        !strings_add_new(&c->files, there) || same_content(fetched, stored))
        return;
    char *expected = content_words(&stored->pki), *found = content_words(&fetched->pki);
    differ(c, there, expected, found);
    free(expected);
    free(found);
}

struct seat {
    const struct deployment *deployment;
    const struct service *service;
};

static bool look(void *context, const char *path, struct strings *out)
{
    const struct seat *seat = context;
    return service_value(seat->deployment, seat->service, path, out) || text_starts(path, "state.");
}

/* What stands before the colon, as that service's server prints it; free it. */
static char *label_of(const struct comparing *c, const struct service *service, const char *line)
{
    struct seat seat = {&c->facts->deployment, service};
    char *begin = xstrdup(line + strspn(line, " ["));
    struct str text = {0};
    bool good = template_expand(begin, look, &seat, &text, NULL);
    const char *words = good ? str_text(&text) : begin;
    const char *gap = strstr(words, "  "); /* a display may do without colons */
    size_t length = strcspn(words, ":");
    if (gap && (size_t)(gap - words) < length)
        length = (size_t)(gap - words);
    while (length && words[length - 1] == ' ')
        length--;
    char *label = xstrndup(words, length);
    str_free(&text);
    free(begin);
    return label;
}

/* A part of an answer that is shown as a whole: listen.interface beside listen. */
static bool is_part(const struct shown *shown, const char *path)
{
    char *whole = xstrndup(path, strcspn(path, "."));
    bool part =
        strchr(path, '.') && component_ask(shown->component, whole) && shown_value(shown, whole);
    free(whole);
    return part;
}

/* adopt gave it a name of its own, because another server's has that one. */
static bool is_renamed(const struct comparing *c, const char *here, const char *there)
{
    size_t length = strlen(c->server);
    return strncmp(here, c->server, length) == 0 && here[length] == '-' && text_ends(here, there) &&
           here[strlen(here) - strlen(there) - 1] == '-';
}

static bool is_own_bundle(const struct comparing *c, const struct service *service,
                          const char *path, const char *found)
{
    char *name = xstrndup(path, strcspn(path, "."));
    const struct slot *slot = component_slot(service->component, name);
    const struct identity *identity =
        slot ? service_identity(&c->facts->deployment, service, slot) : NULL;
    free(name);
    return identity && text_ends(path, ".bundle") && found &&
           (strcmp(identity->bundle_file, found) == 0 ||
            is_renamed(c, identity->bundle_file, found));
}

/* The file that is named for a trust, although nobody is here whom it accepts; NULL: none. */
static const char *trust_written(const struct service *service, const char *path)
{
    char *option = xformat("%s-file", path);
    const struct strings *file =
        component_trust(service->component, path) ? service_option(service, option) : NULL;
    free(option);
    return file && file->count ? file->items[0] : NULL;
}

/* One hole of a line: the deployment's value beside the server's. */
static void compare_hole(struct comparing *c, const struct service *service,
                         const struct speaker *speaker, const struct shown *shown, const char *line,
                         const char *path)
{
    struct strings values = {0};
    const char *found = shown_value(shown, path);
    if (strcmp(path, "tag") == 0 || text_starts(path, "state.") || is_part(shown, path) ||
        !service_value(&c->facts->deployment, service, path, &values)) {
        strings_free(&values);
        return;
    }
    char *expected = strings_join(&values, " ");
    if (!*expected && trust_written(service, path)) {
        free(expected);
        expected = xstrdup(trust_written(service, path));
    }
    if (!*expected && is_own_bundle(c, service, path, found)) {
        /* Its bundle is named, and was never fetched. */
        free(expected);
        expected = xstrdup(found); /* under whatever name it is here */
    }
    bool none = !*expected || strcmp(expected, "none") == 0;
    bool is_file = name_is_pki(expected);
    if (!found)
        found = "";
    bool other = none ? *found : strcmp(expected, found) != 0;
    if (other && is_file) {
        const struct store_file *there = speaker_file(speaker, found);
        const struct store_file *here = scan_find(&c->facts->scan, expected);
        other = !is_renamed(c, expected, found) && !(there && here && same_content(there, here));
    }
    if (other) {
        char *label = label_of(c, service, line);
        differ(c, *label ? label : path, none ? "none" : expected, *found ? found : "none");
        free(label);
    } else if (is_file && *found) {
        compare_content(c, speaker, found, expected);
    }
    free(expected);
    strings_free(&values);
}

static void compare_line(struct comparing *c, const struct service *service,
                         const struct speaker *speaker, const struct shown *shown, const char *line)
{
    for (const char *at = strchr(line, '{'); at; at = strchr(at + 1, '{')) {
        char *path = xstrndup(at + 1, strcspn(at + 1, "}"));
        if (!strchr(path, '?'))
            compare_hole(c, service, speaker, shown, line, path);
        free(path);
    }
}

static void compare_service(struct comparing *c, const struct service *service,
                            const struct speaker *speaker, const struct shown *shown)
{
    const struct component *component = service->component;
    struct strings displays = {0};
    component_displays(component, c->facts->deployment.release, &displays);
    if (shown_stopped(shown))
        differ(c, "Enabled", "true", "false");
    for (size_t i = 0; i < displays.count; i++) {
        struct strings lines = {0};
        component_status(component, displays.items[i], c->facts->deployment.release, &lines);
        for (size_t k = 0; k < lines.count && !strings_has(&speaker->missing, displays.items[i]);
             k++)
            compare_line(c, service, speaker, shown, lines.items[k]);
        strings_free(&lines);
    }
    strings_free(&displays);
}

/* It has a name of its own, or is the one of its kind. */
static const struct shown *shown_of(const struct speaker *speaker, const struct service *service)
{
    for (size_t i = 0; i < speaker->shown_count; i++) {
        const struct shown *shown = &speaker->shown[i];
        if (shown->component == service->component &&
            (!*shown->tag || strcmp(shown->name, service->name) == 0))
            return shown;
    }
    return NULL;
}

static bool was_asked(const struct comparing *c, const struct speaker *speaker,
                      const struct component *component)
{
    struct strings displays = {0};
    bool asked = false;
    component_displays(component, c->facts->deployment.release, &displays);
    for (size_t i = 0; i < displays.count; i++)
        asked = asked || !strings_has(&speaker->missing, displays.items[i]);
    if (!asked && displays.count)
        differ(c, displays.items[0], "its display", "nobody typed it");
    strings_free(&displays);
    return asked;
}

/* What is in use there and nowhere in deployment.conf. */
static void find_strangers(struct comparing *c, const struct speaker *speaker,
                           const struct server *server)
{
    for (size_t i = 0; i < speaker->shown_count; i++) {
        bool known = false;
        for (size_t k = 0; k < server->service_count; k++)
            known = known || shown_of(speaker, &server->services[k]) == &speaker->shown[i];
        c->service = speaker->shown[i].name;
        if (!known)
            differ(c, "service", "none", speaker->shown[i].component->title);
    }
}

static const struct speaker *speaker_of(const struct adopting *work, const struct server *server)
{
    for (size_t i = 0; i < work->speaker_count; i++) {
        const struct speaker *speaker = &work->speakers[i];
        if (strcasecmp(speaker->name, server->name) == 0 ||
            strcasecmp(speaker->prompt, server->address) == 0 ||
            strcasecmp(speaker->prompt, server->name) == 0)
            return speaker;
    }
    return NULL;
}

static void compare_server(struct comparing *c, const struct speaker *speaker,
                           const struct server *server)
{
    for (size_t i = 0; i < server->service_count; i++) {
        const struct service *service = &server->services[i];
        const struct shown *shown = shown_of(speaker, service);
        c->service = service->name;
        if (!release_in(&service->component->release, c->facts->deployment.release))
            continue;
        if (shown)
            compare_service(c, service, speaker, shown);
        else if (was_asked(c, speaker, service->component))
            differ(c, "service", service->component->title, "none");
    }
    find_strangers(c, speaker, server);
}

void op_adopt_compare(const struct facts *facts, const struct adopt *read,
                      struct adopt_differences *out)
{
    const struct adopting *work = read->work;
    const struct deployment *d = &facts->deployment;
    *out = (struct adopt_differences){0};
    struct comparing c = {.facts = facts, .out = out};
    bool *known = xcalloc(work->speaker_count, sizeof *known);
    for (size_t i = 0; i < d->server_count; i++) {
        const struct speaker *speaker = speaker_of(work, &d->servers[i]);
        c.server = d->servers[i].name;
        c.service = "";
        if (speaker) {
            known[speaker - work->speakers] = true;
            compare_server(&c, speaker, &d->servers[i]);
        } else {
            differ(&c, "log", "what it says", "none");
        }
        strings_free(&c.files);
    }
    for (size_t i = 0; i < work->speaker_count; i++) {
        c.server = work->speakers[i].name;
        c.service = "";
        if (!known[i])
            differ(&c, "server", "none", work->speakers[i].prompt);
    }
    free(known);
}
