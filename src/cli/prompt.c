#include "cli/prompt.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct prompt {
    prompt_offer offer;
    void *context;
    const char *text;
    void *library; /* of libedit; NULL: plain lines */
    struct editor *editor;
};

bool prompt_plain(struct str *out)
{
    str_clear(out);
    char *line = NULL;
    size_t room = 0;
    ssize_t length = getline(&line, &room, stdin);
    for (; length > 0 && strchr("\r\n", line[length - 1]); length--)
        line[length - 1] = '\0';
    if (length >= 0)
        str_add(out, line);
    free(line);
    return length >= 0;
}

#ifdef HAVE_LIBEDIT
#include <dlfcn.h>
#include <histedit.h>

/* Loaded when a session at a terminal begins: no other command needs it. */
#ifdef __APPLE__
static const char library_name[] = "libedit.3.dylib";
#else
static const char library_name[] = "libedit.so.2";
#endif
enum { HISTORY_LINES = 500 };

/* What is used of it, by its own prototypes. */
struct editor {
    EditLine *line;
    History *history;
    __typeof__(&el_init) init;
    __typeof__(&el_end) end;
    __typeof__(&el_set) set;
    __typeof__(&el_get) get;
    __typeof__(&el_gets) read;
    __typeof__(&el_line) now;
    __typeof__(&el_insertstr) insert;
    __typeof__(&history_init) history_init;
    __typeof__(&history_end) history_end;
    __typeof__(&history) history_do;
};

static bool load(void *library, struct editor *editor)
{
    const struct {
        const char *name;
        void *place;
    } functions[] = {{"el_init", &editor->init},
                     {"el_end", &editor->end},
                     {"el_set", &editor->set},
                     {"el_get", &editor->get},
                     {"el_gets", &editor->read},
                     {"el_line", &editor->now},
                     {"el_insertstr", &editor->insert},
                     {"history_init", &editor->history_init},
                     {"history_end", &editor->history_end},
                     {"history", &editor->history_do}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(library, functions[i].name);
        if (!found)
            return false;
        memcpy(functions[i].place, &found, sizeof found);
    }
    return true;
}

static __typeof__(&el_get) get_data; /* of the terminal there is one */

static struct prompt *prompt_of(EditLine *line)
{
    void *data = NULL;
    get_data(line, EL_CLIENTDATA, &data);
    return data;
}

static char *prompt_text(EditLine *line)
{
    return (char *)prompt_of(line)->text;
}

/* What all of them begin with. */
static size_t common_length(const struct strings *words)
{
    size_t length = strlen(words->items[0]);
    for (size_t i = 1; i < words->count; i++)
        for (size_t j = 0; j < length; j++)
            if (words->items[i][j] != words->items[0][j])
                length = j;
    return length;
}

static void list_words(const struct strings *words)
{
    putchar('\n');
    for (size_t i = 0; i < words->count; i++)
        printf("%s%s", words->items[i], i + 1 < words->count ? "  " : "\n");
    fflush(stdout);
}

/* Tab: as much as is sure, with a blank where the word is whole; else what it may become. */
static unsigned char complete(EditLine *line, int key)
{
    (void)key;
    struct prompt *prompt = prompt_of(line);
    const LineInfo *now = prompt->editor->now(line);
    char *typed = xstrndup(now->buffer, (size_t)(now->cursor - now->buffer));
    const char *blank = strrchr(typed, ' ');
    size_t stem = strlen(blank ? blank + 1 : typed);
    struct strings words = {0};
    prompt->offer(prompt->context, typed, &words);
    unsigned char answer = CC_ERROR;
    if (words.count) {
        size_t length = common_length(&words);
        char *more = xformat("%.*s%s", (int)(length - stem), words.items[0] + stem,
                             words.count == 1 ? " " : "");
        answer = CC_REFRESH;
        if (*more) {
            prompt->editor->insert(line, more);
        } else {
            list_words(&words);
            answer = CC_REDISPLAY;
        }
        free(more);
    }
    strings_free(&words);
    free(typed);
    return answer;
}

static void start(struct prompt *prompt)
{
    HistEvent event;
    prompt->library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    struct editor *editor = prompt->library ? xcalloc(1, sizeof *editor) : NULL;
    if (!editor || !load(prompt->library, editor) ||
        !(editor->line = editor->init("certwright", stdin, stdout, stderr))) {
        free(editor);
        return;
    }
    prompt->editor = editor;
    get_data = editor->get;
    editor->set(editor->line, EL_CLIENTDATA, prompt);
    editor->set(editor->line, EL_PROMPT, prompt_text);
    editor->set(editor->line, EL_EDITOR, "emacs");
    editor->set(editor->line, EL_SIGNAL, 1);
    editor->set(editor->line, EL_ADDFN, "offer", "completes the word", complete);
    editor->set(editor->line, EL_BIND, "^I", "offer", NULL);
    editor->history = editor->history_init();
    if (editor->history) {
        editor->history_do(editor->history, &event, H_SETSIZE, HISTORY_LINES);
        editor->history_do(editor->history, &event, H_SETUNIQUE, 1);
        editor->set(editor->line, EL_HIST, editor->history_do, editor->history);
    }
}

static void stop(struct prompt *prompt)
{
    struct editor *editor = prompt->editor;
    if (editor) {
        editor->end(editor->line);
        if (editor->history)
            editor->history_end(editor->history);
        free(editor);
    }
    if (prompt->library)
        dlclose(prompt->library);
}

static bool edited_line(struct prompt *prompt, struct str *out)
{
    struct editor *editor = prompt->editor;
    int length = 0;
    const char *line = editor->read(editor->line, &length);
    if (!line || length <= 0)
        return false;
    str_add_bytes(out, line, strcspn(line, "\r\n"));
    HistEvent event;
    if (editor->history && out->length)
        editor->history_do(editor->history, &event, H_ENTER, str_text(out));
    return true;
}

const char *prompt_version(void)
{
    static char version[32];
    snprintf(version, sizeof version, "libedit %d.%d", LIBEDIT_MAJOR, LIBEDIT_MINOR);
    return version;
}
#else
struct editor {
    char none;
};

static void start(struct prompt *prompt)
{
    prompt->editor = NULL;
}

static void stop(struct prompt *prompt)
{
    (void)prompt;
}

static bool edited_line(struct prompt *prompt, struct str *out)
{
    (void)prompt;
    return prompt_plain(out);
}

const char *prompt_version(void)
{
    return NULL;
}
#endif

struct prompt *prompt_new(prompt_offer offer, void *context)
{
    struct prompt *prompt = xcalloc(1, sizeof *prompt);
    *prompt = (struct prompt){.offer = offer, .context = context};
    start(prompt);
    return prompt;
}

void prompt_free(struct prompt *prompt)
{
    stop(prompt);
    free(prompt);
}

bool prompt_line(struct prompt *prompt, const char *text, struct str *out)
{
    prompt->text = text;
    str_clear(out);
    if (prompt->editor)
        return edited_line(prompt, out);
    fputs(text, stdout);
    fflush(stdout);
    return prompt_plain(out);
}
