#!/usr/bin/env bash
# One form a kind for all of its servers: what is written with {n} becomes plain names, one may differ, and
# what it has is copied to others.
. "$(dirname "$0")/../lib.sh"

begin() { rm -rf deployment.conf .certwright.*; "$CERTWRIGHT" --quiet init --preset scalable --domain example.com; }
answer() # LINE…
{
    { echo 'start = basics'; printf '%s\n' "$@"; echo 'leave = page:database'; } >answers
    run "$CERTWRIGHT" --quiet wizard --answers answers
}
cns() { sed -n "s/^identity \"$1[0-9]*\" { CN = \"\([^\"]*\)\".*/\1/p" deployment.conf | tr '\n' ' ' | sed 's/ $//'; }
plain() { printf '%b' "$1" >input; run bash -c '"$CERTWRIGHT" --plain wizard <input'; }

begin
plain '#page:callbridge\n+\n\n\n\n\n\n\n\n\nleave\n'
says "the form says how many it is for" "Call Bridge, 3 of them"
says "names are shown as a pattern" "CN [callbridge{n}.example.com] (? <"
says "so are further ones" "SAN [core{n}.example.com] (? <"
says "the results are said" "CN: callbridge1.example.com; callbridge2.example.com; callbridge3.example.com"
answer 'callbridge.CN = cb{n}.lon.example.com'
same "one answer names all" "cb1.lon.example.com cb2.lon.example.com cb3.lon.example.com" "$(cns callbridge)"
hasnt "deployment.conf has plain names" '{n}' deployment.conf
answer 'webbridge.signer = internal' 'xmpp.domain = example.net'
same "a choice is for all" 0 "$(sed -n '/^identity "webbridge/,/}$/p' deployment.conf | grep -c public)"
same "and what follows, follows for all" 3 "$(grep -c 'subjectAltName = { "example.net" }' deployment.conf)"
begin
cp deployment.conf before.conf
plain '#page:callbridge\n+\n\n\ncb {n}.example.com\n'
says "a wrong name is wrong for all, and said once" "Error: a host name has no blank"
same_file "none is changed" before.conf deployment.conf

# An exception.
answer 'page:callbridge.each = yes' 'callbridge.core2.CN = other.example.com'
same "one may differ" "callbridge1.example.com other.example.com callbridge3.example.com" "$(cns callbridge)"
plain '#page:callbridge\n\n\nleave\n'
says "the others are a pattern still" "CN [callbridge{n}.example.com] (? < +):"
plain '#each:callbridge\nleave\n'
says "the exception has a star" "2 core2 *: Certificate its own, Signed by internal CA, CN other.example.com"
answer 'callbridge.CN = cb{n}.example.com'
same "an answer for all leaves the exception" "cb1.example.com other.example.com cb3.example.com" "$(cns callbridge)"
answer 'page:callbridge.each = yes' 'each:callbridge.core2 = yes' 'each:callbridge.copy.core3 = yes'
same "copied to it, it is like the others again" "cb1.example.com cb2.example.com cb3.example.com" "$(cns callbridge)"
begin
cp deployment.conf before.conf
plain '#each:turn\n1\n\n\n\n\nturn.example.net\n\n\n\n-\nleave\n'
same_file "taken back" before.conf deployment.conf
plain '#page:webbridge\ncall.example.com\n-\nleave\n'
same_file "an answer for all, too" before.conf deployment.conf

# One certificate for all of them, and back.
begin
answer 'webbridge.identity = webbridge'
same "one for all has the names of all" "edge1.example.com edge2.example.com" \
    "$(sed -n '/^identity "webbridge"/,/^}/p' deployment.conf | grep -o 'edge[0-9].example.com' | tr '\n' ' ' | sed 's/ $//')"
hasnt "and the others are gone" 'identity "webbridge2"' deployment.conf
answer 'webbridge.identity = webbridge{n}'
same "each its own again" 2 "$(grep -c '^identity "webbridge[12]"' deployment.conf)"
