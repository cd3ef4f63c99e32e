#ifndef PKI_READER_H
#define PKI_READER_H

#include "pki/load.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

/* Reading one file: what the readers of PEM, DER, containers and SSH keys share. For this room. */
struct reader {
    struct pki_file *file;
    enum pki_need need;
    struct shelf *shelf;           /* of certificates read before; NULL: none */
    const struct secret *password; /* may be NULL */
    char *place;       /* how messages name the object at hand, "object 2 (CERTIFICATE, line 23)" */
    size_t unsaid;     /* problems after the first */
    long work_left;    /* rounds of password stretching that this file may still ask for */
    size_t steps_left; /* and of all other work (key_steps) */
    /* Reads what a file holds in another form, once more from the start; false: nothing is in it.
     */
    bool (*layer)(struct reader *reader, const unsigned char *data, size_t length);
    bool is_full; /* it asked for more: what follows is not read */
    int depth;    /* of encodings within one another */
};

/* false where the file has had its share of work. */
bool reader_spend(struct reader *reader, size_t steps);

void object_free(struct object *object);
/* Each takes its object. */
void reader_add_cert(struct reader *reader, X509 *x509);
void reader_add_csr(struct reader *reader, X509_REQ *req);
void reader_add_key(struct reader *reader, EVP_PKEY *pkey, bool is_private);
/* A key that the password, or none, didn't open. */
/* A private key of which no more than that is known. */
void reader_add_peeked(struct reader *reader, const struct key *peeked);
void reader_add_locked(struct reader *reader);
/* A certificate that was read before; false: this one was not. */
bool reader_add_known(struct reader *reader, const unsigned char *data, size_t length);
/* Forgets all but the first count objects, and the problem unless it was there before. */
void reader_forget(struct reader *reader, size_t count, bool keep_problem);
/* Sets a flag of the text, and keeps the line where it stands first. */
void reader_flag(struct reader *reader, unsigned flag, size_t line);
/* Keeps the first problem, counts the others. */
void reader_problem(struct reader *reader, const char *format, ...) printf_like(2, 3);

/* What a password did. */
enum unlock {
    UNLOCK_OPEN,
    UNLOCK_NONE, /* none was given */
    UNLOCK_WRONG,
    UNLOCK_LEGACY,  /* its cipher needs OpenSSL's legacy module, which is not installed */
    UNLOCK_UNKNOWN, /* its cipher is none that OpenSSL has, old or new */
    UNLOCK_PBMAC1,  /* its integrity is protected in a way that OpenSSL before 3.4 does not have */
    UNLOCK_COSTLY,  /* asks for more stretching than a file may */
};
/* Says it in the file: locked, wrong_password, problem. */
void unlock_report(struct reader *reader, enum unlock outcome);
/* Tries, and where an algorithm lacks once more with OpenSSL's legacy module. */
enum unlock unlock_try(bool (*attempt)(void *arg), void *arg);
/* Deciphers a PKCS #8; within unlock_try. */
EVP_PKEY *unlock_open_pkcs8(const X509_SIG *locked, const char *password, int length);
/* An encrypted PKCS #8 with the file's password; adds the key, or a locked one. */
void unlock_pkcs8(struct reader *reader, const X509_SIG *locked);
/* A traditional PEM key, `Proc-Type: 4,ENCRYPTED`; data is deciphered in place. */
enum unlock unlock_pem(struct reader *reader, char *headers, unsigned char *data, size_t *length);
/* The algorithm's stretching is within what the file may still ask for. */
bool unlock_affordable(struct reader *reader, const X509_ALGOR *algorithm);
/* And that of a PBMAC1. */
bool unlock_affordable_pbmac1(struct reader *reader, const X509_ALGOR *algorithm);
bool unlock_affordable_rounds(struct reader *reader, const ASN1_INTEGER *rounds);

/* Their certificates and keys, in the file's order. */
void read_pkcs7(struct reader *reader, PKCS7 *p7);
void read_pkcs12(struct reader *reader, PKCS12 *p12);
/* The object at the start of data: its length, 0 where it is nothing known. */
size_t read_der(struct reader *reader, const unsigned char *data, size_t length);
/* All PEM blocks of a text; false where there is none. */
bool read_pem(struct reader *reader, const char *text, size_t length);
/* PEM in a text that a word processor, a mail program or JSON has changed, where more is read
 * without their changes; false, and nothing is changed, where not. */
bool repair_read(struct reader *reader, const char *text, size_t length);
/* SSH public keys, OpenSSH's lines or RFC 4716; false where there is none. */
bool read_ssh(struct reader *reader, const char *text, size_t length);
/* The number of the line at text[at], from 1; CR, LF and CRLF end lines. */
size_t text_line(const char *text, size_t at);
/* Why the body of a PEM block, which begins in that line, is no base64: with the line where what
 * spoils it stands, and who does such a thing. */
void damage_base64(struct reader *reader, const char *body, size_t length, size_t line);
/* Why the base64 was good and its content isn't. */
void damage_content(struct reader *reader, const char *label, const unsigned char *data,
                    size_t size);
/* What a file is that people take for one of ours, and what to do with it; false: none of these. */
bool say_stranger(struct reader *reader, const unsigned char *data, size_t length);
/* A whole mail, from its header lines on. */
bool text_is_mail(const char *text, size_t length);
/* Not compressed, so that the texts packed in it would be found as if it were one. */
bool is_tar(const unsigned char *data, size_t length);
/* Why a text holds no PEM block, or data no object. */
void damage_unknown(struct reader *reader, const unsigned char *data, size_t length);
/* OpenSSL's deepest reason why data is no certificate, with the field; NULL where it is not even
 * like one. Free it. */
char *der_flaw(const unsigned char *data, size_t length);
/* How long the DER object says that it is; 0 where data begins none. */
size_t der_announced(const unsigned char *data, size_t length);

/* Nothing but base64 and white space. */
bool is_base64(const char *text, size_t length);
/* Base64 without its white space; false where it is damaged. Free with OPENSSL_clear_free(data,
 * *room). */
bool read_base64(const char *text, size_t length, unsigned char **data, size_t *size, size_t *room);

#endif
