#!/usr/bin/env bash
# A renewal from the day it opens to the day its new certificate is everywhere.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"  name = "example.com"  store = "store"  key { type = "ec" bits = 256 }
environment { purpose = "production" }
identity "cb" { CN = "cb.example.com"  signer = "internal" }
identity "wa" { CN = "cms.example.com"  signer = "internal" }
server "core1" { address = "core1.example.com"
    service "webadmin" { identity = "wa"  listen = { "admin:443" } }
    service "callbridge" { identity = "cb"  listen = { "a" }  database = "none" } }
END
cw generate
make_ca ca
ca_signs ca store/cb.csr cb1.pem 300
ca_signs ca store/wa.csr wa1.pem 300
ca_signs ca store/cb.csr cb2.pem 365
cat ca/issuing.crt ca/root.crt >chain.pem

# An import that replaces a certificate in place opens its renewal, asked for or not.
cw import cb1.pem wa1.pem chain.pem
cw status --json
json "a first certificate opens none" '.renewals | length' 0
cw renew --done cb
same "nothing to end" 1 "$status"
says "and it says so" "no renewal of it is open"
cw import cb2.pem
same "a second one is taken" 0 "$status"
silent "our own file is not told" .certwright
says "what is next is told" "renewal (keep the key): certwright plan leads the servers from the old to the new; then certwright renew --done cb"
cw status --json
json "and opens its renewal" '.renewals[] | .identity, .new_key, .waits' $'cb\nfalse\nfalse'
json "until its end the servers hold the first one" '.renewals[].held_not_after[0:10]' \
    "$(date -u -d "$(openssl x509 -in cb1.pem -noout -enddate | sed 's/.*=//')" +%F)"
cw status
says "a person is told as well" "cb since $(date -u +%F), keep the key: to be installed; the servers' one ends"
cw undo --list
silent "undo --list leaves our own file out" .certwright
cw plan
same "the plan is made" 0 "$status"

# Its end.
cw renew --done wa cb
same "of two, one is not open" 1 "$status"
cw status --json
json "nothing has ended" '.renewals | length' 1
cw renew --done cb
same "the servers have it" 0 "$status"
says "in the words of the choice" "(keep the key) is over"
cw status --json
json "no renewal is open" '.renewals | length' 0
cw undo
same "the import is undone all the same" 0 "$status"
same_file "the first one is back" <(openssl x509 -in cb1.pem) store/cb.crt
cw status --json
json "and none is open" '.renewals | length' 0
cw import cb2.pem
cw undo
cw status --json
json "undo ends what the import opened" '.renewals | length' 0
exits 2 "renew without a name" "$CERTWRIGHT" renew --done

# The key kept: the request goes out again, the old certificate is judged meanwhile.
rm -rf store && cw generate && cw import cb1.pem 2>/dev/null
ca_signs ca store/cb.csr cb1.pem 300
ca_signs ca store/wa.csr wa1.pem 300
cw import cb1.pem wa1.pem chain.pem
cp -a store first
cw renew cb nobody
same "an unknown name stops all" 1 "$status"
cw renew cb
same "asked for" 0 "$status"
says "in the words of the choice" "keep the key: cb.csr goes to the CA once more"
says "the other choice is told" "new key: 3 files to upload"
cw check --json
json "the old certificate is the one judged" '[.[] | select(.severity == "error")] | length' 0
cw status --json
json "it waits" '.renewals[0].waits, .waiting[0].identity, .waiting[0].renews' $'true\ncb\ntrue'
cw status
says "status says what takes it, and what gives it up" "What has not come yet: certwright import takes it, certwright renew --abandon NAME gives it up."
silent "and nothing of what cannot be yet" "renew --done"
cw check --at "$(date -u -d +280days +%F)"
says "check says that what is due was begun" "\"cb.example.com\" in cb.crt ends $(date -u -d +300days +%F), in "
says "once, with its finding" " days; its renewal (keep the key) waits since $(date -u +%F)"
cw renew cb
says "asked again it waits still" "KEPT cb  keep the key: waits since"
cw renew --done cb
same "what waits cannot be done" 1 "$status"
cw renew cb --new-key
same "the choice may change while it waits" 0 "$status"
says "new key in words" "new key: cb-next.csr goes to the CA; cb.key stays in use"
cw undo
cw status --json
json "undo goes back to the choice before" '.renewals[0].new_key' false
fails "the next key is put away" test -e store/cb-next.key
cw undo --list
matches "a renewal that made no file has its line" "renew   what waits for its CA, next to undo"
# ends earlier than the one in place: taken, for it was asked for
ca_signs ca store/cb.csr cb3.pem 200
touch -d '1 second ago' cb3.pem
cw import cb3.pem
same "the answer is taken" 0 "$status"
cw renew cb
same "installed first, then renewed again" 1 "$status"
says "and it says how" "certwright renew --done cb"
cw renew --done cb

# A new key: beside the live one until its answer comes.
rm -rf store && cp -a first store
cw renew --new-key cb
same "a new key" 0 "$status"
same_file "the live key stays" first/cb.key store/cb.key
same "the new one is private" 600 "$(stat -c %a store/cb-next.key)"
cw check --json
json "nothing is wrong with it" '[.[] | select(.severity == "error")] | length' 0
cw orders
has "the order is for the new request" cb-next.csr orders/cb.txt
cw status --json
json "its request waits" '.waiting[0].file' cb-next.csr
sed -i 's/CN = "cb.example.com" /&subjectAltName = { "join.example.com" } /' deployment.conf
cw check
says "a name added on the way is told" "cb-next.csr is outdated"
cw generate cb
same "the request is made again" 0 "$status"
same "of the new key" "$(openssl pkey -in store/cb-next.key -pubout 2>/dev/null)" "$(openssl req -in store/cb-next.csr -noout -pubkey)"
ca_signs ca store/cb-next.csr next.pem 100
cp -a store waiting
cw import next.pem
same "the answer is taken" 0 "$status"
same_file "the pair is in place: key" waiting/cb-next.key store/cb.key
same_file "certificate" <(openssl x509 -in next.pem) store/cb.crt
same_file "request" waiting/cb-next.csr store/cb.csr
same "nothing lies beside" "" "$(cd store && ls | grep 'next[.a-z]*$')"
same "the old key is kept" 1 "$(find store -name 'cb.key.*.bak' | wc -l)"
cw check --json
json "all is well" '[.[] | select(.severity == "error")] | length' 0
cw status --json
json "to be installed, with a new key" '.renewals[0].waits, .renewals[0].new_key' $'false\ntrue'
cw undo
same "undone, it waits again" 0 "$status"
same_file "with the next key" waiting/cb-next.key store/cb-next.key
same_file "and the live one" waiting/cb.key store/cb.key
cw status --json
json "as before" '.renewals[0].waits' true

# Given up: what serves is as it was.
cw renew --abandon wa cb
same "of two, one does not wait" 1 "$status"
cw renew --abandon cb
says "given up" "cb: its renewal (new key) is given up; cb.key stays in use; the key that waited is kept as cb-next.key."
same "the store is the one before, but for the .bak" "$(cd first && sha256sum cb* wa*)" \
    "$(cd store && sha256sum $(ls | grep '^[cw][ab].*[a-z]$' | grep -v bak))"
cw status --json
json "none is open, and nothing waits" '(.renewals | length), (.waiting | length)' $'0\n0'
cw renew --abandon cb
says "nothing to give up any more" "no renewal of it is open"
cw undo
same_file "undo takes it back" waiting/cb-next.key store/cb-next.key
cw status --json
json "it waits again" '.renewals[0].waits' true
rm -rf store && cp -a first store
sed -i 's/subjectAltName = { "join.example.com" } //' deployment.conf
cw renew cb && cw renew --abandon cb
says "the key kept" "cb: its renewal (keep the key) is given up; cb.csr is the key's request still."
cw status --json
json "none is open" '(.renewals | length), (.waiting | length)' $'0\n0'
cw renew cb && cw import cb3.pem
fails "what is in place is not given up" "$CERTWRIGHT" renew --abandon cb
says "but installed, or undone" "certwright undo takes the import back"
exits 2 "which one is to be said" "$CERTWRIGHT" renew --abandon

# Signed here: at once, a CA before those it signed. The user's own trust file keeps what is in it.
cat >deployment.conf <<'END'
release = "2.9"  name = "example.com"  store = "here"  key { type = "ec" bits = 256 }
identity "lab" { CN = "Lab CA"  signer = "self" }
identity "cb" { CN = "cb.example.com"  signer = "lab" }
identity "wb" { CN = "join.example.com"  signer = "lab" }
identity "c2w" { CN = "edge1.example.com"  signer = "self" }
identity "there" { CN = "edge2.example.com"  signer = "internal"  key-at = "edge1" }
server "core1" { address = "core1.example.com"
    service "callbridge" { identity = "cb"  listen = { "a" }  database = "none" } }
server "edge1" { address = "edge1.example.com"
    service "webbridge" { identity = "wb"  a-record = "join.example.com"  listen = { "a:444" }  trust-file = "mine.crt" }
    service "turn" { identity = "there"  a-record = "edge2.example.com" }
    service "webbridge3" { https = "wb"  c2w = "c2w"  a-record = "join.example.com" } }
END
cw generate && cw sign cb wb
cat here/lab.crt here/cb.crt >here/mine.crt
cw renew cb wb
same "both at once" 0 "$status"
says "it says by whom" "keep the key: signed by lab, ends"
same_file "the user's file has the new one, and the rest" <(cat here/lab.crt here/cb.crt) here/mine.crt
cw renew --done cb wb
cw renew --new-key lab cb
same "a CA and one below it" 0 "$status"
says "who trusts it learns of it" "webbridge3 on edge1: lab.crt holds this CA: old and new side by side"
silent "its key goes nowhere" "new key: 1 file"
says "whom it signed is listed" "certwright renew wb: a CA signed them that was renewed"
ok "the CA came first" openssl verify -CAfile here/lab.crt here/cb.crt
cw renew c2w
same "a root among roots" 0 "$status"
says "gets a new key unasked" "OK   c2w  new key: signed by itself"
sets "and another name" identity.c2w.OU "$(date -u +%F)"
same "as its certificate has it" "OU=$(date -u +%F)" "$(openssl x509 -in here/c2w.crt -noout -subject -nameopt RFC2253 | grep -o 'OU=[0-9-]*')"

# generate makes it anew by name where deployment.conf has moved on: that is a renewal as well.
cw renew --done c2w
sed -i '/identity "c2w"/s/signer/O = "New Inc." signer/' deployment.conf
cp here/c2w.crt before.crt
cw generate c2w
same "made anew" 0 "$status"
cw status --json
json "its renewal is open" '[.renewals[].identity] | index("c2w") != null' true
cw undo
says "and can be undone" "The store is as it was before the renewal of"
same_file "with the certificate before it" before.crt here/c2w.crt

# A key that stays on its appliance.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out there.key 2>/dev/null
openssl req -new -key there.key -subj /CN=edge2.example.com -addext subjectAltName=DNS:edge2.example.com -out there.csr
ca_signs ca there.csr there.pem 200
cp there.csr here/there.csr
cw import there.pem chain.pem
same "its certificate comes" 0 "$status"
cw renew there
says "kept: the old request once more" "keep the key: there.csr goes to the CA once more"
rm here/there.csr
cw renew there
same "without it the key cannot be kept" 1 "$status"
says "but there may be a new one" "--new-key makes another one"
cw renew there --new-key
same "which is made there" 0 "$status"
says "under another name" "on edge1 type: pki csr there-2 CN:edge2.example.com"
sets "that the plan uses" identity.there.key-file there-2.key
cw renew there
says "asked again it is told again, the name as it was" "on edge1 type: pki csr there-2 CN:edge2.example.com"
sets "deployment.conf as well" identity.there.key-file there-2.key
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out there2.key 2>/dev/null
openssl req -new -key there2.key -subj /CN=edge2.example.com -addext subjectAltName=DNS:edge2.example.com -out here/there-2.csr
cw check --json
json "the old certificate is not held against it" '[.[] | select(.id == "KEY-MATCH")] | length' 0
sed -i 's/a-record = "edge2.example.com"/& tls-port = "448"/' deployment.conf
cw plan --all --force
cat install/*/commands*.mmp >lines
has "meanwhile a plan names the key that serves" "turn certs there.key there.crt" lines
hasnt "and not the one that waits" there-2 lines
has "its checks as well" "pki match there.key there.crt" <(jq -r '.[].command' install/plan.json)
has "and it says why" "there.key stays in use: there-2.key waits for its certificate" install/RUNBOOK.md
cp -a here waiting.here && cp deployment.conf waiting.conf
cw renew --abandon there
says "given up, a new key on its appliance" "key-file is there.key again; on edge1 there-2.key may be deleted by SFTP"
same "deployment.conf says so" "" "$(grep key-file deployment.conf)"
fails "its request is gone" test -e here/there-2.csr
rm -rf here && mv waiting.here here && mv waiting.conf deployment.conf
ca_signs ca here/there-2.csr there2.pem 365
cw import there2.pem
same "its answer is taken" 0 "$status"
same_file "and in place" <(openssl x509 -in there2.pem) here/there.crt

# What is due, by what its installation disturbs.
cw renew
says "nothing is due" "Nothing ends within 90 days"
cw sign --force --days 20 cb wb
cw renew
same "the list of what is due" 0 "$status"
says "two groups" "Restarts callbridge on core1; webbridge on edge1"
says "the other" "Restarts webbridge on edge1; webbridge3 on edge1"
says "who notices" "A restart drops every call"
matches "one of them" "OK    cb  ends $(date -u -d +20days +%F), (19|20) days; renewed, to be installed"
