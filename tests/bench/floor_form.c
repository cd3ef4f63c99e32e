/* A form of ten fields by ncurses alone, with libcrypto linked as certwright has it: what a first
 * paint and a key cost at least. Ends at F10. */
#include "floor.h"

#include <curses.h>
#include <form.h>

enum { FIELDS = 10 };

static void paint_labels(void)
{
    erase();
    mvaddstr(0, 0, " example.com 2.9 - Basics ");
    for (int i = 0; i < FIELDS; i++)
        mvprintw(2 + i, 2, "Field %d", i + 1);
    mvaddstr(LINES - 1, 0, "F1 Help  F2 Next  F10 Leave");
}

int main(void)
{
    FIELD *fields[FIELDS + 1] = {NULL};
    start();
    set_escdelay(25);
    initscr();
    raw();
    noecho();
    keypad(stdscr, TRUE);
    paint_labels();
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = new_field(1, 40, 2 + i, 20, 0, 0);
        need(fields[i] != NULL, "field");
        set_field_back(fields[i], A_UNDERLINE);
    }
    FORM *form = new_form(fields);
    need(form && post_form(form) == E_OK, "form");
    refresh();
    for (int key; (key = getch()) != KEY_F(10);) {
        if (key == KEY_DOWN)
            form_driver(form, REQ_NEXT_FIELD);
        else if (key == KEY_UP)
            form_driver(form, REQ_PREV_FIELD);
        else if (key == KEY_RESIZE) {
            unpost_form(form);
            paint_labels();
            post_form(form);
        } else
            form_driver(form, key);
    }
    endwin();
    return 0;
}
