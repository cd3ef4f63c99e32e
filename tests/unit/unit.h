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

#endif
