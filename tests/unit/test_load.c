#include "base/file.h"
#include "base/mem.h"
#include "sample.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int make_samples(void **state)
{
    if (sample_enter(state) != 0)
        return -1;
    sample_run("openssl genrsa -out rsa.key 2048");
    sample_run("openssl rsa -in rsa.key -traditional -out rsa1.key");
    sample_run("openssl ecparam -name prime256v1 -genkey -out ec.key");
    sample_run("openssl genpkey -algorithm ED25519 -out ed.key");
    sample_run("openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key");
    sample_run("openssl req -x509 -new -key ec.key -days 100 -out ca.crt -utf8 "
               "-subj '/C=DE/O=Z\xC3\xBCrich, AG/CN=Root CA'");
    sample_run("printf '%s\\n' 'subjectAltName=DNS:a.example.com,IP:2001:db8:0:0:0:0:0:1,"
               "email:x@y.de,URI:http://a/b' keyUsage=digitalSignature,keyEncipherment "
               "extendedKeyUsage=serverAuth,1.2.3.4 "
               "'authorityInfoAccess=caIssuers;URI:ldap:///x,caIssuers;URI:http://ca/i.cer' >ext");
    sample_run("openssl req -new -key rsa.key -subj '/O=Example/CN=a.example.com' "
               "-addext subjectAltName=DNS:a.example.com -addext extendedKeyUsage=clientAuth "
               "-out a.csr");
    sample_run("openssl x509 -req -in a.csr -CA ca.crt -CAkey ec.key -extfile ext -days 30 "
               "-out a.crt");
    sample_run("cat a.crt ca.crt >bundle.crt");
    return 0;
}

static void is_kind(const char *name, const char *password, enum pki_kind kind, bool pem,
                    size_t count)
{
    struct pki_file file;
    sample_parse(name, password, &file);
    if (file.kind != kind || file.pem != pem || file.count != count || file.problem)
        fail_msg("%s: %s, %s, %zu objects, %s", name, pki_kind_word(file.kind),
                 file.pem ? "PEM" : "DER", file.count, file.problem ? file.problem : "no problem");
    pki_file_free(&file);
}

static void content_decides_what_a_file_is(void **state)
{
    (void)state;
    sample_run("openssl x509 -in a.crt -outform DER -out a.key"); /* whatever its name */
    sample_run("openssl req -in a.csr -outform DER -out a.csr.der");
    sample_run("cat a.key a.key >two.der");
    is_kind("a.crt", NULL, PKI_CERTIFICATE, true, 1);
    is_kind("a.key", NULL, PKI_CERTIFICATE, false, 1);
    is_kind("two.der", NULL, PKI_BUNDLE, false, 2);
    is_kind("bundle.crt", NULL, PKI_BUNDLE, true, 2);
    is_kind("a.csr", NULL, PKI_CSR, true, 1);
    is_kind("a.csr.der", NULL, PKI_CSR, false, 1);
    sample_run("openssl x509 -in a.crt -trustout -out trusted.crt");
    is_kind("trusted.crt", NULL, PKI_CERTIFICATE, true, 1);
    sample_run("cat rsa.key a.crt ca.crt >all.pem");
    is_kind("all.pem", NULL, PKI_PRIVATE_KEY, true, 3);
    sample_run("sed 's/CERTIFICATE REQUEST/CERTIFICATE/' a.csr >mislabelled.crt");
    is_kind("mislabelled.crt", NULL, PKI_CSR, true, 1);
}

static void is_key(const char *name, const char *password, const char *algorithm, int bits,
                   bool is_private)
{
    struct pki_file file;
    sample_parse(name, password, &file);
    const struct key *key = pki_first_key(&file);
    if (!key)
        fail_msg("%s: %s", name, file.problem);
    assert_string_equal(key->algorithm, algorithm);
    assert_int_equal(key->bits, bits);
    assert_int_equal(key->is_private, is_private);
    assert_false(key->encrypted);
    assert_false(file.locked);
    pki_file_free(&file);
}

static void keys_of_every_form_are_read(void **state)
{
    (void)state;
    sample_run("openssl rsa -in rsa.key -outform DER -traditional -out rsa1.der;"
               "openssl pkcs8 -topk8 -nocrypt -in rsa.key -outform DER -out rsa8.der;"
               "openssl ec -in ec.key -outform DER -out ec.der;"
               "openssl pkcs8 -topk8 -nocrypt -in ec.key -out ec8.key;"
               "openssl pkey -in rsa.key -pubout -out rsa.pub.pem;"
               "openssl rsa -in rsa.key -RSAPublicKey_out -out rsa1.pub.pem;"
               "openssl pkey -in ec.key -pubout -outform DER -out ec.pub.der");
    is_key("rsa.key", NULL, "RSA", 2048, true);
    is_key("rsa1.key", NULL, "RSA", 2048, true);
    is_key("rsa1.der", NULL, "RSA", 2048, true);
    is_key("rsa8.der", NULL, "RSA", 2048, true);
    is_key("ec.key", NULL, "EC", 256, true); /* an EC PARAMETERS block comes first */
    is_key("ec.der", NULL, "EC", 256, true);
    is_key("ec8.key", NULL, "EC", 256, true);
    is_key("ed.key", NULL, "Ed25519", 256, true);
    is_key("pss.key", NULL, "RSA-PSS", 2048, true);
    is_key("rsa.pub.pem", NULL, "RSA", 2048, false);
    is_key("rsa1.pub.pem", NULL, "RSA", 2048, false);
    is_key("ec.pub.der", NULL, "EC", 256, false);
}

static void a_key_and_its_certificate_have_one_id(void **state)
{
    (void)state;
    struct pki_file key, cert, csr, public, other;
    sample_run("openssl pkey -in rsa.key -pubout -out rsa.pub.pem");
    sample_parse("rsa1.key", NULL, &key);
    sample_parse("a.crt", NULL, &cert);
    sample_parse("a.csr", NULL, &csr);
    sample_parse("rsa.pub.pem", NULL, &public);
    sample_parse("ec.key", NULL, &other);
    const unsigned char *id = pki_first_key(&key)->id;
    assert_memory_equal(id, pki_first_cert(&cert)->key_id, KEY_ID_BYTES);
    assert_memory_equal(id, pki_first_csr(&csr)->key_id, KEY_ID_BYTES);
    assert_memory_equal(id, pki_first_key(&public)->id, KEY_ID_BYTES);
    assert_memory_not_equal(id, pki_first_key(&other)->id, KEY_ID_BYTES);
    pki_file_free(&key);
    pki_file_free(&cert);
    pki_file_free(&csr);
    pki_file_free(&public);
    pki_file_free(&other);
}

static void locked_keys_open_with_their_password_only(void **state)
{
    (void)state;
    static const char *const names[] = {"pbes2.key", "pbes2.der", "scrypt.key",
                                        "trad.key",  "des.key",   "rc2.key"};
    sample_run("openssl pkcs8 -topk8 -in rsa.key -passout pass:secret -out pbes2.key;"
               "openssl pkcs8 -topk8 -in rsa.key -passout pass:secret -outform DER -out pbes2.der;"
               "openssl pkcs8 -topk8 -scrypt -in rsa.key -passout pass:secret -out scrypt.key;"
               "openssl rsa -in rsa.key -traditional -aes128 -passout pass:secret -out trad.key;"
               "openssl rsa -in rsa.key -traditional -des -passout pass:secret -out des.key "
               "-provider legacy -provider default;"
               "openssl pkcs8 -topk8 -v1 PBE-SHA1-RC2-40 -in rsa.key -passout pass:secret "
               "-out rc2.key -provider legacy -provider default");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct pki_file file;
        is_key(names[i], "secret", "RSA", 2048, true);
        sample_parse(names[i], NULL, &file);
        assert_int_equal(file.kind, PKI_PRIVATE_KEY);
        assert_true(file.locked);
        assert_false(file.wrong_password);
        assert_null(file.problem);
        assert_true(pki_first_key(&file)->encrypted);
        assert_null(pki_first_key(&file)->pkey);
        pki_file_free(&file);
        sample_parse(names[i], "Secret", &file);
        assert_true(file.locked);
        assert_true(file.wrong_password);
        assert_true(pki_first_key(&file)->encrypted);
        assert_non_null(strstr(file.problem, "the password does not open it"));
        pki_file_free(&file);
    }
}

static void containers_give_what_they_hold(void **state)
{
    (void)state;
    sample_run("openssl crl2pkcs7 -nocrl -certfile bundle.crt -out b.p7b;"
               "openssl crl2pkcs7 -nocrl -certfile bundle.crt -outform DER -out b.der.p7b;"
               "openssl pkcs12 -export -in a.crt -inkey rsa.key -certfile ca.crt -out a.p12 "
               "-passout pass:secret;"
               "openssl pkcs12 -export -legacy -in a.crt -inkey rsa.key -certfile ca.crt "
               "-out rc2.p12 -passout pass:secret;"
               "openssl pkcs12 -export -in a.crt -inkey rsa.key -out empty.p12 -passout pass:;"
               "openssl pkcs12 -export -in a.crt -inkey rsa.key -out none.p12 -passout pass: "
               "-keypbe NONE -certpbe NONE -nomac");
    is_kind("b.p7b", NULL, PKI_PKCS7, true, 2);
    is_kind("b.der.p7b", NULL, PKI_PKCS7, false, 2);
    is_kind("a.p12", "secret", PKI_PKCS12, false, 3);
    is_kind("rc2.p12", "secret", PKI_PKCS12, false, 3);
    is_kind("empty.p12", NULL, PKI_PKCS12, false, 2);
    is_kind("empty.p12", "whatever", PKI_PKCS12, false, 2);
    is_kind("none.p12", NULL, PKI_PKCS12, false, 2);
    struct pki_file file;
    sample_parse("a.p12", NULL, &file);
    assert_int_equal(file.kind, PKI_PKCS12);
    assert_true(file.locked);
    assert_false(file.wrong_password);
    pki_file_free(&file);
    sample_parse("rc2.p12", "wrong", &file);
    assert_true(file.wrong_password);
    assert_int_equal(file.count, 0);
    pki_file_free(&file);
}

static void a_certificate_tells_its_facts(void **state)
{
    (void)state;
    struct pki_file file;
    sample_parse("bundle.crt", NULL, &file);
    const struct cert *leaf = file.objects[0].cert, *root = file.objects[1].cert;
    assert_string_equal(leaf->subject, "CN=a.example.com,O=Example");
    assert_string_equal(leaf->issuer, "CN=Root CA,O=Z\xC3\xBCrich\\, AG,C=DE");
    assert_string_equal(leaf->issuer, root->subject);
    assert_string_equal(leaf->cn, "a.example.com");
    assert_string_equal(leaf->names.attributes[ATTR_O], "Example");
    assert_null(leaf->names.attributes[ATTR_L]);
    assert_string_equal(root->names.attributes[ATTR_O], "Z\xC3\xBCrich, AG");
    assert_int_equal(leaf->version, 3);
    assert_true(leaf->has_san && leaf->has_ku && leaf->has_eku);
    static const char *const sans[] = {"DNS:a.example.com", "IP:2001:db8::1", "email:x@y.de",
                                       "URI:http://a/b"};
    assert_int_equal(leaf->sans.count, COUNT(sans));
    for (size_t i = 0; i < COUNT(sans); i++)
        assert_string_equal(leaf->sans.items[i], sans[i]);
    assert_string_equal(leaf->names.sans.items[1], "2001:db8::1");
    assert_string_equal(leaf->ku.items[0], "digitalSignature");
    assert_string_equal(leaf->ku.items[1], "keyEncipherment");
    assert_int_equal(leaf->ku.count, 2);
    assert_string_equal(leaf->eku.items[0], "serverAuth");
    assert_string_equal(leaf->eku.items[1], "1.2.3.4");
    assert_string_equal(leaf->aia, "http://ca/i.cer");
    assert_string_equal(leaf->key_algorithm, "RSA");
    assert_int_equal(leaf->key_bits, 2048);
    assert_string_equal(leaf->signature_algorithm, "ecdsa-with-SHA256");
    assert_string_equal(leaf->signature_digest, "SHA256");
    assert_false(leaf->is_ca || leaf->self_issued || leaf->self_signed);
    assert_true(root->is_ca && root->has_basic && root->self_issued && root->self_signed);
    assert_int_equal(root->path_length, -1);
    assert_true(cert_issued_by(leaf, root));
    assert_true(cert_issued_by(root, root));
    assert_false(cert_issued_by(root, leaf));
    assert_false(cert_same(leaf, root));
    pki_file_free(&file);
}

static void serial_times_and_fingerprint_are_openssls(void **state)
{
    (void)state;
    struct pki_file file;
    struct str line = {0};
    sample_parse("a.crt", NULL, &file);
    const struct cert *leaf = pki_first_cert(&file);
    char *expected = sample_output("openssl x509 -in a.crt -noout -serial -fingerprint -sha256");
    char print[FINGERPRINT_SIZE];
    cert_fingerprint(leaf, print);
    str_addf(&line, "serial=%s\nsha256 Fingerprint=%s", leaf->serial, print);
    assert_string_equal(str_text(&line), expected);
    assert_int_equal(leaf->not_after - leaf->not_before, 30 * 86400);
    assert_true(labs((long)(time(NULL) - leaf->not_before)) < 300);
    struct str pem = {0};
    cert_pem(leaf, &pem);
    char *same = sample_output("openssl x509 -in a.crt");
    str_add_char(&pem, '\0');
    pem.data[pem.length - 2] = '\0'; /* the last line end */
    assert_string_equal(pem.data, same);
    str_free(&pem);
    str_free(&line);
    free(expected);
    free(same);
    pki_file_free(&file);
}

static void version_1_and_md5_are_read(void **state)
{
    (void)state;
    sample_run("openssl req -new -key rsa.key -subj /CN=old -out old.csr;"
               "openssl x509 -req -in old.csr -signkey rsa.key -md5 -set_serial 0 -out old.crt");
    struct pki_file file;
    sample_parse("old.crt", NULL, &file);
    const struct cert *cert = pki_first_cert(&file);
    assert_int_equal(cert->version, 1);
    assert_string_equal(cert->signature_digest, "MD5");
    assert_string_equal(cert->serial, "00");
    assert_true(cert->self_signed);
    assert_false(cert->has_san || cert->has_basic || cert->is_ca || cert->has_ku);
    pki_file_free(&file);
    sample_run("openssl req -x509 -new -key ed.key -subj /CN=ed -out ed.crt");
    sample_parse("ed.crt", NULL, &file);
    assert_string_equal(pki_first_cert(&file)->signature_digest, "");
    assert_string_equal(pki_first_cert(&file)->signature_algorithm, "ED25519");
    pki_file_free(&file);
}

static void control_bytes_of_names_are_escaped(void **state)
{
    (void)state;
    /* ESC, NUL-less evil: a newline and a C1 control in the CN. */
    sample_run("openssl req -x509 -new -key ec.key -utf8 -out evil.crt -subj "
               "\"$(printf '/O=a\\033[31mb/CN=x\\302\\233y')\"");
    struct pki_file file;
    sample_parse("evil.crt", NULL, &file);
    const struct cert *cert = pki_first_cert(&file);
    assert_string_equal(cert->subject, "CN=x\\C2\\9By,O=a\\1B[31mb");
    assert_string_equal(cert->cn, "x\\C2\\9By");
    assert_string_equal(cert->names.attributes[ATTR_O], "a\\1B[31mb");
    pki_file_free(&file);
}

static void names_count_as_the_rules_say(void **state)
{
    (void)state;
    struct pki_file file;
    sample_parse("a.crt", NULL, &file);
    assert_true(cert_has_name(pki_first_cert(&file), "A.example.com"));
    assert_true(cert_has_name(pki_first_cert(&file), "2001:db8:0::1"));
    assert_false(cert_has_name(pki_first_cert(&file), "b.example.com"));
    pki_file_free(&file);
    sample_run("openssl req -x509 -new -key ec.key -subj /CN=only.example.com -out cn.crt;"
               "openssl req -x509 -new -key ec.key -subj /CN=only.example.com "
               "-addext subjectAltName=DNS:other.example.com -out san.crt");
    sample_parse("cn.crt", NULL, &file);
    assert_true(cert_has_name(pki_first_cert(&file), "only.example.com"));
    pki_file_free(&file);
    sample_parse("san.crt", NULL, &file);
    assert_false(cert_has_name(pki_first_cert(&file), "only.example.com"));
    pki_file_free(&file);
}

static void requests_tell_their_facts(void **state)
{
    (void)state;
    struct pki_file file;
    sample_parse("a.csr", NULL, &file);
    const struct csr *csr = pki_first_csr(&file);
    assert_string_equal(csr->subject, "CN=a.example.com,O=Example");
    assert_string_equal(csr->sans.items[0], "DNS:a.example.com");
    assert_string_equal(csr->eku.items[0], "clientAuth");
    assert_true(csr->signature_valid);
    pki_file_free(&file);
    /* One bit of the signature the other way. */
    sample_run("openssl req -in a.csr -outform DER -out bad.csr");
    struct buffer data = {0};
    struct error err = {0};
    assert_true(file_read("bad.csr", &data, &err));
    data.data[data.length - 1] ^= 1;
    pki_parse(data.data, data.length, NULL, &file);
    assert_int_equal(file.kind, PKI_CSR);
    assert_false(pki_first_csr(&file)->signature_valid);
    pki_file_free(&file);
    buffer_free(&data);
}

static void has_flags(const char *command, unsigned flags, size_t certs)
{
    struct pki_file file;
    sample_run(command);
    sample_parse("out.pem", NULL, &file);
    if (file.flags != flags || pki_cert_count(&file) != certs)
        fail_msg("%s: flags %x, %zu certificates, %s", command, file.flags, pki_cert_count(&file),
                 file.problem ? file.problem : "no problem");
    pki_file_free(&file);
}

static void odd_text_is_read_and_flagged(void **state)
{
    (void)state;
    has_flags("cp bundle.crt out.pem", 0, 2);
    has_flags("sed 's/$/\\r/' bundle.crt >out.pem", 0, 2);
    has_flags("tr '\\n' '\\r' <bundle.crt >out.pem", PEM_CR, 2);
    has_flags("sed 's/$/\\r\\r/' bundle.crt >out.pem", PEM_BETWEEN, 2);
    has_flags("sed 's/$/\\n/' a.crt >out.pem", PEM_SPACED, 1);
    has_flags("sed '1s/$/\\n/' a.crt >out.pem", 0, 1);
    has_flags("sed 's/END CERTIFICATE-----/&x/' a.crt >out.pem", PEM_BEHIND | PEM_TRAILING, 1);
    has_flags("{ echo 'Issuer: x'; echo; cat bundle.crt; } >out.pem", 0, 2);
    has_flags("{ cat bundle.crt; echo; } >out.pem", 0, 2);
    has_flags("{ cat bundle.crt; printf '\\r\\n'; } >out.pem", 0, 2);
    has_flags("{ cat bundle.crt; echo; echo; } >out.pem", PEM_TRAILING, 2);
    has_flags("{ cat bundle.crt; echo end; } >out.pem", PEM_TRAILING, 2);
    has_flags("{ cat a.crt; echo; cat ca.crt; } >out.pem", PEM_BETWEEN, 2);
    has_flags("{ cat a.crt; echo root; cat ca.crt; } >out.pem", PEM_BETWEEN, 2);
    has_flags("printf %s \"$(cat bundle.crt)\" >out.pem", PEM_NO_END, 2);
    has_flags("{ printf %s \"$(cat a.crt)\"; cat ca.crt; } >out.pem", PEM_GLUED, 2);
    has_flags("{ printf '%s ' \"$(cat a.crt)\"; cat ca.crt; } >out.pem", PEM_GLUED, 2);
    has_flags("tr -d '\\n' <a.crt >out.pem; echo >>out.pem", PEM_GLUED, 1);
    has_flags("sed 's/^-----BEGIN/ -----BEGIN/' bundle.crt >out.pem", PEM_INDENTED, 2);
    has_flags("sed 's/^/\\t/' bundle.crt >out.pem", PEM_INDENTED, 2);
    has_flags("sed 's/-$/- /' bundle.crt >out.pem", PEM_BETWEEN | PEM_TRAILING, 2);
    has_flags("{ printf '\\357\\273\\277'; cat a.crt; } >out.pem", PEM_BOM, 1);
    has_flags("iconv -t UTF-16 <bundle.crt >out.pem", PEM_UTF16, 2);
    has_flags("iconv -t UTF-16LE <bundle.crt >out.pem", PEM_UTF16, 2);
    has_flags("iconv -t UTF-16BE <bundle.crt >out.pem", PEM_UTF16, 2);
}

static void a_broken_object_is_named_and_the_others_read(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{ cat a.crt; sed 's/^M/!/' ca.crt; cat a.crt; } >out.pem",
         "object 2 (CERTIFICATE, line 25): its base64 text is damaged in line 21 by \"!\""},
        {"{ cat a.crt; sed 3d ca.crt; cat a.crt; } >out.pem",
         "object 2 (CERTIFICATE, line 25): its content is damaged"},
        {"{ cat a.crt; grep -v -e ----END ca.crt; cat a.crt; } >out.pem",
         "object 2 (CERTIFICATE, line 25): it has no END line"},
        {"{ cat a.crt; sed 's/END CERT/END CART/' ca.crt; cat a.crt; } >out.pem",
         "object 2 (CERTIFICATE, line 25): its END line names another kind than its BEGIN line"},
        {"{ cat a.crt; sed 's/CERT/PART/' ca.crt | grep -- -----; cat a.crt; } >out.pem",
         "object 2 (PARTIFICATE, line 25): it is empty"},
    };
    char *lines = sample_output("wc -l <a.crt");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pki_file file;
        sample_run(cases[i][0]);
        sample_parse("out.pem", NULL, &file);
        char *expected = xstrdup(cases[i][1]), *at = strstr(expected, "line 25");
        struct str wanted = {0};
        str_add_bytes(&wanted, expected, (size_t)(at - expected));
        str_addf(&wanted, "line %d%s", atoi(lines) + 1, at + strlen("line 25"));
        assert_non_null(file.problem);
        if (!text_starts(file.problem, str_text(&wanted))) /* how many bytes lack varies */
            assert_string_equal(file.problem, str_text(&wanted));
        assert_true(file.flags & PEM_BROKEN);
        assert_int_equal(pki_cert_count(&file), 2);
        assert_int_equal(file.kind, PKI_BUNDLE);
        str_free(&wanted);
        free(expected);
        pki_file_free(&file);
    }
    free(lines);
}

static void parameters_and_revocation_lists_are_passed_by(void **state)
{
    (void)state;
    sample_run("{ openssl ecparam -name prime256v1; printf '%s\\n' '-----BEGIN X509 CRL-----' "
               "AAAA '-----END X509 CRL-----'; cat a.crt; } >out.pem");
    struct pki_file file;
    sample_parse("out.pem", NULL, &file);
    assert_int_equal(file.kind, PKI_CERTIFICATE);
    assert_int_equal(file.flags, 0);
    assert_null(file.problem);
    pki_file_free(&file);
}

static void ssh_keys_match_the_same_key_elsewhere(void **state)
{
    (void)state;
    sample_run("cp rsa.key ssh.key; chmod 600 ssh.key; ssh-keygen -y -f ssh.key >rsa.ssh;"
               "ssh-keygen -e -f rsa.ssh -m RFC4716 >rsa4716.ssh;"
               "cp ec.key sshec.key; chmod 600 sshec.key; ssh-keygen -y -f sshec.key >ec.ssh");
    static const char *const pairs[][2] = {
        {"rsa.ssh", "rsa.key"}, {"rsa4716.ssh", "rsa.key"}, {"ec.ssh", "ec.key"}};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct pki_file ssh, key;
        sample_parse(pairs[i][0], NULL, &ssh);
        sample_parse(pairs[i][1], NULL, &key);
        assert_int_equal(ssh.kind, PKI_SSH_PUBLIC_KEY);
        assert_false(ssh.pem);
        assert_memory_equal(pki_first_key(&ssh)->id, pki_first_key(&key)->id, KEY_ID_BYTES);
        assert_true(ssh.ssh_text->length > 100);
        assert_null(strchr(str_text(ssh.ssh_text), '\n'));
        pki_file_free(&ssh);
        pki_file_free(&key);
    }
    sample_write("fake.ssh", "ssh-rsa AAAA\n", 13);
    is_kind("rsa.ssh", NULL, PKI_SSH_PUBLIC_KEY, false, 1);
    struct pki_file file;
    sample_parse("fake.ssh", NULL, &file);
    assert_int_equal(file.kind, PKI_UNKNOWN);
    pki_file_free(&file);
}

static void parse_bytes(const void *data, size_t length, struct pki_file *file)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pki_parse(data, length, NULL, file);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (!getenv("SLOW") && end.tv_sec - start.tv_sec > 20)
        fail_msg("%ld seconds for %zu bytes", (long)(end.tv_sec - start.tv_sec), length);
}

static void unknown_is(const void *data, size_t length, const char *problem)
{
    struct pki_file file;
    parse_bytes(data, length, &file);
    assert_int_equal(file.kind, PKI_UNKNOWN);
    assert_int_equal(file.count, 0);
    assert_string_equal(file.problem, problem);
    pki_file_free(&file);
}

static void what_is_nothing_is_told(void **state)
{
    (void)state;
    unknown_is("", 0, "the file is empty");
    unknown_is("<head>\x1B[0m", 10, "neither PEM nor DER: it begins with \"<head>\\x1B[0m\"");
    unknown_is("0\x82\xFF\xFF", 4, "cut off: DER, of which 4 of 65539 bytes are there");
}

/* Every prefix of a good file, and every byte of it flipped: nothing may crash. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    sample_run("openssl x509 -in a.crt -outform DER -out a.der;"
               "openssl pkcs12 -export -in a.crt -inkey ec.key -out e.p12 -passout pass: "
               "|| openssl pkcs12 -export -in ca.crt -inkey ec.key -out e.p12 -passout pass:");
    static const char *const names[] = {"a.der", "e.p12", "ec.key"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buffer data = {0};
        struct error err = {0};
        assert_true(file_read(names[i], &data, &err));
        size_t stride = (size_t)repeated(3, 53);
        for (size_t at = 0; at < data.length; at += stride) {
            struct pki_file file;
            unsigned char *part = xmemdup(data.data, at);
            pki_parse(part, at, NULL, &file);
            pki_file_free(&file);
            free(part);
            data.data[at] ^= 0x80;
            pki_parse(data.data, data.length, NULL, &file);
            pki_file_free(&file);
            data.data[at] ^= 0x80;
        }
        buffer_free(&data);
    }
}

static void large_garbage_is_refused_quickly(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "-----BEGIN CERTIFICATE-----\n",        "-----",      "-----END X-----\n",  "0\x80", "\xFF",
        "-----BEGIN A-----\n-----END A-----\n", "ssh-rsa \n", "-\0-\0-\0-\0-\0B\0",
    };
    static const size_t lengths[] = {28, 5, 16, 2, 1, 35, 9, 12};
    char *data = xcalloc(1, FILE_LIMIT_BYTES + 1);
    size_t much = getenv("SLOW") ? FILE_LIMIT_BYTES / (size_t)repeated(16, 256) : FILE_LIMIT_BYTES;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct pki_file file;
        for (size_t at = 0; at + lengths[i] <= much; at += lengths[i])
            memcpy(data + at, patterns[i], lengths[i]);
        parse_bytes(data, much, &file);
        assert_int_equal(file.kind, PKI_UNKNOWN);
        assert_non_null(file.problem);
        pki_file_free(&file);
    }
    /* Sequences in sequences, each with its right length. */
    size_t at = FILE_LIMIT_BYTES;
    for (size_t depth = 0; depth < (size_t)repeated(100000, 10000); depth++) {
        size_t inner = FILE_LIMIT_BYTES - at;
        at -= 5;
        const unsigned char head[] = {0x30, 0x83, (unsigned char)(inner >> 16),
                                      (unsigned char)(inner >> 8), (unsigned char)inner};
        memcpy(data + at, head, sizeof head);
    }
    struct pki_file file;
    parse_bytes(data + at, FILE_LIMIT_BYTES - at, &file);
    assert_int_equal(file.kind, PKI_UNKNOWN);
    pki_file_free(&file);
    unknown_is(data, FILE_LIMIT_BYTES + 1,
               "too large for a certificate file: it has more than 16 MiB");
    free(data);
}

/* A password stretched two thousand million times would take an hour. */
static void costly_passwords_are_refused(void **state)
{
    (void)state;
    sample_run("openssl pkcs12 -export -in ca.crt -inkey ec.key -out slow.p12 -passout pass: "
               "-iter 65539 -maciter -nomac -keypbe NONE -certpbe PBE-SHA1-3DES");
    struct buffer data = {0};
    struct error err = {0};
    assert_true(file_read("slow.p12", &data, &err));
    static const unsigned char rounds[] = {0x02, 0x03, 0x01, 0x00, 0x03};
    unsigned char *found = memmem(data.data, data.length, rounds, sizeof rounds);
    assert_non_null(found);
    found[2] = 0x7F; /* 8,323,075 */
    struct pki_file file;
    parse_bytes(data.data, data.length, &file);
    assert_true(file.locked);
    assert_non_null(strstr(file.problem, "more often than is tried"));
    pki_file_free(&file);
    buffer_free(&data);
}

static void large_bundles_take_linear_time(void **state)
{
    (void)state;
    struct str bundle = {0};
    char *one = sample_output("cat a.crt");
    int many = repeated(1000, 100);
    for (int i = 0; i < many; i++)
        str_addf(&bundle, "%s\n", one);
    struct pki_file file;
    parse_bytes(bundle.data, bundle.length, &file);
    assert_int_equal(pki_cert_count(&file), many);
    assert_int_equal(file.flags, 0);
    pki_file_free(&file);
    str_free(&bundle);
    free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_decides_what_a_file_is),
        cmocka_unit_test(keys_of_every_form_are_read),
        cmocka_unit_test(a_key_and_its_certificate_have_one_id),
        cmocka_unit_test(locked_keys_open_with_their_password_only),
        cmocka_unit_test(containers_give_what_they_hold),
        cmocka_unit_test(a_certificate_tells_its_facts),
        cmocka_unit_test(serial_times_and_fingerprint_are_openssls),
        cmocka_unit_test(version_1_and_md5_are_read),
        cmocka_unit_test(control_bytes_of_names_are_escaped),
        cmocka_unit_test(names_count_as_the_rules_say),
        cmocka_unit_test(requests_tell_their_facts),
        cmocka_unit_test(odd_text_is_read_and_flagged),
        cmocka_unit_test(a_broken_object_is_named_and_the_others_read),
        cmocka_unit_test(parameters_and_revocation_lists_are_passed_by),
        cmocka_unit_test(ssh_keys_match_the_same_key_elsewhere),
        cmocka_unit_test(what_is_nothing_is_told),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(large_garbage_is_refused_quickly),
        cmocka_unit_test(costly_passwords_are_refused),
        cmocka_unit_test(large_bundles_take_linear_time),
    };
    return cmocka_run_group_tests(tests, make_samples, sample_leave);
}
