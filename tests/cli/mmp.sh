#!/usr/bin/env bash
# The emulated appliance. What it is told are the guide's own lines with its file names, and what it
# answers is held against the guide's and other public documents' replies: never our templates.
. "$(dirname "$0")/../lib.sh"

# mmp DIR <<LINES: the session's lines; $out, $status.
mmp()
{
    run "$CERTWRIGHT" mmp --state "$@"
}

# A CA of two tiers and what the guide's examples name, by openssl; EC keys, for they are quick.
ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
# shellcheck disable=SC2086
leaf() # NAME CN: NAME.key NAME.crt, signed by the issuing CA
{
    openssl req $ec -keyout "$1.key" -out "$T/r.csr" -subj "/CN=$2" 2>/dev/null
    openssl x509 -req -in "$T/r.csr" -CA ca/issuing.crt -CAkey ca/issuing.key -CAcreateserial -days 365 \
        -out "$1.crt" 2>/dev/null
}
make_ca ca
mkdir cms1 edge
cat ca/issuing.crt ca/root.crt >bundle.crt
cd cms1 || exit 1
ln -s ../ca ca
for name in xmppserver callbridge webbridge turn wb3-https wb3-c2w cert dbserver edge1 core1 webadmin; do
    leaf $name $name.example.com
done
leaf dbclient postgres
leaf dbwrong postgrest
rm ca
cd ..
for name in xmppserver callbridge webbridge turn webadmin; do cp bundle.crt cms1/${name}bundle.crt; done
for name in wb3-https wb3-c2w; do cat cms1/$name.crt bundle.crt >cms1/$name-fullchain.crt; done
cp bundle.crt cms1/wb3-c2w-trust-bundle.crt
cp bundle.crt cms1/c2w-callbrige-trust-store.crt
cat cms1/callbridge.crt cms1/cert.crt >cms1/combinedcallbridgecert.crt
cp bundle.crt cms1/dbca.crt
cp ca/issuing.crt cms1/broken.crt
ls cms1 >"$T/before"

# Guide 4.4
mmp cms1 <<'IN'
xmpp disable
xmpp certs xmppserver.key xmppserver.crt xmppserverbundle.crt
xmpp enable
IN
same "4.4: the lines of the guide give its reply, and the bundle's" \
    "SUCCESS: Domain configured
SUCCESS: Key and certificate pair match
SUCCESS: certificate verified against CA bundle
SUCCESS: license file present
SUCCESS: XMPP server enabled" "$out"
same "4.4: nothing was refused" 0 "$status"
mmp cms1 <<'IN'
xmpp disable
xmpp certs xmppserver.key callbridge.crt
xmpp enable
IN
same "4.4: a key and a certificate that differ" \
    "FAILURE: Key and certificate problem: certificate and key do not match
FAILURE: XMPP server configuration not complete" "$out"
same "a refusal is exit 1" 1 "$status"
mmp cms1 <<'IN'
xmpp certs xmppserver.key xmppserver.crt broken.crt
xmpp enable
xmpp
IN
says "4.4: a bundle without its root is told with depth, issuer and reason" \
    "FAILURE: certificate verification error: depth=1 issuer= O = Acme, CN = Acme Root Verification error: unable to get issuer certificate Failed cert:"
same "4.4: what stands around it" "SUCCESS: Domain configured
SUCCESS: Key and certificate pair match
Certificate:
SUCCESS: license file present
FAILURE: XMPP server configuration not complete
Enabled : false" "$(grep -E '^(SUCCESS|FAILURE: X|Certificate:|Enabled)' <<<"$out")"
says "4.4: the failing certificate is printed" "        Subject: O=Acme, CN=Acme Issuing 2"

# Guide 4.5
cp cms1/edge1.key cms1/edge1.crt cms1/core1.crt edge
mmp edge <<'IN'
loadbalancer auth Edge1toLB edge1.key edge1.crt core1.crt
IN
says "4.5: an edge instance must be created first" "FAILURE: Edge1toLB does not exist"
mmp edge <<'IN'
loadbalancer create Edge1toLB
loadbalancer auth Edge1toLB edge1.key edge1.crt core1.crt
loadbalancer trunk Edge1toLB a:4999
loadbalancer public Edge1toLB b:5222
loadbalancer public Edge1toLB b:5222 lo:5222
loadbalancer enable Edge1toLB
IN
same "4.5: the edge" 0 "$status"
mmp cms1 <<'IN'
trunk create trunktoEdge1 xmpp
trunk auth trunktoEdge1 core1.key core1.crt edge1.crt
trunk edge trunktoEdge1 edge1.example.com 4999
trunk enable trunktoEdge1
IN
same "4.5: the core" 0 "$status"

# Guide 4.6, 4.7
mmp cms1 <<'IN'
webbridge disable
webbridge certs webbridge.key webbridge.crt webbridgebundle.crt
webbridge enable
callbridge certs callbridge.key callbridge.crt callbridgebundle.crt
callbridge restart
IN
same "4.6, 4.7: their replies" "SUCCESS: Key and certificate pair match
SUCCESS: certificate verified against CA bundle
SUCCESS: Webbridge enabled
SUCCESS: listen interface configured
SUCCESS: Key and certificate pair match
SUCCESS: certificate verified against CA bundle" "$out"
mmp cms1 <<'IN'
webbridge disable
webbridge certs turn.key webbridge.crt
webbridge enable
callbridge certs turn.key callbridge.crt
callbridge restart
IN
same "4.6, 4.7: pairs that differ" "FAILURE: Key and certificate problem: certificate and key do not match
FAILURE: Webbridge configuration not complete
FAILURE: Key and certificate problem: certificate and key do not match" "$out"
mmp cms1 <<'IN'
webbridge certs webbridge.key webbridge.crt
webbridge trust callbridge.crt
webbridge enable
webbridge
IN
same "4.7.1: the display has what was typed, in the guide's words" "SUCCESS: Key and certificate pair match
SUCCESS: Webbridge enabled
Enabled                : true
Interface allowed list : a:443
Key file               : webbridge.key
Certificate file       : webbridge.crt
Trust bundle           : callbridge.crt
HTTP redirect          : Enabled" "$out"
mmp cms1 <<'IN'
webbridge trust combinedcallbridgecert.crt
webbridge disable
webbridge trust combinedcallbridgecert.crt
webbridge trust xmpp xmppserver.crt
webbridge enable
webbridge trust xmpp none
callbridge trust xmpp xmppserver.crt
callbridge trust xmpp none
callbridge trust cluster webadmin.crt
callbridge trust cluster none
callbridge certs none
IN
same "a missing disable is refused, and what Call Bridge takes while it runs is not" \
    "FAILURE: webbridge must be disabled first
SUCCESS: Key and certificate pair match
SUCCESS: Webbridge enabled
FAILURE: webbridge must be disabled first" "$out"

# Guide 4.8
mmp cms1 <<'IN'
database cluster initialize
database cluster certs dbserver.key dbserver.crt dbwrong.key dbwrong.crt dbca.crt
database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
database cluster status
IN
same "4.8: certificates first, the client is called postgres, and the setter answers" \
    "FAILURE: certificates must be configured
ERROR: Client certificate common name incorrect
Certificates updated
Status : Disabled
Interface : a
Certificates
Server Key : dbserver.key
Server Certificate : dbserver.crt
Client Key : dbclient.key
Client Certificate : dbclient.crt
CA Certificate : dbca.crt" "$(sed -E 's/^ +//; s/ +:/ :/' <<<"$out")"
mmp edge <<'IN'
database cluster certs dbclient.key dbclient.crt dbca.crt
IN
says "4.8: a file that was not copied there" "FAILURE: file dbclient.key not found"
cp cms1/dbclient.key cms1/dbclient.crt cms1/dbca.crt edge
mmp edge <<'IN'
database cluster certs dbclient.key dbclient.crt dbca.crt
database cluster initialize
database cluster status
IN
same "4.8: a Call Bridge without a database has the three lines of a client, and nothing to begin" \
    "Certificates updated
FAILURE: certificates must be configured
Status : Disabled
Interface : a
Certificates
Client Key : dbclient.key
Client Certificate : dbclient.crt
CA Certificate : dbca.crt" "$(sed -E 's/^ +//; s/ +:/ :/' <<<"$out")"
mmp cms1 <<'IN'
database cluster localnode a
database cluster initialize
database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
database cluster remove
y
database cluster remove
Y
database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
IN
same "4.8: its certificates change once it is removed, with a capital Y" 2 \
    "$(grep -c '^FAILURE' <<<"$out")"
matches "4.8: and then they do" "^Certificates updated$"

# Guide 4.9, 4.10
mmp cms1 <<'IN'
turn disable
pki verify turn.crt turnbundle.crt
turn certs turn.key turn.crt turnbundle.crt
turn enable
turn certs turn.key turn.crt turnbundle.crt
tls sip trust dbca.crt
tls sip verify enable
tls ldap verify ocsp
tls sip verify maybe
tls sip
IN
says "4.9: pki verify" "SUCCESS: certificate verified against CA bundle"
says "4.9: TURN is disabled first, too" "FAILURE: turn must be disabled first"
says "4.10: a word that is none of the three is wrong usage" "Usage:"

# Guide app. D
mmp cms1 <<'IN'
webbridge3 https listen a:443
webbridge3 https certs wb3-https.key wb3-https-fullchain.crt
webbridge3 c2w listen a:9999
webbridge3 c2w certs wb3-c2w.key wb3-c2w-fullchain.crt
webbridge3 c2w trust wb3-c2w-trust-bundle.crt
webbridge3 enable
callbridge certs cert.key cert.crt
callbridge trust c2w c2w-callbrige-trust-store.crt
callbridge restart
IN
same "D.3, D.4: nothing of the guide's lines is refused" 0 "$status"
mmp cms1 <<'IN'
help webbridge3
help callbridge
IN
same "D.3, D.4: help prints the guide's text" "Usage:
webbridge3
webbridge3 restart
webbridge3 enable
webbridge3 disable
webbridge3 https listen <interface:port allowed list>
webbridge3 https certs <key-file> <crt-fullchain-file>
webbridge3 https certs none
webbridge3 http-redirect (enable [port]|disable)
webbridge3 c2w listen <interface:port allowed list>
webbridge3 c2w certs <key-file> <crt-fullchain-file>
webbridge3 c2w certs none
webbridge3 c2w trust <crt-bundle>
webbridge3 c2w trust none
webbridge3 options <space-separated options>
webbridge3 options none
webbridge3 status
Configure CMS callbridge

Usage:
callbridge listen <interface allowed list>
callbridge prefer <interface>
callbridge certs <key-file> <crt-file> [<cert-bundle>]
callbridge certs none
callbridge trust xmpp <bundle>
callbridge trust xmpp none
callbridge trust c2w <bundle>
callbridge trust c2w none
callbridge add edge <ip address>:<port>
callbridge del edge
callbridge trust edge <trusted edge certificate bundle>
callbridge trust cluster none
callbridge trust cluster <trusted cluster certificate bundle>
callbridge restart" "$out"
mmp cms1 <<'IN'
webbridge3 restart
webbridge3 http-redirect enable
webbridge3 http-redirect enable 8080
webbridge3 http-redirect disable
webbridge3 options some thing
webbridge3 options none
webbridge3 status
callbridge prefer a
callbridge add edge 10.0.0.1:5061
callbridge trust edge edge1.crt
callbridge del edge
xmpp status
xmpp cluster status
IN
same "D.3, D.4: each form of it is understood" 0 "$status"

# Wrong words, wrong files
while IFS='|' read -r line wanted; do
    mmp cms1 <<<"$line"
    says "$line: $wanted" "$wanted"
    same "$line: exit 1" 1 "$status"
done <<'IN'
callbridge certs callbridge.crt callbridge.key|FAILURE: callbridge.crt is no key file
loadbalancer auth Edge1toLB edge1.crt edge1.key core1.crt|FAILURE: edge1.crt is no key file
callbridge certs call.bridge.key callbridge.crt|FAILURE: file name call.bridge.key not accepted
callbridge certs ../callbridge.key callbridge.crt|FAILURE: file name ../callbridge.key not accepted
callbridge certs callbridge.key callbridge.txt|FAILURE: callbridge.txt is no certificate file
callbridge certs callbridge.key callbridge.crt bundle.p7b|FAILURE: bundle.p7b is no certificate file
callbridge certs nobody.key callbridge.crt|FAILURE: file nobody.key not found
callbridge certs callbridge.key|Usage:
callbridge certs callbridge.key callbridge.crt callbridgebundle.crt more.crt|Usage:
database cluster dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt|Usage:
webbridge3 https listen a:99999|Usage:
webbridge3 https listen 443|Usage:
xmpp certs|Usage:
reload|ERROR: reload is no command
pki frob|Usage:
pki csr|Usage:
pki match ../ca/root.key callbridge.crt|FAILURE: file ../ca/root.key not found
pki inspect nobody.crt|Checking user configured certificates and keys...not found
help reload|ERROR: reload is no command
hostname -x|Usage:
IN

# The pki family, as on the appliance
mmp cms1 <<'IN'
pki csr tac CN:streamer.example.com subjectAltName:streamer.example.com
pki selfsigned cyp CN:"My company CA"
pki sign tac cyp
pki match tac.key tac.crt
pki verify tac.crt cyp.crt
pki match cyp.key tac.crt
pki csr tac CN:streamer.example.com
pki match tac.key tac.crt
IN
same "a request for a name in use replaces its key at once, and breaks the pair" \
    "Created key file tac.key and CSR tac.csr
Created key file cyp.key and certificate cyp.crt
Created certificate tac.crt, signed by cyp.crt
SUCCESS: Key and certificate pair match
SUCCESS: certificate verified against CA bundle
FAILURE: Key and certificate problem: certificate and key do not match
Created key file tac.key and CSR tac.csr
FAILURE: Key and certificate problem: certificate and key do not match" "$out"
openssl pkcs8 -topk8 -in cms1/cert.key -out cms1/locked.key -passout pass:secret 2>/dev/null
mmp cms1 <<'IN'
callbridge certs locked.key cert.crt
callbridge restart
pki unlock locked.key
wrong
pki unlock locked.key
secret
callbridge restart
IN
says "a locked key serves no service" "FAILURE: Key and certificate problem:"
says "the right password opens it" "Unlocked key file locked.key"
same "then it serves" "SUCCESS: Key and certificate pair match" "$(tail -1 <<<"$out")"
mmp cms1 <<'IN'
pki
IN
says "pki alone tells what is in use" "  key         : locked.key"

# Its folder holds what SFTP shows, and dot files
same "nothing but what was made lies in the folder" "cyp.crt
cyp.key
locked.key
tac.crt
tac.csr
tac.key" "$(comm -13 "$T/before" <(ls cms1 | grep -v '\.bak$'))"

# Two sessions at once: each line of both is kept
for i in $(seq 1 40); do echo "loadbalancer create a$i"; done >one
for i in $(seq 1 40); do echo "loadbalancer create b$i"; done >two
"$CERTWRIGHT" mmp --state both <one >out1 2>&1 &
"$CERTWRIGHT" mmp --state both <two >out2 2>&1
wait
same "two sessions at once: neither was refused" "" "$(cat out1 out2)"
same "and each of their 80 lines is kept" 80 "$(jq '.services | length' both/.mmp)"

# Killed at any call that writes, it has the old state or the new
cc -shared -fPIC -o kill_at.so "$TOP/tests/kill_at.c" -ldl
echo "hostname one" | "$CERTWRIGHT" mmp --state killed
calls=0 broken=0
if [[ $CERTWRIGHT != */san/* ]]; then
    for at in $(seq 1 60); do
        { echo "hostname two" | KILL_AT=$at LD_PRELOAD=$PWD/kill_at.so "$CERTWRIGHT" mmp --state killed; } 2>/dev/null
        ended=$?
        name=$(echo hostname | "$CERTWRIGHT" mmp --state killed) || broken=$((broken + 1))
        [[ $name == one || $name == two ]] || broken=$((broken + 1))
        [ "$ended" != 0 ] || break
        calls=$((calls + 1))
        echo "hostname one" | "$CERTWRIGHT" mmp --state killed
    done
    same "a kill at each of its $calls writing calls leaves the old state or the new" 0 "$broken"
    ok "it was killed several times" test "$calls" -ge 4
fi

# The program around it
exits 2 "without --state" "$CERTWRIGHT" mmp
exits 2 "a word too many" "$CERTWRIGHT" mmp --state cms1 xmpp
mmp later --release 3.2 <<'IN'
version
xmpp disable
streamer sip listen a 7000 7001
streamer enable
streamer
IN
says "another release: its number" "3.2"
says "what it has no more is no command" "ERROR: xmpp is no command"
same "217320: a TLS port without certificates" "FAILURE: TLS port set but no certificates configured
FAILURE: Streamer configuration not complete" "$(grep ^FAILURE "$T/out")"
mmp cms1 <<IN
$(printf 'hostname a\033[2Jb')
$(printf 'callb\033ridge')
IN
clean "no control byte comes back"
echo '{' >cms1/.mmp
mmp cms1 <<<"version"
same "a state that is none" 1 "$status"
says "and what to do" "remove it, and the appliance begins anew"
