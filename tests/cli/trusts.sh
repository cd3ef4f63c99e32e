#!/usr/bin/env bash
# Who accepts whom in a scalable deployment: each trust's file, its content with openssl as the judge,
# and where it lies; then what follows when services, sharing and validation change.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

# The map, a line a trust: SERVERS SERVICE > KIND SERVERS: FILE STATE.
map()
{
    "$CERTWRIGHT" plan --graph=text --ascii | awk '
    /^[a-z]/ && !/certificates/ { servers = $0 }
    /^  / {
        sub(/^ +/, "")
        match($0, /[-=][-=X ][-=]>/)
        reader = substr($0, 1, RSTART - 1)
        rest = substr($0, RSTART + RLENGTH + 1)
        if (rest !~ /  /) { getline more; sub(/^ +/, "  ", more); rest = rest more }
        sub(/ +$/, "", reader)
        sub(/  +/, ": ", rest)
        gsub(/  +/, " ", rest)
        print servers " " reader " > " rest
    }'
}
# certwright writes what follows from a change, nothing else.
follow()
{
    "$CERTWRIGHT" check --fix >/dev/null
}

"$CERTWRIGHT" init --preset scalable --cores 3 --edges 2 --domain example.com >/dev/null
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/' deployment.conf
cp deployment.conf scalable.conf
"$CERTWRIGHT" generate >/dev/null
"$CERTWRIGHT" sign --ca int --make-ca >/dev/null
same "scalable: who accepts whom" "core1-3 callbridge > xmpp core1-3: callbridge-xmpp-trust.crt OK
core1-3 callbridge > webadmin core1-3: callbridge-cluster-trust.crt OK
core1-3 xmpp > xmpp core1-3: xmpp-cluster-trust.crt OK
core1-3 trunktoEdge1 > loadbalancer edge1: edge1.crt OK
core1-3 trunktoEdge2 > loadbalancer edge2: edge2.crt OK
core1-3 database > database core1-3: dbca.crt OK
edge1 loadbalancer > trunk core1-3: Edge1toLB-trust.crt OK
edge2 loadbalancer > trunk core1-3: Edge2toLB-trust.crt OK
edge1-2 webbridge > callbridge core1-3: webbridge-trust.crt OK
edge1-2 webbridge > xmpp core1-3: webbridge-xmpp-trust.crt OK" "$(map)"
cw plan
same "it is planned" 0 "$status"

# holds FILE LEAF…: a list of just these, each of which alone the very certificates make accepted.
holds()
{
    local file=$1 leaf
    shift
    cat "${@/#/store/}" >"$T/list"
    same_file "$file is ${*}" "$T/list" "store/$file"
    for leaf in "$@"; do
        ok "$file accepts $leaf" pinned "$file" "$leaf"
    done
    fails "$file accepts no other of that CA" pinned "$file" turn1.crt
}
pinned()
{
    openssl verify -no-CAfile -no-CApath -no-CAstore -partial_chain -trusted "store/$1" "store/$2"
}
chain()
{
    openssl verify -no-CApath -no-CAstore -CAfile "store/$1" "store/$2"
}
# exit 2 of openssl is its no.
fails()
{
    local what=$1
    shift
    run "$@"
    if [ "$status" = 2 ]; then pass "$what"; else fail "$what" "$(told)"; fi
}
holds webbridge-trust.crt callbridge1.crt callbridge2.crt callbridge3.crt
holds webbridge-xmpp-trust.crt xmppserver1.crt xmppserver2.crt xmppserver3.crt
same_file "Call Bridges accept the same XMPP servers" store/webbridge-xmpp-trust.crt store/callbridge-xmpp-trust.crt
same_file "and so do these" store/webbridge-xmpp-trust.crt store/xmpp-cluster-trust.crt
holds callbridge-cluster-trust.crt webadmin1.crt webadmin2.crt webadmin3.crt
holds Edge1toLB-trust.crt core1.crt core2.crt core3.crt
same_file "both load balancers accept the same trunks" store/Edge1toLB-trust.crt store/Edge2toLB-trust.crt
holds edge1.crt edge1.crt
holds edge2.crt edge2.crt
for leaf in dbserver.crt dbclient.crt; do
    ok "dbca.crt accepts $leaf" chain dbca.crt $leaf
done
fails "dbca.crt accepts nobody else" chain dbca.crt webadmin1.crt

# Each lies where it is read, under that name, and nowhere else.
lies()
{
    local file=$1 command=$2 server where=''
    shift 2
    for server in "$@"; do
        grep -qxF -e "$command" "install/$server"/commands*.mmp || fail "$server is told of $file" "$command"
        same_file "$file lies on $server" "store/$file" "install/$server/files/$file"
        where="$where install/$server/files/$file"
    done
    same "$file lies nowhere else" "${where# }" "$(find install -name "$file" | LC_ALL=C sort | xargs)"
}
lies webbridge-trust.crt "webbridge trust webbridge-trust.crt" edge1 edge2
lies webbridge-xmpp-trust.crt "webbridge trust xmpp webbridge-xmpp-trust.crt" edge1 edge2
lies callbridge-xmpp-trust.crt "callbridge trust xmpp callbridge-xmpp-trust.crt" core1 core2 core3
lies callbridge-cluster-trust.crt "callbridge trust cluster callbridge-cluster-trust.crt" core1 core2 core3
lies xmpp-cluster-trust.crt "xmpp cluster trust xmpp-cluster-trust.crt" core1 core2 core3
lies Edge1toLB-trust.crt "loadbalancer auth Edge1toLB edge1.key edge1.crt Edge1toLB-trust.crt" edge1
lies Edge2toLB-trust.crt "loadbalancer auth Edge2toLB edge2.key edge2.crt Edge2toLB-trust.crt" edge2
lies dbca.crt "database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt" core1 core2 core3
same "a trunk has the load balancer's certificate" "trunk auth trunktoEdge2 core3.key core3.crt edge2.crt" \
    "$(cat install/core3/commands*.mmp | grep 'auth trunktoEdge2')"
same_file "which lies there" store/edge2.crt install/core3/files/edge2.crt

# Call Bridges with one certificate: that certificate's own file; two of three with one: each once.
sed -i 's/identity = "callbridge[23]"/identity = "callbridge1"/' deployment.conf
follow
has_line()
{
    if map | grep -qxF -e "$2"; then pass "$1"; else fail "$1" "wanted: $2" "$(map)"; fi
}
has_line "one certificate for all Call Bridges" "edge1-2 webbridge > callbridge core1-3: callbridge1.crt OK"
sed '/^server "core3"/,/^}/s/identity = "callbridge1"/identity = "callbridge3"/' deployment.conf >two.conf
mv two.conf deployment.conf
follow
has_line "one for two, and one for the third" "edge1-2 webbridge > callbridge core1-3: webbridge-trust.crt OK"
holds webbridge-trust.crt callbridge1.crt callbridge3.crt

# XMPP on two of three cores: the third has no trunks, and nobody waits for it.
awk '/^server "core3"/ { on = 1 } /^}/ { on = 0 }
    on && /service "(xmpp|trunk)/ { skip = 1 } !skip { print } skip && /}$/ { skip = 0 }' scalable.conf >deployment.conf
follow
same "XMPP on fewer cores than there are" "core1-3 callbridge > xmpp core1-2: callbridge-xmpp-trust.crt OK
core1-3 callbridge > webadmin core1-3: callbridge-cluster-trust.crt OK
core1-2 xmpp > xmpp core1-2: xmpp-cluster-trust.crt OK
core1-2 trunktoEdge1 > loadbalancer edge1: edge1.crt OK
core1-2 trunktoEdge2 > loadbalancer edge2: edge2.crt OK
core1-3 database > database core1-3: dbca.crt OK
edge1 loadbalancer > trunk core1-2: Edge1toLB-trust.crt OK
edge2 loadbalancer > trunk core1-2: Edge2toLB-trust.crt OK
edge1-2 webbridge > callbridge core1-3: webbridge-trust.crt OK
edge1-2 webbridge > xmpp core1-2: webbridge-xmpp-trust.crt OK" "$(map)"
holds Edge2toLB-trust.crt core1.crt core2.crt
holds webbridge-xmpp-trust.crt xmppserver1.crt xmppserver2.crt

# Without validation nobody checks XMPP servers or members; what clusters itself does.
sed '/^validation/d' scalable.conf >deployment.conf
follow
same "validation off" "core1-3 xmpp > xmpp core1-3: xmpp-cluster-trust.crt OK
core1-3 trunktoEdge1 > loadbalancer edge1: edge1.crt OK
core1-3 trunktoEdge2 > loadbalancer edge2: edge2.crt OK
core1-3 database > database core1-3: dbca.crt OK
edge1 loadbalancer > trunk core1-3: Edge1toLB-trust.crt OK
edge2 loadbalancer > trunk core1-3: Edge2toLB-trust.crt OK
edge1-2 webbridge > callbridge core1-3: webbridge-trust.crt OK" "$(map)"
sed '/^validation/s/cluster = true//; /^server "edge2"/,/^}/s/service "webbridge" {/& xmpp-trust-file = "none"/' scalable.conf \
    >deployment.conf
follow
has_line "off in one Web Bridge" "edge2 webbridge > xmpp core1-3: none OFF"
has_line "and not in the other" "edge1 webbridge > xmpp core1-3: webbridge-xmpp-trust.crt OK"
same "members unchecked" "" "$(map | grep webadmin)"
ok "it is planned so" "$CERTWRIGHT" plan
same "what is off is switched off there" "webbridge trust xmpp none" \
    "$(grep 'webbridge trust xmpp' install/edge2/commands-2.mmp)"

# A load balancer and its trunks are paired by the edge that a trunk names.
sed '/^server "core2"/,/^}/{/trunktoEdge2/d}' scalable.conf >deployment.conf
follow
has_line "a core without a trunk to that edge" "edge2 loadbalancer > trunk core1, core3: Edge2toLB-trust.crt OK"
holds Edge2toLB-trust.crt core1.crt core3.crt
has_line "which the other edge has" "edge1 loadbalancer > trunk core1-3: Edge1toLB-trust.crt OK"

# Web Bridge 3 beside Web Bridge 2, Recorder and Streamer on servers of their own, four Call Bridges of
# which one has no database: nothing is there yet, and all is named.
mkdir "$W/many" && cd "$W/many" || exit 1
"$CERTWRIGHT" init --preset scalable --cores 4 --edges 2 --with webbridge3,recorder,streamer --domain example.com >/dev/null
same "all at once" "core1-4 callbridge > webbridge3 edge1-2: callbridge-c2w-trust.crt WAITS
core1-4 callbridge > xmpp core1-4: callbridge-xmpp-trust.crt WAITS
core1-4 callbridge > webadmin core1-4: callbridge-cluster-trust.crt WAITS
core1-4 xmpp > xmpp core1-4: xmpp-cluster-trust.crt WAITS
core1-4 trunktoEdge1 > loadbalancer edge1: edge1.crt WAITS
core1-4 trunktoEdge2 > loadbalancer edge2: edge2.crt WAITS
core1-4 database > database core1-3: dbca.crt WAITS
edge1 loadbalancer > trunk core1-4: Edge1toLB-trust.crt WAITS
edge2 loadbalancer > trunk core1-4: Edge2toLB-trust.crt WAITS
edge1-2 webbridge > callbridge core1-4: webbridge-trust.crt WAITS
edge1-2 webbridge > xmpp core1-4: webbridge-xmpp-trust.crt WAITS
edge1-2 webbridge3 > callbridge core1-4: webbridge3-c2w-trust.crt WAITS
recorder1 recorder > callbridge core1-4: recorder-trust.crt WAITS
streamer1 streamer > callbridge core1-4: streamer-trust.crt WAITS" "$(map)"
