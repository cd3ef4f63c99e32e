#!/usr/bin/env bash
# What each release has: kinds, commands, trusts, rules and options come and go with `release`.
. "$(dirname "$0")/../lib.sh"

# conf RELEASE SERVICES…: a lab of one server whose identities the lab's CA signs.
conf()
{
    local release=$1
    shift
    {
        printf 'release = "%s"\nname = "example.com"\nkey { type = "ec" bits = 256 }\n' "$release"
        printf 'environment { purpose = "lab" }\nidentity "labca" { CN = "Lab CA"  signer = "self" }\n'
        printf 'identity "webadmin" { CN = "cms1.example.com"  signer = "labca" }\n'
        printf 'identity "bridge" { CN = "bridge.example.com"  signer = "labca" }\n'
        printf 'identity "rec" { CN = "rec.example.com"  signer = "labca" }\n'
        printf 'server "cms1" {\n    address = "cms1.example.com"\n'
        printf '    service "webadmin" { identity = "webadmin"  listen = { "a:445" } }\n'
        printf '    service "callbridge" { identity = "bridge" }\n'
        printf '    %s\n' "$@"
        printf '}\n'
    } >deployment.conf
}
walk=$'2\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n'
recorder='service "recorder" { identity = "rec" }'
turn='service "turn" { a-record = "turn.example.com" }'

for release in 2.9 2.9.5 3.1 3.8; do
    conf $release "$turn"
    run "$CERTWRIGHT" check
    silent "release $release has TURN" "TURN server exists"
done
conf 3.0 "$turn"
fails "release 3.0 has no TURN" "$CERTWRIGHT" check
says "and the releases that have it are named" \
    'DEPRECATED cms1 turn: TURN server exists until release 2.9 and again from 3.1, and this is 3.0'
says "with the nearest to choose" 'set release = "3.1"'
conf 2.9 "$turn"
run "$CERTWRIGHT" check
says "2.9 knows that it goes, and comes back" "Release 3.0 has no TURN server; it is back from 3.1 on"
conf 3.8 "$turn"
run "$CERTWRIGHT" check
silent "3.8 has nothing to say of that" "DEPRECATED"

conf 3.8 'service "webbridge3" { https = "bridge"  c2w = "bridge" }'
run "$CERTWRIGHT" check
silent "a caution about 2.9 is one of 2.9" "WEBAPP-EXTERNAL"
run "$CERTWRIGHT" check --release 2.9
says "where it stands" "WEBAPP-EXTERNAL"

# A recorder of 2.x takes commands of its own and a list of certificates.
conf 2.9 "$recorder"
cw generate
cw sign
ok "2.9: plan" "$CERTWRIGHT" plan
same "2.9: its commands" "recorder certs rec.key rec.crt
recorder trust bridge.crt
recorder enable
recorder" "$(grep recorder install/cms1/commands*.mmp)"

# From 3.0 on it is reached by SIP, and its third file is what the Call Bridges are trusted by.
rm -rf install
conf 3.8 "$recorder"
ok "3.8: a trust file is written for it" "$CERTWRIGHT" check --fix
same "each certificate, then the CAs above them" "subject=CN=bridge.example.com
subject=CN=Lab CA" "$(openssl storeutl -certs -noout -text store/recorder-trust.crt | grep -A99 Certificate: | grep 'Subject:' | sed 's/ *Subject: /subject=/; s/ = /=/g')"
ok "3.8: check" "$CERTWRIGHT" check
ok "3.8: plan" "$CERTWRIGHT" plan
same "3.8: its commands" "recorder sip certs rec.key rec.crt recorder-trust.crt
recorder enable
recorder" "$(grep recorder install/cms1/commands*.mmp)"
has "the file is uploaded" "recorder-trust.crt" install/cms1/upload.sftp
has "the reply names it" "SIP CA Bundle file : recorder-trust.crt" install/RUNBOOK.md
ok "3.8: plan --base" "$CERTWRIGHT" plan --base --force
has "without TLS it listens by TCP" "recorder sip listen a 8443 none" install/cms1/commands.mmp
conf 3.8 'service "recorder" { identity = "rec"  tls-port = 8444 }'
ok "with a TLS port" "$CERTWRIGHT" plan --base --force
has "that is said, too" "recorder sip listen a 8443 8444" install/cms1/commands.mmp
conf 3.8 'service "recorder" { tls-port = 8444 }'
fails "a TLS port without a certificate" "$CERTWRIGHT" check
says "is what it is" "TLS-PORT-NO-CERT"
run "$CERTWRIGHT" check --release 2.9
silent "2.9 had no such port" "TLS-PORT-NO-CERT"

conf 3.8 "$recorder"
cp store/recorder-trust.crt both && rm store/recorder-trust.crt
fails "without the file" "$CERTWRIGHT" check
says "it is missing" "TRUST-MISSING"
cp store/labca.crt store/recorder-trust.crt
ok "the CA alone serves as well" "$CERTWRIGHT" check
cp store/rec.crt store/recorder-trust.crt
fails "another certificate does not" "$CERTWRIGHT" check
says "and whose is lacking" "recorder-trust.crt lacks bridge.crt"
cp both store/recorder-trust.crt && cp store/bridge.crt old.crt
cw generate bridge && cw sign --ca labca --force bridge
cat old.crt store/labca.crt >store/recorder-trust.crt
fails "an older certificate of the Call Bridge" "$CERTWRIGHT" check
says "is told, though its CA is there" "TRUST-STALE"
ok "check --fix writes it anew" "$CERTWRIGHT" check --fix
ok "and all is well" "$CERTWRIGHT" check

# One file with the whole chain is the certificate of each service, as the vendor's examples of 3.x have it.
mkdir one && cd one || exit 1
conf 3.8 'service "webbridge3" { https = "bridge"  c2w = "bridge"  c2w-trust-file = "one.cer" }'
sed -i 's/identity "bridge" {/& certificate-file = "one.cer"  fullchain-file = "one.cer"  subjectAltName = { "cms1.example.com", "join.example.com" } /' deployment.conf
cw generate && ok "sign writes it whole" "$CERTWRIGHT" sign
same "leaf and CA" "2" "$(grep -c BEGIN store/one.cer)"
rm store/bridgebundle.crt
ok "which is enough" "$CERTWRIGHT" check
silent "no bundle lacks beside it" "BUNDLE-MISSING bridge"
cp store/one.cer whole && { cat store/labca.crt && openssl x509 -in whole; } >store/one.cer
fails "root first" "$CERTWRIGHT" check
says "is told of the full chain" "FULLCHAIN-FIRST"
ok "and mended" "$CERTWRIGHT" check --fix
same_file "in that one file" whole store/one.cer
openssl x509 -in whole >store/one.cer
fails "the leaf alone" "$CERTWRIGHT" check
silent "wants no bundle besides" "BUNDLE-MISSING bridge"
cp whole store/one.cer && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -subj /CN=Other -out store/other.cer 2>/dev/null
sed -i 's/c2w-trust-file = "one.cer"/c2w-trust-file = "other.cer"/' deployment.conf
fails "another CA in a store of chains" "$CERTWRIGHT" check
says "does not lead it to a root" "other.cer does not lead one.cer"
ok "that is mended, too" "$CERTWRIGHT" check --fix
ok "plan" "$CERTWRIGHT" plan
same "checks the one file once" 1 "$(grep -c 'pki match bridge.key one.cer' install/cms1/commands.mmp)"
cd ..

# What init makes has no component that the release lacks.
mkdir new && cd new || exit 1
ok "init for 3.8" "$CERTWRIGHT" init --preset single-combined --domain example.com --release 3.8
hasnt "leaves Web Bridge 2 out" '"webbridge"' deployment.conf
hasnt "and XMPP" '"xmpp"' deployment.conf
run "$CERTWRIGHT" check
silent "nothing is of another release" "DEPRECATED"
silent "and nothing speaks of 2.9" "2.9"
fails "a kind that 3.8 lacks" "$CERTWRIGHT" init --preset lab --domain example.com --release 3.8 --with xmpp --force
says "which release has it" "XMPP server exists until release 2.9, and this is 3.8"
fails "a kind in its gap" "$CERTWRIGHT" init --preset lab --domain example.com --release 3.0 --with turn --force
says "which is the next" "give --release 3.1"
cd ..

# The wizard's page of servers tells who misses a component where it is.
mkdir wizard && cd wizard || exit 1
conf 3.0 'service "recorder" { identity = "rec"  tls-port = 8444 }'
run "$CERTWRIGHT" --plain wizard <<<"$walk"
says "the wizard names other releases" "Release 3.0 has no TURN server: it exists until release 2.9 and again from 3.1."
says "and offers the recorder's TLS port" "SIP TLS port"
sed -i 's/"3.0"/"2.9"/' deployment.conf
run "$CERTWRIGHT" --plain wizard <<<"$walk"
silent "2.9 has none to name" "Release 2.9 has no"
silent "and no such port" "SIP TLS port"
cd ..

# Call Bridges of a cluster accept each other by a list of certificates or by their CAs (guide 4.12).
conf 2.9
echo 'validation { cluster = true }' >>deployment.conf
ok "cluster validation" "$CERTWRIGHT" check
sed -i 's/service "callbridge" { /&cluster-trust-file = "cas.crt"  /' deployment.conf
cp store/labca.crt store/cas.crt
ok "a chain serves as well" "$CERTWRIGHT" check
silent "and is no pinned issuer" PINNED-ISSUER
