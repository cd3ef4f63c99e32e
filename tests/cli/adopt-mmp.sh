#!/usr/bin/env bash
# An installation of two cores and two edges on emulated appliances, taken over from five logs and its
# public files alone, and the drift between what it says and what was planned.
. "$(dirname "$0")/../lib.sh"

mkdir planned && cd planned || exit 1
"$CERTWRIGHT" init --preset scalable --cores 2 --edges 2 --databases 1 --domain example.com >/dev/null || exit 1
sed -i "s/^key .*/key { type = \"ec\" bits = 256 }/" deployment.conf
"$CERTWRIGHT" --quiet generate && "$CERTWRIGHT" --quiet sign --ca testca --make-ca &&
    "$CERTWRIGHT" --quiet plan --base --force || exit 1
cd "$W" || exit 1
servers=$(jq -r '[.[].server] | unique[]' planned/install/plan.json)
same "five servers" "core1 core2 db1 edge1 edge2" "$(paste -sd ' ' <<<"$servers")"

# Each server gets its files, then its lines in the order of the plan; then what adopt asks for is typed.
"$CERTWRIGHT" adopt --commands | sed -n '/^version$/,/^$/p' | grep . >typed
for server in $servers; do
    mkdir "$server" && cp "planned/install/$server"/files/* "$server"
    jq -r --arg s "$server" '.[] | select(.server == $s and .command != "") | .command' planned/install/plan.json >lines
    ok "$server takes its plan" "$CERTWRIGHT" mmp --state "$server" <lines
    while read -r line; do
        printf '%s> %s\r\n' "$server" "$line"
        echo "$line" | "$CERTWRIGHT" mmp --state "$server" | sed 's/$/\r/'
    done <typed >"$server.log"
    # What the batch fetches, and no key.
    mkdir -p "fetched/$server"
    cp "$server"/*.crt "fetched/$server"
done
ls "$W/fetched"/*/*.key 2>/dev/null && exit 1

cw --config planned/deployment.conf adopt --compare --files fetched ./*.log
same "nothing drifted" "" "$(grep -v '^The servers say' <<<"$out")"
same "and that is a yes" 0 "$status"
mkdir taken && cw --config taken/deployment.conf adopt --files fetched ./*.log
same "nothing is open" "" "$(grep ^open: <<<"$out")"
same "five logs are taken over" 0 "$status"
says "a guess for each CA" "guess: CN=testca is taken to be a CA of yours: it signed callbridge1-2, core1-2, edge1-2,"
sets "new keys will be as the old ones" key.type ec taken/deployment.conf
cw --config taken/deployment.conf adopt --compare --files fetched ./*.log
same "and say the same again" 0 "$status"
flat planned/deployment.conf | grep -E '^server\.[^.]*\.(address|service\.[^.]*\.(identity|server|client|root|listen|edge|port|database|domain)) ' | sort >planned.flat
flat taken/deployment.conf | grep -E '^server\.[^.]*\.(address|service\.[^.]*\.(identity|server|client|root|listen|edge|port|database|domain)) ' | sort >taken.flat
same "each service is there with its files and places" "" "$(comm -23 planned.flat taken.flat)"
cw --config taken/deployment.conf check
same "check judges it" "" "$(grep '^ERROR' <<<"$out")"
ok "status knows each end" "$CERTWRIGHT" --config taken/deployment.conf status

# Where SFTP is closed, pki inspect tells the names, and an older certificate.
cp edge1.log told.log
"$CERTWRIGHT" adopt --commands edge1.log | grep '^pki inspect' | while read -r line; do
    printf 'edge1> %s\r\n' "$line"
    echo "$line" | "$CERTWRIGHT" mmp --state edge1
done >>told.log
mkdir told && cw --config told/deployment.conf adopt told.log
sets "a CN that pki inspect printed" identity.webbridge1.CN join.example.com told/deployment.conf
sets "and the address" server.edge1.address edge1.example.com told/deployment.conf
says "its certificate is to be fetched all the same" "open: webbridge1.crt is not here"
silent "its address is known" "made up"
cat core1.log core2.log db1.log edge2.log told.log >all.log
cw --config planned/deployment.conf adopt --compare all.log
same "and nothing drifted" 0 "$status"
awk '/^edge1> pki inspect webbridge1.crt/ { on = 1 } on && /^ +[0-9a-f][0-9a-f]:/ { sub(/[0-9a-f]/, "0"); sub(/[0-9a-f]:/, "1:"); on = 0 } { print }' all.log >old.log
cw --config planned/deployment.conf adopt --compare old.log
same "another serial number is another certificate" 1 "$status"
says "which is said" "edge1 webbridge: webbridge1.crt: expected serial number"
