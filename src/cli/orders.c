/* certwright orders: sheets for whoever signs the requests. */
#include "ops/orders.h"

#include "base/json.h"
#include "cli/cli.h"
#include "cli/made.h"

#include <stdlib.h>
#include <string.h>

static json_t *order_json(const struct order *order)
{
    json_t *object = json_object();
    struct str key = {0};
    char *sheet = order_file(order->identity);
    const char *template = order_template(order->identity, order->csr);
    order_key(order->csr, &key);
    json_put(object, "identity", json_text(order->identity->name));
    json_put(object, "signer", json_text(order->identity->signer));
    json_put(object, "sheet", json_text(sheet));
    json_put(object, "request", json_text(order->request));
    json_put(
        object, "template",
        json_text(strcmp(order->identity->signer, "public") == 0 || !template ? "" : template));
    json_put(object, "subject", json_text(order->csr->subject));
    json_put(object, "subject_alt_names", json_strings(&order->csr->sans));
    json_put(object, "key_usage", json_strings(&order->csr->ku));
    json_put(object, "extended_key_usage", json_strings(&order->csr->eku));
    json_put(object, "public_key_sha256", json_text(str_text(&key)));
    str_free(&key);
    free(sheet);
    return object;
}

static void print_json(const struct orders *orders)
{
    json_t *document = json_object(), *sheets = json_array(), *covers = json_array();
    json_t *held = json_array();
    for (size_t i = 0; i < orders->count; i++)
        json_array_append_new(sheets, order_json(&orders->items[i]));
    for (size_t i = 0; i < orders->cover_count; i++) {
        json_t *object = json_object();
        char *sheet = order_cover_file(&orders->covers[i]);
        json_put(object, "signer", json_text(orders->covers[i].signer));
        json_put(object, "sheet", json_text(sheet));
        json_put(object, "identities", json_strings(&orders->covers[i].identities));
        json_array_append_new(covers, object);
        free(sheet);
    }
    for (size_t i = 0; i < orders->held_count; i++) {
        json_t *object = json_object();
        json_put(object, "identity", json_text(orders->held[i].identity));
        json_put(object, "why", json_text(orders->held[i].why));
        json_put(object, "remedy", json_text(orders->held[i].remedy));
        json_array_append_new(held, object);
    }
    json_put(document, "orders", sheets);
    json_put(document, "covers", covers);
    json_put(document, "held", held);
    json_print(document, stdout);
}

static void print_text(const struct cli *cli, const struct orders *orders,
                       const struct strings *removed, const char *out)
{
    for (size_t i = 0; i < orders->cover_count; i++) {
        const struct order_cover *cover = &orders->covers[i];
        char *file = order_cover_file(cover), *list = strings_join(&cover->identities, ".txt, ");
        const char *to = strcmp(cover->signer, "public") == 0 ? "the public CA" : "the internal CA";
        cli_say(cli, "To %s: %s/%s, and with it %s.txt", to, out, file, list);
        free(list);
        free(file);
    }
    for (size_t i = 0; i < removed->count; i++)
        cli_say(cli, "Removed %s/%s: nobody has to answer it any more", out, removed->items[i]);
    if (!orders->count && !orders->held_count)
        cli_say(cli, "No request is open: there is nothing to order.");
}

/* What cannot go out is told after what can. */
static int print_held(const struct orders *orders)
{
    struct error err;
    int status = STATUS_OK;
    for (size_t i = 0; i < orders->held_count; i++) {
        const struct order_held *held = &orders->held[i];
        error_set(&err, STATUS_NO, held->identity, held->remedy, "no sheet is written: %s",
                  held->why);
        status = cli_fail(&err);
    }
    return status;
}

static int run_orders(const struct cli *cli)
{
    struct catalogue catalogue;
    struct facts *facts;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    const char *given = cli_value(cli, "out"), *out = given ? given : "orders";
    struct strings names = {0}, removed = {0};
    struct orders orders;
    struct error err = {0};
    cli_names(cli, &names);
    if (op_orders(facts, &names, &orders, &err) && op_orders_write(&orders, out, &removed, &err)) {
        if (cli->json)
            print_json(&orders);
        else
            print_text(cli, &orders, &removed, out);
        status = print_held(&orders);
    } else {
        status = cli_fail(&err);
    }
    orders_free(&orders);
    strings_free(&removed);
    strings_free(&names);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option options[] = {{"out", true}, {NULL, false}};

const struct cli_command command_orders = {
    .name = "orders",
    .takes = CLI_JSON,
    .run = run_orders,
    .options = options,
    .usage = "orders [--out DIR] [IDENTITY...]",
    .summary = "order sheets for whoever signs the requests",
    .help =
        "Writes orders/IDENTITY.txt for each request that nobody has answered: template or\n"
        "product, names, usages, the key's fingerprint, the form of the answer and its name,\n"
        "and the request itself. orders/cover.SIGNER.txt lists what one CA gets, for one mail.\n"
        "Sheets of requests that are answered are removed, unless an IDENTITY is named.\n"
        "A request that says something else than deployment.conf gets none, and exit 1.",
};
