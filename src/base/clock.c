#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool digits(const char **at, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool literal(const char **at, char byte)
{
    if (**at != byte)
        return false;
    (*at)++;
    return true;
}

static bool parse_zone(const char **at, long *offset_seconds)
{
    *offset_seconds = 0;
    if (literal(at, 'Z') || **at == '\0')
        return true;
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0, hours, minutes = 0;
    if (!sign)
        return false;
    (*at)++;
    if (!digits(at, 2, &hours))
        return false;
    literal(at, ':');
    if (**at && !digits(at, 2, &minutes))
        return false;
    *offset_seconds = sign * (hours * 3600L + minutes * 60L);
    return hours < 24 && minutes < 60;
}

bool clock_parse(const char *text, time_t *out)
{
    int year, month, day, hour = 0, minute = 0, second = 0;
    long offset = 0;
    const char *at = text;
    if (!digits(&at, 4, &year) || !literal(&at, '-') || !digits(&at, 2, &month) ||
        !literal(&at, '-') || !digits(&at, 2, &day))
        return false;
    if (*at == 'T' || *at == ' ') {
        at++;
        if (!digits(&at, 2, &hour) || !literal(&at, ':') || !digits(&at, 2, &minute))
            return false;
        if (literal(&at, ':') && !digits(&at, 2, &second))
            return false;
        if (!parse_zone(&at, &offset))
            return false;
    }
    if (*at || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60)
        return false;
    struct tm when = {.tm_year = year - 1900,
                      .tm_mon = month - 1,
                      .tm_mday = day,
                      .tm_hour = hour,
                      .tm_min = minute,
                      .tm_sec = second};
    time_t value = timegm(&when);
    if (when.tm_mon != month - 1) /* 31 April */
        return false;
    *out = value - offset;
    return true;
}

/* ISO 8601's years have four digits, which strftime leaves out before the year 1000. */
static void print(time_t at, const char *format, char *out, size_t size)
{
    struct tm when;
    gmtime_r(&at, &when);
    int length = snprintf(out, size, "%04ld", when.tm_year + 1900L);
    if (length < 0 || (size_t)length >= size ||
        strftime(out + length, size - (size_t)length, format, &when) == 0)
        out[0] = '\0';
}

void clock_date(time_t at, char out[static 16])
{
    print(at, "-%m-%d", out, 16);
}

void clock_stamp(time_t at, char out[static 32])
{
    print(at, "-%m-%dT%H:%M:%SZ", out, 32);
}

void clock_compact(time_t at, char out[static 32])
{
    print(at, "%m%dT%H%M%SZ", out, 32);
}
