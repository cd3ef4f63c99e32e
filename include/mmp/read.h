#ifndef MMP_READ_H
#define MMP_READ_H

#include "mmp/pki.h"

/* Files as the lines name them: one of the store, or a path where the name has a "/". */

/* What is locked is opened with the place's password, where there is one. Free with pki_file_free,
 * success or not. */
must_check bool pki_read(const struct pki_place *place, enum pki_need need, const char *name,
                         struct pki_file *out, struct error *err);
/* The store has a file of that name; else err says which was meant (stem: without its extension, as
 * the line gives it). */
must_check bool pki_expect(const struct store *store, const char *name, bool stem,
                           struct error *err);
/* A key and a certificate to compare; false when one of the files holds nothing that can be. */
must_check bool pki_read_pair(const struct pki_place *place, enum pki_need need,
                              const char *const names[2], struct pki_file files[2],
                              const struct object *pair[2], struct notes *notes, struct error *err);
/* "a request, not a certificate: …": for a file that has nothing of the wanted kind. */
bool pki_wrong_kind(const char *name, const struct pki_file *file, const char *wanted,
                    struct error *err);
/* The store, opened and locked for writing; create makes the folder. */
must_check bool pki_open_store(const struct pki_place *place, bool create, struct store *out,
                               struct error *err);

#endif
