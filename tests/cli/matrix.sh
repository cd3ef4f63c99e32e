#!/usr/bin/env bash
# Key kinds x formats x commands: openssl and certtool make the files, and say what is right.
# Sanitized only, when all are run.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir store
echo geheim >pw
legacy="-provider legacy -provider default"
openssl list -providers $legacy >/dev/null 2>&1 || legacy=
have_certtool=$(command -v certtool)

# KIND  what inspect calls it  bits  openssl's options
kinds="rsa2048 rsa4096 p256 p384 p521 ed25519 pss"
declare -A word=([rsa2048]=RSA [rsa4096]=RSA [p256]=EC [p384]=EC [p521]=EC [ed25519]=Ed25519 [pss]=RSA-PSS)
declare -A bits=([rsa2048]=2048 [rsa4096]=4096 [p256]=256 [p384]=384 [p521]=521 [ed25519]=256 [pss]=2048)
declare -A algorithm=(
    [rsa2048]="RSA -pkeyopt rsa_keygen_bits:2048" [rsa4096]="RSA -pkeyopt rsa_keygen_bits:4096"
    [p256]="EC -pkeyopt ec_paramgen_curve:P-256" [p384]="EC -pkeyopt ec_paramgen_curve:P-384"
    [p521]="EC -pkeyopt ec_paramgen_curve:P-521" [ed25519]=ED25519
    [pss]="RSA-PSS -pkeyopt rsa_keygen_bits:2048")

# A root, an issuing CA and a leaf of one kind, and a request.
make_kind()
{
    local name
    for name in leaf root issuing; do
        # shellcheck disable=SC2086
        openssl genpkey -algorithm ${algorithm[$1]} -out "$1-$name.key" 2>/dev/null
        [ "$1" != rsa4096 ] || algorithm[rsa4096]=${algorithm[rsa2048]} # the leaf's: one such key is enough
    done
    printf '%s\n' '[ca]' basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign \
        subjectKeyIdentifier=hash '[leaf]' basicConstraints=CA:FALSE \
        keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth authorityKeyIdentifier=keyid \
        "subjectAltName=DNS:$1.example.com,DNS:*.wild.example.com,IP:192.0.2.1" >ext
    openssl req -x509 -new -key "$1-root.key" -subj "/O=Zürich AG/CN=$1 root" -utf8 -days 3000 \
        -addext keyUsage=critical,keyCertSign -out "$1-root.crt"
    openssl req -new -key "$1-issuing.key" -subj "/O=Zürich AG/CN=$1 issuing" -utf8 -out issuing.csr
    openssl x509 -req -in issuing.csr -CA "$1-root.crt" -CAkey "$1-root.key" -set_serial 2 -days 2000 \
        -extfile ext -extensions ca -out "$1-issuing.crt" 2>/dev/null
    openssl req -new -key "$1-leaf.key" -subj "/C=CH/O=Zürich AG/CN=$1.example.com" -utf8 \
        -addext "subjectAltName=DNS:$1.example.com" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$1-issuing.crt" -CAkey "$1-issuing.key" -set_serial 0xC0FFEE \
        -days 300 -extfile ext -extensions leaf -out "$1.crt" 2>/dev/null
    cp "$1.crt" "$1.csr" store
}

# seen FILE: kind, encoding, what is in it, as one line.
seen()
{
    cw --json pki inspect "$1" --password-file pw
    jq -r '[.kind, .encoding // "-", (.key // .csr // .certificates[0] // {} |
        .algorithm // .key_algorithm // "-", .bits // .key_bits // 0)] | map(tostring) | join(" ")' "$T/out" 2>&1
}

# form KIND FILE WHAT: the file is that and belongs to the kind's certificate.
form()
{
    same "$1: $2 is read" "$3 ${word[$1]} ${bits[$1]}" "$(seen "$2")"
    ok "$1: $2 matches" "$CERTWRIGHT" --quiet pki match "$2" "$1.crt" --password-file pw
}

key_forms()
{
    local kind=$1 key=$1-leaf.key s=store/$1
    cp "$key" "$s-p8.key" && form $kind $kind-p8.key "private-key PEM"
    openssl pkey -in "$key" -outform DER -out "$s-p8.der" && form $kind $kind-p8.der "private-key DER"
    if openssl pkey -in "$key" -traditional -out "$s-old.key" 2>/dev/null && ! grep -q 'BEGIN PRIVATE' "$s-old.key"; then
        form $kind $kind-old.key "private-key PEM"
        sed -n "/^-----BEGIN/,/^-----END/{/-----/!p}" "$s-old.key" | base64 -d >"$s-old.der" && form $kind $kind-old.der "private-key DER"
        for cipher in aes128 des3; do
            openssl pkey -in "$key" -traditional -$cipher -passout file:pw -out "$s-$cipher.key"
            form $kind $kind-$cipher.key "private-key PEM"
        done
    fi
    openssl pkcs8 -topk8 -in "$key" -v2 aes-256-cbc -passout file:pw -out "$s-pbes2.key" && form $kind $kind-pbes2.key "private-key PEM"
    openssl pkcs8 -topk8 -in "$key" -v2 aes-256-cbc -passout file:pw -outform DER -out "$s-pbes2.der" && form $kind $kind-pbes2.der "private-key DER"
    openssl pkcs8 -topk8 -in "$key" -scrypt -passout file:pw -out "$s-scrypt.key" && form $kind $kind-scrypt.key "private-key PEM"
    openssl pkcs8 -topk8 -in "$key" -v1 PBE-SHA1-3DES -passout file:pw -out "$s-pbes1.key" && form $kind $kind-pbes1.key "private-key PEM"
    if [ -n "$legacy" ]; then
        # shellcheck disable=SC2086
        openssl pkcs8 -topk8 -in "$key" -v1 PBE-MD5-DES $legacy -passout file:pw -out "$s-pbes1des.key" && form $kind $kind-pbes1des.key "private-key PEM"
    fi
    openssl pkey -in "$key" -pubout -out "$s-pub.pem" && form $kind $kind-pub.pem "public-key PEM"
    openssl pkey -in "$key" -pubout -outform DER -out "$s-pub.der" && form $kind $kind-pub.der "public-key DER"
    if [ "${word[$kind]}" = RSA ]; then
        openssl rsa -in "$key" -RSAPublicKey_out -out "$s-pub1.pem" 2>/dev/null && form $kind $kind-pub1.pem "public-key PEM"
    fi
    if command -v ssh-keygen >/dev/null && ssh-keygen -i -m PKCS8 -f "$s-pub.pem" >"$s-ssh.pub" 2>/dev/null; then
        form $kind $kind-ssh.pub "ssh-public-key -"
    fi
    form $kind $kind.csr "csr PEM"
    openssl req -in "$kind.csr" -outform DER -out "$s-csr.der" && form $kind $kind-csr.der "csr DER"
    sed 's/CERTIFICATE REQUEST/NEW CERTIFICATE REQUEST/' "$kind.csr" >"$s-new.csr" && form $kind $kind-new.csr "csr PEM"
}

# What openssl says of a certificate, and what inspect's JSON does, in one form.
theirs()
{
    openssl x509 -in "$1" -noout -subject -issuer -serial -startdate -enddate -fingerprint -sha256 \
        -nameopt RFC2253,-esc_msb,utf8 | sed 's/^[A-Za-z0-9 ]*=//' | while read -r line; do
        case $line in *" GMT") date -u -d "$line" +%Y-%m-%dT%H:%M:%SZ ;; *) echo "$line" ;; esac
    done
}
ours()
{
    cw --json pki inspect "$1" --password-file pw
    jq -r '.certificates[0] | .subject, .issuer, .serial, .not_before, .not_after, .sha256_fingerprint' "$T/out" 2>&1
}

cert_forms()
{
    local kind=$1 crt=$1.crt s=store/$1 wanted
    wanted=$(theirs "$crt")
    cert_is() { same "$kind: $1 says what openssl says" "$wanted" "$(ours "$1")"; }
    cert_is "$kind.crt"
    openssl x509 -in "$crt" -outform DER -out "$s-c.der" && cert_is "$kind-c.der"
    sed 's/$/\r/' "$crt" >"$s-crlf.crt" && cert_is "$kind-crlf.crt"
    tr '\n' '\r' <"$crt" >"$s-cr.crt" && cert_is "$kind-cr.crt"
    { printf '\357\273\277' && cat "$crt"; } >"$s-bom.crt" && cert_is "$kind-bom.crt"
    { openssl x509 -in "$crt" -text && echo "some words" && cat "$kind-issuing.crt"; } >"$s-text.crt" && cert_is "$kind-text.crt"
    printf %s "$(cat "$crt")" >"$s-noend.crt" && cert_is "$kind-noend.crt"
    { cat "$kind-leaf.key" "$crt" "$kind.csr"; } >"$s-all.pem" && cert_is "$kind-all.pem"
    openssl x509 -in "$crt" -trustout -addtrust serverAuth -setalias me -out "$s-trusted.crt" && cert_is "$kind-trusted.crt"
    sed -n '/^-----BEGIN/,/^-----END/{/-----/!p}' "$s-trusted.crt" | base64 -d >"$s-trusted.der" && cert_is "$kind-trusted.der"
    openssl crl2pkcs7 -nocrl -certfile "$crt" -certfile "$kind-issuing.crt" -out "$s.p7b" && cert_is "$kind.p7b"
    openssl crl2pkcs7 -nocrl -certfile "$crt" -outform DER -out "$s-der.p7b" && cert_is "$kind-der.p7b"
    openssl pkcs12 -export -in "$crt" -inkey "$kind-leaf.key" -certfile "$kind-issuing.crt" -passout file:pw -out "$s.p12" && cert_is "$kind.p12"
    openssl pkcs12 -export -in "$crt" -nokeys -passout pass: -out "$s-open.p12" && cert_is "$kind-open.p12"
    ok "$kind: its key and certificate match" "$CERTWRIGHT" --quiet pki match "$kind.p12" "$kind.crt" --password-file pw
    if [ -n "$legacy" ]; then
        openssl pkcs12 -export -legacy -in "$crt" -inkey "$kind-leaf.key" -passout file:pw -out "$s-rc2.p12" && cert_is "$kind-rc2.p12"
    fi
    cat "$s-c.der" "$s-p8.der" "$s-csr.der" >"$s-cat.der" && cert_is "$kind-cat.der"
    ok "$kind: a key of concatenated DER matches" "$CERTWRIGHT" --quiet pki match "$kind-cat.der" "$kind.crt"
    if [ -n "$have_certtool" ]; then
        same "$kind: certtool has the same fingerprint" \
            "$(certtool --fingerprint --hash sha256 --infile "$crt" | tr -d ':' | tr a-f A-F)" \
            "$(sed -n 6p <<<"$wanted" | tr -d ':')"
    fi
}

# verdict WHAT OPENSSL-ARGUMENTS -- ARGUMENTS: both say yes, or both no.
verdict()
{
    local what=$1 theirs=0 arguments=()
    shift
    while [ "$1" != -- ]; do
        arguments+=("$1")
        shift
    done
    shift
    openssl verify "${arguments[@]}" >/dev/null 2>&1 || theirs=1
    exits "$theirs" "$what: openssl's verdict ($theirs)" "$CERTWRIGHT" --quiet --store nowhere pki verify "$@"
}

verify_forms()
{
    local kind=$1 leaf=./$1.crt root=./$1-root.crt issuing=./$1-issuing.crt other=./$2-root.crt
    cat "$root" "$issuing" >"$kind-unordered.crt"
    cat "$other" "$issuing" "$2-issuing.crt" >"$kind-wrong.crt"
    verdict "$kind chain" -CAfile $root -untrusted $issuing $leaf -- $leaf $issuing $root
    verdict "$kind chain in one file, root first" -CAfile $root -untrusted $issuing $leaf -- $leaf ./$kind-unordered.crt
    verdict "$kind issuer lacks" -CAfile $root $leaf -- $leaf $root
    verdict "$kind root lacks" -CAfile $issuing $leaf -- $leaf $issuing
    verdict "$kind another root" -CAfile $other -untrusted $issuing $leaf -- $leaf ./$kind-wrong.crt
    verdict "$kind root itself" -CAfile $root $root -- $root $root
    verdict "$kind after its end" -attime 2500000000 -CAfile $root -untrusted $issuing $leaf -- --at 2049-03-22T04:26:40Z $leaf $issuing $root
    verdict "$kind as a server" -purpose sslserver -CAfile $root -untrusted $issuing $leaf -- --purpose server $leaf $issuing $root
    verdict "$kind as a client" -purpose sslclient -CAfile $root -untrusted $issuing $leaf -- --purpose client $leaf $issuing $root
    verdict "$kind under its name" -verify_hostname $kind.example.com -CAfile $root -untrusted $issuing $leaf -- --name $kind.example.com $leaf $issuing $root
    verdict "$kind under a wildcard" -verify_hostname a.wild.example.com -CAfile $root -untrusted $issuing $leaf -- --name a.wild.example.com $leaf $issuing $root
    verdict "$kind two labels under a wildcard" -verify_hostname a.b.wild.example.com -CAfile $root -untrusted $issuing $leaf -- --name a.b.wild.example.com $leaf $issuing $root
    verdict "$kind under its address" -verify_ip 192.0.2.1 -CAfile $root -untrusted $issuing $leaf -- --name 192.0.2.1 $leaf $issuing $root
    if [ -n "$have_certtool" ]; then
        cat "$leaf" "$issuing" >chain.pem
        ok "$kind chain: certtool's verdict" certtool --verify --infile chain.pem --load-ca-certificate "$root"
    fi
}

previous=pss
for kind in $kinds; do
    make_kind "$kind"
done
openssl pkey -in pss-leaf.key -outform DER -out store/pss-p8.der
for kind in $kinds; do
    key_forms "$kind"
    cert_forms "$kind"
    verify_forms "$kind" "$previous"
    fails "$kind: another kind's key does not match" "$CERTWRIGHT" pki match "$previous-p8.der" "$kind.crt" --password-file pw
    says "$kind: and both are named" "(${word[$kind]} ${bits[$kind]})"
    previous=$kind
done

# --- what is made: each kind of key, by each command ---
rm -rf store
cw pki selfsigned ca CN:"The CA" --ec P-384
for wish in "--bits 2048" "--bits 3072" "--bits 4096" "--ec P-256" "--ec P-384"; do
    name=made${wish##*[ -]}
    # shellcheck disable=SC2086
    ok "csr $wish" "$CERTWRIGHT" --quiet pki csr "$name" CN:$name.example.com O:"Zürich AG" $wish \
        subjectAltName:192.0.2.1,2001:db8::1,admin@example.com,sip:room@example.com
    ok "csr $wish: openssl accepts the signature" openssl req -in "store/$name.csr" -noout -verify
    [ -z "$have_certtool" ] || ok "csr $wish: certtool reads it" certtool --crq-info --infile "store/$name.csr"
    ok "csr $wish: key and request match" "$CERTWRIGHT" --quiet pki match "$name.key" "$name.csr"
    same "csr $wish: the names" \
        "DNS:$name.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, email:admin@example.com, URI:sip:room@example.com" \
        "$(openssl req -in "store/$name.csr" -noout -text | sed -n '/Alternative Name/{n;s/^ *//p}')"
    same "csr $wish: UTF8String" 1 "$(openssl asn1parse -in "store/$name.csr" | grep -c 'UTF8STRING *:Zürich AG')"
    ok "sign $wish" "$CERTWRIGHT" --quiet pki sign "$name" ca
    ok "sign $wish: openssl agrees" openssl verify -x509_strict -purpose sslserver -CAfile store/ca.crt "store/$name.crt"
    [ -z "$have_certtool" ] || ok "sign $wish: certtool agrees" certtool --verify --infile "store/$name.crt" --load-ca-certificate store/ca.crt
    ok "sign $wish: verify agrees" "$CERTWRIGHT" --quiet pki verify "$name.crt" ca.crt --name $name.example.com --purpose server
done
for kind in $kinds; do
    cp "$kind-leaf.key" "store/$kind.key"
    ok "selfsigned with a key of $kind" "$CERTWRIGHT" --quiet pki selfsigned "ca-$kind" CN:"CA $kind" --key "$kind.key"
    cp "$kind-leaf.key" "store/ca-$kind.key"
    ok "which signs" "$CERTWRIGHT" --quiet pki sign --force made2048 "ca-$kind"
    ok "and openssl agrees" openssl verify -x509_strict -CAfile "store/ca-$kind.crt" store/made2048.crt
    if [ -n "$have_certtool" ] && [ "$kind" != pss ]; then
        ok "and certtool" certtool --verify --infile store/made2048.crt --load-ca-certificate "store/ca-$kind.crt"
    fi
done

# --- unlock: each locked form comes out as the same key, PKCS#8, unlocked ---
for kind in $kinds; do
    openssl pkcs8 -topk8 -in "$kind-leaf.key" -v2 aes-256-cbc -passout file:pw -outform DER -out "store/l-$kind.key"
    ok "unlock a key of $kind" "$CERTWRIGHT" --quiet pki unlock "l-$kind.key" --password-file pw
    same "it is the same key" "$(openssl pkey -in "$kind-leaf.key")" "$(cat "store/l-$kind.key")"
done

# --- pkcs12-to-ssh: what ssh-keygen accepts, and makes of the same key ---
if command -v ssh-keygen >/dev/null; then
    for kind in rsa2048 rsa4096 p256 p384 p521 ed25519; do
        openssl pkcs12 -export -in "$kind.crt" -inkey "$kind-leaf.key" -passout file:pw -out "store/$kind.pub"
        ok "pkcs12-to-ssh $kind" "$CERTWRIGHT" --quiet pki pkcs12-to-ssh $kind --password-file pw
        ok "ssh-keygen reads it" ssh-keygen -l -f "store/$kind.pub"
        ok "and it is the certificate's key" "$CERTWRIGHT" --quiet pki match "$kind.pub" "./$kind.crt"
    done
fi
