#include "ui/ui.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#define USE_PLAIN "run certwright --plain, which asks line by line and can do the same"

/* Looked up before curses starts: newterm loses memory over a name that it doesn't know. */
static bool has_cursor(void)
{
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) == ERR)
        return false;
    bool has = cursor_address && clear_screen;
    del_curterm(cur_term);
    return has;
}

const char *ui_refusal(void)
{
    const char *term = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return "no terminal, so no screen: " USE_PLAIN;
    if (!term || !*term || strcmp(term, "dumb") == 0)
        return "TERM names no screen terminal: " USE_PLAIN;
    if (!has_cursor())
        return "TERM names a terminal that is not known here or has no cursor: " USE_PLAIN;
    return NULL;
}
