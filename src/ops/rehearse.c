#include "ops/rehearse.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/template.h"
#include "ops/rehearsing.h"
#include "pki/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stage_server *stage_find(struct rehearsal *rehearsal, const char *server)
{
    for (size_t i = 0; i < rehearsal->server_count; i++)
        if (strcmp(rehearsal->servers[i].server->name, server) == 0)
            return &rehearsal->servers[i];
    return NULL;
}

static void told_free(struct rehearsed *told)
{
    free(told->server);
    free(told->what);
    free(told->why);
    free(told->remedy);
    free(told->answer);
    free(told->file);
    *told = (struct rehearsed){0};
}

void tell(struct rehearsal *rehearsal, enum rehearsed_how how, const char *server, const char *what,
          const char *why, const char *remedy)
{
    int step =
        rehearsal->at < rehearsal->play.count ? rehearsal->play.steps[rehearsal->at].number : 0;
    const struct rehearsed told = {.how = how,
                                   .step = step,
                                   .server = xstrdup(server),
                                   .what = xstrdup(what),
                                   .why = xstrdup(why),
                                   .remedy = xstrdup(remedy),
                                   .answer = xstrdup(""),
                                   .file = xstrdup("")};
    told_free(&rehearsal->told); /* what may be told again */
    rehearsal->told = told;
}

static bool open_server(struct rehearsal *rehearsal, const struct server *server, struct error *err)
{
    const struct facts *facts = rehearsal->facts;
    const struct appliance_options options = {.release = facts->deployment.release,
                                              .at = facts->at,
                                              .alone = !rehearsal->options.drill,
                                              .bare = true};
    char *folder = path_join(rehearsal->run, server->name);
    rehearsal->servers =
        grow(rehearsal->servers, rehearsal->server_count, sizeof *rehearsal->servers);
    struct stage_server *stage = &rehearsal->servers[rehearsal->server_count++];
    stage->server = server;
    bool good = appliance_open(folder, facts->catalogue, &options, &stage->appliance, err);
    free(folder);
    return good;
}

/* Every server of the deployment: one that the plan leaves alone may be trusted, or trust. */
static bool open_servers(struct rehearsal *rehearsal, struct error *err)
{
    const struct deployment *d = &rehearsal->facts->deployment;
    char *folder = path_join(rehearsal->folder, "rehearsal");
    bool good = folder_make(folder, 0700, err);
    rehearsal->run = path_join(folder, rehearsal->options.drill ? "drill" : ".run-XXXXXX");
    if (good && rehearsal->options.drill) {
        good = (access(rehearsal->run, F_OK) != 0 || folder_remove(rehearsal->run, err)) &&
               folder_make(rehearsal->run, 0700, err);
    } else if (good && !mkdtemp(rehearsal->run)) {
        good = error_system(err, folder, "no folder can be made in it");
        *rehearsal->run = '\0';
    }
    for (size_t i = 0; good && i < d->server_count; i++)
        good = open_server(rehearsal, &d->servers[i], err);
    free(folder);
    return good;
}

bool rehearsal_begin(const struct facts *facts, const struct rehearsal_options *options,
                     struct rehearsal **out, struct error *err)
{
    struct rehearsal *rehearsal = xcalloc(1, sizeof *rehearsal);
    *rehearsal =
        (struct rehearsal){.facts = facts, .options = *options, .folder = xstrdup(options->folder)};
    *out = rehearsal;
    return play_read(options->folder, &rehearsal->play, err) &&
           (!options->drill || drill_choose(rehearsal, &rehearsal->drill, err)) &&
           open_servers(rehearsal, err) && rehearse_seed(rehearsal, err);
}

void rehearsal_end(struct rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    for (size_t i = 0; i < rehearsal->server_count; i++) {
        appliance_close(rehearsal->servers[i].appliance);
        str_free(&rehearsal->servers[i].transcript);
    }
    for (size_t i = 0; i < rehearsal->file_count; i++) {
        free(rehearsal->files[i].name);
        strings_free(&rehearsal->files[i].lines);
    }
    /* Keys lay in it; one that cannot be removed lies in install/ all the same. */
    if (rehearsal->run && *rehearsal->run && !rehearsal->options.drill &&
        !folder_remove(rehearsal->run, NULL))
        errno = 0;
    drill_free(&rehearsal->drill);
    strings_free(&rehearsal->tried);
    told_free(&rehearsal->told);
    play_free(&rehearsal->play);
    free(rehearsal->servers);
    free(rehearsal->files);
    free(rehearsal->folder);
    free(rehearsal->run);
    free(rehearsal);
}

/* The commands file that a person pastes; it is read once. */
static struct stage_files *file_of(struct rehearsal *rehearsal, const char *name)
{
    for (size_t i = 0; i < rehearsal->file_count; i++)
        if (strcmp(rehearsal->files[i].name, name) == 0)
            return &rehearsal->files[i];
    char *path = path_join(rehearsal->folder, name);
    struct buffer data = {0};
    rehearsal->files = grow(rehearsal->files, rehearsal->file_count, sizeof *rehearsal->files);
    struct stage_files *file = &rehearsal->files[rehearsal->file_count++];
    *file = (struct stage_files){.name = xstrdup(name)};
    if (file_read(path, &data, NULL))
        strings_split(&file->lines, (const char *)data.data, '\n');
    buffer_free(&data);
    free(path);
    return file;
}

static void record(struct stage_server *server, const char *line, const char *text)
{
    appliance_prompt(server->appliance, &server->transcript);
    str_addf(&server->transcript, "%s\n%s", line, text);
}

/* The first line of a reply that says no; free it. */
static char *refusal_of(const char *text)
{
    struct strings lines = {0};
    char *found = NULL;
    strings_split(&lines, text, '\n');
    for (size_t i = 0; !found && i < lines.count; i++)
        if (text_starts(lines.items[i], "FAILURE") || text_starts(lines.items[i], "ERROR"))
            found = xstrdup(lines.items[i]);
    strings_free(&lines);
    return found;
}

static bool has_line(const struct strings *lines, const char *wanted)
{
    for (size_t i = 0; i < lines->count; i++)
        if (status_same(wanted, lines->items[i]))
            return true;
    return false;
}

/* A line of the plan's that the reply lacks; then one that says SUCCESS and the plan does not know.
 */
static void compare(const struct strings *expect, const char *text, const char **lacking,
                    char **unknown)
{
    struct strings lines = {0};
    *lacking = NULL;
    *unknown = NULL;
    strings_split(&lines, text, '\n');
    for (size_t i = 0; !*lacking && i < expect->count; i++)
        if (!has_line(&lines, expect->items[i]))
            *lacking = expect->items[i];
    for (size_t i = 0; expect->count && !*unknown && i < lines.count; i++)
        if (text_starts(lines.items[i], "SUCCESS") && !has_line(expect, lines.items[i]))
            *unknown = xstrdup(lines.items[i]);
    strings_free(&lines);
}

/* Of a reply the line that decided: the refusal, else what stands where the lacking line was
 * expected, else how it begins; free it. */
static char *answer_of(const char *text, const char *lacking)
{
    struct strings lines = {0};
    char *found = refusal_of(text);
    size_t label = lacking ? strcspn(lacking, ":") : 0;
    strings_split(&lines, text, '\n');
    for (size_t i = 0; !found && label && lacking[label] && i < lines.count; i++) {
        size_t same = strcspn(lines.items[i], ":");
        char *wanted = xstrndup(lacking, label), *there = xstrndup(lines.items[i], same);
        if (lines.items[i][same] && status_same(wanted, there))
            found = xstrdup(lines.items[i]);
        free(wanted);
        free(there);
    }
    for (size_t i = 0; !found && i < lines.count; i++)
        if (*lines.items[i])
            found = xstrdup(lines.items[i]);
    strings_free(&lines);
    return found ? found : xstrdup("");
}

/* Wrong usage is told by what was typed: its text is the whole help. */
static void judge_reply(struct rehearsal *rehearsal, const struct play_step *step, const char *line,
                        const struct appliance_reply *reply)
{
    char *why = refusal_of(str_text(&reply->text)), *unknown = NULL;
    const char *lacking = NULL;
    char *remedy = xformat("look into rehearsal/%s.txt, mend deployment.conf or the store, then "
                           "certwright plan",
                           step->server);
    if (reply->verdict == APPLIANCE_DONE)
        compare(&step->expect, str_text(&reply->text), &lacking, &unknown);
    if (reply->verdict == APPLIANCE_UNKNOWN && !why) {
        why = xformat("the appliance of %s has no such command, or it takes other words",
                      rehearsal->facts->deployment.release);
    } else if (lacking) {
        free(why);
        why = xformat("\"%s\" was expected, and is not in the reply", lacking);
    }
    if (reply->verdict != APPLIANCE_DONE || lacking)
        tell(rehearsal, REHEARSED_SURPRISE, step->server, line, why ? why : "it was refused",
             remedy);
    else if (unknown)
        tell(rehearsal, REHEARSED_NOTE, step->server, line, unknown, "");
    else
        tell(rehearsal, REHEARSED_GOOD, step->server, line, "", "");
    free(rehearsal->told.answer);
    rehearsal->told.answer = answer_of(str_text(&reply->text), lacking);
    free(why);
    free(unknown);
    free(remedy);
}

/* Types the line; false: this machine refused. */
static bool type(struct stage_server *server, const char *line, struct appliance_reply *reply,
                 struct error *err)
{
    appliance_line(server->appliance, line, reply);
    record(server, reply->hidden ? "" : line, str_text(&reply->text));
    if (reply->verdict != APPLIANCE_FAILED)
        return true;
    *err = reply->error;
    appliance_reply_free(reply);
    return false;
}

/* A service was started anew beside others that run. */
static bool look_around(struct rehearsal *rehearsal, const char *server,
                        const struct appliance_reply *reply, struct error *err)
{
    bool starts = reply->effect == EFFECT_START || reply->effect == EFFECT_RESTART;
    return !rehearsal->runs_already || !starts || rehearsal->told.how == REHEARSED_SURPRISE ||
           rehearse_unbroken(rehearsal, server, reply->component, reply->tag, err);
}

/* From where it was typed. */
static void note_place(struct rehearsal *rehearsal, const struct stage_files *file)
{
    free(rehearsal->told.file);
    rehearsal->told.file = xstrdup(file->name);
    rehearsal->told.line = file->next;
}

static bool is_drilled(const struct rehearsal *rehearsal, const struct stage_server *server)
{
    return rehearsal->drill.server && strcmp(rehearsal->drill.server, server->server->name) == 0;
}

/* What is typed is what the commands file has, line by line, as a person would paste it. */
static bool run_command(struct rehearsal *rehearsal, struct stage_server *server,
                        const struct play_step *step, struct error *err)
{
    struct stage_files *file = file_of(rehearsal, step->file);
    const char *line = file->next < file->lines.count ? file->lines.items[file->next] : NULL;
    file->next++;
    if (!line || strcmp(line, step->command) != 0) {
        char *why = line ? xformat("%s has \"%s\" in its line %zu, the plan has \"%s\"", step->file,
                                   line, file->next, step->command)
                         : xformat("%s has no line %zu, the plan has \"%s\"", step->file,
                                   file->next, step->command);
        tell(rehearsal, REHEARSED_SURPRISE, step->server, line ? line : step->command, why,
             "certwright plan writes it anew");
        note_place(rehearsal, file);
        free(why);
        return true;
    }
    struct appliance_reply reply;
    const struct drill *drill = &rehearsal->drill;
    if (is_drilled(rehearsal, server) && drill->line && strcmp(drill->line, line) == 0)
        line = drill->typed;
    if (!type(server, line, &reply, err))
        return false;
    judge_reply(rehearsal, step, line, &reply);
    bool good = look_around(rehearsal, step->server, &reply, err);
    note_place(rehearsal, file);
    appliance_reply_free(&reply);
    return good;
}

/* Each line of a step that a person does, and the answers to what is asked back. */
static bool run_manual(struct rehearsal *rehearsal, struct stage_server *server,
                       const struct play_step *step, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < step->typed.count; i++) {
        struct appliance_reply reply;
        if (!type(server, step->typed.items[i], &reply, err))
            return false;
        good = reply.verdict == APPLIANCE_DONE;
        if (!good)
            judge_reply(rehearsal, step, step->typed.items[i], &reply);
        appliance_reply_free(&reply);
    }
    if (good && step->typed.count)
        tell(rehearsal, REHEARSED_GOOD, step->server, step->typed.items[step->typed.count - 1], "",
             "");
    else if (good)
        tell(rehearsal, REHEARSED_NOTE, step->server, step->manual, "done by hand", "");
    return true;
}

bool rehearse_put(const char *path, const struct buffer *data, struct error *err)
{
    int fd;
    if (unlink(path) != 0 && errno != ENOENT)
        return error_system(err, path, "cannot be replaced");
    if (!file_create(AT_FDCWD, path, 0600, &fd, err))
        return false;
    bool good = file_append(fd, path, data->data, data->length, err);
    close(fd);
    return good;
}

/* In a drill a file may be another one. */
static bool plant(struct rehearsal *rehearsal, const struct stage_server *server, const char *name,
                  const char *path, struct error *err)
{
    const struct drill *drill = &rehearsal->drill;
    bool good = true;
    for (size_t i = 0; good && is_drilled(rehearsal, server) && i < drill->file_count; i++)
        if (strcmp(drill->files[i].name, name) == 0)
            good = file_replace(path, drill->files[i].content, strlen(drill->files[i].content),
                                0600, err);
    return good;
}

const char *rehearsal_drill(const struct rehearsal *rehearsal, const char **answer)
{
    *answer = rehearsal->drill.answer;
    return rehearsal->run;
}

/* "put files/a.crt a.crt", in the server's folder. *why: what of it is not as the plan says; free
 * it. */
static bool put_file(struct rehearsal *rehearsal, struct stage_server *server,
                     const struct play_step *step, const char *line, char **why, struct error *err)
{
    struct strings words = {0};
    struct buffer data = {0};
    struct error unread = {0};
    bool good = true;
    strings_split(&words, line, ' ');
    if (words.count != 3 || strcmp(words.items[0], "put") != 0 ||
        !strings_has(&step->upload, words.items[2]) || strchr(words.items[2], '/')) {
        *why = xformat("\"%s\" is no line of the plan's", line);
    } else {
        char *folder = path_join(rehearsal->folder, step->server);
        char *from = path_join(folder, words.items[1]);
        char *to = path_join(appliance_folder(server->appliance), words.items[2]);
        if (file_read(from, &data, &unread))
            good =
                rehearse_put(to, &data, err) && plant(rehearsal, server, words.items[2], to, err);
        else
            *why = xformat("%s: %s", words.items[1], unread.message);
        free(folder);
        free(from);
        free(to);
    }
    buffer_free(&data);
    strings_free(&words);
    return good;
}

static bool run_upload(struct rehearsal *rehearsal, struct stage_server *server,
                       const struct play_step *step, struct error *err)
{
    struct stage_files *file = file_of(rehearsal, step->file);
    char *why = NULL,
         *what = xformat(step->upload.count == 1 ? "upload of %zu file" : "upload of %zu files",
                         step->upload.count);
    bool good = true;
    for (size_t i = 0; good && !why && i < file->lines.count; i++)
        good = put_file(rehearsal, server, step, file->lines.items[i], &why, err);
    if (good && !why && file->lines.count != step->upload.count)
        why = xformat("%s does not name all files of the plan", step->file);
    tell(rehearsal, why ? REHEARSED_SURPRISE : REHEARSED_GOOD, step->server, what, why ? why : "",
         why ? "certwright plan writes it anew" : "");
    str_addf(&server->transcript, "%s\n", what);
    free(what);
    free(why);
    return good;
}

static bool run_step(struct rehearsal *rehearsal, const struct play_step *step, struct error *err)
{
    struct stage_server *server = stage_find(rehearsal, step->server);
    if (!server && *step->server) {
        tell(rehearsal, REHEARSED_SURPRISE, step->server, step->command,
             "deployment.conf has no such server", "certwright plan");
        return true;
    }
    if (!server || (*step->manual && !step->typed.count)) {
        tell(rehearsal, REHEARSED_NOTE, step->server, step->manual, "done by hand", "");
        return true;
    }
    if (step->upload.count)
        return run_upload(rehearsal, server, step, err);
    if (*step->manual)
        return run_manual(rehearsal, server, step, err);
    return run_command(rehearsal, server, step, err);
}

size_t rehearsal_count(const struct rehearsal *rehearsal)
{
    return rehearsal->play.count + 1 + rehearsal->facts->trusts.count;
}

struct rehearsal_sum rehearsal_sum(const struct rehearsal *rehearsal)
{
    return rehearsal->sum;
}

bool rehearsal_next(struct rehearsal *rehearsal, const struct rehearsed **out, bool *done,
                    struct error *err)
{
    size_t steps = rehearsal->play.count;
    *done = rehearsal->ended || rehearsal->at >= rehearsal_count(rehearsal);
    if (*done)
        return true;
    size_t at = rehearsal->at;
    if (at == steps)
        rehearse_services(rehearsal);
    else if (at < steps
                 ? !run_step(rehearsal, &rehearsal->play.steps[at], err)
                 : !rehearse_trust(rehearsal, &rehearsal->facts->trusts.items[at - steps - 1], err))
        return false;
    rehearsal->at++;
    rehearsal->sum.steps += at < steps;
    rehearsal->sum.trusts += at > steps;
    rehearsal->sum.notes += rehearsal->told.how == REHEARSED_NOTE;
    rehearsal->sum.surprises += rehearsal->told.how == REHEARSED_SURPRISE;
    rehearsal->ended = rehearsal->told.how == REHEARSED_SURPRISE &&
                       !rehearsal->options.keep_going && !rehearsal->options.drill;
    *out = &rehearsal->told;
    return true;
}

/* What was rehearsed, by its plan.json; "" there is none. */
static void plan_digest(const char *folder, char out[static DIGEST_HEX + 1])
{
    char *path = path_join(folder, "plan.json");
    struct buffer data = {0};
    out[0] = '\0';
    if (file_read(path, &data, NULL))
        digest_hex(data.data, data.length, out);
    buffer_free(&data);
    free(path);
}

static bool write_outcome(const struct rehearsal *rehearsal, const char *folder, struct error *err)
{
    char digest[DIGEST_HEX + 1], *path = path_join(folder, "last.json");
    struct str text = {0};
    json_t *root = json_object();
    plan_digest(rehearsal->folder, digest);
    json_put(root, "plan", json_text(digest));
    json_put(root, "at", json_integer((json_int_t)time(NULL)));
    json_put(root, "surprises", json_integer((json_int_t)rehearsal->sum.surprises));
    json_write(root, &text);
    json_decref(root);
    bool good = file_replace(path, str_text(&text), text.length, 0644, err);
    str_free(&text);
    free(path);
    return good;
}

enum rehearsal_last rehearsal_last(const char *folder, time_t *at)
{
    char digest[DIGEST_HEX + 1], *path = path_join(folder, "rehearsal/last.json");
    struct buffer data = {0};
    enum rehearsal_last last = REHEARSAL_NEVER;
    json_t *root = file_read(path, &data, NULL)
                       ? json_loadb((const char *)data.data, data.length, 0, NULL)
                       : NULL;
    const char *plan = json_string_value(json_object_get(root, "plan"));
    *at = (time_t)json_integer_value(json_object_get(root, "at"));
    plan_digest(folder, digest);
    if (plan)
        last = strcmp(plan, digest) != 0                                ? REHEARSAL_OF_ANOTHER
               : json_integer_value(json_object_get(root, "surprises")) ? REHEARSAL_SURPRISE
                                                                        : REHEARSAL_GOOD;
    json_decref(root);
    buffer_free(&data);
    free(path);
    return last;
}

bool rehearsal_write(const struct rehearsal *rehearsal, struct error *err)
{
    bool good = true;
    char *folder = path_join(rehearsal->folder, "rehearsal");
    for (size_t i = 0; good && i < rehearsal->server_count; i++) {
        const struct stage_server *server = &rehearsal->servers[i];
        char *name = xformat("%s.txt", server->server->name), *path = path_join(folder, name);
        if (server->transcript.length)
            good = file_replace(path, str_text(&server->transcript), server->transcript.length,
                                0644, err);
        free(name);
        free(path);
    }
    good = good && write_outcome(rehearsal, folder, err);
    free(folder);
    return good;
}
