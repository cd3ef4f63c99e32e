#!/usr/bin/env bash
# Cores, edges, database and Recorder, broken in one way after another, mostly on several servers at
# once: each fault is told by its rule and by no other error, and what check says first, done to the
# letter, makes it go.
# Sanitized only, when all are run.
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
mkdir ca/db && cp store/dbca.crt ca/db/issuing.crt && cp store/dbca.key ca/db/issuing.key && cp store/dbca.crt ca/db/chain.crt
public=ca/public internal=ca/internal db=ca/db
cp -a . "$T/whole"
later=$(date -u -d '+100 days' +%F)

# forge CA NAME SUBJECT EXTENSION…: what that CA makes of the identity's key, in the place of its
# certificate. DAYS and DIGEST are its own.
forge()
{
    local ca=$1 name=$2 subject=$3
    shift 3
    { printf '[req]\ndistinguished_name = d\n[d]\n[e]\nauthorityKeyIdentifier = keyid\n'; printf '%s\n' "$@"; } >forge.cnf
    openssl req -x509 -new -config forge.cnf -extensions e -key "store/$name.key" -subj "$subject" -CA "$ca/issuing.crt" \
        -CAkey "$ca/issuing.key" -days "${DAYS:-300}" ${DIGEST:+"-$DIGEST"} -out "store/$name.crt" 2>/dev/null &&
        cat "store/$name.crt" "$ca/chain.crt" >"store/${name}fullchain.crt"
    forged=yes
}
# Lists hold what was forged: the fault is another one.
lists()
{
    [ -z "$forged" ] || "$CERTWRIGHT" --quiet check --fix >/dev/null
    forged=
}
# within SECTION SED: on the lines of that section of deployment.conf.
within()
{
    sed -i "/^$1/,/^}/$2" deployment.conf
}
# What check finds, a line each: ID, severity, file, what to do, what is wrong; nothing is accepted.
look()
{
    "$CERTWRIGHT" check --json ${1:+--at "$1"} >said 2>"$T/err"
    jq -r '.[] | [.id, .severity, .file, if .severity == "error" then .first else .remedy end, .message] | join("\u001f")' said >found 2>&1 &&
        [ -s found ] || fail "check --json" "$(head -c 2000 said "$T/err")"
}
broken()
{
    local id=$1 what=$2 unit=$'\037' i severity first
    lists
    look "$at"
    severity=$(awk -F "$unit" -v id="$id" '$1 == id { print $2; exit }' found)
    same "$id, $what: told" "$([ "$severity" != error ] || echo "$id")" \
        "$([ -n "$severity" ] || echo nothing)$(awk -F "$unit" '$2 == "error" && !told[$1]++ { print $1 }' found | xargs)"
    # Several places may each want their own edit.
    for i in 1 2 3 4 5 6; do
        first=$(awk -F "$unit" -v id="$id" -v severity="$severity" '$1 == id && $2 == severity && $4 != "" { print $4; exit }' found)
        [ -n "$first" ] || break
        if [ -n "$by_hand" ]; then
            bash -ec "$by_hand" >"$T/log" 2>&1 || fail "$id, $what: the remedy is followed" "$(cat "$T/log")"
        elif ! followed "$first"; then
            fail "$id, $what: the remedy is followed" "$first" "$(cat "$T/log")"
            break
        fi
        look "${after-$at}"
        [ -z "$by_hand" ] || break
    done
    same "$id, $what: its remedy makes it go, and brings no other" "" \
        "$(awk -F "$unit" -v id="$id" -v severity="$severity" '$2 == "error" || ($1 == id && $2 == severity)' found)"
    cd "$W" && rm -rf copy && cp -a "$T/whole" copy && cd copy || exit 1
    at='' by_hand='' forged='' && unset after
}
at='' by_hand='' forged=''
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
# What lacks a name or a usage gives way to what has it, although that ends earlier.
for n in 1 2; do DAYS=700 forge $public webbridge$n /CN=edge$n.example.com subjectAltName=DNS:edge$n.example.com; done
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
    DAYS=700 forge $internal callbridge$n /CN=callbridge$n.example.com \
        subjectAltName=DNS:callbridge$n.example.com,DNS:core$n.example.com extendedKeyUsage=serverAuth
done
broken EKU-CLIENT "Call Bridges that may be servers only"
forge $internal wb3-c2w1 /CN=edge1.example.com subjectAltName=DNS:edge1.example.com extendedKeyUsage=clientAuth
broken EKU-SERVER "a Web Bridge 3 that may be a client only"
for n in 1 2; do forge $internal edge$n /CN=edge$n.example.com subjectAltName=DNS:edge$n.example.com keyUsage=keyEncipherment; done
broken KU-DIGSIG "load balancers that may not sign"
for n in 1 2 3; do DIGEST=sha1 forge $internal core$n /CN=core$n.example.com subjectAltName=DNS:core$n.example.com; done
broken SIG-SHA1 "the trunks' signed with SHA-1"
forge $internal recorder "/C=UK/CN=recorder1.example.com" subjectAltName=DNS:recorder1.example.com
broken COUNTRY "a Recorder of no country"

# Chains.
for name in xmppserver1 turn1 turn2; do cp ca/public/root.crt store/${name}bundle.crt; done
broken CHAIN-BROKEN "bundles without the intermediate"
for name in $(grep -v wb3 ca/public/names); do cp ca/public/root.crt "store/${name}bundle.crt"; done
rm store/*fullchain.crt store/wb3-https*bundle.crt
for n in 1 2; do cat "$T/whole/store/wb3-c2w${n}fullchain.crt" >store/wb3-c2w${n}fullchain.crt; done
sed -i '/service "webbridge3"/,/c2w-url/d' deployment.conf
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
DAYS=200 forge $internal callbridge1 /CN=callbridge1.example.com subjectAltName=DNS:callbridge1.example.com,DNS:core1.example.com
lists
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

# The database.
forge $db dbclient "/CN=Example client" subjectAltName=DNS:client.example.com
broken DBCLIENT-CN "a client of another CN"
forge $db dbclient /CN=postgres extendedKeyUsage=serverAuth
broken EKU-CLIENT "a client that may be a server only"
forge $db dbserver /CN=db.example.com subjectAltName=DNS:db.example.com
broken DBSERVER-SAN "a node that its certificate doesn't name"
forge $internal dbclient /CN=postgres
cp ca/internal/chain.crt store/dbclientbundle.crt
broken DB-SAME-CA "a client of the company's CA"
for n in 1 2; do
    forge $db webadmin$n /CN=core$n.example.com subjectAltName=DNS:core$n.example.com
    cp store/dbca.crt store/webadmin${n}bundle.crt
done
broken REUSE-DB-ROOT "Web Admins signed by the database's root"
rm store/dbserver.crt store/dbclient.key store/dbclient.csr store/dbclient.crt
broken DB-CERTS "a node and its clients without their files"

# Who is where.
within 'server "core2"' '{/trunktoEdge2/d}'
within 'server "core3"' '{/trunktoEdge1/d}'
broken TRUNK-PAIRS "two cores without a trunk to one of the edges"
within 'server "core[12]"' '{/trunktoEdge1/s/4999/5000/}'
broken TRUNK-PAIRS "trunks to another port"
within 'server "core3"' '{/service "xmpp"/,/cluster/d}'
broken TRUNK-PAIRS "trunks beside no XMPP server"
within 'server "core1"' '{/trunktoEdge1/s/"core1"/"edge1"/}'
forged=yes
broken REUSE-TRUNK-LB "a trunk with the load balancer's certificate"
sed -i 's/, "lo:5222"//' deployment.conf
broken LB-LOOPBACK "load balancers that the Web Bridges beside them don't reach"
sed -i '/service "trunktoEdge/d; /service "Edge[12]toLB"/,/public/d' deployment.conf
broken LB-WEBRTC "Web Bridges without a way to the XMPP servers"
sed -i 's/^identity "callbridge1" {/& key-at = { "core1", "edge1" }/' deployment.conf
broken KEY-COPIED "a Call Bridge's key on an edge"
sed -i 's/^identity "webadmin[23]" {/& key-at = "core1"/' deployment.conf
broken KEY-AT-SHARED "keys that another server made"
within 'server "core[23]"' '{/service "webadmin"/d}'
broken WEBADMIN-FIRST "Call Bridges without a Web Admin"
sed -i 's/"a:444"/"a:443"/' deployment.conf
broken WB3-PORTS "both Web Bridges on one port"
sed -i 's/tls-port = 447/tls-port = 443/' deployment.conf
broken PORT-CLASH "TURN on the Web Bridge's port"
within 'server "edge[12]"' '{s/platform = "vm"/platform = "x-series"/}'
by_hand='sed -i s/x-series/vm/ deployment.conf'
broken XSERIES-WB3 "Web Bridge 3 on X-series"
sed -i 's/^environment {/& cucm = "cms.example.com"/' deployment.conf
broken WEBADMIN-CUCM-NAME "Unified CM opens Web Admins by another name"
sed -i '/service "turn"/s/identity = "turn[12]"//' deployment.conf
broken TLS-PORT-NO-CERT "TURN servers without an identity"
sed -i '/^identity "webbridge[12]"/,/signer/s/"public"/"internal"/' deployment.conf
broken SIGNER-PUBLIC "Web Bridges that the company's CA is to sign"
