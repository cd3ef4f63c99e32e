#!/usr/bin/env bash
# Everything that came back in a year, in one folder of 60 files: one command, and the store is exactly
# right. openssl is CA and judge.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

if "$CERTWRIGHT" --version | grep -q 'without libarchive'; then
    skip "no libarchive: no ZIP file can be read"
    exit
fi

cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "cb1"   { CN = "cb1.example.com" signer = "internal" }
identity "cb2"   { CN = "cb2.example.com" signer = "internal" }
identity "adm1"  { CN = "core1.example.com" signer = "internal" }
identity "adm2"  { CN = "core2.example.com" signer = "internal" }
identity "rec"   { CN = "rec.example.com" signer = "internal" }
identity "str"   { CN = "str.example.com" signer = "internal" }
identity "turn1" { CN = "turn1.example.com" signer = "public" }
identity "turn2" { CN = "turn2.example.com" subjectAltName = { "turn.example.com" } signer = "public" }
identity "late"  { CN = "late.example.com" signer = "public" }
server "core1" {
    address = "core1.example.com"
    service "webadmin"   { identity = "adm1" listen = { "b:443" } }
    service "callbridge" { identity = "cb1" listen = { "a" } }
    service "turn"       { identity = "turn1" }
}
server "core2" {
    address = "core2.example.com"
    service "webadmin"   { identity = "adm2" listen = { "b:443" } }
    service "callbridge" { identity = "cb2" listen = { "a" } }
    service "turn"       { identity = "turn2" }
    service "recorder"   { identity = "rec" listen = { "a:8443" } }
    service "streamer"   { identity = "str" listen = { "a:8444" } }
}
END
"$CERTWRIGHT" --quiet generate
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >ca.ext
printf 'authorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE\n' >leaf.ext
serial=100

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
# ca FILE CN [SIGNER [KEY]]: FILE.crt and FILE.key, signed by itself or by another.
ca()
{
    if [ $# -gt 3 ]; then cp "$4.key" "$1.key"; else key "$1"; fi
    openssl req -new -key "$1.key" -subj "/O=${2%% *}/CN=$2" -out req
    local by=(-signkey "$1.key")
    [ -z "${3:-}" ] || by=(-CA "$3.crt" -CAkey "$3.key")
    openssl x509 -req -in req "${by[@]}" -set_serial $((++serial)) -days 4000 -extfile ca.ext -out "$1.crt" 2>/dev/null
}
# answers CA DAYS REQUEST FILE
answers()
{
    openssl x509 -req -in "$3" -CA "$1.crt" -CAkey "$1.key" -set_serial $((++serial)) -days "$2" -copy_extensions copy \
        -extfile leaf.ext -out "$4" 2>/dev/null
}
# stranger CA CN FILE: for a key of its own, FILE.key
stranger()
{
    key "$3"
    openssl req -new -key "$3.key" -subj "/CN=$2" -addext "subjectAltName=DNS:$2" -out req
    answers "$1" 300 req "$3.crt"
}
p7b() { local out=$1 && shift && cat "$@" >p7 && openssl crl2pkcs7 -nocrl -certfile p7 -outform DER -out "$out"; }
der() { openssl x509 -in "$1" -outform DER -out "$2"; }

# Acme: root, two issuing CAs of one name. Beta: its root signs itself and is signed by an older one. Pub:
# two tiers of intermediates. Gone: a CA of which no certificate is here.
ca aroot "Acme Root" && ca aissue "Acme Issuing" aroot && ca aissue2 "Acme Issuing" aroot
ca old "Old Root" && ca broot "Beta Root" && ca bcross "Beta Root" old broot && ca bissue "Beta Issuing" broot
ca proot "Pub Root" && ca ppol "Pub Policy" proot && ca pissue "Pub Issuing" ppol
ca gone "Gone Root" && ca gissue "Gone Issuing" gone
for want in "aissue 200 cb1" "aissue2 300 cb2" "aissue 100 adm1.old" "aissue 390 adm1" "bissue 250 adm2" "bissue 260 rec" \
    "bissue 270 str" "pissue 180 turn1" "pissue 190 turn2" "gissue 60 turn2.gone"; do
    read -r by days name <<<"$want"
    answers "$by" "$days" "store/${name%%.*}.csr" "$name.crt"
done
# Asked and not got: a certificate for turn2 without its second name, which does not last as long.
printf 'subjectAltName=DNS:turn2.example.com\n' | cat leaf.ext - >bare.ext
openssl x509 -req -in store/turn2.csr -CA pissue.crt -CAkey pissue.key -set_serial 9 -days 90 -extfile bare.ext -out turn2.bare.crt 2>/dev/null
stranger aissue mail.example.org mail && stranger bissue cb1.example.com twin && stranger pissue shop.example.org shop
stranger pissue spare.example.org spare

# In place from last year: adm1's, with its chain.
"$CERTWRIGHT" --quiet import adm1.old.crt aissue.crt aroot.crt

mkdir -p in/acme/2026 in/beta in/public/mails "in/old stuff/My Documents"
cp cb1.crt "in/acme/cb1 (1).crt" && cp cb1.crt in/acme/certnew.cer && der cb1.crt in/acme/cb1.der
der cb2.crt in/acme/2026/cert.cer && p7b in/acme/2026/chain.p7b aroot.crt aissue2.crt
der aissue.crt in/acme/issuing.cer && der aissue2.crt in/acme/issuing-new.cer && sed 's/$/\r/' aroot.crt >in/acme/root.txt
cat adm1.crt >in/acme/2026/a.pem && cp adm1.old.crt in/acme/a-last-year.pem && cp store/adm1fullchain.crt in/acme/full.pem
p7b in/beta/adm2.p7b broot.crt bissue.crt adm2.crt
openssl pkcs12 -export -inkey store/rec.key -in rec.crt -certfile bissue.crt -passout pass: -out in/beta/rec.pfx
openssl pkcs12 -export -inkey store/adm2.key -in adm2.crt -certfile bissue.crt -passout pass:geheim -out in/beta/locked.pfx
cat broot.crt bcross.crt old.crt >in/beta/roots.pem && cp bcross.crt in/beta/crossed.crt && der old.crt in/beta/old.bin
cat >pack.py <<'PY'
import zipfile
from email.message import EmailMessage
def read(name): return open(name, "rb").read()
with zipfile.ZipFile("in/beta/str.zip", "w") as z:
    z.writestr("order 4711/str_example_com.crt", read("str.crt"))
    z.writestr("order 4711/README.txt", "Thank you for your order.")
    z.writestr("order 4711/My_CA_Bundle.ca-bundle", read("bissue.crt") + read("broot.crt"))
m = EmailMessage()
m["From"], m["Subject"] = "ca@pub.example", "Your certificate"
m.set_content("Dear customer,\n\nsee the attachments.\n")
m.add_attachment(read("turn1.crt"), maintype="application", subtype="pkix-cert", filename="turn1.crt")
m.add_attachment(read("ppol.crt") + read("pissue.crt"), maintype="application", subtype="octet-stream", filename="ca.pem")
open("in/public/mails/Your certificate.eml", "wb").write(bytes(m))
m = EmailMessage()
m["Subject"] = "Lunch?"
m.set_content("At noon.\n")
open("in/public/mails/lunch.eml", "wb").write(bytes(m))
open("in/public/turn2.utf16", "wb").write(read("turn2.crt").decode().encode("utf-16"))
PY
python3 pack.py
{ echo "Here it is:" && cat pissue.crt && echo "and:" && cat turn2.bare.crt; } >in/public/pasted.txt
cp proot.crt in/public/root.pem && p7b in/public/proot.p7c proot.crt ppol.crt && cp turn2.gone.crt in/public/other-ca.crt
cp turn2.crt in/public/turn2.crt && cp turn2.crt "in/public/turn2 copy.crt"
cp mail.crt twin.crt shop.crt in/public && der shop.crt in/public/shop.der && cp store/turn2.csr in/public/turn2.csr
cp spare.crt spare.key in/public
cp store/cb1.key "in/old stuff/cb1.key" && openssl pkey -in store/cb1.key -pubout -out "in/old stuff/cb1.pub.pem"
openssl pkey -in mail.key -aes256 -passout pass:x -out "in/old stuff/locked.key"
(
    cd "in/old stuff/My Documents" || exit 1
    echo "To do: renew" >notes.txt && : >empty.crt && printf '\211PNG\r\n\032\nxx' >scan.png && printf '{\\rtf1 x}' >letter.rtf
    head -c 300 ../../acme/certnew.cer >cut.pem && head -c 200 ../../acme/issuing.cer >cut.der && echo '-----BEGIN CERTIFICATE-----' >begin.pem
    printf '<html>Sign in</html>' >certnew.cer && printf 'PK\003\004zip' >broken.zip && printf '[InternetShortcut]' >ca.url
    printf 'a,b\n1,2\n' >list.csv && printf '#!/bin/sh\n' >run.sh && printf 'ssh-rsa AAAA x\n' >id_rsa.pub
    ln -s ../.. circle && printf '%%PDF-1.7 x' >invoice.pdf && head -c 3000 /dev/zero >zero.bin && echo x >.hidden
)
# The root came with every answer.
for n in {1..8}; do cp in/acme/root.txt "in/acme/root ($n).txt"; done
same "60 files" 60 "$(find in -type f ! -name '.*' | wc -l)"

# What must be there: nothing but that.
cp -a store want
# is IDENTITY CA…: its three files, from the certificate and these CAs
is()
{
    local name=$1 && shift
    local cas=("${@/%/.crt}")
    cat "$name.crt" >"want/$name.crt"
    cat "${cas[@]}" >"want/${name}bundle.crt"
    cat "$name.crt" "${cas[@]}" >"want/${name}fullchain.crt"
}
is cb1 aissue aroot && is cb2 aissue2 aroot && is adm1 aissue aroot && is adm2 bissue broot && is rec bissue broot
is str bissue broot && is turn1 pissue ppol proot && is turn2 pissue ppol proot
cat cb1.crt cb2.crt >want/recorder-trust.crt && cp want/recorder-trust.crt want/streamer-trust.crt

ok "one command" "$CERTWRIGHT" import in
same "the store is exactly right" "" "$(diff -r -x .lock -x '.certwright*' -x .journal -x '*.bak' want store)"
for pair in cb1:aroot cb2:aroot adm1:aroot adm2:broot rec:broot str:broot turn1:proot turn2:proot; do
    name=${pair%:*}
    openssl verify -CAfile "${pair#*:}.crt" -untrusted "store/${name}bundle.crt" "store/$name.crt" >"$T/verdict" 2>&1 ||
        fail "openssl verifies $name" "$(cat "$T/verdict")"
    cmp -s <(openssl pkey -in "store/$name.key" -pubout) <(openssl x509 -in "store/$name.crt" -noout -pubkey) ||
        fail "$name.crt is its key's"
done
pass "openssl has looked at each"
says "the locked one is told" "locked by a password: give it"
says "a stranger's key is offered" "spare.crt #1 with its key, in/public/spare.key #1:"
says "a namesake with another key is a stranger" "no key or request here fits cb1.example.com"
says "a key that need not lie about" "that of cb1, which the store has: delete it here"
says "the choice of chains" "adm2, rec, str: 2 chains hold; taken is 1, the shortest"
matches "old beside new" "^  ends +$(date -ud "$(openssl x509 -in adm1.old.crt -noout -enddate | cut -d= -f2)" +%F) +20"
matches "one without its issuer that ends earlier is left over" "LEFT +in/public/other-ca.crt #1 +turn2 "
matches "so is one that ends earlier and has fewer names" "LEFT +in/public/pasted.txt #2 +turn2 "
# rows ERE: the rows of such files, archives and mails as one
rows() { sed -nE 's/^(TAKE|LEFT|STOP)  ([^#]*) #.*/\2/p' "$T/out" | sed -E 's/(\.zip|\.eml).*/\1/' | grep -E "$1"; }
same "every file has its row" "$(find in -type f ! -name '.*' | sort)" "$(rows . | sort -u)"
same "a locked key has one" 1 "$(rows 'locked.key' | wc -l)"
ok "once more" "$CERTWRIGHT" import --json in
json "all is served" '[.identities[].identity] | join(" ")' "cb1 cb2 adm1 adm2 rec str turn1 turn2"
json "nothing is missing" '.missing | length' 0
same "and nothing changes" "" "$(diff -r -x .lock -x '.certwright*' -x .journal -x '*.bak' want store)"
cw check
silent "no error is left in what was imported" "ERROR CHAIN"
