#!/usr/bin/env bash
# The guide's numbered procedures (guide 4.4 to 4.12, D.3, D.4): a deployment with its names, and the
# plan's commands are the guide's, in its order. Checks come in phase 1, services in the order of their
# trust; a display, a restart and the disable of what is in place are all that is added.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

# deployment NAME: the conf on stdin, made, signed and planned, in a folder of its own.
deployment()
{
    mkdir "$W/$1" && cd "$W/$1" || exit 1
    {
        printf 'release = "2.9"\nname = "example.com"\nkey { type = "ec" bits = 256 }\n'
        cat
    } >deployment.conf
    ok "$1: keys and requests" "$CERTWRIGHT" generate
    ok "$1: a CA answers" "$CERTWRIGHT" sign --ca labca --make-ca
    cw check --fix
    ok "$1: planned" "$CERTWRIGHT" plan
    [ "$status" = 0 ] || { told; "$CERTWRIGHT" check; }
}

# types WHAT SERVER: all that is typed there, turn by turn, is what stdin says
types()
{
    cat >"$T/wanted.mmp"
    cat "install/$2"/commands*.mmp >"$T/got.mmp"
    same_file "$1" "$T/wanted.mmp" "$T/got.mmp"
}

# 4.4, with 4.3's checks ----------------------------------------------------------------------------

deployment 4.4 <<'CONF'
identity "xmppserver" { CN = "xmpp.example.com"  subjectAltName = "example.com"  signer = "internal" }
server "cms" { address = "cms.example.com"
    service "xmpp" { identity = "xmppserver"  domain = "example.com" } }
CONF
types "4.4: XMPP server" cms <<'MMP'
pki list
pki match xmppserver.key xmppserver.crt
pki verify xmppserver.crt xmppserverbundle.crt
xmpp disable
xmpp certs xmppserver.key xmppserver.crt xmppserverbundle.crt
xmpp enable
xmpp
MMP

# 4.5 ------------------------------------------------------------------------------------------------

deployment 4.5 <<'CONF'
identity "xmppserver" { CN = "xmpp.example.com"  subjectAltName = "example.com"  signer = "internal" }
identity "edge1" { CN = "edge1.example.com"  signer = "internal" }
identity "core1" { CN = "core1.example.com"  signer = "internal" }
server "edge1" { address = "edge1.example.com"
    service "Edge1toLB" { kind = "loadbalancer"  identity = "edge1"  trunk = "a:4999"  public = { "b:5222", "lo:5222" } } }
server "core1" { address = "core1.example.com"
    service "xmpp" { identity = "xmppserver"  domain = "example.com"  installed = true }
    service "trunktoEdge1" { kind = "trunk"  identity = "core1"  edge = "edge1"  port = 4999 } }
CONF
types "4.5: Load Balancer" edge1 <<'MMP'
pki list
pki match edge1.key edge1.crt
pki verify edge1.crt edge1bundle.crt
loadbalancer create Edge1toLB
loadbalancer auth Edge1toLB edge1.key edge1.crt core1.crt
loadbalancer trunk Edge1toLB a:4999
loadbalancer public Edge1toLB b:5222 lo:5222
loadbalancer enable Edge1toLB
MMP
types "4.5: trunk" core1 <<'MMP'
pki list
pki match core1.key core1.crt
pki verify core1.crt core1bundle.crt
trunk create trunktoEdge1 xmpp
trunk auth trunktoEdge1 core1.key core1.crt edge1.crt
trunk edge trunktoEdge1 edge1.example.com 4999
trunk enable trunktoEdge1
MMP

# Two edges, one core: its pair is on both trunks (4.1.1).
deployment 4.1.1 <<'CONF'
identity "xmppserver" { CN = "xmpp.example.com"  subjectAltName = "example.com"  signer = "internal" }
identity "edge1" { CN = "edge1.example.com"  signer = "internal" }
identity "edge2" { CN = "edge2.example.com"  signer = "internal" }
identity "core" { CN = "core.example.com"  signer = "internal" }
server "edge1" { address = "edge1.example.com"
    service "Edge1toLB" { kind = "loadbalancer"  identity = "edge1"  public = "b:5222" } }
server "edge2" { address = "edge2.example.com"
    service "Edge2toLB" { kind = "loadbalancer"  identity = "edge2"  public = "b:5222" } }
server "core" { address = "core.example.com"
    service "xmpp" { identity = "xmppserver"  domain = "example.com"  installed = true }
    service "trunktoEdge1" { kind = "trunk"  identity = "core"  edge = "edge1" }
    service "trunktoEdge2" { kind = "trunk"  identity = "core"  edge = "edge2" } }
CONF
types "4.1.1: the second Load Balancer" edge2 <<'MMP'
pki list
pki match edge2.key edge2.crt
pki verify edge2.crt edge2bundle.crt
loadbalancer create Edge2toLB
loadbalancer auth Edge2toLB edge2.key edge2.crt core.crt
loadbalancer trunk Edge2toLB a:4999
loadbalancer public Edge2toLB b:5222
loadbalancer enable Edge2toLB
MMP
types "4.1.1: one pair on both trunks" core <<'MMP'
pki list
pki match core.key core.crt
pki verify core.crt corebundle.crt
trunk create trunktoEdge1 xmpp
trunk auth trunktoEdge1 core.key core.crt edge1.crt
trunk edge trunktoEdge1 edge1.example.com 4999
trunk enable trunktoEdge1
trunk create trunktoEdge2 xmpp
trunk auth trunktoEdge2 core.key core.crt edge2.crt
trunk edge trunktoEdge2 edge2.example.com 4999
trunk enable trunktoEdge2
MMP

# 4.6 ------------------------------------------------------------------------------------------------

# Without XMPP it would be no use: that is in place.
deployment 4.6 <<'CONF'
identity "webbridge" { CN = "join.example.com"  signer = "internal" }
server "cms" { address = "cms.example.com"
    service "xmpp" { installed = true }
    service "webbridge" { identity = "webbridge" } }
CONF
types "4.6: Web Bridge" cms <<'MMP'
pki list
pki match webbridge.key webbridge.crt
pki verify webbridge.crt webbridgebundle.crt
webbridge disable
webbridge certs webbridge.key webbridge.crt webbridgebundle.crt
webbridge enable
webbridge
MMP

# 4.7 ------------------------------------------------------------------------------------------------

deployment 4.7 <<'CONF'
identity "callbridge" { CN = "callbridge.example.com"  signer = "internal" }
server "cms" { address = "cms.example.com"
    service "webadmin" { installed = true }
    service "callbridge" { identity = "callbridge" } }
CONF
types "4.7: Call Bridge" cms <<'MMP'
pki list
pki match callbridge.key callbridge.crt
pki verify callbridge.crt callbridgebundle.crt
callbridge certs callbridge.key callbridge.crt callbridgebundle.crt
callbridge restart
callbridge
MMP

# 4.7.1 ----------------------------------------------------------------------------------------------

# Web Bridges that have their certificates get the trust alone. The guide's `callbridge`, which shows
# what the Call Bridge uses, is not needed: deployment.conf knows.
cat >"$T/trusting.mmp" <<'MMP'
pki list
webbridge disable
webbridge trust callbridge.crt
webbridge enable
webbridge
MMP
# a: one Call Bridge; b: several with the same certificate.
deployment 4.7.1-a <<'CONF'
identity "callbridge" { CN = "callbridge.example.com"  signer = "internal" }
server "core" { address = "core.example.com"
    service "webadmin" { installed = true }
    service "xmpp" { installed = true }
    service "callbridge" { identity = "callbridge"  installed = true } }
server "edge1" { address = "edge1.example.com"  service "webbridge" { } }
server "edge2" { address = "edge2.example.com"  service "webbridge" { } }
accept { rule = "FILE-MISSING"  server = "edge1"  reason = "It has its pair." }
accept { rule = "FILE-MISSING"  server = "edge2"  reason = "It has its pair." }
CONF
types "4.7.1 a: one Call Bridge" edge1 <"$T/trusting.mmp"
types "4.7.1 a: on every Web Bridge" edge2 <"$T/trusting.mmp"
same "4.7.1 a: its certificate is carried over without its key" callbridge.crt "$(ls install/edge1/files)"
same "4.7.1 a: a Call Bridge in place is left alone" "edge1 edge2" "$(cd install && ls -d */ | tr -d /  | xargs)"
deployment 4.7.1-b <<'CONF'
identity "callbridge" { CN = "callbridge.example.com"  subjectAltName = { "core1.example.com", "core2.example.com" }
    signer = "internal" }
server "core1" { address = "core1.example.com"
    service "webadmin" { installed = true }
    service "xmpp" { installed = true }
    service "callbridge" { identity = "callbridge"  installed = true } }
server "core2" { address = "core2.example.com"
    service "webadmin" { installed = true }
    service "callbridge" { identity = "callbridge"  installed = true } }
server "edge1" { address = "edge1.example.com"  service "webbridge" { } }
accept { rule = "FILE-MISSING"  server = "edge1"  reason = "It has its pair." }
CONF
types "4.7.1 b: several with one certificate" edge1 <"$T/trusting.mmp"

# c: certificates of their own, put side by side into a file of that name.
deployment 4.7.1-c <<'CONF'
identity "cert1" { CN = "callbridge1.example.com"  signer = "internal" }
identity "cert2" { CN = "callbridge2.example.com"  signer = "internal" }
identity "cert3" { CN = "callbridge3.example.com"  signer = "internal" }
server "core1" { address = "core1.example.com"
    service "webadmin" { installed = true }
    service "xmpp" { installed = true }
    service "callbridge" { identity = "cert1"  installed = true } }
server "core2" { address = "core2.example.com"
    service "webadmin" { installed = true }
    service "callbridge" { identity = "cert2"  installed = true } }
server "core3" { address = "core3.example.com"
    service "webadmin" { installed = true }
    service "callbridge" { identity = "cert3"  installed = true } }
server "edge1" { address = "edge1.example.com"
    service "webbridge" { trust-file = "combinedcallbridgecert.crt" } }
accept { rule = "FILE-MISSING"  server = "edge1"  reason = "It has its pair." }
CONF
sed 's/callbridge.crt/combinedcallbridgecert.crt/' "$T/trusting.mmp" >"$T/combined.mmp"
types "4.7.1 c: several with their own" edge1 <"$T/combined.mmp"
cat store/cert1.crt store/cert2.crt store/cert3.crt >"$T/combined"
same_file "4.7.1 c: cat cert1.crt cert2.crt cert3.crt" "$T/combined" install/edge1/files/combinedcallbridgecert.crt

# 4.8 ------------------------------------------------------------------------------------------------

# Guide 3.1.5's names: a root that is made here and signs both.
database='identity "dbca" { CN = "My company CA"  signer = "self" }
identity "dbserver" { CN = "server.db.example.com"  subjectAltName = "server02.db.example.com"  signer = "dbca" }
identity "dbclient" { CN = "postgres"  signer = "dbca" }
server "server" { address = "server.db.example.com"
    service "database" { server = "dbserver"  client = "dbclient"  root = "dbca" } }
server "server02" { address = "server02.db.example.com"
    service "database" { server = "dbserver"  client = "dbclient"  root = "dbca" } }
server "core" { address = "core.example.com"
    service "webadmin" { installed = true }
    service "callbridge" { installed = true  database = "remote" } }'
deployment 4.8.1 <<CONF
$database
CONF
for server in server server02; do
    # The checks of 4.3 with the root in the place of a bundle (3.1.5): no bundle is uploaded.
    types "4.8.1: five files on $server" $server <<'MMP'
pki list
pki match dbserver.key dbserver.crt
pki verify dbserver.crt dbca.crt
pki match dbclient.key dbclient.crt
pki verify dbclient.crt dbca.crt
database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
database cluster status
MMP
    same "4.8.1: and no more are uploaded to $server" "dbca.crt dbclient.crt dbclient.key dbserver.crt dbserver.key" \
        "$(ls install/$server/files | xargs)"
done
types "4.8.1: three files on a Call Bridge without one" core <<'MMP'
pki list
pki match dbclient.key dbclient.crt
pki verify dbclient.crt dbca.crt
database cluster certs dbclient.key dbclient.crt dbca.crt
database cluster status
MMP
same "4.8.1: and no more are uploaded there" "dbca.crt dbclient.crt dbclient.key" "$(ls install/core/files | xargs)"
cw plan --json
json "4.8.1: the reply that is awaited" \
    '[.[] | select(.command | startswith("database cluster certs")) | .expect[]] | unique | join("|")' "Certificates updated"
json "4.8.1: the status of five files" \
    '[.[] | select(.command == "database cluster status" and .server == "server") | .expect[]] | join("|")' \
    "Interface : a|Server Key : dbserver.key|Server Certificate : dbserver.crt|Client Key : dbclient.key|Client Certificate : dbclient.crt|CA Certificate : dbca.crt"
json "4.8.1: the status of three" \
    '[.[] | select(.command == "database cluster status" and .server == "core") | .expect[]] | join("|")' \
    "Interface : a|Client Key : dbclient.key|Client Certificate : dbclient.crt|CA Certificate : dbca.crt"

# A cluster that is set up is removed on every server first (4.8's caution), then built anew.
deployment 4.8 <<CONF
environment { database-live = true }
$database
CONF
cw plan --json
json "4.8: removed on every server before any gets its files" \
    '[.[] | select(.phase == 3 and (.typed | length) > 0) | .server + " " + (.typed | join(" "))] | join(", ")' \
    "server02 database cluster remove Y, core database cluster remove Y, server database cluster remove Y"
json "4.8: and certs come only then" \
    '([.[] | select(.command | startswith("database cluster certs")) | .step] | min) > ([.[] | select(.phase == 3) | .step] | max)' true

# 4.9 ------------------------------------------------------------------------------------------------

# The guide checks between disable and certs; here that is done before anything stops.
deployment 4.9 <<'CONF'
identity "turn" { CN = "turn.example.com"  signer = "internal" }
server "cms" { address = "cms.example.com"
    service "turn" { identity = "turn"  tls-port = 447 } }
CONF
types "4.9: TURN server" cms <<'MMP'
pki list
pki match turn.key turn.crt
pki verify turn.crt turnbundle.crt
turn disable
turn certs turn.key turn.crt turnbundle.crt
turn enable
turn
MMP

# 4.10 -----------------------------------------------------------------------------------------------

# The restart makes the settings count, the display comes last.
deployment 4.10 <<'CONF'
validation { sip = "enable"  sip-trust-file = "sip.crt"  ldap = "ocsp"  ldap-trust-file = "ldap.crt" }
identity "labca" { CN = "lab CA"  signer = "self" }
server "cms" { address = "cms.example.com"
    service "webadmin" { installed = true }
    service "callbridge" { } }
accept { rule = "FILE-MISSING"  server = "cms"  reason = "It has its pair." }
CONF
cp store/labca.crt store/sip.crt
cp store/labca.crt store/ldap.crt
cw plan
types "4.10: TLS certificate verification" cms <<'MMP'
pki list
tls sip trust sip.crt
tls sip verify enable
tls ldap trust ldap.crt
tls ldap verify ocsp
callbridge restart
callbridge
tls sip
tls ldap
MMP

# 4.11 -----------------------------------------------------------------------------------------------

# 4.11.1: the XMPP server's own certificate file. The Call Bridge comes first, for the Web Bridge trusts
# it; a restart makes its setting count.
deployment 4.11.1 <<'CONF'
validation { xmpp = true }
identity "xmpp" { CN = "xmpp.cms.example.com"  subjectAltName = "cms.example.com"  signer = "internal"
    key-file = "private.key"  certificate-file = "xmpp-certificate.crt" }
server "cms" { address = "cms.example.com"
    service "xmpp" { identity = "xmpp"  domain = "cms.example.com"  installed = true }
    service "webadmin" { listen = "a:445"  installed = true }
    service "webbridge" { }
    service "callbridge" { } }
accept { rule = "FILE-MISSING"  server = "cms"  reason = "They have their pairs." }
CONF
types "4.11.1: single XMPP server" cms <<'MMP'
pki list
callbridge trust xmpp xmpp-certificate.crt
callbridge restart
callbridge
webbridge disable
webbridge trust xmpp xmpp-certificate.crt
webbridge enable
webbridge
MMP
same "4.11.1: its key stays where it is" xmpp-certificate.crt "$(ls install/cms/files)"

# 4.11.2: the list of a cluster, on every server with a Web Bridge or a Call Bridge. The guide prints no
# disable here, and does for a single server (4.11.1): a Web Bridge takes it while disabled.
deployment 4.11.2 <<'CONF'
validation { xmpp = true }
identity "xmpp1" { CN = "xmpp1.example.com"  subjectAltName = "example.com"  signer = "internal" }
identity "xmpp2" { CN = "xmpp2.example.com"  subjectAltName = "example.com"  signer = "internal" }
server "core1" { address = "core1.example.com"
    service "xmpp" { identity = "xmpp1"  cluster = true  cluster-trust-file = "cmstrust.crt"  installed = true }
    service "webadmin" { installed = true }
    service "callbridge" { xmpp-trust-file = "cmstrust.crt" } }
server "core2" { address = "core2.example.com"
    service "xmpp" { identity = "xmpp2"  cluster = true  cluster-trust-file = "cmstrust.crt"  installed = true }
    service "webadmin" { installed = true }
    service "callbridge" { xmpp-trust-file = "cmstrust.crt" } }
server "EDGE-0" { address = "edge0.example.com"
    service "webbridge" { xmpp-trust-file = "cmstrust.crt" } }
accept { rule = "FILE-MISSING"  server = "core1"  reason = "It has its pair." }
accept { rule = "FILE-MISSING"  server = "core2"  reason = "It has its pair." }
accept { rule = "FILE-MISSING"  server = "EDGE-0"  reason = "It has its pair." }
CONF
for server in core1 core2; do
    types "4.11.2: Call Bridge of $server" $server <<'MMP'
pki list
callbridge trust xmpp cmstrust.crt
callbridge restart
callbridge
MMP
done
types "4.11.2: Web Bridge" EDGE-0 <<'MMP'
pki list
webbridge disable
webbridge trust xmpp cmstrust.crt
webbridge enable
webbridge
MMP
cat store/xmpp1.crt store/xmpp2.crt >"$T/cmstrust"
same_file "4.11.2: it holds the core's XMPP servers" "$T/cmstrust" install/EDGE-0/files/cmstrust.crt

# 4.11.3: switched off again.
sed -i -E '/webbridge|callbridge/s/xmpp-trust-file = "cmstrust.crt"/xmpp-trust-file = "none"/' deployment.conf
ok "4.11.3: planned" "$CERTWRIGHT" plan
types "4.11.3: Web Bridge" EDGE-0 <<'MMP'
pki list
webbridge disable
webbridge trust xmpp none
webbridge enable
webbridge
MMP
types "4.11.3: Call Bridge" core2 <<'MMP'
pki list
callbridge trust xmpp none
callbridge restart
callbridge
MMP

# 4.12 -----------------------------------------------------------------------------------------------

# The Web Admin certificates of all members, as a list; a CA's chain is as good.
deployment 4.12 <<'CONF'
validation { cluster = true }
identity "webadmin1" { CN = "core1.example.com"  signer = "internal" }
identity "webadmin2" { CN = "core2.example.com"  signer = "internal" }
server "core1" { address = "core1.example.com"
    service "webadmin" { identity = "webadmin1"  installed = true }
    service "callbridge" { cluster-trust-file = "webadmins.crt" } }
server "core2" { address = "core2.example.com"
    service "webadmin" { identity = "webadmin2"  installed = true }
    service "callbridge" { cluster-trust-file = "webadmins.crt" } }
accept { rule = "FILE-MISSING"  server = "core1"  reason = "It has its pair." }
accept { rule = "FILE-MISSING"  server = "core2"  reason = "It has its pair." }
CONF
cat >"$T/cluster.mmp" <<'MMP'
pki list
callbridge trust cluster webadmins.crt
callbridge restart
callbridge
MMP
types "4.12: on each Call Bridge" core1 <"$T/cluster.mmp"
types "4.12: and on the other" core2 <"$T/cluster.mmp"
cat store/webadmin1.crt store/webadmin2.crt >"$T/webadmins"
same_file "4.12: a list of Web Admins" "$T/webadmins" install/core1/files/webadmins.crt
cp store/labca.crt store/webadmins.crt
ok "4.12: with the CA's chain instead" "$CERTWRIGHT" plan
types "4.12: the same lines" core1 <"$T/cluster.mmp"
same_file "4.12: it stays what it is" store/labca.crt install/core1/files/webadmins.crt

# D.2 to D.4 -----------------------------------------------------------------------------------------

# D.3, D.4 with their names. The Call Bridge has no bundle there: a certificate that is signed by itself
# (D.1). Checks of a full chain take the bundle of the same identity.
deployment D.3 <<'CONF'
identity "wb3-https" { CN = "join.example.com"  signer = "internal"  fullchain-file = "wb3-https-fullchain.crt" }
identity "wb3-c2w" { CN = "cms.example.com"  signer = "internal"  fullchain-file = "wb3-c2w-fullchain.crt" }
identity "cert" { CN = "callbridge.example.com"  signer = "self" }
server "cms" { address = "cms.example.com"
    service "webadmin" { listen = "a:445"  installed = true }
    service "callbridge" { identity = "cert"  c2w-trust-file = "c2w-callbrige-trust-store.crt" }
    service "webbridge3" { https = "wb3-https"  c2w = "wb3-c2w"  https-listen = "a:443"  c2w-listen = "a:9999"
        http-redirect = 80  c2w-trust-file = "wb3-c2w-trust-bundle.crt" } }
CONF
types "D.3, D.4: Web Bridge 3, then Call Bridge" cms <<'MMP'
pki list
pki match cert.key cert.crt
pki verify cert.crt cert.crt
pki match wb3-https.key wb3-https-fullchain.crt
pki verify wb3-https-fullchain.crt wb3-httpsbundle.crt
pki match wb3-c2w.key wb3-c2w-fullchain.crt
pki verify wb3-c2w-fullchain.crt wb3-c2wbundle.crt
webbridge3 http-redirect enable 80
webbridge3 https listen a:443
webbridge3 https certs wb3-https.key wb3-https-fullchain.crt
webbridge3 c2w listen a:9999
webbridge3 c2w certs wb3-c2w.key wb3-c2w-fullchain.crt
webbridge3 c2w trust wb3-c2w-trust-bundle.crt
webbridge3 enable
webbridge3
callbridge certs cert.key cert.crt
callbridge trust c2w c2w-callbrige-trust-store.crt
callbridge restart
callbridge
MMP
same_file "D.3: Web Bridge 3 trusts who signed the Call Bridge" store/cert.crt install/cms/files/wb3-c2w-trust-bundle.crt
same_file "D.4: the Call Bridge trusts who signed Web Bridge 3" store/labca.crt install/cms/files/c2w-callbrige-trust-store.crt
cw plan --json
json "D.4, step 5: registered with the API" '.[-1].manual' "POST /api/v1/webbridges url=c2w://cms.example.com:9999"

# D.2: one certificate in three files for all of a simple deployment.
deployment D.2 <<'CONF'
identity "singleCert" { CN = "meetingserver.company.com"  signer = "internal"
    bundle-file = "ca-bundle.crt"  fullchain-file = "single-chain.crt" }
server "cms" { address = "meetingserver.company.com"
    service "webadmin" { identity = "singleCert"  listen = "a:445" }
    service "callbridge" { identity = "singleCert"  c2w-trust-file = "ca-bundle.crt" }
    service "webbridge3" { https = "singleCert"  c2w = "singleCert"  c2w-trust-file = "ca-bundle.crt"
        a-record = "meetingserver.company.com" } }
CONF
types "D.2: one certificate for all" cms <<'MMP'
pki list
pki match singleCert.key singleCert.crt
pki verify singleCert.crt ca-bundle.crt
pki match singleCert.key single-chain.crt
pki verify single-chain.crt ca-bundle.crt
webadmin disable
webadmin certs singleCert.key singleCert.crt ca-bundle.crt
webadmin enable
webadmin
webbridge3 https listen a:443
webbridge3 https certs singleCert.key single-chain.crt
webbridge3 c2w listen a:9999
webbridge3 c2w certs singleCert.key single-chain.crt
webbridge3 c2w trust ca-bundle.crt
webbridge3 enable
webbridge3
callbridge certs singleCert.key singleCert.crt ca-bundle.crt
callbridge trust c2w ca-bundle.crt
callbridge restart
callbridge
MMP
same "D.2: three variations and their key are uploaded" "ca-bundle.crt single-chain.crt singleCert.crt singleCert.key" \
    "$(ls install/cms/files | xargs)"
