#include "base/mem.h"
#include "plan/book.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

/* What is typed there; what is done by hand may be more lines. */
static const char *step_line(const struct step *step)
{
    return *step->command ? step->command : step->typed->count ? step->typed->items[0] : "by hand";
}

/* The outages of one kind of service. */
struct kind_outage {
    size_t restarts, stops, longest; /* longest: lines of a stop */
    size_t at_once;
    bool for_good;
    struct strings servers, steps;
};

static int end_of(const struct plan *plan, const struct outage *outage)
{
    return outage->to ? outage->to->number : plan->steps[plan->count - 1].number;
}

/* One kind's outages, in the order in which they end. */
struct ending {
    int at;
    const struct service *service;
};

static int compare_endings(const void *a, const void *b)
{
    const struct ending *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Those of the kind that are out, at one moment after the other; several of one service are one. */
struct moments {
    struct ending *endings;
    size_t count, passed;
    size_t out, *of_service;
};

static void moments_make(const struct plan *plan, const struct outages *outages,
                         const struct component *component, struct moments *moments)
{
    size_t services = 0;
    *moments = (struct moments){.endings = xcalloc(outages->count, sizeof(struct ending))};
    for (size_t i = 0; i < outages->count; i++) {
        const struct outage *outage = &outages->items[i];
        if (outage->service->component != component)
            continue;
        moments->endings[moments->count++] = (struct ending){end_of(plan, outage), outage->service};
        if (outage->service->index >= services)
            services = outage->service->index + 1;
    }
    if (moments->count)
        qsort(moments->endings, moments->count, sizeof *moments->endings, compare_endings);
    moments->of_service = xcalloc(services + 1, sizeof *moments->of_service);
}

static void moments_free(struct moments *moments)
{
    free(moments->endings);
    free(moments->of_service);
}

/* How many of the kind are out when that one, the next, begins to be. */
static size_t out_with(struct moments *moments, const struct outage *outage)
{
    size_t *mine = &moments->of_service[outage->service->index];
    moments->out++;
    ++*mine;
    for (; moments->passed < moments->count &&
           moments->endings[moments->passed].at <= outage->from->number;
         moments->passed++) {
        moments->out--;
        moments->of_service[moments->endings[moments->passed].service->index]--;
    }
    return 1 + moments->out - *mine;
}

static void gather(const struct plan *plan, const struct outages *outages,
                   const struct component *component, struct kind_outage *out)
{
    struct moments moments;
    const struct server *last = NULL;
    moments_make(plan, outages, component, &moments);
    for (size_t i = 0; moments.count && i < outages->count; i++) {
        const struct outage *outage = &outages->items[i];
        if (outage->service->component != component)
            continue;
        bool restart = outage->from == outage->to;
        out->restarts += restart;
        out->stops += !restart;
        out->for_good |= !outage->to;
        if (!restart && outage->lines > out->longest)
            out->longest = outage->lines;
        size_t at_once = out_with(&moments, outage);
        if (at_once > out->at_once)
            out->at_once = at_once;
        if (outage->service->server != last)
            strings_add_new(&out->servers, outage->service->server->name);
        last = outage->service->server;
        strings_add_take(&out->steps,
                         restart ? xformat("%d", outage->from->number)
                                 : xformat("%d to %d", outage->from->number, end_of(plan, outage)));
    }
    moments_free(&moments);
}

static void say_count(struct str *text, size_t restarts, size_t stops, size_t lines)
{
    if (restarts == 1)
        str_add(text, " 1 restart.");
    else if (restarts)
        str_addf(text, " %zu restarts.", restarts);
    if (stops == 1)
        str_addf(text, " 1 stop, for as long as it takes to type %zu lines.", lines);
    else if (stops)
        str_addf(text, " %zu stops, each for as long as it takes to type %zu lines at most.", stops,
                 lines);
}

static void say_company(struct str *text, size_t at_once, size_t all)
{
    if (all == 1)
        str_add(text, " There is no other: nobody has it meanwhile.");
    else if (at_once == all)
        str_addf(text, " All %zu are out at once: nobody has it meanwhile.", all);
    else
        str_addf(text, " Of %zu never more than %zu %s out at once.", all, at_once,
                 at_once == 1 ? "is" : "are");
}

static void kind_item(const struct book *book, const struct outages *outages,
                      const struct component *component)
{
    struct kind_outage kind = {0};
    gather(book->plan, outages, component, &kind);
    if (kind.restarts + kind.stops) {
        struct str text = {0};
        char *servers = book_some(&kind.servers, ", "), *steps = book_some(&kind.steps, ", ");
        say_count(&text, kind.restarts, kind.stops, kind.longest);
        if (kind.for_good)
            str_add(&text, " It is not started again.");
        say_company(&text, kind.at_once,
                    deployment_kind(&book->facts->deployment, component)->count);
        page_item(book->out, "%s on %s (%s %s):%s%s%s", component->title, servers,
                  kind.steps.count == 1 && kind.restarts ? "step" : "steps", steps, str_text(&text),
                  *component->outage ? " " : "", component->outage);
        free(servers);
        free(steps);
        str_free(&text);
    }
    strings_free(&kind.servers);
    strings_free(&kind.steps);
}

/* From the first thing that anybody notices to the last. */
static void whole_item(const struct book *book, const struct outages *outages)
{
    const struct plan *plan = book->plan;
    int from = outages->items[0].from->number, to = 0;
    size_t lines = 0, by_hand = 0, servers = 0;
    const struct deployment *deployment = &book->facts->deployment;
    bool *met = xcalloc(deployment->server_count + 1, sizeof *met);
    for (size_t i = 0; i < outages->count; i++)
        if (end_of(plan, &outages->items[i]) > to)
            to = end_of(plan, &outages->items[i]);
    for (size_t i = (size_t)from - 1; i < (size_t)to; i++) {
        const struct step *step = &plan->steps[i];
        lines += *step->command ? 1 : step->typed->count;
        by_hand += *step->manual != '\0';
        bool *here = &met[book_server(book, step->server) - deployment->servers];
        servers += !*here;
        *here = true;
    }
    page_text(book->out,
              "%s What people notice "
              "begins with step %d and is over with step %d: %zu %s to type on %zu %s%s. Some "
              "services stop in turn meanwhile, as told here; section 1 has them one by one.",
              book->plan->renewal
                  ? "Uploads and checks disturb nobody, and belong to their turns: do none ahead."
                  : "Uploads and checks disturb nobody, so do them ahead if you like.",
              from, to, lines, lines == 1 ? "line" : "lines", servers,
              servers == 1 ? "server" : "servers", by_hand ? ", some of them by hand" : "");
    free(met);
}

void book_outage(const struct book *book)
{
    const struct catalogue *catalogue = book->facts->catalogue;
    struct outages outages;
    plan_outages(book->plan, &outages);
    page_title(book->out, 2, "What stops, and for how long");
    if (outages.count)
        whole_item(book, &outages);
    else
        page_text(book->out, "Nothing that serves already is stopped: no step disturbs anybody.");
    for (size_t i = 0; outages.count && i < catalogue->count; i++)
        kind_item(book, &outages, &catalogue->components[i]);
    if (outages.count)
        str_add_char(book->out, '\n');
    free(outages.items);
}

static void one_outage(const struct book *book, const struct outage *outage)
{
    const struct service *service = outage->service;
    const char *server = service->server->name, *title = service->component->title;
    const char *stop = step_line(outage->from);
    if (outage->from == outage->to)
        page_item(book->out,
                  "%s: %s restarts at step %d (`%s`). What runs through it is dropped, and it is "
                  "back as soon as it has started.",
                  server, title, outage->from->number, stop);
    else if (!outage->to)
        page_item(book->out, "%s: %s stops at step %d (`%s`) and is not started again.", server,
                  title, outage->from->number, stop);
    else
        page_item(book->out,
                  "%s: %s is out from step %d (`%s`) to step %d (`%s`), for as long as it takes to "
                  "type %zu lines.",
                  server, title, outage->from->number, stop, outage->to->number,
                  step_line(outage->to), outage->lines);
}

void book_window(const struct book *book)
{
    struct outages outages;
    plan_outages(book->plan, &outages);
    page_title(book->out, 3, "Time window");
    page_text(book->out, outages.count
                             ? "These steps people notice, in their order:"
                             : "Nothing that serves already is stopped: no step disturbs anybody.");
    for (size_t i = 0; i < outages.count; i++) {
        one_outage(book, &outages.items[i]);
        stream_pass(book->stream);
    }
    free(outages.items);
    str_add_char(book->out, '\n');
    bool any = false;
    struct strings told = {0};
    for (size_t i = 0; i < book->count; i++) {
        const struct component *component = book->services[i].service->component;
        if (!*component->notes || !strings_add_new(&told, component->kind))
            continue;
        if (!any)
            page_text(book->out, "Worth knowing:");
        any = true;
        page_item(book->out, "%s: %s", component->title, component->notes);
    }
    strings_free(&told);
    if (any)
        str_add_char(book->out, '\n');
}
