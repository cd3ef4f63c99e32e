#include "base/error.h"

#include "base/escape.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

bool error_set(struct error *err, enum status code, const char *place, const char *remedy,
               const char *format, ...)
{
    if (!err)
        return false;
    char message[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    char where[sizeof err->place], what[sizeof err->remedy];
    put(where, sizeof where, place); /* place may lie in err itself */
    put(what, sizeof what, remedy);
    err->code = code;
    memcpy(err->place, where, sizeof where);
    memcpy(err->remedy, what, sizeof what);
    memcpy(err->message, message, sizeof message);
    return false;
}

/* What of errno is an answer about the input, not the system's refusal. */
static bool is_about_input(int number)
{
    return number == ENOENT || number == ENOTDIR || number == EISDIR || number == ELOOP ||
           number == ENAMETOOLONG || number == EINVAL;
}

static const char *remedy_for(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
        return "check its owner and mode, or run as the user who owns it";
    case ENOSPC:
    case EDQUOT:
        return "free some space; nothing was changed";
    case EROFS:
        return "the file system is read-only: choose another folder";
    case ENOENT:
        return "check the name";
    default:
        return "";
    }
}

bool error_system(struct error *err, const char *place, const char *what)
{
    int number = errno;
    return error_set(err, is_about_input(number) ? STATUS_NO : STATUS_SYSTEM, place,
                     remedy_for(number), "%s: %s", what, strerror(number));
}

void error_wrap(struct error *err, const char *format, ...)
{
    if (!err)
        return;
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof err->message)
        snprintf(err->message + length, sizeof err->message - (size_t)length, "%s", old);
}

void error_text(const struct error *err, struct str *out)
{
    const char *parts[] = {err->place, err->message, err->remedy};
    bool first = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!*parts[i])
            continue;
        if (!first)
            str_add(out, ": ");
        escape_add(out, parts[i], strlen(parts[i]));
        first = false;
    }
}
