#ifndef MODEL_BUILTIN_H
#define MODEL_BUILTIN_H

#include "model/catalogue.h"

/* The files of screens/, compiled in by the Makefile; sorted. */
extern const struct catalogue builtin_catalogue;

#endif
