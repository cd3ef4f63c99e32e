#!/usr/bin/env bash
# The plan of a renewal: which services, in which phases, which files in which turn (guide 5.6). That no
# trust breaks meanwhile is proven elsewhere (renewal-proof.sh).
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

# deployment PRESET [OPTION…]: made, signed and planned, in a folder of its own.
deployment()
{
    mkdir "$W/$1" && cd "$W/$1" || exit 1
    cw init --preset "$@" --domain example.com
    sed -i 's/^key {.*/key { type = "ec" bits = 256 }/' deployment.conf
    cw generate
    cw sign --ca testca --make-ca
    cw plan
    same "$* is planned" 0 "$status"
    cp -r . "$W/$1.first"
}
# again PRESET: as it was then.
again()
{
    cd "$W" && rm -rf "$1" && cp -r "$1.first" "$1" && cd "$1" || exit 1
}
# of PHASE: each turn's file and lines, without checks and displays.
of()
{
    jq -r --argjson p "$1" '.[] | select(.phase == $p)
        | if .command != "" then select(.command | test(" ") and (test("^pki ") | not)) | .command
          elif .file != "" then "\(.file): \(.upload | join(" "))"
          else "\(.server), by hand" end' install/plan.json
}
phases()
{
    jq -r '[.[].phase] | unique | join(" ")' install/plan.json
}

# tells WHAT TEXT: RUNBOOK says so, wherever its lines break.
tells()
{
    if tr -s ' \n' '  ' <install/RUNBOOK.md | grep -qF -- "$2"; then
        pass "$1"
    else
        fail "$1" "wanted in RUNBOOK: $2" "$(sed -n '/^## Why now/,/^## 1/p' install/RUNBOOK.md)"
    fi
}

deployment single-combined
cw sign --ca testca --force callbridge
cw plan
says "one certificate on one server" "Wrote install/ (1 server, 11 files)"
says "and that it is a renewal" "certwright renew --done callbridge"
same "its phases" "2 4 6" "$(phases)"
same "who holds the old one holds the new one as well" "cms1/upload-1.sftp: webbridge-trust.crt
webbridge disable
webbridge trust webbridge-trust.crt
webbridge enable" "$(of 2)"
same "then it is presented, the key stays" "cms1/upload-2.sftp: callbridge.crt
callbridge certs callbridge.key callbridge.crt callbridgebundle.crt
callbridge restart" "$(of 4)"
same "then the single file is back, which is there already" "webbridge disable
webbridge trust callbridge.crt
webbridge enable" "$(of 6)"
same "the pair is checked before anything is typed" "pki list
pki match callbridge.key callbridge.crt
pki verify callbridge.crt callbridgebundle.crt" "$(head -n 3 install/cms1/commands-2.mmp)"
same_file "old and new, side by side" <(cat "$W/single-combined.first/store/callbridge.crt" store/callbridge.crt) \
    install/cms1/files-1/webbridge-trust.crt
same_file "back/ has what is replaced" "$W/single-combined.first/store/callbridge.crt" install/cms1/back/callbridge.crt
same "and puts it back" "put callbridge.crt callbridge.crt" "$(cat install/cms1/back/back.sftp)"
same "a batch names its own folder" "put files-2/callbridge.crt callbridge.crt" "$(cat install/cms1/upload-2.sftp)"
same "no key in the folder" "" "$(find install -name '*.key')"
same "the way back of a line is the line before" "webbridge trust callbridge.crt" \
    "$(jq -r '.[] | select(.command == "webbridge trust webbridge-trust.crt") | .undo' install/plan.json)"
tells "RUNBOOK says why" "the certificate on the servers ends"
tells "and counts" "Restarts of each Call Bridge, which drop what runs through it: cms1 1 (step"
tells "and what may wait" "This phase may wait for the next"
tells "and how it ends" "certwright renew --done callbridge"
cp -r install before
cw plan
ok "twice the same" diff -r before install
cw plan --all --out whole
same "--all plans everything" "1 4" "$(jq -r '[.[].phase] | unique | join(" ")' whole/plan.json)"
cw renew --done callbridge
cw plan
same "when it is done, everything" "1 4" "$(phases)"

again single-combined
sed -i '/identity = "callbridge"/s/identity/installed = true  identity/' deployment.conf
cw sign --ca testca --force webbridge
cw plan
same "nobody pins it: no list changes" "4" "$(phases)"
same "one turn has plain names" "cms1/upload.sftp: webbridge.crt
webbridge disable
webbridge certs webbridge.key webbridge.crt webbridgebundle.crt
webbridge enable" "$(of 4)"
tells "no call is dropped" "No Call Bridge is restarted."

# A new key: lost, or wanted.
again single-combined
rm store/callbridge.key
cw generate callbridge
cw sign --ca testca callbridge
cw plan
same "a new key is uploaded with its certificate" "cms1, by hand
cms1/upload-2.sftp: callbridge.key callbridge.crt" "$(of 4 | head -n 2)"
ok "what was lost here is fetched before it is replaced there" jq -e \
    'any(.[]; .manual | test("^callbridge.key of cms1 is the only copy of the old key"))' install/plan.json
same "for its owner alone" 600 "$(stat -c %a install/cms1/files-2/callbridge.key)"
tells "RUNBOOK says so" "It has a new key, which is uploaded with it."

# A list that a person writes in the midst: the servers cannot have had what is new.
again single-combined
sed -i '/service "webbridge"/s/{/{ trust-file = "mine.crt" /' deployment.conf
cw sign --ca testca --force callbridge
cat "$W/single-combined.first/store/callbridge.crt" store/callbridge.crt >store/mine.crt
cw plan
same "a list of one's own goes up before" "cms1/upload-1.sftp: mine.crt
webbridge disable
webbridge trust mine.crt
webbridge enable" "$(of 2)"
same_file "and what it must have been is kept" "$W/single-combined.first/store/callbridge.crt" install/cms1/back/mine.crt

# One that check --fix mends in the midst: what the servers have is kept, whatever it was.
again single-combined
sed -i '/service "webbridge"/s/{/{ trust-file = "mine.crt" /' deployment.conf
cp store/testca.crt store/mine.crt
cp store/mine.crt was.crt
cw sign --ca testca --force callbridge
cw check --fix
same_file "it is mended" store/callbridge.crt store/mine.crt
cw plan
same_file "what was there is kept" was.crt install/cms1/back/mine.crt

# Others outside learn of another CA before, and forget the old one after.
again single-combined
sed -i 's/^environment {/environment { sip-tls = true  active-directory = true  cucm = "cms1.example.com" /' deployment.conf
cw sign --ca other --make-ca --force
cw plan
same "who is told of a CA, and when" "2 Unified CM must trust
2 Meeting Management, where
2 Active Directory must
2 SIP call control
6 Unified CM need not
6 Meeting Management, where
6 Active Directory need
6 SIP call control" "$(jq -r '.[] | select(.manual != "") | "\(.phase) \(.manual)"' install/plan.json | awk '{ print $1, $2, $3, $4, $5 }' |
    sed 's/ trust beside.*//; s/Directory must trust/Directory must/; s/Directory need not/Directory need/; s/control .*/control/; s/where .*/where/; s/CM must trust.*/CM must trust/; s/CM need not.*/CM need not/')"
tells "RUNBOOK says where" "steps 7, 8, 9, 10,"
deployment lab
cw renew labca cms1
cw plan
same "old and new CA of one name are told apart" 2 "$(jq -r '.[].manual' install/plan.json |
    sed -n 's/.*`CN=example.com lab CA` (that of serial number \([0-9A-F]*\)).*/\1/p' | sort -u | grep -c .)"

# From 3.0 on a recorder is a SIP peer: where those are verified its new CA is in their file first.
again single-combined
mkdir "$W/later" && cd "$W/later" || exit 1
cw init --preset single-combined --release 3.9 --with recorder --domain example.com
sed -i 's/^key {.*/key { type = "ec" bits = 256 }/' deployment.conf
cw generate
cw sign --ca testca --make-ca
printf 'validation { sip = "enable"  sip-trust-file = "sipcas.crt" }\n' >>deployment.conf
cp store/testca.crt store/sipcas.crt
cw sign --ca other --make-ca --force recorder
cat store/other.crt >>store/sipcas.crt
cw plan
same "the file of SIP peers goes up before the recorder presents what it is for" "cms1/upload-1.sftp: sipcas.crt
tls sip trust sipcas.crt
callbridge restart
tls sip" "$(of 2)"
same_file "as the store has it" store/sipcas.crt install/cms1/files-1/sipcas.crt

# What has ended needs no side by side: nobody trusts it any more.
again single-combined
cat >"$T/ca.cnf" <<'CNF'
[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = p
copy_extensions = copy
[p]
commonName = supplied
CNF
: >index.txt
ok "a certificate that has ended" openssl ca -batch -notext -config "$T/ca.cnf" -in store/callbridge.csr -cert store/testca.crt \
    -keyfile store/testca.key -startdate 20250101000000Z -enddate 20260101000000Z -rand_serial -preserveDN -out ended.crt
mv ended.crt store/callbridge.crt
cw sign --ca testca --force callbridge
cw plan
same "it is swapped at once" "4" "$(phases)"
same "and accepted in the same turn" "callbridge restart
webbridge disable
webbridge trust callbridge.crt
webbridge enable" "$(of 4 | tail -n 4)"
tells "and RUNBOOK says why" "the old certificate has ended, so that trust is broken already."

# Two of one name, each signed by itself: only the first would be tried.
again single-combined
printf 'identity "wb3" { CN = "wb.example.com"  signer = "self" }\n' >>deployment.conf
sed -i '/service "webadmin" /a\    service "webbridge3" { https = "wb3"  c2w = "wb3"  https-listen = { "a:446" }  c2w-url = "c2w://wb.example.com:9999" }' deployment.conf
cw generate wb3
ok "signed by itself again, with another key" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 400 \
    -keyout new.key -out new.crt -subj "$(openssl x509 -in store/wb3.crt -noout -subject -nameopt compat | sed 's/subject=//')" \
    -addext subjectAltName=DNS:wb.example.com
cw import --as wb3 --force new.key new.crt
cw plan --force
same "no list holds both" "4" "$(phases)"
tells "RUNBOOK tells the break, and how long" "They do not accept each other from step"

# A service beside those in place: they accept it before it begins.
again single-combined
sed -i '/service "/s/{/{ installed = true/' deployment.conf
cw plan
says "all in place" "No service needs anything"
printf 'identity "callbridge2" { CN = "callbridge2.example.com"  signer = "internal" }
server "cms2" { address = "cms2.example.com"  service "callbridge" { identity = "callbridge2" } }\n' >>deployment.conf
cw generate callbridge2
cw sign --ca testca callbridge2
cw plan --force
same "first what is new is uploaded, then it is accepted, then it begins" "1 cms2
2 cms1
4 cms2" "$(jq -r '.[] | "\(.phase) \(.server)"' install/plan.json | uniq)"
same "by a list" "cms1/upload.sftp: webbridge-trust.crt
webbridge disable
webbridge trust webbridge-trust.crt
webbridge enable" "$(of 2)"
tells "RUNBOOK says what is new" "Call Bridge on cms2 is new."
sed -i '/^identity "callbridge2"/,$d' deployment.conf
cw plan --force
same "what is gone is accepted no longer" "webbridge disable
webbridge trust callbridge.crt
webbridge enable" "$(of 6)"
tells "RUNBOOK says what is gone" 'No service of deployment.conf presents these any more: `callbridge2.example.com`.'
tells "and what ends that" "Delete \`webbridge-trust.crt\` in the store"
rm store/webbridge-trust.crt
cw plan --force
says "and then all is in place" "No service needs anything"

# One of three is gone, and check --fix came first: the servers hold what the list was.
for n in 2 3; do
    printf 'identity "callbridge%s" { CN = "callbridge%s.example.com"  signer = "internal" }
server "cms%s" { address = "cms%s.example.com"  service "callbridge" { identity = "callbridge%s"  installed = true } }\n' $n $n $n $n $n
done >>deployment.conf
cw generate callbridge2 callbridge3
cw sign --ca testca callbridge2 callbridge3
cp store/webbridge-trust.crt three.crt
same "a list of three" 3 "$(grep -c BEGIN three.crt)"
cw plan --force
says "which the servers have" "No service needs anything"
sed -i '/^identity "callbridge3"/,$d' deployment.conf
cp -a store store.before
cw plan --force
of 6 >before
same "it is narrowed" "webbridge trust webbridge-trust.crt" "$(grep trust before | grep -v sftp)"
cw check --fix
same "the list of the store is narrowed" 2 "$(grep -c BEGIN store/webbridge-trust.crt)"
cw plan --force
same_file "after check --fix just the same" before <(of 6)
same_file "what the servers have is kept" three.crt install/cms1/back/webbridge-trust.crt
tells "RUNBOOK says what ends that" "\`certwright renew --done webbridge-trust.crt\`"
cw status
says "status says so" "webbridge-trust.crt since $(date -u +%F): the servers still accept what it holds no more"
cw renew --done webbridge-trust.crt
says "and it ends" "webbridge-trust.crt: the servers accept no more than it says"
cw plan --force
says "all is in place" "No service needs anything"

deployment scalable --with webbridge3,recorder
cw sign --ca testca --force callbridge1 callbridge2 callbridge3 webadmin1 webadmin2 webadmin3 xmppserver1 \
    xmppserver2 xmppserver3
cw plan
same "no list of a Call Bridge changes ahead" "" "$(of 2 | grep callbridge)"
same "each Call Bridge restarts twice" "core1 2
core2 2
core3 2" "$(jq -r '.[] | select(.command == "callbridge restart") | .server' install/plan.json | uniq -c | sort -k 2 |
    awk '{ n[$2] += $1 } END { for (s in n) print s, n[s] }' | sort)"
same "with its own new pair and wide lists" "callbridge certs callbridge2.key callbridge2.crt callbridge2bundle.crt
callbridge trust xmpp callbridge-xmpp-trust.crt
callbridge trust cluster callbridge-cluster-trust.crt
callbridge restart" "$(of 4 | sed -n '/certs callbridge2/,/restart/p')"
same "before anybody whom it checks presents a new one" "callbridge" \
    "$(of 4 | grep certs | cut -d' ' -f1 | uniq | head -n 1)"
same "a list of three holds six meanwhile" 6 "$(grep -c BEGIN install/edge1/files-1/webbridge-trust.crt)"
same "no chain store changes, for the CA is the same" "" "$(of 2 | grep c2w)"
same "no server is concerned whose services are not" "" "$(grep -l turn install/*/commands*.mmp)"

again scalable
cw sign --ca other --make-ca --force callbridge1
cw plan
same "another CA: chain stores hold both" "webbridge3 c2w trust webbridge3-c2w-trust.crt" "$(of 2 | grep -v sftp | grep c2w | sort -u)"
same "both" 2 "$(grep -c BEGIN install/edge1/files-1/webbridge3-c2w-trust.crt)"
tells "RUNBOOK names both" 'It comes from another CA, `CN=other` in the place of `CN=testca`'

again scalable
cw sign --ca testca --force dbclient
cw plan
same "what the database is to get is there and checked before it is taken apart, its primary last" \
    "core1/upload-1.sftp: dbclient.crt
core2/upload-1.sftp: dbclient.crt
core3/upload-1.sftp: dbclient.crt
core1, by hand
core2, by hand
core3, by hand
core2, by hand
core3, by hand
core1, by hand" "$(of 3)"
same "each pair, on each server" 6 \
    "$(jq '[.[] | select(.phase == 3 and (.command | test("^pki (match|verify)")))] | length' install/plan.json)"
same "then it gets its certificates" "database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
database cluster status" "$(of 5 | head -n 2)"
same "who goes back builds it again" "database cluster initialize
database cluster join core1.example.com
database cluster join core1.example.com" \
    "$(sed -n '/Going back/,$s/^    \(database cluster \(initialize\|join .*\)\)$/\1/p' install/RUNBOOK.md)"
ok "a step names its server and its command" jq -e 'any(.[]; .manual | test("^On core2, `database cluster remove`"))' install/plan.json
tells "and RUNBOOK the outage" "down from the first removal to the last join"
