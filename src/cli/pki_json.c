#include "cli/pki.h"

/* What the pki family found out, as JSON. */

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_text(text) : json_null();
}

static json_t *list_json(const struct pki_reply *reply)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < reply->row_count; i++) {
        const struct pki_row *file = &reply->rows[i];
        bool is_plain = file->kind == PKI_UNKNOWN || file->kind == PKI_SSH_PUBLIC_KEY;
        json_t *row = json_object();
        json_put(row, "file", json_text(file->file));
        json_put(row, "kind", json_text(pki_kind_word(file->kind)));
        json_put(row, "encoding", is_plain ? json_null() : json_text(file->pem ? "PEM" : "DER"));
        json_put(row, "subject", text_or_null(file->subject));
        json_put(row, "not_after", file->has_end ? json_time(file->not_after) : json_null());
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *uses_json(const struct pki_reply *reply)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < reply->use_count; i++) {
        const struct pki_use *use = &reply->uses[i];
        json_t *row = json_object();
        json_put(row, "server", json_text(use->service->server->name));
        json_put(row, "service", json_text(use->service->name));
        json_put(row, "slot", text_or_null(use->slot ? use->slot->name : NULL));
        json_put(row, "key", text_or_null(use->key));
        json_put(row, "certificate", text_or_null(use->certificate));
        json_put(row, "bundle", text_or_null(use->bundle));
        json_put(row, "trust", json_strings(&use->trust));
        json_put(row, "missing", json_strings(&use->missing));
        json_array_append_new(rows, row);
    }
    return rows;
}

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
    char print[FINGERPRINT_SIZE];
    cert_fingerprint(cert, print);
    json_put(out, "sha256_fingerprint", json_text(print));
    return out;
}

/* Of the public key's encoding, as order sheets show it; a locked key's is not known. */
static json_t *key_id_json(const unsigned char id[KEY_ID_BYTES])
{
    struct str text = {0};
    for (size_t i = 0; i < KEY_ID_BYTES; i++)
        str_addf(&text, "%s%02x", i ? ":" : "", id[i]);
    json_t *out = json_text(str_text(&text));
    str_free(&text);
    return out;
}

static json_t *key_json(const struct key *key)
{
    json_t *out = json_object();
    if (!key->encrypted) {
        json_put(out, "algorithm", json_text(key->algorithm));
        json_put(out, "bits", json_integer(key->bits));
        json_put(out, "public_key_sha256", key_id_json(key->id));
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
    json_put(out, "public_key_sha256", key_id_json(csr->key_id));
    return out;
}

static json_t *inspect_json(const char *name, const struct pki_file *file)
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
    return out;
}

json_t *pki_chain_json(const struct chain *chain)
{
    json_t *out = json_object(), *subjects = json_array();
    for (size_t i = 0; i < chain->count; i++)
        json_array_append_new(subjects, json_text(chain->certs[i]->subject));
    json_put(out, "ok", json_boolean(chain->valid));
    json_put(out, "error", chain->valid ? json_null() : json_text(chain->reason));
    json_put(out, "code", chain->valid ? json_null() : json_integer(chain->error));
    json_put(out, "depth", chain->valid ? json_null() : json_integer(chain->depth));
    json_put(out, "chain", subjects);
    return out;
}

static json_t *made_json(const struct pki_reply *reply, const char *what)
{
    json_t *out = json_object();
    json_put(out, "key", json_text(reply->key_file));
    json_put(out, what, json_text(reply->file));
    return out;
}

static json_t *signed_json(const struct pki_reply *reply)
{
    const struct cert *cert = pki_first_cert(&reply->made);
    json_t *out = json_object();
    json_put(out, "certificate", json_text(reply->file));
    json_put(out, "issuer", json_text(cert->issuer));
    json_put(out, "not_after", json_time(cert->not_after));
    json_put(out, "cut", json_boolean(reply->cut));
    return out;
}

static json_t *changed_json(const struct pki_reply *reply)
{
    json_t *out = json_object();
    json_put(out, "file", json_text(reply->file));
    json_put(out, "changed", json_boolean(reply->changed));
    return out;
}

json_t *pki_reply_json(const struct pki_reply *reply, char *const *words)
{
    switch (reply->verb) {
    case VERB_USES:
        return uses_json(reply);
    case VERB_LIST:
        return reply->status ? NULL : list_json(reply);
    case VERB_INSPECT: /* also of what is unknown, or read in part */
        return reply->was_read ? inspect_json(words[1], &reply->files[0]) : NULL;
    case VERB_MATCH:
        return reply->judged ? json_pack("{s:b}", "match", reply->status == STATUS_OK) : NULL;
    case VERB_VERIFY:
        return reply->judged ? pki_chain_json(&reply->chain) : NULL;
    case VERB_CSR:
        return reply->status ? NULL : made_json(reply, "csr");
    case VERB_SELFSIGNED:
        return reply->status ? NULL : made_json(reply, "certificate");
    case VERB_SIGN:
        return reply->status ? NULL : signed_json(reply);
    default:
        return reply->status ? NULL : changed_json(reply);
    }
}
