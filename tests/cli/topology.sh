#!/usr/bin/env bash
# The wizard's topology: its deployment.conf is that of init with the same answers, whichever way they are
# given, and whatever made the file before.
. "$(dirname "$0")/../lib.sh"

begin() { rm -rf deployment.conf .certwright.*; }

# alike WHAT PRESET INIT-OPTIONS ANSWERS: both make the same
alike()
{
    local what=$1 preset=$2 options=$3
    begin
    printf 'start = %s\nbasics.domain = example.com\n%bleave = topology\n' "$preset" "$4" >answers
    ok "$what: answers" "$CERTWRIGHT" --quiet wizard --answers answers
    rm -rf by-init && mkdir by-init
    # shellcheck disable=SC2086
    (cd by-init && "$CERTWRIGHT" --quiet init --preset "$preset" --domain example.com $options) || fail "init $options"
    same_file "$what: as init makes it" by-init/deployment.conf deployment.conf
}

alike "nothing asked for" scalable "" ""
alike "core and edge" single-split "" ""
alike "a Recorder beside them" single-split "--with recorder" "topology.recorder = yes\n"
alike "a server for the database, and a Recorder" scalable "--cores 3 --edges 2 --databases 1 --with recorder" \
    "topology.cores = 3\ntopology.edges = 2\ntopology.databases = 1\ntopology.recorder = yes\n"
alike "five cores, one edge" scalable "--cores 5 --edges 1" "topology.edges = 1\ntopology.cores = 5\n"
alike "no native apps" scalable "--without xmpp,trunk,loadbalancer" "topology.native-apps = no\n"
alike "Web Bridge 3 alone" scalable "--without webbridge --with webbridge3" \
    "topology.webbridge = no\ntopology.webbridge3 = yes\n"
alike "both, and no TURN" scalable "--without turn --with webbridge3" "topology.turn = no\ntopology.webbridge3 = yes\n"
alike "answered as it is" scalable "--cores 2" \
    "topology.cores = 2\ntopology.recorder = no\n"
alike "a release without XMPP" scalable "--release 3.0" "basics.release = 3.0\n"

# Line by line, with + for what is asked unasked.
begin
printf '%b' 'scalable\nexample.com\n#topology\n+\n3\n2\n1\n\n\n5\n\n#topology\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "the servers are said" "Core names [core{n}.example.com] (? <):"
(cd by-init && "$CERTWRIGHT" --quiet init --force --preset scalable --domain example.com --databases 1 --with recorder)
same_file "line by line: as init makes it" by-init/deployment.conf deployment.conf

# What init made is known, and given another core.
cp by-init/deployment.conf .
printf 'start = basics\ntopology.cores = 4\nleave = topology\n' >answers
ok "a fourth core of what init made" "$CERTWRIGHT" --quiet wizard --answers answers
(cd by-init && "$CERTWRIGHT" --quiet init --force --preset scalable --domain example.com --databases 1 --with recorder --cores 4)
same_file "is what init makes with four" by-init/deployment.conf deployment.conf

# Names of one's own: the server is called by the first part.
begin
printf 'start = scalable\nbasics.domain = example.com\ntopology.cores.names = cb-{n}.lon.example.com\ntopology.cores = 2\nleave = topology\n' >answers
ok "names of one's own" "$CERTWRIGHT" --quiet wizard --answers answers
printf 'start = basics\nbasics.domain = example.net\nleave = topology\n' >answers
ok "and another domain later" "$CERTWRIGHT" --quiet wizard --answers answers
has "name and address follow the pattern" 'server "cb-2" {
    address = "cb-2.lon.example.net"' deployment.conf
has "tags too" 'edge1.example.net' deployment.conf
ok "and it is a deployment" "$CERTWRIGHT" plan --graph=text
wrong() # ANSWER WANTED
{
    begin
    printf 'start = scalable\nbasics.domain = example.com\n%s\nleave = topology\n' "$1" >answers
    fails "$1 is refused" "$CERTWRIGHT" --quiet wizard --answers answers
    says "and why" "$2"
}
wrong "topology.cores = 0" "this takes a number from 1 to 999"
wrong "topology.cores = many" "this takes a number from 1 to 999"
wrong "topology.databases = 1000" "this takes a number from 0 to 999"
wrong "topology.cores.names = core.example.com" "several servers would have one address"
wrong "topology.cores.names = core {n}.example.com" "a host name has no blank"
wrong "topology.cores.names = edge{n}.example.com" "edge1"

# What was changed by hand is never made anew.
begin
"$CERTWRIGHT" --quiet init --preset scalable --domain example.com
sed -i 's/CN = "core1.example.com"  signer = "internal"/CN = "mine.example.com"  signer = "internal"/' deployment.conf
cp deployment.conf mine.conf
printf 'start = basics\ntopology.cores = 4\nleave = topology\n' >answers
fails "after a change by hand there is no such page" "$CERTWRIGHT" --quiet wizard --answers answers
same_file "and nothing changed" mine.conf deployment.conf
