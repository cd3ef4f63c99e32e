#!/usr/bin/env bash
# What comes in parts, or with its key, or for a key that was put aside: said truly, and each remedy
# that import names leads there when it is typed as it stands.
. "$(dirname "$0")/../lib.sh"

# The command that the last run proposed, run as a shell runs it.
follow()
{
    local command
    command=$(sed -n 's/^  \(certwright .*\)/\1/p' "$T/out" | head -n 1)
    [ -n "$command" ] || { fail "$1: a command is named" "$(told)"; return; }
    ok "$1" eval "\"\$CERTWRIGHT\" ${command#certwright }"
}

fits()
{
    ok "$1" "$CERTWRIGHT" pki match web.key web.crt
}

make_ca ca Acme
cat ca/issuing.crt ca/root.crt >chain.pem
# A CA's next intermediate: ca/next.crt.
openssl req -new -newkey rsa:2048 -nodes -keyout ca/next.key -subj "/O=Acme/CN=Acme Next" -out ca/next.csr 2>/dev/null
cat >ca/int.ext <<'END'
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
END
openssl x509 -req -in ca/next.csr -CA ca/root.crt -CAkey ca/root.key -set_serial 7 -days 1000 -extfile ca/int.ext \
    -out ca/next.crt 2>/dev/null
# leaf CSR OUT CA DAYS NAMES USAGES [LINE…]
leaf()
{
    printf '%s\n' basicConstraints=CA:FALSE "subjectAltName=$5" "extendedKeyUsage=$6" "${@:7}" >leaf.ext
    openssl x509 -req -in "$1" -CA "ca/$3.crt" -CAkey "ca/$3.key" -set_serial "0x1$RANDOM$RANDOM" -days "$4" \
        -extfile leaf.ext -out "$2" 2>/dev/null
}

fresh()
{
    rm -rf store .certwright.tray deployment.conf
    cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "web" { CN = "web.example.com" subjectAltName = { "join.example.com" } signer = "public" }
identity "other" { CN = "other.example.com" signer = "public" }
server "cms1" {
    address = "web.example.com"
    service "webadmin" { identity = "web" listen = { "a:445" } }
    service "callbridge" { identity = "other" listen = { "a" } }
}
END
    "$CERTWRIGHT" --quiet generate
}
both="DNS:web.example.com,DNS:join.example.com"

# A later certificate below a new intermediate, which lacks.
fresh
leaf store/web.csr first.crt issuing 12 "$both" serverAuth,clientAuth
ok "the first one" "$CERTWRIGHT" import first.crt chain.pem
leaf store/web.csr renewed.crt next 200 "$both" serverAuth,clientAuth \
    "authorityInfoAccess=caIssuers;URI:http://pki.example/next.crt"
cp store/web.crt before.crt
fails "a later one whose issuer lacks is not passed by" "$CERTWRIGHT" import renewed.crt
says "the issuer" 'its issuer "Acme Next" is not here'
says "its predecessor" 'the one in place is from "Acme Issuing 2": your CA changed its intermediate'
says "its address" "fetch http://pki.example/next.crt"
says "what it waits for" 'renewed.crt #1 waits for "Acme Next"'
same_file "the one in place stays" before.crt store/web.crt
fails "as JSON" "$CERTWRIGHT" import --json first.crt renewed.crt
json "it is missing" '.missing[0] | [.identity, .issuer, .aia] | join(" ")' \
    "web CN=Acme Next,O=Acme http://pki.example/next.crt"
json "and not left over" '[.left_over[] | select(.file == "renewed.crt")] | length' 0
hasnt "the tray keeps no key" "PRIVATE" .certwright.tray
leaf store/other.csr other.crt issuing 90 DNS:other.example.com serverAuth,clientAuth
ok "an import of something else is not held up" "$CERTWRIGHT" import other.crt chain.pem
has "and what waits goes on waiting" renewed.crt .certwright.tray
ok "the issuer alone completes what waits" "$CERTWRIGHT" import ca/next.crt
same_file "which is in place then" renewed.crt store/web.crt
same "nothing waits any more" "" "$(ls .certwright.tray 2>/dev/null)"
ls store/web.crt.*.bak >/dev/null 2>&1 && same_file "the one before is kept" before.crt store/web.crt.*.bak ||
    fail "the one before is kept" "$(ls store)"
run "$CERTWRIGHT" pki list
silent "a .bak is no file of the PKI" .bak

# --dry-run keeps nothing.
fresh
leaf store/web.csr renewed.crt next 200 "$both" serverAuth,clientAuth
fails "a dry run" "$CERTWRIGHT" import --dry-run renewed.crt
same "leaves nothing behind" "" "$(ls .certwright.tray 2>/dev/null)"

# A worse one in place of a good one.
fresh
leaf store/web.csr good.crt issuing 30 "$both" serverAuth,clientAuth
ok "a good one" "$CERTWRIGHT" import good.crt chain.pem
leaf store/web.csr worse.crt issuing 90 DNS:web.example.com serverAuth
run "$CERTWRIGHT" import --dry-run worse.crt
matches "its row says what is lost" "^TAKE .*losing 1 name"
matches "what the one in place had" "name +DNS:join.example.com +- +LOST"
matches "a usage, too" "usage +clientAuth +- +LOST"
ok "taken" "$CERTWRIGHT" import worse.crt
says "the last line says it" "written, losing 1 name"
says "the old one is kept" "kept web.crt."
ok "as JSON" "$CERTWRIGHT" import --json worse.crt
json "lost" '.identities[0].lost | index("DNS:join.example.com") != null' true

# What deployment.conf asks for since the request.
sed -i 's/"join.example.com"/"join.example.com", "new.example.com"/' deployment.conf
ok "a certificate of the former request" "$CERTWRIGHT" import worse.crt
says "lacks what was added since" "deployment.conf asks for DNS:new.example.com since its request was made"

# A key that comes with its certificate.
openssl req -new -newkey rsa:2048 -nodes -keyout w.key -subj "/CN=*.example.com" -out w.csr 2>/dev/null
leaf w.csr w.crt issuing 300 "DNS:*.example.com,DNS:example.com" serverAuth,clientAuth
mkdir "from the CA" && cp w.key "from the CA/private.key" && cp w.crt "from the CA/certificate.crt" && cp chain.pem "from the CA"
echo secret >password
openssl pkcs12 -export -in w.crt -inkey w.key -certfile chain.pem -passout pass:secret -out w.pfx
for what in "from the CA" w.pfx; do
    fresh
    cp store/web.key old.key
    fails "$what: without --as" "$CERTWRIGHT" import "$what" --password-file password
    says "names the way" "--as web"
    silent "and never deletes the only key" "delete"
    silent "nor asks for another certificate" "NAME.csr"
    follow "$what: as it says"
    fits "key and certificate of the pair"
    same_file "the certificate" w.crt store/web.crt
    same_file "its chain" chain.pem store/webbundle.crt
    same "the key is private" 600 "$(stat -c %a store/web.key)"
    same_file "the key before is kept" old.key store/web.key.*.bak
    same "the request of that key is no more" "" "$(ls store/web.csr 2>/dev/null)"
    ok "the same again" "$CERTWRIGHT" import "$what" --password-file password
done
leaf w.csr w2.crt issuing 310 "DNS:*.example.com" serverAuth,clientAuth
cp "$T/work/store/web.key" keep.key
openssl req -new -newkey rsa:2048 -nodes -keyout v.key -subj "/CN=*.example.com" -out v.csr 2>/dev/null
leaf v.csr v.crt issuing 320 "DNS:*.example.com" serverAuth,clientAuth
fails "a key whose certificate is in place" "$CERTWRIGHT" import v.key v.crt chain.pem --as web
says "is not replaced" "web.key has a certificate in place, web.crt"
same_file "nor touched" keep.key store/web.key
ok "but by force" "$CERTWRIGHT" import v.key v.crt chain.pem --as web --force
fits "and fits"
fails "--as without a key" "$CERTWRIGHT" import v.crt chain.pem --as other
says "says so" "no private key came"
fails "a key without its certificate" "$CERTWRIGHT" import w.key --as other
says "says so" "no certificate of that key"
fails "--as a stranger" "$CERTWRIGHT" import w.key w.crt --as othr
says "is asked after" "did you mean other"

# The answer to a request whose key was made anew: the program itself has kept the key.
fresh
leaf store/web.csr answer.crt issuing 200 "$both" serverAuth,clientAuth
ok "a new key meanwhile" "$CERTWRIGHT" pki csr web CN:web.example.com --force
fails "the answer to the first request" "$CERTWRIGHT" import answer.crt chain.pem
matches "says which key it fits" 'fits web\.key\.[0-9TZ]+\.bak, the former key of web'
silent "and does not send anybody to the CA" "NAME.csr"
follow "back to that key"
fits "the former key"
same_file "the answer" answer.crt store/web.crt
# The same where the key lies under another name.
fresh
leaf store/web.csr answer.crt issuing 200 "$both" serverAuth,clientAuth
mv store/web.key store/former.key && rm store/web.csr && "$CERTWRIGHT" --quiet generate
fails "a key under another name" "$CERTWRIGHT" import answer.crt chain.pem
says "is found" "fits former.key of the store"
follow "and taken"
fits "it"

# A CA renewed with its key: what it signed before names the former certificate.
fresh
leaf store/web.csr bound.crt root 200 "$both" serverAuth,clientAuth "authorityKeyIdentifier=keyid,issuer:always"
openssl x509 -in ca/root.crt -signkey ca/root.key -set_serial 0x2222 -days 3000 -clrext -extfile ca/int.ext \
    -out renewed-root.crt 2>/dev/null
fails "a certificate bound to another of its CA" "$CERTWRIGHT" import bound.crt renewed-root.crt
says "says which" 'names another certificate of its CA "Acme Root": the one with the serial number'
silent "not that it was changed" "changed after"
ok "with that one it is taken, alone and later" "$CERTWRIGHT" import ca/root.crt
same_file "in place" bound.crt store/web.crt

# A cross-signed root that has ended: its self-signed certificate takes over from wherever it lies.
fresh
make_ca elder Elder
leaf store/web.csr crossed-leaf.crt issuing 200 "$both" serverAuth,clientAuth
openssl req -new -key ca/root.key -subj "/O=Acme/CN=Acme Root" -out root.csr
mkdir elder/db && : >elder/db/index && echo 77 >elder/db/serial
cat >elder/ca.conf <<'END'
[ca]
default_ca = c
[c]
database = elder/db/index
serial = elder/db/serial
new_certs_dir = elder/db
default_md = sha256
policy = p
[p]
organizationName = optional
commonName = supplied
END
openssl ca -batch -notext -config elder/ca.conf -cert elder/root.crt -keyfile elder/root.key -extfile ca/int.ext \
    -startdate 20200101000000Z -enddate 20210101000000Z -in root.csr -out ended.crt >/dev/null 2>&1
fails "a cross-signed root that has ended" "$CERTWRIGHT" import crossed-leaf.crt ca/issuing.crt ended.crt elder/root.crt
says "names its self-signed one" 'where "Acme Root" is a root, its self-signed certificate takes over'
says "which is what it waits for" 'waits for "Acme Root": import that when you have it, alone will do'
says "and what else may do" "ask the CA for its new certificate and import that as well"
silent "no CA that has ended is to be renewed earlier" "renew it earlier"
mkdir cas && cp ca/root.crt cas
ok "found in --ca-folder" "$CERTWRIGHT" import crossed-leaf.crt ca/issuing.crt ended.crt --ca-folder cas
says "and told" "the self-signed root of the same key takes its place"
same_file "the bundle ends in it" chain.pem store/webbundle.crt

# Nothing for anybody: the last line is about what came.
fresh
fails "CAs alone" "$CERTWRIGHT" import chain.pem
says "says what lacks" "no certificate of a server or client is among it"
says "their rows" "not needed by any imported certificate"
head -c 300 /dev/urandom >noise.crt
fails "unreadable" "$CERTWRIGHT" import noise.crt chain.pem
says "says so" "no certificate could be read"
silent "and does not send anybody to the CA with the request" "NAME.csr"

# A PKCS#12 put where the key belongs: unlock makes the key of it, the rest goes on from there.
fresh
cp w.pfx store/web.key && chmod 600 store/web.key
ok "unlock takes the key out of a PKCS#12" "$CERTWRIGHT" pki unlock web.key --password-file password
has "as an open key" "BEGIN PRIVATE KEY" store/web.key
same_file "and keeps the container" w.pfx store/web.key.*.bak
same "for its owner alone" 600 "$(stat -c %a store/web.key)"
ok "whose certificate is imported" "$CERTWRIGHT" import w.pfx --password-file password
fits "both"

# What waits for its issuer stays when its key is replaced meanwhile: the key lies aside, and may come back.
fresh
leaf store/web.csr renewed.crt next 300 DNS:web.example.com serverAuth
fails "a leaf whose issuer lacks" "$CERTWRIGHT" import renewed.crt
has "waits" renewed.crt .certwright.tray
ok "another key with its certificate" "$CERTWRIGHT" import w.pfx --password-file password --as web --force
has "does not drop it" renewed.crt .certwright.tray
