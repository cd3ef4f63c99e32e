#ifndef SAMPLE_H
#define SAMPLE_H

#include "pki/load.h"

/* A fresh folder in which the openssl command makes what is to be read. */

/* Makes the folder and moves there; for cmocka's set-up, of a group or of each test. */
int sample_enter(void **state);
int sample_leave(void **state);
/* Runs a shell command there; the test fails when it does. */
void sample_run(const char *command);
/* What a command prints, without its last line end. Free it. */
char *sample_output(const char *command);
/* A file there, parsed. password may be NULL. */
void sample_parse(const char *name, const char *password, struct pki_file *out);
void sample_write(const char *name, const void *data, size_t length);

#endif
