#!/bin/bash
# What a CA returns, in every form, to its identity; openssl is the judge.
. "$(dirname "$0")/../lib.sh"

sums()
{
    (cd store && find . -type f ! -name .lock -exec sha256sum {} + | sort -k2)
}

# unchanged WHAT: the store is as $before says.
unchanged()
{
    same "$1: the store is as it was" "$before" "$(sums)"
}

# A certificate of the issuing CA with an end of its own: DAYS may be negative by faking dates.
ended()
{
    local dir=$1 csr=$2 crt=$3
    mkdir -p "$dir/db" && : >"$dir/db/index" && echo 77 >"$dir/db/serial"
    cat >"$dir/ca.conf" <<END
[ca]
default_ca = c
[c]
database = $dir/db/index
serial = $dir/db/serial
new_certs_dir = $dir/db
default_md = sha256
policy = p
copy_extensions = copy
unique_subject = no
x509_extensions = e
[p]
commonName = supplied
organizationName = optional
[e]
basicConstraints = critical,CA:FALSE
END
    openssl ca -batch -notext -config "$dir/ca.conf" -cert "$dir/issuing.crt" -keyfile "$dir/issuing.key" \
        -startdate 20240101000000Z -enddate 20240201000000Z -in "$csr" -out "$crt" >/dev/null 2>&1
}

cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "webadmin"   { CN = "cms1.example.com" signer = "internal" }
identity "callbridge" { CN = "callbridge.example.com" subjectAltName = { "cms1.example.com" } signer = "internal" }
identity "edge"       { CN = "edge.example.com" signer = "internal" key-at = "cms1" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin"   { identity = "webadmin" listen = { "a:445" } }
    service "callbridge" { identity = "callbridge" listen = { "a" } }
    service "recorder"   { identity = "edge" listen = { "a:8443" } }
}
END
ok "generate" "$CERTWRIGHT" generate
says "a key of an appliance has its line" "pki csr edge CN:edge.example.com"
same "and no file here" "" "$(ls store | grep edge)"
make_ca ca Acme
make_ca other Other
ca_signs ca store/callbridge.csr cb.crt
ca_signs ca store/webadmin.csr wa.crt
cp -a store "$T/fresh"

# Starts over from keys and requests alone.
fresh()
{
    rm -rf store && cp -a "$T/fresh" store && before=$(sums)
}

# The three files of the Call Bridge are what they must be.
right()
{
    cmp -s cb.crt store/callbridge.crt && pass "$1: the certificate" || fail "$1: the certificate"
    cat ca/issuing.crt ca/root.crt >want.bundle
    same_file "$1: bundle, root last" want.bundle store/callbridgebundle.crt
    cat cb.crt want.bundle >want.full
    same_file "$1: full chain, leaf first" want.full store/callbridgefullchain.crt
    same "$1: modes" "644 644 644" "$(stat -c %a store/callbridge.crt store/callbridgebundle.crt store/callbridgefullchain.crt | tr '\n' ' ' | sed 's/ $//')"
    ok "$1: openssl verifies" openssl verify -CAfile ca/root.crt -untrusted store/callbridgebundle.crt store/callbridge.crt
}

fresh
cat ca/root.crt cb.crt ca/issuing.crt >shuffled.txt
ok "a shuffled PEM file" "$CERTWRIGHT" import shuffled.txt
says "says what was taken" "TAKE"
right "shuffled"
after=$(sums)
ok "the same again counts as served" "$CERTWRIGHT" import shuffled.txt
same "and changes nothing" "$after" "$(sums)"

fresh
mkdir -p der/deep/deeper
openssl x509 -in cb.crt -outform DER -out "der/deep/deeper/cb (3).cer"
openssl x509 -in ca/issuing.crt -outform DER -out der/deep/a.bin
openssl x509 -in ca/root.crt -outform DER -out der/root
ok "DER files in nested folders" "$CERTWRIGHT" import der
right "DER"

fresh
openssl crl2pkcs7 -nocrl -certfile shuffled.txt -outform DER -out cb.p7b
ok "PKCS#7, DER" "$CERTWRIGHT" import cb.p7b
right "P7B"
fresh
openssl crl2pkcs7 -nocrl -certfile shuffled.txt -out cb.p7c
ok "PKCS#7, PEM" "$CERTWRIGHT" import cb.p7c
right "P7C"

fresh
cat ca/issuing.crt ca/root.crt >chain
openssl pkcs12 -export -inkey store/callbridge.key -in cb.crt -certfile chain -passout pass:secret -out cb.p12
echo secret >password
fails "PKCS#12 without its password" "$CERTWRIGHT" import cb.p12
says "names the option" "--password-file"
unchanged "no password"
echo wrong >wrong
fails "a wrong password" "$CERTWRIGHT" import --password-file wrong cb.p12
says "says so" "password"
unchanged "wrong password"
ok "PKCS#12" "$CERTWRIGHT" import cb.p12 --password-file password
says "a key is never taken" "private key"
right "P12"
same "the key is the old one" "$(sha256sum <"$T/fresh/callbridge.key")" "$(sha256sum <store/callbridge.key)"

fresh
sed 's/$/\r/' shuffled.txt >crlf
ok "CRLF" "$CERTWRIGHT" import crlf
right "CRLF"
fresh
{ echo "Dear customer,"; cat cb.crt; echo "and the chain:"; cat ca/root.crt ca/issuing.crt; } >mail
ok "pasted on standard input" "$CERTWRIGHT" import - <mail
right "stdin"

# Everything at once: two identities, duplicates, strangers, junk.
fresh
mkdir mix && cp cb.crt wa.crt shuffled.txt other/root.crt other/issuing.crt mix
echo nonsense >mix/readme.txt
: >mix/empty.cer
cp store/webadmin.key mix/webadmin.key
cp store/webadmin.csr mix/
cp store/webadmin.csr mix/webadmin.csr.20260102T030405Z.bak
mkfifo mix/fifo
openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger.key -subj /CN=mail.acme -days 30 -out mix/mail.crt 2>/dev/null
ok "a mix" timeout 60 "$CERTWRIGHT" import mix
says "duplicates are told" "the same as"
says "strangers are told" "mail.acme"
says "private keys are told" "delete it here"
says "a FIFO is told" "FIFO"
silent "*.bak is passed by" ".bak"
right "mix"
ok "the other identity too" openssl verify -CAfile ca/root.crt -untrusted store/webadminbundle.crt store/webadmin.crt
same "no key came along" "$(cd "$T/fresh" && ls ./*.key)" "$(cd store && ls ./*.key)"
ok "as JSON" "$CERTWRIGHT" import --json mix
json "identities" '[.identities[].identity] | sort | join(" ")' "callbridge webadmin"
json "files" '.identities[] | select(.identity == "callbridge") | [.certificate, .bundle, .fullchain] | join(" ")' \
    "callbridge.crt callbridgebundle.crt callbridgefullchain.crt"
json "nothing lost" '[.identities[].lost[]] | length' 0
json "what is left over has a reason" '[.left_over[] | select(.file == "mix/readme.txt" and .why != "" and .what != "")] | length' 1
json "nothing missing" '.missing | length' 0

# The store itself, handed in.
ok "the store itself" "$CERTWRIGHT" import store
silent "nobody is told to delete its keys" "delete it"

# Dry run.
fresh
ok "--dry-run" "$CERTWRIGHT" import --dry-run shuffled.txt
says "says it" "nothing written"
unchanged "dry run"

# No.
fresh
openssl genrsa -out foreign.key 2048 2>/dev/null
openssl req -new -key foreign.key -subj /CN=callbridge.example.com -out foreign.csr \
    -addext subjectAltName=DNS:callbridge.example.com,DNS:cms1.example.com
ca_signs ca foreign.csr foreign.crt
fails "a certificate for another key" "$CERTWRIGHT" import foreign.crt ca/issuing.crt ca/root.crt
says "no key fits, though the names do" "no key or request here fits callbridge.example.com: it has the names of callbridge, and was made for another key"
unchanged "another key"

openssl x509 -in cb.crt -outform DER -out flipped.der
printf '\0\0\0\0' | dd of=flipped.der bs=1 seek=$(($(stat -c %s flipped.der) - 9)) conv=notrunc 2>/dev/null
fails "a certificate whose signature was damaged" "$CERTWRIGHT" import flipped.der chain
says "and what to do" '"callbridge.example.com" was changed after it was signed, or damaged on its way: have the CA send it again'
silent "nothing is waited for" "waits for"
ended ca store/callbridge.csr old.crt
fails "one that has ended" "$CERTWRIGHT" import old.crt chain
says "since when" "ended on 2024-02-01"
unchanged "ended"
ok "--force takes it" "$CERTWRIGHT" import --force old.crt chain
same_file "forced" old.crt store/callbridge.crt
fresh
ok "the good one before the ended one" "$CERTWRIGHT" import old.crt cb.crt chain
right "good and ended"
ok "the ended one is left over, then" "$CERTWRIGHT" import old.crt
right "in place"

fresh
fails "an issuer that lacks" "$CERTWRIGHT" import cb.crt ca/root.crt
says "is named" "Acme Issuing 2"
unchanged "issuer lacks"
fails "the same as JSON" "$CERTWRIGHT" import --json cb.crt ca/root.crt
json "names it" '.missing[0].identity + ": " + .missing[0].issuer' "callbridge: CN=Acme Issuing 2,O=Acme"
fails "a root that lacks" "$CERTWRIGHT" import cb.crt ca/issuing.crt
says "is named" "Acme Root"
says "and where else it may be" "or name a folder that has it: --ca-folder (public roots: /etc/ssl/certs)"
openssl req -x509 -key other/root.key -subj "/O=Acme/CN=Acme Root" -days 90 -out began-anew.crt 2>/dev/null
: >empty.crt
fails "its namesake" "$CERTWRIGHT" import cb.crt ca/issuing.crt began-anew.crt empty.crt
says "is told from it" 'has the name of the missing CA, but another key: it did not sign "Acme Issuing 2"'
says "and what could not be read may be it" "it may be in empty.crt, which could not be read (its row says why); else ask the CA for it"
fails "a folder that lacks it" "$CERTWRIGHT" import cb.crt ca/issuing.crt --ca-folder other
says "is not named again" "it is not in the folder of --ca-folder"
unchanged "root lacks"
ok "--ca-folder has them" "$CERTWRIGHT" import cb.crt --ca-folder ca
matches "and what was taken of it is told" "^TAKE +ca/root.crt #1 +callbridgebundle.crt +CA certificate Acme Root: root"
silent "what was not is none of its rows" "ca/root.key"
right "ca-folder"
fresh
ok "forced without its chain" "$CERTWRIGHT" import --force cb.crt
same "no bundle" "" "$(ls store | grep bundle)"
same_file "the full chain is the leaf" cb.crt store/callbridgefullchain.crt
ok "the chain alone completes it later" "$CERTWRIGHT" import chain
right "completed"
rm store/callbridgebundle.crt

fresh
fails "one of two stops: nothing is written" "$CERTWRIGHT" import old.crt wa.crt chain
unchanged "one of two"
fails "a request" "$CERTWRIGHT" import store/callbridge.csr
says "is told from a certificate" "a certificate request, not a certificate"
mkdir void
fails "an empty folder" "$CERTWRIGHT" import void
says "is named" "void"
fails "a path that is not there" "$CERTWRIGHT" import nowhere.crt shuffled.txt
says "is named" "nowhere.crt"
unchanged "not there"
fails "junk" "$CERTWRIGHT" import mix/readme.txt
fails "an empty file" "$CERTWRIGHT" import mix/empty.cer
fails "a FIFO" timeout 20 "$CERTWRIGHT" import mix/fifo
fails "nothing on standard input" "$CERTWRIGHT" import - </dev/null
printf 'PK\003\004zip' >x.zip
fails "a ZIP" "$CERTWRIGHT" import x.zip
says "unpack it" "unpack"
exits 2 "no path" "$CERTWRIGHT" import
unchanged "junk"
cp mix/readme.txt "$(printf 'evil\033[31m\n.crt')"
fails "a name that acts on terminals" "$CERTWRIGHT" import "$(printf 'evil\033[31m\n.crt')"
clean "is escaped"

fails "a certificate that is here, without key and request" "$CERTWRIGHT" --store empty import cb.crt
says "of which the store has neither" "it has the names of callbridge, of which the store has neither"

# A key that stays on its appliance: the request is enough.
fresh
openssl req -new -newkey rsa:2048 -nodes -keyout edge.key -subj /CN=edge.example.com \
    -addext subjectAltName=DNS:edge.example.com -out edge.csr 2>/dev/null
ca_signs ca edge.csr edge.crt
fails "nobody knows its key" "$CERTWRIGHT" import edge.crt chain
cp edge.csr store/edge.csr
ok "by the request" "$CERTWRIGHT" import edge.crt chain
same_file "its certificate" edge.crt store/edge.crt
same "and no key" "" "$(ls store | grep edge.key)"

# Asked and got.
fresh
openssl x509 -req -in store/callbridge.csr -CA ca/issuing.crt -CAkey ca/issuing.key -CAcreateserial -days 90 \
    -extfile <(printf 'subjectAltName=DNS:callbridge.example.com,DNS:extra.example.com\nextendedKeyUsage=serverAuth\n') \
    -set_serial 99 -out less.crt 2>/dev/null
ok "less than was asked" "$CERTWRIGHT" import --json less.crt chain
json "names and usages lost" '.identities[0].lost | sort | join(" ")' "DNS:cms1.example.com clientAuth"
json "names gained" '.identities[0].gained | join(" ")' "DNS:extra.example.com"
fresh
openssl x509 -req -in store/callbridge.csr -CA ca/issuing.crt -CAkey ca/issuing.key -days 90 -set_serial 98 -out bare.crt 2>/dev/null
ok "a CA that drops the SAN" "$CERTWRIGHT" import bare.crt chain
says "has not given the name of the CN either" "callbridge: asked, not got: DNS:callbridge.example.com"
fresh
openssl req -new -key store/callbridge.key -subj /CN=CMS1.Example.COM 2>/dev/null |
    openssl x509 -req -CA ca/issuing.crt -CAkey ca/issuing.key -days 90 -set_serial 97 -out other.crt \
        -extfile <(echo subjectAltName=DNS:CallBridge.example.com,DNS:cms1.example.com) 2>/dev/null
ok "another CN, in capitals" "$CERTWRIGHT" import other.crt chain
says "which the SAN makes up for" "CN=callbridge.example.com: its SAN has that name, and no service here needs it as the CN."
openssl req -new -key store/callbridge.key -subj /CN=CALLBRIDGE.example.com 2>/dev/null |
    openssl x509 -req -CA ca/issuing.crt -CAkey ca/issuing.key -days 91 -set_serial 96 -out other.crt \
        -extfile <(echo subjectAltName=DNS:callbridge.example.com,DNS:cms1.example.com) 2>/dev/null
ok "its own CN in capitals" "$CERTWRIGHT" import other.crt chain
silent "is the same name" "CN="
fresh
ok "in words" "$CERTWRIGHT" import less.crt chain
says "the loss" "asked, not got: DNS:cms1.example.com"
says "the service" "callbridge on cms1 lacks"

# Cross-signed roots: the short way to the self-signed root is taken, in any order.
fresh
openssl req -new -key ca/root.key -subj "/O=Acme/CN=Acme Root" -out root.csr
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' >x.ext
openssl x509 -req -in root.csr -CA other/root.crt -CAkey other/root.key -CAcreateserial -days 3000 -extfile x.ext \
    -out crossed.crt 2>/dev/null
ok "cross-signed" "$CERTWRIGHT" import crossed.crt other/root.crt ca/root.crt ca/issuing.crt cb.crt
right "cross-signed"
fresh
ok "by the other root alone" "$CERTWRIGHT" import crossed.crt other/root.crt ca/issuing.crt cb.crt
ok "openssl agrees" openssl verify -CAfile other/root.crt -untrusted store/callbridgebundle.crt store/callbridge.crt
same "three CAs" 3 "$(grep -c BEGIN store/callbridgebundle.crt)"

# A certificate made here gives way to the CA's, however long it lasts.
fresh
ok "a lab certificate first" "$CERTWRIGHT" sign --ca labca --make-ca --days 3000 callbridge
ok "then the real one" "$CERTWRIGHT" import cb.crt chain
right "after the lab"

# The lock is held: nothing changes.
fresh
exec 9<>store/.lock
flock -n 9
exits 3 "another writer" "$CERTWRIGHT" import cb.crt chain
unchanged "locked"
exec 9>&-

# Derived trust files follow in the same transaction; one that the user named stays the user's.
mkdir "$W/lists" && cd "$W/lists" || exit 1
cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "cb1" { CN = "cb1.example.com" signer = "internal" }
identity "cb2" { CN = "cb2.example.com" signer = "internal" }
identity "rec" { CN = "rec.example.com" signer = "internal" }
identity "str" { CN = "str.example.com" signer = "internal" }
server "core1" { address = "core1.example.com" service "callbridge" { identity = "cb1" listen = { "a" } } }
server "core2" {
    address = "core2.example.com"
    service "callbridge" { identity = "cb2" listen = { "a" } }
    service "recorder" { identity = "rec" listen = { "a:8443" } }
    service "streamer" { identity = "str" listen = { "a:8444" } trust-file = "mine.crt" }
}
END
ok "generate" "$CERTWRIGHT" generate
cp ../ca/root.crt store/mine.crt
for name in cb1 cb2 rec str; do
    ca_signs ../ca "store/$name.csr" "$name.crt"
done
ok "one of two" "$CERTWRIGHT" import cb1.crt ../chain
same "no half list" "" "$(ls store | grep trust)"
ok "both" "$CERTWRIGHT" import cb2.crt rec.crt str.crt ../chain
cat cb1.crt cb2.crt >list
same_file "the list holds both leaves" list store/recorder-trust.crt
same_file "a file that the user named stays" ../ca/root.crt store/mine.crt
ca_signs ../ca store/cb1.csr new.crt 500
ok "a new one for the same key" "$CERTWRIGHT" import new.crt
says "the list is told" "wrote recorder-trust.crt"
cat new.crt cb2.crt >list
same_file "and holds the new leaf" list store/recorder-trust.crt

# A CA reissued with SHA-256 what it had signed with SHA-1: the reissue is taken, though it ends earlier.
# The old one is signed first, so that it begins no later.
openssl x509 -req -sha1 -in store/rec.csr -CA ../ca/issuing.crt -CAkey ../ca/issuing.key -CAcreateserial -days 900 \
    -copy_extensions copy -extfile ../ca/leaf.ext -out sha1.crt 2>/dev/null
ca_signs ../ca store/rec.csr sha256.crt 400
ok "SHA-1, and its reissue" "$CERTWRIGHT" import sha1.crt sha256.crt ../chain
same_file "the reissue is taken" sha256.crt store/rec.crt
says "and why" "but is signed with SHA1; the one taken is signed with SHA256, and ends"
ok "the old one again, later" "$CERTWRIGHT" import sha1.crt ../chain
same_file "does not come back" sha256.crt store/rec.crt
openssl x509 -req -sha1 -in store/str.csr -CA ../ca/issuing.crt -CAkey ../ca/issuing.key -CAcreateserial -days 900 \
    -copy_extensions copy -extfile ../ca/leaf.ext -out store/str.crt 2>/dev/null
ca_signs ../ca store/str.csr again.crt 300
ok "the reissue of what is in place" "$CERTWRIGHT" import again.crt ../chain
same_file "takes its place" again.crt store/str.crt

# A name that is one node's is no loss of its neighbour's: they share the certificate.
mkdir "$W/shared" && cd "$W/shared" || exit 1
cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "dbca"     { CN = "Example database CA" signer = "self" }
identity "dbserver" { CN = "db1.example.com" subjectAltName = { "db2.example.com", "db.example.com" } signer = "dbca" }
identity "dbclient" { CN = "postgres" signer = "dbca" }
identity "callbridge" { CN = "cb1.example.com" subjectAltName = { "cb2.example.com" } signer = "internal" }
server "db1" { address = "db1.example.com" service "database" { root = "dbca" server = "dbserver" client = "dbclient" } }
server "db2" { address = "db2.example.com" service "database" { root = "dbca" server = "dbserver" client = "dbclient" } }
server "core1" { address = "cb1.example.com" service "callbridge" { identity = "callbridge" listen = { "a" } } }
server "core2" { address = "cb2.example.com" service "callbridge" { identity = "callbridge" listen = { "a" } } }
END
ok "generate" "$CERTWRIGHT" generate
openssl req -new -key store/dbserver.key -subj "/CN=db1.example.com" -addext subjectAltName=DNS:db1.example.com -out less.csr
openssl x509 -req -in less.csr -CA store/dbca.crt -CAkey store/dbca.key -CAcreateserial -days 300 -copy_extensions copy \
    -extfile ../ca/leaf.ext -out less.crt 2>/dev/null
cw import --dry-run less.crt
says "the node is named" "database on db2 lacks DNS:db2.example.com: The nodes look at the CA alone"
silent "its neighbour is not" "database on db1 lacks"
silent "nobody looks at names of a database" "by that name refuses"
says "a name that is nobody's" "DNS:db.example.com: no service here looks at it."
openssl req -new -key store/callbridge.key -subj "/CN=cb1.example.com" -addext subjectAltName=DNS:cb1.example.com -out less.csr
ca_signs ../ca less.csr less.crt
cw import --dry-run less.crt ../chain
says "of two Call Bridges the one" "callbridge on core2 lacks DNS:cb2.example.com: whoever reaches it by that name"
silent "and not the other" "callbridge on core1 lacks"
