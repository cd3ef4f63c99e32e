/* What goes to the CA: each request as a file and as PEM to copy; or a CA made here signs. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static const char lab_ca[] = "labca";

static char *csr_path(const struct flow *flow, const char *name)
{
    char *file = xformat("%s.csr", name);
    char *path = path_join(flow->facts->store_path, file);
    free(file);
    return path;
}

/* How its CA takes the request. WebServer, the guide's template (3.3), allows server usage alone.
 */
static void add_advice(const struct identity *identity, struct row *row)
{
    struct strings eku = {0};
    identity_eku(identity, &eku);
    bool both = strings_has(&eku, "clientAuth");
    strings_free(&eku);
    if (strcmp(identity->signer, "public") == 0)
        row_detail(row, "Enter shows it as PEM, to paste into the CA's page. Ask for %s.",
                   both ? "server and client usage" : "a certificate for a server");
    else if (both && !*identity->template_name)
        row_detail(row, "Enter shows it as PEM. Active Directory: certreq -submit with a template\n"
                        "that allows both server and client usage; WebServer does not. Guide 3.3");
    else
        row_detail(row,
                   "Enter shows it as PEM. Active Directory: certreq -submit -attrib\n"
                   "\"CertificateTemplate:%s\" %s.csr   (guide 3.3)",
                   *identity->template_name ? identity->template_name : "WebServer",
                   identity->name);
}

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_LIST;
    page->title = xstrdup("Requests for the CA");
    page_line(&page->intro,
              "Send each request to its CA; what comes back is taken in on the next page.");
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        if (!lifecycle_is_awaited(flow->facts, identity))
            continue;
        char *path = csr_path(flow, identity->name);
        struct row *row =
            page_row(page, identity->name, LEVEL_NONE, "", "%-14s %-12s %s", identity->name,
                     strcmp(identity->signer, "public") == 0 ? "public CA" : "internal CA", path);
        row->can_open = true;
        free(row->file);
        row->file = xformat("%s.csr", identity->name);
        add_advice(identity, row);
        free(path);
    }
    page_line(&page->why, "The requests hold names and public keys only: they may go by mail.");
    struct action *action = page_add_action(page, "lab", 7, 0, "Sign here");
    action->confirm = xstrdup("Let a CA made here sign these, for a lab");
    page->next = xstrdup("Sent");
}

static struct way sign_here(struct flow *flow, struct error *err)
{
    struct sign_options options = {.ca = lab_ca, .make_ca = true};
    struct made_list made = {0};
    bool good = flow_may_write(flow, err) && op_sign(flow->facts, &options, NULL, &made, NULL, err);
    size_t count = made.count;
    made_free(&made);
    if (!good || !flow_gather(flow, err))
        return way_go(GO_REFUSED);
    flow_say(flow, LEVEL_OK,
             "Signed by %s (%zu). Browsers and phones do not know that CA: for a lab.", lab_ca,
             count);
    return way_go(GO_NEXT);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count) {
        char *id = xformat("request:%s", page->rows[event->row].id);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    if (event->kind == EVENT_ACTION && strcmp(event->id, "lab") == 0)
        return sign_here(flow, err);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_requests = {"requests", build, take};

static void build_request(struct flow *flow, struct page *page)
{
    page->kind = PAGE_TEXT;
    const char *name = flow_page_part(flow);
    page->title = xformat("Request %s", name);
    char *path = csr_path(flow, name);
    struct buffer buffer = {0};
    struct error err = {0};
    if (file_read(path, &buffer, &err)) {
        page_line(&page->intro, "%s", path);
        page_lines(&page->text, (const char *)buffer.data);
        page->clipboard = xstrdup((const char *)buffer.data);
        page_line(&page->why, "The same text is in the file named above: take either.");
    } else {
        page_line(&page->text, "%s: %s", err.place, err.message);
    }
    buffer_free(&buffer);
    free(path);
    page->next = xstrdup("Back");
}

static struct way take_request(struct flow *flow, const struct page *page,
                               const struct event *event, struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_request = {"request", build_request, take_request};
