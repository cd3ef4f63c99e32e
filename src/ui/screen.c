#include "ui/screen.h"

#include "base/mem.h"
#include "ui/draw.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_MS 50
#define ESCAPE_SERIAL_MS 200

static const int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGTSTP, SIGCONT};
#define WATCHED (sizeof watched / sizeof *watched)

static struct {
    SCREEN *screen;
    struct key_reader *keys;
    bool serial, color, mouse;
    char *paste_on, *paste_off;
    int signal_read, signal_write;
    struct sigaction before[WATCHED];
} terminal = {.signal_read = -1, .signal_write = -1};

static void on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(terminal.signal_write, &byte, 1);
    (void)written; /* full: the loop has enough to do already */
    errno = saved;
}

static bool watch_signals(struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return error_system(err, "", "no pipe");
    terminal.signal_read = ends[0];
    terminal.signal_write = ends[1];
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < WATCHED; i++)
        sigaction(watched[i], &action, &terminal.before[i]);
    return true;
}

static void unwatch_signals(void)
{
    if (terminal.signal_read < 0)
        return;
    for (size_t i = 0; i < WATCHED; i++)
        sigaction(watched[i], &terminal.before[i], NULL);
    close(terminal.signal_read);
    close(terminal.signal_write);
    terminal.signal_read = terminal.signal_write = -1;
}

/* Past curses, whose buffer is empty between two doupdates. */
static void tell(const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, text, length);
        if (written < 0 && errno != EINTR)
            return;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
}

static bool is_serial(void)
{
    const char *name = ttyname(STDIN_FILENO);
    return name && (strncmp(name, "/dev/ttyS", 9) == 0 || strncmp(name, "/dev/ttyUSB", 11) == 0 ||
                    strncmp(name, "/dev/hvc", 8) == 0);
}

/* An extended capability's string, NULL where the terminal has none. */
static char *capability(const char *name)
{
    char *text = tigetstr(name);
    return text && text != (char *)-1 ? text : NULL;
}

static void learn_keys(void)
{
    static const struct {
        const char *name;
        enum press press;
        int number;
    } known[] = {
        {"kcuu1", PRESS_UP, 0},       {"kcud1", PRESS_DOWN, 0},    {"kcub1", PRESS_LEFT, 0},
        {"kcuf1", PRESS_RIGHT, 0},    {"khome", PRESS_HOME, 0},    {"kend", PRESS_END, 0},
        {"kpp", PRESS_PAGE_UP, 0},    {"knp", PRESS_PAGE_DOWN, 0}, {"kdch1", PRESS_DELETE, 0},
        {"kcbt", PRESS_BACKTAB, 0},   {"kent", PRESS_ENTER, 0},    {"kbs", PRESS_BACKSPACE, 0},
        {"kf1", PRESS_FUNCTION, 1},   {"kf2", PRESS_FUNCTION, 2},  {"kf3", PRESS_FUNCTION, 3},
        {"kf4", PRESS_FUNCTION, 4},   {"kf5", PRESS_FUNCTION, 5},  {"kf6", PRESS_FUNCTION, 6},
        {"kf7", PRESS_FUNCTION, 7},   {"kf8", PRESS_FUNCTION, 8},  {"kf9", PRESS_FUNCTION, 9},
        {"kf10", PRESS_FUNCTION, 10},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *bytes = capability(known[i].name);
        if (bytes)
            keys_add(terminal.keys, bytes, known[i].press, known[i].number);
    }
}

static void set_colors(enum ui_color wanted)
{
    const char *no_color = getenv("NO_COLOR");
    terminal.color = false;
    if (wanted == UI_COLOR_NEVER || !has_colors() ||
        (wanted == UI_COLOR_AUTO && no_color && *no_color))
        return;
    if (start_color() == ERR || use_default_colors() == ERR)
        return;
    terminal.color = init_pair(1, COLOR_RED, -1) == OK && init_pair(2, COLOR_YELLOW, -1) == OK;
}

/* raw(), for with cbreak() ^Q never arrives; on a serial line ^S and ^Q stay the line's. */
static void set_modes(void)
{
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    meta(stdscr, TRUE);
    typeahead(-1);
    if (terminal.serial) {
        struct termios modes;
        if (tcgetattr(STDIN_FILENO, &modes) == 0) {
            modes.c_iflag |= IXON;
            tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
            def_prog_mode();
        }
    }
}

/* The program may end elsewhere (memory): not with the screen left open. */
static void at_exit(void)
{
    if (terminal.screen && !isendwin())
        endwin();
}

bool screen_start(const struct ui_options *options, struct error *err)
{
    setlocale(LC_CTYPE, "");
    const char *refusal = ui_refusal();
    if (refusal)
        return error_set(err, STATUS_NO, "", NULL, "%s", refusal);
    if (!watch_signals(err))
        return false;
    terminal.serial = is_serial();
    set_escdelay(terminal.serial ? ESCAPE_SERIAL_MS : ESCAPE_MS);
    terminal.screen = newterm(NULL, stdout, stdin);
    if (!terminal.screen) {
        screen_stop(false);
        return error_set(err, STATUS_NO, "", "run certwright --plain", "curses can't start here");
    }
    static bool registered;
    if (!registered)
        registered = atexit(at_exit) == 0;
    set_colors(options->color);
    set_modes();
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    draw_ascii(options->ascii || (!utf8 && !capability("acsc")));

    terminal.paste_on = capability("BE");
    terminal.paste_off = capability("BD");
    terminal.keys = keys_new(terminal.paste_on, terminal.serial ? ESCAPE_SERIAL_MS : ESCAPE_MS);
    learn_keys();
    terminal.mouse = options->mouse;
    screen_resume();
    return true;
}

void screen_resume(void)
{
    reset_prog_mode();
    if (terminal.paste_on)
        tell(terminal.paste_on);
    if (terminal.mouse)
        tell("\033[?1000h\033[?1006h");
    clearok(curscr, TRUE);
}

static void leave_modes(void)
{
    if (terminal.mouse)
        tell("\033[?1006l\033[?1000l");
    if (terminal.paste_off)
        tell(terminal.paste_off);
}

void screen_stop(bool lost)
{
    if (terminal.screen) {
        if (!lost) {
            if (terminal.keys)
                leave_modes();
            /* A terminal without a second screen keeps this one: the prompt gets a row of its own.
             */
            wmove(newscr, LINES - 1, 0);
            wclrtoeol(newscr);
            doupdate();
            endwin();
        }
        /* No delscreen: the panel library's own root hangs on the screen and would leak. */
        terminal.screen = NULL;
    }
    keys_free(terminal.keys);
    terminal.keys = NULL;
    unwatch_signals();
}

void screen_suspend(void)
{
    leave_modes();
    endwin();
    size_t stop = 0;
    while (watched[stop] != SIGTSTP)
        stop++;
    struct sigaction ours;
    sigaction(SIGTSTP, &terminal.before[stop], &ours);
    kill(0,
         SIGTSTP); /* the whole job, as the terminal itself would: make run has a shell above us */
    sigaction(SIGTSTP, &ours, NULL);
    screen_resume();
}

void screen_resize(void)
{
    struct winsize size = {0};
    int rows = 0, columns = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        rows = size.ws_row;
        columns = size.ws_col;
    }
    if (rows <= 0 || columns <= 0) { /* a serial line knows none */
        rows = 24;
        columns = 80;
    }
    resizeterm(rows, columns);
    clearok(curscr, TRUE);
}

struct key_reader *screen_keys(void)
{
    return terminal.keys;
}

int screen_signal_fd(void)
{
    return terminal.signal_read;
}

int screen_signal(void)
{
    unsigned char byte;
    return read(terminal.signal_read, &byte, 1) == 1 ? byte : 0;
}

bool screen_serial(void)
{
    return terminal.serial;
}

bool screen_has_color(void)
{
    return terminal.color;
}

void screen_copy(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct str out = {0};
    str_add(&out, "\033]52;c;");
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = strlen(text);
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        unsigned value = (unsigned)bytes[at] << 16 | (left > 1 ? (unsigned)bytes[at + 1] << 8 : 0) |
                         (left > 2 ? bytes[at + 2] : 0);
        str_add_char(&out, digits[value >> 18]);
        str_add_char(&out, digits[value >> 12 & 63]);
        str_add_char(&out, left > 1 ? digits[value >> 6 & 63] : '=');
        str_add_char(&out, left > 2 ? digits[value & 63] : '=');
    }
    str_add_char(&out, '\a');
    tell(str_text(&out));
    str_free(&out);
}
