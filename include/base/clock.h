#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <time.h>

#define SECONDS_A_DAY 86400

/* ISO 8601 in UTC: 2026-01-02, 2026-01-02T03:04:05Z, with or without Z, seconds, or +hh:mm. */
bool clock_parse(const char *text, time_t *out);
/* 2026-01-02 */
void clock_date(time_t at, char out[static 16]);
/* 2026-01-02T03:04:05Z */
void clock_stamp(time_t at, char out[static 32]);
/* 20260102T030405Z, for file names */
void clock_compact(time_t at, char out[static 32]);

#endif
