#include "base/mem.h"
#include "plan/book.h"
#include "plan/change.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

const struct server *book_server(const struct book *book, const char *name)
{
    return deployment_server(&book->facts->deployment, name);
}

const struct plan_server *book_plan_server(const struct book *book, const char *name)
{
    const struct server *server = book_server(book, name);
    return server ? book->servers[server - book->facts->deployment.servers] : NULL;
}

char *book_url_address(const struct server *server)
{
    if (strchr(server->address, ':') && server->address[0] != '[')
        return xformat("[%s]", server->address);
    return xstrdup(server->address);
}

char *book_some(const struct strings *list, const char *between)
{
    enum { SHOWN = 8 };
    struct str text = {0};
    size_t shown = list->count > SHOWN + 1 ? SHOWN : list->count;
    for (size_t i = 0; i < shown; i++)
        str_addf(&text, "%s%s", i ? between : "", list->items[i]);
    if (shown < list->count)
        str_addf(&text, " and %zu more", list->count - shown);
    return str_take(&text);
}

static const struct service *management_of(const struct server *server)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i].component->management)
            return &server->services[i];
    return NULL;
}

char *book_management_url(const struct book *book, const struct server *server,
                          const struct service **found)
{
    const struct deployment *deployment = &book->facts->deployment;
    *found = server ? management_of(server) : NULL;
    for (size_t i = 0; !*found && i < deployment->server_count; i++)
        *found = management_of(&deployment->servers[i]);
    if (!*found)
        return NULL;
    struct strings port = {0};
    if (!service_value(deployment, *found, "listen.port", &port) || !port.count)
        strings_add(&port, "443");
    char *address = book_url_address((*found)->server);
    char *url = strcmp(port.items[0], "443") == 0
                    ? xformat("https://%s", address)
                    : xformat("https://%s:%s", address, port.items[0]);
    free(address);
    strings_free(&port);
    return url;
}

/* Of a service's whole procedure, whatever the plan has of it, the lines that no step shows. */
static void add_service(struct book *book, const struct service *service)
{
    struct arena texts = {0};
    struct strings base = {0};
    struct procedure procedure;
    const char *shows = NULL;
    bool merged = merge_service(book->facts, service, &texts, &procedure, NULL);
    for (size_t i = 0; merged && i < procedure.count; i++) {
        const struct line *line = &procedure.lines[i];
        if (line->stage == STAGE_BASE)
            strings_add(&base, line->text);
        if (line->stage == STAGE_DISPLAY && !shows)
            shows = arena_text(&book->texts, line->text);
    }
    if (merged) { /* the plan was made of it: merging cannot fail */
        book->services = grow(book->services, book->count, sizeof *book->services);
        book->services[book->count++] =
            (struct book_service){service, arena_strings(&book->texts, &base), shows};
        procedure_free(&procedure);
    }
    strings_free(&base);
    arena_free(&texts);
}

static void book_open(struct book *book)
{
    const struct deployment *deployment = &book->facts->deployment;
    size_t services = 0;
    for (size_t i = 0; i < deployment->server_count; i++)
        services += deployment->servers[i].service_count;
    bool *planned = xcalloc(services + 1, sizeof *planned);
    book->servers = xcalloc(deployment->server_count + 1, sizeof(void *));
    for (size_t i = 0; i < book->plan->server_count; i++) {
        const struct server *server = book_server(book, book->plan->servers[i].name);
        book->servers[server - deployment->servers] = &book->plan->servers[i];
    }
    for (size_t i = book->plan->count; i-- > 0;) {
        const struct step *step = &book->plan->steps[i];
        if (step->service)
            planned[step->service->index] = true;
        if (step->api)
            book->first_call = step;
    }
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t k = 0; k < deployment->servers[i].service_count; k++) {
            const struct service *service = &deployment->servers[i].services[k];
            if (planned[service->index])
                add_service(book, service);
        }
    free(planned);
}

static void book_close(struct book *book)
{
    free(book->services);
    free(book->servers);
    arena_free(&book->texts);
}

static void introduction(const struct book *book)
{
    const struct deployment *deployment = &book->facts->deployment;
    size_t servers = book->plan->server_count;
    char *count = xformat("%zu servers", servers);
    char *name = page_quote(deployment->name), *release = page_quote(deployment->release);
    bool renews = book->plan->renewal && book->plan->renewal->held;
    page_title(book->out, 1,
               renews ? "Runbook: renewal of Meeting Server certificates of %s"
                      : "Runbook: Meeting Server certificates of %s",
               name);
    page_text(
        book->out,
        "This %s %s %s (Cisco Meeting Server %s). It has %zu steps. Do "
        "them in the order of their numbers, on the server that is named, and compare each reply "
        "with what stands below the command. Nothing in this folder has been sent anywhere yet.",
        renews ? "puts renewed certificates" : "puts the certificates of",
        renews         ? "in place on"
        : servers == 1 ? "1 server"
                       : count,
        !renews        ? "in place"
        : servers == 1 ? "1 server"
                       : count,
        release, book->plan->count);
    page_text(
        book->out,
        "When a reply is not as written here, stop and read section 2. How to undo everything "
        "is on the last page. You need no knowledge of certificates for this.");
    free(count);
    free(name);
    free(release);
}

void plan_runbook(const struct plan *plan, const struct facts *facts, struct stream *out)
{
    struct book book = {.plan = plan, .facts = facts, .stream = out, .out = &out->text};
    if (!plan->count) {
        page_title(book.out, 1, "Runbook: nothing to do");
        page_text(book.out,
                  "No service of deployment.conf needs anything installed: all are called "
                  "installed, or none names an identity.");
        return;
    }
    book_open(&book);
    introduction(&book);
    if (plan->renewal)
        book_story(&book);
    book_outage(&book);
    book_before(&book);
    book_steps(&book);
    book_after(&book);
    book_close(&book);
}
