#!/usr/bin/env bash
# Every root of Debian's ca-certificates: what inspect says of it is what openssl says, field by field
# and line by line; it verifies with itself and with nothing else.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

folder=/usr/share/ca-certificates/mozilla
if [ ! -d "$folder" ]; then
    skip "no roots to look at (Debian: ca-certificates)"
    exit 0
fi
mkdir store
number=0
for file in "$folder"/*.crt; do
    number=$((number + 1))
    cp "$file" "store/root$number.crt"
    cat "$file" >>all.pem
    openssl x509 -in "$file" -outform DER >>all.der
done
[ "$number" -gt 50 ] && pass "there are $number" || fail "there are enough" "$number"

# Layout apart (OpenSSL 1.0's, and UTF-8 readable), the text is openssl's. Dots and line ends stand
# for each other where an unknown extension is dumped.
plain()
{
    sed 's/^ *//; s/ *$//; /Signature Value:/d; /^Subject: /d; /^Issuer: /d; s/^keyid://' | tr -d '\n.'
}

theirs()
{
    openssl x509 -in "$1" -noout -subject -issuer -serial -startdate -enddate -fingerprint -sha256 \
        -nameopt RFC2253,-esc_msb,utf8 | sed 's/^[A-Za-z0-9 ]*=//; s/^\(.*\) \(.*\) \(..\):\(..\):\(..\) \(....\) GMT$/\1 \2 \3:\4:\5 \6 GMT/'
}

cw --json pki inspect ./all.pem
same "all in one bundle" "$number bundle PEM" "$(jq -r '"\(.certificates | length) \(.kind) \(.encoding)"' "$T/out")"
jq -r '.certificates[] | .subject, .issuer, .serial, (.not_before | fromdate | strftime("%b %e %T %Y GMT")),
    (.not_after | fromdate | strftime("%b %e %T %Y GMT")), .sha256_fingerprint' "$T/out" >ours
for i in $(seq "$number"); do
    theirs "store/root$i.crt"
done >theirs
same_file "subject, issuer, serial, dates, fingerprint as openssl has them" theirs ours
if command -v certtool >/dev/null; then
    certtool --certificate-info --infile all.pem 2>/dev/null |
        sed -n '/^[[:space:]]*Fingerprint:/,/sha256/{s/.*sha256:\([0-9a-f]*\)$/\1/p}' >fingerprints
    jq -r '.certificates[].sha256_fingerprint | gsub(":"; "") | ascii_downcase' "$T/out" >ours
    same_file "and certtool, in the same order" fingerprints ours
fi
cw --json pki inspect ./all.der
same "the same as DER, one behind the other" "$number DER" "$(jq -r '"\(.certificates | length) \(.encoding)"' "$T/out")"
openssl crl2pkcs7 -nocrl -certfile all.pem -outform DER -out all.p7b
cw --json pki inspect ./all.p7b
same "and as PKCS#7" "$number pkcs7" "$(jq -r '"\(.certificates | length) \(.kind)"' "$T/out")"
cw --json pki list
same "list names them all" "$number" "$(jq 'map(select(.kind == "certificate")) | length' "$T/out")"

# Many times slower, the sanitizers look at a third of them.
step=1
case ${SLOW:-} in ?*) step=3 ;; esac
looked=0 texts=0 selves=0 others=0 different=''
for i in $(seq 1 "$step" "$number"); do
    looked=$((looked + 1))
    file=store/root$i.crt
    cw pki inspect "root$i.crt"
    [ "$(sed 1,3d "$T/out" | plain)" = "$(openssl x509 -in "$file" -noout -text | plain)" ] && texts=$((texts + 1)) ||
        different="$different $(openssl x509 -in "$file" -noout -subject)"
    wanted=0
    openssl verify -CAfile "$file" "$file" >/dev/null 2>&1 || wanted=1
    cw --quiet --store nowhere pki verify "./$file" "./$file"
    [ "$status" = "$wanted" ] && selves=$((selves + 1)) || different="$different verify:root$i"
    cw --quiet --store nowhere pki verify "./$file" "./store/root$((i % number + 1)).crt"
    [ "$status" = 1 ] && others=$((others + 1)) || different="$different other:root$i"
done
same "the texts are openssl's" "$looked" "$texts$different"
same "each verifies with itself where openssl says so" "$looked" "$selves$different"
same "and with no other" "$looked" "$others$different"
