#ifndef OPS_FORGE_H
#define OPS_FORGE_H

#include "pki/key.h"

/* New keys, made on all cores ahead of who takes them one after another. */
struct forge;

/* Starts making count keys of that kind (as key_generate); one is made when it is taken. */
struct forge *forge_start(const char *type, int bits, size_t count);
/* The next key is there: taking it does not wait. */
bool forge_is_ready(struct forge *forge);
/* The next key, as soon as it is made. */
must_check bool forge_take(struct forge *forge, struct key **out, struct error *err);
/* Ends the threads (each ends the key that it is at) and frees what nobody took. */
void forge_stop(struct forge *forge);

#endif
