#!/bin/sh
# ca.sh STORE FOLDER: a two-tier CA signs every request of STORE; FOLDER gets the answers as a CA
# sends them: certificates as DER under names of its own, intermediate and root shuffled in one PEM.
set -e
store=$1 out=$2
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/root.key" -out "$work/root.crt" -days 3650 \
    -subj "/O=Acme/CN=Acme Root" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout "$work/int.key" -out "$work/int.csr" \
    -subj "/O=Acme/CN=Acme Issuing 2" 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >"$work/ca.ext"
openssl x509 -req -in "$work/int.csr" -CA "$work/root.crt" -CAkey "$work/root.key" -set_serial 2 \
    -days 1800 -extfile "$work/ca.ext" -out "$work/int.crt" 2>/dev/null
number=0
for request in "$store"/*.csr; do
    number=$((number + 1))
    openssl x509 -req -in "$request" -CA "$work/int.crt" -CAkey "$work/int.key" -set_serial $((100 + number)) \
        -days 365 -copy_extensions copy -outform DER -out "$out/cert ($number).cer" 2>/dev/null
done
cat "$work/root.crt" "$work/int.crt" >"$out/chain.pem"
