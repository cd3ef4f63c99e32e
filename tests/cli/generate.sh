#!/usr/bin/env bash
# generate: refuses what pki csr refuses, before anything is made; makes an outdated request again with
# its key; keeps what it replaces; never touches a key.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

fresh() { rm -rf deployment.conf store && "$CERTWRIGHT" --quiet init --preset "${1:-webapp}" --domain example.com; }
line_of() { grep -n -m1 -F "$1" deployment.conf | cut -d: -f1; }

# refused WHAT SED-SCRIPT TEXT-IN-CONF MESSAGE: with file, line, identity and limit; nothing is made.
refused()
{
    fresh
    sed -i "$2" deployment.conf
    fails "$1" "$CERTWRIGHT" generate
    says "$1: file and line" "certwright: deployment.conf:$(line_of "$3"): "
    says "$1: the identity" 'identity "singleCert"'
    says "$1: the limit" "$4"
    same "$1: nothing is made" "" "$(find store -name '*.[kc]*' 2>/dev/null)"
    matches "$1: no library's bare words" '^certwright: deployment.conf:[0-9]+: '
}
long=$(printf 'x%.0s' {1..71})
# own TEXT: sed's script that puts an option into the identity's section.
own() { printf 's/CN = "[^"]*"/&\\n    %s/' "$1"; }
refused "an organization that is too long" "$(own "O = \"$long\"")" "O = \"$long\"" "71 characters, X.520 allows 64 in O"
refused "a common name that is too long" "s/CN = \"[^\"]*\"/CN = \"$long\"/" "CN = \"$long\"" "X.520 allows 64 in CN"
refused "a country of three letters" "$(own "C = \"USA\"")" 'C = "USA"' "a country is two letters"
refused "a list in one name" "$(own "subjectAltName = \"a.example.com, b.example.com\"")" subjectAltName "a comma stands between names"
refused "an empty name" "$(own "subjectAltName = {\"a.example.com\", \"\"}")" subjectAltName "a name is missing"
refused "semicolons of a spreadsheet" "$(own 'subjectAltName = "a.example.com;b.example.com"')" subjectAltName "a semicolon stands between names, not in one (column 14): Give each name its own entry"
run "$CERTWRIGHT" check
says "check has it mended before" 'a semicolon stands between names, not in one (column 14): Give each name its own entry, then certwright generate singleCert'
refused "a word processor's quotes" "$(own 'subjectAltName = “a.example.com”')" subjectAltName "a word processor's quotation marks stand around it"
refused "an address with a port" "$(own 'subjectAltName = "10.0.0.1:445"')" subjectAltName "Type the bare host name: 10.0.0.1"
refused "a page's address as CN" 's,CN = "cms1,CN = "https://cms1,' 'CN = "https' "Type the bare host name: cms1.example.com"
refused "a dot at the end of the CN" 's/CN = "cms1.example.com/&./' 'com."' "a dot too many (column 17): Leave it out: cms1.example.com"
refused "CN twice" 's/CN = "cms1/CN = "CN=cms1/' 'CN=cms1' 'a name goes without "CN=": Write cms1.example.com'
refused "a blank in a name" "$(own "subjectAltName = {\"join.example com\"}")" subjectAltName "blank"
fresh
# The command line's own refusals name attribute and limit as well.
for verb in csr selfsigned; do
    fails "pki $verb" "$CERTWRIGHT" pki $verb x CN:x.example.com "O:$long"
    says "pki $verb: the limit" "certwright: O: 71 characters, X.520 allows 64 in O"
    fails "pki $verb: a country" "$CERTWRIGHT" pki $verb x CN:x.example.com C:USA
    says "pki $verb: its form" "certwright: C: a country is two letters"
done

fresh
ok "key and request" "$CERTWRIGHT" generate
cp store/singleCert.key key.before
cp store/singleCert.csr csr.before
ok "again" "$CERTWRIGHT" generate
says "is kept" "KEPT singleCert"
same_file "to the byte" csr.before store/singleCert.csr

# The domain was mistyped, and nobody has answered yet.
sed -i 's/cms1\.example\.com/cms1.acme.example/' deployment.conf
ok "an outdated request" "$CERTWRIGHT" generate
says "is made anew, and what it said is told" \
    "OK   singleCert  request, anew: CN was cms1.example.com; subjectAltName lacks cms1.acme.example; subjectAltName still has cms1.example.com; key kept"
same "it says what deployment.conf says" "DNS:cms1.acme.example" \
    "$(openssl req -in store/singleCert.csr -noout -text | sed -n '/Alternative Name/{n;s/^ *//p}')"
same_file "the key stays" key.before store/singleCert.key
ok "and fits" "$CERTWRIGHT" pki match singleCert.key singleCert.csr
same_file "the old request is kept" csr.before "$(echo store/singleCert.csr.*.bak)"
run "$CERTWRIGHT" generate --json
json "the next run has nothing to do" '.identities[0] | "\(.made) \(.files)"' "[] []"
same "and keeps no more" 1 "$(find store -name '*.bak' | wc -l)"

# A certificate is in place, and a name comes to deployment.conf.
ok "signed" "$CERTWRIGHT" --quiet sign --ca labca --make-ca
cp store/singleCert.crt crt.before
cp store/singleCert.csr csr.before
sed -i "$(own 'subjectAltName = {"join.acme.example"}')" deployment.conf
ok "a name added since" "$CERTWRIGHT" generate
says "is told, with the way" "KEPT singleCert  its certificate is out of date: subjectAltName lacks join.acme.example; \`certwright generate singleCert\` makes the next request with this key"
same_file "nothing is made unasked" csr.before store/singleCert.csr
ok "asked for by name" "$CERTWRIGHT" generate singleCert
says "the next request is made" "OK   singleCert  request, anew: subjectAltName lacks join.acme.example; key kept"
has "with the new name" join.acme.example <(openssl req -in store/singleCert.csr -noout -text)
same_file "the key stays" key.before store/singleCert.key
same_file "the certificate in place too" crt.before store/singleCert.crt
ok "once more" "$CERTWRIGHT" generate singleCert
says "is made already, with the way" "KEPT singleCert  its certificate is out of date, and singleCert.csr asks for the next one: send it to the CA"
run "$CERTWRIGHT" check
says "the remedy doesn't ask for it again" "
  send singleCert.csr to the CA, then certwright import what it returns (guide 3.1)"
silent "nowhere" "certwright generate"
ok "a CA answers it" "$CERTWRIGHT" sign --ca labca
ok "and all is said" "$CERTWRIGHT" pki verify singleCert.crt singleCertbundle.crt --name join.acme.example

# The same of a certificate that signs itself.
fresh lab
ok "a lab" "$CERTWRIGHT" --quiet generate
cp store/labca.key key.before
cp store/labca.crt crt.before
sed -i 's/CN = "example.com lab CA"/CN = "Acme lab CA"/' deployment.conf
ok "its CA's name changes" "$CERTWRIGHT" generate
says "is told" "KEPT labca  its certificate is out of date: CN was example.com lab CA; "
same_file "nothing is made unasked" crt.before store/labca.crt
ok "asked for by name" "$CERTWRIGHT" generate labca
says "it signs itself anew" "OK   labca  certificate, anew: CN was example.com lab CA; key kept"
same_file "the key stays" key.before store/labca.key
same_file "the old one is kept" crt.before "$(echo store/labca.crt.*.bak)"

# Its key is made on the appliance, and neither request nor certificate is here yet.
fresh
sed -i "$(own 'key-at = "cms1"')" deployment.conf
run "$CERTWRIGHT" check
says "the request comes first, and from where the key is" "
  certwright generate singleCert, which prints the line to type on cms1: bring the request here, then send singleCert.csr to the CA, then certwright import what it returns (guide 4.2)"
ok "the line is printed" "$CERTWRIGHT" generate singleCert
says "to be typed" "pki csr singleCert CN:cms1.example.com"
