#!/usr/bin/env bash
# Remedies followed to the letter, one after the other, end where check finds nothing more: none of them
# makes another finding, or goes in a circle.
. "$(dirname "$0")/../lib.sh"

mkdir bin && ln -s "$CERTWRIGHT" bin/certwright && PATH=$PWD/bin:$PATH
export -f ca_signs
make_ca ca

# follow WHAT: the first remedy of an error or a warning, then the next, until none is left.
follow()
{
    local round remedy left=
    for round in $(seq 20); do
        cw check --json
        remedy=$(jq -r '[.[] | select(.severity != "notice" and (.accepted | not) and .remedy != "")][0].remedy // ""' \
            <"$T/out")
        [ -n "$remedy" ] || break
        remedy=$(sed 's/set L in/set L = "San Jose" in/' <<<"$remedy")
        echo "$remedy" >>followed
        python3 -S "$TOP/tests/follow.py" "$remedy" >followed.log 2>&1 </dev/null || {
            fail "$1: followed" "$remedy" "$(<followed.log)"
            return
        }
        rm -rf answer
    done
    left=$(jq -r '.[] | select(.severity != "notice") | .id + " " + .message' <"$T/out")
    same "$1: nothing is left after $round" "" "$left"
}

# Weak keys of every signer; and a public CA that wants what subject {} lacks, where others
# have requests and certificates that say what it says.
cat >deployment.conf <<'END2'
release = "2.9"
name = "example.com"
subject { O = "Example Inc." ST = "California" C = "US" }
key { type = "ec" bits = 256 }
environment { purpose = "production" }
identity "dbca"     { CN = "Example database CA"  signer = "self" }
identity "dbserver" { CN = "db1.example.com"  signer = "dbca" }
identity "dbclient" { CN = "postgres"  signer = "dbca" }
identity "webadmin" { CN = "db1.example.com"  signer = "internal" }
identity "turn"     { CN = "join.example.com"  signer = "public" }
server "db1" {
    address = "db1.example.com"
    service "webadmin" { identity = "webadmin"  listen = { "admin:443" } }
    service "database" { root = "dbca"  server = "dbserver"  client = "dbclient" }
    service "turn"     { identity = "turn"  a-record = "join.example.com"  tls-port = "448" }
}
END2
cw generate && cw sign dbserver dbclient
for name in webadmin turn; do
    ca_signs ca store/$name.csr $name.crt
done
cw import webadmin.crt turn.crt ca/issuing.crt ca/root.crt
same "the store is made" 0 "$status"
cw check
says "a new key is a renewal" "certwright renew --new-key webadmin, then send webadmin-next.csr to the CA"
says "and is there at once where the signer is here" "certwright renew --new-key dbserver (guide A.1)"
says "what concerns one is set at one" 'set L in identity "turn" of deployment.conf, then certwright generate turn'
follow "weak keys, a public CA"
same "the others' files are as subject {} has them" 1 "$(grep -c San deployment.conf)"
for name in dbserver dbclient webadmin turn; do
    openssl pkey -in "store/$name.key" -noout -text 2>/dev/null | head -1
done >kinds
same "the keys of all servers are RSA" 4 "$(grep -c '2048 bit' kinds)"

# The key is on two servers: both are named.
sed -i '/identity "webadmin"/s/signer/key-at = { "db1", "db2" } signer/' deployment.conf
echo 'server "db2" { address = "db2.example.com"  service "webadmin" { identity = "webadmin"  listen = { "admin:443" } } }' >>deployment.conf
mv webadmin.crt store/webadmin.crt && rm store/webadmin.key store/webadmin*.csr store/webadminfullchain.crt
cw check
says "the next key is made on the one" "certwright renew --new-key webadmin, which prints the line to type on db1: bring the request here"
says "and copied to the other" "copy webadmin-2.key from db1 to db2 by SFTP, then send webadmin-2.csr to the CA"
