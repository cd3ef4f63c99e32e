#!/usr/bin/env bash
# A year of renewals with the clock moved: each month a third of the certificates is renewed, each kind of
# renewal comes twice, and every plan is proven on what the servers hold by then.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/renewal/cases.bash"
if ! command -v faketime >/dev/null; then
    skip "a year of renewals (no faketime here)"
    exit 0
fi
# The sanitizer wants to be loaded before what moves the clock, and need not be.
export ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS DAYS=200

# on COMMAND…: on that day. at TIME COMMAND…: before that, so that what we sign is valid by then, however quick
# we are. sent CA NAME…, changed DIR NAME [ISSUING]: earlier that day, by a CA.
on()
{
    faketime "$day 12:00:00" "$@"
}
at()
{
    local time=$1
    shift
    faketime "$day $time:00" "$@"
}
export -f answer authority ca_signs
sent()
{
    faketime "$day 09:00:00" bash -c 'answer "$@"' answer "$@"
}
changed()
{
    faketime "$day 08:00:00" bash -c 'authority "$@"' authority "$@"
}

day=2027-01-04
changed ca1 Acme
changed ca2 Other
at 10:00 "$CERTWRIGHT" init --preset scalable --domain example.com --cores 2 --edges 1 --with webbridge3,recorder >/dev/null
sed -i 's/^key {.*/key { type = "ec" bits = 256 }/' deployment.conf
at 10:15 "$CERTWRIGHT" generate >/dev/null
sent ca1 store/*.csr
at 10:30 "$CERTWRIGHT" import answer >/dev/null
at 10:45 "$CERTWRIGHT" sign dbserver dbclient --ca dbca >/dev/null
ok "the first plan" on "$CERTWRIGHT" plan
mv install 01
history=(--at "$day" 01)

# renewal MONTH KIND IDENTITY…: asked for at the beginning of a month, in place two weeks later
renewal()
{
    local kind=$2 month=$1 ca=ca1
    day=2027-$1-01
    shift 2
    [ "$kind" != "a name more" ] || named "in-$month.example.com" "$@"
    new=()
    [ "$kind" != "a new key" ] || new=(--new-key)
    run on "$CERTWRIGHT" renew "${new[@]}" "$@"
    same "$month, $kind: asked for" 0 "$status"
    [ "$kind" != "another CA" ] || ca=ca2
    [ "$kind" != "another intermediate" ] || changed ca1 Acme "Acme Issuing $month"
    sent $ca "$@"
    ok "$month, $kind: the old ones are judged meanwhile" on "$CERTWRIGHT" check --json
    day=2027-$month-15
    ok "$month, $kind: imported" on "$CERTWRIGHT" import answer
    ok "$month, $kind: planned" on "$CERTWRIGHT" plan
    mv install "$month"
    history+=(--at "$day" "$month")
    ok "$month, $kind: done" on "$CERTWRIGHT" renew --done "$@"
}
cores="callbridge1 callbridge2 recorder core1"
servers="webadmin1 webadmin2 xmppserver1 xmppserver2 core2"
edges="edge1 webbridge wb3-https wb3-c2w turn"
renewal 02 "the key kept" $cores
renewal 03 "a new key" $servers
renewal 04 "another CA" $edges
renewal 05 "another intermediate" $cores
renewal 06 "a name more" $servers
renewal 07 "the key kept" $edges
renewal 08 "a new key" $cores
renewal 09 "another CA" $servers
renewal 10 "another intermediate" $edges
renewal 11 "a name more" $cores
proven "no trust is broken in the whole year" "${history[@]}"
