#!/usr/bin/env bash
# deployment.conf as it is read: what is wrong is told with its line, what is odd is kept.
. "$(dirname "$0")/../lib.sh"

"$CERTWRIGHT" init --preset lab --domain example.com >/dev/null || fail "init"
cp deployment.conf good.conf
run "$CERTWRIGHT" check --json
json "the preset is read" type array

printf 'name = "example.com"\nsubject { O = "Example" }\nidentity "a" { CN = "a.example.com" }\n' >deployment.conf
run "$CERTWRIGHT" check
same "what a file leaves out is not complained of" "" "$err"

# bad WHAT LINE TEXT: exit 1, FILE:LINE named, TEXT said.
bad()
{
    fails "$1" "$CERTWRIGHT" check
    says "$1: its line is named" "certwright: deployment.conf:$2: "
    [ -z "$3" ] || says "$1: says $3" "$3"
    clean "$1: nothing hostile on the terminal"
}

# add TEXT: the good file and a line below; its number in $at.
add()
{
    { cat good.conf; printf '%s\n' "$1"; } >deployment.conf
    at=$(wc -l <deployment.conf)
}

add 'subject { O = "Example" }'
run "$CERTWRIGHT" check
same "what a section does not give is nobody's fault" "" "$err"

add 'nam = "x"'
bad "an unknown option" "$at" nam
says "with the nearest one" '"name"'
add 'frobnicate { a = "b" }'
bad "an unknown section" "$at" frobnicate
add 'server "x" { address = "x.example.com"  service "webadmni" { identity = "cms1" } }'
bad "a kind that is none" "$at" webadmni
says "with the nearest one" webadmin
add 'server "x" { address = "x.example.com"  service "webadmin" { identiti = "cms1" } }'
bad "an unknown option of a service" "$at" identiti
add 'release = "2.9"'
bad "an option given twice" "$at" release
add 'identity "cms1" { CN = "twice.example.com"  signer = "internal" }'
bad "a section given twice" "$at" cms1
add 'identity "x" { CN = "x.example.com"  signer = "internal"'
bad "a section that isn't closed" "$at" ""
add 'identity "x" { CN = "x.example.com'
bad "a text that isn't closed" "$at" ""
add 'key { bits = many }'
fails "a number that is none" "$CERTWRIGHT" check
says "its file is named" "certwright: deployment.conf:"
add 'server "x" { address = "x.example.com"  service "webadmin" { identity = "nobody" } }'
fails "an identity that isn't there" "$CERTWRIGHT" check
says "it is named" nobody
add 'validation { xmpp = perhaps }'
bad "a truth that is none" "$at" perhaps
sed 's/signer = "labca"/signer = "labcaa"/' good.conf >deployment.conf
fails "a signer that isn't there" "$CERTWRIGHT" check
says "it is named" labcaa
: >deployment.conf
run "$CERTWRIGHT" check
same "an empty file is no crash" 1 "$((status <= 1))"

# The line is the editor's, whatever stands above: libconfuse counts comments otherwise.
lines_of()
{
    { printf '%b' "$2"; cat good.conf; printf 'nam = "x"\n'; } >deployment.conf
    bad "$1" "$(wc -l <deployment.conf)" nam
}
lines_of "below # comments" '# one\n# two\n\n# three\n'
lines_of "below // comments" '// one\n// two\n'
lines_of "below a block" '/* one\n two\n\n three */\n/* four */ /* five\n*/\n'
lines_of "below a comment that has quotes and braces" '# "it\x27s { here\n/* } " */\n'
lines_of "below a value on several lines" 'subject { O = "one\\\n two" }\n'
sed '/^    service "webadmin"/i # a remark\n    /* and\n    more */' good.conf >deployment.conf
sed -i 's/service "webadmin" {/service "webadmin" { color = "red"/' deployment.conf
bad "an option below comments in a section" "$(grep -n color deployment.conf | cut -d: -f1)" color

# What was meant is named, also where it is longer or shorter by words.
add 'validation { sip-trust = "x.crt" }'
bad "half a name" "$at" '"sip-trust-file"'
add 'validation { zzzz = "x.crt" }'
bad "a name that is like no other" "$at" "xmpp"
add 'server "x" { address = "x.example.com"  service "callbridge" { xmpp-trust = "a.crt" } }'
bad "half a name in a service" "$at" '"xmpp-trust-file"'

# Where a service listens.
for value in a:99999 a:0 a: nonsense q:443 a:44x 443 '' a:443:444 'a 443' A; do
    add "server \"x\" { address = \"x.example.com\"  service \"webadmin\" { identity = \"cms1\"  listen = { \"$value\" } } }"
    bad "listening on '$value'" "$at" "listen cannot be"
done
for value in a a:443 b:1 e:65535 lo:5222 admin:443; do
    add "server \"x\" { address = \"x.example.com\"  service \"webadmin\" { identity = \"cms1\"  listen = { \"$value\" } } }"
    run "$CERTWRIGHT" check
    silent "listening on '$value' is read" "cannot be"
done
add 'server "x" { address = "x.example.com"  service "webadmin" { identity = "cms1"  listen = { "a:443,b:443" } } }'
bad "two places in one value" "$at" 'give each place its own entry'
add 'server "x" { address = "x.example.com"  service "callbridge" { identity = "cms1"  listen = { "a:443" } } }'
bad "a port where there is none" "$at" 'write an interface'
add 'server "x" { address = "x.example.com"  public-interfaces = { "eth0" } }'
bad "an interface of another machine" "$at" eth0
for value in a@ @b -x@b 'x y@b' 'a;b@c' a@b@c -b; do
    add "server \"x\" { address = \"x.example.com\"  mmp = \"$value\" }"
    bad "a login of '$value'" "$at" 'write it like admin@10.0.0.5'
done
for value in journal Rehearsal; do
    add "server \"$value\" { address = \"x.example.com\" }"
    bad "a server called as a folder of the plan, $value" "$at" 'choose another name'
done

# Files: none has two purposes.
clash()
{
    add "$2"
    bad "$1" "$at" "both mean the file"
    rm -rf store
    fails "$1: nothing is made" "$CERTWRIGHT" generate
    same "$1: not even a key" "" "$(ls store 2>/dev/null)"
}
clash "a key and a certificate in one file" 'identity "x" { CN = "x.example.com"  key-file = "x.crt" }'
clash "a bundle and a full chain in one file" 'identity "x" { CN = "x.example.com"  bundle-file = "x.pem"  fullchain-file = "X.pem" }'
clash "a key where the request goes" 'identity "x" { CN = "x.example.com"  key-file = "x.csr" }'
clash "another's certificate" 'identity "x" { CN = "x.example.com"  certificate-file = "CMS1.crt" }'
clash "names that become one" 'identity "cms1bundle" { CN = "x.example.com" }'
clash "certificate and full chain before 3.0" 'identity "x" { CN = "x.example.com"  certificate-file = "y.crt"  fullchain-file = "y.crt" }'
says "the release is named" "3.0"
sed -i 's/^release = .*/release = "3.8"/' deployment.conf
run "$CERTWRIGHT" check
silent "from 3.0 on a full chain is a certificate" "both mean"

# Findings taken knowingly.
add 'accept { rule = "EXPIRED"  reason = "a test" }
accept { rule = "EXPIRED"  reason = "a test"  until = "someday" }'
bad "the second of two, a date that is none" "$at" someday
add 'accept { rule = "EXPIRED"  reason = "a test" }
# a remark
accept {
    rule = "EXPIRES-SOOM"
    reason = "a test"
}'
bad "an unknown rule at its own line" "$((at - 2))" '"EXPIRES-SOON"'
add 'accept { rule = "EXPIRED" }'
bad "no reason" "$at" reason
add 'accept { rule = "EXPIRED"  reason = "  " }'
bad "a blank reason" "$at" reason
add 'accept { reason = "x" }'
bad "no rule" "$at" rule
add 'accept { rule = "EXPIRED"  reason = "x"  identity = "cms2" }'
bad "an unknown identity" "$at" '"cms1"'
add 'accept { rule = "EXPIRED"  reason = "x"  server = "cms11" }'
bad "an unknown server" "$at" '"cms1"'
add 'accept { rule = "EXPIRED"  reason = "x"  service = "webadmni" }'
bad "an unknown service" "$at" '"webadmin"'

# $ is a character like others: the environment never enters.
export SECRET=leaked
for text in '"${SECRET}"' "'\${SECRET}'" '"$SECRET"' '"a$b"' '"\${SECRET}"' '"x\"y\\z"' '"Zoë 研究"'; do
    sed "/^key/a subject { O = \"Example\"  OU = @TEXT@ }" good.conf | TEXT=$text awk '
        { at = index($0, "@TEXT@"); if (at) $0 = substr($0, 1, at - 1) ENVIRON["TEXT"] substr($0, at + 6); print }' >deployment.conf
    rm -rf store
    ok "a value of $text" "$CERTWRIGHT" generate cms1
    value=${text#?} value=${value%?}
    [ "$text" = '"\${SECRET}"' ] && value='${SECRET}'
    [ "$text" = '"x\"y\\z"' ] && value='x"y\z'
    same "is what stands there" "$value" \
        "$(openssl req -in store/cms1.csr -noout -subject -nameopt multiline,utf8,-esc_msb,-esc_ctrl | sed -n 's/.*organizationalUnitName *= //p')"
done
add 'name = ${SECRET}'
fails "\$ outside quotes" "$CERTWRIGHT" check
silent "doesn't read the environment either" leaked

# Files that are none, or no text.
rm deployment.conf && mkdir deployment.conf
fails "a folder" "$CERTWRIGHT" check
says "is called one" folder
rmdir deployment.conf && mkfifo deployment.conf
exits 1 "a FIFO is refused at once" timeout 5 "$CERTWRIGHT" check
rm deployment.conf && ln -s /dev/zero deployment.conf
exits 1 "a device is refused" timeout 5 "$CERTWRIGHT" check
rm deployment.conf
{ cat good.conf; printf 'name\000 = "x"\n'; } >deployment.conf
fails "a NUL byte" "$CERTWRIGHT" check
says "is named" "deployment.conf"
matches "it says NUL" nul
iconv -t UTF-16 good.conf >deployment.conf
fails "an editor's UTF-16" "$CERTWRIGHT" check
says "is called that" "UTF-16 text of an editor: save it as UTF-8"
add $'validation {\u00a0sip = "enable" }'
bad "a no-break blank" "$at" 'a no-break blank or another unseen character stands beside "sip": type it anew'
add 'server "x" { address = "x.example.com:445" }'
bad "a port in an address" "$at" "Type the bare host name: x.example.com"
add 'server "x" { address = "x1" }'
bad "half a host name" "$at" "it has no dot"
{ printf '\357\273\277'; cat good.conf; } >deployment.conf
run "$CERTWRIGHT" check --json
if [ "$status" = 1 ] && [ -z "$out" ]; then
    matches "a byte order mark is refused by its name" 'byte order mark|bom'
else
    json "a byte order mark is passed over" type array
fi
sed 's/$/\r/' good.conf >deployment.conf
run "$CERTWRIGHT" check --json
json "CRLF line ends are read" type array
head -c 17000000 /dev/zero | tr '\0' '#' >deployment.conf
exits 1 "a file over 16 MiB" timeout 20 "$CERTWRIGHT" check
printf 'name = "\377\376"\n' >deployment.conf
run "$CERTWRIGHT" check
same "bytes that are no UTF-8 are no crash" 1 "$((status <= 1))"
clean "and none reaches the terminal"
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "server \"s\" { " }' >deployment.conf
exits 1 "sections in sections without end" timeout 20 "$CERTWRIGHT" check

# Values that would break out of a line of the plan.
for value in 'cms1.example.com\nrm x' 'cms1.example.com x' 'cms1;reboot' '../cms1' '-x' '' '"' '*'; do
    quoted=$(printf '%s' "$value" | sed 's/\\n/\n/; s/"/\\"/g')
    TEXT=$quoted awk '/^ *address =/ && !done { sub(/"[^"]*"/, "@TEXT@"); done = 1 }
        { at = index($0, "@TEXT@"); if (at) $0 = substr($0, 1, at - 1) "\"" ENVIRON["TEXT"] "\"" substr($0, at + 6); print }' \
        good.conf >deployment.conf
    rm -rf store install
    "$CERTWRIGHT" generate >/dev/null 2>&1
    "$CERTWRIGHT" sign --ca labca >/dev/null 2>&1
    fails "an address of '$value' makes no plan" "$CERTWRIGHT" plan
    same "'$value': nothing is written" "" "$(ls install 2>/dev/null)"
done
