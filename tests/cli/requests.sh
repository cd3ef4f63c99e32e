#!/usr/bin/env bash
# What goes to a CA with a request, for every kind of signer: the lines work as they stand, the mail
# says what the request says, and what was sent is noted with its day, never by itself.
. "$(dirname "$0")/../lib.sh"

conf() # TEMPLATE-LINE
{
    cat >deployment.conf <<END
release = "2.9"
name = "example.com"
identity "cb" { CN = "cms1.example.com" subjectAltName = { "meet.example.com" } O = "Example Inc." signer = "internal" $1 }
identity "join" { CN = "join.example.com" subjectAltName = { "cms1.example.com" } O = "Example Inc." L = "Bonn" ST = "Hesse" C = "DE" signer = "public" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin" { identity = "cb" listen = { "a:445" } }
    service "callbridge" { identity = "cb" listen = { "a" } }
    service "webbridge3" { https = "join" c2w = "join" https-listen = { "a:443" } c2w-listen = { "a:9999" } a-record = "join.example.com" }
}
END
}

ask() # INPUT: the wizard in plain, fed with it
{
    printf '%b' "$1" >input
    run bash -c '"$CERTWRIGHT" --plain wizard <input'
}

conf ''
"$CERTWRIGHT" --quiet generate || exit 1

# The pages.
ask '#requests\nopen 1\n1\n2\n3\n4\nleave\n'
says "the file and where it stands" "store/cb.csr, for the internal CA: to be sent"
says "the request itself" "$(sed -n 2p store/cb.csr)"
says "a client needs another template than WebServer" 'certreq -submit -attrib "CertificateTemplate:TEMPLATE" cb.csr cb.cer cb.p7b'
says "which is said" "WebServer does not"
silent "no web form of an internal CA" "Web form"
openssl_line=$(printf '%s\n' "$out" | grep '^openssl x509')
printf '%s\n' "$out" | sed -n '/^Subject: /,/^-----END/p' >mail
has "whom it is for" "It is for our Cisco Meeting Server: Web Admin on cms1; Call Bridge on cms1." mail
has "a name a line" "  Names    cms1.example.com" mail
has "every name" "           meet.example.com" mail
has "the usages" "server and client authentication (serverAuth, clientAuth)" mail
has "the reply's form" "as PEM (Base64) with its whole chain: every" mail
has "the root as well" "intermediate certificate, and the root as well." mail
wanted=$(openssl req -in store/cb.csr -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
same "the key's fingerprint" "$wanted" "$(grep -E '^ +([0-9a-f]{2}:){15}' mail | tr -d ' :\n')"
sed -n '/^-----BEGIN/,$p' mail >sent.csr
same_file "the request is in the mail" store/cb.csr sent.csr
hasnt "no key is" "PRIVATE" mail

# The line of openssl, run as it stands where the CA is.
mkdir ca
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca/ca.key -out ca/ca.crt -days 3000 -subj /CN=Root \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
cp store/cb.csr ca/
ok "the line signs" bash -c "cd ca && $openssl_line 2>/dev/null"
cw import ca/cb.pem ca/ca.crt
same "and what it signs is taken whole" 0 "$status"
silent "nothing was lost" "not got"

# A public CA: its form and the mail.
ask '#requests\nopen 1\n2\n3\nleave\n'
says "the form" "Paste the request whole, from BEGIN to END"
says "with every name" "cms1.example.com"
silent "nothing of Windows" "certreq"

# The template that is written.
rm store/cb.crt store/cbbundle.crt store/cbfullchain.crt
conf 'template = "CMSBoth"'
ask '#requests\nopen 1\n2\nleave\n'
says "a template of one's own" 'certreq -submit -attrib "CertificateTemplate:CMSBoth" cb.csr cb.cer cb.p7b'

# Sent: by answers only where one says so.
printf 'start = 1\nleave = import\n' >answers
cw wizard --answers answers
same "the pages are passed" 0 "$status"
ok "nothing is noted as sent by passing" test ! -e store/.certwright.sent
ask '#import\nleave\n'
says "and nothing is said to be" "Not marked as sent: cb, join"
printf 'start = 1\nrequests.cb = yes\nleave = import\n' >answers
rm -f .certwright.page
cw wizard --answers answers
says "noted" "Noted: the request of cb was sent today."
ask '#import\nleave\n'
says "with the CA" "With the CA: cb (today)"
has "kept" "cb.csr" store/.certwright.sent
