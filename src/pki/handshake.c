#include "pki/handshake.h"

#include "pki/object.h"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#ifdef __APPLE__
static const char library_name[] = "libssl.3.dylib";
#else
static const char library_name[] = "libssl.so.3";
#endif

/* What is used of it, by its own prototypes. */
struct library {
    __typeof__(&TLS_method) method;
    __typeof__(&SSL_CTX_new) ctx_new;
    __typeof__(&SSL_CTX_free) ctx_free;
    __typeof__(&SSL_CTX_set_verify) set_verify;
    __typeof__(&SSL_CTX_set_security_level) set_level;
    __typeof__(&SSL_CTX_set_cert_verify_callback) set_verifier;
    __typeof__(&SSL_CTX_get_cert_store) store;
    __typeof__(&SSL_CTX_get0_param) param;
    __typeof__(&SSL_CTX_use_certificate) use_certificate;
    __typeof__(&SSL_CTX_use_PrivateKey) use_key;
    __typeof__(&SSL_CTX_ctrl) ctrl;
    __typeof__(&SSL_new) new;
    __typeof__(&SSL_free) free;
    __typeof__(&SSL_set_bio) set_bio;
    __typeof__(&SSL_set_connect_state) set_client;
    __typeof__(&SSL_set_accept_state) set_server;
    __typeof__(&SSL_do_handshake) go;
    __typeof__(&SSL_get_error) get_error;
};

static const struct library *load(struct error *err)
{
    static struct library library;
    const struct {
        const char *name;
        void *place;
    } functions[] = {{"SSL_CTX_new", &library.ctx_new},
                     {"SSL_CTX_free", &library.ctx_free},
                     {"SSL_CTX_set_verify", &library.set_verify},
                     {"SSL_CTX_set_security_level", &library.set_level},
                     {"SSL_CTX_set_cert_verify_callback", &library.set_verifier},
                     {"SSL_CTX_get_cert_store", &library.store},
                     {"SSL_CTX_get0_param", &library.param},
                     {"SSL_CTX_use_certificate", &library.use_certificate},
                     {"SSL_CTX_use_PrivateKey", &library.use_key},
                     {"SSL_CTX_ctrl", &library.ctrl},
                     {"SSL_new", &library.new},
                     {"SSL_free", &library.free},
                     {"SSL_set_bio", &library.set_bio},
                     {"SSL_set_connect_state", &library.set_client},
                     {"SSL_set_accept_state", &library.set_server},
                     {"SSL_do_handshake", &library.go},
                     {"SSL_get_error", &library.get_error},
                     {"TLS_method", &library.method}};
    if (library.method)
        return &library;
    void *handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; handle && i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(handle, functions[i].name);
        if (!found) {
            library.method = NULL;
            break;
        }
        memcpy(functions[i].place, &found, sizeof found);
    }
    if (!library.method) {
        error_set(err, STATUS_SYSTEM, library_name, "install it, it is a part of OpenSSL 3",
                  "cannot be loaded, and there are no handshakes without it");
        return NULL;
    }
    return &library;
}

/* How the side that judges came to its verdict. */
struct verdict {
    const struct handshake *handshake;
    bool judged, accepted;
    const char *why;
};

static bool is_pinned(const struct handshake *handshake, X509 *leaf)
{
    bool found = false;
    for (size_t i = 0; !found && i < handshake->trusted_count; i++) {
        X509 *trusted = cert_x509(handshake->trusted[i]);
        found = X509_cmp(trusted, leaf) == 0;
        X509_free(trusted);
    }
    return found;
}

/* A pinned certificate is its own anchor; any other one needs a self-signed root of the file. */
static int judge(X509_STORE_CTX *ctx, void *arg)
{
    struct verdict *verdict = arg;
    const struct handshake *handshake = verdict->handshake;
    bool pinned = handshake->pins && is_pinned(handshake, X509_STORE_CTX_get0_cert(ctx));
    if (pinned)
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
    verdict->judged = true;
    if (!pinned && !handshake->chains) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
        verdict->why = "certificate is not among those trusted";
        return 0;
    }
    verdict->accepted = X509_verify_cert(ctx) == 1;
    verdict->why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    return verdict->accepted;
}

/* The library takes its own share of what it is given. */
static bool present_cert(const struct library *library, SSL_CTX *ctx, const struct cert *cert,
                         bool is_leaf)
{
    X509 *x509 = cert_x509(cert);
    bool good = x509 && (is_leaf ? library->use_certificate(ctx, x509) == 1
                                 : library->ctrl(ctx, SSL_CTRL_CHAIN_CERT, 1, x509) == 1);
    X509_free(x509);
    return good;
}

static bool present(const struct library *library, SSL_CTX *ctx, const struct handshake *handshake)
{
    bool good = present_cert(library, ctx, handshake->chain[0], true) &&
                library->use_key(ctx, handshake->key->pkey) == 1;
    for (size_t i = 1; good && i < handshake->chain_count; i++)
        good = present_cert(library, ctx, handshake->chain[i], false);
    return good;
}

static SSL_CTX *presenter_new(const struct library *library, const struct handshake *handshake)
{
    SSL_CTX *ctx = library->ctx_new(library->method());
    if (!ctx)
        return NULL;
    library->set_level(ctx, 0); /* whether a key is too short says check */
    bool good = present(library, ctx, handshake);
    if (good)
        return ctx;
    library->ctx_free(ctx);
    return NULL;
}

static SSL_CTX *judge_new(const struct library *library, const struct handshake *handshake,
                          struct verdict *verdict)
{
    SSL_CTX *ctx = library->ctx_new(library->method());
    if (!ctx)
        return NULL;
    library->set_level(ctx, 0);
    for (size_t i = 0; i < handshake->trusted_count; i++) {
        X509 *trusted = cert_x509(handshake->trusted[i]);
        X509_STORE_add_cert(library->store(ctx), trusted);
        X509_free(trusted);
    }
    library->set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    library->set_verifier(ctx, judge, verdict);
    X509_VERIFY_PARAM *param = library->param(ctx);
    X509_VERIFY_PARAM_set_time(param, handshake->at);
    if (handshake->name && X509_VERIFY_PARAM_set1_ip_asc(param, handshake->name) != 1)
        X509_VERIFY_PARAM_set1_host(param, handshake->name, 0);
    return ctx;
}

/* Both sides take turns until neither goes on. */
static void converse(const struct library *library, SSL *sides[2])
{
    enum { TURNS_MOST = 32 };
    bool open[2] = {true, true};
    for (int turn = 0; turn < TURNS_MOST && (open[0] || open[1]); turn++)
        for (int i = 0; i < 2; i++) {
            int outcome = open[i] ? library->go(sides[i]) : 1;
            int why = outcome == 1 ? SSL_ERROR_NONE : library->get_error(sides[i], outcome);
            open[i] = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        }
}

static bool run(const struct library *library, const struct handshake *handshake,
                SSL_CTX *presenter, SSL_CTX *other)
{
    SSL *sides[2] = {library->new (presenter), library->new (other)};
    BIO *ends[2] = {NULL, NULL};
    bool good = sides[0] && sides[1] && BIO_new_bio_pair(&ends[0], 0, &ends[1], 0) == 1;
    for (int i = 0; good && i < 2; i++) {
        library->set_bio(sides[i], ends[i], ends[i]);
        if (handshake->is_client == (i == 0))
            library->set_client(sides[i]);
        else
            library->set_server(sides[i]);
    }
    if (good)
        converse(library, sides);
    library->free(sides[0]);
    library->free(sides[1]);
    return good;
}

bool handshake_try(const struct handshake *handshake, bool *accepted, struct str *why,
                   struct error *err)
{
    const struct library *library = load(err);
    struct verdict verdict = {.handshake = handshake};
    *accepted = false;
    if (!library)
        return false;
    SSL_CTX *presenter = presenter_new(library, handshake);
    SSL_CTX *other = judge_new(library, handshake, &verdict);
    bool good = presenter && other;
    /* A server that asks for a certificate has one to show, which nobody looks at here. */
    if (good && handshake->is_client)
        good = present(library, other, handshake);
    good = good && run(library, handshake, presenter, other) && verdict.judged;
    if (presenter)
        library->ctx_free(presenter);
    if (other)
        library->ctx_free(other);
    ERR_clear_error();
    if (!good)
        return error_set(err, STATUS_NO, handshake->chain[0]->subject, "",
                         "no TLS connection could be tried with this certificate and its key");
    *accepted = verdict.accepted;
    if (!verdict.accepted)
        str_add(why, verdict.why);
    return true;
}
