#!/usr/bin/env bash
# A component is a file: one added by --catalogue is asked for, judged and planned like the built-in
# ones, and a built-in one can be replaced.
. "$(dirname "$0")/../lib.sh"

mkdir extra
sed 's/recorder/uploader/g; s/Recorder/Uploader/g; s/order   = 70/order   = 90/' \
    "$TOP/screens/recorder.conf" >extra/uploader.conf
cw init --preset lab --domain example.com --with uploader
fails "without its file nobody knows it" "$CERTWRIGHT" init --preset lab --domain example.com --with uploader
says "the answer names it" uploader
ok "with its file it is a component" "$CERTWRIGHT" --catalogue extra init --preset lab --domain example.com --with uploader
has "placed on the server" 'service "uploader" { identity = "cms1"' deployment.conf
ok "generate" "$CERTWRIGHT" --catalogue extra generate
ok "sign" "$CERTWRIGHT" --catalogue extra sign --ca labca
ok "check" "$CERTWRIGHT" --catalogue extra check
ok "plan" "$CERTWRIGHT" --catalogue extra plan
same "its commands are planned" "uploader certs cms1.key cms1.crt
uploader trust cms1.crt
uploader enable
uploader" "$(grep uploader install/cms1/commands.mmp)"
fails "the built-in catalogue alone refuses the deployment" "$CERTWRIGHT" check
says "and names the line" "deployment.conf:"

printf 'start = lab\nbasics.domain = example.com\nservers.uploader = yes\n' >answers
mkdir wizard && cd wizard || exit 1
ok "the wizard asks for it" "$CERTWRIGHT" --catalogue ../extra wizard --answers ../answers
same_file "and ends where init did" ../install/cms1/commands.mmp install/cms1/commands.mmp
cd ..

sed 's/title   = "Recorder"/title   = "Tape"/' "$TOP/screens/recorder.conf" >extra/recorder.conf
printf 'start = lab\nleave = basics\n' >answers
mkdir other && cd other || exit 1
run bash -c 'printf "lab\nexample.com\n\n\n" | "$CERTWRIGHT" --catalogue ../extra --plain wizard'
says "a file of the same name replaces" "Tape"
cd ..

echo 'titel = "x"' >extra/broken.conf
fails "a broken file is an error" "$CERTWRIGHT" --catalogue extra check
says "with file and line" "extra/broken.conf:1"
says "and what was meant" '"title"'
fails "a folder that is not there too" "$CERTWRIGHT" --catalogue nowhere check

# A kind that exists nowhere, by a file alone: two slots of its own, one trust of each sort.
mkdir new && cd new && mkdir mine || exit 1
cat >mine/relay.conf <<'END'
title   = "Relay"
section = "9.9"
order   = 95
follows = { "callbridge", "webbridge3" }
purpose = "Passes meetings on."

slot "front" {
    identity = "relay-front{n}"  takes = { "key", "fullchain" }
    CN = "{public-name}"  SAN = "{address}"  EKU = "serverAuth"
    signer "internal" { why = "Only ours connect." }
}
slot "back" {
    identity = "relay-back{n}"  takes = { "key", "certificate", "bundle" }
    CN = "back.{domain}"  EKU = "clientAuth"
    signer "internal" {}
}
ask "public-name" { type = "host"  label = "Name"  default = "relay.{domain}" }
ask "listen"      { type = "listens"  default = "a:7443"  fold = true }

trust "bridge-trust" { of = "callbridge"  how = "pinned" }
trust "c2w-trust"    { of = "webbridge3"  slot = "c2w"  how = "chain" }

require "RELAY-NAME" { slot = "front"  names = "{public-name}"  why = "Callers look for it." }
require "RELAY-PORT" { present = "open-port"  names = "{listen}"  severity = "warning"
    why = "The relay listens on an interface that {server} calls public."
    remedy = "Set listen to an inner interface" }

before  "relay disable" {}
assign  "relay front certs {front.key} {front.fullchain}" { none = true }
assign  "relay back certs {back.key} {back.certificate}[ {back.bundle}]" { none = true }
assign  "relay trust bridges {bridge-trust}" { none = true }
assign  "relay trust c2w {c2w-trust}" { none = true }
after   "relay enable" { undo = "relay disable" }
display "relay" { expect = { "Front key : {front.key}", "C2W trust : {c2w-trust}" } }
END
# Two CAs, so that a chain and a list are different things.
cat >deployment.conf <<'END'
release = "3.8"
name = "example.com"
key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "labca"      { CN = "Lab CA"  signer = "self" }
identity "otherca"    { CN = "Other CA"  signer = "self" }
identity "webadmin"   { CN = "cms1.example.com"  signer = "labca" }
identity "callbridge" { CN = "callbridge.example.com"  signer = "labca" }
identity "web"        { CN = "join.example.com"  subjectAltName = { "cms1.example.com" }  signer = "labca" }
identity "c2w"        { CN = "cms1.example.com"  signer = "otherca" }
identity "front"      { CN = "relay.example.com"  subjectAltName = { "cms1.example.com" }  signer = "labca" }
identity "back"       { CN = "back.example.com"  signer = "otherca" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin"   { identity = "webadmin"  listen = { "a:445" } }
    service "callbridge" { identity = "callbridge" }
    service "webbridge3" { https = "web"  c2w = "c2w"  a-record = "join.example.com" }
    service "relay"      { front = "front"  back = "back" }
}
END
fails "without its file nobody knows it" "$CERTWRIGHT" generate
ok "its keys and requests" "$CERTWRIGHT" --catalogue mine generate
ok "its certificates" "$CERTWRIGHT" --catalogue mine sign
ok "check" "$CERTWRIGHT" --catalogue mine check
ok "plan" "$CERTWRIGHT" --catalogue mine plan
same "its commands: the list is the Call Bridge's certificate, the chain its peer's CA" "relay disable
relay front certs front.key frontfullchain.crt
relay back certs back.key back.crt backbundle.crt
relay trust bridges callbridge.crt
relay trust c2w otherca.crt
relay enable
relay" "$(grep -h '^relay' install/cms1/commands*.mmp)"
has "its trust is uploaded" otherca.crt install/cms1/upload.sftp
has "and its reply expected" "C2W trust : otherca.crt" install/RUNBOOK.md
ok "its usage is asked for" openssl req -in store/back.csr -noout -text
says "as the file says" "TLS Web Client Authentication"
silent "and no more" "TLS Web Server Authentication"

# Its rules and its trusts are judged like all others.
sed 's/service "relay"      {/& public-name = "other.example.com" /' deployment.conf >x && mv x deployment.conf
fails "a name that its certificate lacks" "$CERTWRIGHT" --catalogue mine check
says "by its own rule" "error RELAY-NAME cms1 relay front frontfullchain.crt: frontfullchain.crt lacks other.example.com"
says "and its own words" "Callers look for it"
sed 's/ public-name = "other.example.com" / bridge-trust-file = "list.crt" /; s/    address/    public-interfaces = { "a" }\n&/' deployment.conf >x && mv x deployment.conf
cp store/labca.crt store/list.crt
fails "a CA in a list of certificates" "$CERTWRIGHT" --catalogue mine check
says "is an issuer in the place of a certificate" "PINNED-ISSUER cms1 relay list.crt"
says "and its rule about ports" "warning RELAY-PORT cms1 relay"
says "with the remedy of its file" "Set listen to an inner interface"
cp store/otherca.crt store/list.crt
fails "a list without it" "$CERTWRIGHT" --catalogue mine check
says "lacks a certificate" "TRUST-BUNDLE-COMPLETE cms1 relay list.crt"
sed 's/bridge-trust-file = "list.crt"/c2w-trust-file = "list.crt"/' deployment.conf >x && mv x deployment.conf
ok "the same file as a chain" "$CERTWRIGHT" --catalogue mine check
cp store/labca.crt store/list.crt
fails "another CA" "$CERTWRIGHT" --catalogue mine check
says "does not lead to a root" "TRUST-BUNDLE-COMPLETE cms1 relay list.crt: list.crt does not lead c2wfullchain.crt"

# Every key of the format is explained, in the text and in the manual.
cd .. || exit 1
keys=$(grep -ohE 'CFG_(STR|INT|BOOL|SEC|STR_LIST)\("[^"]+"' "$TOP/src/model/screens.c" | sed 's/.*"\(.*\)"/\1/' | sort -u)
[ "$(echo "$keys" | wc -l)" -gt 50 ] && pass "the keys are found" || fail "the keys are found"
for key in $keys; do
    grep -qE "(\`|^## |[ {])$key[\`, ]" "$TOP/doc/catalogue.md" || fail "doc/catalogue.md explains $key"
done
pass "doc/catalogue.md has been read"
if command -v mandoc >/dev/null; then
    same "the manual is clean" "" "$(mandoc -Tlint -Wwarning "$TOP/doc/man/certwright-component.5")"
else
    skip "the manual is clean: no mandoc"
fi
