#!/usr/bin/env bash
# What check says is to be done first: done to the letter, the errors that it is for are gone; done
# again and again, all are.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/two-cas.sh"

# A finding, whatever its words: ID SERVER SERVICE IDENTITY FILE.
places()
{
    jq -r ".[] | select($1) | [.id, .server, .service, .identity, .file] | join(\" \")" found | sort
}
# step WHAT FIRST [THEN]: that is said first, and it makes its errors go.
step()
{
    local first
    run "$CERTWRIGHT" check --json
    cp "$T/out" found
    first=$(jq -r '[.[] | .first | select(. != "")] | unique | join("; ")' found)
    same "$1" "$2${3:+, then $3}" "$first"
    same "$1: errors alone are mended first" "" "$(places '.first != "" and .severity != "error"')"
    "$CERTWRIGHT" check >"$T/text"
    same "$1: before the count" "First: $2${3:+
  then: $3}" "$(tail -n 3 "$T/text" | sed -n '/^First: /,$p' | sed '$d')"
    places '.first != ""' >before
    followed "$first" || fail "$1: it can be followed" "$(cat "$T/log")"
    "$CERTWRIGHT" check --json >found
    same "$1: its errors are gone" "" "$(places '.severity == "error"' | comm -12 - before)"
}

ordered
rm -r store
# One port for both Web Bridges, an XMPP server without its domain: deployment.conf comes first.
sed -i 's/"a:444"/"a:443"/; s/\(CN = "xmpp1.example.com"\)  subjectAltName = { "example.com" }/\1/' deployment.conf
two_cas
step "two edits for one fault" 'set https-listen = { "a:444" } in service "webbridge3" of server "edge1" of deployment.conf' \
    'set https-listen = { "a:444" } in service "webbridge3" of server "edge2" of deployment.conf'
step "then what has more steps" 'set subjectAltName = { "example.com" } in identity "xmppserver1" of deployment.conf' \
    "certwright generate xmppserver1, then send xmppserver1.csr to the CA, then certwright import what it returns"
step "keys and requests of all" "certwright generate"
step "what the CAs sign, names that count on folded" \
    "send the requests of callbridge1-3, core1-3, edge1-2, recorder, turn1-2, wb3-c2w1-2, wb3-https1-2, webadmin1-3, webbridge1-2, \
xmppserver2-3 to their CAs" "certwright import what they return"
step "what is signed here" "certwright sign dbclient dbserver"
ok "nothing is left to do" "$CERTWRIGHT" check
silent "and nothing is said to be first" "First:"
cp -a store whole

# Chains before the trusts that hold them; what the store has needs nobody.
rm store/turn[12]bundle.crt store/webbridge1bundle.crt store/webbridge-trust.crt
step "chains that the store has" "certwright check --fix"
ok "the trust is mended as well" "$CERTWRIGHT" check
for name in $(cat ca/public/names); do
    cp ca/public/root.crt "store/${name}bundle.crt"
    cat "store/$name.crt" ca/public/root.crt >"store/${name}fullchain.crt"
done
step "chains that nobody here has" "ask their CAs for their chains, root included" "certwright import store/turn1.crt \
store/turn2.crt store/wb3-https1fullchain.crt store/wb3-https2fullchain.crt store/webbridge1.crt store/webbridge2.crt \
store/xmppserver1.crt store/xmppserver2.crt store/xmppserver3.crt what they return"
rm store/webbridge-trust.crt store/Edge1toLB-trust.crt
step "a trust" "certwright check --fix"
ok "all is whole again" "$CERTWRIGHT" check

# A key comes before a certificate, a certificate before a chain; several names are told, up to all.
rm -r store && cp -a whole store
rm store/core1.key store/core1.crt store/core1.csr store/edge2.key store/edge2.crt store/webadmin1.crt store/webbridge1bundle.crt
step "keys first" "certwright generate core1 edge2"
step "then certificates" "send the requests of core1, edge2, webadmin1 to their CAs" "certwright import what they return"
ok "which bring the chains" "$CERTWRIGHT" check

# What is told once of several servers names each of them once.
for n in 1 2 3; do
    openssl req -x509 -new -key store/callbridge$n.key -subj "/CN=callbridge$n.example.com" -CA ca/internal/issuing.crt -days 99 \
        -CAkey ca/internal/issuing.key -out store/callbridge$n.crt -addext subjectAltName=DNS:callbridge$n.example.com,DNS:core$n.example.com \
        -addext extendedKeyUsage=serverAuth 2>/dev/null
done
"$CERTWRIGHT" --quiet check --fix >/dev/null
step "one fault of three servers" "ask the CA for a certificate with clientAuth or with no extendedKeyUsage" \
    "send the requests of callbridge1-3 to their CAs, then certwright import what they return"

# What is accepted is nobody's to mend.
cp ca/public/root.crt store/turn1bundle.crt
printf 'accept { rule = "CHAIN-BROKEN"  reason = "a test" }\n' >>deployment.conf
ok "an error accepted" "$CERTWRIGHT" check
silent "is not to be mended first" "First:"
