#!/usr/bin/env bash
# What the guide has people make with OpenSSL (appendices A and C), read as the appliance would.
. "$(dirname "$0")/../lib.sh"

mkdir store && cd store || exit 1
# A.1
openssl req -out webbridge.csr -new -newkey rsa:2048 -addext "keyUsage=digitalSignature" -nodes \
    -keyout webbridge.key -subj /CN=www.example.com 2>/dev/null
# A.3, with its C=UK: a database CA and two certificates of version 1
openssl req -new -text -nodes -keyout db01ca.key -out db01ca.csr \
    -subj /C=UK/ST=London/L=London/O=Example/OU=/CN=example 2>/dev/null
openssl req -x509 -text -in db01ca.csr -key db01ca.key -out db01ca.crt -days 3650 2>/dev/null
for pair in server:server1 client:postgres; do
    name=db01${pair%:*}
    openssl req -new -nodes -keyout "$name.key" -out "$name.csr" \
        -subj "/C=UK/ST=London/L=London/O=Example/OU=/CN=${pair#*:}" 2>/dev/null
    openssl x509 -req -CAcreateserial -in "$name.csr" -CA db01ca.crt -CAkey db01ca.key -out "$name.crt" \
        -days 3650 2>/dev/null
done
# Appendix C: server.pem bundle.pem rootca.pem
openssl req -newkey rsa:2048 -nodes -keyout inter.key -subj /CN=Inter -out inter.csr 2>/dev/null
openssl x509 -req -in inter.csr -CA db01ca.crt -CAkey db01ca.key -days 99 -out bundle.pem \
    -extfile <(echo basicConstraints=critical,CA:TRUE) 2>/dev/null
openssl x509 -req -in webbridge.csr -CA bundle.pem -CAkey inter.key -days 90 -out server.pem 2>/dev/null
cp db01ca.crt rootca.pem
cat bundle.pem rootca.pem >both.pem
cd ..

ok "A.1: the request" "$CERTWRIGHT" pki inspect webbridge.csr --json
json "asks for what was asked" '.csr.key_usage == ["digitalSignature"] and .csr.signature_valid' true
ok "and is its key's" "$CERTWRIGHT" pki match webbridge.key webbridge.csr
for name in server client; do
    ok "A.3: the $name's key and certificate" "$CERTWRIGHT" pki match "db01$name.key" "db01$name.crt"
    ok "and its CA, read behind its text" "$CERTWRIGHT" pki verify "db01$name.crt" db01ca.crt
done
ok "the CA with itself" "$CERTWRIGHT" pki verify db01ca.crt db01ca.crt
fails "the CA's key is not the server's" "$CERTWRIGHT" pki match db01ca.key db01server.crt
ok "C: three files" "$CERTWRIGHT" pki verify server.pem bundle.pem rootca.pem
fails "C: two, without the root" "$CERTWRIGHT" pki verify server.pem bundle.pem
says "as the appliance says" "unable to get issuer certificate"
says "and what lacks" 'the issuer of "Inter"'
ok "C: two, with the root in the bundle" "$CERTWRIGHT" pki verify server.pem both.pem
