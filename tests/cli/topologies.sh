#!/usr/bin/env bash
# What follows from who is where: which certificates each trust file holds, and which files each server
# gets, for what differs from the presets.
. "$(dirname "$0")/../lib.sh"

# list WHAT FILE IDENTITY…: the file holds these certificates, in this order
list()
{
    local what=$1 file=$2
    shift 2
    for name; do cat "store/$name.crt"; done >wanted.crt
    same_file "$what" wanted.crt "store/$file"
}

# files WHAT SERVER NAME…: what the server gets, whatever the order
files()
{
    local what=$1 server=$2
    shift 2
    same "$what" "$(printf '%s\n' "$@" | LC_ALL=C sort)" "$(ls "install/$server/files" | LC_ALL=C sort)"
}

# checked WHAT: trust files follow, then there is no error, and a plan
checked()
{
    "$CERTWRIGHT" check --fix >"$T/fixed" 2>&1
    ok "$1: checked" "$CERTWRIGHT" check --json
    same "$1: no error" "" "$(jq -r '.[] | select(.severity == "error") | [.id, .server, .file, .message] | @tsv' "$T/out")"
    ok "$1: a plan" "$CERTWRIGHT" plan
}

# lines WHAT SERVER PATTERN WANTED: of the server's commands
lines()
{
    same "$1" "$4" "$(cat "install/$2"/commands*.mmp | grep -E "$3" || true)"
}

# without SECTION NAME…: whole.conf without these top sections, each one with its lines
without()
{
    local section=$1
    shift
    awk -v section="$section" -v names=" $* " '
        /^[a-z]/ { out = $1 == section && index(names, " " substr($2, 2, length($2) - 2) " ") }
        !out' whole.conf
}

cw init --preset scalable --domain example.com --cores 3 --edges 1 --databases 1 --with recorder,streamer,webbridge3
sed -i 's/type = "rsa"  bits = 2048/type = "ec"  bits = 256/' deployment.conf
cw generate
cw sign --ca labca --make-ca
cp deployment.conf whole.conf

checked "databases, Recorder and Streamer on servers of their own"
list "the Recorder takes all Call Bridges" recorder-trust.crt callbridge1 callbridge2 callbridge3
list "so does the Streamer" streamer-trust.crt callbridge1 callbridge2 callbridge3
list "and the Web Bridge" webbridge-trust.crt callbridge1 callbridge2 callbridge3
list "XMPP servers take each other" xmpp-cluster-trust.crt xmppserver1 xmppserver2 xmppserver3
list "the Call Bridges take them" callbridge-xmpp-trust.crt xmppserver1 xmppserver2 xmppserver3
list "and each other's Web Admin" callbridge-cluster-trust.crt webadmin1 webadmin2 webadmin3
list "the Load Balancer takes its trunks" Edge1toLB-trust.crt core1 core2 core3
list "Web Bridge 3 takes what the CA signed" webbridge3-c2w-trust.crt labca
files "the Recorder's files" recorder1 recorder.key recorder.crt recorderbundle.crt recorder-trust.crt
files "five for a node of the database" db1 dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
lines "set on it" db1 '^database cluster certs' \
    "database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt"
lines "three on a Call Bridge elsewhere" core2 '^database cluster certs' "database cluster certs dbclient.key dbclient.crt dbca.crt"
same "which has no key of the server" 1 "$(ls install/*/files/dbserver.key | wc -l)"
same "the root's key goes nowhere" "" "$(ls install/*/files/dbca.key 2>/dev/null || true)"
lines "two web bridges side by side" edge1 '^webbridge3 https listen' "webbridge3 https listen a:444"
lines "a trunk knows its own Load Balancer" core3 '^trunk (auth|edge)' \
    "trunk auth trunktoEdge1 core3.key core3.crt edge1.crt
trunk edge trunktoEdge1 edge1.example.com 4999"
same "database certificates last ten years" "dbclient dbserver" "$(for name in dbclient dbserver callbridge1 recorder; do
    openssl x509 -in "store/$name.crt" -noout -checkend $((3640 * 86400)) >/dev/null && echo $name; done | paste -sd ' ')"

# XMPP on fewer cores than there are.
awk '/^server/ { third = /core3/ }
    /^    service/ { out = third && /"(xmpp|trunktoEdge1)"/ }
    /^}/ { out = 0 }
    !out' whole.conf >deployment.conf
checked "XMPP on two cores of three"
list "its list is of two" xmpp-cluster-trust.crt xmppserver1 xmppserver2
list "as the Call Bridges' is" callbridge-xmpp-trust.crt xmppserver1 xmppserver2
list "two trunks are taken" Edge1toLB-trust.crt core1 core2
list "three Call Bridges are, still" webbridge-trust.crt callbridge1 callbridge2 callbridge3
lines "the third one checks XMPP, too" core3 '^callbridge trust xmpp' "callbridge trust xmpp callbridge-xmpp-trust.crt"

# One certificate for all Call Bridges: a trust of one is its own file.
without identity callbridge2 callbridge3 | sed 's/identity = "callbridge[23]"/identity = "callbridge1"/' >deployment.conf
"$CERTWRIGHT" plan --force >/dev/null 2>&1
lines "one certificate for all Call Bridges" edge1 '^webbridge trust callbridge' "webbridge trust callbridge1.crt"
lines "for the Recorder as well" recorder1 '^recorder trust' "recorder trust callbridge1.crt"

# No database: no file of it anywhere.
without identity dbca dbserver dbclient | sed '/^server "db1"/,/^}/d; s/database = "remote"/database = "none"/' >deployment.conf
checked "without a database"
same "no command of it" "" "$(cat install/*/commands*.mmp | grep database || true)"

# A database CA from outside: its file is named, and the same commands take it.
without identity dbca | sed 's/root = "dbca"/root-file = "outside.crt"/; s/signer = "dbca"/signer = "internal"/' >deployment.conf
cp store/dbca.crt store/outside.crt
"$CERTWRIGHT" plan --force >/dev/null 2>&1
lines "root-file" db1 '^(pki verify dbserver|database cluster certs)' "pki verify dbserver.crt outside.crt
database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt outside.crt"
lines "for who is a client of it, too" core1 '^database cluster certs' "database cluster certs dbclient.key dbclient.crt outside.crt"

# Two Load Balancers of one name with other trunks behind them.
cw init --preset scalable --domain example.com --cores 3 --edges 2 --databases 1 --with recorder,streamer --force
sed -i 's/type = "rsa"  bits = 2048/type = "ec"  bits = 256/; s/service "Edge[12]toLB"/service "lb"/' deployment.conf
awk '/^server/ { third = /core3/ }
    /^    service/ { out = third && /"trunktoEdge2"/ }
    /^}/ { out = 0 }
    !out' deployment.conf >fewer.conf && mv fewer.conf deployment.conf
cw generate
cw sign --ca labca
list "other contents under one name: the first" edge1-lb-trust.crt core1 core2 core3
list "the second" edge2-lb-trust.crt core1 core2
"$CERTWRIGHT" plan --force >/dev/null 2>&1
lines "each server has its own" edge2 '^loadbalancer auth' "loadbalancer auth lb edge2.key edge2.crt edge2-lb-trust.crt"

# SIP and LDAP peers are checked before the one restart.
cat store/labca.crt >store/sipcas.crt
sed 's/^validation { /&sip = "enable"  sip-trust-file = "sipcas.crt"  ldap = "disable"  /' whole.conf >deployment.conf
checked "SIP is verified, LDAP is not"
lines "the lines, before the restart" core1 '^(tls|callbridge (certs|restart))' \
    "callbridge certs callbridge1.key callbridge1.crt callbridge1bundle.crt
tls sip trust sipcas.crt
tls sip verify enable
tls ldap verify disable
callbridge restart
tls sip
tls ldap"
has "its CAs are uploaded" "put files/sipcas.crt sipcas.crt" install/core1/upload.sftp
hasnt "where a Call Bridge is" sipcas.crt install/edge1/upload.sftp
sed -i 's/service "webadmin" {.*/&\n    service "sip" { }/' deployment.conf
fails "a part is no service" "$CERTWRIGHT" check
says "it says what it is" "SIP over TLS is no service but a part of the Call Bridge"
