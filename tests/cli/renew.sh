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
