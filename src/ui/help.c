#include "base/mem.h"
#include "ui/view.h"

#include <stdlib.h>

#define KEYS_COLUMNS 76

static void add_lines(struct strings *to, const struct strings *from, const char *heading)
{
    if (from->count == 0)
        return;
    if (to->count > 0)
        strings_add(to, "");
    if (heading)
        strings_add(to, heading);
    for (size_t i = 0; i < from->count; i++)
        strings_add(to, from->items[i]);
}

static void add_texts(struct strings *to, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        strings_add(to, texts[i]);
}

/* The words of this program, as every page uses them. */
static void glossary(struct ui *ui)
{
    static const char *const words[] = {
        "appliance     One Meeting Server host. Its command line is the MMP.",
        "component     A kind of service that uses certificates.",
        "service       A component placed on a server.",
        "identity      One private key with its request, certificate and chain: NAME.key, "
        "NAME.csr, NAME.crt.",
        "key           The secret half. It is made here and copied to the servers that use it, and "
        "to "
        "nobody else.",
        "request, CSR  What the CA signs: the public key, the names, the usages.",
        "CN, SAN       The name of the certificate, and all the names it holds for. Clients "
        "compare "
        "the SAN; the CN is in it as well.",
        "CA            Signs certificates. Public: every browser knows it. Internal: your "
        "company's. "
        "Lab: made here, to try things out.",
        "root          A CA that signed itself; trust ends there.",
        "intermediate  A CA between the root and a certificate.",
        "bundle        The intermediates of a certificate, the root last, never the certificate "
        "itself.",
        "full chain    The certificate, then its bundle, in one file.",
        "trust         A server accepts the certificates named in a file. Pinned: exactly these. "
        "Chain: all that these CAs signed.",
        "finding       What a rule has to say: ERROR will not work; WARN works, but not as "
        "advised; "
        "note is good to know.",
        "plan          For each server the files to upload and the commands in order.",
        "signs         . not begun, ? open, w with the CA, ! look here, + ready",
    };
    struct strings lines = {0};
    add_texts(&lines, words, sizeof words / sizeof *words);
    ui_push(ui, text_view_new("Words", &lines, NULL));
    strings_free(&lines);
}

/* The keys of this page, the narrow line of keys having no room for them. */
static void add_here(struct ui *ui, struct view *base, struct strings *lines)
{
    static const char *const everywhere[] = {"F1 ", "F3 ", "F10 ", "Esc "};
    struct hints hints = {0};
    struct str text = {0};
    base->ops->hints(ui, base, &hints);
    hints_sort(&hints);
    for (size_t i = 0; i < hints.count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof everywhere / sizeof *everywhere; k++)
            known = known || text_starts(hints.items[i].text, everywhere[k]);
        if (!known)
            str_addf(&text, "%s%s", text.length ? ", " : "Keys here: ", hints.items[i].text);
    }
    if (text.length) {
        strings_add_take(lines, xformat("%s.", str_text(&text)));
        strings_add(lines, "");
    }
    str_free(&text);
}

/* In three columns where there is room. */
static void add_keys(const struct ui *ui, struct strings *lines)
{
    static const char *const keys[] = {
        "F1 why; twice: words",
        "F2 ^N next",
        "Esc ^P back",
        "F3 go to another step",
        "F4 inspect, pick file",
        "F5 mend",
        "F6 the whole text",
        "F8 paste or copy",
        "F10 ^Q ^C leave, saved",
        "Tab, Up, Down move",
        "Space ticks, chooses",
        "/ search, n again",
        "^A ^E start, end",
        "M-b M-f word back, on",
        "^W M-d erase a word",
        "^U ^K erase to start,end",
        "^Y put back",
        "^_ undo",
        "^L draw the screen again",
        "^Z suspend",
        "PgUp PgDn M-v ^V a page",
    };
    size_t count = sizeof keys / sizeof *keys;
    strings_add(lines, "Keys (every Fn is also Esc, then the digit; F10 is Esc 0)");
    for (size_t i = 0; ui->columns < KEYS_COLUMNS && i < count; i++)
        strings_add_take(lines, xformat("  %s", keys[i]));
    for (size_t i = 0; ui->columns >= KEYS_COLUMNS && i + 2 < count; i += 3)
        strings_add_take(lines, xformat("  %-25s%-23s%s", keys[i], keys[i + 1], keys[i + 2]));
}

void help_open(struct ui *ui)
{
    struct view *base = ui_base(ui);
    struct strings lines = {0};
    if (ui->said && ui->said_level >= LEVEL_WARN) { /* whole: the message rows may cut it */
        strings_split(&lines, ui->said, '\n');
        strings_add(&lines, "");
    }
    if (base->ops->help)
        base->ops->help(ui, base, &lines);
    add_lines(&lines, &ui->page->why, NULL);
    if (lines.count > 0)
        strings_add(&lines, "");
    add_here(ui, base, &lines);
    add_keys(ui, &lines);
    char *title = xformat("Help: %s", ui->page->title);
    ui_push(ui, text_view_new(title, &lines, glossary));
    free(title);
    strings_free(&lines);
}
