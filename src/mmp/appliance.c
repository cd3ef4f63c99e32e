#include "mmp/appliance.h"

#include "base/escape.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "mmp/family.h"
#include "mmp/grammar.h"
#include "mmp/perform.h"
#include "mmp/usage.h"
#include "pki/words.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_NAME ".mmp.lock"
static const char first_release[] = "2.9"; /* the guide's */
enum { LINE_WORDS_MOST = 64, LINE_LENGTH_MOST = 8192 };

struct appliance {
    char *folder;
    const struct catalogue *catalogue;
    time_t at;
    bool alone;           /* what it keeps is here and not on the disk */
    int fd;               /* the folder */
    struct record record; /* as last read */
    char *name;           /* in the prompt */
    char *asked;          /* the line that asked back, waiting for its answer; NULL none */
    bool asked_password;
};

/* The folder's own name, also of "." and "a/". Free it. */
static char *folder_name(const char *folder)
{
    char *whole = realpath(folder, NULL);
    char *name = xstrdup(path_base(whole ? whole : folder));
    free(whole);
    return name;
}

static void take_name(struct appliance *appliance)
{
    free(appliance->name);
    appliance->name = *appliance->record.hostname ? xstrdup(appliance->record.hostname)
                                                  : folder_name(appliance->folder);
}

/* Reads what is kept, under the lock, which *lock then holds. */
static bool begin(struct appliance *appliance, int *lock, struct error *err)
{
    *lock = -1;
    if (appliance->alone && appliance->record.release)
        return true;
    if (!lock_wait(appliance->fd, LOCK_NAME, appliance->folder, lock, err))
        return false;
    record_free(&appliance->record);
    if (!record_load(appliance->folder, &appliance->record, err)) {
        close(*lock);
        return false;
    }
    take_name(appliance);
    return true;
}

static bool end(struct appliance *appliance, int lock, struct error *err)
{
    bool good = appliance->alone || !appliance->record.changed ||
                record_save(appliance->folder, &appliance->record, err);
    if (lock >= 0)
        close(lock);
    take_name(appliance);
    return good;
}

/* A new appliance, or another release on it. */
static void prepare(struct record *record, const struct appliance_options *options)
{
    bool is_new = !*record->release;
    const char *release = options->release ? options->release
                          : is_new         ? first_release
                                           : record->release;
    if (strcmp(release, record->release) == 0)
        return;
    char *copy = xstrdup(release);
    free(record->release);
    record->release = copy;
    record->bare = is_new ? options->bare : record->bare;
    record->has_copies = options->alone;
    record->changed = true;
}

bool appliance_open(const char *folder, const struct catalogue *catalogue,
                    const struct appliance_options *options, struct appliance **out,
                    struct error *err)
{
    struct appliance *appliance = xcalloc(1, sizeof *appliance);
    int lock;
    *appliance = (struct appliance){.folder = xstrdup(folder),
                                    .catalogue = catalogue,
                                    .at = options->at,
                                    .alone = options->alone,
                                    .fd = -1};
    *out = appliance;
    if (!folder_make(folder, 0700, err))
        return false;
    appliance->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (appliance->fd < 0)
        return error_system(err, folder, "cannot be opened");
    if (!begin(appliance, &lock, err))
        return false;
    prepare(&appliance->record, options);
    return end(appliance, lock, err);
}

void appliance_close(struct appliance *appliance)
{
    if (!appliance)
        return;
    if (appliance->fd >= 0)
        close(appliance->fd);
    record_free(&appliance->record);
    free(appliance->folder);
    free(appliance->name);
    free(appliance->asked);
    free(appliance);
}

void appliance_reply_free(struct appliance_reply *reply)
{
    free(reply->tag);
    str_free(&reply->text);
    *reply = (struct appliance_reply){0};
}

void appliance_prompt(const struct appliance *appliance, struct str *out)
{
    escape_add(out, appliance->name, strlen(appliance->name));
    str_add(out, "> ");
}

void appliance_complete(const struct appliance *appliance, const char *line, struct strings *out)
{
    usage_complete(appliance->catalogue, appliance->record.release, appliance->folder, line, out);
}

const char *appliance_folder(const struct appliance *appliance)
{
    return appliance->folder;
}

/* The tag that a service of that name has on the appliance: kinds with one service have none. */
static const char *tag_of(const struct component *component, const char *name)
{
    for (size_t i = 0; i < component->command_count; i++)
        if (strstr(component->commands[i].line, "{tag}"))
            return name;
    return "";
}

const char *appliance_running(const struct appliance *appliance, const char *kind, const char *name,
                              const char *path)
{
    const struct component *component = catalogue_find(appliance->catalogue, kind);
    const struct record *record = &appliance->record;
    const char *tag = component ? tag_of(component, name) : name;
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->units[i].kind, kind) == 0 && strcmp(record->units[i].tag, tag) == 0) {
            const char *value = value_get(&record->units[i].running, path);
            return value && *value ? value : NULL;
        }
    return NULL;
}

const struct buffer *appliance_running_file(const struct appliance *appliance, const char *kind,
                                            const char *name, const char *path)
{
    const struct component *component = catalogue_find(appliance->catalogue, kind);
    const char *file = appliance_running(appliance, kind, name, path);
    const char *tag = component ? tag_of(component, name) : name;
    for (size_t i = 0; file && i < appliance->record.count; i++) {
        const struct unit *unit = &appliance->record.units[i];
        if (strcmp(unit->kind, kind) != 0 || strcmp(unit->tag, tag) != 0)
            continue;
        for (size_t j = 0; j < unit->copy_count; j++)
            if (strcmp(unit->copies[j].name, file) == 0)
                return &unit->copies[j].data;
    }
    return NULL;
}

void appliance_stand_in(struct appliance *appliance, const char *key_file)
{
    strings_add_new(&appliance->record.stand_ins, key_file);
}

bool appliance_assume(struct appliance *appliance, const char *kind, const char *name,
                      struct error *err)
{
    const struct component *component = catalogue_find(appliance->catalogue, kind);
    int lock;
    if (!begin(appliance, &lock, err))
        return false;
    for (size_t i = 0; component && i < component->command_count; i++) {
        const struct command *command = &component->commands[i];
        if (!strstr(command->when, "!installed"))
            continue;
        struct unit *unit = record_unit(&appliance->record, kind, tag_of(component, name), true);
        for (size_t j = 0; j < command->sets.count; j++)
            value_set(&unit->set, command->sets.items[j], "true");
        appliance->record.changed = true;
    }
    return end(appliance, lock, err);
}

/* Some assignment is refused while it runs. */
static bool is_locked_by_running(const struct component *component, const char *release)
{
    for (size_t i = 0; i < component->command_count; i++) {
        const struct command *command = &component->commands[i];
        for (size_t j = 0; j < command->fault_count; j++)
            if (command->stage == STAGE_ASSIGN && release_in(&command->release, release) &&
                strings_has(&command->faults[j].when, ENABLED))
                return true;
    }
    return false;
}

bool appliance_enable(struct appliance *appliance, const char *kind, const char *name,
                      struct error *err)
{
    const struct component *component = catalogue_find(appliance->catalogue, kind);
    int lock;
    if (!begin(appliance, &lock, err))
        return false;
    if (component && is_locked_by_running(component, appliance->record.release)) {
        struct unit *unit = record_unit(&appliance->record, kind, tag_of(component, name), true);
        value_set(&unit->set, ENABLED, "true");
        appliance->record.changed = true;
    }
    return end(appliance, lock, err);
}

static void say(struct appliance_reply *reply, enum word word, const char *one)
{
    words_add(&reply->text, word, one, NULL, NULL);
    str_add_char(&reply->text, '\n');
}

/* The usage of the first word, or that there is no such command. */
static void explain(struct appliance *appliance, const char *word, struct appliance_reply *reply)
{
    reply->verdict = APPLIANCE_UNKNOWN;
    if (!usage_of(appliance->catalogue, appliance->record.release, word, &reply->text))
        say(reply, WORD_NO_COMMAND, word);
}

static void ask(struct appliance *appliance, const char *line, bool password,
                struct appliance_reply *reply)
{
    appliance->asked = xstrdup(line);
    appliance->asked_password = password;
    reply->asks = true;
    reply->hidden = password;
}

static bool is_hostname(const char *name)
{
    enum { LONGEST = 63 };
    size_t length =
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");
    return length && length <= LONGEST && !name[length] && *name != '-' && *name != '.';
}

/* `help`, `version`, `hostname`, `exit`. false: it is none of them. */
static bool run_own(struct appliance *appliance, const struct strings *words,
                    struct appliance_reply *reply)
{
    struct record *record = &appliance->record;
    const char *word = words->items[0];
    size_t count = words->count;
    if (strcmp(word, "help") == 0 && count == 1) {
        usage_all(appliance->catalogue, record->release, &reply->text);
    } else if (strcmp(word, "help") == 0) {
        explain(appliance, words->items[1], reply);
        if (!text_starts(str_text(&reply->text), "ERROR"))
            reply->verdict = APPLIANCE_DONE;
    } else if (strcmp(word, "version") == 0 && count == 1) {
        str_addf(&reply->text, "%s\n", record->release);
    } else if (strcmp(word, "hostname") == 0 && count == 1) {
        str_addf(&reply->text, "%s\n", appliance->name);
    } else if (strcmp(word, "hostname") == 0 && count == 2 && is_hostname(words->items[1])) {
        free(record->hostname);
        record->hostname = xstrdup(words->items[1]);
        record->changed = true;
    } else if (strcmp(word, "exit") == 0 && count == 1) {
        reply->ends = true;
    } else {
        return false;
    }
    return true;
}

static void run_family(struct appliance *appliance, const struct ground *ground, const char *line,
                       const struct strings *words, struct appliance_reply *reply)
{
    struct family_reply family;
    family_run(ground, words->items + 1, words->count - 1, &family);
    if (!family.known) {
        explain(appliance, words->items[0], reply);
    } else if (family.error.code == STATUS_SYSTEM) {
        reply->verdict = APPLIANCE_FAILED;
        reply->error = family.error;
    } else {
        str_add(&reply->text, str_text(&family.text));
        reply->verdict = family.good ? APPLIANCE_DONE : APPLIANCE_REFUSED;
        if (family.asks) {
            say(reply, WORD_ASKS_PASSWORD, words->items[words->count - 1]);
            reply->verdict = APPLIANCE_DONE;
            ask(appliance, line, true, reply);
        }
    }
    str_free(&family.text);
}

/* A command of the catalogue. confirmed: what it asks back has been answered. */
static void run_command(struct appliance *appliance, const struct ground *ground, const char *line,
                        bool confirmed, const char *first, struct appliance_reply *reply)
{
    struct typed typed;
    if (!grammar_read(appliance->catalogue, appliance->record.release, line, &typed)) {
        explain(appliance, first, reply);
    } else if (typed.act == ACT_DO && *typed.command->asks && !confirmed) {
        str_addf(&reply->text, "%s\n", typed.command->asks);
        ask(appliance, line, false, reply);
    } else if (!perform(ground, &typed, line, &reply->text)) {
        reply->verdict = APPLIANCE_REFUSED;
    } else if (perform_effect(&typed) != EFFECT_NONE) {
        const char *tag = match_value(&typed.match, "tag");
        reply->effect = perform_effect(&typed);
        reply->component = typed.component;
        reply->tag = xstrdup(tag ? tag : "");
    }
    typed_free(&typed);
}

static struct ground ground_of(struct appliance *appliance, const struct secret *password)
{
    return (struct ground){
        .catalogue = appliance->catalogue,
        .record = &appliance->record,
        .place = {.store = appliance->folder,
                  .at = appliance->at ? appliance->at : time(NULL),
                  .password = password},
        .name = appliance->name,
    };
}

static void run_words(struct appliance *appliance, const struct strings *words, bool confirmed,
                      const struct secret *password, struct appliance_reply *reply)
{
    struct ground ground = ground_of(appliance, password);
    char *line = strings_join(words, " ");
    if (words->count > LINE_WORDS_MOST && strcmp(words->items[0], "pki") != 0)
        explain(appliance, words->items[0], reply);
    else if (strcmp(words->items[0], "pki") == 0)
        run_family(appliance, &ground, line, words, reply);
    else if (!run_own(appliance, words, reply))
        run_command(appliance, &ground, line, confirmed, words->items[0], reply);
    free(line);
}

/* What came after a question: the password of a file, or whether to go on. */
static void run_answer(struct appliance *appliance, const char *answer,
                       struct appliance_reply *reply)
{
    struct strings words = {0};
    struct secret password = {0};
    char *asked = appliance->asked;
    appliance->asked = NULL;
    strings_split(&words, asked, ' ');
    if (appliance->asked_password) {
        secret_set(&password, answer, strlen(answer));
        run_words(appliance, &words, false, &password, reply);
        secret_free(&password);
    } else if (strcmp(answer, "Y") == 0) {
        run_words(appliance, &words, true, NULL, reply);
    } else {
        reply->verdict = APPLIANCE_REFUSED;
        say(reply, WORD_NOT_CONFIRMED, NULL);
    }
    strings_free(&words);
    free(asked);
}

static void run_line(struct appliance *appliance, const char *line, struct appliance_reply *reply)
{
    struct strings words = {0};
    struct error err = {0};
    if (!pki_words(line, &words, &err)) {
        reply->verdict = APPLIANCE_UNKNOWN;
        say(reply, WORD_REFUSED, err.message);
    } else if (words.count) {
        run_words(appliance, &words, false, NULL, reply);
    }
    strings_free(&words);
}

/* A file's name or a tag may hold what acts on a terminal. */
static void tame(struct str *text)
{
    struct str safe = {0};
    escape_lines(&safe, str_text(text), text->length);
    str_free(text);
    *text = safe;
}

void appliance_line(struct appliance *appliance, const char *line, struct appliance_reply *out)
{
    int lock;
    *out = (struct appliance_reply){0};
    if (strlen(line) > LINE_LENGTH_MOST) {
        out->verdict = APPLIANCE_UNKNOWN;
        say(out, WORD_REFUSED, "the line is too long");
        return;
    }
    bool good = begin(appliance, &lock, &out->error);
    if (good) {
        if (appliance->asked)
            run_answer(appliance, line, out);
        else
            run_line(appliance, line, out);
        good = end(appliance, lock, &out->error);
    }
    if (!good)
        out->verdict = APPLIANCE_FAILED;
    tame(&out->text);
}
