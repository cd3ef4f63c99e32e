/* certwright pki: the appliance's lines on the store. */
#include "cli/pki.h"

#include "base/mem.h"
#include "cli/ground.h"
#include "cli/password.h"

#include <stdlib.h>
#include <string.h>

/* What the command line adds to a verb. */
static const struct form {
    const char *usage;   /* after "pki " */
    const char *options; /* the ones it takes, each between blanks */
    bool names_base;     /* deployment.conf is asked what that basename is for */
} forms[VERB_COUNT] = {
    [VERB_USES] = {"", " ", false},
    [VERB_LIST] = {"list", " ", false},
    [VERB_INSPECT] = {"inspect FILE", " password-file ", false},
    [VERB_MATCH] = {"match KEY CERT, match --each KEY CERT [KEY CERT]...", " each password-file ",
                    false},
    [VERB_VERIFY] = {"verify CERT BUNDLE [CA], verify --each CERT... BUNDLE "
                     "[--purpose server|client] [--name HOST]",
                     " each purpose name password-file ", false},
    [VERB_UNLOCK] = {"unlock KEY [--password-file F]", " password-file ", false},
    [VERB_CSR] = {"csr BASE CN:VALUE [ATTR:VALUE]... [--bits N|--ec CURVE|--key FILE] [--force]",
                  " bits ec key force password-file ", true},
    [VERB_SELFSIGNED] = {"selfsigned BASE [ATTR:VALUE]... [--bits N|--ec CURVE|--key FILE] "
                         "[--days N] [--force]",
                         " bits ec key days force password-file ", true},
    [VERB_SIGN] = {"sign CSRBASE CABASE [--days N] [--force]", " days force ", true},
    [VERB_TO_SSH] = {"pkcs12-to-ssh USER [--password-file F]", " password-file ", false},
};

static int unknown_verb(const struct cli *cli, const char *name)
{
    const char *near = pki_near(name);
    if (near)
        return cli_usage(cli, "pki has no \"%s\": did you mean %s?", name, near);
    return cli_usage(cli, "pki has no \"%s\"", name);
}

static int check_options(const struct cli *cli, enum pki_verb verb)
{
    const char *name = cli->arg_count ? cli->args[0] : "", *blank = *name ? " " : "";
    for (size_t i = 0; i < cli->given_count; i++) {
        char wanted[40];
        snprintf(wanted, sizeof wanted, " %s ", cli->given[i].name);
        if (!strstr(forms[verb].options, wanted))
            return cli_usage(cli, "pki%s%s takes no --%s", blank, name, cli->given[i].name);
    }
    if (cli->at_given && verb != VERB_VERIFY)
        return cli_usage(cli, "pki%s%s takes no --at: it goes by the clock", blank, name);
    size_t count = cli->arg_count - 1;
    bool each = cli_flag(cli, "each") && count >= 2;
    if (verb != VERB_USES && !each && !pki_takes(verb, count))
        return cli_usage(cli, "wrong number of arguments: certwright pki %s", forms[verb].usage);
    return STATUS_OK;
}

static bool read_kind(const struct cli *cli, struct pki_wishes *out)
{
    static const struct {
        const char *option, *value, *type;
        int bits;
    } kinds[] = {{"bits", "2048", "rsa", 2048},
                 {"bits", "3072", "rsa", 3072},
                 {"bits", "4096", "rsa", 4096},
                 {"ec", "P-256", "ec", 256},
                 {"ec", "P-384", "ec", 384}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *value = cli_value(cli, kinds[i].option);
        if (!value || strcmp(value, kinds[i].value) != 0)
            continue;
        out->key_type = kinds[i].type;
        out->key_bits = kinds[i].bits;
    }
    return out->key_type || (!cli_value(cli, "bits") && !cli_value(cli, "ec"));
}

static int read_wishes(const struct cli *cli, struct pki_wishes *out)
{
    const char *purpose = cli_value(cli, "purpose");
    *out = (struct pki_wishes){.key = cli_value(cli, "key"),
                               .host = cli_value(cli, "name"),
                               .force = cli_flag(cli, "force"),
                               .facts = cli->json};
    if (!!cli_value(cli, "bits") + !!cli_value(cli, "ec") + !!out->key > 1)
        return cli_usage(cli, "one of --bits, --ec and --key, not several");
    if (!read_kind(cli, out))
        return cli_usage(cli, "--bits is 2048, 3072 or 4096; --ec is P-256 or P-384");
    if (purpose && strcmp(purpose, "server") != 0 && strcmp(purpose, "client") != 0)
        return cli_usage(cli, "--purpose is server or client");
    out->purpose = !purpose                         ? PURPOSE_ANY
                   : strcmp(purpose, "server") == 0 ? PURPOSE_SERVER
                                                    : PURPOSE_CLIENT;
    return cli_number(cli, "days", DAYS_MOST, &out->days);
}

static int print(const struct cli *cli, const struct pki_place *place,
                 const struct pki_wishes *wishes, const struct pki_reply *reply)
{
    pki_say_notes(cli, &reply->notes);
    enum pki_verb verb = pki_find(cli->arg_count ? cli->args[0] : "");
    bool asked = verb == VERB_USES || verb == VERB_LIST || verb == VERB_INSPECT;
    json_t *data = cli->json ? pki_reply_json(reply, cli->args) : NULL;
    if (data)
        json_print(data, stdout);
    else if (asked || !cli->quiet)
        fwrite(str_text(&reply->text), 1, reply->text.length, stdout);
    if (*reply->error.message)
        cli_fail(&reply->error);
    pki_advise(cli, place, wishes, reply);
    return (int)reply->status;
}

/* A person may mistype a password; a file or a pipe has one try. */
enum { TRIES = 3 };

static int run_line(const struct cli *cli, struct pki_place *place, const struct pki_wishes *wishes,
                    struct ground *ground)
{
    int left = cli_value(cli, "password-file") ? 0 : password_is_typed() ? TRIES : 1;
    struct pki_reply reply;
    pki_run(place, wishes, cli->args, cli->arg_count, &reply);
    while (reply.password == PASSWORD_WANTED || (reply.password == PASSWORD_WRONG && left > 0)) {
        struct error *err = &reply.error;
        if (reply.password == PASSWORD_WRONG) {
            error_set(err, STATUS_NO, err->place, "",
                      left == 1 ? "the password is wrong, %d try left"
                                : "the password is wrong, %d tries left",
                      left);
            cli_fail(err);
        }
        secret_free(&ground->password);
        left--;
        if (!password_read(err->place, &ground->password, err)) {
            reply.status = err->code;
            break;
        }
        place->password = &ground->password;
        pki_reply_free(&reply);
        pki_run(place, wishes, cli->args, cli->arg_count, &reply);
    }
    int status = print(cli, place, wishes, &reply);
    pki_reply_free(&reply);
    return status;
}

static int run_verb(const struct cli *cli, enum pki_verb verb, const struct pki_wishes *wishes)
{
    struct ground ground = {0};
    struct error err = {0};
    int status = STATUS_OK;
    if (verb == VERB_USES)
        status = cli_gather(cli, &ground.catalogue, &ground.facts);
    else if (!ground_find(cli, forms[verb].names_base, &ground, &err))
        status = cli_fail(&err);
    struct pki_place place = {.store = ground.store,
                              .at = cli->at_given ? cli->at : time(NULL),
                              .deployment = ground.loaded ? &ground.deployment : NULL,
                              .facts = ground.facts,
                              .password =
                                  cli_value(cli, "password-file") ? &ground.password : NULL};
    if (status == STATUS_OK && cli_flag(cli, "each"))
        status =
            verb == VERB_MATCH ? pki_match_each(cli, &place) : pki_verify_each(cli, &place, wishes);
    else if (status == STATUS_OK)
        status = run_line(cli, &place, wishes, &ground);
    ground_free(&ground);
    return status;
}

static int run_pki(const struct cli *cli)
{
    enum pki_verb verb = pki_find(cli->arg_count ? cli->args[0] : "");
    struct pki_wishes wishes;
    if (verb == VERB_COUNT || (cli->arg_count && verb == VERB_USES))
        return unknown_verb(cli, cli->args[0]);
    int status = check_options(cli, verb);
    if (status == STATUS_OK)
        status = read_wishes(cli, &wishes);
    return status == STATUS_OK ? run_verb(cli, verb, &wishes) : status;
}

static const struct cli_option options[] = {
    {"bits", true}, {"ec", true},     {"key", true},           {"days", true},  {"purpose", true},
    {"name", true}, {"force", false}, {"password-file", true}, {"each", false}, {NULL, false},
};

const struct cli_command command_pki = {
    .name = "pki",
    .takes = CLI_JSON | CLI_AT,
    .run = run_pki,
    .options = options,
    .usage = "pki [list|inspect|match|verify|unlock|csr|selfsigned|sign|pkcs12-to-ssh] ...",
    .summary = "the appliance's pki commands on the store",
    .help = "  pki                             which service uses which files\n"
            "  pki list                        the files of the store\n"
            "  pki inspect FILE                what a file holds\n"
            "  pki match KEY CERT              do they belong together?\n"
            "  pki verify CERT BUNDLE [CA]     does the chain hold, from the files alone?\n"
            "      --purpose server|client     and may it be used so?\n"
            "      --name HOST                 and does it have that name?\n"
            "      --each CERT... BUNDLE       a line each; match --each KEY CERT KEY CERT...\n"
            "  pki unlock KEY                  takes the password off a key\n"
            "  pki csr BASE CN:x [ATTR:y]...   new key and request: BASE.key, BASE.csr\n"
            "      --bits 2048|3072|4096, --ec P-256|P-384\n"
            "      --key FILE                  a request for that key, no new one\n"
            "  pki selfsigned BASE [ATTR:y]... new key and certificate that signs itself\n"
            "      --days N                    365; 3650 for a signer of deployment.conf\n"
            "  pki sign CSRBASE CABASE         CABASE signs CSRBASE.csr: CSRBASE.crt\n"
            "  pki pkcs12-to-ssh USER          USER.pub, a PKCS#12 file, becomes an SSH key\n"
            "  --password-file F               first line: the password; else it is asked for\n"
            "  --force                         may replace; an old key is kept as .bak\n"
            "  ATTR: CN OU O L ST C emailAddress subjectAltName (a,b,c without blanks)\n"
            "  A FILE with a / is a path, any other a name in the store.\n",
};
