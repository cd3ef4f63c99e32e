#!/usr/bin/env bash
# Cores, edges, database and Recorder, broken in one way after another, mostly on several servers at
# once: each fault is told by its rule and by no other error, and what check says first, done to the
# letter, makes it go.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/two-cas.sh"

# Each is a call of `broken ID WHAT`, in a copy of what follows, behind what breaks it:
#
#   at=DATE       check as of then, and after=DATE once it is mended
#   by_hand=CMD   what a person does whom the remedy leaves to it
ordered && answered && imported || exit 1
cat ca/public/issuing.crt ca/public/root.crt >ca/public/chain.crt
cat ca/internal/issuing.crt ca/internal/root.crt >ca/internal/chain.crt
rm -r answer
cp -a . "$T/whole"
public=ca/public internal=ca/internal
later=$(date -u -d '+100 days' +%F)

# forge CA NAME SUBJECT EXTENSION…: what that CA makes of the identity's key, in the place of its
# certificate; lists follow. DAYS and DIGEST are its own.
forge()
{
    local ca=$1 name=$2 subject=$3
    shift 3
    { printf '[req]\ndistinguished_name = d\n[d]\n[e]\nauthorityKeyIdentifier = keyid\n'; printf '%s\n' "$@"; } >forge.cnf
    openssl req -x509 -new -config forge.cnf -extensions e -key "store/$name.key" -subj "$subject" -CA "$ca/issuing.crt" \
        -CAkey "$ca/issuing.key" -days "${DAYS:-300}" ${DIGEST:+"-$DIGEST"} -out "store/$name.crt" 2>/dev/null &&
        cat "store/$name.crt" "$ca/chain.crt" >"store/${name}fullchain.crt" &&
        "$CERTWRIGHT" --quiet check --fix >/dev/null
    return 0
}
# Into the lines of a section of deployment.conf: within NAME SED
within()
{
    sed -i "/^$1/,/^[a-z]/ $2" deployment.conf
}
errors()
{
    jq -r '[.[] | select(.severity == "error" and (.accepted | not)) | .id] | unique | join(" ")' found
}
look()
{
    cw check --json ${1:+--at "$1"}
    jq -e 'type == "array"' <"$T/out" >"$T/log" || fail "check --json" "$(told)"
    cp "$T/out" found
}
broken()
{
    local id=$1 what=$2 severity first i
    look "$at"
    severity=$(jq -r --arg id "$id" '[.[] | select(.id == $id) | .severity] | first // "nothing"' found)
    same "$id, $what: told" "$severity of $([ "$severity" = error ] && echo "$id")" \
        "$([ "$severity" = nothing ] && echo something || echo "$severity") of $(errors)"
    if [ -n "$by_hand" ]; then
        bash -ec "$by_hand" >"$T/log" 2>&1 || fail "$id, $what: the remedy is followed" "$(cat "$T/log")"
        look "${after-$at}"
    else
        # Several places may each want their own edit.
        for i in 1 2 3 4 5 6; do
            first=$(jq -r --arg id "$id" '[.[] | select(.id == $id) | if .severity == "error" then .first else .remedy end | select(. != "")] | first // ""' found)
            [ -n "$first" ] || break
            followed "$first" || fail "$id, $what: the remedy is followed" "$first" "$(cat "$T/log")"
            look "${after-$at}"
        done
    fi
    same "$id, $what: its remedy makes it go, and brings no other" "" \
        "$(jq -r --arg id "$id" --arg severity "$severity" '.[] | select((.id == $id and .severity == $severity) or (.severity == "error" and (.accepted | not))) |
            .id + " " + .file + ": " + .message + " -> " + .remedy' found)"
    cd "$W" && rm -rf copy && cp -a "$T/whole" copy && cd copy || exit 1
    at='' by_hand='' && unset after
}
at='' by_hand=''
mkdir copy && cp -a "$T/whole/." copy && cd copy || exit 1

# Keys and requests.
rm store/core3.key store/core3.crt store/core3.csr store/edge1.key store/edge1.crt store/edge1.csr
broken FILE-MISSING "keys of a trunk and of a load balancer"
rm store/webadmin[12].crt
broken FILE-MISSING "certificates of two Web Admins"
cp store/callbridge2.csr store/callbridge2.crt
broken FILE-KIND "a request where the certificate belongs"
cp store/xmppserver1.crt store/xmppserver1.key
cp "$T/whole/store/xmppserver1.key" key
by_hand='mv key store/xmppserver1.key'
broken FILE-KIND "a certificate where the key belongs"
mv store/core1.key k && mv store/core2.key store/core1.key && mv k store/core2.key
broken KEY-MATCH "the keys of two cores swapped"
cp store/core1.key k && mv store/core2.key store/core1.key && mv store/core3.key store/core2.key && mv k store/core3.key
broken KEY-MATCH "the keys of three gone around"
mv store/webbridge1.key store/old.key && cp store/webbridge2.key store/webbridge1.key
broken KEY-MATCH "a key in another file, another's in its place"
cp store/webbridge2.key store/webbridge1.key
broken KEY-MATCH "another's key over the own"
cp store/turn1.crt store/turn2.crt
broken KEY-MATCH "another's certificate"
openssl pkcs8 -topk8 -in store/turn2.key -passout pass:secret -out k 2>/dev/null && mv k store/turn2.key && chmod 600 store/turn2.key
echo secret >password
by_hand='certwright pki unlock turn2.key --password-file password'
broken KEY-LOCKED "a key that nobody unlocked"
chmod 644 store/callbridge[12].key
broken KEY-MODE "keys that others can read"
openssl genrsa -out store/turn1.key 1024 2>/dev/null && chmod 600 store/turn1.key
forge $public turn1 /CN=turn1.example.com subjectAltName=DNS:turn1.example.com
openssl req -new -key store/turn1.key -subj /CN=turn1.example.com -out store/turn1.csr
broken KEY-WEAK "a key of 1024 bits"
cp store/core3.csr store/core2.csr
broken CSR-STALE "a request of another core's key"

# Certificates: time, names, usages, signatures.
DAYS=30 forge $internal callbridge2 "/O=Example Inc./CN=callbridge2.example.com" subjectAltName=DNS:callbridge2.example.com,DNS:core2.example.com
at=$later
broken EXPIRED "a Call Bridge's certificate has ended"
openssl x509 -req -in ca/public/issuing.csr -CA ca/public/root.crt -CAkey ca/public/root.key -days 30 -extfile ca/public/ca.ext \
    -out short.crt 2>/dev/null
for name in $(cat ca/public/names); do
    cat short.crt ca/public/root.crt >"store/${name}bundle.crt"
    cat "store/$name.crt" "store/${name}bundle.crt" >"store/${name}fullchain.crt"
done
at=$later
broken EXPIRED "an intermediate of all public certificates has ended"
at=$(date -u -d '-2 days' +%F) after=
by_hand=true
broken NOT-YET "the clock of this machine"
for n in 1 2; do forge $public webbridge$n /CN=edge$n.example.com subjectAltName=DNS:edge$n.example.com; done
broken WB-CN-A-RECORD "both Web Bridges without the name that people open"
forge $public xmppserver2 /CN=xmpp2.example.com subjectAltName=DNS:xmpp2.example.com
broken XMPP-DOMAIN-SAN "an XMPP server without its domain"
for n in 1 3; do forge $public xmppserver$n /CN=xmpp$n.example.com; done
broken XMPP-SAN-REQUIRED "XMPP servers without a list"
forge $public xmppserver1 /CN=chat.example.com subjectAltName=DNS:chat.example.com,DNS:example.com
broken XMPP-DNS-NAME "an XMPP server of another name"
forge $public xmppserver3 "/CN=*.example.com" "subjectAltName=DNS:*.example.com,DNS:example.com"
by_hand='mkdir -p answer && ca_signs ca store/xmppserver3.csr answer/x.crt && certwright import --force answer'
broken WILDCARD "one for any XMPP server"
forge $public webbridge1 /CN=join.example.com "subjectAltName=DNS:join.example.com,DNS:edge1.*.example.com"
broken WILDCARD-MALFORMED "a star in the middle"
forge $internal wb3-c2w2 /CN=web.example.com subjectAltName=DNS:web.example.com
broken C2W-NAME "the second Web Bridge 3 by another name"
for n in 1 2 3; do forge $internal callbridge$n /CN=callbridge$n.example.com subjectAltName=DNS:core$n.example.com; done
broken CN-IN-SAN "Call Bridges whose list lacks the CN"
forge $internal callbridge1 "/O=Example Inc." subjectAltName=DNS:callbridge1.example.com,DNS:core1.example.com
broken CN-MISSING "a Call Bridge without a CN"
for n in 1 2; do forge $public wb3-https$n /CN=join.example.com; done
broken SAN-NONE "pages of Web Bridge 3 without a list"
for n in 1 2 3; do
    forge $internal callbridge$n /CN=callbridge$n.example.com subjectAltName=DNS:callbridge$n.example.com,DNS:core$n.example.com \
        extendedKeyUsage=serverAuth
done
broken EKU-CLIENT "Call Bridges that may be servers only"
forge $internal wb3-c2w1 /CN=edge1.example.com subjectAltName=DNS:edge1.example.com extendedKeyUsage=clientAuth
broken EKU-SERVER "a Web Bridge 3 that may be a client only"
for n in 1 2; do forge $internal edge$n /CN=edge$n.example.com subjectAltName=DNS:edge$n.example.com keyUsage=keyEncipherment; done
broken KU-DIGSIG "load balancers that may not sign"
for n in 1 2 3; do DIGEST=sha1 forge $internal core$n /CN=core$n.example.com subjectAltName=DNS:core$n.example.com; done
broken SIG-SHA1 "the trunks' signed with SHA-1"

# Chains.
for name in xmppserver1 turn1 turn2; do cp ca/public/root.crt store/${name}bundle.crt; done
broken CHAIN-BROKEN "bundles without the intermediate"
for name in $(grep -v wb3 ca/public/names); do cp ca/public/root.crt "store/${name}bundle.crt"; done
rm store/*fullchain.crt store/wb3-https*bundle.crt
for n in 1 2; do cat "$T/whole/store/wb3-c2w${n}fullchain.crt" >store/wb3-c2w${n}fullchain.crt; done
sed -i '/service "webbridge3"/,/}/d' deployment.conf
broken CHAIN-BROKEN "an intermediate that nobody here has"
for n in 1 2; do cp ca/internal/chain.crt store/turn${n}bundle.crt; done
broken CHAIN-BROKEN "the other CA's chain"
for name in core1 core2 edge1; do cat "store/$name.crt" ca/internal/chain.crt >store/${name}bundle.crt; done
broken BUNDLE-LEAF "bundles that begin with the certificate"
for name in webadmin1 webadmin2; do cat ca/internal/chain.crt >>store/$name.crt; done
broken CERT-CHAIN "full chains in the place of certificates"
cp ca/internal/issuing.crt store/callbridge1bundle.crt
broken BUNDLE-NO-ROOT "a bundle without its root"
rm store/xmppserver[123]bundle.crt
broken BUNDLE-MISSING "XMPP servers without a bundle"
for n in 1 2; do cat ca/public/root.crt ca/public/issuing.crt >store/webbridge${n}bundle.crt; done
broken BUNDLE-ORDER "root first"
cat ca/internal/root.crt >>store/turn1bundle.crt
broken BUNDLE-EXTRA "a strange root in it"
for n in 1 2; do cp store/wb3-c2w$n.crt store/wb3-c2w${n}fullchain.crt; done
broken FULLCHAIN-NEEDED "the leaf alone"
for n in 1 2; do cat ca/public/root.crt store/wb3-https$n.crt ca/public/issuing.crt >store/wb3-https${n}fullchain.crt; done
broken FULLCHAIN-FIRST "a root first"

# Text.
for name in callbridge1 xmppserver2; do { printf '\357\273\277' && cat "$T/whole/store/$name.crt"; } >store/$name.crt; done
broken PEM-BOM "an editor's mark"
tr -d '\n' <store/webbridge-trust.crt | sed 's/-----BEGIN CERTIFICATE-----/&\n/g; s/-----END/\n&/g' >glued && mv glued store/webbridge-trust.crt
broken PEM-GLUED "a list put together without line ends"
iconv -f utf-8 -t utf-16 "$T/whole/store/webadmin3.crt" >store/webadmin3.crt
broken PEM-UTF16 "saved by an editor as UTF-16"
sed -i 's/^-----BEGIN/ &/' store/core2bundle.crt
broken PEM-INDENTED "a bundle indented"

# Trusts.
rm store/recorder-trust.crt store/webbridge-trust.crt store/Edge2toLB-trust.crt
broken TRUST-MISSING "three lists"
sed -n '1,/END/p' store/callbridge1.crt >old
DAYS=200 forge $internal callbridge1 /CN=callbridge1.example.com subjectAltName=DNS:callbridge1.example.com,DNS:core1.example.com
for file in webbridge-trust recorder-trust; do cp "$T/whole/store/$file.crt" store/$file.crt; done
broken TRUST-STALE "lists that hold a Call Bridge's certificate of before"
for file in xmpp-cluster-trust callbridge-xmpp-trust webbridge-xmpp-trust; do cat store/xmppserver[12].crt >store/$file.crt; done
broken TRUST-BUNDLE-COMPLETE "XMPP lists without the third server"
for n in 1 2; do cat store/core[13].crt >store/Edge${n}toLB-trust.crt; done
broken TRUST-BUNDLE-COMPLETE "load balancers that lack one trunk"
for file in webbridge-trust recorder-trust; do cp ca/internal/chain.crt store/$file.crt; done
broken PINNED-ISSUER "CAs where the very certificates are asked"
cat store/wb3-c2w[12].crt >store/callbridge-c2w-trust.crt
cat store/callbridge[123].crt >store/webbridge3-c2w-trust.crt
broken CHAIN-STORE-LEAF "leaves where chains are checked"
cp ca/public/chain.crt store/webbridge3-c2w-trust.crt
broken TRUST-BUNDLE-COMPLETE "the other CA's chain for Web Bridge 3"
cat store/webadmin[13].crt >store/callbridge-cluster-trust.crt
broken CLUSTER-VALIDATE "a member that the cluster's list lacks"
cat store/edge[12].crt >store/webbridge-xmpp-trust.crt
broken XMPP-VALIDATE-CORE "the edges' in the place of the XMPP servers'"
