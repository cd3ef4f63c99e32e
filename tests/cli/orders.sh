#!/usr/bin/env bash
# Order sheets: what whoever signs reads there is what openssl reads in the request; one cover a CA,
# nothing that is answered stays ordered, and no name acts on a terminal.
. "$(dirname "$0")/../lib.sh"

conf() # [OPTION OF cb]
{
    cat >deployment.conf <<END
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "cb" { CN = "cms1.example.com" subjectAltName = { "meet.example.com" } O = "Müller" signer = "internal" $1 }
identity "web" { CN = "cms1.example.com" signer = "internal" }
identity "join" { CN = "join.example.com" subjectAltName = { "cms1.example.com" } O = "Example Inc." L = "Bonn" ST = "Hesse" C = "DE" signer = "public" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin" { identity = "web" listen = { "a:445" } }
    service "callbridge" { identity = "cb" listen = { "a" } }
    service "webbridge3" { https = "join" c2w = "cb" https-listen = { "a:443" } c2w-listen = { "a:9999" } a-record = "join.example.com" }
}
END
}

# The values behind a label: its line and those below it that have none.
field() # LABEL FILE
{
    awk -v label="  $1 " 'index($0, label) == 1 { on = 1; print substr($0, 16); next }
        on && /^               [^ ]/ { print substr($0, 16); next } { on = 0 }' "$2"
}

conf ''
cw orders
same "without requests nothing is ordered" 1 "$status"
says "why, and what to do" "cb: no sheet is written: it has no request yet: certwright generate cb"
ok "and no folder is made" test ! -e orders
"$CERTWRIGHT" --quiet generate || exit 1
ok "orders" "$CERTWRIGHT" orders
same "a sheet each, a cover a CA" "cb.txt cover.internal.txt cover.public.txt join.txt web.txt" "$(ls orders | paste -sd ' ')"
same "plain ASCII in lines of 78 at most" "" "$(LC_ALL=C grep -nE '[^ -~]|.{79}' orders/*)"
cp -r orders first
"$CERTWRIGHT" --quiet orders
ok "twice is the same" diff -r first orders

# openssl is the judge of each.
for name in cb web join; do
    csr=store/$name.csr sheet=orders/$name.txt
    san=$(openssl req -in "$csr" -noout -text | sed -n '/Subject Alternative Name/{n;p}' | tr -d ' ' | tr , '\n')
    same "$name: the names" "$san" "$(field 'Names (SAN)' "$sheet")"
    words=$(openssl req -in "$csr" -noout -text | sed -n '/Extended Key Usage/{n;p}' |
        sed 's/TLS Web Server Authentication/serverAuth/; s/TLS Web Client Authentication/clientAuth/; s/^ *//')
    same "$name: the usages" "$words" "$(field Extended "$sheet")"
    same "$name: key usage" digitalSignature "$(field 'Key usage' "$sheet")"
    same "$name: the subject" "$(openssl req -in "$csr" -noout -subject -nameopt RFC2253 | cut -d= -f2-)" "$(field Subject "$sheet")"
    key=$(openssl req -in "$csr" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c | sed 's/.*= *//')
    same "$name: the key's fingerprint" "$key" "$(field Key "$sheet" | grep -E '^([0-9a-f]{2}:){15}' | tr -d '\n')"
    cw pki inspect $name.key --json
    json "$name: inspect shows the same of the key" .key.public_key_sha256 "$key"
    cw pki inspect $name.csr --json
    json "$name: and of the request" .csr.public_key_sha256 "$key"
    sed -n '/^-----BEGIN/,$p' "$sheet" >sent.csr
    same_file "$name: the request is in the sheet" "$csr" sent.csr
    hasnt "$name: no key is" "PRIVATE" "$sheet"
    # The line to compare it with, run as it stands.
    (cd store && sed -n '/^To compare/,/^$/p' "../$sheet" | sed 1d | bash) >compared
    has "$name: the line that compares it" "$key" compared
done

# Whom it goes to, and how it comes back.
has "the template that has both usages is described" "copy it, and add" <(field Template orders/cb.txt | paste -sd ' ')
has "and named in the line" 'certreq -submit -attrib "CertificateTemplate:TEMPLATE" ^' orders/cb.txt
same "server usage alone: the guide's template" WebServer "$(field Template orders/web.txt)"
has "its line" '  certreq -submit -attrib "CertificateTemplate:WebServer" ^
    web.csr web.cer web.p7b' orders/web.txt
same "the answer's name" "web.cer, or web.p7b with the chain" "$(field Named orders/web.txt)"
has "a product of a public CA" "TLS server certificate for 2 names" orders/join.txt
same "its answer's name" join.crt "$(field Named orders/join.txt)"
hasnt "no certreq there" certreq orders/join.txt
hasnt "nothing to ask first: no client usage" "Ask first" orders/join.txt
has "whom it serves" "Call Bridge on cms1; Web Bridge 3 on cms1" orders/cb.txt
has "the cover lists what that CA gets" "  cb.txt" orders/cover.internal.txt
has "all of it" "  web.txt" orders/cover.internal.txt
hasnt "and nothing else" join orders/cover.internal.txt
conf 'template = "CMSBoth"'
"$CERTWRIGHT" --quiet orders
has "a template that is written" 'CertificateTemplate:CMSBoth" ^' orders/cb.txt
same "is the sheet's" CMSBoth "$(field Template orders/cb.txt)"

# JSON, some only, another folder.
cw orders --json --out elsewhere cb
same "one identity" 0 "$status"
json "it alone" '[.orders[].identity] | join(" ")' cb
json "its names" '.orders[0].subject_alt_names | join(" ")' "DNS:cms1.example.com DNS:meet.example.com"
json "its cover" '.covers[0].sheet' cover.internal.txt
same "the folder" "cb.txt cover.internal.txt" "$(ls elsewhere | paste -sd ' ')"
fails "an identity that isn't one" "$CERTWRIGHT" orders nobody
says "it is named" nobody

# Answered: its sheet goes, what is not ours stays.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3000 -subj /CN=Root \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl x509 -req -in store/web.csr -CA ca.crt -CAkey ca.key -days 300 -copy_extensions copy -out web.cer 2>/dev/null
"$CERTWRIGHT" --quiet import web.cer ca.crt
echo mine >orders/notes.txt
ok "orders after an answer" "$CERTWRIGHT" orders
says "what goes" "Removed orders/web.txt"
same "the answered one's sheet is gone" "cb.txt cover.internal.txt cover.public.txt join.txt notes.txt" "$(ls orders | paste -sd ' ')"
fails "an answered one, named" "$CERTWRIGHT" orders web
says "has no open request" "web: none of its requests is open"
sed -i 's/meet.example/meeting.example/' deployment.conf
cw orders
same "an outdated request is held back" 1 "$status"
says "why" "cb: no sheet is written: its request says something else than deployment.conf"
ok "its sheet is no longer there" test ! -e orders/cb.txt
ok "the others are" test -e orders/join.txt
"$CERTWRIGHT" --quiet generate
ok "made anew, as it says" "$CERTWRIGHT" orders
says "it goes out" "cb.txt"

# The wizard: the sheet of a request, and all of them.
printf '#requests\nopen 1\n5\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "the page shows the sheet" "Certificate order: cb"
rm -rf orders
printf '#requests\norders\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "a key writes them" "2 sheets are in orders/, and a cover for each CA"
same "as the command does" "cb.txt cover.internal.txt cover.public.txt join.txt" "$(ls orders | paste -sd ' ')"

# Nothing of a name acts on a terminal or ends the word that it stands in.
evil() # NAME TEMPLATE
{
    printf 'release = "2.9"\nname = "%b"\nkey { type = "ec" bits = 256 }\nidentity "x" { CN = "a.example.com" O = "\xe7\xa0\x94\xe7\xa9\xb6" signer = "internal" template = "%b" }\n' "$1" "$2" >evil.conf
}
evil example.com 'CMS B\303\274ro'
"$CERTWRIGHT" --config evil.conf --store evil --quiet generate
cw --config evil.conf --store evil orders --out evilorders
same "odd names are ordered as well" 0 "$status"
clean "nothing acts on the terminal"
same "nor in a sheet" "" "$(LC_ALL=C grep -nE '[^ -~]' evilorders/*)"
for template in 'A\\" & del \\"' '%PATH%' 'A|B'; do
    evil example.com "$template"
    fails "no template: $template" "$CERTWRIGHT" --config evil.conf --store evil orders --out evilorders
    says "where" "evil.conf:4: "
done
