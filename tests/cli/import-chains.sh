#!/bin/bash
# Two chains hold: the report says so and which is taken, and --chain takes the other.
. "$(dirname "$0")/../lib.sh"

# ca NAME [SIGNER]: NAME.key and NAME.crt, signed by itself or by another.
ca()
{
    [ -f "$1.key" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
    openssl req -new -key "$1.key" -subj "/O=Acme/CN=${3:-Acme $1}" -out ca.csr
    if [ "${2:-$1}" = "$1" ]; then
        openssl x509 -req -in ca.csr -signkey "$1.key" -days 3000 -extfile ca.ext -out "$1.crt" 2>/dev/null
    else
        openssl x509 -req -in ca.csr -CA "$2.crt" -CAkey "$2.key" -set_serial $((++serial)) -days 2000 -extfile ca.ext \
            -out "${4:-$1}.crt" 2>/dev/null
    fi
}
serial=1
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >ca.ext
ca Root
ca Old
ca Issuing Root
ca Root Old "Acme Root" crossed
cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "webadmin"   { CN = "cms1.example.com" signer = "internal" }
identity "callbridge" { CN = "callbridge.example.com" signer = "internal" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin"   { identity = "webadmin" listen = { "a:445" } }
    service "callbridge" { identity = "callbridge" listen = { "a" } }
}
END
ok "generate" "$CERTWRIGHT" generate
printf 'authorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE\n' >leaf.ext
for name in webadmin callbridge; do
    openssl x509 -req -in store/$name.csr -CA Issuing.crt -CAkey Issuing.key -set_serial $((++serial)) -days 365 \
        -copy_extensions copy -extfile leaf.ext -out $name.crt 2>/dev/null
done
mkdir in && cp Root.crt Old.crt Issuing.crt crossed.crt webadmin.crt callbridge.crt in
cat Issuing.crt Root.crt >short
cat Issuing.crt crossed.crt Old.crt >long
# ends FILE: the day on which it ends.
ends()
{
    date -ud "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%F
}
end=$(ends Issuing.crt)

ok "two chains" "$CERTWRIGHT" import in
says "which is taken, and why, once for all" "webadmin, callbridge: 2 chains hold; taken is 1, the shortest"
says "the one" "  1: Acme Issuing, Acme Root; its CAs hold until $end"
says "and the other" "  2: Acme Issuing, Acme Root, Acme Old; its CAs hold until $end"
says "how to change it" "--chain 2 takes another, --chain IDENTITY=N for one alone."
same_file "the short one is written" short store/webadminbundle.crt
ok "--chain 2" "$CERTWRIGHT" import --chain 2 in
says "as chosen" "webadmin, callbridge: 2 chains hold; taken is 2, as chosen"
says "what was in place" "Acme Root; its CAs hold until $end; in place"
same_file "the long one is written" long store/callbridgebundle.crt
same_file "for both" long store/webadminbundle.crt
ok "openssl agrees" openssl verify -CAfile Old.crt -untrusted store/webadminbundle.crt store/webadmin.crt
cat webadmin.crt long >full
same_file "and the full chain" full store/webadminfullchain.crt
ok "check finds nothing wrong with it" "$CERTWRIGHT" check
ok "and has nothing to mend" "$CERTWRIGHT" check --fix
same_file "so it stays" long store/webadminbundle.crt
ok "for one alone" "$CERTWRIGHT" import --chain callbridge=1 --chain callbridge=1,webadmin=2 in
says "told apart" "callbridge: 2 chains hold; taken is 1, as chosen"
same_file "the one" short store/callbridgebundle.crt
same_file "not the other" long store/webadminbundle.crt
ok "as JSON" "$CERTWRIGHT" import --json --dry-run --chain webadmin=2 in
json "which" '[.identities[] | "\(.identity) \(.chain) of \(.chains | length)"] | join(", ")' \
    "webadmin 2 of 2, callbridge 1 of 2"
json "what they are" '.identities[0].chains[1] | "\(.names) \(.ends) \(.in_place)"' \
    "Acme Issuing, Acme Root, Acme Old $end true"

before=$(cat store/*.crt)
fails "no third one" "$CERTWRIGHT" import --chain 3 in
says "how many there are" "--chain 3: 2 chains hold, and no more: import without --chain lists them"
fails "not for one either" "$CERTWRIGHT" import --chain callbridge=3 in
says "whose" "callbridge: --chain 3: 2 chains hold"
fails "an unknown identity" "$CERTWRIGHT" import --chain calbridge=1 in
says "is told" "callbridge"
fails "one that nothing came for" "$CERTWRIGHT" import --chain callbridge=1 webadmin.crt short
says "as well" "no certificate for it is among"
same "nothing of that is written" "$before" "$(cat store/*.crt)"
for value in '' 0 x 2x -1 web= =2 1, 12345; do
    exits 2 "--chain '$value' is wrong usage" "$CERTWRIGHT" import --chain "$value" in
done
rm -rf store/*.crt
ok "one chain alone" "$CERTWRIGHT" import webadmin.crt short
silent "is no choice" "chains hold"
ok "which has a number all the same" "$CERTWRIGHT" import --chain 1 webadmin.crt short
fails "but no second one" "$CERTWRIGHT" import --chain 2 webadmin.crt short
says "says so" "one chain holds, and no other"

# The one in place beside the new one, line by line.
{ cat leaf.ext && echo subjectAltName=DNS:other.example.com; } >other.ext
openssl x509 -req -in store/webadmin.csr -CA Old.crt -CAkey Old.key -set_serial 77 -days 500 -extfile other.ext \
    -out plain.crt 2>/dev/null
ok "another CA's" "$CERTWRIGHT" import --dry-run plain.crt Old.crt
matches "old beside new" "^webadmin +in place +new"
matches "the ends" "^  ends +$(ends webadmin.crt) +$(ends plain.crt)"
matches "the issuers" "^  issuer +Acme Issuing +Acme Old"
matches "what it loses" "^  name +DNS:cms1.example.com +- +LOST"
silent "what is the same is not told" "  key "
says "and what that stops" "webadmin on cms1 lacks DNS:cms1.example.com"

# The page of one certificate says whose an answer is that is not imported yet.
run bash -c 'printf "look\nplain.crt\nleave\n" | "$CERTWRIGHT" --plain wizard'
says "whose key it fits" "Fits: the key of webadmin: import takes it"
run bash -c 'printf "look\nOld.crt\nleave\n" | "$CERTWRIGHT" --plain wizard'
silent "a stranger's fits none" "Fits:"
