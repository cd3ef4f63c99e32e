#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(at, first) __attribute__((format(printf, at, first)))

/* What a failure means to the caller of the program; the values are the exit codes. */
enum status {
    STATUS_OK = 0,     /* done, or the answer is yes */
    STATUS_NO = 1,     /* the answer is no, or something read is missing, wrong or refused */
    STATUS_USAGE = 2,  /* the command line itself is wrong */
    STATUS_SYSTEM = 3, /* the system refused: permission, space, lock */
};

/* A failure as a value: filled where it is known, shown once at the top. */
struct error {
    enum status code;
    char place[512];    /* the file, option or field; may be empty */
    char message[1024]; /* what is wrong, a sentence without a full stop */
    char remedy[512];   /* what to do; may be empty */
};

/* Fills err (which may be NULL). place and remedy may be NULL. Returns false, always. */
bool error_set(struct error *err, enum status code, const char *place, const char *remedy,
               const char *format, ...) printf_like(5, 6);

/* The same from errno: the reason is strerror's, the code NO for what is missing or of the wrong
 * kind, SYSTEM for what the system refuses. Returns false. */
bool error_system(struct error *err, const char *place, const char *what);

/* Puts more words in front of the message: "while reading x: ". */
void error_wrap(struct error *err, const char *format, ...) printf_like(2, 3);

struct str;
/* Adds "place: message: remedy" to out, control bytes escaped. */
void error_text(const struct error *err, struct str *out);

#endif
