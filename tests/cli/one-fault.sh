#!/usr/bin/env bash
# One fault is one error, on however many servers it is seen: three cores, two edges, a recorder and a
# streamer, whose trusts hang on the same certificates.
. "$(dirname "$0")/../lib.sh"

ok "a deployment of seven servers" "$CERTWRIGHT" init --preset scalable --domain example.com --with recorder,streamer
sed -i -e 's/signer = "\(internal\|public\)"/signer = "labca"/' -e 's/purpose = "production"/purpose = "lab"/' \
    -e 's/^key .*/key { type = "ec"  bits = 256 }/' deployment.conf
echo 'identity "labca" { CN = "Example lab CA"  signer = "self" }' >>deployment.conf
ok "its keys" "$CERTWRIGHT" generate
ok "its certificates" "$CERTWRIGHT" sign
ok "which are sound" "$CERTWRIGHT" check
cp -r store good
cp deployment.conf good.conf

# signed_as IDENTITY SUBJECT CA EXTENSION…: another certificate for its key
signed_as()
{
    local name=$1 subject=$2 ca=$3
    shift 3
    { printf '[r]\ndistinguished_name = d\n[d]\n[e]\n'; printf '%s\n' "$@"; } >as.cnf
    openssl req -new -config as.cnf -key "store/$name.key" -subj "$subject" -out as.csr 2>>log
    openssl x509 -req -in as.csr -CA "store/$ca.crt" -CAkey "store/$ca.key" -CAcreateserial -days 300 \
        -extfile as.cnf -extensions e -out "store/$name.crt" 2>>log
    cp "store/$ca.crt" "store/${name}bundle.crt"
    cat "store/$name.crt" "store/$ca.crt" >"store/${name}fullchain.crt"
}

# fault ID WHAT COMMAND…: after the command check has this error alone, and `where` says at how many
# further places.
fault()
{
    local id=$1 what=$2
    shift 2
    rm -rf store && cp -r good store && cp good.conf deployment.conf
    "$@"
    cw check --json
    same "$what" "$id" "$(jq -r '.[] | select(.severity == "error") | .id' <"$T/out" | tr '\n' ' ' | sed 's/ $//')"
}
also()
{
    json "$1" '[.[] | select(.severity == "error")] | .[0].also | map(.server + " " + .file) | join(", ")' "$2"
}

names='subjectAltName=DNS:callbridge1.example.com,DNS:core1.example.com'
fault TRUST-STALE "another certificate, which five services hold" \
    signed_as callbridge1 /CN=callbridge1.example.com labca "$names"
also "and where they hold it" "streamer1 streamer-trust.crt, edge1 webbridge-trust.crt"
cw check --fix
same "all of them are mended at once" "" "$(grep ^error "$T/out")"

core='subjectAltName=DNS:core1.example.com'
fault TRUST-STALE "another certificate of a trunk's, which two Load Balancers hold" \
    signed_as core1 /CN=core1.example.com labca "$core"
also "and where they hold it" "edge2 Edge2toLB-trust.crt"
fault KEY-MATCH "another key's certificate" cp store/webadmin2.crt store/callbridge1.crt
exchange()
{
    mv store/callbridge1.key swap && mv store/callbridge1.crt store/callbridge1.key && mv swap store/callbridge1.crt
}
fault FILE-KIND "a key and its certificate that changed places" exchange
json "how they come back" '.[] | select(.severity == "error") | .remedy' \
    "rename store/callbridge1.crt to callbridge1.crt.bak, then rename store/callbridge1.key to callbridge1.crt, then rename store/callbridge1.crt.bak to callbridge1.key"
fault FILE-KIND "a public key in the place of a key" eval \
    'openssl pkey -in good/callbridge1.key -pubout -out store/callbridge1.key && chmod 644 store/callbridge1.key'
json "which anybody may read" '[.[] | select(.id == "KEY-MODE")] | length' 0
fault PINNED-ISSUER "a CA in the place of three Call Bridges' certificates" cp store/labca.crt store/webbridge-trust.crt
fault FILE-KIND "a file that is no certificate" cp deployment.conf store/callbridge1.crt
fault FILE-MISSING "a certificate that is gone" rm store/callbridge1.crt store/callbridge1fullchain.crt
fault FILE-MISSING "its key as well" rm store/callbridge1.crt store/callbridge1fullchain.crt store/callbridge1.key
json "told of the key, which comes first" '.[] | select(.severity == "error") | .file + ": " + .remedy' \
    "callbridge1.key: certwright generate callbridge1"
ok "the one" "$CERTWRIGHT" generate callbridge1
ok "and the other" "$CERTWRIGHT" sign callbridge1
ok "make it go" "$CERTWRIGHT" check
glue()
{
    printf '%s%s\n' "$(cat store/callbridge1.crt)" "$(cat store/labca.crt)" >glued
    mv glued store/callbridge1.crt
}
fault PEM-GLUED "two certificates glued together" glue
stranger()
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Stranger" -keyout store/other.key \
        -out store/other.crt 2>>log
    signed_as callbridge1 /CN=callbridge1.example.com other "$names"
    cp good/labca.crt store/callbridge1bundle.crt
    rm store/other.*
}
fault CHAIN-BROKEN "a certificate of a CA that nobody knows" stranger
# A chain that the store cannot complete: its issuer's root is not here.
half_chain()
{
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout store/half.key -subj "/CN=Half" -out half.csr 2>>log
    openssl x509 -req -in half.csr -CA store/other.crt -CAkey store/other.key -CAcreateserial -days 300 \
        -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n') -out store/half.crt 2>>log
    signed_as callbridge1 /CN=callbridge1.example.com half "$names"
}
half()
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Stranger" -keyout store/other.key \
        -out store/other.crt 2>>log
    half_chain
    rm store/other.* store/half.*
    "$CERTWRIGHT" check --fix >>log
}
half_glued()
{
    half
    { head -c -1 store/callbridge1bundle.crt && cat good/labca.crt; } >glued && mv glued store/callbridge1bundle.crt
}
half_der()
{
    half
    openssl x509 -in store/callbridge1bundle.crt -outform DER -out der && mv der store/callbridge1bundle.crt
}
fault BUNDLE-NO-ROOT "a chain without its root" half
fault PEM-GLUED "the same, and glued" half_glued
cw check --fix
same "the form is mended, and what lacks still lacks" CHAIN-BROKEN "$(sed -n 's/^error \([^ ]*\).*/\1/p' "$T/out")"
ok "nothing of it is lost" test "$(openssl storeutl -noout -certs store/callbridge1bundle.crt 2>>log | tail -1)" = "Total found: 2"
fault EXT-ENCODING "the same, in DER" half_der
cw check --fix
same "that is mended, too" BUNDLE-NO-ROOT "$(sed -n 's/^error \([^ ]*\).*/\1/p' "$T/out")"
ok "and PEM now" openssl x509 -in store/callbridge1bundle.crt -noout
expired()
{
    openssl req -x509 -key store/labca.key -subj "$(openssl x509 -in store/labca.crt -noout -subject -nameopt compat | sed 's/^subject=//')" \
        -days 2 -out store/labca.crt 2>>log
    for file in store/*bundle.crt; do
        case $file in
        *db*) ;;
        *) cp store/labca.crt "$file" ;;
        esac
    done
}
fault "" "a CA that ends soon is no error" expired
cw check --json --at "$(date -u -d '+30 days' +%F)"
json "and one error when it has ended, in twenty chains" \
    '[.[] | select(.severity == "error") | .id + " " + (.also | length | tostring)] | join(", ")' "EXPIRED 19"

fault EKU-CLIENT "a client of three databases without its usage" \
    signed_as dbclient /CN=postgres dbca extendedKeyUsage=serverAuth
also "and which they are" "core2 dbclient.crt, core3 dbclient.crt"
fault DBCLIENT-CN "of another name" signed_as dbclient /CN=client dbca
fault "" "a client that deployment.conf writes with a capital" sed -i 's/CN = "postgres"/CN = "Postgres"/' deployment.conf
says "would be another one" "CN was postgres"
rm store/dbclient*
cw check --json
json "and the remedy says which it is" '.[] | select(.id == "DBCLIENT-CN") | .remedy | split(", then ")[0]' \
    'set CN = "postgres" in identity "dbclient" of deployment.conf'
fault DB-SAME-CA "of another CA" signed_as dbclient /CN=postgres labca
fault DB-SAME-CA "of another CA, beside the chain of the one before" eval \
    'signed_as dbclient /CN=postgres labca && cp good/dbclientbundle.crt store'
fault DB-CERTS "the root without its file" rm store/dbca.crt
fault KEY-MATCH "another key's root" eval 'openssl req -x509 -new -key store/core1.key -subj "/CN=Example database CA" -days 3000 -out store/dbca.crt'
fault "" "a root's key that others may read" chmod 644 store/dbca.key
json "is told of all the same" '.[] | select(.id == "KEY-MODE") | .file' dbca.key
fault DB-SAME-CA "a server of another CA, which signs others, too" \
    signed_as dbserver /CN=dbserver labca subjectAltName=DNS:core1.example.com,DNS:core2.example.com,DNS:core3.example.com
fault REUSE-DB-ROOT "a root that signs a Call Bridge's certificate, too" eval \
    'signed_as callbridge1 /CN=callbridge1.example.com dbca "$names" && "$CERTWRIGHT" check --fix >>log'
fault DB-CERTS "a set without the server's files" rm store/dbserver.key store/dbserver.crt store/dbserverfullchain.crt
fault XMPP-DOMAIN-SAN "an XMPP server that its domain is not named in" eval \
    'signed_as xmppserver1 /CN=xmpp1.example.com labca subjectAltName=DNS:xmpp1.example.com && "$CERTWRIGHT" check --fix >>log'
fault WB2-NO-XMPP "no XMPP server at all" sed -i '/service "xmpp"/,/}/d' deployment.conf
fault TRUNK-PAIRS "a Load Balancer's port that three trunks do not know" \
    sed -i '0,/trunk = "a:4999"/s//trunk = "a:4998"/' deployment.conf
fault TRUNK-PAIRS "an XMPP server without its two trunks" \
    sed -i '0,/service "trunktoEdge1"/{/service "trunktoEdge1"/d}; 0,/service "trunktoEdge2"/{/service "trunktoEdge2"/d}' deployment.conf
fault REUSE-TRUNK-LB "a trunk's identity that a Load Balancer has, too" \
    sed -i '/service "Edge1toLB"/s/identity = "edge1"/identity = "core1"/' deployment.conf
fault "DEPRECATED DEPRECATED DEPRECATED DEPRECATED DEPRECATED" "each kind that a release has lost, once" \
    sed -i 's/^release = .*/release = "3.0"/' deployment.conf
fault KEY-CA "a CA whose identity three services take" \
    sed -i 's/service "webadmin" { identity = "webadmin[123]"/service "webadmin" { identity = "labca"/' deployment.conf
