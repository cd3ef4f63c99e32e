#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "ui/keys.h"
#include "ui/ui.h"

#include <curses.h>

/* The terminal: started, stopped, suspended, resized; its signals as numbers read from a pipe. The
 * only global state of the program lives here. */

must_check bool screen_start(const struct ui_options *options, struct error *err);
/* As it was before, signal handlers too. lost: the terminal is gone, nothing is written to it. */
void screen_stop(bool lost);
/* Stops the job as ^Z does, comes back with modes and size asked for again. */
void screen_suspend(void);
/* Modes again, everything repainted at the next doupdate. */
void screen_resume(void);
/* Asks the terminal's size and tells curses. Windows must be gone by then. */
void screen_resize(void);

/* The terminal's keys; belongs to the screen. */
struct key_reader *screen_keys(void);
/* A descriptor to poll, and the next signal that came: 0 when none is left. */
int screen_signal_fd(void);
int screen_signal(void);

/* A serial line: slow, and ^S ^Q belong to it. */
bool screen_serial(void);
bool screen_has_color(void);
/* The clipboard by OSC 52: never acknowledged, some terminals drop it. */
void screen_copy(const char *text);

#endif
