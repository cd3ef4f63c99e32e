#include "base/mem.h"
#include "base/secret.h"
#include "ui/columns.h"
#include "ui/say.h"
#include "ui/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define REST_MS 250   /* without a key: what is typed is judged, previews drawn */
#define DRAFT_MS 1000 /* and written down */
#define RESIZE_MS 50  /* the first size is painted at once, a storm of them so often */
#define IDLE_MS 3     /* waited so long for a byte: the bytes came together */
#define LATE_MS 3000  /* a digit so soon after Esc was to be a function key */
#define HELD_MOST 4096
#define LEAST_ROWS 12
#define LEAST_COLUMNS 40
#define FULL_ROWS 20
#define FULL_COLUMNS 76

static long long clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct view *ui_base(struct ui *ui)
{
    struct view *view = ui->top;
    while (view && view->under)
        view = view->under;
    return view;
}

void ui_paint(struct ui *ui, unsigned paint)
{
    ui->paint |= paint;
}

void ui_typed(struct ui *ui)
{
    ui->rest_ms = ui->now_ms + REST_MS;
    ui->draft_ms = ui->now_ms + DRAFT_MS;
}

void ui_push(struct ui *ui, struct view *view)
{
    view->under = ui->top;
    ui->top = view;
    ui->message_rows = frame_message_rows(ui);
    if (!ui->too_small)
        view->ops->build(ui, view);
    ui_paint(ui, PAINT_ALL);
}

void ui_pop(struct ui *ui)
{
    struct view *view = ui->top;
    ui->top = view->under;
    view->ops->drop(view);
    view->under = ui->closed;
    ui->closed = view;
    ui_paint(ui, PAINT_ALL);
}

static void bury(struct ui *ui)
{
    while (ui->closed) {
        struct view *view = ui->closed;
        ui->closed = view->under;
        view->ops->close(view);
    }
}

static void build_from(struct ui *ui, struct view *view)
{
    if (!view)
        return;
    build_from(ui, view->under);
    view->ops->build(ui, view);
}

/* Windows are made anew from the model: a window once squeezed stays squeezed. */
static void resized(struct ui *ui)
{
    for (struct view *view = ui->top; view; view = view->under)
        view->ops->drop(view);
    screen_resize();
    ui->rows = LINES;
    ui->columns = COLS;
    ui->too_small = ui->rows < LEAST_ROWS || ui->columns < LEAST_COLUMNS;
    ui->compact = ui->rows < FULL_ROWS || ui->columns < FULL_COLUMNS;
    if (!ui->too_small && ui->top) {
        ui->message_rows = frame_message_rows(ui);
        build_from(ui, ui->top);
    }
    ui_paint(ui, PAINT_ALL);
}

static void draw_views(struct ui *ui, struct view *view)
{
    if (!view)
        return;
    draw_views(ui, view->under);
    view->ops->draw(ui, view);
}

static void draw_too_small(struct ui *ui)
{
    struct strings lines = {0};
    text_wrap(&lines,
              "The screen needs 40 columns and 12 rows; certwright --plain needs neither. "
              "What you type waits.",
              ui->columns > 1 ? ui->columns - 1 : 1);
    werase(stdscr);
    for (int y = 0; y < ui->rows && y < (int)lines.count; y++)
        draw_text(stdscr, y, 0, ui->columns - 1, lines.items[y]);
    strings_free(&lines);
    ui->cursor_y = ui->cursor_x = 0;
    wnoutrefresh(stdscr);
}

static void draw(struct ui *ui)
{
    if (!ui->paint)
        return;
    if (ui->too_small) {
        draw_too_small(ui);
    } else {
        if (ui->paint & PAINT_ALL) {
            ui->message_rows = frame_message_rows(ui);
            frame_draw(ui);
            draw_views(ui, ui->top);
        } else {
            if (ui->paint & PAINT_FOOT)
                frame_foot(ui);
            if (ui->paint & PAINT_BODY) {
                if (ui->top->ops->paint)
                    ui->top->ops->paint(ui, ui->top);
                else
                    ui->top->ops->draw(ui, ui->top);
            }
        }
        if (panel_above(NULL))
            update_panels();
        else /* without a panel the library knows no screen either */
            wnoutrefresh(stdscr);
    }
    wmove(newscr, ui->cursor_y, ui->cursor_x);
    doupdate();
    ui->paint = 0;
}

/* Second names of keys that mean the same everywhere. */
static void rename_key(struct key *key)
{
    if (key->press == PRESS_META && key->number == 'v') {
        key->press = PRESS_PAGE_UP;
    } else if (key->press == PRESS_CONTROL) {
        switch (key->number) {
        case 'N':
            key->press = PRESS_FUNCTION;
            key->number = 2;
            break;
        case 'P':
            key->press = PRESS_ESC;
            break;
        case 'Q':
        case 'C':
            key->press = PRESS_FUNCTION;
            key->number = 10;
            break;
        case 'V':
            key->press = PRESS_PAGE_DOWN;
            break;
        }
    }
}

/* People are slow: the digit of Esc 0 may come when Esc was taken for itself, and the page it lands
 * on is another one. */
static bool came_late(struct ui *ui, const struct key *key)
{
    bool late = ui->esc_ms && ui->now_ms - ui->esc_ms < LATE_MS && key->press == PRESS_TEXT &&
                key->length == 1 && key->text[0] >= '0' && key->text[0] <= '9';
    ui->esc_ms = key->press == PRESS_ESC && key->waited ? ui->now_ms : 0;
    if (late)
        ui_say(ui, LEVEL_NOTE, "Too late after Esc for F%s, so nothing was typed. %s types it now.",
               key->text[0] == '0' ? "10" : key->text, key->text);
    return late;
}

/* The screen is too small to show what a key would do: it is done when it is larger. */
static void hold(struct ui *ui, const struct key *key)
{
    if (ui->held_count == HELD_MOST)
        return;
    ui->held = grow(ui->held, ui->held_count, sizeof *ui->held);
    struct key *held = &ui->held[ui->held_count++];
    *held = *key;
    if (key->press == PRESS_PASTE)
        held->paste = xstrndup(key->paste, key->paste_length);
}

static void drop_held(struct key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].press != PRESS_PASTE)
            continue;
        char *paste = (char *)keys[i].paste;
        wipe(paste, keys[i].paste_length);
        free(paste);
    }
    free(keys);
}

/* Text that waits for a larger screen is half typed, too. */
static void leave(struct ui *ui, int status)
{
    struct view *base = ui_base(ui);
    for (size_t i = 0; i < ui->held_count && ui->page->kind == PAGE_FORM && !ui->top->under &&
                       (ui->held[i].press == PRESS_TEXT || ui->held[i].press == PRESS_BACKSPACE);
         i++)
        base->ops->key(ui, base, &ui->held[i]);
    ui_leave(ui, status);
}

static void press(struct ui *ui, struct key *key)
{
    if (key->press == PRESS_CONTROL && key->number == 'L') {
        resized(ui);
        return;
    }
    if (key->press == PRESS_CONTROL && key->number == 'Z') {
        screen_suspend();
        resized(ui);
        return;
    }
    if (ui->too_small && !(key->press == PRESS_FUNCTION && key->number == 10) &&
        !(key->press == PRESS_CONTROL && (key->number == 'Q' || key->number == 'C'))) {
        hold(ui, key);
        return;
    }
    rename_key(key);
    bool next = key->press == PRESS_ENTER || (key->press == PRESS_FUNCTION && key->number == 2);
    if (!next)
        ui->insist = false;
    if (ui->said && ui->said_level <= LEVEL_NOTE) {
        free(ui->said);
        ui->said = NULL;
        ui_paint(ui, PAINT_FOOT);
    }
    if (key->press == PRESS_BAD) {
        ui_say(ui, LEVEL_NOTE, "Byte %02X is no character here (\xEF\xBF\xBD): not taken.",
               (unsigned)key->number);
        return;
    }
    if (came_late(ui, key))
        return;
    if (ui->too_small)
        leave(ui, STATUS_OK);
    else if (ui->top->ops->key(ui, ui->top, key))
        return;
    else if (!ui->top->under)
        ui_page_key(ui, key);
    else if (key->press == PRESS_ESC)
        ui_pop(ui);
    else if (key->press == PRESS_FUNCTION && key->number == 1)
        help_open(ui);
    else if (key->press == PRESS_FUNCTION && key->number == 10)
        ui_leave(ui, STATUS_OK);
}

static void release_held(struct ui *ui)
{
    struct key *keys = ui->held;
    size_t count = ui->held_count;
    ui->held = NULL;
    ui->held_count = 0;
    for (size_t i = 0; i < count && !ui->ended; i++)
        press(ui, &keys[i]);
    drop_held(keys, count);
}

static void take_keys(struct ui *ui)
{
    struct key key;
    bool esc = keys_after_esc(screen_keys());
    while (!ui->ended && keys_next(screen_keys(), ui->now_ms, &key))
        press(ui, &key);
    if (esc != keys_after_esc(screen_keys()))
        ui_paint(ui, PAINT_FOOT);
}

/* All that is there is read before anything is drawn. The end of the terminal ends the wizard. */
static void read_terminal(struct ui *ui)
{
    char bytes[4096];
    for (;;) {
        ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            ui->lost = true;
            leave(ui, 128 + SIGHUP);
            return;
        }
        keys_feed(screen_keys(), bytes, (size_t)count, ui->idle, ui->now_ms);
        ui->idle = false;
        wipe(bytes, (size_t)count);
        take_keys(ui);
        int waiting = 0;
        if (ui->ended || ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting <= 0)
            return;
    }
}

static void take_signals(struct ui *ui)
{
    for (int number; (number = screen_signal()) != 0;) {
        switch (number) {
        case SIGWINCH:
            if (!ui->resize_ms)
                ui->resize_ms = ui->resized_ms + RESIZE_MS > ui->now_ms ? ui->resized_ms + RESIZE_MS
                                                                        : ui->now_ms;
            break;
        case SIGTSTP:
            screen_suspend();
            ui->resize_ms = ui->now_ms;
            break;
        case SIGCONT:
            screen_resume();
            ui->resize_ms = ui->now_ms;
            break;
        default:
            ui->lost = tcgetattr(STDIN_FILENO, &(struct termios){0}) != 0;
            leave(ui, 128 + number);
        }
    }
}

static void sooner(int *wait, long long deadline_ms, long long now_ms)
{
    if (!deadline_ms)
        return;
    int left = deadline_ms > now_ms ? (int)(deadline_ms - now_ms) : 0;
    if (*wait < 0 || left < *wait)
        *wait = left;
}

static int next_deadline(const struct ui *ui)
{
    int wait = keys_wait_ms(screen_keys(), ui->now_ms);
    sooner(&wait, ui->rest_ms, ui->now_ms);
    sooner(&wait, ui->draft_ms, ui->now_ms);
    sooner(&wait, ui->resize_ms, ui->now_ms);
    sooner(&wait, ui->progress_ms, ui->now_ms);
    return wait;
}

static bool due(long long *deadline_ms, long long now_ms)
{
    if (!*deadline_ms || *deadline_ms > now_ms)
        return false;
    *deadline_ms = 0;
    return true;
}

static void take_deadlines(struct ui *ui)
{
    if (due(&ui->resize_ms, ui->now_ms)) {
        ui->resized_ms = ui->now_ms;
        resized(ui);
    }
    if (ui->held_count > 0 && !ui->too_small)
        release_held(ui);
    if (due(&ui->rest_ms, ui->now_ms) && ui->top->ops->rest && !ui->too_small)
        ui->top->ops->rest(ui, ui->top);
    if (due(&ui->draft_ms, ui->now_ms))
        ui_keep_draft(ui);
    if (due(&ui->progress_ms, ui->now_ms))
        ui_paint(ui, ui->top->under ? PAINT_ALL : PAINT_BODY);
    take_keys(ui);
}

static void turn(struct ui *ui)
{
    draw(ui);
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = screen_signal_fd(), .events = POLLIN},
                           {.fd = ui->job ? ui->job_fd : -1, .events = POLLIN}};
    long long before_ms = clock_ms();
    int ready = poll(fds, sizeof fds / sizeof *fds, next_deadline(ui));
    ui->now_ms = clock_ms();
    ui->idle = ui->now_ms - before_ms >= IDLE_MS;
    if (ready < 0 && errno != EINTR) {
        ui_leave(ui, STATUS_SYSTEM);
        return;
    }
    if (ready > 0 && fds[1].revents)
        take_signals(ui);
    if (ready > 0 && fds[0].revents && !ui->ended)
        read_terminal(ui);
    if (ready > 0 && fds[2].revents && !ui->ended)
        job_view_progress(ui);
    if (!ui->ended)
        take_deadlines(ui);
    bury(ui);
}

int ui_run(struct flow *flow, const struct ui_options *options)
{
    struct ui ui = {.flow = flow, .options = options, .draft = flow_draft(flow), .job_fd = -1};
    struct error err = {0};
    if (!screen_start(options, &err)) {
        struct str text = {0};
        error_text(&err, &text);
        fprintf(stderr, "certwright: %s\n", str_text(&text));
        str_free(&text);
        return (int)err.code;
    }
    const char *held = flow_held(flow);
    ui.now_ms = clock_ms();
    ui.page = flow_page(flow);
    resized(&ui);
    ui_page_changed(&ui);
    if (held)
        ui_say(&ui, LEVEL_WARN, "%s", held);
    while (!ui.ended)
        turn(&ui);

    if (ui.job) {
        job_cancel(ui.job);
        struct error ignored = {0};
        bool good = job_join(ui.job, &ignored);
        flow_job_result(flow, good, &ignored);
    }
    while (ui.top)
        ui_pop(&ui);
    bury(&ui);
    screen_stop(ui.lost);
    if (!ui.lost && options->again)
        say_left(stdout, flow, options->config, options->again);
    fflush(stdout);
    drop_held(ui.held, ui.held_count);
    free(ui.page_id);
    free(ui.said);
    free(ui.pending_action);
    free(ui.pending_text);
    ui_forget_asked(&ui);
    return ui.status;
}
