#include "cli/ground.h"

#include "cli/pki.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void ground_free(struct ground *ground)
{
    facts_free(ground->facts);
    if (ground->loaded)
        deployment_free(&ground->deployment);
    catalogue_free(&ground->catalogue);
    free(ground->store);
    secret_free(&ground->password);
}

/* The usual one may lack; one that was named is meant. */
static bool has_deployment(const struct cli *cli)
{
    return strcmp(cli->config, "deployment.conf") != 0 || access(cli->config, F_OK) == 0;
}

static bool load_deployment(const struct cli *cli, struct ground *ground, struct error *err)
{
    ground->loaded = catalogue_load(cli->catalogue_folder, &ground->catalogue, err) &&
                     deployment_load(cli->config, &ground->catalogue, &ground->deployment, err);
    return ground->loaded;
}

bool ground_find(const struct cli *cli, bool asks_conf, struct ground *ground, struct error *err)
{
    const char *password_file = cli_value(cli, "password-file");
    if (password_file && !secret_read(password_file, &ground->password, err))
        return false;
    bool names_store = cli->arg_count == 1; /* list */
    for (size_t i = 1; i < cli->arg_count; i++)
        names_store = names_store || !strchr(cli->args[i], '/');
    bool asks = asks_conf || (names_store && !cli->store);
    if (asks && has_deployment(cli) && !load_deployment(cli, ground, err))
        return false;
    ground->store = cli_store_of(cli, ground->loaded ? &ground->deployment : NULL);
    return true;
}

bool pki_store_path(const struct cli *cli, char **out, struct error *err)
{
    struct ground ground = {0};
    bool good = cli->store || !has_deployment(cli) || load_deployment(cli, &ground, err);
    *out = good ? cli_store_of(cli, ground.loaded ? &ground.deployment : NULL) : NULL;
    ground_free(&ground);
    return good;
}

void pki_say_notes(const struct cli *cli, const struct notes *notes)
{
    for (size_t i = 0; i < notes->count && !cli->quiet; i++)
        cli_fail(&notes->items[i]);
}
