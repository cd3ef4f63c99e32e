#!/usr/bin/env bash
# Core and edge, and several of both: what each server gets and types, turn by turn (guide 4.4 to 4.12).
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

# deployment PRESET [OPTION…]: made, signed and planned; the kind of key is not what this is about.
deployment()
{
    cw init --preset "$@" --domain example.com
    sed -i 's/^key {.*/key { type = "ec" bits = 256 }/' deployment.conf
    cw generate
    cw sign --ca testca --make-ca
    cw plan
    same "$* is planned" 0 "$status"
}
lines()
{
    cat "install/$1.mmp"
}
# by_hand PHASE: what a person types there.
# told TITLE: what the head of the runbook says of that kind of service, in one line.
told_of()
{
    sed -n '/^## What stops/,/^## 1/p' install/RUNBOOK.md |
        awk -v title="- $1 on" 'index($0, title) == 1 { on = 1 } on && /^(-|$)/ && index($0, title) != 1 { exit } on' |
        xargs -d '\n' | sed 's/  */ /g'
}
by_hand()
{
    jq -r ".[] | select(.phase == $1 and .manual != \"\" and (.typed | length) > 0)
           | .server + \": \" + (.typed | join(\", \"))" install/plan.json
}

mkdir split && cd split || exit 1
deployment single-split
same "the turns of core and edge" "core1/commands-1.mmp edge1/commands-1.mmp core1/commands-2.mmp \
edge1/commands-2.mmp core1/commands-3.mmp" "$(jq -r '[.[] | select(.command != "") | .file]
    | reduce .[] as $f ([]; if .[-1] == $f then . else . + [$f] end) | join(" ")' install/plan.json)"
same "the edge's" "loadbalancer create Edge1toLB
loadbalancer auth Edge1toLB edge1.key edge1.crt core1.crt
loadbalancer trunk Edge1toLB a:4999
loadbalancer public Edge1toLB b:5222 lo:5222
loadbalancer enable Edge1toLB
webbridge disable
webbridge certs webbridge.key webbridge.crt webbridgebundle.crt
webbridge trust callbridge.crt
webbridge enable
webbridge
turn disable
turn certs turn.key turn.crt turnbundle.crt
turn enable
turn" "$(lines edge1/commands-2)"
same "the trunk comes last" "trunk create trunktoEdge1 xmpp
trunk auth trunktoEdge1 core1.key core1.crt edge1.crt
trunk edge trunktoEdge1 edge1.example.com 4999
trunk enable trunktoEdge1" "$(lines core1/commands-3)"
ok "each pair is checked where it is used" grep -qx "pki verify edge1.crt edge1bundle.crt" \
    install/edge1/commands-1.mmp
cd ..

mkdir many && cd many || exit 1
deployment scalable
same "a core's services" "webadmin disable
webadmin certs webadmin2.key webadmin2.crt webadmin2bundle.crt
webadmin enable
webadmin
xmpp disable
xmpp certs xmppserver2.key xmppserver2.crt xmppserver2bundle.crt
xmpp cluster trust xmpp-cluster-trust.crt
xmpp enable
xmpp
callbridge certs callbridge2.key callbridge2.crt callbridge2bundle.crt
callbridge trust xmpp callbridge-xmpp-trust.crt
callbridge trust cluster callbridge-cluster-trust.crt
callbridge restart
callbridge" "$(lines core2/commands-2)"
same "a core has a trunk to each edge" "trunk auth trunktoEdge1 core2.key core2.crt edge1.crt
trunk auth trunktoEdge2 core2.key core2.crt edge2.crt" "$(grep auth install/core2/commands-3.mmp)"
same "an edge accepts every core, Call Bridge and XMPP server" \
    "loadbalancer auth Edge2toLB edge2.key edge2.crt Edge2toLB-trust.crt
webbridge trust webbridge-trust.crt
webbridge trust xmpp webbridge-xmpp-trust.crt" "$(grep -E 'auth|trust' install/edge2/commands-2.mmp)"
same "a list holds three leaves" "3 3 3 3" "$(for f in Edge1toLB webbridge webbridge-xmpp callbridge-cluster; do
    grep -c BEGIN "install/$([ $f = callbridge-cluster ] && echo core1 || echo edge1)/files/$f-trust.crt"
done | xargs)"
for n in 1 2 3; do
    ok "Edge1toLB accepts core$n" openssl verify -partial_chain \
        -CAfile install/edge1/files/Edge1toLB-trust.crt "install/core$n/files/core$n.crt"
done
exits 2 "and no Web Bridge" openssl verify -partial_chain -CAfile install/edge1/files/Edge1toLB-trust.crt \
    install/edge1/files/webbridge1.crt
same "the database comes when all services run" \
    "database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
database cluster status" "$(jq -r '.[] | select(.phase == 5 and .server == "core1" and .command != "")
    | .command' install/plan.json)"
same "by hand: the primary begins, the others join" "core1: database cluster localnode a
core2: database cluster localnode a
core3: database cluster localnode a
core1: database cluster initialize, database cluster status
core2: database cluster join core1.example.com, database cluster status
core3: database cluster join core1.example.com, database cluster status" "$(by_hand 5)"
same "by hand: XMPP servers become a cluster" \
    "core1: xmpp disable, xmpp cluster enable, xmpp cluster initialize, xmpp enable
core2: xmpp disable, xmpp cluster enable, xmpp enable, xmpp cluster join core1.example.com, xmpp cluster status
core3: xmpp disable, xmpp cluster enable, xmpp enable, xmpp cluster join core1.example.com, xmpp cluster status" \
    "$(by_hand 4)"
same "no server gets the database's root key" "" "$(find install -name 'dbca.key')"
same "a key lies where it is used only" "edge1" "$(cd install && ls -d */files/turn1.key | cut -d/ -f1)"

# A cluster that runs is taken apart first, its primary last.
sed -i 's/native-apps = true }/native-apps = true  database-live = true }/' deployment.conf
cw plan
same "replicas leave first" "core2: database cluster remove, Y
core3: database cluster remove, Y
core1: database cluster remove, Y" "$(by_hand 3)"
removed=$(jq '[.[] | select(.phase == 3 and (.typed | length) > 0) | .step] | min' install/plan.json)
joined=$(jq '[.[] | select(.phase == 5) | .step] | max' install/plan.json)
told=$(told_of Database)
case $told in
*"(steps $removed to $((joined - 1)), "*"3 stops, each for as long as it takes to type"*"All 3 are out at once: nobody has it meanwhile."*)
    pass "it is told how long nobody has the database" ;;
*) fail "it is told how long nobody has the database" "$told" ;;
esac
same "how often a Call Bridge restarts, and who notices" \
    "3 restarts. Of 3 never more than 1 is out at once. A restart drops every call on that Call Bridge: have a window that people know of." \
    "$(told_of 'Call Bridge' | sed 's/.*): //')"
same "XMPP servers stop for their files, and restart for the cluster" \
    "3 restarts. 3 stops, each for as long as it takes to type 4 lines at most." \
    "$(told_of 'XMPP server' | sed 's/.*): //; s/ Of 3.*//')"
same "and from when to when it all is" "$removed $joined" "$(tr '\n' ' ' <install/RUNBOOK.md |
    grep -oE 'begins with step [0-9]+ and is over with step [0-9]+' | grep -oE '[0-9]+' | xargs)"
cd ..

mkdir apart && cd apart || exit 1
deployment scalable --databases 1 --with recorder
same "a node of its own has five files" \
    "database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt" \
    "$(jq -r '.[].command | select(startswith("database cluster certs"))' install/plan.json | grep dbserver)"
same "its clients have three" "3" \
    "$(grep -cx 'database cluster certs dbclient.key dbclient.crt dbca.crt' \
        <(jq -r '.[] | select(.server | startswith("core")) | .command' install/plan.json))"
same "they connect" "core1: database cluster connect db1.example.com
core2: database cluster connect db1.example.com
core3: database cluster connect db1.example.com" "$(by_hand 5 | grep connect)"
ok "and hold no key of the server's" test ! -e install/core1/files/dbserver.key
same "a recorder trusts every Call Bridge" "recorder trust recorder-trust.crt" \
    "$(grep trust install/recorder1/commands*.mmp | sed 's/.*://')"
same "the way back takes the cluster apart, its primary last" "core3 core2 core1 db1" \
    "$(sed -n '/^## 6/,/^## 7/p' install/RUNBOOK.md | awk '/^On / { on = $2 } /database cluster remove/ { print on }' | xargs)"

# What is set without certificates: for what is not in place yet, and with the way back.
sed -i '/^server "core3"/,/^}/s/service "\(callbridge\|xmpp\)" {/& installed = true /' deployment.conf
ok "plan --base" "$CERTWRIGHT" plan --base
same "what is set first on servers of their own, and what takes it back" \
    "edge2: turn tls 447 < turn tls none
recorder1: recorder listen a:8443 < recorder listen none" \
    "$(jq -r '.[] | select(.phase == 0) | .server + ": " + .command + " < " + .undo' install/plan.json | grep -E 'edge2: turn|recorder1|db1')"
same "nothing of what is in place" "core3: webadmin listen a 443" \
    "$(jq -r '.[] | select(.phase == 0 and .server == "core3") | .server + ": " + .command' install/plan.json)"
same "it goes back last" "recorder1 edge2 edge1 core3 core2 core1" \
    "$(sed -n '/^What the first phase set/,/^A service that/p' install/RUNBOOK.md | awk '/^On / { print $2 }' | xargs)"
same "no server has an empty way back" "" \
    "$(sed -n '/^## 6/,$p' install/RUNBOOK.md | awk 'NF { if (/^On / && last ~ /^On /) print; last = $0 }')"
cd ..

# What is outside: each file of CAs once, whatever it is called on each server.
mkdir outside && cd outside || exit 1
deployment scalable --databases 1 --with recorder,webbridge3
sed -i 's/native-apps = true/&  active-directory = true  sip-tls = true  cucm = "core1.example.com"/' deployment.conf
ok "planned for outsiders" "$CERTWRIGHT" plan --force
outside=$(sed -n '/^## 4/,/^## 5/p' install/RUNBOOK.md)
same "one CA file for each of them, and browsers" \
    "callbridge1bundle.crt callbridge1bundle.crt webadmin1bundle.crt" \
    "$(grep -o '  - CA file `[^`]*' <<<"$outside" | sed 's,.*/,,' | xargs)"
for n in 1 2 3; do
    has "Call Bridge $n is shown to Active Directory" "callbridge$n.crt" \
        <(sed -n '/Active Directory/,/SIP call/p' <<<"$outside")
done
same "the API is told when the database is there, each address once" \
    "5 edge1 POST /api/v1/webbridges url=c2w://edge1.example.com:9999
5 edge2 POST /api/v1/webbridges url=c2w://edge2.example.com:9999" \
    "$(jq -r '.[-2:][] | "\(.phase) \(.server) \(.manual)"' install/plan.json)"
same "and Call Bridges of another database as well, said once" \
    'tell the same, here and at each call below: `https://core2.example.com`, `https://core3.example.com`.' \
    "$(tr -s '\n ' ' ' <install/RUNBOOK.md | grep -o 'tell the same, here[^:]*: [^ ]* [^ ]*')"
same "what is typed by hand is typed where it says" \
    "core1 admin@core1.example.com core2 admin@core2.example.com core3 admin@core3.example.com" \
    "$(awk '/^### Turn/ { turn = $NF } /^Log in/ { in_ = $5 } /cluster connect/ { print turn, in_ }' install/RUNBOOK.md |
        tr -d '`' | sed 's/\.$//' | xargs)"
cd ..

# One server alone: what a person does in between ends a file of commands, for it would run on.
mkdir alone && cd alone || exit 1
deployment single-combined --with database
sed -i 's/native-apps = true }/native-apps = true  database-live = true }/' deployment.conf
cw plan
same "what is done by hand stands between two files" "cms1/commands-1.mmp hand cms1/commands-2.mmp hand" \
    "$(jq -r '[.[] | if .manual != "" then "hand" elif .command != "" then .file else empty end]
        | reduce .[] as $f ([]; if .[-1] == $f then . else . + [$f] end) | join(" ")' install/plan.json)"
