#!/usr/bin/env bash
# Keys that are made on several appliances and never leave them: the whole way, each appliance being a
# folder in which the very lines are typed that certwright prints (guide 3.1, 4.2).
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cw init --preset scalable --domain example.com --cores 2 --edges 2 --databases 1
sed -i 's/^key {.*/key { type = "ec" bits = 256 }/
    s/identity "edge\([12]\)" {/& key-at = "edge\1" /
    s/identity "turn\([12]\)" {/& key-at = "edge\1" /
    s/identity "dbserver" {/& key-at = "db1" /
    s/identity "dbclient" {/& key-at = { "db1", "core1", "core2" } /' deployment.conf
ok "generate" "$CERTWRIGHT" generate
sed -n 's/^SKIP .*its key is made on \([a-z0-9]*\) and stays there: \(pki csr .*\)/\1 \2/p' "$T/out" >lines
same "the line for each, and where it is typed" "edge1 pki csr edge1 CN:edge1.example.com
edge2 pki csr edge2 CN:edge2.example.com
edge1 pki csr turn1 CN:turn1.example.com
edge2 pki csr turn2 CN:turn2.example.com
db1 pki csr dbserver CN:db1.example.com
db1 pki csr dbclient CN:postgres" "$(cat lines)"
same "no key of theirs is made here" "" "$(cd store && ls edge*.key turn*.key dbserver.key dbclient.key 2>/dev/null)"

fails "the check says no" "$CERTWRIGHT" check
says "and what to do where" "certwright generate turn2, which prints the line to type on edge2: bring the request here"

# What is typed over there, and what is fetched.
mkdir -p on/core1 on/core2
while read -r server line; do
    mkdir -p "on/$server"
    # shellcheck disable=SC2086 # a line of words
    "$CERTWRIGHT" --store "on/$server" $line --ec P-256 >/dev/null 2>&1
    set -- $line
    cp "on/$server/$3.csr" store/
done <lines
cp on/db1/dbclient.key on/core1/ && cp on/db1/dbclient.key on/core2/

# The requests are signed: the database's by its own root, the others by a CA that answers in a folder.
ok "the database's root signs what was fetched" "$CERTWRIGHT" sign dbserver dbclient
make_ca ca
mkdir answers
for csr in store/*.csr; do
    case $csr in */db*) continue ;; esac
    ca_signs ca "$csr" "answers/$(basename "$csr" .csr).cer"
done
cat ca/issuing.crt ca/root.crt >answers/chain.pem
ok "import finds whose they are by their requests" "$CERTWRIGHT" import answers
same_file "for a key that was never here" <(openssl x509 -in answers/turn2.cer) store/turn2.crt
ok "check" "$CERTWRIGHT" check
ok "plan" "$CERTWRIGHT" plan
ok "it is rehearsed, each key being where it is" "$CERTWRIGHT" rehearse
matches "and what can't be proven without a key is told" "nobody has a key and a certificate here"

same "no key that is there already is uploaded" "" \
    "$(find install \( -name 'edge*.key' -o -name 'turn*.key' -o -name 'dbserver.key' -o -name 'dbclient.key' \))"
same "the trunks' own are" "core1/files/core1.key core2/files/core2.key" "$(cd install && echo */files/core?.key)"
for at in "edge1 edge1 edge1" "edge2 turn2 turn2" "db1 dbserver dbserver" "core2 dbclient dbclient"; do
    read -r server key cert <<<"$at"
    ok "$key.key is matched on $server" grep -qxF "pki match $key.key $cert.crt" "install/$server"/commands-1.mmp
    cp "install/$server/files/"* "on/$server/"
    ok "and it does match there" "$CERTWRIGHT" --store "on/$server" pki match "$key.key" "$cert.crt"
done
told()
{
    jq -r --arg server "$1" '.[] | select(.server == $server and .phase == 1 and .manual != "") | .manual' install/plan.json
}
same "never to be typed again, it is said" \
    "edge1.key was made on this appliance and stays there. It came of \`pki csr edge1 CN:edge1.example.com\`: never type that line again, it would replace the key and stop the service.
turn1.key was made on this appliance and stays there. It came of \`pki csr turn1 CN:turn1.example.com\`: never type that line again, it would replace the key and stop the service." \
    "$(told edge1)"
same "on the others it must lie already" \
    "dbclient.key must lie on this appliance already, as it does on db1 (key-at): it is not here to upload." "$(told core2)"

# A server outside the list has no key, and nobody can bring it one.
sed -i 's/key-at = { "db1", "core1", "core2" }/key-at = { "db1", "core1" }/' deployment.conf
fails "a server outside the list" "$CERTWRIGHT" check
says "is told of" "KEY-AT-SHARED core2"
