#ifndef MODEL_BUILTIN_H
#define MODEL_BUILTIN_H

/* The files of screens/, compiled in by the Makefile; ends with a NULL name. */
struct builtin {
    const char *name; /* webbridge3.conf, presets/lab.conf */
    const char *text;
};
extern const struct builtin builtin_files[];

#endif
