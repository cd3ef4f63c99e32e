#!/usr/bin/env bash
# What the import page is told, line by line and by answers: paths in every form that people have
# them, what waits, whose key it is, and no loss that nobody agreed to.
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "web" { CN = "cms1.example.com" subjectAltName = { "a.example.com" } signer = "internal" }
identity "cb" { CN = "cb1.example.com" signer = "internal" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin" { identity = "web" listen = { "a:445" } }
    service "callbridge" { identity = "cb" listen = { "a" } }
}
END
"$CERTWRIGHT" --quiet generate && sh "$TOP/tests/tui/ca.sh" store answer || exit 1
mkdir 'my files'
cp 'answer/cert (1).cer' 'my files/cb 100%.cer'
cp 'answer/cert (2).cer' "it's web.cer"
cp answer/chain.pem chain.pem

ask() # INPUT: the wizard in plain, fed with it
{
    printf '%b' "$1" >input
    run bash -c '"$CERTWRIGHT" --plain wizard <input'
}
answers() # PATHS
{
    rm -f .certwright.*
    printf 'start = 1\nimport.path = %s\nleave = import\n' "$1" >answers
    run "$CERTWRIGHT" wizard --answers answers
}

# Paths.
answers "file://$W/my%20files/cb%20100%25.cer 'it'\\''s web.cer' ~/chain.pem"
says "a URL, quotes and ~/ in one line" "2 certificates to take"
answers "my\\ files/cb\\ 100%.cer \"it's web.cer\" chain.pem"
says "backslashes and other quotes" "2 certificates to take"
answers "my files/cb 100%.cer"
says "a blank in the one name that is typed" "waits for \"Acme Issuing 2\""
answers "file://localhost$W/chain.pem 'open"
says "an open quote is said" "a quote in the path is left open"
same "and nothing is taken" 1 "$status"
answers "chain.pem nowhere.cer"
says "one that isn't there is named" "nowhere.cer"
same "as an error" 1 "$status"

# What waits, from run to run.
answers "my files/cb 100%.cer"
ok "it is kept" test -s .certwright.tray
rm 'my files/cb 100%.cer'
ask '#import\npath chain.pem\nleave\n'
says "the issuer alone makes it whole, without its file" "1 certificate to take; nothing is written yet."
ask '#import\n1\ndrop 1\nleave\n'
says "dropped" "Dropped from the list: cb 100%.cer."
ok "and forgotten" test ! -e .certwright.tray
ok "the store is as it was" test ! -e store/cb.crt

# A loss is agreed to, or nothing is written.
ask "#import\npath answer\n\nleave\n"
says "how many files, and who is still waited for" "Wrote 6 files to store."
mkdir ca
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca/ca.key -out ca/ca.crt -days 3000 -subj /CN=Root \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
printf 'subjectAltName=DNS:cms1.example.com\nextendedKeyUsage=serverAuth\n' >ca/ext
openssl x509 -req -in store/web.csr -CA ca/ca.crt -CAkey ca/ca.key -set_serial 8 -days 900 \
    -extfile ca/ext -out worse.crt 2>/dev/null
cp store/web.crt before.crt
printf 'start = import\nimport.path = worse.crt ca/ca.crt\n' >answers
fails "answers alone lose nothing" "$CERTWRIGHT" wizard --answers answers
says "the loss is named" "The new certificate of web lacks DNS:a.example.com."
same_file "the old one is in place" before.crt store/web.crt
ask 'import\npath worse.crt ca/ca.crt\n\nno\nleave\n'
says "asked" "Write, losing 1 name? yes or no [no]"
same_file "no leaves it" before.crt store/web.crt
ask 'import\npath worse.crt ca/ca.crt\n\nyes\nleave\n'
ok "yes writes it" bash -c '! cmp -s before.crt store/web.crt'
ok "the old one stays as .bak" cmp -s before.crt store/web.crt.*.bak

# A key in use is replaced only where one says so.
openssl req -newkey rsa:2048 -nodes -keyout private.key -out other.csr -subj /CN=cms1.example.com \
    -addext subjectAltName=DNS:cms1.example.com,DNS:a.example.com 2>/dev/null
openssl x509 -req -in other.csr -CA ca/ca.crt -CAkey ca/ca.key -set_serial 9 -days 950 \
    -copy_extensions copy -out other.crt 2>/dev/null
cp store/web.key before.key
ask 'import\npath private.key other.crt ca/ca.crt\nopen 1\nweb\nno\nleave\n'
says "asked first" "Replace both? yes or no [no]"
same_file "no leaves the key" before.key store/web.key
ask 'import\npath private.key other.crt ca/ca.crt\nopen 1\nweb\nyes\n\nyes\nleave\n'
same "yes takes key and certificate" "$(openssl pkey -in private.key -pubout)" \
    "$(openssl x509 -in store/web.crt -noout -pubkey)"
same_file "the key that came is in place" private.key <(openssl pkey -in store/web.key)
ok "the old one stays as .bak" cmp -s before.key store/web.key.*.bak
hasnt "no secret is said" "PRIVATE KEY-" "$T/out"
