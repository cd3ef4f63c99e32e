#!/usr/bin/env bash
# Many servers without a screen: line by line, and by answers.
. "$(dirname "$0")/../lib.sh"

ask() # INPUT: the wizard in plain, fed with it
{
    printf '%b' "$1" >input
    run bash -c '"$CERTWRIGHT" --plain wizard <input'
}

fresh()
{
    rm -rf deployment.conf .certwright.*
    "$CERTWRIGHT" --quiet init --preset scalable --domain example.com
    cp deployment.conf before.conf
}

# A row is a sentence, its number asks for its cells.
fresh
ask '#servers\nleave\n'
says "a server is a sentence" \
    "  1 core1: Address core1.example.com, Web Admin, Call Bridge, XMPP server, Database, Trunk 2"
says "and the table is asked for by rows" "A row to change, an action, or Enter: Next (? < #):"
ask '#servers\n2\n\ncb2.example.com\n3\n\nleave\n'
says "a cell names its server" "Address of core2 [core2.example.com] (? <):"
says "what runs there is one question" "Numbers change yes and no, Enter keeps them (? <):"
has "the address is taken" 'address = "cb2.example.com"' deployment.conf
fresh
ask '#servers\n4\n?\n<\n4\n\na b\n\n-\nleave\n'
says "? explains the cell" "A short name: the folder in install/"
says "a wrong one is an error" "Error: a host name has no blank (column 2). Put a dot: a.b."
ok "and nothing changed" cmp deployment.conf before.conf

# By answers.
printf 'start = basics\nservers.core2.address = cb2.example.com\nservers.edge1.webbridge3 = yes\nleave = servers\n' >answers
fresh
ok "answers name server and column" "$CERTWRIGHT" --quiet wizard --answers answers
has "a text" 'address = "cb2.example.com"' deployment.conf
has "a tick" 'service "webbridge3"' deployment.conf
printf 'start = basics\nservers.core9.address = cb2.example.com\nleave = servers\n' >answers
fails "a server that is none" "$CERTWRIGHT" --quiet wizard --answers answers
says "is told with what is near" "did you mean servers.core1.address?"

