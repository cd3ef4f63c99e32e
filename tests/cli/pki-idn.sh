#!/usr/bin/env bash
# International host names and values: names in ASCII in the SAN, titles as UTF8String.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

san() { openssl "$1" -in "$2" -noout -text | sed -n '/Alternative Name/{n;s/^ *//p}'; }
cw --version
if grep -q 'without libidn2' "$T/out"; then
    fails "an international name without libidn2" "$CERTWRIGHT" pki csr a CN:bücher.example.com
    says "is refused with the form to type" "xn--bcher-kva.example.com"
    ok "which is taken" "$CERTWRIGHT" pki csr a CN:xn--bcher-kva.example.com
    exit 0
fi
says "--version names it" libidn2

ok "an international CN" "$CERTWRIGHT" pki csr a CN:bücher.example.com O:"Zürich 株式会社" ST:Ĳ --ec P-256 \
    'subjectAltName:straße.example,*.café.example,info@bücher.example,xn--bcher-kva.example.com,192.0.2.1'
says "both forms are said" "bücher.example.com is written as xn--bcher-kva.example.com"
says "of each" "*.café.example is written as *.xn--caf-dma.example"
same "ASCII in the SAN, each once" \
    "DNS:xn--bcher-kva.example.com, DNS:xn--strae-oqa.example, DNS:*.xn--caf-dma.example, email:info@xn--bcher-kva.example, IP Address:192.0.2.1" \
    "$(san req store/a.csr)"
same "the CN like it" "CN = xn--bcher-kva.example.com" \
    "$(openssl req -in store/a.csr -noout -subject -nameopt oneline,utf8,-esc_msb | grep -o 'CN.*')"
same "titles are UTF8String" "Zürich 株式会社" \
    "$(openssl asn1parse -in store/a.csr | sed -n 's/.*UTF8STRING *:\(Z.*\)/\1/p')"
cw --json pki inspect a.csr
json "and read back" .csr.subject "CN=xn--bcher-kva.example.com,O=Zürich 株式会社,ST=Ĳ"
ok "the ASCII form is taken as it is" "$CERTWRIGHT" pki csr b CN:xn--bcher-kva.example.com --ec P-256
same "into the SAN" "DNS:xn--bcher-kva.example.com" "$(san req store/b.csr)"
silent "without a word" "is written as"
ok "capitals and composed letters" "$CERTWRIGHT" pki csr c "CN:$(printf 'BU\314\210CHER.Example.com')" --ec P-256
same "are one name" "DNS:xn--bcher-kva.example.com" "$(san req store/c.csr)"
ok "selfsigned" "$CERTWRIGHT" pki selfsigned s CN:bücher.example.com --ec P-256
same "the same" "DNS:xn--bcher-kva.example.com" "$(san x509 store/s.crt)"
ok "verify --name takes either form" "$CERTWRIGHT" pki verify s.crt s.crt --name bücher.example.com
ok "and the other" "$CERTWRIGHT" pki verify s.crt s.crt --name xn--bcher-kva.example.com
fails "no other name" "$CERTWRIGHT" pki verify s.crt s.crt --name bucher.example.com
ok "an e-mail address of the subject" "$CERTWRIGHT" pki csr mail CN:a.example.com emailAddress:info@bücher.example --ec P-256
says "both forms are said" "info@bücher.example is written as info@xn--bcher-kva.example"
same "ASCII in the subject" "emailAddress = info@xn--bcher-kva.example" \
    "$(openssl req -in store/mail.csr -noout -subject | grep -o 'emailAddress.*')"
ok "a title with a dot and blanks is none" "$CERTWRIGHT" pki selfsigned t "CN:Müller & Söhne GmbH u. Co." --ec P-256
same "and makes no name" "" "$(san x509 store/t.crt)"

refused() { fails "$1" "$CERTWRIGHT" pki csr no CN:a.example.com "$2"; matches "$1: says why" "$3"; }
refused "a blank in it" "subjectAltName:büch er.example.com" "blank"
refused "an override of the reading order" "subjectAltName:$(printf '\342\200\256')é.example.com" "disallowed|control character"
refused "a label too long" "subjectAltName:$(printf 'é%.0s' {1..70}).example.com" "converted"
fails "longer than a CN in ASCII" "$CERTWRIGHT" pki csr no "CN:$(printf 'é.%.0s' {1..9})example.com"
says "is said" "64 are allowed"
fails "no UTF-8" "$CERTWRIGHT" pki csr no "CN:$(printf 'b\374cher.example.com')"
says "is said" "no UTF-8"
fails "a URI stays ASCII" "$CERTWRIGHT" pki csr no CN:a.example.com subjectAltName:http://bücher.example.com
says "how to write it" "percent-encoded"
same "none of them left a file" "" "$(find store -name 'no.*')"

# Where the library is away, the form to type is told.
mkdir lib
printf 'int nothing_here;\n' | cc -shared -fPIC -x c -o lib/libidn2.so.0 - 2>/dev/null
run env LD_LIBRARY_PATH="$PWD/lib" "$CERTWRIGHT" pki csr d CN:bücher.example.com
same "without libidn2 it is refused" 1 "$status"
says "with the form to type" "xn--bcher-kva.example.com"
run env LD_LIBRARY_PATH="$PWD/lib" "$CERTWRIGHT" pki csr d CN:xn--bcher-kva.example.com --ec P-256
same "which is taken" 0 "$status"

# deployment.conf may hold either form.
cat >deployment.conf <<'CONF'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "one" { CN = "bücher.example.com" subjectAltName = { "straße.example" } signer = "internal" }
server "core1" {
    address = "core1.example.com"
    service "webadmin" { identity = "one" listen = { "a:445" } }
}
CONF
ok "generate" "$CERTWRIGHT" generate
same "its request has the ASCII forms" "DNS:xn--bcher-kva.example.com, DNS:xn--strae-oqa.example" "$(san req store/one.csr)"
