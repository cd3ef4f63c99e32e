#!/usr/bin/env bash
# Sanitized only. Renewals of three cores and two edges, each plan proven unbroken at every line by a checker that reads
# what is uploaded and typed alone (tests/renewal/checker.py).
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/renewal/cases.bash"

mkdir base && cd base || exit 1
authority ca1 Acme
authority ca2 Other
"$CERTWRIGHT" init --preset scalable --domain example.com --cores 3 --edges 2 --with webbridge3,recorder >/dev/null
sed -i 's/^key {.*/key { type = "ec" bits = 256 }/' deployment.conf
"$CERTWRIGHT" generate >/dev/null
answer ca1 store/*.csr
"$CERTWRIGHT" import answer >/dev/null
"$CERTWRIGHT" sign dbserver dbclient --ca dbca >/dev/null
ok "the first plan" "$CERTWRIGHT" plan
proven "the first plan is whole" install
cd ..

# begin NAME: a copy of what is in place. renewed WHAT: what the CA answered is planned, and proven.
begin()
{
    cd "$W" && cp -r base "$1" && cd "$1" && mv install first || exit 1
}
renewed()
{
    ok "$1: imported" "$CERTWRIGHT" import answer
    ok "$1: a plan" "$CERTWRIGHT" plan
    proven "$1: unbroken at every line" first install
}
# What the runbook says of the restarts, in the checker's words.
counted()
{
    tr '\n' ' ' <install/RUNBOOK.md | sed 's/  */ /g' | grep -o 'Restarts of each Call Bridge[^:]*: [^.]*' |
        grep -oE '[a-z]+[0-9]+ [0-9]+ \(' | sed -E 's/(.*) (.*) \(/callbridge of \1: \2 restarts/'
}

begin kept
answer ca1 store/*.csr
renewed "kept keys"
same "the runbook counts the restarts of each Call Bridge" "$(grep restarts <<<"$proof")" "$(counted)"

begin one
answer ca1 callbridge1
renewed "one certificate"

begin new
"$CERTWRIGHT" renew --new-key $(cd store && ls *.csr | sed 's/\.csr$//; /^db/d') >/dev/null
answer ca1 store/*-next.csr
renewed "new keys"

begin moved
answer ca2 store/*.csr
renewed "another CA"

begin intermediate
authority ca1 Acme "Acme Issuing 3"
answer ca1 store/*.csr
renewed "another intermediate of the same root"

begin lost
rm store/callbridge2.key store/wb3-c2w1.key
cw generate
answer ca1 callbridge2 wb3-c2w1
renewed "a lost key"

# A chain of one's own, which does not know the other CA: check --fix tells it, and the plan widens it.
begin chain
cat ca1/issuing.crt ca1/root.crt >store/ours.crt
sed -i 's/service "callbridge" { /&cluster-trust-file = "ours.crt"  /' deployment.conf
rm -r first
"$CERTWRIGHT" plan >/dev/null
mv install first
answer ca2 webadmin1
cw import answer
cw check --fix
ok "a chain of one's own: a plan" "$CERTWRIGHT" plan
proven "a chain of one's own: unbroken at every line" first install

begin name
named meet.example.com wb3-https1 webadmin2
cw generate
answer ca1 wb3-https1 webadmin2
renewed "a name more"

# cores N: the deployment with that many, of which the first three are in place
cores()
{
    "$CERTWRIGHT" init --preset scalable --domain example.com --cores "$1" --edges 2 --with webbridge3,recorder --force >/dev/null
    sed -i 's/^key {.*/key { type = "ec" bits = 256 }/
        /^server "core4"/,/^}/!s/^    service "[^"]*" {/& installed = true /' deployment.conf
}

begin grown
cores 4
cw generate
answer ca1 webadmin4 callbridge4 xmppserver4 core4
renewed "a server more"
same "and joins the database" "database cluster connect core1.example.com" \
    "$(sed -n '/^[0-9]*\. *By hand/,$p' install/RUNBOOK.md | grep -o 'database cluster connect [a-z0-9.]*' | sort -u)"

begin shrunk
cores 2
ok "a server less: a plan" "$CERTWRIGHT" plan
proven "a server less: nobody holds its certificates any more" first --gone core3 install
