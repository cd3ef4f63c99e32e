#!/usr/bin/env bash
# Who has which certificate, as the wizard's table says it: one for all, one for each, shared, split, and
# signed by another CA; what follows is told first, and all of it is taken back.
. "$(dirname "$0")/../lib.sh"

fresh() { rm -rf deployment.conf .certwright.* store; "$CERTWRIGHT" --quiet init --domain example.com "$@"; cp deployment.conf before.conf; }
answer() # LINE…: on that page
{
    { echo 'start = basics'; printf '%s\n' "$@"; echo 'leave = certs'; } >answers
    run "$CERTWRIGHT" --quiet wizard --answers answers
}
plain() # LINE…
{
    printf '#certs\n' >input
    printf '%s\n' "$@" leave >>input
    run bash -c '"$CERTWRIGHT" --plain wizard <input'
}
identities() { sed -n 's/^identity "\([^"]*\)".*/\1/p' deployment.conf | sort | tr '\n' ' ' | sed 's/ $//'; }

# One for all of one server, as the guide shows it, and back.
fresh --preset single-combined
answer 'certs.all = yes'
same "one for all" 0 "$status"
same "it is called after the server" cms1 "$(identities)"
same "every service has it" 5 "$(grep -c 'identity = "cms1"' deployment.conf)"
same "with the names of all" "cms1.example.com join.example.com example.com xmpp.example.com turn.example.com" \
    "$(sed -n '/^identity "cms1"/,/^}/p' deployment.conf | grep -o '[a-z0-9.]*example.com' | tr '\n' ' ' | sed 's/ $//')"
answer 'certs.each = yes'
same "one per service" "callbridge turn webadmin webbridge xmppserver" "$(identities)"

# The table of one server is passed by on the way; that of several is not.
on_the_way() { run bash -c 'printf "#servers\n\n\n\n" | "$CERTWRIGHT" --plain wizard'; }
fresh --preset single-combined
on_the_way
says "one server's pages come at once" "- Web Admin - step 4 of"
silent "and not the table" "- Certificates - step"

# Many servers: what may not share a key stays apart; what follows is said before anything is written.
fresh --preset scalable --databases 1
on_the_way
says "several servers have a table to look at" "- Certificates - step"
plain all n
says "which files go" "Not needed any more, with their files: webadmin1-3, callbridge1-3, xmppserver1-3, core1-3, webbridge1-2, turn1-2."
says "where the key goes" "example: key and certificate on core1-3, edge1-2, 12 names, signed by the public CA."
says "how many there are" "Certificates in all: 6 in place of 21."
says "which trusts change" "example.crt on"
says "that its key is on edges and cores" "note KEY-SPREAD: the key of \"example\" goes to 5 servers"
says "what a public CA does not give" "WARN PUBLIC-CLIENTAUTH"
says "and what stays apart" "Apart stay edge1-2, dbca, dbserver, dbclient"
same_file "no changes nothing" before.conf deployment.conf
plain all y -
same_file "yes is taken back" before.conf deployment.conf
plain 'tick 10' 'tick 13' share n
says "a trunk and its Load Balancer are warned of" "ERROR REUSE-TRUNK-LB"
plain 'share 1'
says "one alone is nothing to share" "one certificate alone is nothing to share"
plain 'tick 1' 'tick 19' share
says "a CA is no service's" "dbca is not to be shared: it is a CA"
same_file "and nothing was done" before.conf deployment.conf

answer 'certs.share = webadmin1 webadmin2 webadmin3'
same "named ones share one" 3 "$(grep -c 'identity = "webadmin"' deployment.conf)"
has "with the names of all three" 'subjectAltName = { "core2.example.com", "core3.example.com" }' deployment.conf
answer 'certs.split-servers.webadmin = yes'
same "each server its own is as before" "$(flat before.conf | sort)" "$(flat deployment.conf | sort)"

fresh --preset scalable
plain 'tick 1' 'tick 3' 1 1 y
says "what follows from another signer is told" "webadmin1, webadmin3 are signed by the public CA."
same "it is for all that are marked" 2 "$(sed -n '/^identity "webadmin/,/signer/p' deployment.conf | grep -c public)"

# What has a key keeps its name, and needs another request.
fresh --preset single-combined
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/' deployment.conf
"$CERTWRIGHT" --quiet generate webadmin && "$CERTWRIGHT" --quiet generate turn
plain 'tick 1' 'tick 5' share n
says "its request is outdated then" "The request of webadmin is outdated then"
says "what is made is not forgotten" "turn stays in deployment.conf"
