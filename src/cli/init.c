/* certwright init: a deployment.conf from a preset. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "model/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct cli_option options[] = {
    {"preset", true},    {"domain", true},       {"cores", true},   {"edges", true},
    {"databases", true}, {"with", true},         {"without", true}, {"force", false},
    {"O", true},         {"OU", true},           {"L", true},       {"ST", true},
    {"C", true},         {"emailAddress", true}, {"release", true}, {NULL, false}};

/* Options that say how many servers of one sort there are; a preset knows some of them. */
static const char *const counted[] = {"cores", "edges", "databases"};
enum { COUNTED = sizeof counted / sizeof *counted };

static bool preset_counts(const struct preset *preset, const char *word)
{
    for (size_t i = 0; i < preset->server_count; i++)
        if (strcmp(preset->servers[i].count, word) == 0)
            return true;
    return false;
}

/* STATUS_OK, or wrong usage that has been told. */
static int read_counts(const struct cli *cli, const struct preset *preset,
                       struct build_count *counts, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < COUNTED; i++) {
        const char *text = cli_value(cli, counted[i]);
        if (!text)
            continue;
        size_t digits = strspn(text, "0123456789");
        long number = digits && digits < 5 && !text[digits] ? atol(text) : 0;
        if (number < 1 || number > PRESET_MOST)
            return cli_usage(cli, "--%s takes a number from 1 to %d, not \"%s\"", counted[i],
                             PRESET_MOST, text);
        if (!preset_counts(preset, counted[i]))
            return cli_usage(cli, "preset %s takes no --%s", preset->name, counted[i]);
        counts[(*count)++] = (struct build_count){counted[i], number};
    }
    return STATUS_OK;
}

static char *known_kinds(const struct catalogue *catalogue)
{
    struct strings kinds = {0};
    for (size_t i = 0; i < catalogue->count; i++)
        strings_add(&kinds, catalogue->components[i].kind);
    char *names = strings_join(&kinds, ", ");
    char *remedy = xformat("known are: %s", names);
    free(names);
    strings_free(&kinds);
    return remedy;
}

/* "a,b" into kinds that the catalogue knows. */
static bool read_kinds(const struct cli *cli, const struct catalogue *catalogue, const char *option,
                       struct strings *out, struct error *err)
{
    char *text = cli_list(cli, option);
    strings_split(out, text, ',');
    free(text);
    for (size_t i = 0; i < out->count; i++) {
        if (catalogue_find(catalogue, out->items[i]))
            continue;
        const char *names[64];
        size_t count = 0;
        for (; count < catalogue->count && count < 64; count++)
            names[count] = catalogue->components[count].kind;
        const char *near = text_nearest(out->items[i], names, count);
        char *remedy = near ? xformat("did you mean \"%s\"?", near) : known_kinds(catalogue);
        char *where = xformat("--%s", option);
        error_set(err, STATUS_NO, where, remedy, "no component is called \"%s\"", out->items[i]);
        free(where);
        free(remedy);
        return false;
    }
    return true;
}

/* A component that is asked for by name has to be one of the release. */
static bool check_kinds(const struct catalogue *catalogue, const struct strings *kinds,
                        const char *release, struct error *err)
{
    for (size_t i = 0; i < kinds->count; i++) {
        const struct component *component = catalogue_find(catalogue, kinds->items[i]);
        if (release_in(&component->release, release))
            continue;
        char *words = release_words(&component->release);
        char *remedy = xformat("leave it out, or give --release %s",
                               release_nearest(&component->release, release));
        error_set(err, STATUS_NO, "--with", remedy, "%s exists %s, and this is %s",
                  component->title, words, release);
        free(remedy);
        free(words);
        return false;
    }
    return true;
}

static bool check_twofold(const struct strings *with, const struct strings *without,
                          struct error *err)
{
    for (size_t i = 0; i < with->count; i++)
        if (strings_has(without, with->items[i]))
            return error_set(err, STATUS_NO, "--without", "name it in one of the two",
                             "%s is in --with as well", with->items[i]);
    return true;
}

static bool read_subject(const struct cli *cli, struct names *out, struct error *err)
{
    for (int i = 0; i < ATTR_COUNT; i++) {
        const char *value = i == ATTR_CN ? NULL : cli_value(cli, attribute_names[i]);
        if (!value)
            continue;
        if (!attribute_check((enum attribute)i, value, err))
            return false;
        out->attributes[i] = xstrdup(value);
    }
    return true;
}

/* As `pki csr` takes a host: an international domain in the form of the DNS, both said. */
static bool read_domain(const struct cli *cli, char **domain, struct error *err)
{
    const char *typed = cli_value(cli, "domain");
    if (!domain_check(typed, domain, err))
        return error_set(err, err->code, "--domain", err->remedy, "\"%s\": %s", typed,
                         err->message);
    if (strcmp(typed, *domain) != 0)
        cli_say(cli, "%s is written as %s", typed, *domain);
    return true;
}

/* What stands in the way, so that nobody has to look before he decides. */
static bool is_there(const struct cli *cli, const struct catalogue *catalogue, struct error *err)
{
    static const char remedy[] = "go on with it by certwright, name another file with --config, or "
                                 "replace it with --force";
    struct deployment old = {0};
    struct stat info;
    char date[16] = "";
    if (lstat(cli->config, &info) == 0)
        clock_date(info.st_mtime, date);
    if (deployment_load(cli->config, catalogue, &old, NULL))
        error_set(err, STATUS_NO, cli->config, remedy,
                  "it is there already: the deployment %s, saved on %s", old.name, date);
    else
        error_set(err, STATUS_NO, cli->config, remedy,
                  "it is there already, saved on %s, and is no deployment that can be read", date);
    deployment_free(&old);
    return false;
}

static bool write_config(const struct cli *cli, const struct catalogue *catalogue,
                         const struct str *text, struct error *err)
{
    bool taken = false; /* also by one that was written since we began */
    if (cli_flag(cli, "force"))
        return file_replace(cli->config, str_text(text), text->length, 0644, err);
    if (file_place(cli->config, str_text(text), text->length, 0644, &taken, err))
        return true;
    return taken && is_there(cli, catalogue, err);
}

/* The preset's title speaks of all its kinds: those that it hasn't here are named. */
static void say_written(const struct cli *cli, const struct catalogue *catalogue,
                        const struct build_options *build)
{
    const struct preset *preset = build->preset;
    struct strings lacking = {0};
    for (size_t i = 0; i < preset->server_count; i++)
        for (size_t j = 0; j < preset->servers[i].kinds.count; j++) {
            char *kind = xstrndup(preset->servers[i].kinds.items[j],
                                  strcspn(preset->servers[i].kinds.items[j], "|"));
            const struct component *component = catalogue_find(catalogue, kind);
            bool has =
                !strings_has(build->without, kind) &&
                (!component || !build->release || release_in(&component->release, build->release));
            if (!has && !strings_has(&lacking, component ? component->title : kind))
                strings_add(&lacking, component ? component->title : kind);
            free(kind);
        }
    char *names = strings_join(&lacking, ", ");
    if (lacking.count)
        cli_say(cli, "Wrote %s: preset %s without %s, for %s.\nNext: certwright generate",
                cli->config, preset->name, names, build->domain);
    else
        cli_say(cli, "Wrote %s: %s, for %s.\nNext: certwright generate", cli->config, preset->title,
                build->domain);
    free(names);
    strings_free(&lacking);
}

static int make(const struct cli *cli, const struct catalogue *catalogue,
                const struct preset *preset)
{
    struct error err = {0};
    struct names subject = {0};
    struct build_count counts[COUNTED];
    struct strings with = {0}, without = {0};
    struct str text = {0};
    struct build_options build = {.preset = preset,
                                  .release = cli_value(cli, "release"),
                                  .subject = &subject,
                                  .with = &with,
                                  .without = &without,
                                  .counts = counts};
    char *domain = NULL;
    int status = read_counts(cli, preset, counts, &build.count_count);
    if (status != STATUS_OK)
        return status;
    bool good = read_domain(cli, &domain, &err);
    build.domain = domain;
    good = good && read_subject(cli, &subject, &err) &&
           read_kinds(cli, catalogue, "with", &with, &err) &&
           check_kinds(catalogue, &with, build.release ? build.release : "2.9", &err) &&
           read_kinds(cli, catalogue, "without", &without, &err) &&
           check_twofold(&with, &without, &err) &&
           build_deployment(catalogue, &build, &text, &err) &&
           write_config(cli, catalogue, &text, &err);
    if (good)
        say_written(cli, catalogue, &build);
    free(domain);
    names_free(&subject);
    strings_free(&with);
    strings_free(&without);
    str_free(&text);
    return good ? STATUS_OK : cli_fail(&err);
}

static int run(const struct cli *cli)
{
    const char *name = cli_value(cli, "preset");
    if (cli->arg_count)
        return cli_usage(cli, "init takes no \"%s\"", cli->args[0]);
    if (!name)
        return cli_usage(cli, "init needs --preset P");
    if (!cli_value(cli, "domain"))
        return cli_usage(cli, "init needs --domain D");
    if (!cli_release(cli))
        return STATUS_USAGE;
    struct catalogue catalogue;
    struct error err = {0};
    if (!catalogue_load(cli->catalogue_folder, &catalogue, &err))
        return cli_fail(&err);
    const struct preset *preset = catalogue_preset(&catalogue, name);
    int status;
    if (preset) {
        status = make(cli, &catalogue, preset);
    } else {
        struct strings names = {0};
        for (size_t i = 0; i < catalogue.preset_count; i++)
            strings_add(&names, catalogue.presets[i].name);
        char *all = strings_join(&names, ", ");
        status = cli_usage(cli, "no preset is called \"%s\" (there are %s)", name, all);
        free(all);
        strings_free(&names);
    }
    catalogue_free(&catalogue);
    return status;
}

const struct cli_command command_init = {
    .name = "init",
    .run = run,
    .options = options,
    .usage =
        "init --preset P --domain D [--cores N] [--edges M] [--databases N] [--with KIND,...]\n"
        "                       [--without KIND,...] [--O ...] [--OU ...] [--L ...] [--ST ...]\n"
        "                       [--C ...] [--emailAddress ...] [--release R] [--force]",
    .summary = "writes a deployment.conf from a preset",
    .help =
        "Presets: lab (one server with its own CA), webapp (the same with your CA),\n"
        "single-combined (Web Bridge 2 and XMPP on one server), single-split (one core and one\n"
        "edge), scalable (several cores and edges).\n"
        "--cores, --edges: how many servers of each sort scalable makes; 3 and 2 unasked.\n"
        "--databases: as many servers hold the database in the place of the cores.\n"
        "--with: in single-split and scalable a Recorder or Streamer has a server of its own."};
