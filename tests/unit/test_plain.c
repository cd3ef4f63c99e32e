#include "base/mem.h"
#include "ui/ui.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A flow of five pages that this file plays itself: menu, form, job, list, text. */
struct flow {
    int at;
    struct page page;
    bool made;
    char host[100], signer[20], list[100];
    bool turn, ticked, job_done, ended, told;
    char did[200]; /* the last action */
    const char *message;
};

static struct field *add_field(struct page *page, const char *id, const char *label,
                               enum field_kind kind, const char *value)
{
    page->fields = grow(page->fields, page->field_count, sizeof *page->fields);
    struct field *field = &page->fields[page->field_count++];
    *field = (struct field){.id = xstrdup(id),
                            .label = xstrdup(label),
                            .help = xstrdup("It is asked for a reason."),
                            .section = xstrdup("3.1"),
                            .kind = kind,
                            .value = xstrdup(value),
                            .note = xstrdup(""),
                            .finding = xstrdup(""),
                            .remedy = xstrdup("")};
    return field;
}

static struct row *add_row(struct page *page, const char *id, const char *word, const char *text)
{
    page->rows = grow(page->rows, page->row_count, sizeof *page->rows);
    struct row *row = &page->rows[page->row_count++];
    *row = (struct row){.id = xstrdup(id),
                        .word = xstrdup(word),
                        .text = xstrdup(text),
                        .detail = xstrdup("What the row means."),
                        .file = xstrdup("")};
    return row;
}

static struct action *add_action(struct page *page, const char *id, const char *label)
{
    page->actions = grow(page->actions, page->action_count, sizeof *page->actions);
    struct action *action = &page->actions[page->action_count++];
    *action = (struct action){.id = xstrdup(id), .label = xstrdup(label)};
    return action;
}

static void make_form(const struct flow *flow, struct page *page)
{
    add_field(page, "host", "Common name", FIELD_TEXT, flow->host);
    struct field *field = add_field(page, "signer", "Signed by", FIELD_CHOICE, flow->signer);
    strings_add(&field->choices, "public");
    strings_add(&field->choices, "internal");
    strings_add(&field->labels, "public CA");
    strings_add(&field->labels, "internal CA");
    strings_add(&field->whys, "Guests know no other.");
    strings_add(&field->whys, "");
    field = add_field(page, "turn", "TURN", FIELD_TICK, flow->turn ? "yes" : "no");
    strings_add(&field->labels, "on the edges");
    field = add_field(page, "names", "Names", FIELD_TEXT, flow->list);
    field->list = true;
    strings_add(&page->live, "Stands for: one request");
}

static void make(const struct flow *flow, struct page *page)
{
    static const enum page_kind kinds[] = {PAGE_MENU, PAGE_FORM, PAGE_JOB, PAGE_LIST, PAGE_TEXT};
    static const char *const ids[] = {"start", "basics", "make", "import", "done"};
    *page = (struct page){.kind = kinds[flow->at],
                          .id = xstrdup(ids[flow->at]),
                          .heading = xformat("example.com - %s", ids[flow->at]),
                          .title = xstrdup(ids[flow->at]),
                          .step = flow->at,
                          .steps = flow->at ? 4 : 0,
                          .message = flow->message ? xstrdup(flow->message) : NULL,
                          .message_level = LEVEL_OK,
                          .next = xstrdup("Next")};
    page->marks = xcalloc(1, sizeof *page->marks);
    page->mark_count = 1;
    *page->marks = (struct mark){.id = xstrdup("basics"),
                                 .sign = '+',
                                 .label = xstrdup("basics"),
                                 .words = xstrdup("ready")};
    if (flow->at == 0) {
        add_row(page, "lab", "", "New: a lab server         9 answers");
        add_row(page, "open", "", "Open a file");
    } else if (flow->at == 1) {
        make_form(flow, page);
    } else if (flow->at == 3) {
        struct row *row = add_row(page, "star", "TAKE", "star.p7b     wb.crt\x1B[31m");
        row->can_tick = true;
        row->ticked = flow->ticked;
        add_action(page, "path", "Files")->wants_path = true;
        add_action(page, "paste", "Paste")->wants_text = true;
        add_action(page, "wipe", "Delete")->confirm = xstrdup("Delete 2 files");
        page->confirm_next = xstrdup("Write 3 files");
    } else if (flow->at == 4) {
        strings_add(&page->text, "All is done.");
        page->last = true;
    }
}

static void free_fields(struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++) {
        struct field *field = &page->fields[i];
        char *texts[] = {field->id,   field->label,   field->help,   field->section, field->value,
                         field->note, field->finding, field->remedy, field->mend};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            free(texts[j]);
        strings_free(&field->choices);
        strings_free(&field->labels);
        strings_free(&field->whys);
    }
    free(page->fields);
}

void page_free(struct page *page)
{
    free_fields(page);
    for (size_t i = 0; i < page->row_count; i++) {
        free(page->rows[i].id);
        free(page->rows[i].word);
        free(page->rows[i].text);
        free(page->rows[i].detail);
        free(page->rows[i].file);
    }
    for (size_t i = 0; i < page->action_count; i++) {
        free(page->actions[i].id);
        free(page->actions[i].label);
        free(page->actions[i].confirm);
    }
    for (size_t i = 0; i < page->mark_count; i++) {
        free(page->marks[i].id);
        free(page->marks[i].label);
        free(page->marks[i].words);
    }
    free(page->rows);
    free(page->actions);
    free(page->marks);
    char *texts[] = {page->id,   page->heading,      page->title,    page->message,
                     page->next, page->confirm_next, page->clipboard};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    strings_free(&page->text);
    strings_free(&page->live);
    *page = (struct page){0};
}

const struct page *flow_page(struct flow *flow)
{
    if (!flow->made)
        make(flow, &flow->page);
    flow->made = true;
    return &flow->page;
}

static bool set(struct flow *flow, const struct event *event, struct error *err)
{
    const char *blank = strchr(event->text, ' ');
    if (strcmp(event->id, "host") == 0 && blank)
        return error_set(err, STATUS_NO, "", "put a dot", "a host name has no blank (column %d)",
                         (int)(blank - event->text) + 1);
    if (strcmp(event->id, "host") == 0)
        snprintf(flow->host, sizeof flow->host, "%s", event->text);
    else if (strcmp(event->id, "signer") == 0)
        snprintf(flow->signer, sizeof flow->signer, "%s", event->text);
    else if (strcmp(event->id, "names") == 0)
        snprintf(flow->list, sizeof flow->list, "%s", event->text);
    else
        flow->turn = strcmp(event->text, "yes") == 0;
    return true;
}

/* Pages are made anew whatever comes of the event: what was handed out is gone then. */
bool flow_take(struct flow *flow, const struct event *event, struct error *err)
{
    bool good = true;
    flow->message = NULL;
    switch (event->kind) {
    case EVENT_SET:
        good = set(flow, event, err);
        break;
    case EVENT_TICK:
        flow->ticked = !flow->ticked;
        break;
    case EVENT_ACTION:
        snprintf(flow->did, sizeof flow->did, "%s %s", event->id, event->text ? event->text : "-");
        flow->message = "Done as told";
        break;
    case EVENT_NEXT:
        if (!*flow->host && flow->at == 1 && !event->insist)
            good = error_set(err, STATUS_NO, "", NULL, "a name is missing");
        else if (flow->at == 4)
            flow->ended = true;
        else
            flow->at++;
        break;
    case EVENT_DONE:
    case EVENT_UNDO:
        flow->job_done = true;
        flow->at = 3;
        flow->message = "2 keys made";
        break;
    case EVENT_CHOOSE:
        flow->at = 1;
        break;
    case EVENT_BACK:
        flow->at = flow->at > 0 ? flow->at - 1 : 0;
        break;
    case EVENT_GOTO:
        if (strcmp(event->id, "basics") != 0)
            good = error_set(err, STATUS_NO, event->id, NULL, "no such page");
        else
            flow->at = 1;
        break;
    }
    if (flow->made)
        page_free(&flow->page);
    flow->made = false;
    return good;
}

void flow_judge(struct flow *flow, const char *id, const char *text, struct page *out)
{
    make(flow, out);
    if (flow->at == 1 && strcmp(id, "host") == 0 && strchr(text, ' '))
        out->fields[0].mend = xstrdup("join.example.com");
}

static bool work(void *arg, struct progress *progress, struct error *err)
{
    (void)arg;
    (void)err;
    return progress_step(progress, 1, 2, "dbca     key") &&
           progress_step(progress, 2, 2, "KEPT identity1");
}

job_function flow_job(struct flow *flow, void **arg)
{
    *arg = NULL;
    return flow->at == 2 && !flow->job_done ? work : NULL;
}

void flow_job_result(struct flow *flow, bool ok, const struct error *err)
{
    (void)err;
    flow->told = ok;
}

char *flow_passes(struct flow *flow)
{
    (void)flow;
    return NULL;
}

bool flow_ended(const struct flow *flow)
{
    return flow->ended;
}

struct draft *flow_draft(struct flow *flow)
{
    static struct draft none;
    (void)flow;
    return &none;
}

const char *flow_held(const struct flow *flow)
{
    (void)flow;
    return NULL;
}

void flow_inspect(struct flow *flow, const char *file, struct page *out)
{
    (void)flow;
    (void)file;
    *out = (struct page){0};
}

/* The test's own: a flow at a page, a run over some input, what it said. */
struct play {
    struct flow flow;
    char *said, *failed;
    int status;
};

static void play_at(struct play *play, int page)
{
    *play = (struct play){.flow = {.at = page, .ticked = true}};
    strcpy(play->flow.host, "join.example.com");
    strcpy(play->flow.signer, "public");
}

static void play_plain(struct play *play, const char *input, bool ids)
{
    size_t length;
    free(play->said);
    FILE *in = fmemopen((void *)input, strlen(input), "r");
    FILE *out = open_memstream(&play->said, &length);
    play->status =
        plain_run(&play->flow, &(struct plain_options){.in = in, .out = out, .ids = ids});
    fclose(in);
    fclose(out);
}

static void play_script(struct play *play, const char *answers)
{
    char path[] = "/tmp/answersXXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, answers, strlen(answers)), strlen(answers));
    close(fd);
    size_t length, failed;
    FILE *out = open_memstream(&play->said, &length);
    FILE *err = open_memstream(&play->failed, &failed);
    play->status = script_run(&play->flow, path, &(struct plain_options){.out = out, .err = err});
    fclose(out);
    fclose(err);
    unlink(path);
}

static void play_over(struct play *play)
{
    if (play->flow.made)
        page_free(&play->flow.page);
    free(play->said);
    free(play->failed);
}

static void assert_says(const char *said, const char *text)
{
    if (!strstr(said, text))
        fail_msg("wanted \"%s\" in:\n%s", text, said);
}

static size_t times(const char *said, const char *text)
{
    size_t count = 0;
    for (const char *at = said; (at = strstr(at, text)); at++)
        count++;
    return count;
}

static void from_the_start_to_the_end(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 0);
    play_plain(&play, "1\nwb.example.com\n2\ny\na.b\nc.d\n.\n\nyes\n\n", false);
    assert_int_equal(play.status, 0);
    assert_true(play.flow.ended);
    assert_string_equal(play.flow.host, "wb.example.com");
    assert_string_equal(play.flow.signer, "internal");
    assert_string_equal(play.flow.list, "a.b, c.d");
    assert_true(play.flow.turn);
    assert_says(play.said, "  1 New: a lab server, 9 answers\n");
    assert_says(play.said, "Choose 1 to 2 [1] (? < #): ");
    assert_says(play.said, "Common name [join.example.com] (? <): ");
    assert_says(play.said, "Signed by: internal CA.\n");
    assert_says(play.said, "1 of 2: dbca, key\n2 of 2: KEPT identity1\n2 keys made.\n");
    assert_says(play.said, "Write 3 files? yes or no [no] (? <): ");
    assert_says(play.said, "All is done.");
    play_over(&play);
}

static void a_wrong_answer_repeats_the_question_only(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 1);
    play_plain(&play, "join.example com\n\n3\nwhat\n\n", false);
    assert_says(play.said,
                "(? <): Error: a host name has no blank (column 13). Put a dot.\n"
                "join.example.com is what it may be.\nCommon name [join.example.com] (? <): ");
    assert_int_equal(times(play.said, "  1 public CA\n"), 1);
    assert_int_equal(times(play.said, "Error: answer with a number from 1 to 2.\n"), 2);
    play_over(&play);
}

static void signs_ask_go_back_and_empty(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 1);
    play_plain(&play, "?\n#\n!\n<\n<\n", false);
    assert_says(play.said, "It is asked for a reason.\nGuide 3.1.\n");
    assert_says(play.said, "< goes back. # tells what is left, #NAME goes there, as #basics.\n");
    assert_says(play.said, "! is an empty answer. - takes back the last answer.\n");
    assert_says(play.said, "  basics: ready, #basics\n");
    assert_string_equal(play.flow.host, "");
    assert_int_equal(play.flow.at, 0); /* back from the first field is back from the page */
    assert_int_equal(play.status, 1);
    play_over(&play);
}

static void a_number_sign_goes_to_a_page(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 3);
    play_plain(&play, "#nowhere\n#basics\n", false);
    assert_says(play.said, "Error: nowhere: no such page.\n");
    assert_says(play.said, "Common name");
    assert_int_equal(play.flow.at, 1);
    play_over(&play);
}

static void the_end_of_input_names_the_open_question(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 1);
    play_plain(&play, "wb.example.com\n", true);
    assert_int_equal(play.status, 1);
    assert_string_equal(play.flow.host, "wb.example.com");
    assert_says(play.said, "[host] Common name [join.example.com] (? <): ");
    assert_says(play.said, "Error: the input ended at signer; what was accepted is saved.\n");
    play_over(&play);
}

static void what_stands_in_the_way_may_be_passed(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 1);
    play_plain(&play, "!\n\n\n\nyes\n", false);
    assert_says(play.said, "Stands for: one request\nError: a name is missing.\n");
    assert_says(play.said, "Go on all the same? yes or no [no] (? <): ");
    assert_int_equal(play.flow.at, 3);
    play_over(&play);
}

static void rows_and_actions_by_name(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 3);
    play_plain(&play, "1\npath\n/mnt/usb\nwhy 1\n7\nnonsense\n", false);
    assert_false(play.flow.ticked);
    assert_string_equal(play.flow.did, "path /mnt/usb");
    assert_says(play.said, "  1 TAKE: star.p7b, wb.crt\\x1B[31m (ticked)\n");
    assert_says(play.said, "Also: path (Files), paste (Paste), wipe (Delete).\n");
    assert_says(play.said, "(not ticked)\n");
    assert_says(play.said, "What the row means.\n");
    assert_says(play.said, "Error: there are rows 1 to 1.\n");
    assert_says(play.said, "Error: no row or action has that name. ? tells what there is.\n");
    assert_null(strchr(play.said, 0x1B));
    play_over(&play);
}

static void pasted_text_ends_with_a_dot_and_deleting_asks(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 3);
    play_plain(&play, "paste\none\ntwo\n.\nwipe\nno\n", false);
    assert_string_equal(play.flow.did, "paste one\ntwo\n");
    assert_says(play.said, "Delete 2 files? yes or no [no] (? <): ");
    play_plain(&play, "wipe\nyes\n", false);
    assert_string_equal(play.flow.did, "wipe -");
    play_over(&play);
}

static void a_file_of_answers_runs_to_the_end(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 0);
    play_script(&play, "# a comment\nstart = lab\n  host = wb.example.com  \nsigner = internal CA\n"
                       "import.star = no\nimport.path = /mnt\r\n\nturn = yes\n");
    assert_string_equal(play.failed, "");
    assert_int_equal(play.status, 0);
    assert_true(play.flow.ended);
    assert_true(play.flow.told);
    assert_string_equal(play.flow.host, "wb.example.com");
    assert_string_equal(play.flow.signer, "internal");
    assert_true(play.flow.turn);
    assert_false(play.flow.ticked);
    assert_string_equal(play.flow.did, "path /mnt");
    assert_says(play.said, "Common name: wb.example.com\n");
    assert_says(play.said, "2 of 2: KEPT identity1\n");
    play_over(&play);
}

static void assert_script_fails(const char *answers, const char *line, const char *what)
{
    struct play play;
    play_at(&play, 0);
    play_script(&play, answers);
    assert_int_equal(play.status, 1);
    assert_says(play.failed, line);
    assert_says(play.failed, what);
    assert_int_equal(strncmp(play.failed, "certwright: ", 12), 0);
    play_over(&play);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    assert_script_fails("start = lab\nhost = a b\n",
                        ":2: ", "host: a host name has no blank (column 2): put a dot");
    assert_script_fails("start = lab\nhots = a.b\n", ":2: ", "did you mean host?");
    assert_script_fails("start = lap\n", ":1: ", "no such row: choose one of lab, open");
    assert_script_fails("start = 3\n", ":1: ", "no such row");
    assert_script_fails("start\n", ":1: ", "write: id = value");
    assert_script_fails("start = lab\nturn = yes\nturn = no\n", ":3: ", "given twice");
    assert_script_fails("host = a.b\n", "", "no answer to start");
    assert_script_fails("start = lab\nhost =\n", "", "basics: a name is missing");
    assert_script_fails("start = lab\nimport.star = perhaps\n", ":2: ", "answer yes or no");
}

static void answers_may_end_before_the_wizard(void **state)
{
    (void)state;
    struct play play;
    play_at(&play, 0);
    play_script(&play, "start = New:\nhost = wb.example.com\nleave = basics\n");
    assert_int_equal(play.status, 0);
    assert_int_equal(play.flow.at, 1);
    assert_string_equal(play.flow.host, "wb.example.com");
    play_over(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_start_to_the_end),
        cmocka_unit_test(a_wrong_answer_repeats_the_question_only),
        cmocka_unit_test(signs_ask_go_back_and_empty),
        cmocka_unit_test(a_number_sign_goes_to_a_page),
        cmocka_unit_test(the_end_of_input_names_the_open_question),
        cmocka_unit_test(what_stands_in_the_way_may_be_passed),
        cmocka_unit_test(rows_and_actions_by_name),
        cmocka_unit_test(pasted_text_ends_with_a_dot_and_deleting_asks),
        cmocka_unit_test(a_file_of_answers_runs_to_the_end),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(answers_may_end_before_the_wizard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
