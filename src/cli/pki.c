#include "cli/pki.h"

#include "base/mem.h"
#include "base/secret.h"
#include "store/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct pki_action actions[] = {
    {"list", "list", 0, 0, " ", pki_list},
    {"inspect", "inspect FILE", 1, 1, " password-file ", pki_inspect},
    {"match", "match KEY CERT, match --each KEY CERT [KEY CERT]...", 2, 2, " each password-file ",
     pki_match},
    {"verify",
     "verify CERT BUNDLE [CA], verify --each CERT... BUNDLE [--purpose server|client] [--name "
     "HOST]",
     2, 3, " each purpose name password-file ", pki_verify},
    {"unlock", "unlock KEY [--password-file F]", 1, 1, " password-file ", pki_unlock},
    {"csr", "csr BASE CN:VALUE [ATTR:VALUE]... [--bits N|--ec CURVE|--key FILE] [--force]", 1, 64,
     " bits ec key force password-file ", pki_csr},
    {"selfsigned",
     "selfsigned BASE [ATTR:VALUE]... [--bits N|--ec CURVE|--key FILE] [--days N] [--force]", 1, 64,
     " bits ec key days force password-file ", pki_selfsigned},
    {"sign", "sign CSRBASE CABASE [--days N] [--force]", 2, 2, " days force ", pki_sign},
    {"pkcs12-to-ssh", "pkcs12-to-ssh USER [--password-file F]", 1, 1, " password-file ",
     pki_to_ssh},
};
#define ACTIONS (sizeof actions / sizeof *actions)

static const struct pki_action *find_action(const char *name)
{
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int unknown_action(const struct cli *cli, const char *name)
{
    const char *names[ACTIONS];
    for (size_t i = 0; i < ACTIONS; i++)
        names[i] = actions[i].name;
    const char *near = text_nearest(name, names, ACTIONS);
    if (near)
        return cli_usage(cli, "pki has no \"%s\": did you mean %s?", name, near);
    return cli_usage(cli, "pki has no \"%s\"", name);
}

/* Runs it with store and password found once: deployment.conf, which names the store, is not read
 * for each file (where it can't be read, the first look-up of a name says so), and a pipe gives its
 * password but once. */
static int run_action(const struct cli *cli, const struct pki_action *action)
{
    struct cli found = *cli;
    struct secret password = {0};
    struct error err = {0};
    const char *password_file = cli_value(cli, "password-file");
    if (password_file && !secret_read(password_file, &password, &err))
        return cli_fail(&err);
    if (password_file)
        found.password = &password;
    char *path = NULL;
    for (size_t i = 1; i < cli->arg_count && !path; i++)
        if (!strchr(cli->args[i], '/') && cli_store_path(cli, &path, NULL))
            found.store = path;
    int status = action->run(&found);
    free(path);
    secret_free(&password);
    return status;
}

static int run_pki(const struct cli *cli)
{
    const char *name = cli->arg_count ? cli->args[0] : "";
    const struct pki_action *action = *name ? find_action(name) : NULL;
    if (cli->arg_count && !action)
        return unknown_action(cli, name);
    const char *options = action ? action->options : " ";
    for (size_t i = 0; i < cli->given_count; i++) {
        char wanted[40];
        snprintf(wanted, sizeof wanted, " %s ", cli->given[i].name);
        if (!strstr(options, wanted))
            return cli_usage(cli, "pki%s%s takes no --%s", *name ? " " : "", name,
                             cli->given[i].name);
    }
    if (cli->at_given && (!action || action->run != pki_verify))
        return cli_usage(cli, "pki%s%s takes no --at: it goes by the clock", *name ? " " : "",
                         name);
    if (!action)
        return pki_services(cli);
    size_t count = cli->arg_count - 1;
    if (count < action->least || (count > action->most && !cli_flag(cli, "each")))
        return cli_usage(cli, "wrong number of arguments: certwright pki %s", action->usage);
    return run_action(cli, action);
}

bool pki_read(const struct cli *cli, const char *name, struct pki_file *out, struct error *err)
{
    return pki_read_for(PKI_ALL, cli, name, out, err);
}

/* The name of the store that is nearest, without the extension, which is alike too often. Free it.
 */
static char *nearest_name(const struct strings *names, const char *name)
{
    struct strings stems = {0};
    char *stem = xstrndup(name, strcspn(name, ".")), *found = NULL;
    for (size_t i = 0; i < names->count; i++)
        strings_add_take(&stems, xstrndup(names->items[i], strcspn(names->items[i], ".")));
    const char *near = text_nearest(stem, (const char *const *)stems.items, stems.count);
    struct strings same = {0};
    for (size_t i = 0; near && i < names->count; i++)
        if (strcmp(stems.items[i], near) == 0)
            strings_add(&same, names->items[i]);
    near = text_nearest(name, (const char *const *)same.items, same.count);
    if (near)
        found = xstrdup(near);
    strings_free(&stems);
    strings_free(&same);
    free(stem);
    return found;
}

/* A name that the store has not: what was meant? */
static bool not_there(const char *store, const char *name, struct error *err)
{
    struct scan_walk walk;
    char *remedy = NULL;
    if (!scan_open(store, PKI_NAMES, &walk, NULL))
        return error_set(err, STATUS_NO, name, "check the name", "it is not in the store");
    char *near = nearest_name(&walk.names, name);
    if (access(name, F_OK) == 0)
        remedy = xformat("the one of this folder is ./%s", name);
    else if (near)
        remedy = xformat("did you mean %s?", near);
    error_set(err, STATUS_NO, name, remedy ? remedy : "certwright pki list names what is there",
              "it is not in the store, %s", store);
    free(remedy);
    free(near);
    scan_close(&walk);
    return false;
}

bool pki_read_for(enum pki_need need, const struct cli *cli, const char *name, struct pki_file *out,
                  struct error *err)
{
    struct buffer data = {0};
    *out = (struct pki_file){0};
    bool good;
    if (strchr(name, '/')) {
        good = file_read(name, &data, err);
    } else {
        char *path = NULL;
        struct store store = {.fd = -1, .lock_fd = -1};
        good = cli_store_path(cli, &path, err) && store_open(path, false, &store, err);
        struct stat info;
        if (good && fstatat(store.fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
            good = not_there(path, name, err);
        good = good && store_read(&store, name, &data, err);
        store_close(&store);
        free(path);
    }
    if (good) {
        pki_parse_for(need, data.data, data.length, cli->password, out);
        if (out->wrong_password)
            good = error_set(err, STATUS_NO, name, "try another one", "the password is wrong");
    }
    buffer_free(&data);
    return good;
}

bool pki_open_store(const struct cli *cli, bool create, struct store *out, struct error *err)
{
    char *path = NULL;
    *out = (struct store){.fd = -1, .lock_fd = -1};
    bool good = cli_store_path(cli, &path, err) && store_open(path, create, out, err);
    free(path);
    if (good && !store_lock(out, err)) {
        store_close(out);
        good = false;
    }
    return good;
}

/* What a file of that kind, named in the wrong place, is for. */
static const char *remedy_for_kind(enum pki_kind kind, const char *wanted)
{
    switch (kind) {
    case PKI_CSR:
        if (strcmp(wanted, "certificate") == 0)
            return "send it to the CA: the answer belongs here";
        return "name the private key that it was made with";
    case PKI_CERTIFICATE:
    case PKI_BUNDLE:
        return "name the private key that it was made with";
    case PKI_PUBLIC_KEY:
    case PKI_SSH_PUBLIC_KEY:
        if (strcmp(wanted, "private key") == 0)
            return "name the private key that it belongs to";
        return "name the certificate that was made with it";
    case PKI_PRIVATE_KEY:
        return "name the certificate that was made with it";
    case PKI_PKCS12:
    case PKI_PKCS7:
        return "certwright import takes it apart";
    default:
        return "certwright pki list names the files of the store";
    }
}

bool pki_wrong_kind(const char *name, const struct pki_file *file, const char *wanted,
                    struct error *err)
{
    if (file->locked && file->problem && !file->wrong_password)
        return error_set(err, STATUS_NO, name, "", "%s", file->problem);
    if (file->locked)
        return error_set(err, STATUS_NO, name,
                         "give the password with --password-file, or open a key with "
                         "certwright pki unlock",
                         "is locked by a password");
    if (file->kind == PKI_UNKNOWN)
        return error_set(err, STATUS_NO, name, "certwright pki inspect tells what a file is",
                         "holds no %s: %s", wanted,
                         file->problem ? file->problem : "nothing known is in it");
    return error_set(err, STATUS_NO, name, remedy_for_kind(file->kind, wanted), "%s, not a %s",
                     pki_kind_phrase(file->kind), wanted);
}

bool pki_know(const struct cli *cli, const char *base, struct pki_known *out, struct error *err)
{
    *out = (struct pki_known){0};
    if (access(cli->config, F_OK) != 0)
        return true;
    if (!catalogue_load(cli->catalogue_folder, &out->catalogue, err) ||
        !deployment_load(cli->config, &out->catalogue, &out->deployment, err))
        return false;
    out->identity = deployment_identity(&out->deployment, base);
    return true;
}

void pki_known_free(struct pki_known *known)
{
    deployment_free(&known->deployment);
    catalogue_free(&known->catalogue);
}

void pki_say(const struct cli *cli, enum word word, const char *one, const char *two,
             const char *three)
{
    if (cli->json)
        return;
    struct str text = {0};
    words_add(&text, word, one, two, three);
    cli_say(cli, "%s", str_text(&text));
    str_free(&text);
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
