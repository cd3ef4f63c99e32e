/* Keys in the wrong places: what a certificate or a request that fits its neighbour's key means. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

static const struct key *open_key(const struct store_file *file)
{
    const struct key *key = file && !file->problem ? pki_first_key(&file->pki) : NULL;
    return key && key->is_private && !key->encrypted ? key : NULL;
}

const char *key_owner(const struct judge *judge, const unsigned char *id)
{
    for (size_t i = 0; i < judge->facts->scan.count; i++) {
        const struct key *key = open_key(&judge->facts->scan.files[i]);
        if (key && memcmp(key->id, id, KEY_ID_BYTES) == 0)
            return judge->facts->scan.files[i].name;
    }
    return NULL;
}

static const struct csr *request_of(const struct view *view)
{
    const struct store_file *file = view->files[ROLE_CSR];
    return file && !file->problem ? pki_first_csr(&file->pki) : NULL;
}

bool request_is_strange(const struct view *view)
{
    const struct key *key = open_key(view->files[ROLE_KEY]);
    const struct csr *request = request_of(view);
    return key && request && !view->next && memcmp(key->id, request->key_id, KEY_ID_BYTES) != 0;
}

/* The key of its certificate and of its request, where these agree and the key here is another. */
static const unsigned char *lost_key(const struct view *view)
{
    const struct store_file *file = view->files[ROLE_CERTIFICATE];
    const struct cert *cert = file && !file->problem ? pki_first_cert(&file->pki) : NULL;
    const struct csr *request = request_of(view);
    bool agree = cert && request && memcmp(cert->key_id, request->key_id, KEY_ID_BYTES) == 0;
    return agree && request_is_strange(view) ? request->key_id : NULL;
}

/* Who has the view's key in its own place; NULL: nobody. */
static const struct view *holder(const struct judge *judge, const struct view *view)
{
    const unsigned char *id = lost_key(view);
    for (size_t i = 0; id && i < judge->view_count; i++) {
        const struct key *key = open_key(judge->views[i].files[ROLE_KEY]);
        if (key && memcmp(key->id, id, KEY_ID_BYTES) == 0)
            return &judge->views[i];
    }
    return NULL;
}

/* The first by name of those whose keys went around; NULL: they did not. */
static const struct view *first_of_circle(const struct judge *judge, const struct view *view)
{
    const struct view *first = view, *at = holder(judge, view);
    for (size_t i = 0; at && at != view && i < judge->view_count; i++) {
        if (strcmp(at->identity->name, first->identity->name) < 0)
            first = at;
        at = holder(judge, at);
    }
    return at == view ? first : NULL;
}

bool remedy_key_place(struct finding *finding, const struct subject *s)
{
    const char *store = s->judge->facts->store_path;
    const struct view *first = first_of_circle(s->judge, s->view);
    const unsigned char *id = lost_key(s->view);
    const char *owner = id ? key_owner(s->judge, id) : NULL;
    if (!first) {
        /* It is nobody's else. */
        if (!owner || holder(s->judge, s->view))
            return false;
        remedy_set(finding, s->view, "key-file", owner);
        return true;
    }
    /* Each of them is told the same. */
    const char *aside = view_name(first, ROLE_KEY), *to = aside;
    remedy_add(finding, "rename %s/%s to %s.aside", store, aside, aside);
    for (const struct view *at = holder(s->judge, first); at != first; at = holder(s->judge, at)) {
        remedy_add(finding, "rename %s/%s to %s", store, view_name(at, ROLE_KEY), to);
        to = view_name(at, ROLE_KEY);
    }
    remedy_add(finding, "rename %s/%s.aside to %s", store, aside, to);
    return true;
}

bool keys_changed_places(const struct subject *s)
{
    const struct view *view = s->view;
    const struct store_file *key = view ? view->files[ROLE_KEY] : NULL,
                            *file = view ? view->files[ROLE_CERTIFICATE] : NULL;
    if (!key || !file || key->problem || file->problem || file->pki.kind != PKI_PRIVATE_KEY)
        return false;
    const struct cert *cert = pki_first_cert(&key->pki);
    const struct key *other = pki_first_key(&file->pki);
    return cert && other && !other->encrypted && memcmp(cert->key_id, other->id, KEY_ID_BYTES) == 0;
}

void key_tell_exchange(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const char *key = view_name(s->view, ROLE_KEY), *cert = view_name(s->view, ROLE_CERTIFICATE),
               *store = s->judge->facts->store_path;
    struct finding *finding =
        report(out, rule, s, "%s holds the certificate and %s its private key: they changed places",
               key, cert);
    remedy_add(finding, "rename %s/%s to %s.bak", store, cert, cert);
    remedy_add(finding, "rename %s/%s to %s", store, key, cert);
    remedy_add(finding, "rename %s/%s.bak to %s", store, cert, key);
}
