#ifndef PKI_LOAD_H
#define PKI_LOAD_H

#include "pki/cert.h"

enum object_kind { OBJECT_CERT, OBJECT_KEY, OBJECT_CSR };
struct object {
    enum object_kind kind;
    struct cert *cert; /* the one of its kind is set */
    struct key *key;   /* private or public */
    struct csr *csr;
};

enum pki_kind {
    PKI_UNKNOWN,
    PKI_CERTIFICATE, /* one certificate */
    PKI_BUNDLE,      /* several */
    PKI_PRIVATE_KEY,
    PKI_PUBLIC_KEY,
    PKI_CSR,
    PKI_PKCS12,
    PKI_PKCS7,
    PKI_SSH_PUBLIC_KEY,
};
/* certificate bundle private-key public-key csr pkcs12 pkcs7 ssh-public-key unknown */
const char *pki_kind_word(enum pki_kind kind);

/* What is odd about the text of a PEM file. */
enum pem_flag {
    PEM_GLUED = 1 << 0,    /* END and BEGIN on one line */
    PEM_INDENTED = 1 << 1, /* a blank before BEGIN: other readers skip that object */
    PEM_UTF16 = 1 << 2,    /* saved as UTF-16: other readers find nothing */
    PEM_BOM = 1 << 3,      /* byte order mark of UTF-8 */
    PEM_BETWEEN = 1 << 4,  /* text, blanks or blank lines between two objects */
    PEM_NO_END = 1 << 5,   /* no line end after the last END */
    PEM_TRAILING = 1 << 6, /* blanks, more than one blank line, or text after the last END */
    PEM_BROKEN = 1 << 7,   /* a BEGIN whose object could not be read */
    PEM_QUOTED = 1 << 8,   /* a mail's mark before each line ("> "): read without it */
    PEM_SPACED = 1 << 9,   /* a blank line inside an object: other readers end it there */
    PEM_BEHIND = 1 << 10,  /* text behind BEGIN or END on its line: other readers fail */
    PEM_CR = 1 << 11,      /* line ends of CR alone: other readers find nothing */
    PEM_LABEL = 1 << 12,   /* the marker names another kind, or none: other readers pass by */
    PEM_TYPED = 1 << 13,   /* no-break blanks, dashes, unseen characters of a word processor */
    PEM_ESCAPED = 1 << 14, /* line ends written \n, as in JSON */
    PEM_TWICE = 1 << 15,   /* base64 of text that is PEM or base64 already */
    PEM_BARE = 1 << 16,    /* base64 without markers */
};
enum { PEM_FLAG_COUNT = 17 };

/* A file, parsed once. Content decides, never the name. */
struct pki_file {
    enum pki_kind kind;   /* several kinds in one file: the first object's */
    unsigned flags;       /* enum pem_flag */
    unsigned *flag_lines; /* pki_flag_line; NULL: none is known */
    bool pem;             /* else DER (or SSH text) */
    bool locked;          /* a password is needed for all or a part */
    bool wrong_password;  /* one was given and didn't open it */
    unsigned count;
    struct object *objects;
    char *problem;        /* why nothing (or less) could be read; NULL when all is well */
    struct str *ssh_text; /* of an SSH public key: its line; NULL: it is none */
};
/* The line where the oddity stands first; 0: not known. */
unsigned pki_flag_line(const struct pki_file *file, unsigned flag);

/* What a file is read for. Decoding a certificate's public key takes OpenSSL ten times as long as
 * all the rest of it, so who only shows a file does without. Each does more than the one before. */
enum pki_need {
    PKI_NAMES, /* kinds, and of certificates subject and times; of keys no id */
    PKI_TEXT,  /* and what text_inspect prints */
    PKI_FACTS, /* and every fact but self_signed, which stays false */
    PKI_ALL,   /* and they verify and sign */
    PKI_SIGN,  /* but for the keys' ids: who signs has no need of them */
};

/* Parses bytes of any kind: PEM with CRLF, CR, BOM, text around; DER; PKCS#7;
 * PKCS#12; keys; SSH keys. Never fails: what can't be read is PKI_UNKNOWN with a problem, hostile
 * input included. password may be NULL; never asked for here. PEM that others can't read but that
 * means one thing alone is read nevertheless, with its flag. Free with pki_file_free. */
void pki_parse(const unsigned char *data, size_t length, const struct secret *password,
               struct pki_file *out);
void pki_parse_for(enum pki_need need, const unsigned char *data, size_t length,
                   const struct secret *password, struct pki_file *out);
/* Files that came within one (an archive, a mail) share what several on their own may ask for. */
struct pki_share {
    long rounds;
    size_t steps;
};
struct pki_share pki_share_new(void);
void pki_parse_within(struct pki_share *share, const unsigned char *data, size_t length,
                      const struct secret *password, struct pki_file *out);
/* What a signed S/MIME or PKCS #7 file holds besides certificates; false: nothing. Free it with
 * buffer_free. */
struct buffer;
must_check bool pki_signed_content(const unsigned char *data, size_t length, struct buffer *out);
void pki_file_free(struct pki_file *file);
/* Some private key is among the bytes, in any wrapping, locked or not. */
bool pki_holds_private(const void *data, size_t length);
/* Gives the private keys' secrets up: what is known of them stays, they cannot sign any more. For
 * whoever holds many files and needs no key of them. */
void pki_file_forget_secrets(struct pki_file *file);

/* What of the text keeps other readers from it, a sentence each with its line, and what to do. */
void pki_text_notes(const struct pki_file *file, struct strings *out);

/* The first certificate, key or request; NULL when there is none. */
const struct cert *pki_first_cert(const struct pki_file *file);
const struct key *pki_first_key(const struct pki_file *file);
const struct csr *pki_first_csr(const struct pki_file *file);
/* Are they of one key pair? Their public keys as encoded, whatever the files were read for; false
 * where a key is locked. */
bool object_same_key(const struct object *a, const struct object *b);
/* The number of certificates. */
size_t pki_cert_count(const struct pki_file *file);

#endif
