#ifndef STORE_MAIL_H
#define STORE_MAIL_H

#include <stdbool.h>
#include <stddef.h>

/* Mails as programs save them (.eml): RFC 5322, MIME's parts decoded in memory. */

struct mail_part {
    const char *name;    /* its file's, as the mail has it; NULL: none, it is the mail's own text */
    bool is_signed_mail; /* S/MIME that holds what it signs */
    const unsigned char *data; /* decoded; a mail within the mail is one such part */
    size_t length;
};

/* Begins as mails do: header lines only, of which two at least are a mail's. */
bool mail_is(const unsigned char *data, size_t length);
/* Hands over one part after another; false: take has said so, or parts lie too deep in one
 * another. */
bool mail_walk(const unsigned char *data, size_t length,
               bool (*take)(void *arg, const struct mail_part *part), void *arg);

#endif
