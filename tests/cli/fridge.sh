#!/usr/bin/env bash
# A component that exists nowhere, by one file: two slots, a list of certificates, a chain, and peers of
# its own kind. It is asked for, judged, mapped and planned, and openssl judges its trust files.
. "$(dirname "$0")/../lib.sh"

mkdir mine
cat >mine/fridge.conf <<'END'
title   = "Fridge"
short   = "Cold"
section = "9.9"
order   = 95
follows = "callbridge"
purpose = "Keeps meetings fresh."

slot "door" {
    identity = "fridge-door{n}"  takes = { "key", "fullchain" }
    CN = "{public-name}"  SAN = "{address}"  EKU = "serverAuth"
    signer "internal" { why = "Only ours open it." }
}
slot "ice" {
    identity = "fridge-ice{n}"  takes = { "key", "certificate", "bundle" }
    CN = "ice.{address}"  EKU = { "serverAuth", "clientAuth" }
    signer "internal" {}
}
ask "public-name" { type = "host"  label = "Door name"  default = "fridge{n}.{domain}"  help = "The name on the door." }
ask "listen"      { type = "listens"  label = "Door at"  default = "a:7443"  fold = true }

trust "bridge-trust" { of = "callbridge"  how = "pinned" }
trust "peer-trust"   { of = "fridge"  slot = "ice"  how = "chain" }

require "FRIDGE-NAME" { slot = "door"  names = "{public-name}"  why = "People look for it." }

before  "fridge disable" {}
assign  "fridge door certs {door.key} {door.fullchain}" { none = true }
assign  "fridge ice certs {ice.key} {ice.certificate}[ {ice.bundle}]" { none = true }
assign  "fridge trust bridges {bridge-trust}" { none = true }
assign  "fridge trust peers {peer-trust}" { none = true }
after   "fridge enable" { undo = "fridge disable" }
display "fridge status" { expect = { "Door key : {door.key}", "Ice certificate : {ice.certificate}", "Peers : {peer-trust}" } }
END
cat >deployment.conf <<'END'
release = "3.8"
name = "example.com"
key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "labca" { CN = "Lab CA"  signer = "self" }
identity "coldca" { CN = "Cold CA"  signer = "self" }
END
for n in 1 2; do
    cat >>deployment.conf <<END
identity "admin$n" { CN = "cms$n.example.com"  signer = "labca" }
identity "bridge$n" { CN = "bridge$n.example.com"  signer = "labca" }
identity "door$n" { CN = "fridge$n.example.com"  subjectAltName = { "cms$n.example.com" }  signer = "labca" }
identity "ice$n" { CN = "ice.cms$n.example.com"  signer = "coldca" }
server "cms$n" {
    address = "cms$n.example.com"
    service "webadmin"   { identity = "admin$n" }
    service "callbridge" { identity = "bridge$n" }
    service "fridge"     { door = "door$n"  ice = "ice$n" }
}
END
done
fridge="$CERTWRIGHT --catalogue mine"
fails "without its file nobody knows it" "$CERTWRIGHT" check
ok "keys and requests" $fridge generate
ok "certificates" $fridge sign
ok "rules" $fridge check
silent "nothing speaks of it" FRIDGE

# openssl: the list holds the very certificates, the chain leads to each peer's, and to no bridge's.
held()
{
    openssl storeutl -certs -noout -text "$1" | sed -n 's/^ *Subject: CN *= *//p' | sort | paste -sd ' '
}
ok "plan" $fridge plan
for n in 1 2; do
    files=install/cms$n/files commands=install/cms$n/commands*.mmp
    list=$(sed -n 's/^fridge trust bridges //p' $commands) chain=$(sed -n 's/^fridge trust peers //p' $commands)
    same "cms$n: its commands" "fridge disable
fridge door certs door$n.key door${n}fullchain.crt
fridge ice certs ice$n.key ice$n.crt ice${n}bundle.crt
fridge trust bridges $list
fridge trust peers $chain
fridge enable
fridge status" "$(grep -h '^fridge' $commands)"
    same "cms$n: the list is every Call Bridge's certificate" "bridge1.example.com bridge2.example.com" "$(held "$files/$list")"
    for peer in 1 2; do
        ok "cms$n: the chain takes the peer $peer" openssl verify -CAfile "$files/$chain" -purpose sslclient store/ice$peer.crt
        exits 2 "cms$n: and no Call Bridge $peer" openssl verify -CAfile "$files/$chain" store/bridge$peer.crt
    done
    ok "cms$n: the door's full chain is whole" openssl verify -CAfile store/labca.crt "$files/door${n}fullchain.crt"
    same "cms$n: no key of the other's" "" "$(ls "$files" | grep "$((3 - n)).key")"
    has "cms$n: its status is expected" "Ice certificate : ice$n.crt" install/RUNBOOK.md
done

# The map has both trusts.
run $fridge plan --graph=text --ascii
same "the map is drawn" 0 "$status"
matches "of the Call Bridges" 'fridge +.*callbridge'
matches "and of its peers" 'fridge +.*fridge'
ok "for Graphviz as well" $fridge plan --graph
says "with its name" fridge

# Its rules, and the rules of every trust.
file=$(ls store | grep 'fridge-bridge-trust') && cp "store/$file" kept && cp store/bridge1.crt "store/$file"
fails "a list that lacks a Call Bridge" $fridge check
says "names it" "TRUST-BUNDLE-COMPLETE"
ok "is mended" $fridge check --fix
same_file "to what it was" kept "store/$file"
sed -i 's/service "fridge"     { door = "door1"/& public-name = "cold.example.com"/' deployment.conf
fails "a name that its certificate lacks" $fridge check
says "by its own rule and words" "error FRIDGE-NAME cms1 fridge door1 door1fullchain.crt: door1fullchain.crt lacks cold.example.com"
sed -i 's/ public-name = "cold.example.com"//' deployment.conf

# Its form asks for it, in its words.
printf '#page:fridge\n+\n?\nleave\n' >input
run bash -c '$0 --catalogue mine --plain wizard <input' "$CERTWRIGHT"
says "the wizard has its page" "Fridge"
says "and its question" "Door name"
says "with what it says of it" "The name on the door."

# Completion offers it: tests/cli/completion.sh asks the other shells.
same "completion knows it" fridge "$(bash --norc --noprofile -c '. "$1"; compopt() { :; }
        COMP_WORDS=(certwright --catalogue mine init --with fri) COMP_CWORD=5
        _certwright; printf "%s\n" "${COMPREPLY[@]}"' bash "$TOP/doc/completion/certwright.bash")"
