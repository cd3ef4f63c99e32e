#!/usr/bin/env bash
# What `pki` tells scripts: each JSON document field by field, and inspect's text of every kind of file.
. "$(dirname "$0")/../lib.sh"

make_ca ca
openssl req -new -newkey rsa:2048 -nodes -utf8 -keyout leaf.key -out leaf.csr \
    -subj "/C=CH/O=Zürich AG/CN=www.example.com" -addext \
    "subjectAltName=DNS:www.example.com,IP:192.0.2.1,IP:2001:db8::1,email:a@example.com,URI:http://example.com/x" \
    -addext "keyUsage=digitalSignature,keyEncipherment" -addext "extendedKeyUsage=serverAuth,1.2.3.4" 2>/dev/null
ca_signs ca leaf.csr leaf.crt 100
mkdir store
cp leaf.key leaf.crt leaf.csr store
cat ca/issuing.crt ca/root.crt >store/leafbundle.crt
cat leaf.crt ca/issuing.crt ca/root.crt >store/leaffullchain.crt
cp ca/issuing.crt store/issuing.crt
cp ca/root.crt store/root.crt

iso() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
one() { openssl x509 -in leaf.crt -noout "$@" | sed 's/^[^=]*=//'; }

# --- inspect, a certificate ---
ok "inspect --json" "$CERTWRIGHT" --json pki inspect leaf.crt
json "file, kind, encoding" '[.file,.kind,.encoding]|join(" ")' "leaf.crt certificate PEM"
json "one certificate" '.certificates|length' 1
json "no key, no request" '[has("key"),has("csr")]|map(tostring)|join(" ")' "false false"
json "subject as RFC 4514, UTF-8 plain" '.certificates[0].subject' "CN=www.example.com,O=Zürich AG,C=CH"
json "issuer" '.certificates[0].issuer' "CN=Acme Issuing 2,O=Acme"
json "serial" '.certificates[0].serial' "$(one -serial)"
json "not_before" '.certificates[0].not_before' "$(iso "$(one -startdate)")"
json "not_after" '.certificates[0].not_after' "$(iso "$(one -enddate)")"
json "names with their types" '.certificates[0].subject_alt_names|join(" ")' \
    "DNS:www.example.com IP:192.0.2.1 IP:2001:db8::1 email:a@example.com URI:http://example.com/x"
json "key" '.certificates[0]|[.key_algorithm,(.key_bits|tostring)]|join(" ")' "RSA 2048"
json "signature" '.certificates[0].signature_algorithm' sha256WithRSAEncryption
json "no CA" '.certificates[0].is_ca' false
json "key usage" '.certificates[0].key_usage|join(" ")' "digitalSignature keyEncipherment"
json "extended key usage, or its OID" '.certificates[0].extended_key_usage|join(" ")' "serverAuth 1.2.3.4"
json "fingerprint" '.certificates[0].sha256_fingerprint' "$(one -fingerprint -sha256)"

# --- inspect, other kinds ---
ok "a bundle" "$CERTWRIGHT" --json pki inspect leafbundle.crt
json "is one, in file order" '[.kind,.certificates[].subject]|join("; ")' \
    "bundle; CN=Acme Issuing 2,O=Acme; CN=Acme Root,O=Acme"
json "of CAs" '[.certificates[].is_ca]|all' true
ok "a request" "$CERTWRIGHT" pki inspect leaf.csr --json
json "is one" '[.kind,.encoding]|join(" ")' "csr PEM"
json "and good" '.csr|[.subject,.key_algorithm,(.key_bits|tostring),(.signature_valid|tostring)]|join("; ")' \
    "CN=www.example.com,O=Zürich AG,C=CH; RSA; 2048; true"
json "with its usages" '.csr|(.key_usage+.extended_key_usage)|join(" ")' \
    "digitalSignature keyEncipherment serverAuth 1.2.3.4"
json "and names" '.csr.subject_alt_names|length' 5
openssl req -in leaf.csr -outform DER -out leaf.csr.der
python3 - <<'PY'
data = bytearray(open("leaf.csr.der", "rb").read())
data[-5] ^= 1
open("store/changed.csr", "wb").write(data)
PY
"$CERTWRIGHT" --json pki inspect changed.csr >"$T/out"
json "a changed request is said to be" '[.encoding,.csr.signature_valid]|map(tostring)|join(" ")' "DER false"
ok "a key" "$CERTWRIGHT" --json pki inspect leaf.key
json "says what it is" '[.kind,.key.algorithm,(.key.bits|tostring),(.key.encrypted|tostring)]|join(" ")' \
    "private-key RSA 2048 false"
json "and nothing else" 'keys|join(" ")' "encoding file key kind"
openssl pkey -in leaf.key -aes256 -passout pass:geheim -out store/locked.key
ok "a locked key" "$CERTWRIGHT" --json pki inspect locked.key
json "is one, unopened" '[.kind,(.key|tojson)]|join(" ")' 'private-key {"encrypted":true}'
echo geheim >pw
ok "opened" "$CERTWRIGHT" --json pki inspect locked.key --password-file pw
json "says more" '.key|[.algorithm,(.bits|tostring)]|join(" ")' "RSA 2048"
for kind in "EC -algorithm EC -pkeyopt ec_paramgen_curve:P-256" "Ed25519 -algorithm ED25519" \
    "RSA-PSS -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"; do
    # shellcheck disable=SC2086
    openssl genpkey ${kind#* } -out store/kind.key 2>/dev/null
    "$CERTWRIGHT" --json pki inspect kind.key >"$T/out"
    json "a key of ${kind%% *}" .key.algorithm "${kind%% *}"
done
rm store/kind.key
openssl pkey -in leaf.key -pubout -out store/public.key
ok "a public key" "$CERTWRIGHT" --json pki inspect public.key
json "is one" .kind public-key
openssl x509 -in leaf.crt -outform DER -out store/binary.cer
ok "DER" "$CERTWRIGHT" --json pki inspect binary.cer
json "is read by content" '[.kind,.encoding,.certificates[0].serial]|join(" ")' "certificate DER $(one -serial)"
openssl crl2pkcs7 -nocrl -certfile store/leafbundle.crt -outform DER -out store/chain.p7b
ok "PKCS#7" "$CERTWRIGHT" --json pki inspect chain.p7b
json "with all it holds" '[.kind,.encoding,(.certificates|length|tostring)]|join(" ")' "pkcs7 DER 2"
openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile store/leafbundle.crt -passout pass:geheim -out store/all.p12
ok "PKCS#12, locked" "$CERTWRIGHT" --json pki inspect all.p12
json "is one" .kind pkcs12
ok "as text" "$CERTWRIGHT" pki inspect all.p12
says "it is said to be locked" "locked by a password"
ok "PKCS#12, opened" "$CERTWRIGHT" --json pki inspect all.p12 --password-file pw
json "holds key and chain" '[.kind,.key.algorithm,(.certificates|length|tostring)]|join(" ")' "pkcs12 RSA 3"
echo wrong >no
fails "a wrong password" "$CERTWRIGHT" pki inspect all.p12 --password-file no
says "is said" "password is wrong"
if command -v ssh-keygen >/dev/null; then
    ssh-keygen -q -t ed25519 -N '' -C 'me@here' -f id && cp id.pub store/me.pub
    ok "an SSH key" "$CERTWRIGHT" --json pki inspect me.pub
    json "is one" .kind ssh-public-key
    ok "as text" "$CERTWRIGHT" pki inspect me.pub
    says "found where the appliance looks first" "Checking ssh public keys...found"
fi
head -c 3000 /dev/urandom >store/noise.crt
fails "junk" "$CERTWRIGHT" --json pki inspect noise.crt
json "is unknown" '[.file,.kind]|join(" ")' "noise.crt unknown"
json "and nothing more" 'keys|join(" ")' "file kind"
fails "as text" "$CERTWRIGHT" pki inspect noise.crt
says "too" unknown
clean "and harmless"
: >store/empty.crt
fails "an empty file" "$CERTWRIGHT" pki inspect empty.crt
fails "a missing file" "$CERTWRIGHT" pki inspect nothere.crt
says "is named" nothere.crt
ok "a path" "$CERTWRIGHT" pki inspect ./leaf.crt
mkfifo store/pipe.crt
fails "a FIFO is refused" timeout 5 "$CERTWRIGHT" pki inspect pipe.crt
rm store/pipe.crt

# --- inspect, the text: OpenSSL 1.0's layout ---
ok "inspect" "$CERTWRIGHT" pki inspect leaf.crt
same "begins as guide 4.8" "Checking ssh public keys...not found
Checking user configured certificates and keys...found
File contains a PEM encoded certificate
Certificate:
    Data:
        Version: 3 (0x2)" "$(head -6 "$T/out")"
openssl x509 -in leaf.crt -noout -text -nameopt compat |
    sed -e '0,/^        Signature Algorithm/s/^        Signature/    Signature/' \
        -e '/^    Signature Value:$/d' -e '/Authority Key Identifier/{n;s/^ */&keyid:/;}' \
        -e 's/Z\\xC3\\xBCrich/Zürich/' >"$T/wanted"
same "else it is openssl's text" "$(cat "$T/wanted")" "$(sed 1,3d "$T/out")"
says "names as CN=x" "Issuer: O=Acme, CN=Acme Issuing 2"
says "the CA's key" "keyid:"
silent "no line of OpenSSL 3" "Signature Value"
ok "inspect of a bundle" "$CERTWRIGHT" pki inspect leafbundle.crt
same "shows every element" 2 "$(grep -c '^Certificate:' "$T/out")"
ok "inspect of DER" "$CERTWRIGHT" pki inspect binary.cer
says "says so" "File contains a DER encoded certificate"
ok "inspect of a key" "$CERTWRIGHT" pki inspect leaf.key
says "says so" "File contains a PEM encoded private key"
silent "and shows no number of it" "prime1"
ok "inspect of a request" "$CERTWRIGHT" pki inspect leaf.csr
says "says so" "File contains a PEM encoded certificate signing request"
openssl req -in leaf.csr -noout -text -nameopt compat |
    sed -e '/^    Signature Value:$/d' -e 's/Z\\xC3\\xBCrich/Zürich/' >"$T/wanted"
same "else it is openssl's text" "$(cat "$T/wanted")" "$(sed 1,3d "$T/out")"

# --- nothing in a certificate acts on the terminal ---
esc=$(printf '\033')
printf '[req]\ndistinguished_name=d\nprompt=no\nx509_extensions=v\n[d]\nCN=evil\n[v]\nsubjectAltName=@s\n[s]\nDNS.1="a%s[2Jb"\nURI.1="http://x/\xc2\x9b2J"\n' "$esc" >evil.cnf
openssl req -x509 -newkey rsa:2048 -nodes -keyout evil.key -out store/evil.crt -config evil.cnf \
    -utf8 -subj "/O=red${esc}[31m/CN=line
        Subject: CN=fake" 2>/dev/null
ok "inspect of escape sequences" "$CERTWRIGHT" pki inspect evil.crt
clean "passes none"
says "but shows them" '\x1B[31m'
same "a line end in a name makes no line" 1 "$(grep -c '^        Subject: ' "$T/out")"
ok "as JSON" "$CERTWRIGHT" --json pki inspect evil.crt
clean "neither"
json "controls as RFC 4514 has them" '.certificates[0].subject|contains("\\1B[31m")' true
ok "verify names it" "$CERTWRIGHT" pki verify evil.crt evil.crt
fails "and where it fails" "$CERTWRIGHT" pki verify evil.crt root.crt
clean "passes none"
fails "a hostile file name" "$CERTWRIGHT" pki inspect "x${esc}[31m.crt"
clean "passes none"

# --- match ---
ok "match --json" "$CERTWRIGHT" --json pki match leaf.key leaf.crt
json "yes" tojson '{"match":true}'
fails "match --json" "$CERTWRIGHT" --json pki match leaf.key root.crt
json "no" tojson '{"match":false}'

# --- verify ---
ok "verify --json" "$CERTWRIGHT" --json pki verify leaf.crt leafbundle.crt
json "holds" 'del(.chain,.code)|tojson' '{"ok":true,"error":null,"depth":null}'
json "leaf to root" '.chain|join("; ")' \
    "CN=www.example.com,O=Zürich AG,C=CH; CN=Acme Issuing 2,O=Acme; CN=Acme Root,O=Acme"
ok "bundle and CA apart" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt
ok "a full chain against its bundle" "$CERTWRIGHT" pki verify leaffullchain.crt leafbundle.crt
fails "below the root" "$CERTWRIGHT" --json pki verify leaf.crt issuing.crt
json "error 2" '[.ok,.error,.depth]|map(tostring)|join("; ")' "false; unable to get issuer certificate; 1"
fails "without the intermediate" "$CERTWRIGHT" --json pki verify leaf.crt root.crt
json "error 20" '[.ok,.error,.depth]|map(tostring)|join("; ")' "false; unable to get local issuer certificate; 0"
json "the chain as far as it goes" '.chain|length' 1
fails "the root in the bundle, another last" "$CERTWRIGHT" pki verify leaf.crt leafbundle.crt evil.crt
fails "no bundle but a key" "$CERTWRIGHT" pki verify leaf.crt leaf.key
says "is said" "a private key, not a certificate"

# The text of guide 4.4, then what to do.
fails "verify below the root" "$CERTWRIGHT" pki verify leaf.crt issuing.crt
same "in the guide's form" "FAILURE: certificate verification error: depth=1 issuer= O = Acme, CN = Acme Root Verification error: unable to get issuer certificate Failed cert:
Certificate:
    Data:" "$(head -3 "$T/out")"
same "the failed certificate" 1 "$(grep -c 'Subject: O=Acme, CN=Acme Issuing 2' "$T/out")"
says "the missing issuer" "CN=Acme Root,O=Acme"
says "and the file that completes it" "root.crt of the store completes the chain"
rm store/root.crt store/leafbundle.crt store/leaffullchain.crt store/chain.p7b
fails "nowhere in the store" "$CERTWRIGHT" pki verify leaf.crt issuing.crt
says "the CA is to be asked" "ask the CA"
printf 'basicConstraints=CA:FALSE\nauthorityInfoAccess=caIssuers;URI:http://pki.acme.example/i2.crt\n' >aia.ext
openssl x509 -req -in leaf.csr -CA ca/issuing.crt -CAkey ca/issuing.key -CAcreateserial -days 9 \
    -extfile aia.ext -out store/aia.crt 2>/dev/null
rm store/issuing.crt
fails "an issuer with an address" "$CERTWRIGHT" pki verify aia.crt ./ca/root.crt
says "is to be fetched there" "http://pki.acme.example/i2.crt"

# Time, purpose, host.
cp ca/issuing.crt ca/root.crt store
ok "at a time" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt --at "$(date -u -d '+50 days' +%F)"
fails "after its end" "$CERTWRIGHT" --at "$(date -u -d '+200 days' +%F)" pki verify leaf.crt issuing.crt root.crt
says "is ended" "certificate has expired"
says "and when" "ended $(date -u -d "$(one -enddate)" +%F)"
ok "for a server" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt --purpose server
fails "not for a client" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt --purpose client
says "is said" "clientAuth"
ok "by its name" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt --name www.example.com
ok "by its address" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt --name 2001:DB8::1
fails "not by another" "$CERTWRIGHT" pki verify leaf.crt issuing.crt root.crt --name join.example.com
says "and its names are told" "DNS:www.example.com"
# Version 1, as guide A.3 makes them.
openssl req -new -key leaf.key -subj /CN=postgres -out v1.csr
openssl x509 -req -in v1.csr -CA ca/root.crt -CAkey ca/root.key -CAcreateserial -days 9 -out store/v1.crt 2>/dev/null
ok "a certificate of version 1 verifies" "$CERTWRIGHT" pki verify v1.crt root.crt

# --- list ---
ok "list --json" "$CERTWRIGHT" --json pki list
json "a certificate" '.[]|select(.file=="leaf.crt")|[.kind,.encoding,.subject,.not_after]|join(" ")' \
    "certificate PEM CN=www.example.com,O=Zürich AG,C=CH $(iso "$(one -enddate)")"
json "missing values are null" '.[]|select(.file=="leaf.key")|tojson' \
    '{"file":"leaf.key","kind":"private-key","encoding":"PEM","subject":null,"not_after":null}'
json "junk is unknown" '.[]|select(.file=="noise.crt")|[.kind,.encoding]|tojson' '["unknown",null]'
same "each file once" "$(find store -type f ! -name '.*' | wc -l)" "$(jq length "$T/out")"
ok "list of nothing" "$CERTWRIGHT" --json --store nowhere pki list
json "is an empty list" tojson '[]'

# --- what is made, as JSON ---
ok "csr --json" "$CERTWRIGHT" --json pki csr new CN:new.example.com
json "names its files" tojson '{"key":"new.key","csr":"new.csr"}'
ok "selfsigned --json" "$CERTWRIGHT" --json pki selfsigned ca2
json "names its files" tojson '{"key":"ca2.key","certificate":"ca2.crt"}'
ok "sign --json" "$CERTWRIGHT" --json pki sign new ca2
json "names its file" '[.certificate,.issuer]|join(" ")' "new.crt CN=ca2"

# --- pki alone ---
rm -rf store
ok "a lab" "$CERTWRIGHT" init --preset lab --domain example.com
ok "generated" "$CERTWRIGHT" generate
ok "pki --json" "$CERTWRIGHT" --json pki
json "a service's files" '[.[]|select(.service=="callbridge")][0]|[.server,.key,.certificate,.bundle]|join(" ")' \
    "cms1 cms1.key cms1.crt cms1bundle.crt"
json "what lacks" '[.[]|select(.service=="callbridge")][0].missing|index("cms1.crt")!=null' true
json "a full chain where one is taken" '[.[]|select(.service=="webbridge3")][0]|[.certificate,(.trust|join(","))]|join(" ")' \
    "cms1fullchain.crt labca.crt"
ok "signed" "$CERTWRIGHT" sign --ca labca
ok "pki --json" "$CERTWRIGHT" --json pki
json "nothing lacks" '[.[].missing[]]|length' 0
fails "no deployment, no services" "$CERTWRIGHT" --config nowhere.conf pki
says "the file is named" nowhere.conf
