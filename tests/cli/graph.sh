#!/usr/bin/env bash
# The map of trusts: complete, and as its readers can read it.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"  name = "example.com"  store = "store"  key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "labca" { CN = "Lab CA"  signer = "self" }
identity "cb1" { CN = "cb1.example.com"  signer = "labca" }
identity "cb2" { CN = "cb2.example.com"  signer = "labca" }
identity "wb" { CN = "join.example.com"  signer = "labca" }
server "core1" { address = "core1.example.com"
    service "callbridge" { identity = "cb1"  listen = { "a" }  database = "none" } }
server "core2" { address = "core2.example.com"
    service "callbridge" { identity = "cb2"  listen = { "a" }  database = "none" } }
server "edge1" { address = "edge1.example.com"
    service "webbridge3" { a-record = "join.example.com"  https = "wb"  c2w = "wb"  https-listen = { "a:443" }
        c2w-listen = { "a:9999" }  c2w-url = "c2w://join.example.com:9999" }
    service "webbridge" { identity = "wb"  a-record = "join.example.com"  listen = { "b:443" } }
    service "rec" { kind = "recorder"  identity = "wb" } }
END
cp deployment.conf before
cw plan --graph=text
same "the map needs no certificate" 0 "$status"
same "in characters" "example.com: who accepts whose certificates

core1-2 callbridge
  ==> webbridge3 edge1                      labca.crt  (not made yet)

edge1 webbridge3
  ==> callbridge core1-2                    labca.crt  (not made yet)

edge1 webbridge
  --> callbridge core1-2                    webbridge-trust.crt  (not made yet)

edge1 rec
  --> callbridge core1-2                    rec-trust.crt  (not made yet)

--> the very certificates   ==> what their CAs have signed   =-> both" "$out"
clean "no byte acts on a terminal"
same "nothing is written" "before deployment.conf" "$(ls | xargs)"

cw plan --graph
same "for Graphviz" 0 "$status"
says "a server is a cluster of its services" '"edge1/rec" [label = "rec"]'
says "a file of several certificates is a node" 'shape = note, label = "rec-trust.crt", style = dashed'
says "which leads to each of them" '-> "core2/callbridge" [style = dashed]'
if command -v dot >/dev/null; then
    printf '%s\n' "$out" >map.dot
    ok "dot takes it" dot -Tsvg -o map.svg map.dot
    same "each service stands in the picture" 5 "$(grep -c '<title>[a-z0-9]*/[a-z0-9]*</title>' map.svg | xargs)"
else
    skip "Graphviz is not installed"
fi

cw generate && cw sign --ca labca --make-ca
cw plan --graph=text
silent "what is made is not called missing" "not made yet"
cw plan --graph
says "its arrows are whole" '-> "core2/callbridge" [style = solid]'
silent "and none is broken" "dashed"

cw plan --graph=svg
same "another form is wrong usage" 2 "$status"
says "which names the one there is" "--graph takes the form text or none"
cw plan --graph --json
same "there is no JSON of it" 2 "$status"
