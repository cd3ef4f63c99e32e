#!/usr/bin/env bash
# An installation of three cores and two edges on emulated appliances, taken over from five logs and its
# public files alone; then one of its certificates is renewed, planned and rehearsed.
# shellcheck disable=SC2154 # status, out come from lib.sh
. "$(dirname "$0")/../lib.sh"

# What a server says now, in its log.
log()
{
    while read -r line; do
        printf '%s> %s\r\n' "$1" "$line"
        echo "$line" | "$CERTWRIGHT" mmp --state "$1" | sed 's/$/\r/'
    done <typed >"$1.log"
    cp "$1"/*.crt "fetched/$1"
}

mkdir planned && cd planned || exit 1
"$CERTWRIGHT" init --preset scalable --cores 3 --edges 2 --domain example.com >/dev/null || exit 1
sed -i "s/^key .*/key { type = \"ec\" bits = 256 }/" deployment.conf
"$CERTWRIGHT" --quiet generate && "$CERTWRIGHT" --quiet sign --ca testca --make-ca &&
    "$CERTWRIGHT" --quiet plan --base --force || exit 1
cd "$W" || exit 1
servers=$(jq -r '[.[].server] | unique[]' planned/install/plan.json)
same "five servers" "core1 core2 core3 edge1 edge2" "$(paste -sd ' ' <<<"$servers")"
"$CERTWRIGHT" adopt --commands | sed -n '/^version$/,/^$/p' | grep . >typed
for server in $servers; do
    mkdir "$server" && cp "planned/install/$server"/files/* "$server"
    jq -r --arg s "$server" '.[] | select(.server == $s and .command != "") | .command' planned/install/plan.json |
        "$CERTWRIGHT" mmp --state "$server" >/dev/null || fail "$server takes its plan"
    mkdir -p "fetched/$server"
    log "$server"
done

# answer REQUEST: the CA signs it as asked; its answer is imported, planned and rehearsed.
answer()
{
    printf 'authorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE\n' >leaf.ext
    openssl x509 -req -in "$1" -CA planned/store/testca.crt -CAkey planned/store/testca.key -CAcreateserial \
        -days 400 -copy_extensions copy -extfile leaf.ext -out answer.crt 2>/dev/null
    ok "$1: its answer is imported" "$CERTWRIGHT" --config taken/deployment.conf import answer.crt
    ok "$1: a plan" "$CERTWRIGHT" --config taken/deployment.conf plan --force --out "$W/install"
    says "of the renewal alone" "This is the renewal of 1 certificate alone."
    cw --config taken/deployment.conf rehearse --out "$W/install"
    same "which goes through" "exit 0, no surprise" "exit $status, $(tail -1 <<<"$out" | grep -o 'no surprise')"
}

mkdir taken && cw --config taken/deployment.conf adopt --files fetched ./*.log
same "five logs are taken over" "0 " "$status $(grep ^open: <<<"$out")"
same "what runs is in place" 24 "$(grep -c 'installed = true' taken/deployment.conf)"
same "and no key came along" "" "$(ls taken/store/*.key 2>/dev/null)"
cw --config taken/deployment.conf check
says "check has no error" "0 errors"
cw --config taken/deployment.conf status
matches "status tells what ends" "^ callbridge2 +20[0-9-]+ +36[45] +OK .* core2$"

# Its key is on core2, and so is the next one.
cw --config taken/deployment.conf renew callbridge2
says "the request that would keep the key is to be fetched" "as callbridge2.csr"
cw --config taken/deployment.conf renew --new-key callbridge2
line=$(sed -n 's/.* on core2 type: //p' <<<"$out")
same "a new key under another name" "pki csr callbridge2-2" "$(cut -d' ' -f1-3 <<<"$line")"
ok "core2 makes it" "$CERTWRIGHT" mmp --state core2 <<<"$line"
cp core2/callbridge2-2.csr taken/store
answer taken/store/callbridge2-2.csr
same "which names the key there" "callbridge certs callbridge2-2.key callbridge2.crt callbridge2bundle.crt" \
    "$(jq -r '.[].command | select(startswith("callbridge certs"))' install/plan.json)"
cw --config taken/deployment.conf adopt --compare --files fetched ./*.log
same "before it is installed the servers say so" "core2 callbridge: Key file
core2 callbridge: callbridge2.crt
edge1 webbridge: webbridge-trust.crt
edge2 webbridge: webbridge-trust.crt" "$(sed -n 's/: expected .*//p' <<<"$out" | sort)"

# The plan is carried out on the appliances, in its order.
jq -r '.[] | [.server, (.upload | length), .file, .command] | @tsv' install/plan.json >steps
while IFS=$'\t' read -r server upload file line; do
    if [ "$upload" != 0 ]; then
        part=${file#*/upload}
        cp "install/$server/files${part%.sftp}"/* "$server"
    else
        "$CERTWRIGHT" mmp --state "$server" <<<"$line" >>carried 2>&1 || fail "$server: $line"
    fi
done <steps
for server in core2 edge1 edge2; do
    log "$server"
done
cw --config taken/deployment.conf adopt --compare --files fetched ./*.log
same "then they say what it wrote" "0 " "$status $(grep expected <<<"$out")"
ok "it is done" "$CERTWRIGHT" --config taken/deployment.conf renew --done callbridge2

# With the request that was signed, its key is kept.
cp planned/store/webadmin1.csr taken/store
cw --config taken/deployment.conf renew webadmin1
says "the old request will do" "keep the key: webadmin1.csr goes to the CA once more"
answer taken/store/webadmin1.csr
