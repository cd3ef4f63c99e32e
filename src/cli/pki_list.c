#include "base/json.h"
#include "cli/pki.h"

#include <stdlib.h>
#include <string.h>

/* `pki list` and `pki` alone: the files there are, and the services that use them. */

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_text(text) : json_null();
}

static json_t *list_row(const struct store_file *file)
{
    const struct pki_file *pki = &file->pki;
    const struct cert *cert = pki_first_cert(pki);
    const struct csr *csr = pki_first_csr(pki);
    bool is_plain = pki->kind == PKI_UNKNOWN || pki->kind == PKI_SSH_PUBLIC_KEY;
    json_t *row = json_object();
    json_put(row, "file", json_text(file->name));
    json_put(row, "kind", json_text(pki_kind_word(pki->kind)));
    json_put(row, "encoding", is_plain ? json_null() : json_text(pki->pem ? "PEM" : "DER"));
    json_put(row, "subject", text_or_null(cert ? cert->subject : csr ? csr->subject : NULL));
    json_put(row, "not_after", cert ? json_time(cert->not_after) : json_null());
    return row;
}

static void list_json(struct scan_walk *walk)
{
    struct json_rows rows = {.stream = stdout};
    for (const struct store_file *file; (file = scan_next(walk));)
        json_rows_add(&rows, list_row(file));
    json_rows_end(&rows);
}

/* SSH keys stand behind all others, under a title of their own. */
static void list_text(const struct cli *cli, struct scan_walk *walk)
{
    struct strings ssh = {0};
    pki_say(cli, WORD_LIST_HEAD, NULL, NULL, NULL);
    for (const struct store_file *file; (file = scan_next(walk));) {
        if (file->pki.kind == PKI_SSH_PUBLIC_KEY)
            strings_add(&ssh, file->name);
        else
            cli_say(cli, "%s", file->name);
    }
    if (ssh.count)
        pki_say(cli, WORD_LIST_SSH_HEAD, NULL, NULL, NULL);
    for (size_t i = 0; i < ssh.count; i++)
        cli_say(cli, "%s", ssh.items[i]);
    strings_free(&ssh);
}

int pki_list(const struct cli *cli)
{
    char *path = NULL;
    struct scan_walk walk = {0};
    struct error err = {0};
    bool good = cli_store_path(cli, &path, &err) && scan_open(path, PKI_NAMES, &walk, &err);
    if (good) {
        if (cli->json)
            list_json(&walk);
        else
            list_text(cli, &walk);
        scan_close(&walk);
    }
    free(path);
    return good ? STATUS_OK : cli_fail(&err);
}

/* What a slot of a service uses. */
struct use {
    const char *key, *certificate, *bundle; /* "" none */
    struct strings trust, missing;
};

static const char *use_file(const struct facts *facts, struct use *use, bool takes,
                            const char *name)
{
    if (!takes)
        return "";
    if (!scan_find(&facts->scan, name))
        strings_add_new(&use->missing, name);
    return name;
}

static void use_slot(const struct facts *facts, const struct slot *slot,
                     const struct identity *identity, struct use *use)
{
    bool whole = strings_has(&slot->takes, "fullchain");
    bool has_bundle =
        strings_has(&slot->takes, "bundle") &&
        (strcmp(identity->signer, "self") != 0 || scan_find(&facts->scan, identity->bundle_file));
    use->key = use_file(facts, use, strings_has(&slot->takes, "key"), identity->key_file);
    use->certificate = use_file(facts, use, whole || strings_has(&slot->takes, "certificate"),
                                whole ? identity->fullchain_file : identity->certificate_file);
    use->bundle = use_file(facts, use, has_bundle, identity->bundle_file);
}

static void use_trusts(const struct facts *facts, const struct service *service, struct use *use)
{
    for (size_t i = 0; i < facts->trusts.count; i++) {
        const struct trust *trust = &facts->trusts.items[i];
        if (trust->reader != service)
            continue;
        strings_add_new(&use->trust, use_file(facts, use, true, trust->file));
    }
}

static void show_use(const struct cli *cli, json_t *rows, const struct service *service,
                     const struct slot *slot, const struct use *use)
{
    if (cli->json) {
        json_t *row = json_object();
        json_put(row, "server", json_text(service->server->name));
        json_put(row, "service", json_text(service->name));
        json_put(row, "slot", text_or_null(slot ? slot->name : NULL));
        json_put(row, "key", text_or_null(use->key));
        json_put(row, "certificate", text_or_null(use->certificate));
        json_put(row, "bundle", text_or_null(use->bundle));
        json_put(row, "trust", json_strings(&use->trust));
        json_put(row, "missing", json_strings(&use->missing));
        json_array_append_new(rows, row);
        return;
    }
    bool several = slot && service->component->slot_count > 1;
    cli_say(cli, "%s %s%s%s", service->server->name, service->name, several ? " " : "",
            several ? slot->name : "");
    const struct {
        const char *label, *value;
    } lines[] = {{"key", use->key}, {"certificate", use->certificate}, {"bundle", use->bundle}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].value && *lines[i].value)
            cli_say(cli, "  %-12s: %s", lines[i].label, lines[i].value);
    for (size_t i = 0; i < use->trust.count; i++)
        cli_say(cli, "  %-12s: %s", "trust", use->trust.items[i]);
    for (size_t i = 0; i < use->missing.count; i++)
        cli_say(cli, "  %-12s: %s", "missing", use->missing.items[i]);
}

/* A row a slot; the service's trusts stand with its first one. Returns the number of rows. */
static size_t show_service(const struct cli *cli, json_t *rows, const struct facts *facts,
                           const struct service *service)
{
    const struct component *component = service->component;
    size_t count = 0;
    for (size_t i = 0; i <= component->slot_count; i++) {
        const struct slot *slot = i < component->slot_count ? &component->slots[i] : NULL;
        const struct identity *identity =
            slot ? service_identity(&facts->deployment, service, slot) : NULL;
        bool used = slot && identity && slot_used(&facts->deployment, service, slot);
        if (slot ? !used : count > 0)
            continue; /* the last round is for a service with trusts alone */
        struct use use = {0};
        if (slot)
            use_slot(facts, slot, identity, &use);
        if (count == 0)
            use_trusts(facts, service, &use);
        if (slot || use.trust.count) {
            show_use(cli, rows, service, slot, &use);
            count++;
        }
        strings_free(&use.trust);
        strings_free(&use.missing);
    }
    return count;
}

int pki_services(const struct cli *cli)
{
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status != STATUS_OK)
        return status;
    json_t *rows = json_array();
    size_t count = 0;
    for (size_t i = 0; i < facts->deployment.server_count; i++) {
        const struct server *server = &facts->deployment.servers[i];
        for (size_t j = 0; j < server->service_count; j++)
            count += show_service(cli, rows, facts, &server->services[j]);
    }
    if (cli->json)
        json_print(rows, stdout);
    else
        json_decref(rows);
    if (count == 0)
        pki_say(cli, WORD_USAGE_NONE, NULL, NULL, NULL);
    facts_free(facts);
    catalogue_free(&catalogue);
    return STATUS_OK;
}
