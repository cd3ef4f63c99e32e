#!/usr/bin/env bash
# Servers and services that come and go in the wizard, with what follows from them: as init would have made
# it, nothing left behind, each asked for where more goes than was named, and each taken back.
. "$(dirname "$0")/../lib.sh"

scalable() { rm -rf deployment.conf .certwright.*; "$CERTWRIGHT" --quiet init --preset scalable --domain example.com "$@"; }
answer() # LINE…: from the servers' page
{
    { echo 'start = basics'; printf '%s\n' "$@"; echo 'leave = servers'; } >answers
    run "$CERTWRIGHT" --quiet wizard --answers answers
}
# as_init WHAT OPTION…: the values are those of init, in whatever order they stand
as_init()
{
    local what=$1
    shift
    rm -rf by-init && mkdir by-init
    (cd by-init && "$CERTWRIGHT" --quiet init --preset scalable --domain example.com "$@")
    same "$what" "$(flat by-init/deployment.conf | sort)" "$(flat deployment.conf | sort)"
}

# One more like it: its services, their names, and the trunks to and from it.
scalable
answer 'servers.add.core3 = yes'
as_init "nothing changed by hand: it is another answer to how many" --cores 4
scalable --databases 1
sed -i 's/^store = .*/&  # by hand/' deployment.conf
answer 'servers.add.core1 = yes'
same "a core is added" 0 "$status"
as_init "it is as one that was there from the beginning" --databases 1 --cores 4
same "it stands beside the others" "core1 core2 core3 core4 edge1 edge2 db1" \
    "$(sed -n 's/^server "\([a-z0-9]*\)".*/\1/p' deployment.conf | tr '\n' ' ' | sed 's/ $//')"
answer 'servers.add.edge2 = yes'
same "and an edge" 0 "$status"
as_init "with a trunk from each core" --databases 1 --cores 4 --edges 3

# Where a Call Bridge's database is follows from who has one: of four cores, three are its nodes.
scalable --cores 4
cp deployment.conf before.conf
where() { grep -o 'database = "[a-z-]*"' deployment.conf | cut -d'"' -f2 | tr '\n' ' ' | sed 's/ $//'; }
same "as init has it" "co-located co-located co-located remote" "$(where)"
sed -i 's/^store = .*/&  # by hand/' deployment.conf
answer 'servers.core1.database = no' 'servers.add.core4 = yes'
same "one that lost its node is a client, and so is the new one" "remote co-located co-located remote remote" "$(where)"
answer 'servers.core1.database = yes' 'servers.core5.database = yes'
same "and back" "co-located co-located co-located remote co-located" "$(where)"

# Ticking a Load Balancer or an XMPP server brings the trunks.
scalable
sed -i '/trunktoEdge/d; /service "Edge[12]toLB"/,/}/d; /^identity "edge[12]"/d; /^identity "core[123]"/d' deployment.conf
answer 'servers.edge1.loadbalancer = yes' 'servers.edge2.loadbalancer = yes'
same "Load Balancers are ticked" 0 "$status"
as_init "trunks, tags and identities come with them"
scalable --databases 1
grep -v 'trunktoEdge' deployment.conf >without && cp without deployment.conf
sed -i '/service "xmpp"/,/}/d; /^identity "xmpp/,/}/d; /^identity "core[123]"/d' deployment.conf
answer 'servers.core1.xmpp = yes' 'servers.core2.xmpp = yes' 'servers.core3.xmpp = yes'
same "XMPP servers are ticked" 0 "$status"
same "six trunks come with them" 6 "$(grep -c '"trunkto' deployment.conf)"

# What goes with it is named and asked for.
scalable
cp deployment.conf before.conf
printf '#servers\n5\n\n\n6\n\nn\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "what goes with it is named" "With Load Balancer of edge2 goes: Trunk of core1, core2, core3. The certificate edge2, which is not made yet, goes as well."
says "and asked for" "Remove all of it"
same_file "no keeps all" before.conf deployment.conf
printf '#servers\n5\n\n\n6\n\ny\n-\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
same_file "yes is taken back" before.conf deployment.conf
printf '#servers\nremove 5\ny\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "a server is named with all that goes" "edge2 goes, and on it Load Balancer, Web Bridge 2, TURN server. With them goes: Trunk of core1, core2, core3."
as_init "and is gone without a trace" --edges 1
printf '#servers\nadd 4\n-\nleave\n' >input
cp deployment.conf one.conf
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "it is told what came" "edge2 is added, with Load Balancer, Web Bridge 2, TURN server."
same_file "and taken back" one.conf deployment.conf

# The services of one on others that are called alike, or that are marked.
scalable
answer 'servers.edge1.webbridge3 = yes' 'servers.edge1.turn = no' 'servers.copy.edge1 = yes'
same "copied to those called alike" "2 0" "$(grep -c 'service "webbridge3"' deployment.conf) $(grep -c 'service "turn"' deployment.conf)"
printf '#servers\ntick 1\ncopy 4\nn\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "to a marked one, all named that goes" "With XMPP server of core1 goes: Trunk of core1"

# Order.
scalable
printf '#servers\ndown 1\nup 3\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
same "moved down, and another up" "core2 core3 core1 edge1 edge2" \
    "$(sed -n 's/^server "\([a-z0-9]*\)".*/\1/p' deployment.conf | tr '\n' ' ' | sed 's/ $//')"
same "nothing but the order changed" "$(sort before.conf)" "$(sort deployment.conf)"

# One server: another like it.
rm -f deployment.conf
"$CERTWRIGHT" --quiet init --preset single-combined --domain example.com
answer 'servers.add = yes'
same "a second one" 0 "$status"
same "has all that the first has" "$(sed -n '/^server "cms1"/,/^}/p' deployment.conf | grep -c service)" \
    "$(sed -n '/^server "cms2"/,/^}/p' deployment.conf | grep -c service)"
has "both are numbered now" 'identity "callbridge1" { CN = "callbridge1.example.com"' deployment.conf
has "the second one as well" 'identity "callbridge2"' deployment.conf
printf '#servers\nremove 2\ny\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
hasnt "and goes again" cms2 deployment.conf
has "the first is without a number then" 'identity "callbridge" { CN = "callbridge.example.com"' deployment.conf

# One certificate for all is none for a database.
rm -f deployment.conf .certwright.*
"$CERTWRIGHT" --quiet init --preset lab --domain example.com
answer 'servers.database = yes'
same "a database is ticked" 0 "$status"
rm -rf by-init && mkdir by-init
(cd by-init && "$CERTWRIGHT" --quiet init --preset lab --domain example.com --with database)
same "it has its own three, as by init" "$(flat by-init/deployment.conf | sort)" "$(flat deployment.conf | sort)"
