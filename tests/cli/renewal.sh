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
same "a new key is uploaded with its certificate" "cms1/upload-2.sftp: callbridge.key callbridge.crt" "$(of 4 | head -n 1)"
same "for its owner alone" 600 "$(stat -c %a install/cms1/files-2/callbridge.key)"
tells "RUNBOOK says so" "It has a new key, which is uploaded with it."

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
same "the database is taken apart first, its primary last" "core1, by hand
core2, by hand
core3, by hand
core2, by hand
core3, by hand
core1, by hand" "$(of 3)"
same "then it gets its certificates" "core1/upload.sftp: dbclient.crt
database cluster certs dbserver.key dbserver.crt dbclient.key dbclient.crt dbca.crt
database cluster status" "$(of 5 | head -n 3)"
ok "a step names its server and its command" jq -e 'any(.[]; .manual | test("^On core2, `database cluster remove`"))' install/plan.json
tells "and RUNBOOK the outage" "down from the first removal to the last join"
