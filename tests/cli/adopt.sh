#!/usr/bin/env bash
# Taking over servers that run: displays as the guide and other documents show them, read from logs of
# terminals; nothing is lost, guesses are said, what is not known is open.
. "$(dirname "$0")/../lib.sh"
logs=$TOP/tests/logs

cw adopt
same "without a log it is wrong usage" 2 "$status"
says "and what to do is said" "adopt --commands says what to log"
cw adopt --commands
same "what to type" 0 "$status"
for line in version "pki list" webadmin callbridge "tls sip" "tls ldap" webbridge webbridge3 xmpp "xmpp cluster status" \
    "loadbalancer list" "trunk list" turn recorder streamer "database cluster status" "-get *.crt" "-get *.cer"; do
    case $'\n'$out$'\n' in *$'\n'"$line"$'\n'*) pass "$line is among it" ;; *) fail "$line is among it" ;; esac
done
silent "no key is fetched" ".key"

# The guide's displays, with the ends of line and the colours of a terminal.
cw adopt "$logs/guide-2.9.log"
same "certificates lack: something is open" 1 "$status"
says "which file is not here" "open: dbca.crt is not here"
says "what nobody typed" "nobody typed webadmin, tls sip, tls ldap, webbridge3, loadbalancer list, trunk list, turn, recorder"
says "what does not run" "guess: streamer of cms is set up and does not run"
says "a made up address" "cms.example.com is made up"
clean "no byte of the log acts on the terminal"
ok "the deployment reads" "$CERTWRIGHT" status --json
sets "release" release 2.9.5
sets "key of the XMPP server" identity.private.certificate-file xmpp-certificate.crt
sets "a key stays where it is" identity.private.key-at cms
sets "the XMPP domain" server.cms.service.xmpp.domain cms.example.com
sets "an XMPP cluster" server.cms.service.xmpp.cluster true
sets "its trust" server.cms.service.xmpp.cluster-trust-file cmstrust.crt
sets "a list under its older word" server.cms.service.streamer.listen a:8443
sets "a database beside its Call Bridge" server.cms.service.callbridge.database co-located
sets "its root signs" identity.dbserver.signer dbca
sets "all are in place" server.cms.service.webbridge.installed true
cp deployment.conf first.conf
cw adopt --compare "$logs/guide-2.9.log"
same "a stopped service differs" 1 "$status"
same "and nothing else does" "cms streamer: Enabled: expected true, found false" "$out"
cw --json adopt --compare "$logs/guide-2.9.log"
json "as JSON" '.[] | [.server, .service, .what, .expected, .found] | join(",")' "cms,streamer,Enabled,true,false"
same_file "comparing writes nothing" first.conf deployment.conf
cw adopt "$logs/guide-2.9.log"
same "nothing is written over a deployment.conf" 1 "$status"
says "and what to do is said" "it is there already: name another file with --config, compare with --compare, or give --force"
echo "# mine" >>deployment.conf
cw adopt --force "$logs/guide-2.9.log"
says "with --force the old one is kept" "kept: deployment.conf."
has "whole" "# mine" deployment.conf.*.bak
same_file "and the new one takes its place" first.conf deployment.conf

# Lines that a screen of 80 columns cut.
{
    printf 'cms> webadmin\nEnabled                 : true\n'
    printf 'Key file                : a-name-that-is-long-enough-to-reach-the-edge-of-the-scr\nn.key\n'
    printf 'Certificate file        : a-name-that-is-long-enough-to-reach-the-edge-of-the-scr\nn.crt\n'
} >wrapped.log
sed -i 's/scr$/screen-of-eighty-co/' wrapped.log
mkdir wrapped && cw --config wrapped/deployment.conf adopt wrapped.log
sets "a wrapped line is one" server.cms.service.webadmin.identity a-name-that-is-long-enough-to-reach-the-edge-of-the-screen-of-eighty-con wrapped/deployment.conf

# Displays of 3.8 from several documents, three servers in one log.
mkdir later && cw --config later/deployment.conf adopt "$logs/documents-3.8.log"
flat later/deployment.conf >later.flat
for line in 'release = 3.8.1' 'identity.core.certificate-file = cmscore-fullchain.cer' \
    'identity.edge.fullchain-file = cmsedge-fullchain.cer' 'identity.edge.certificate-file = cmsedge-fullchain.cer' \
    'server.CMS.service.webbridge3.c2w-listen = a:6000' 'server.CMS.service.webbridge3.https = edge' \
    'server.CMS.service.webadmin.listen = a:443' 'server.CMS.service.turn.tls-port = 447' \
    'server.CMS.service.callbridge.c2w-trust-file = cmsedge-fullchain.cer' \
    'server.streamer.service.streamer.tls-port = 7001' 'server.streamer.service.streamer.listen = a:7000' \
    'server.cms01.service.recorder.trust-file = cms.cer' 'identity.cms.bundle-file = root.cer'; do
    ok "3.8: $line" grep -qxF "$line" later.flat
done

# Bad input.
cw --config no.conf adopt nothing.log
same "no such log" 1 "$status"
says "it is named" "nothing.log:"
echo "hello" >hello.log
cw --config no.conf adopt hello.log
says "no prompt" "hello.log: no prompt of an appliance is in it: log a whole session"
printf 'cms> ls\nsftp> get x\n' >shell.log
cw --config no.conf adopt shell.log
says "no display" "no display of a service is in it that is known: certwright adopt --commands says"
cw --config no.conf adopt --files nowhere "$logs/guide-2.9.log"
says "no folder" "nowhere: it is no folder"
ok "and nothing is written" test ! -e no.conf

# A cluster in trouble, as document 210530 shows it: its files are read all the same.
cat >trouble.log <<'END'
cb> database cluster status
ERROR                    : Couldn't upgrade the schema
Status                   : Error

Nodes:
    10.48.54.75          : Connected Primary
    10.48.54.76          : Connected Replica ( In Sync )
    10.48.54.119 (me)    : Connected Replica ( In Sync )
Node in use              : 10.48.54.75

Interface                : a

Certificates
  Server Key             : dbclusterServer.key
  Server Certificate     : dbserver.cer
  Client Key             : dbclusterClient.key
  Client Certificate     : dbclient.cer
  CA Certificate         : Root.cer

Last command             : 'database cluster upgrade_schema' (Failed)
cb>
END
cw --config trouble.conf adopt trouble.log
says "a database alone" "cb: Database"
says "the release is a guess" "guess: the release is taken to be 2.9, by what the displays look like"
sets "its certificate" identity.dbclusterServer.certificate-file dbserver.cer trouble.conf
sets "its root" identity.Root.certificate-file Root.cer trouble.conf

# One name in two logs that differ.
sed 's/dbserver.cer/other.cer/' trouble.log >again.log
cw --config twice.conf adopt trouble.log again.log
says "two servers of one name are told" "open: cb: two logs show database cluster status otherwise, and again.log is taken"

# A component that a file adds is read by its form, and asked for.
mkdir extra && cat >extra/relay.conf <<'END'
title = "Relay"
section = "999999"
slot "identity" { identity = "relay{n}"  takes = { "key", "certificate" }  CN = "{address}"  signer "internal" {} }
ask "listen" { type = "listens"  label = "Listens on"  default = "a:9000"  fold = true }
trust "trust" { of = "callbridge"  how = "pinned" }
assign "relay certs {identity.key} {identity.certificate}" {}
assign "relay trust {trust}" {}
status "relay show" { source = "field"  lines = {
    "Relay is    {state.enabled?on|off}", "Ports       [{listen}|none]",
    "Own         [{identity.key} {identity.certificate}|none]", "Callers     [{trust}|none]" } }
END
printf '%s\n' 'r1> relay show' 'Relay is    on' 'Ports       a:9000 b:9001' 'Own         r.key r.crt' 'Callers     cb.crt' >relay.log
cw --catalogue extra --config relay/deployment.conf adopt --commands
says "what shows it is typed" "relay show"
mkdir relay && cw --catalogue extra --config relay/deployment.conf adopt relay.log
says "it is taken over" "r1: Relay"
flat relay/deployment.conf >relay.flat
for line in 'server.r1.service.relay.identity = r' 'server.r1.service.relay.listen = a:9000,b:9001' \
    'server.r1.service.relay.trust-file = cb.crt' 'identity.r.key-at = r1'; do
    ok "$line" grep -qxF "$line" relay.flat
done
cw --catalogue extra --config relay/deployment.conf --json adopt --compare relay.log
same "nothing differs" "[]" "$out"
sed -i 's/cb.crt/old.crt/' relay.log
cw --catalogue extra --config relay/deployment.conf adopt --compare relay.log
same "but another file" "r1 relay: Callers: expected cb.crt, found old.crt" "$out"

# "none" is no file, whichever line says it.
mkdir "$W/none" && cd "$W/none" || exit 1
printf 'cms1> webadmin\nEnabled                 : true\nTLS listening interface : a\nTLS listening port      : 443\nKey file                : webadmin.key\nCertificate file        : webadmin.crt\nCA Bundle file          : none\n' >log
cw adopt log
hasnt "no bundle is no bundle called none" none deployment.conf
ok "and there is no difference" "$CERTWRIGHT" adopt --compare log
