#include "base/json.h"
#include "cli/pki.h"
#include "pki/text.h"

/* `pki inspect`: what a file holds, as the appliance says it, or as JSON. */

/* A time that cannot be read is 0. */
static json_t *moment(time_t at)
{
    return at ? json_time(at) : json_null();
}

static json_t *cert_json(const struct cert *cert)
{
    json_t *out = json_object();
    json_put(out, "subject", json_text(cert->subject));
    json_put(out, "issuer", json_text(cert->issuer));
    json_put(out, "serial", json_text(cert->serial));
    json_put(out, "not_before", moment(cert->not_before));
    json_put(out, "not_after", moment(cert->not_after));
    json_put(out, "subject_alt_names", json_strings(&cert->sans));
    json_put(out, "key_algorithm", json_text(cert->key_algorithm));
    json_put(out, "key_bits", json_integer(cert->key_bits));
    json_put(out, "signature_algorithm", json_text(cert->signature_algorithm));
    json_put(out, "is_ca", json_boolean(cert->is_ca));
    json_put(out, "key_usage", json_strings(&cert->ku));
    json_put(out, "extended_key_usage", json_strings(&cert->eku));
    json_put(out, "sha256_fingerprint", json_text(cert->fingerprint));
    return out;
}

static json_t *key_json(const struct key *key)
{
    json_t *out = json_object();
    if (!key->encrypted) {
        json_put(out, "algorithm", json_text(key->algorithm));
        json_put(out, "bits", json_integer(key->bits));
    }
    json_put(out, "encrypted", json_boolean(key->encrypted));
    return out;
}

static json_t *csr_json(const struct csr *csr)
{
    json_t *out = json_object();
    json_put(out, "subject", json_text(csr->subject));
    json_put(out, "subject_alt_names", json_strings(&csr->sans));
    json_put(out, "key_usage", json_strings(&csr->ku));
    json_put(out, "extended_key_usage", json_strings(&csr->eku));
    json_put(out, "key_algorithm", json_text(csr->key_algorithm));
    json_put(out, "key_bits", json_integer(csr->key_bits));
    json_put(out, "signature_valid", json_boolean(csr->signature_valid));
    return out;
}

static void inspect_json(const char *name, const struct pki_file *file)
{
    json_t *out = json_object();
    json_put(out, "file", json_text(name));
    json_put(out, "kind", json_text(pki_kind_word(file->kind)));
    if (file->kind != PKI_UNKNOWN && file->kind != PKI_SSH_PUBLIC_KEY)
        json_put(out, "encoding", json_text(file->pem ? "PEM" : "DER"));
    if (pki_cert_count(file)) {
        json_t *certs = json_array();
        for (size_t i = 0; i < file->count; i++)
            if (file->objects[i].kind == OBJECT_CERT)
                json_array_append_new(certs, cert_json(file->objects[i].cert));
        json_put(out, "certificates", certs);
    }
    if (pki_first_key(file))
        json_put(out, "key", key_json(pki_first_key(file)));
    if (pki_first_csr(file))
        json_put(out, "csr", csr_json(pki_first_csr(file)));
    json_print(out, stdout);
}

int pki_inspect(const struct cli *cli)
{
    const char *name = cli->args[1];
    struct pki_file file;
    struct error err = {0};
    if (!pki_read_for(cli->json ? PKI_FACTS : PKI_TEXT, cli, name, &file, &err)) {
        pki_file_free(&file);
        return cli_fail(&err);
    }
    pki_note(cli, name, &file);
    if (cli->json) {
        inspect_json(name, &file);
    } else if (!cli->quiet) {
        struct str text = {0};
        text_inspect(&file, &text);
        fwrite(str_text(&text), 1, text.length, stdout);
        str_free(&text);
    }
    int status = STATUS_OK;
    if (file.kind == PKI_UNKNOWN || file.problem) {
        error_set(&err, file.kind == PKI_UNKNOWN ? STATUS_NO : STATUS_OK, name,
                  file.kind == PKI_UNKNOWN &&
                          (!file.problem || text_starts(file.problem, "neither"))
                      ? "it must be a certificate, key, request, PKCS#7, PKCS#12 or SSH key"
                      : "",
                  "%s", file.problem ? file.problem : "is no PKI file");
        status = cli_fail(&err);
    }
    pki_file_free(&file);
    return status;
}
