#include "base/hidden.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

/* The signals that end or stop the program while the echo is off. */
static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define WATCHED (sizeof watched / sizeof *watched)

static volatile sig_atomic_t caught; /* the terminal's state: a handler has no other way */

static void catch_signal(int number)
{
    caught = number;
}

/* Waits for input with the signals of open let in, here and nowhere else: one that comes between
 * the prompt and the read is not lost. */
static bool wait_for_input(const sigset_t *open)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!caught)
        if (ppoll(&input, 1, NULL, open) > 0 || errno != EINTR)
            return !caught;
    return false;
}

/* A line byte by byte, so that what follows it stays for the next reader. false at the end of input
 * and when a signal came. open: the signals to let in while it waits; NULL: no terminal. */
static bool read_line(const sigset_t *open, struct secret *out, struct error *err)
{
    char line[PASSWORD_MAX];
    size_t length = 0;
    bool good = false;
    for (;;) {
        char byte;
        if (open && !wait_for_input(open))
            break;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR && !caught)
            continue;
        if (got <= 0) {
            good = length > 0 && !caught;
            break;
        }
        if (byte == '\n' || byte == '\r') {
            good = true;
            break;
        }
        if (length == sizeof line) {
            error_set(err, STATUS_NO, "password", "use a shorter one", "is longer than %d bytes",
                      PASSWORD_MAX);
            wipe(line, sizeof line);
            return false;
        }
        line[length++] = byte;
    }
    if (good)
        secret_set(out, line, length);
    else
        error_set(err, STATUS_NO, "password", "type it, or name a file with --password-file",
                  "none was given");
    wipe(line, sizeof line);
    return good;
}

/* Asks once. A signal gives the terminal back first, then does its own work; a stop asks again. */
static bool ask(const char *prompt, struct secret *out, struct error *err)
{
    struct termios before, quiet;
    struct sigaction action = {.sa_handler = catch_signal}, old[WATCHED];
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return error_system(err, "terminal", "its echo cannot be switched off");
    sigset_t closed, open;
    sigemptyset(&action.sa_mask);
    sigemptyset(&closed);
    for (size_t i = 0; i < WATCHED; i++)
        sigaddset(&closed, watched[i]);
    sigprocmask(SIG_BLOCK, &closed, &open);
    caught = 0;
    for (size_t i = 0; i < WATCHED; i++)
        sigaction(watched[i], &action, &old[i]);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fputs(prompt, stderr);
    fflush(stderr);
    bool good = read_line(&open, out, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    for (size_t i = 0; i < WATCHED; i++)
        sigaction(watched[i], &old[i], NULL);
    sigprocmask(SIG_SETMASK, &open, NULL);
    if (caught)
        raise(caught);
    return good;
}

bool hidden_ask(const char *prompt, struct secret *out, struct error *err)
{
    bool good;
    do
        good = ask(prompt, out, err);
    while (!good && caught == SIGTSTP);
    return good;
}

bool hidden_read(struct secret *out, struct error *err)
{
    return read_line(NULL, out, err);
}
