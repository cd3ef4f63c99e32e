#!/usr/bin/env bash
# Messages: the file, what is wrong, what to do; the deepest cause; no library's words in front.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir store
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
# ca NAME [ISSUER [DAYS]]
ca()
{
    new_key "store/$1.key"
    printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >ca.ext
    [ -z "${2:-}" ] || printf 'authorityInfoAccess=caIssuers;URI:http://ca.example.com/%s.cer\n' "$2" >>ca.ext
    openssl req -new -key "store/$1.key" -subj "/O=Acme/CN=Acme $1" -out ca.csr
    if [ -n "${2:-}" ]; then
        openssl x509 -req -in ca.csr -CA "store/$2.crt" -CAkey "store/$2.key" -set_serial "$RANDOM" \
            -days "${3:-1000}" -extfile ca.ext -out "store/$1.crt" 2>/dev/null
    else
        openssl x509 -req -in ca.csr -key "store/$1.key" -days 3000 -extfile ca.ext -out "store/$1.crt" 2>/dev/null
    fi
}
# leaf NAME CA
leaf()
{
    "$CERTWRIGHT" --quiet pki csr "$1" "CN:$1.example.com" --ec P-256
    printf 'authorityInfoAccess=caIssuers;URI:http://ca.example.com/%s.cer\n' "$2" >leaf.ext
    openssl x509 -req -in "store/$1.csr" -CA "store/$2.crt" -CAkey "store/$2.key" -set_serial "$RANDOM" \
        -copy_extensions copy -days 500 -extfile leaf.ext -out "store/$1.crt" 2>/dev/null
}
ca root
ca issuing root
ca short root 10
leaf callbridge1 issuing
leaf webbridge1 issuing
leaf late short

# said WHAT MESSAGE: it is on stderr, after "certwright: ", and nothing of OpenSSL's queue is.
said()
{
    says "$1" "certwright: $2"
    same "$1: no library's error line" 0 "$(grep -cE 'error:[0-9A-F]{8}|routines' "$T/err")"
}

fails "key and certificate of two pairs" "$CERTWRIGHT" pki match callbridge1.key webbridge1.crt
said "where it belongs" "webbridge1.crt: "
says "to that key" "webbridge1.crt belongs to webbridge1.key"
says "what was compared" 'a private key (EC 256) of callbridge1.key'
openssl pkey -in store/webbridge1.key -pubout -out store/admin.pem
fails "a public key of it lies before" "$CERTWRIGHT" pki match callbridge1.key webbridge1.crt
says "the private key is told all the same" "webbridge1.crt belongs to webbridge1.key"
rm store/admin.pem
fails "again" "$CERTWRIGHT" pki match callbridge1.key webbridge1.crt
says "with what" 'the certificate of "CN=webbridge1.example.com" (EC 256)'
cat store/root.crt store/issuing.crt store/callbridge1.crt >full.crt
fails "root first" "$CERTWRIGHT" pki match callbridge1.key ./full.crt
says "which one it fits" 'it fits certificate 3 of that file, the one of "CN=callbridge1.example.com"'
fails "the certificates named before the key" "$CERTWRIGHT" pki match ./full.crt callbridge1.key
says "which of them it fits, all the same" 'it fits certificate 3 of that file, the one of "CN=callbridge1.example.com"'
says "and how to order them" "certwright import ./full.crt writes the leaf first"
ok "root first, verified" "$CERTWRIGHT" pki verify ./full.crt root.crt
said "is told" './full.crt: the first certificate, "CN=Acme root,O=Acme", is a CA of the others'
fails "matching keys by a request" "$CERTWRIGHT" pki match webbridge1.key callbridge1.csr
says "is told apart" 'the request of "CN=callbridge1.example.com" (EC 256)'

# no_ca NAME EXTENSIONS [- OPTION…]: a CA that may not sign the certificate below it.
no_ca()
{
    new_key "store/$1.key"
    openssl req -new -key "store/$1.key" -subj "/CN=Acme $1" -out ca.csr
    openssl x509 -req -in ca.csr -CA store/root.crt -CAkey store/root.key -set_serial "$RANDOM" -days 900 \
        -extfile <(printf '%s\n' "$2") -out "store/$1.crt" 2>/dev/null
    leaf "below$1" "$1"
    cat "store/$1.crt" store/root.crt >"store/$1chain.crt"
    fails "$1: signs without leave" "$CERTWRIGHT" pki verify "below$1.crt" "$1chain.crt" "${@:4}"
}
no_ca usage $'basicConstraints=CA:TRUE\nkeyUsage=digitalSignature'
said "the key usage is told" \
    'usagechain.crt: certificate 1, "Acme usage" may not sign certificates: its keyUsage lacks keyCertSign: '
no_ca server 'basicConstraints=CA:FALSE'
said "no CA by its constraints" \
    'serverchain.crt: certificate 1, "Acme server" may not sign certificates: basicConstraints says it is not a CA: '
no_ca bare 'nsComment=none'
said "no constraints at all" \
    'barechain.crt: certificate 1, "Acme bare" may not sign certificates: it has no basicConstraints, so it is not a CA: '
# A fault of a CA is told of that CA, not of the leaf.
no_ca client $'basicConstraints=CA:TRUE\nextendedKeyUsage=clientAuth' - --purpose server
said "a CA for clients alone" 'clientchain.crt: certificate 1, "Acme client" is a CA that may not sign the certificate of a server (extended key usage: clientAuth; key usage: none): have another CA sign it'
no_ca odd $'basicConstraints=CA:TRUE\n1.2.3.4=critical,ASN1:UTF8:x'
said "an extension that nobody knows" 'oddchain.crt: certificate 1, "Acme odd": unhandled critical extension: '
no_ca narrow $'basicConstraints=CA:TRUE\nnameConstraints=critical,permitted;DNS:example.org'
said "names outside its constraints" 'belownarrow.crt: "belownarrow.example.com" has a name that a CA above it may not sign: ask for names that it may sign, or have another CA sign them'
rm store/*usage* store/*server* store/*bare* store/*client* store/*odd* store/*narrow*

openssl genpkey -algorithm X25519 -out store/agree.key
fails "a key that only agrees on others" "$CERTWRIGHT" pki csr agreed CN:a.example.com --key agree.key
said "is told" "agree.key: a key that can't sign: no certificate of a server has one: make an RSA or EC key"
openssl pkey -in store/agree.key -pubout -out store/public.pem
fails "a public key" "$CERTWRIGHT" pki csr agreed CN:a.example.com --key public.pem
said "is told" 'public.pem: a public key, not a private key: name the private key that it belongs to'
rm store/agree.key store/public.pem

fails "the issuer lacks" "$CERTWRIGHT" --store nowhere pki verify ./store/callbridge1.crt ./store/root.crt
said "who, and where to fetch it" \
    './store/callbridge1.crt: the issuer of "callbridge1.example.com", "CN=Acme issuing,O=Acme", is not here: fetch it from http://ca.example.com/issuing.cer and add it to ./store/root.crt'
says "in the appliance's form" "FAILURE: certificate verification error: depth=0 issuer= O = Acme, CN = Acme issuing Verification error: unable to get local issuer certificate Failed cert:"
fails "the issuer is in the store" "$CERTWRIGHT" pki verify callbridge1.crt root.crt
says "which completes it" "issuing.crt of the store completes the chain: add it to root.crt"
fails "the root lacks" "$CERTWRIGHT" pki verify callbridge1.crt issuing.crt
said "below whom" 'issuing.crt: the issuer of "Acme issuing", "CN=Acme root,O=Acme", is not here: root.crt of the store completes the chain'

cp store/webbridge1.csr store/asked.crt
cat store/issuing.crt store/root.crt >cas.crt
fails "the CAs before the certificate" "$CERTWRIGHT" pki verify ./cas.crt ./store/callbridge1.crt
says "the other way round" "the certificate comes first, its CAs behind it: certwright pki verify ./store/callbridge1.crt ./cas.crt"
fails "a request in a certificate's place" "$CERTWRIGHT" pki verify asked.crt root.crt
said "what it is for" "asked.crt: a certificate request, not a certificate: send it to the CA: the answer belongs here"
fails "a certificate in a key's place" "$CERTWRIGHT" pki unlock webbridge1.crt
said "what was meant" "webbridge1.crt: a certificate, not a private key: name the private key that it was made with"
fails "a missing file" "$CERTWRIGHT" pki match nothere.key webbridge1.crt
said "is missing, not of a wrong kind" "nothere.key: it is not in the store, store: certwright pki list names what is there"
fails "a name mistyped" "$CERTWRIGHT" pki inspect webbridge1.cert
said "is guessed" "webbridge1.cert: it is not in the store, store: did you mean webbridge1.crt?"
cp store/webbridge1.crt here.crt
fails "a file of this folder without ./" "$CERTWRIGHT" pki inspect here.crt
said "is found" "here.crt: it is not in the store, store: the one of this folder is ./here.crt"
iconv -t UTF-16 store/webbridge1.crt >store/notepad.crt
ok "UTF-16" "$CERTWRIGHT" pki inspect notepad.crt
said "is read, and named" "notepad.crt: line 1: UTF-16 text of an editor"

cat store/root.crt store/short.crt >store/bundle.crt
in_a_month=$(date -u -d '+40 days' +%Y-%m-%d)
fails "an intermediate that ended" "$CERTWRIGHT" pki verify late.crt bundle.crt --at "$in_a_month"
matches "which, when, and that the leaf is fine" \
    'certwright: bundle.crt: certificate 2, "Acme short" ended [0-9-]{10} \([0-9]+ days ago\); the leaf itself is good: ask the CA for its present certificate'
fails "a leaf that ended" "$CERTWRIGHT" pki verify callbridge1.crt issuing.crt root.crt --at "$(date -u -d '+600 days' +%Y-%m-%d)"
matches "is told" 'certwright: callbridge1.crt: "callbridge1.example.com" ended [0-9-]{10} \([0-9]+ days ago\): ask its CA for a new certificate'
fails "one to come" "$CERTWRIGHT" pki verify callbridge1.crt issuing.crt root.crt --at 1970-01-01
matches "is told too" '"[^"]*" begins [0-9-]{10} \(in [0-9]+ days\): check the clock'

fails "a key in use" "$CERTWRIGHT" pki csr callbridge1 CN:other.example.com
said "is kept, and the ways are told" "callbridge1.key: is there already, and a key is never overwritten: certwright pki csr callbridge1 ... --key callbridge1.key keeps the key, another basename makes a new one"
fails "a name that lacks" "$CERTWRIGHT" pki verify webbridge1.crt issuing.crt root.crt --name join.example.com
said "which, and which are there" "webbridge1.crt: lacks the name join.example.com (has: DNS:webbridge1.example.com): make a new request with that name in its SAN"
fails "a use that is not allowed" "$CERTWRIGHT" pki verify issuing.crt root.crt --purpose server --name x.example.com
cat store/issuing.crt store/short.crt >store/wrong.crt
fails "roots of others alone" "$CERTWRIGHT" pki verify root.crt issuing.crt
said "what is trusted" 'root.crt: "Acme root" signs itself and is not in issuing.crt, whose roots alone are trusted'
python3 - <<'PY'
import base64
lines = open("store/callbridge1.crt").read().split("\n")
data = bytearray(base64.b64decode("".join(lines[1:-2])))
data[-6] ^= 1
open("store/changed.crt", "wb").write(data)
PY
fails "a certificate that was changed" "$CERTWRIGHT" pki verify changed.crt issuing.crt root.crt
said "is told from another CA's" 'changed.crt: the signature of "callbridge1.example.com" is wrong: it was changed after it was signed'
ca issuing root
fails "another CA of that name" "$CERTWRIGHT" pki verify callbridge1.crt issuing.crt root.crt
said "is told from it" 'callbridge1.crt: "callbridge1.example.com" was not signed by the "CN=Acme issuing,O=Acme" that is here, which has another key'

# A CA renewed with its key: what names its former certificate by serial is not taken below the new
# one, and its signature is right all the same.
new_key old.key
openssl req -x509 -new -key old.key -subj "/O=Acme/CN=Acme Old" -days 900 -set_serial 0x1111 -out store/former.crt
openssl x509 -in store/former.crt -signkey old.key -set_serial 0x2222 -days 900 -out store/renewed.crt 2>/dev/null
openssl x509 -req -in store/webbridge1.csr -CA store/former.crt -CAkey old.key -set_serial 0x33 -days 300 \
    -extfile <(echo authorityKeyIdentifier=keyid,issuer:always) -out store/bound.crt 2>/dev/null
ok "below the certificate that it names" "$CERTWRIGHT" pki verify bound.crt former.crt
fails "below the renewed one" "$CERTWRIGHT" pki verify bound.crt renewed.crt
said "the serial number that it names is told" 'bound.crt: "webbridge1.example.com" names another certificate of its CA "Acme Old": the one with the serial number 1111, and the one here has 2222: ask the CA for that certificate'
silent "and no right signature is called wrong" "changed after it was signed"
