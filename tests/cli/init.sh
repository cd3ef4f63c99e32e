#!/usr/bin/env bash
# init: the presets to the last name, and never over a deployment.conf without --force.
. "$(dirname "$0")/../lib.sh"

# The sections of a deployment in file order, one a line.
sections()
{
    flat "${1:-deployment.conf}" | grep -E '^(identity|server)\.[^ ]*\.$'
}

# sets, or absent where the value is the default.
sets_or()
{
    if flat deployment.conf | grep -q "^$2 = "; then
        sets "$1" "$2" "$3"
    else
        pass "$1 (by default)"
    fi
}

ok "lab" "$CERTWRIGHT" init --preset lab --domain example.com
same "its identities, server and services, in order" "identity.labca.
identity.cms1.
server.cms1.
server.cms1.service.webadmin.
server.cms1.service.callbridge.
server.cms1.service.webbridge3." "$(sections)"
sets "release" release 2.9
sets "name" name example.com
sets_or "store" store store
sets_or "key type" key.type rsa
sets_or "key bits" key.bits 2048
sets "purpose" environment.purpose lab
sets "CN of labca" identity.labca.CN "example.com lab CA"
sets "labca signs itself" identity.labca.signer self
sets "CN of cms1" identity.cms1.CN cms1.example.com
sets "cms1 is signed by labca" identity.cms1.signer labca
sets "address" server.cms1.address cms1.example.com
sets_or "platform" server.cms1.platform vm
sets "Web Admin's identity" server.cms1.service.webadmin.identity cms1
sets "Web Admin leaves 443 to the web bridge" server.cms1.service.webadmin.listen a:445
sets "Call Bridge's identity" server.cms1.service.callbridge.identity cms1
sets_or "Call Bridge listens" server.cms1.service.callbridge.listen a
sets_or "no database" server.cms1.service.callbridge.database none
sets "Web Bridge 3's A record" server.cms1.service.webbridge3.a-record cms1.example.com
sets "https" server.cms1.service.webbridge3.https cms1
sets "c2w" server.cms1.service.webbridge3.c2w cms1
sets_or "https listens" server.cms1.service.webbridge3.https-listen a:443
sets_or "c2w listens" server.cms1.service.webbridge3.c2w-listen a:9999
sets_or "c2w address" server.cms1.service.webbridge3.c2w-url c2w://cms1.example.com:9999
same "mode 0644" 644 "$(stat -c %a deployment.conf)"
run "$CERTWRIGHT" check --json
same "the rules name no component and no option that is wrong" "" \
    "$(jq -r '.[] | select(.severity == "error") | .id' "$T/out" | grep -vE 'MISSING|ABSENT|FILE|NO-|TRUST' || true)"

cp deployment.conf first.conf
fails "a second init is refused" "$CERTWRIGHT" init --preset webapp --domain example.org
says "it names the way" --force
says "and what is there" "deployment.conf: it is there already: the deployment example.com, saved on $(date -u +%F)"
same_file "and changes nothing" first.conf deployment.conf
ok "--force" "$CERTWRIGHT" init --preset webapp --domain example.org --force
sets "writes the new one" name example.org
ok "twice the same" "$CERTWRIGHT" init --preset lab --domain example.com --config again.conf
same_file "byte by byte" first.conf again.conf
ok "whatever the umask" bash -c 'umask 077; "$CERTWRIGHT" init --preset lab --domain example.com --config umask.conf'
same "0644" 644 "$(stat -c %a umask.conf)"

rm deployment.conf
ok "webapp" "$CERTWRIGHT" init --preset webapp --domain example.com
same "one identity" "identity.singleCert.
server.cms1.
server.cms1.service.webadmin.
server.cms1.service.callbridge.
server.cms1.service.webbridge3." "$(sections)"
sets_or "production" environment.purpose production
sets_or "no WebRTC app" environment.webrtc-apps false
sets_or "no native apps" environment.native-apps false
sets "CN" identity.singleCert.CN cms1.example.com
sets "signer" identity.singleCert.signer internal
for place in webadmin.identity callbridge.identity webbridge3.https webbridge3.c2w; do
    sets "$place" "server.cms1.service.$place" singleCert
done

rm deployment.conf
ok "single-combined" "$CERTWRIGHT" init --preset single-combined --domain example.com \
    --O "Example Inc." --L "San Jose" --ST California --C US
same "five identities, five services" "identity.webadmin.
identity.callbridge.
identity.webbridge.
identity.xmppserver.
identity.turn.
server.cms1.
server.cms1.service.webadmin.
server.cms1.service.callbridge.
server.cms1.service.webbridge.
server.cms1.service.xmpp.
server.cms1.service.turn." "$(sections)"
sets "O" subject.O "Example Inc."
sets "L" subject.L "San Jose"
sets "ST" subject.ST California
sets "C" subject.C US
sets "WebRTC app" environment.webrtc-apps true
sets "native apps" environment.native-apps true
while read -r name cn san signer; do
    sets "CN of $name" "identity.$name.CN" "$cn"
    [ "$san" = - ] && san=
    sets "SAN of $name" "identity.$name.subjectAltName" "$san"
    sets "signer of $name" "identity.$name.signer" "$signer"
done <<'END'
webadmin cms1.example.com - internal
callbridge callbridge.example.com cms1.example.com internal
webbridge join.example.com cms1.example.com public
xmppserver xmpp.example.com example.com public
turn turn.example.com - public
END
sets "a-record" server.cms1.service.webbridge.a-record join.example.com
sets_or "Web Bridge listens" server.cms1.service.webbridge.listen a:443
sets "Web Admin beside it" server.cms1.service.webadmin.listen a:445
sets_or "XMPP domain" server.cms1.service.xmpp.domain example.com
sets_or "XMPP host" server.cms1.service.xmpp.host xmpp.example.com
sets "TURN over TLS" server.cms1.service.turn.tls-port 447

rm deployment.conf
ok "--with recorder" "$CERTWRIGHT" init --preset single-combined --domain example.com --with recorder
sets "the recorder has its identity" server.cms1.service.recorder.identity recorder
sets "its CN is the address" identity.recorder.CN cms1.example.com
sets "its signer" identity.recorder.signer internal
rm deployment.conf
ok "--with two, --without two" "$CERTWRIGHT" init --preset single-combined --domain example.com \
    --with recorder,streamer --without turn,xmpp
same "what is left" "identity.webadmin.
identity.callbridge.
identity.webbridge.
identity.recorder.
identity.streamer.
server.cms1.
server.cms1.service.webadmin.
server.cms1.service.callbridge.
server.cms1.service.webbridge.
server.cms1.service.recorder.
server.cms1.service.streamer." "$(sections)"
rm deployment.conf
ok "without a web bridge" "$CERTWRIGHT" init --preset single-combined --domain example.com --without webbridge
sets_or "Web Admin takes 443" server.cms1.service.webadmin.listen a:443
rm deployment.conf
ok "lab with a recorder" "$CERTWRIGHT" init --preset lab --domain example.com --with recorder
sets "shares the one identity" server.cms1.service.recorder.identity cms1

# --- core and edge ---
rm deployment.conf
ok "single-split" "$CERTWRIGHT" init --preset single-split --domain example.com
same "its identities, servers and services, in order" "identity.webadmin.
identity.callbridge.
identity.xmppserver.
identity.core1.
identity.edge1.
identity.webbridge.
identity.turn.
server.core1.
server.core1.service.webadmin.
server.core1.service.callbridge.
server.core1.service.xmpp.
server.core1.service.trunktoEdge1.
server.edge1.
server.edge1.service.Edge1toLB.
server.edge1.service.webbridge.
server.edge1.service.turn." "$(sections)"
while read -r name cn san signer; do
    sets "CN of $name" "identity.$name.CN" "$cn"
    [ "$san" = - ] && san=
    sets "SAN of $name" "identity.$name.subjectAltName" "$san"
    sets "signer of $name" "identity.$name.signer" "$signer"
done <<'END'
webadmin core1.example.com - internal
callbridge callbridge.example.com core1.example.com internal
xmppserver xmpp.example.com example.com public
core1 core1.example.com - internal
edge1 edge1.example.com - internal
webbridge join.example.com edge1.example.com public
turn turn.example.com - public
END
sets "native apps" environment.native-apps true
sets "no validation" validation.xmpp ""
sets "the trunk's kind" server.core1.service.trunktoEdge1.kind trunk
sets "leads to the edge" server.core1.service.trunktoEdge1.edge edge1
sets "at its port" server.core1.service.trunktoEdge1.port 4999
sets "the Load Balancer's port" server.edge1.service.Edge1toLB.trunk a:4999
sets "and those for apps" server.edge1.service.Edge1toLB.public "b:5222,lo:5222"
sets "Web Admin has 443 to itself" server.core1.service.webadmin.listen a:443

rm deployment.conf
ok "scalable" "$CERTWRIGHT" init --preset scalable --domain example.com
same "21 identities in order" "webadmin1 webadmin2 webadmin3 callbridge1 callbridge2 callbridge3 xmppserver1 \
xmppserver2 xmppserver3 core1 core2 core3 edge1 edge2 webbridge1 webbridge2 turn1 turn2 dbca dbserver dbclient" \
    "$(sections | sed -n 's/^identity\.\(.*\)\.$/\1/p' | paste -sd ' ')"
while read -r name cn san signer; do
    sets "CN of $name" "identity.$name.CN" "${cn//+/ }"
    [ "$san" = - ] && san=
    sets "SAN of $name" "identity.$name.subjectAltName" "$san"
    sets "signer of $name" "identity.$name.signer" "$signer"
done <<'END'
webadmin2 core2.example.com - internal
callbridge3 callbridge3.example.com core3.example.com internal
xmppserver1 xmpp1.example.com example.com public
core3 core3.example.com - internal
edge2 edge2.example.com - internal
webbridge2 join.example.com edge2.example.com public
turn2 turn2.example.com - public
dbca Example+database+CA - self
dbserver core1.example.com core2.example.com,core3.example.com dbca
dbclient postgres - dbca
END
sets "XMPP is validated" validation.xmpp true
sets "and so is the cluster" validation.cluster true
for n in 1 2 3; do
    same "core$n" "webadmin callbridge xmpp trunktoEdge1 trunktoEdge2 database" \
        "$(sections | sed -n "s/^server\.core$n\.service\.\(.*\)\.$/\1/p" | paste -sd ' ')"
    sets "its trunk has the core's pair" "server.core$n.service.trunktoEdge2.identity" "core$n"
    sets "its database is here" "server.core$n.service.callbridge.database" co-located
    sets "XMPP is a cluster" "server.core$n.service.xmpp.cluster" true
done
for slot in root:dbca server:dbserver client:dbclient; do
    sets "the database's ${slot%:*}" "server.core2.service.database.${slot%:*}" "${slot#*:}"
done

ok "four cores, their database elsewhere, a Recorder" "$CERTWRIGHT" init --preset scalable --domain example.com \
    --cores 4 --edges 1 --databases 2 --with recorder,webbridge3 --force
same "the servers" "core1 core2 core3 core4 edge1 db1 db2 recorder1" \
    "$(sections | sed -n 's/^server\.\([^.]*\)\.$/\1/p' | paste -sd ' ')"
sets "every Call Bridge's database is remote" server.core1.service.callbridge.database remote
same "the nodes have it" "server.db1.service.database.
server.db2.service.database." "$(sections | grep 'service\.database\.')"
sets "its certificate is for the nodes" identity.dbserver.subjectAltName db2.example.com
sets "the Recorder's own server" server.recorder1.address recorder1.example.com
sets "the Recorder" server.recorder1.service.recorder.identity recorder
sets "Web Bridge 3 beside Web Bridge 2" server.edge1.service.webbridge3.https-listen a:444
ok "five cores" "$CERTWRIGHT" init --preset scalable --domain example.com --cores 5 --edges 1 --force
same "three have a database" 3 "$(sections | grep -c 'service\.database\.')"
sets "the third" server.core3.service.callbridge.database co-located
sets "the fourth is its client" server.core4.service.callbridge.database remote
ok "20 + 20" "$CERTWRIGHT" init --preset scalable --domain example.com --cores 20 --edges 20 --force
same "a trunk from each core to each edge" 400 "$(sections | grep -c 'service\.trunkto')"
ok "in 3.12" "$CERTWRIGHT" init --preset single-split --domain example.com --release 3.12 --force
same "an edge of today" "server.edge1.
server.edge1.service.webbridge3.
server.edge1.service.turn." "$(sections | grep edge1)"
ok "a Web Bridge that is not wanted" "$CERTWRIGHT" init --preset single-split --domain example.com --without webbridge --force
same "is not replaced by another" "" "$(sections | grep webbridge || true)"
rm deployment.conf
for number in 0 1000 x 3x -1; do
    exits 2 "--cores=$number" "$CERTWRIGHT" init --preset scalable --domain example.com --cores="$number"
    says "it says which are" "--cores takes a number from 1 to 999"
done
exits 2 "--cores for one server" "$CERTWRIGHT" init --preset lab --domain example.com --cores 2
says "the preset takes none" "preset lab takes no --cores"
exits 2 "--databases for one core" "$CERTWRIGHT" init --preset single-split --domain example.com --databases 1
exits 1 "a trunk without an edge" "$CERTWRIGHT" init --preset lab --domain example.com --with trunk
says "has no place" "Trunk has no place in the preset lab"
exits 1 "a part of the Call Bridge" "$CERTWRIGHT" init --preset lab --domain example.com --with sip
says "has none, either" "SIP over TLS has no place in the preset lab"
same "and nothing is written" "" "$(ls deployment.conf 2>/dev/null || true)"

# A database signs for itself, also where all else shares one certificate; --with adds up.
for preset in lab webapp; do
    ok "$preset with a database" "$CERTWRIGHT" init --preset $preset --domain example.com --with database --with turn --force
    same "$preset: the database has its own" \
        'dbca self dbserver dbca dbclient dbca' "$(sed -n 's/^identity "\(db[a-z]*\)".*signer = "\(.*\)" }/\1 \2/p' deployment.conf | tr '\n' ' ' | sed 's/ $//')"
    has "$preset: and what was asked for beside it is there" 'service "turn"' deployment.conf
done
rm deployment.conf

# What is refused, and that then nothing is written.
refused()
{
    local what=$1
    shift
    run "$CERTWRIGHT" init "$@"
    same "$what is refused" 1 "$((status == 1 || status == 2))"
    same "$what: nothing is written" "" "$(ls deployment.conf 2>/dev/null)"
}
refused "an unknown preset" --preset labb --domain example.com
says "the presets are named" lab
ok "a release without some of its kinds" "$CERTWRIGHT" init --preset single-combined --domain example.com --release 3.1 --force
says "they are named" "preset single-combined without Web Bridge 2, XMPP server, for example.com"
rm deployment.conf
refused "an unknown kind" --preset lab --domain example.com --with recoder
says "the nearest one is named" recorder
refused "a kind that is wanted and not wanted" --preset lab --domain example.com --with turn --without turn
refused "a domain with a blank" --preset lab --domain "exam ple.com"
refused "a domain with a newline" --preset lab --domain "$(printf 'example.com\nx')"
refused "a domain of dots" --preset lab --domain example..com
refused "an empty domain" --preset lab --domain ""
refused "no domain" --preset lab
refused "a country of three letters" --preset lab --domain example.com --C USA
refused "an O of 65 letters" --preset lab --domain example.com --O "$(printf 'x%.0s' $(seq 65))"
says "the limit is named" 64
ok "values with quotes, backslashes and dollars" "$CERTWRIGHT" init --preset lab --domain example.com \
    --O 'A "B" \C ${HOME}' --OU 'Zoë'
sets "are kept" subject.O 'A "B" \C ${HOME}'
sets "UTF-8 too" subject.OU 'Zoë'
ok "and can be read back" "$CERTWRIGHT" generate cms1
same "in the request" 'A "B" \C ${HOME}' \
    "$(openssl req -in store/cms1.csr -noout -subject -nameopt multiline,utf8,-esc_msb,-esc_ctrl | sed -n 's/.*organizationName *= //p')"

# An international domain is taken as `pki csr` takes a host.
rm -f deployment.conf
cw --version
if grep -q 'without libidn2' "$T/out"; then
    fails "an international domain without libidn2" "$CERTWRIGHT" init --preset webapp --domain müller.example
    says "is refused with the form to type" "the one with xn-- in it"
else
    ok "an international domain" "$CERTWRIGHT" init --preset webapp --domain müller.example
    says "both forms are said" "müller.example is written as xn--mller-kva.example"
    sets "the file has the one of the DNS" name xn--mller-kva.example
    sets "and so have its names" identity.singleCert.CN cms1.xn--mller-kva.example
    ok "which its keys and requests have" "$CERTWRIGHT" generate
    has "in the SAN" DNS:cms1.xn--mller-kva.example <(openssl req -in store/singleCert.csr -noout -text)
fi
rm -f deployment.conf
for domain in 'mül ler.example' 'exam ple.com' '*.example.com' 192.0.2.1 example 'exam_ple.com' ' example.com' ''; do
    run "$CERTWRIGHT" init --preset lab --domain "$domain"
    same "'$domain' is no domain" "no 0" "$([ "$status" != 0 ] && echo no) $(find . -name deployment.conf | wc -l)"
    says "and is blamed" "--domain"
done

# Eight at once: one writes, the others say what is there, and nothing of it is overwritten.
mkdir "$W/race" && cd "$W/race" || exit 1
for i in 1 2 3 4 5 6 7 8; do
    "$CERTWRIGHT" init --preset lab --domain "d$i.example" >"out$i" 2>&1 &
done
wait
same "of eight at once one writes" 1 "$(cat out? | grep -c '^Wrote deployment.conf')"
same "the others say what is there" 7 "$(cat out? | grep -c 'it is there already')"
winner=$(grep -l '^Wrote' out?)
has "and it is the one's who said so" "d${winner#out}.example" deployment.conf
