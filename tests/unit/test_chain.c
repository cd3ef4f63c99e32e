#include "pki/chain.h"
#include "pki/load.h"
#include "pki/paths.h"
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* Certificates are made here by OpenSSL itself, with whatever faults a test needs. */

#define NOW ((time_t)1780000000) /* 2026-05-28 */
#define DAY 86400
#define KEYS 6
#define MADE_MAX 160

struct recipe {
    const char *subject; /* CN */
    int key;             /* index of keys */
    const char *issuer;  /* CN; NULL: itself */
    int issuer_key;
    int from_days, to_days; /* around NOW; both 0: -10 to 100 */
    const char *basic;      /* basicConstraints; NULL none */
    const char *ku, *eku, *san, *constraints;
    bool no_aki;
    bool broken; /* signature changed */
};

static EVP_PKEY *keys[KEYS];
static struct pki_file made[MADE_MAX];
static size_t made_count;

static void add_extension(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    if (!value)
        return;
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void set_name(X509_NAME *name, const char *cn)
{
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0),
        1);
}

static const struct cert *parse(X509 *x509)
{
    unsigned char *der = NULL;
    int length = i2d_X509(x509, &der);
    assert_true(length > 0 && made_count < MADE_MAX);
    struct pki_file *file = &made[made_count++];
    pki_parse(der, (size_t)length, NULL, file);
    OPENSSL_free(der);
    assert_non_null(pki_first_cert(file));
    return pki_first_cert(file);
}

static const struct cert *bake(struct recipe recipe)
{
    static long serial = 1;
    bool self = recipe.issuer == NULL;
    EVP_PKEY *signer = keys[self ? recipe.key : recipe.issuer_key];
    X509 *x509 = X509_new();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    set_name(X509_get_subject_name(x509), recipe.subject);
    set_name(X509_get_issuer_name(x509), self ? recipe.subject : recipe.issuer);
    bool usual = recipe.from_days == 0 && recipe.to_days == 0;
    ASN1_TIME_set(X509_getm_notBefore(x509), NOW + (usual ? -10 : recipe.from_days) * DAY);
    ASN1_TIME_set(X509_getm_notAfter(x509), NOW + (usual ? 100 : recipe.to_days) * DAY);
    X509_set_pubkey(x509, keys[recipe.key]);
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    add_extension(x509, &context, NID_basic_constraints, recipe.basic);
    add_extension(x509, &context, NID_key_usage, recipe.ku);
    add_extension(x509, &context, NID_ext_key_usage, recipe.eku);
    add_extension(x509, &context, NID_subject_alt_name, recipe.san);
    add_extension(x509, &context, NID_name_constraints, recipe.constraints);
    if (!recipe.no_aki) {
        /* The identifiers of both keys, by hand: the issuer's certificate may not be at hand. */
        X509 *above = X509_new();
        X509_set_pubkey(above, signer);
        X509V3_CTX other;
        X509V3_set_ctx(&other, above, above, NULL, NULL, 0);
        add_extension(above, &other, NID_subject_key_identifier, "hash");
        add_extension(x509, &context, NID_subject_key_identifier, "hash");
        X509V3_set_ctx(&context, above, x509, NULL, NULL, 0);
        add_extension(x509, &context, NID_authority_key_identifier, "keyid:always");
        X509_free(above);
    }
    assert_true(X509_sign(x509, signer, EVP_sha256()) > 0);
    if (recipe.broken) {
        const ASN1_BIT_STRING *signature;
        X509_get0_signature(&signature, NULL, x509);
        ((unsigned char *)ASN1_STRING_get0_data(signature))[12] ^= 1;
    }
    const struct cert *cert = parse(x509);
    X509_free(x509);
    return cert;
}

#define CA "critical,CA:TRUE"
#define SIGNS "critical,keyCertSign,cRLSign"

static const struct cert *root(const char *cn, int key)
{
    return bake((struct recipe){.subject = cn, .key = key, .basic = CA, .ku = SIGNS});
}

static const struct cert *intermediate(const char *cn, int key, const char *issuer, int issuer_key)
{
    return bake((struct recipe){.subject = cn,
                                .key = key,
                                .issuer = issuer,
                                .issuer_key = issuer_key,
                                .basic = CA,
                                .ku = SIGNS});
}

static const struct cert *leaf(const char *cn, int key, const char *issuer, int issuer_key)
{
    return bake(
        (struct recipe){.subject = cn, .key = key, .issuer = issuer, .issuer_key = issuer_key});
}

static struct chain verify(const struct cert *subject, const struct cert *const *anchors,
                           size_t count)
{
    struct chain chain;
    chain_verify(subject, NULL, 0, anchors, count, PURPOSE_ANY, NULL, NOW, &chain);
    return chain;
}
#define POOL(...)                                                                                  \
    ((const struct cert *const[]){__VA_ARGS__}),                                                   \
        sizeof((const struct cert *const[]){__VA_ARGS__}) / sizeof(struct cert *)

static void assert_fails(const struct chain *chain, int error, int depth)
{
    assert_false(chain->valid);
    assert_int_equal(chain->error, error);
    assert_int_equal(chain->depth, depth);
    assert_string_equal(chain->reason, X509_verify_cert_error_string(error));
}

static void assert_holds(const struct chain *chain, size_t count)
{
    assert_string_equal(chain->reason, "");
    assert_true(chain->valid && chain->complete);
    assert_int_equal(chain->error, 0);
    assert_int_equal(chain->count, count);
}

static void leaf_intermediate_root_hold_in_any_order(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0), *i = intermediate("I", 1, "R", 0);
    const struct cert *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(i, r));
    assert_holds(&chain, 3);
    assert_ptr_equal(chain.certs[0], l);
    assert_ptr_equal(chain.certs[1], i);
    assert_ptr_equal(chain.certs[2], r);
    chain = verify(l, POOL(r, i));
    assert_holds(&chain, 3);
    chain = verify(l, POOL(r, l, i, i));
    assert_holds(&chain, 3);
}

static void missing_root_is_error_2_at_the_intermediate(void **state)
{
    (void)state;
    const struct cert *i = intermediate("I", 1, "R", 0), *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(i));
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, 1);
    assert_false(chain.complete);
    assert_int_equal(chain.count, 2);
    assert_int_equal(chain_fault(&chain), FAULT_ISSUER);
    assert_ptr_equal(chain_failed(&chain), i);
}

static void missing_intermediate_is_error_20_at_the_leaf(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0), *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(r));
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0);
    assert_int_equal(chain.count, 1);
    chain = verify(l, NULL, 0);
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0);
}

static void two_roots_of_one_name_hold_in_both_orders(void **state)
{
    (void)state;
    struct recipe old = {.subject = "R", .key = 0, .basic = CA, .no_aki = true};
    struct recipe new = {.subject = "R", .key = 3, .basic = CA, .no_aki = true};
    const struct cert *wrong = bake(old), *right = bake(new);
    const struct cert *l = bake(
        (struct recipe){.subject = "l", .key = 2, .issuer = "R", .issuer_key = 3, .no_aki = true});
    struct chain chain = verify(l, POOL(wrong, right));
    assert_holds(&chain, 2);
    assert_ptr_equal(chain.certs[1], right);
    chain = verify(l, POOL(right, wrong));
    assert_holds(&chain, 2);
    assert_ptr_equal(chain.certs[1], right);
}

static void same_name_intermediates_are_told_apart_by_signature(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0);
    struct recipe recipe = {
        .subject = "I", .key = 1, .issuer = "R", .issuer_key = 0, .basic = CA, .no_aki = true};
    const struct cert *right = bake(recipe);
    recipe.key = 4;
    const struct cert *wrong = bake(recipe);
    const struct cert *l = bake(
        (struct recipe){.subject = "l", .key = 2, .issuer = "I", .issuer_key = 1, .no_aki = true});
    struct chain chain = verify(l, POOL(wrong, right, r));
    assert_holds(&chain, 3);
    chain = verify(l, POOL(right, wrong, r));
    assert_holds(&chain, 3);
}

static void namesake_with_another_key_is_a_signature_failure(void **state)
{
    (void)state;
    struct recipe recipe = {.subject = "R", .key = 0, .basic = CA, .no_aki = true};
    const struct cert *wrong = bake(recipe);
    const struct cert *l = bake(
        (struct recipe){.subject = "l", .key = 2, .issuer = "R", .issuer_key = 3, .no_aki = true});
    struct chain chain = verify(l, POOL(wrong));
    assert_fails(&chain, X509_V_ERR_CERT_SIGNATURE_FAILURE, 0);
    /* where the key identifier says that it is another, the issuer lacks */
    const struct cert *known = leaf("l", 2, "R", 3), *other = root("R", 0);
    chain = verify(known, POOL(other));
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0);
}

static void cross_signed_ca_holds_by_either_root(void **state)
{
    (void)state;
    const struct cert *old_root = root("Old", 0), *new_root = root("New", 3);
    const struct cert *cross = intermediate("New", 3, "Old", 0);
    const struct cert *i = intermediate("I", 1, "New", 3), *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(cross, i, old_root));
    assert_holds(&chain, 4);
    chain = verify(l, POOL(cross, new_root, i));
    assert_holds(&chain, 3);
    assert_ptr_equal(chain.certs[2], new_root);
    chain = verify(l, POOL(old_root, cross, new_root, i));
    assert_holds(&chain, 3); /* the shortest */
    chain = verify(l, POOL(cross, i));
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, 2);
}

static void cross_signed_path_is_taken_where_the_short_one_has_ended(void **state)
{
    (void)state;
    const struct cert *old_root = root("Old", 0);
    const struct cert *ended = bake((struct recipe){
        .subject = "New", .key = 3, .from_days = -100, .to_days = -1, .basic = CA, .ku = SIGNS});
    const struct cert *cross = intermediate("New", 3, "Old", 0);
    const struct cert *l = leaf("l", 2, "New", 3);
    struct chain chain = verify(l, POOL(ended, cross, old_root));
    assert_holds(&chain, 3);
    assert_ptr_equal(chain.certs[1], cross);
}

static void loop_of_cross_signed_cas_ends(void **state)
{
    (void)state;
    const struct cert *a = intermediate("A", 0, "B", 1), *b = intermediate("B", 1, "A", 0);
    const struct cert *l = leaf("l", 2, "A", 0);
    struct chain chain = verify(l, POOL(a, b));
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, 2);
    const struct cert *r = root("A", 0);
    chain = verify(l, POOL(a, b, r));
    assert_holds(&chain, 2);
}

static void latest_to_end_is_taken_of_equal_paths(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0);
    struct recipe recipe = {.subject = "I",
                            .key = 1,
                            .issuer = "R",
                            .issuer_key = 0,
                            .from_days = -5,
                            .to_days = 20,
                            .basic = CA};
    const struct cert *soon = bake(recipe);
    recipe.to_days = 60;
    const struct cert *late = bake(recipe);
    const struct cert *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(soon, late, r));
    assert_holds(&chain, 3);
    assert_ptr_equal(chain.certs[1], late);
    chain = verify(l, POOL(late, soon, r));
    assert_ptr_equal(chain.certs[1], late);
}

static void ended_and_early_name_certificate_and_depth(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0);
    struct recipe recipe = {.subject = "I",
                            .key = 1,
                            .issuer = "R",
                            .issuer_key = 0,
                            .from_days = -50,
                            .to_days = -1,
                            .basic = CA};
    const struct cert *ended = bake(recipe), *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(ended, r));
    assert_fails(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 1);
    assert_true(chain.complete);
    assert_ptr_equal(chain_failed(&chain), ended);
    const struct cert *early = bake((struct recipe){
        .subject = "e", .key = 2, .issuer = "R", .issuer_key = 0, .from_days = 2, .to_days = 9});
    chain = verify(early, POOL(r));
    assert_fails(&chain, X509_V_ERR_CERT_NOT_YET_VALID, 0);
    chain_verify(early, NULL, 0, POOL(r), PURPOSE_ANY, NULL, NOW + 3 * DAY, &chain);
    assert_holds(&chain, 2);
}

static void path_length_is_kept(void **state)
{
    (void)state;
    const struct cert *r = bake((struct recipe){
        .subject = "R", .key = 0, .basic = "critical,CA:TRUE,pathlen:0", .ku = SIGNS});
    const struct cert *i = intermediate("I", 1, "R", 0), *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(i, r));
    assert_fails(&chain, X509_V_ERR_PATH_LENGTH_EXCEEDED, 2);
    const struct cert *direct = leaf("d", 2, "R", 0);
    chain = verify(direct, POOL(r));
    assert_holds(&chain, 2);
}

static void issuer_must_be_a_ca(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0);
    const struct cert *no_ca = bake((struct recipe){
        .subject = "I", .key = 1, .issuer = "R", .issuer_key = 0, .basic = "critical,CA:FALSE"});
    const struct cert *l = leaf("l", 2, "I", 1);
    struct chain chain = verify(l, POOL(no_ca, r));
    assert_fails(&chain, X509_V_ERR_INVALID_CA, 1);
    assert_int_equal(chain_fault(&chain), FAULT_NO_CA);
}

static void name_constraints_are_kept(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0);
    const struct cert *i = bake((struct recipe){.subject = "I",
                                                .key = 1,
                                                .issuer = "R",
                                                .issuer_key = 0,
                                                .basic = CA,
                                                .constraints = "permitted;DNS:example.com"});
    struct recipe recipe = {
        .subject = "x", .key = 2, .issuer = "I", .issuer_key = 1, .san = "DNS:a.example.com"};
    const struct cert *inside = bake(recipe);
    recipe.san = "DNS:a.example.org";
    const struct cert *outside = bake(recipe);
    struct chain chain = verify(inside, POOL(i, r));
    assert_holds(&chain, 3);
    chain = verify(outside, POOL(i, r));
    assert_fails(&chain, X509_V_ERR_PERMITTED_VIOLATION, 0);
}

static void self_signed_leaf_verifies_with_itself_alone(void **state)
{
    (void)state;
    const struct cert *self = bake((struct recipe){.subject = "s", .key = 1});
    const struct cert *ca = root("t", 1), *other = root("R", 0);
    struct chain chain = verify(self, POOL(self));
    assert_holds(&chain, 1);
    chain = verify(ca, POOL(other, ca));
    assert_holds(&chain, 1);
    chain = verify(self, POOL(other));
    assert_fails(&chain, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0);
    /* a new certificate of the same key and name is not the old one */
    const struct cert *renewed = bake((struct recipe){.subject = "s", .key = 1});
    chain = verify(self, POOL(renewed));
    assert_fails(&chain, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0);
}

static void roots_of_the_links_are_no_anchors(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0), *other = root("O", 3);
    const struct cert *i = intermediate("I", 1, "R", 0), *l = leaf("l", 2, "I", 1);
    struct chain chain;
    chain_verify(l, POOL(i, r), POOL(other), PURPOSE_ANY, NULL, NOW, &chain);
    assert_fails(&chain, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 2);
    assert_int_equal(chain_fault(&chain), FAULT_NO_ANCHOR);
    chain_verify(l, POOL(i, r), POOL(r), PURPOSE_ANY, NULL, NOW, &chain);
    assert_holds(&chain, 3);
    chain_verify(l, POOL(r), POOL(r, i), PURPOSE_ANY, NULL, NOW, &chain);
    assert_holds(&chain, 3);
}

static void broken_signatures_are_seen_at_every_depth(void **state)
{
    (void)state;
    struct recipe recipe = {.subject = "l", .key = 2, .issuer = "R", .issuer_key = 0};
    const struct cert *r = root("R", 0);
    recipe.broken = true;
    const struct cert *changed = bake(recipe);
    struct chain chain = verify(changed, POOL(r));
    assert_fails(&chain, X509_V_ERR_CERT_SIGNATURE_FAILURE, 0);
    const struct cert *bad_root =
        bake((struct recipe){.subject = "B", .key = 3, .basic = CA, .ku = SIGNS, .broken = true});
    const struct cert *below = leaf("b", 2, "B", 3);
    chain = verify(below, POOL(bad_root));
    assert_fails(&chain, X509_V_ERR_CERT_SIGNATURE_FAILURE, 1);
}

static void purpose_and_host_are_asked_of_the_leaf(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0);
    const struct cert *l = bake((struct recipe){.subject = "cn.example.com",
                                                .key = 2,
                                                .issuer = "R",
                                                .issuer_key = 0,
                                                .eku = "serverAuth",
                                                .san = "DNS:*.example.com,IP:192.0.2.1"});
    struct chain chain;
    chain_verify(l, NULL, 0, POOL(r), PURPOSE_SERVER, "www.example.com", NOW, &chain);
    assert_holds(&chain, 2);
    chain_verify(l, NULL, 0, POOL(r), PURPOSE_CLIENT, NULL, NOW, &chain);
    assert_fails(&chain, X509_V_ERR_INVALID_PURPOSE, 0);
    chain_verify(l, NULL, 0, POOL(r), PURPOSE_ANY, "a.b.example.com", NOW, &chain);
    assert_fails(&chain, X509_V_ERR_HOSTNAME_MISMATCH, 0);
    chain_verify(l, NULL, 0, POOL(r), PURPOSE_ANY, "192.0.2.1", NOW, &chain);
    assert_holds(&chain, 2);
    chain_verify(l, NULL, 0, POOL(r), PURPOSE_ANY, "192.0.2.2", NOW, &chain);
    assert_fails(&chain, X509_V_ERR_IP_ADDRESS_MISMATCH, 0);
}

static void build_takes_the_roots_of_the_pool(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0), *i = intermediate("I", 1, "R", 0);
    const struct cert *l = leaf("l", 2, "I", 1), *stranger = root("O", 3);
    struct chain chain;
    chain_build(l, POOL(stranger, l, r, i), NOW, &chain);
    assert_holds(&chain, 3);
    chain_build(l, POOL(stranger, i), NOW, &chain);
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, 1);
    assert_int_equal(chain.count, 2);
}

static void assert_same(const struct chain *a, const struct chain *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->certs, b->certs, a->count * sizeof *a->certs);
    assert_true(a->complete == b->complete && a->valid == b->valid);
    assert_int_equal(a->error, b->error);
    assert_int_equal(a->depth, b->depth);
    assert_string_equal(a->reason, b->reason);
}

/* Asked again, at another moment, with other issuers, and when all was forgotten. */
static void remembered_paths_are_those_that_are_built(void **state)
{
    (void)state;
    enum { LEAVES = 20 };
    const struct cert *r = root("R", 0), *i = intermediate("I", 1, "R", 0), *leaves[LEAVES + 2];
    for (int k = 0; k < LEAVES; k++)
        leaves[k] = bake((struct recipe){.subject = "l",
                                         .key = 2,
                                         .issuer = "I",
                                         .issuer_key = 1,
                                         .from_days = -10,
                                         .to_days = k == 3 ? -1 : 10 + k,
                                         .broken = k == 5});
    leaves[LEAVES] = r;
    leaves[LEAVES + 1] = leaf("stranger", 3, "nobody", 4);
    const struct cert *const pools[][2] = {{i, r}, {i, leaves[0]}};
    struct paths *paths = paths_new();
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < LEAVES + 2; k += repeated(1, 3))
            for (int p = 0; p < 6; p++) {
                struct chain known, built;
                time_t at = NOW + (p > 3 ? (15 + round) * DAY : round);
                size_t count = p % 2 ? 2 : p ? 1 : 0;
                paths_build(paths, leaves[k], pools[p / 2 % 2], count, at, &known);
                chain_build(leaves[k], pools[p / 2 % 2], count, at, &built);
                assert_same(&known, &built);
            }
        if (round == 1)
            paths_forget(paths);
    }
    paths_free(paths);
}

static void build_all_has_every_path_that_holds_the_shortest_first(void **state)
{
    (void)state;
    const struct cert *r = root("R", 0), *o = root("O", 3), *crossed = intermediate("R", 0, "O", 3);
    const struct cert *late = bake((struct recipe){
        .subject = "R", .key = 0, .from_days = -5, .to_days = 200, .basic = CA, .ku = SIGNS});
    const struct cert *i = intermediate("I", 1, "R", 0), *l = leaf("l", 2, "I", 1);
    const struct cert *ended = bake((struct recipe){
        .subject = "O", .key = 3, .from_days = -90, .to_days = -1, .basic = CA, .ku = SIGNS});
    struct chain all[CHAINS_MAX], best;
    assert_int_equal(chain_build_all(l, POOL(o, ended, crossed, r, i, l), NOW, all), 2);
    assert_holds(&all[0], 3);
    assert_ptr_equal(all[0].certs[2], r);
    assert_holds(&all[1], 4);
    assert_ptr_equal(all[1].certs[2], crossed);
    assert_ptr_equal(all[1].certs[3], o);
    assert_int_equal(chain_build_all(l, POOL(i, o, crossed), NOW, all), 1);
    assert_int_equal(chain_build_all(l, POOL(i, crossed, ended), NOW, all), 0);
    /* Their end is the leaf's: in what order they come is the same each time, and the first is the
     * one that is taken. */
    assert_int_equal(chain_build_all(l, POOL(r, late, i), NOW, all), 2);
    chain_build(l, POOL(r, late, i), NOW, &best);
    assert_ptr_equal(all[0].certs[2], best.certs[2]);
    const struct cert *many[20] = {i};
    for (int n = 1; n < 20; n++)
        many[n] = bake((struct recipe){.subject = "R",
                                       .key = 0,
                                       .from_days = -n,
                                       .to_days = 20 + n,
                                       .basic = CA,
                                       .ku = SIGNS});
    assert_int_equal(chain_build_all(l, many, 20, NOW, all), CHAINS_MAX);
    for (int n = 0; n < CHAINS_MAX; n++)
        assert_ptr_equal(all[n].certs[2], many[19 - n]);
}

/* Ten layers of four namesakes each, all of one key: a million paths, and none has a root. */
static void hostile_pool_ends_within_its_bound(void **state)
{
    (void)state;
    enum { LAYERS = 10, EACH = 4 };
    const struct cert *pool[LAYERS * EACH + 1];
    char names[LAYERS + 1][16];
    int layers = repeated(LAYERS, 3), count = layers * EACH;
    for (int layer = 0; layer <= layers; layer++)
        snprintf(names[layer], sizeof names[layer], "L%d", layer);
    for (int i = 0; i < count; i++)
        pool[i] = intermediate(names[i / EACH], 1, names[i / EACH + 1], 1);
    const struct cert *l = leaf("l", 2, "L0", 1);
    struct chain chain = verify(l, pool, (size_t)count);
    assert_fails(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, layers);
    pool[count++] = root(names[layers], 1);
    chain = verify(l, pool, (size_t)count);
    assert_holds(&chain, layers + 2);
    struct chain all[CHAINS_MAX];
    assert_true(chain_build_all(l, pool, (size_t)count, NOW, all) > 0);
}

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS; i++)
        if (!(keys[i] = EVP_EC_gen("P-256")))
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < made_count; i++)
        pki_file_free(&made[i]);
    for (int i = 0; i < KEYS; i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf_intermediate_root_hold_in_any_order),
        cmocka_unit_test(missing_root_is_error_2_at_the_intermediate),
        cmocka_unit_test(missing_intermediate_is_error_20_at_the_leaf),
        cmocka_unit_test(two_roots_of_one_name_hold_in_both_orders),
        cmocka_unit_test(same_name_intermediates_are_told_apart_by_signature),
        cmocka_unit_test(namesake_with_another_key_is_a_signature_failure),
        cmocka_unit_test(cross_signed_ca_holds_by_either_root),
        cmocka_unit_test(cross_signed_path_is_taken_where_the_short_one_has_ended),
        cmocka_unit_test(loop_of_cross_signed_cas_ends),
        cmocka_unit_test(latest_to_end_is_taken_of_equal_paths),
        cmocka_unit_test(ended_and_early_name_certificate_and_depth),
        cmocka_unit_test(path_length_is_kept),
        cmocka_unit_test(issuer_must_be_a_ca),
        cmocka_unit_test(name_constraints_are_kept),
        cmocka_unit_test(self_signed_leaf_verifies_with_itself_alone),
        cmocka_unit_test(roots_of_the_links_are_no_anchors),
        cmocka_unit_test(broken_signatures_are_seen_at_every_depth),
        cmocka_unit_test(purpose_and_host_are_asked_of_the_leaf),
        cmocka_unit_test(build_takes_the_roots_of_the_pool),
        cmocka_unit_test(remembered_paths_are_those_that_are_built),
        cmocka_unit_test(build_all_has_every_path_that_holds_the_shortest_first),
        cmocka_unit_test(hostile_pool_ends_within_its_bound),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
