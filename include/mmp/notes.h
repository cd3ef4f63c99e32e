#ifndef MMP_NOTES_H
#define MMP_NOTES_H

#include "pki/load.h"

/* What is odd about files that were read nevertheless, in the order of reading. Start with {0}. */
struct notes {
    struct error *items;
    size_t count;
};
void notes_add(struct notes *notes, const char *place, const char *remedy, const char *format, ...)
    printf_like(4, 5);
void notes_free(struct notes *notes);

/* Its name says another kind than its content; its text would stop other readers. */
void notes_file(struct notes *notes, const char *name, const struct pki_file *file);
/* And why a part of it could not be read: what lacks may be there. */
void notes_unread(struct notes *notes, const char *name, const struct pki_file *file);
/* "a certificate request" */
const char *kind_phrase(enum pki_kind kind);

#endif
