#!/bin/sh
# bad.sh STORE: answers that no CA should send, each in a folder of its own below bad/.
set -e
store=$1
name=$(basename "$(ls "$store"/*.csr | head -n 1)" .csr)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p bad/stranger bad/expired bad/broken bad/request bad/junk bad/empty
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/root.key" -out "$work/root.crt" -days 3650 \
    -subj "/CN=Acme Root" -addext keyUsage=critical,keyCertSign 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout "$work/int.key" -out "$work/int.csr" -subj "/CN=Acme Issuing" 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\n' >"$work/ca.ext"
openssl x509 -req -in "$work/int.csr" -CA "$work/root.crt" -CAkey "$work/root.key" -set_serial 2 \
    -days 1800 -extfile "$work/ca.ext" -out "$work/int.crt" 2>/dev/null
sign()
{
    openssl x509 -req -in "$1" -CA "$work/int.crt" -CAkey "$work/int.key" -set_serial "$3" -days "$4" \
        -copy_extensions copy -out "$2" 2>/dev/null
}
openssl req -newkey rsa:2048 -nodes -keyout "$work/other.key" -out "$work/other.csr" -subj "/CN=mail.acme.example" 2>/dev/null
sign "$work/other.csr" bad/stranger/mail.crt 10 365
cat "$work/int.crt" "$work/root.crt" >bad/stranger/chain.pem
sign "$store/$name.csr" bad/broken/leaf.crt 11 365
sign "$store/$name.csr" bad/expired/leaf.crt 12 -1
cat "$work/int.crt" "$work/root.crt" >bad/expired/chain.pem
cp "$store/$name.csr" "bad/request/$name.csr"
head -c 3000 /dev/urandom >bad/junk/answer.crt
