#ifndef PKI_WORDS_H
#define PKI_WORDS_H

#include "base/str.h"

/* The appliance's wordings that no file of the catalogue has, in one table with the source of each,
 * so that a real transcript can replace what is ours. */
enum word {
    WORD_LIST_HEAD,
    WORD_LIST_SSH_HEAD,
    WORD_SSH_FOUND,
    WORD_SSH_NOT_FOUND,
    WORD_FILES_FOUND,
    WORD_FILES_NOT_FOUND,
    WORD_CONTENT, /* {1} PEM or DER, {2} what */
    WORD_CONTENT_SSH,
    WORD_CONTENT_UNKNOWN,
    WORD_MATCH,
    WORD_NO_MATCH,
    WORD_VERIFIED,
    WORD_CHAIN_VERIFIED,
    WORD_NOT_VERIFIED, /* {1} depth, {2} issuer, {3} reason */
    WORD_MADE_CSR,     /* {1} key, {2} request */
    WORD_MADE_CSR_ONLY,
    WORD_MADE_SELFSIGNED,
    WORD_MADE_SELFSIGNED_ONLY,
    WORD_SIGNED,              /* {1} certificate, {2} CA */
    WORD_UNLOCKED,            /* {1} key */
    WORD_WAS_OPEN,            /* {1} key */
    WORD_SSH_MADE,            /* {1} file */
    WORD_ASCII_FORM,          /* {1} international host name, {2} its ASCII form */
    WORD_USAGE_NONE,          /* pki alone, no service */
    WORD_FILE_ABSENT,         /* {1} file; the same in those below */
    WORD_FILE_NAME,           /* with a dot, a blank … too many */
    WORD_NO_KEY_FILE,         /* by its extension */
    WORD_NO_CERTIFICATE_FILE, /* by its extension */
    WORD_PAIR_PROBLEM,        /* {1} what keeps a pair from being compared */
    WORD_TRUST_PROBLEM,       /* {1} file, {2} what is wrong */
    WORD_ENABLED,             /* {1} service */
    WORD_REFUSED,             /* {1} why */
    WORD_NO_SERVICE,          /* {1} tag */
    WORD_NO_COMMAND,          /* {1} first word */
    WORD_HELP_HEAD,
    WORD_USAGE_HEAD,
    WORD_ASKS_PASSWORD, /* {1} file */
    WORD_NOT_CONFIRMED,
    WORD_COUNT
};
/* Adds the wording with {1}, {2}, {3} filled in, their control bytes escaped; no line end. Unused
 * values may be NULL. */
void words_add(struct str *out, enum word word, const char *one, const char *two,
               const char *three);

#endif
