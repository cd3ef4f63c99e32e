#ifndef UNIT_H
#define UNIT_H

/* cmocka and what it must find before it, in that order. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where a step takes fifty times as long, a test that repeats one for its numbers' sake repeats it
 * less: whether memory is lost is seen at once. The plain program and the sanitizers' do all. */
static inline int repeated(int times, int under_valgrind)
{
    const char *slow = getenv("SLOW");
    return slow && strcmp(slow, "valgrind") == 0 ? under_valgrind : times;
}

#endif
