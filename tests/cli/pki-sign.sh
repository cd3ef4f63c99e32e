#!/usr/bin/env bash
# A CA signs only what its own certificate, and those above it, allow; no serial number twice.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir store
openssl ecparam -name prime256v1 -genkey -noout -out spare.key

# ca NAME EXTENSIONS [ISSUER] [DAYS]: a CA in the store; keyUsage is left to the extensions' end.
ca()
{
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "store/$1.key" 2>/dev/null
    openssl req -new -key "store/$1.key" -subj "/O=Test/CN=$1" -out "$1.csr"
    printf '%b\n' "$2" >"$1.ext"
    if [ -n "${3:-}" ]; then
        openssl x509 -req -in "$1.csr" -CA "store/$3.crt" -CAkey "store/$3.key" -set_serial 7 \
            -extfile "$1.ext" -days "${4:-1000}" -out "store/$1.crt" 2>/dev/null
    else
        openssl x509 -req -in "$1.csr" -key "store/$1.key" -extfile "$1.ext" -days "${4:-1000}" \
            -out "store/$1.crt" 2>/dev/null
    fi
}
sign='keyUsage=critical,keyCertSign'
is_ca='basicConstraints=critical,CA:TRUE'

ca good "$is_ca,pathlen:0\n$sign"
ca names "$is_ca\n$sign\nnameConstraints=critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0,permitted;email:example.com"
ca without "$is_ca\n$sign\nnameConstraints=critical,excluded;DNS:secret.example.com"
ca below "$is_ca\n$sign" names
ca short "$is_ca,pathlen:0\n$sign"
ca too-long "$is_ca\n$sign" short
ca leaf 'basicConstraints=CA:FALSE'
ca usage "$is_ca\nkeyUsage=digitalSignature"
ca old 'subjectKeyIdentifier=hash'

cw pki csr inside CN:www.example.com subjectAltName:192.0.2.7,admin@example.com --ec P-256
cw pki csr outside CN:www.example.org subjectAltName:www.example.com --ec P-256
cw pki csr address CN:a.example.com subjectAltName:198.51.100.1 --ec P-256
cw pki csr secret CN:a.secret.example.com --ec P-256

# allowed/refused CA REQUEST: openssl's verdict on what comes out is the same.
allowed()
{
    ok "$1 signs $2" "$CERTWRIGHT" pki sign "$2" "$1"
    cat store/names.crt store/short.crt >above.pem
    ok "and openssl agrees" openssl verify -CAfile <(cat above.pem "store/$1.crt") "store/$2.crt"
    rm -f "store/$2.crt"
}
refused()
{
    fails "$1 does not sign $2" "$CERTWRIGHT" pki sign "$2" "$1"
    says "because $3" "$3"
    [ ! -e "store/$2.crt" ] && pass "and nothing comes out" || fail "and nothing comes out"
}
allowed good inside
allowed good outside
allowed names inside
allowed below inside
allowed without inside
refused names outside "may not sign www.example.org: its name constraints permit DNS:example.com, IP:192.0.2.0/255.255.255.0"
refused names address "may not sign 198.51.100.1"
refused without secret "may not sign a.secret.example.com"
refused below outside "a name that a CA above may not sign"
refused too-long inside "allows no CA below it"
refused leaf inside "basicConstraints says it is not a CA"
refused usage inside "lacks keyCertSign"
refused old inside "no basicConstraints"

# What only a CA may have is not given, and that is said.
openssl req -new -key spare.key -subj /CN=sub.example.com -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign -out store/sub.csr
ok "a request to be a CA" "$CERTWRIGHT" pki sign sub good
says "makes none, and says so" "It lacks keyCertSign, cRLSign"
same "usage and constraints" "CA:FALSE Digital Signature" \
    "$(openssl x509 -in store/sub.crt -noout -ext basicConstraints,keyUsage | sed -n 's/^    //p' | tr '\n' ' ' | sed 's/ $//')"
python3 - <<'PY'
import base64
lines = open("store/sub.csr").read().split("\n")
data = bytearray(base64.b64decode("".join(lines[1:-2])))
data[-6] ^= 1
open("store/forged.csr", "wb").write(data)
PY
refused good forged "signature does not hold"

# Lifetimes. deployment.conf's operations judge alike.
openssl req -new -key store/good.key -subj "/O=Test/CN=good" -out good.csr
openssl x509 -req -in good.csr -key store/good.key -extfile good.ext -days -1 -out store/good.crt 2>/dev/null
refused good inside "the CA ended on"
cat >deployment.conf <<'CONF'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "one" { CN = "one.example.com" signer = "internal" }
identity "two" { CN = "two.example.org" signer = "internal" }
server "core1" {
    address = "core1.example.com"
    service "webadmin"   { identity = "one" listen = { "a:445" } }
    service "callbridge" { identity = "two" listen = { "a" } }
}
CONF
ok "generate" "$CERTWRIGHT" generate
ok "sign by the CA with name constraints" "$CERTWRIGHT" sign --ca names one
fails "but not a name outside" "$CERTWRIGHT" sign --ca names two
says "which is named" "two.example.org"
fails "nor by one below it" "$CERTWRIGHT" sign --ca below two
fails "nor by one whose root allows none" "$CERTWRIGHT" sign --ca too-long two
same "nothing came out" "" "$(find store -name 'two.crt')"
rm deployment.conf

# Two at once: each its own serial number, and the store's lock gives one of them way.
ca many "$is_ca\n$sign"
for i in 1 2 3 4 5 6 7 8; do
    mkdir "s$i" && cp store/many.* store/inside.csr "s$i"
    cp s$i/inside.csr s$i/other.csr
done
for i in 1 2 3 4 5 6 7 8; do
    "$CERTWRIGHT" --quiet --store "s$i" pki sign inside many 2>/dev/null &
    "$CERTWRIGHT" --quiet --store "s$i" pki sign other many 2>/dev/null &
done
wait
for file in s?/inside.crt s?/other.crt; do
    [ ! -e "$file" ] || openssl x509 -in "$file" -noout -serial
done >serials
[ "$(wc -l <serials)" -ge 8 ] && pass "sixteen signings at once, $(wc -l <serials) done" || fail "signings at once" "$(cat serials)"
same "no serial number twice" "" "$(sort serials | uniq -d)"
same "each of up to 128 bits, positive" "" "$(grep -vE '^serial=[0-9A-F]{24,32}$' serials)"

# A CA's own request, signed by it, would take the CA's certificate away.
cw pki selfsigned own CN:"Own CA" --ec P-256
cw pki csr own CN:"Own CA" --key own.key
cp store/own.crt own.before
fails "a CA does not sign its own request" "$CERTWRIGHT" pki sign own own --force
says "and says what does" "own.csr: is the request of own.crt itself, and what it signs is no CA: certwright pki selfsigned"
same_file "its certificate stays" own.before store/own.crt
