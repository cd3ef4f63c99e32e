#ifndef STORE_UNPACK_H
#define STORE_UNPACK_H

#include "base/error.h"
#include "base/secret.h"

#include <stddef.h>

/* Files that hold files: archives, what was compressed, and mails, within one another too. All in
 * memory; the names in them are shown, and never opened. */
struct unpack {
    const struct secret *password; /* of archives; NULL: none */
    /* A file, and where it lies: "answer.eml/chain.zip/root.crt". is_text: the words of a mail. */
    void (*take)(void *arg, const char *path, const unsigned char *data, size_t length,
                 bool is_text);
    /* What could not be unpacked, or not to its end. is_locked: a (or another) password would do
     * it. */
    void (*refuse)(void *arg, const char *path, const struct error *why, bool is_locked);
    void *arg;
};

/* Whether it is one of these. */
bool unpack_is_packed(const unsigned char *data, size_t length);
/* Hands over all that is in it: FILE_LIMIT_BYTES and 20,000 files at most, four layers deep. */
void unpack_walk(const struct unpack *to, const char *path, const unsigned char *data,
                 size_t length);

#endif
