#!/usr/bin/env bash
# The pki family: every example of the guide, and what it refuses; openssl and certtool are the oracle.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

# What openssl reads in a request or a certificate of the store.
req_text() { openssl req -in "store/$1" -noout -text -nameopt sep_comma_plus,sname,utf8; }
crt_text() { openssl x509 -in "store/$1" -noout -text -nameopt sep_comma_plus,sname,utf8; }
san() { sed -n '/Subject Alternative Name/{n;s/^ *//;s/IP Address:/IP:/g;p;}'; }
usage() { sed -n "/X509v3 $1/{n;s/^ *//;p;}"; }
subject() { sed -n 's/^ *Subject: *//p' | head -1; }
seconds() { date -u -d "$1" +%s; }
days_of()
{
    local text=$1
    echo $((($(seconds "$(sed -n 's/.*Not After : //p' <<<"$text")") - \
        $(seconds "$(sed -n 's/.*Not Before: //p' <<<"$text")") + 43200) / 86400))
}

# csr_is BASE SUBJECT SAN: the guide's "will create BASE.key and BASE.csr".
csr_is()
{
    local text
    says "$1: says what it made" "Created key file $1.key and CSR $1.csr"
    text=$(req_text "$1.csr")
    same "$1: subject" "$2" "$(subject <<<"$text")"
    same "$1: names" "$3" "$(san <<<"$text")"
    same "$1: key usage" "Digital Signature, Key Encipherment" "$(usage 'Key Usage' <<<"$text")"
    ok "$1: request signed by its key" openssl req -in "store/$1.csr" -verify -noout
    same "$1: key belongs to it" "$(openssl pkey -in "store/$1.key" -pubout)" \
        "$(openssl req -in "store/$1.csr" -noout -pubkey)"
    same "$1: modes" "600 644" "$(stat -c %a "store/$1.key") $(stat -c %a "store/$1.csr")"
    ok "$1: certtool reads the request" certtool --crq-info --infile "store/$1.csr"
    has "$1: SHA-256, RSA 2048" "sha256WithRSAEncryption" <(cat <<<"$text")
    has "$1: unencrypted PKCS#8" "BEGIN PRIVATE KEY" "store/$1.key"
}

# --- guide 3.1, 3.1.1 to 3.1.6, as corrected by the contract ---
cw pki csr callbridge CN:www.example.com O:"Example Inc."
csr_is callbridge "O=Example Inc.,CN=www.example.com" "DNS:www.example.com"
rm store/callbridge.*
cw pki csr callbridge CN:www.example.com 'O:"Example Inc."' subjectAltName:callbridge.example.com
csr_is callbridge "O=Example Inc.,CN=www.example.com" "DNS:www.example.com, DNS:callbridge.example.com"
cw pki csr webbridge CN:www.example.com O:"Example Inc." subjectAltName:guest.example.com
csr_is webbridge "O=Example Inc.,CN=www.example.com" "DNS:www.example.com, DNS:guest.example.com"
cw pki csr xmppserver CN:xmpp.example.com O:"Example Inc." subjectAltName:example.com
csr_is xmppserver "O=Example Inc.,CN=xmpp.example.com" "DNS:xmpp.example.com, DNS:example.com"
rm store/xmppserver.*
cw pki csr xmppserver 'CN:*.example.com' O:"Example Inc." subjectAltName:example.com
csr_is xmppserver "O=Example Inc.,CN=*.example.com" "DNS:*.example.com, DNS:example.com"
cw pki csr edge1 CN:www.example.com
csr_is edge1 "CN=www.example.com" "DNS:www.example.com"
cw pki csr core1 CN:www.example.com
csr_is core1 "CN=www.example.com" "DNS:www.example.com"
cw pki csr turn CN:www.example.com O:"Example Inc."
csr_is turn "O=Example Inc.,CN=www.example.com" "DNS:www.example.com"
cw pki csr onecert CN:example.com \
    subjectAltName:callbridge1.example.com,callbridge2.example.com,callbridge3.example.com,xmppserver.example.com,webbridge.example.com
csr_is onecert "CN=example.com" "DNS:example.com, DNS:callbridge1.example.com, DNS:callbridge2.example.com, DNS:callbridge3.example.com, DNS:xmppserver.example.com, DNS:webbridge.example.com"
cw pki csr singleCert CN:meetingserver.company.com
csr_is singleCert "CN=meetingserver.company.com" "DNS:meetingserver.company.com"
same "two keys are two keys" "" "$(cmp -s store/edge1.key store/core1.key && echo equal)"

# --- guide app. C ---
cw pki csr example CN:www.example.com OU:"My Desk" O:"My Office" L:"San Jose" ST:California C:US
csr_is example "C=US,ST=California,L=San Jose,O=My Office,OU=My Desk,CN=www.example.com" "DNS:www.example.com"
cw pki csr test1 CN:example.exampledemo.com subjectAltName:exampledemo.com
csr_is test1 "CN=example.exampledemo.com" "DNS:example.exampledemo.com, DNS:exampledemo.com"
cw pki csr test2 CN:example.exampledemo.com C:US L:Purcellville O:Example OU:Support ST:Virginia \
    subjectAltName:exampledemo.com
csr_is test2 "C=US,ST=Virginia,L=Purcellville,O=Example,OU=Support,CN=example.exampledemo.com" \
    "DNS:example.exampledemo.com, DNS:exampledemo.com"
cw pki csr test3 CN:example.exampledemo.com C:US L:Purcellville O:Example OU:Support ST:Virginia \
    subjectAltName:exampledemo.com,192.168.1.25,xmpp.exampledemo.com,server.exampledemo.com,join.exampledemo.com,test.exampledemo.com
csr_is test3 "C=US,ST=Virginia,L=Purcellville,O=Example,OU=Support,CN=example.exampledemo.com" \
    "DNS:example.exampledemo.com, DNS:exampledemo.com, IP:192.168.1.25, DNS:xmpp.exampledemo.com, DNS:server.exampledemo.com, DNS:join.exampledemo.com, DNS:test.exampledemo.com"

# --- the literal wrapped form is an error that says so, and nothing is written ---
fails "a blank after a comma is refused" "$CERTWRIGHT" pki csr wrapped CN:example.exampledemo.com \
    "subjectAltName:exampledemo.com, 192.168.1.25"
says "and named" "blank"
fails "as separate arguments too" "$CERTWRIGHT" pki csr wrapped CN:example.exampledemo.com \
    subjectAltName:exampledemo.com, 192.168.1.25,xmpp.exampledemo.com
same "nothing was written" "" "$(find store -name 'wrapped*')"

# --- CN in SAN once; no SAN for what is no host ---
cw pki csr twice CN:a.example.com subjectAltName:a.example.com,b.example.com
same "a CN listed again stands once" "DNS:a.example.com, DNS:b.example.com" "$(req_text twice.csr | san)"
cw pki csr address CN:192.0.2.7 subjectAltName:2001:db8::1
same "addresses are addresses" "IP:192.0.2.7, IP:2001:DB8:0:0:0:0:0:1" "$(req_text address.csr | san)"

# --- guide 3.1.5: the database's certificates, and 6: selfsigned ---
ok "selfsigned dbca" "$CERTWRIGHT" pki selfsigned dbca CN:"My company CA"
says "says what it made" "Created key file dbca.key and certificate dbca.crt"
text=$(crt_text dbca.crt)
same "dbca: subject" "CN=My company CA" "$(subject <<<"$text")"
same "dbca: no names" "" "$(san <<<"$text")"
same "dbca: a CA" "CA:TRUE" "$(usage 'Basic Constraints' <<<"$text")"
same "dbca: serves and signs" "Digital Signature, Key Encipherment, Certificate Sign, CRL Sign" \
    "$(usage 'Key Usage' <<<"$text")"
same "dbca: no extended usage" "" "$(usage 'Extended Key Usage' <<<"$text")"
same "dbca: a year without deployment.conf" 365 "$(days_of "$text")"
ok "dbca verifies with itself" "$CERTWRIGHT" pki verify dbca.crt dbca.crt
cw pki csr dbserver CN:server.db.example.com subjectAltName:server02.db.example.com
csr_is dbserver "CN=server.db.example.com" "DNS:server.db.example.com, DNS:server02.db.example.com"
cw pki csr dbclient CN:postgres
csr_is dbclient "CN=postgres" ""
for name in dbserver dbclient; do
    ok "sign $name" "$CERTWRIGHT" pki sign $name dbca
    ok "$name: openssl verifies" openssl verify -x509_strict -CAfile store/dbca.crt store/$name.crt
    ok "$name: certtool verifies" certtool --verify --infile store/$name.crt --load-ca-certificate store/dbca.crt
    text=$(crt_text $name.crt)
    same "$name: names of the request" "$(req_text $name.csr | san)" "$(san <<<"$text")"
    same "$name: subject of the request" "$(req_text $name.csr | subject)" "$(subject <<<"$text")"
    same "$name: key usage of the request" "Digital Signature, Key Encipherment" "$(usage 'Key Usage' <<<"$text")"
    same "$name: no CA" "CA:FALSE" "$(usage 'Basic Constraints' <<<"$text")"
    has "$name: names the CA's key" "Authority Key Identifier" <(cat <<<"$text")
    serial=$(openssl x509 -in store/$name.crt -noout -serial)
    [ ${#serial} -ge 35 ] && pass "$name: serial of 128 bits" || fail "$name: serial of 128 bits" "$serial"
    ok "$name: match" "$CERTWRIGHT" pki match $name.key $name.crt
    says "$name: says it as the appliance" "SUCCESS: Key and certificate pair match"
    ok "$name: verify" "$CERTWRIGHT" pki verify $name.crt dbca.crt
    says "$name: says it" "SUCCESS: certificate verified against CA bundle"
done
fails "a certificate is not overwritten" "$CERTWRIGHT" pki sign dbclient dbca
before=$(cat store/dbclient.crt)
ok "but with --force" "$CERTWRIGHT" pki sign --force dbclient dbca --days 20
[ "$before" != "$(cat store/dbclient.crt)" ] && pass "it is a new one" || fail "it is a new one"
same "of so many days" 20 "$(days_of "$(crt_text dbclient.crt)")"
ok "more days than the CA has" "$CERTWRIGHT" pki sign --force dbclient dbca --days 9999
says "are cut, and that is said" "its CA ends then"
same "to the CA's end" "$(openssl x509 -in store/dbca.crt -noout -enddate)" \
    "$(openssl x509 -in store/dbclient.crt -noout -enddate)"
fails "who is no CA does not sign" "$CERTWRIGHT" pki sign twice dbserver
says "and is named" "dbserver"
same "and nothing comes out" "" "$(find store -name twice.crt)"
cp store/dbca.crt store/odd.crt && cp store/edge1.key store/odd.key
fails "a CA whose key is another does not sign" "$CERTWRIGHT" pki sign twice odd

ok "selfsigned by its basename alone" "$CERTWRIGHT" pki selfsigned selfie
same "which is its CN" "CN=selfie" "$(crt_text selfie.crt | subject)"
rm store/callbridge.*
ok "guide ch. 6: selfsigned callbridge" "$CERTWRIGHT" pki selfsigned callbridge
ok "callbridge.key and callbridge.crt match" "$CERTWRIGHT" pki match callbridge.key callbridge.crt

# --- keys: sizes, curves, never overwritten ---
cw pki csr big CN:big.example.com --bits 3072
has "--bits" "(3072 bit" <(req_text big.csr)
cw pki csr ec CN:ec.example.com --ec P-384
has "--ec" "secp384r1" <(req_text ec.csr)
same "EC asks for no encipherment" "Digital Signature" "$(req_text ec.csr | usage 'Key Usage')"
openssl genrsa -out store/tiny.key 1024 2>/dev/null
fails "a key that no CA takes" "$CERTWRIGHT" pki csr odd3 CN:a.example.com --key tiny.key
says "is too short" "tiny.key: an RSA key of 1024 bits, and at least 2048 bits are required: leave --key out"
rm store/tiny.key
exits 2 "a size nobody has" "$CERTWRIGHT" pki csr odd2 CN:a.example.com --bits 1024
exits 2 "a curve nobody has" "$CERTWRIGHT" pki csr odd2 CN:a.example.com --ec P-1
exits 2 "two kinds at once" "$CERTWRIGHT" pki csr odd2 CN:a.example.com --bits 2048 --ec P-256
sum=$(sha256sum <store/edge1.key)
fails "an existing key is kept" "$CERTWRIGHT" pki csr edge1 CN:other.example.com
says "and the way is told" "--key edge1.key"
fails "by selfsigned too" "$CERTWRIGHT" pki selfsigned edge1
same "byte for byte" "$sum" "$(sha256sum <store/edge1.key)"
ok "--key makes a request for it" "$CERTWRIGHT" pki csr edge1 CN:other.example.com --key edge1.key
same "the key stays" "$sum" "$(sha256sum <store/edge1.key)"
same "the request is its own" "$(openssl pkey -in store/edge1.key -pubout)" \
    "$(openssl req -in store/edge1.csr -noout -pubkey)"
same "with the new name" "CN=other.example.com" "$(req_text edge1.csr | subject)"
ok "--force makes a new key" "$CERTWRIGHT" pki csr edge1 CN:third.example.com --force
same "and keeps the old one" "$sum" "$(sha256sum <"$(ls store/edge1.key.*.bak)")"
fails "a request needs a CN" "$CERTWRIGHT" pki csr nocn O:Example
says "and says so" "common name"
fails "no underscore in a new name" "$CERTWRIGHT" pki csr base_name CN:a.example.com
fails "no dot in a new name" "$CERTWRIGHT" pki csr base.name CN:a.example.com
fails "no path in a new name" "$CERTWRIGHT" pki csr ../base CN:a.example.com
fails "no unknown attribute" "$CERTWRIGHT" pki csr attr CN:a.example.com subAltName:b.example.com
fails "a country has two letters" "$CERTWRIGHT" pki csr attr CN:a.example.com C:USA
fails "a CN has 64 characters" "$CERTWRIGHT" pki csr attr "CN:$(printf 'x%.0s' {1..65})"
says "and the limit is named" 64
same "none of them left a file" "" "$(find store -name 'nocn*' -o -name 'base*' -o -name 'attr*' -o -name 'odd2*')"

# --- wrong usage ---
exits 2 "unknown subcommand" "$CERTWRIGHT" pki verfy
says "with a guess" "verify"
exits 2 "too few arguments" "$CERTWRIGHT" pki match a.key
exits 2 "too many arguments" "$CERTWRIGHT" pki inspect a b
exits 2 "an option of another subcommand" "$CERTWRIGHT" pki list --days 3
exits 2 "days that are no number" "$CERTWRIGHT" pki sign a b --days soon
fails "the first second there was is a time like others" "$CERTWRIGHT" pki verify dbclient.crt dbca.crt --at 1970-01-01
fails "and for several" "$CERTWRIGHT" pki verify --each dbclient.crt dbca.crt --at 1970-01-01
says "it begins later" "not yet valid"
exits 2 "a name that is empty" "$CERTWRIGHT" pki verify dbclient.crt dbca.crt --name ""
exits 2 "a purpose nobody has" "$CERTWRIGHT" pki verify dbclient.crt dbca.crt --purpose sing

# --- match ---
fails "match wrong" "$CERTWRIGHT" pki match edge1.key dbserver.crt
says "in the appliance's words" "FAILURE: Key and certificate problem: certificate and key do not match"
says "whose it is instead" "dbserver.crt belongs to dbserver.key"
ok "a request matches as well" "$CERTWRIGHT" pki match dbserver.key dbserver.csr
ok "certificate and request" "$CERTWRIGHT" pki match dbserver.csr dbserver.crt
cat store/dbca.crt store/dbserver.crt >store/rootfirst.crt
fails "a chain that begins with the root" "$CERTWRIGHT" pki match dbserver.key rootfirst.crt
says "is told, and where the leaf is" "certificate 2"
fails "a file that is missing" "$CERTWRIGHT" pki match nothere.key dbserver.crt
says "is named" "nothere.key"
printf 'hello\n' >store/junk.key
fails "junk is no key" "$CERTWRIGHT" pki match junk.key dbserver.crt
says "and said to be none" "holds no key"

# --- unlock ---
openssl pkey -in store/dbserver.key -aes256 -passout pass:geheim -out store/locked.key
fails "a locked key does not match yet" "$CERTWRIGHT" pki match locked.key dbserver.crt
says "and unlock is named" "pki unlock locked.key"
sum=$(sha256sum <store/locked.key)
echo wrong >pw
fails "a wrong password" "$CERTWRIGHT" pki unlock locked.key --password-file pw
says "is said" "the password is wrong"
same "and nothing changed" "$sum" "$(sha256sum <store/locked.key)"
echo geheim >pw
ok "the right one" "$CERTWRIGHT" pki unlock locked.key --password-file pw
ok "opens the key" openssl pkey -in store/locked.key -passin pass: -noout
ok "which matches" "$CERTWRIGHT" pki match locked.key dbserver.crt
same "its mode" 600 "$(stat -c %a store/locked.key)"
ok "unlocking twice is harmless" "$CERTWRIGHT" pki unlock locked.key --password-file pw
says "and said" "not locked"
openssl rsa -in store/dbserver.key -traditional -aes128 -passout pass:geheim -out store/old.key 2>/dev/null
run "$CERTWRIGHT" pki unlock old.key <pw
same "by fd 0, PKCS#1 as well" 0 "$status"
has "as PKCS#8" "BEGIN PRIVATE KEY" store/old.key
openssl ecparam -name prime256v1 -genkey -noout -out sec1.pem
openssl ec -in sec1.pem -aes128 -passout pass:geheim -out store/sec1.key 2>/dev/null
ok "SEC1 too" "$CERTWRIGHT" pki unlock sec1.key --password-file pw
same "the same key" "$(openssl pkey -in sec1.pem -pubout)" "$(openssl pkey -in store/sec1.key -pubout)"
run "$CERTWRIGHT" pki unlock locked.key </dev/null
openssl pkey -in store/dbserver.key -aes256 -passout pass:geheim -out store/locked.key
run "$CERTWRIGHT" pki unlock locked.key </dev/null
same "no password, no" 1 "$status"

# --- pkcs12-to-ssh ---
openssl pkcs12 -export -inkey store/dbserver.key -in store/dbserver.crt -passout pass:geheim -out store/john.pub
echo no >no
fails "a wrong password changes nothing" "$CERTWRIGHT" pki pkcs12-to-ssh john --password-file no
ok "the PKCS#12 is still there" openssl pkcs12 -in store/john.pub -passin pass:geheim -noout
ok "pkcs12-to-ssh john" "$CERTWRIGHT" pki pkcs12-to-ssh john --password-file pw
same "one line" 1 "$(wc -l <store/john.pub)"
if command -v ssh-keygen >/dev/null; then
    same "the key's own" "$(ssh-keygen -y -f store/dbserver.key)" "$(cut -d' ' -f1,2 store/john.pub)"
else
    has "an SSH key" "ssh-rsa AAAAB3NzaC1yc2E" store/john.pub
fi
fails "once is enough" "$CERTWRIGHT" pki pkcs12-to-ssh john --password-file pw
says "and said" "already"
fails "who is not there" "$CERTWRIGHT" pki pkcs12-to-ssh jane --password-file pw

# --- list ---
ok "list" "$CERTWRIGHT" pki list
says "has the appliance's heading" "User supplied certificates and keys:"
same "and the files, a line each" 1 "$(grep -cx dbserver.crt "$T/out")"
same "no backup among them" 0 "$(grep -c bak "$T/out")"
ok "an empty place" "$CERTWRIGHT" --store nowhere pki list
same "is not made by looking" "" "$(ls -d nowhere 2>/dev/null)"

# --- deployment.conf knows usages and lifetimes, where there is one ---
cat >deployment.conf <<'CONF'
release = "2.9"
name = "example.com"
environment { purpose = "lab" }
identity "both" { CN = "cb.example.com" signer = "myca" }
identity "myca" { CN = "My CA" signer = "self" }
server "core1" {
    address = "core1.example.com"
    service "callbridge" { identity = "both" listen = { "a" } database = "none" }
}
CONF
ok "csr for an identity" "$CERTWRIGHT" pki csr both CN:cb.example.com
same "asks for its services' usages" "TLS Web Server Authentication, TLS Web Client Authentication" \
    "$(req_text both.csr | usage 'Extended Key Usage')"
ok "csr for another name" "$CERTWRIGHT" pki csr other CN:o.example.com
same "asks for none" "" "$(req_text other.csr | usage 'Extended Key Usage')"
ok "selfsigned for a signer" "$CERTWRIGHT" pki selfsigned myca CN:"My CA"
same "lasts ten years" 3650 "$(days_of "$(crt_text myca.crt)")"
ok "signs" "$CERTWRIGHT" pki sign both myca
same "for a year" 365 "$(days_of "$(crt_text both.crt)")"
same "with the usages asked for" "TLS Web Server Authentication, TLS Web Client Authentication" \
    "$(crt_text both.crt | usage 'Extended Key Usage')"
ok "pki alone tells who uses what" "$CERTWRIGHT" pki
says "the service" "core1 callbridge"
says "its certificate" "both.crt"
echo 'nonsense' >>deployment.conf
fails "a deployment.conf that can't be read is an error" "$CERTWRIGHT" pki csr third CN:t.example.com
says "that names it" "deployment.conf"
