#!/usr/bin/env bash
# What editors, mail programs and browsers do to a file: read where it can be, and named with the line
# where it stands; and a name that says another kind than the content.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir store
for name in a b; do
    openssl ecparam -name prime256v1 -genkey -noout -out $name.key
    openssl req -x509 -new -key $name.key -subj /CN=$name.example.com -days 30 -out $name.crt
done
cat a.crt b.crt >two.crt
second=$(($(wc -l <a.crt) + 1)) # the line of the second BEGIN
last=$(wc -l <two.crt)

# reads WHAT N TEXT: x.crt holds N certificates, and stderr says TEXT.
reads()
{
    cw --json pki inspect x.crt
    json "$1: $2 are read" '.certificates | length' "$2"
    if [ -n "$3" ]; then says "$1: and that is said" "certwright: x.crt: $3"; else same "$1: nothing to say" "" "$err"; fi
}

cp two.crt store/x.crt && reads "as it should be" 2 ""
sed 's/$/\r/' two.crt >store/x.crt && reads "CRLF" 2 ""
sed 's/$/\r\r/' two.crt >store/x.crt && reads "CR CR LF" 2 ""
tr '\n' '\r' <two.crt >store/x.crt && reads "CR" 2 "line 1: its line ends are CR alone"
sed 's/CERTIFICATE-----$/& \t/' two.crt >store/x.crt && reads "blanks behind the markers" 2 ""
sed '1s/$/\n/' two.crt >store/x.crt && reads "a blank line behind BEGIN" 2 ""
sed '1s/$/\n\n/' two.crt >store/x.crt && reads "two of them" 2 "line 3: a blank line inside an object"
sed 's/$/\n/' a.crt >store/x.crt && reads "double-spaced" 1 "line 4: a blank line inside an object"
{ cat a.crt && sed '4s/$/\r\n  \r/' b.crt; } >store/x.crt && reads "blanks as a line" 2 "line $((second + 4)): a blank line inside"
sed 's/^-----END/\n&/' a.crt >store/x.crt && reads "a blank line before END" 1 "line $(wc -l <a.crt): a blank line inside"
{ cat a.crt && sed 's/END CERTIFICATE-----/&<br>/' b.crt; } >store/x.crt && reads "text behind END" 2 "line $last: text stands behind a marker"
sed ':a;N;$!ba;s/BEGIN CERTIFICATE-----\n/BEGIN CERTIFICATE-----/' a.crt >store/x.crt && reads "text behind BEGIN" 1 "line 1: text stands behind a marker"
{ printf '\357\273\277' && cat two.crt; } >store/x.crt && reads "a byte order mark" 2 ""
printf %s "$(cat two.crt)" >store/x.crt && reads "no last line end" 2 ""
{ echo "Dear customer," && echo && cat a.crt && echo "and" && cat b.crt && echo "Yours"; } >store/x.crt && reads "text around" 2 ""
{ printf %s "$(cat a.crt)" && cat b.crt; } >store/x.crt && reads "END and BEGIN glued" 2 "line $((second - 1)): END and BEGIN share a line"
{ cat a.crt && sed 's/^-----BEGIN/ -----BEGIN/' b.crt; } >store/x.crt && reads "a blank before BEGIN" 2 "line $second: BEGIN does not begin its line"
iconv -t UTF-16 two.crt >store/x.crt && reads "UTF-16" 2 "line 1: UTF-16 text of an editor"
iconv -t UTF-16BE two.crt >store/x.crt && reads "UTF-16 without its mark" 2 "line 1: UTF-16 text of an editor"
{ echo "On Monday you wrote:" && sed 's/^/> /' two.crt; } >store/x.crt && reads "quoted" 2 "line 2: a mail has quoted it"
{ cat a.crt && sed 's/^/>> /' b.crt; } >store/x.crt && reads "quoted twice" 2 "line $second: a mail has quoted it"
sed 's/=/=3D/g; s/$/=20/' two.crt >store/x.crt && reads "quoted-printable" 2 "line 1: a mail has quoted it"
{ echo "-----BEGIN CERTIFICATE-----=20" && sed '/-----/d; s/=/=3D/g' a.crt | tr -d '\n' | sed 's/.\{75\}/&=\r\n/g; s/\(=3*\)=\r\n\(3*D\)/\1\2=\r\n/g' && printf '\n-----END CERTIFICATE-----'; } >store/x.crt && reads "quoted-printable of one line" 1 "line 1: a mail has quoted it"

# What word processors, mail programs, portals and scripts make of it: taken back.
nbsp=$'\u00a0' typed="a word processor or a mail program has put"
sed "s/\$/$nbsp/" two.crt >store/x.crt && reads "no-break blanks behind each line" 2 "line 1: $typed"
sed "s/\(BEGIN\|END\) /\1$nbsp/" two.crt >store/x.crt && reads "no-break blanks in the markers" 2 "line 1: $typed"
{ cat a.crt && sed "3s/./&$nbsp/7" b.crt; } >store/x.crt && reads "one in the base64" 2 "line $((second + 2)): $typed"
sed "3s/./&"$'\u00ad'"/9; 4s/./&"$'\u200b'"/9" two.crt >store/x.crt && reads "soft hyphens and unseen characters" 2 "line 3: $typed"
sed 's/-----/—/g' two.crt >store/x.crt && reads "dashes for five hyphens" 2 "line 1: $typed"
sed 's/-----/—--/g' two.crt >store/x.crt && reads "a dash for two of them" 2 "line 1: $typed"
sed 's/-----BEGIN/–—BEGIN/' two.crt >store/x.crt && reads "dashes on one side" 2 "line 1: $typed"
sed $'s/-----BEGIN/\u201c&/; s/END CERTIFICATE-----/&\u201d/' two.crt >store/x.crt && reads "quotes around" 2 "line 1: BEGIN does not begin its line"
printf 'Gr\303\274\303\237e \342\200\223 das\302\240Zertifikat:\n' >prose
{ cat prose && sed "s/\$/$nbsp/" two.crt; } >store/x.crt && reads "prose before it" 2 "line 2: $typed"
{ cat prose && cat two.crt; } >store/x.crt && reads "prose alone is none of it" 2 ""
sed "s/\$/$nbsp/" two.crt | iconv -t WINDOWS-1252 >store/x.crt && reads "in Windows' letters" 2 "line 1: $typed"
sed "s/\$/$nbsp/; s/-----/—--/g" two.crt | iconv -t UTF-16 >store/x.crt && reads "in UTF-16" 2 "line 1: UTF-16"
says "and the other as well" "$typed"
{ printf '{"crt": "' && sed 's/$/\\n/' two.crt | tr -d '\n' && printf '"}\n'; } >store/x.crt && reads "JSON's line ends" 2 'line 1: its line ends are written \n'
{ printf '{"crt": "' && sed 's/$/\\r\\n/; s,/,\\/,g; s/+/\\u002b/g' two.crt | tr -d '\n' && printf '"}\n'; } >store/x.crt && reads "all that JSON escapes" 2 'line 1: its line ends are written \n'
wrap() { echo "-----BEGIN CERTIFICATE-----" && base64 -w "${2:-64}" "$1" && echo "-----END CERTIFICATE-----"; }
wrap a.crt >store/x.crt && reads "encoded twice" 1 "line 1: encoded twice"
wrap two.crt >store/x.crt && reads "two, encoded twice" 2 "line 1: encoded twice"
{ cat b.crt && wrap a.crt; } >store/x.crt && reads "one encoded twice behind another" 2 "line $(($(wc -l <b.crt) + 1)): encoded twice"
sed '/-----/d' a.crt | base64 >inner && wrap inner >store/x.crt && reads "encoded three times" 1 "line 1: encoded twice"
base64 two.crt >store/x.crt && reads "base64 of PEM" 2 "line 1: encoded twice"
sed '/-----/d' a.crt >store/x.crt && reads "base64 alone" 1 "line 1: base64 without its markers"
sed '/-----/d' a.crt | tr -d '\n' >store/x.crt && reads "base64 in one line" 1 "line 1: base64 without its markers"
cp a.crt inner
for _ in 1 2 3 4 5; do base64 -w 0 inner >next && mv next inner; done
cp inner store/x.crt

# refuses WHAT N TEXT: only N are read, TEXT says why, exit 1.
refuses()
{
    fails "$1: exit 1" "$CERTWRIGHT" --json pki inspect x.crt
    json "$1: $2 are read" '.certificates // [] | length' "$2"
    says "$1: and it is named" "$3"
}
refuses "encoded five times" 0 "neither PEM nor DER"
{ cat a.crt && sed '3s/./*/5' b.crt; } >store/x.crt && refuses "a byte that is no base64" 1 "object 2 (CERTIFICATE, line $second): its base64 text is damaged in line $((second + 2)) by \"*\""
{ cat a.crt && sed '3s/^/<b>/' b.crt; } >store/x.crt && refuses "HTML" 1 "in line $((second + 2)) by \"<\": HTML"
{ cat a.crt && sed '4s/^/> /' b.crt; } >store/x.crt && refuses "a quoted line" 1 "in line $((second + 3)) by \">\": quoted by a mail program"
{ cat a.crt && sed 3d b.crt; } >store/x.crt && refuses "a line lost" 1 "bytes are there, a line may lack"
{ cat a.crt && sed '/^-----END/d' b.crt; } >store/x.crt && refuses "END lost" 1 "object 2 (CERTIFICATE, line $second): it has no END line"
{ cat a.crt && sed '/BEGIN/d' b.crt; } >store/x.crt && refuses "BEGIN lost" 1 "line $((last - 1)): an END line whose BEGIN line lacks"
sed '/BEGIN/d' a.crt >store/x.crt && refuses "BEGIN lost, and nothing else there" 0 "an END line in line $((second - 2))"
sed '3s/^/é/' a.crt >store/x.crt && refuses "another letter" 0 'in line 3 by "é"'
{ echo '{\rtf1\ansi' && sed 's/$/\\par/' a.crt && echo '}'; } >store/x.crt && refuses "RTF" 0 "a word processor's document (RTF)"
sed 's/-----/----/g' a.crt >store/x.crt && refuses "four hyphens" 0 "the marker in line 1 is damaged"
sed 's/END CERTIFICATE/END CERTIFICAT/' a.crt >store/x.crt && refuses "markers of two kinds" 0 "its END line names another kind"
openssl x509 -in a.crt -outform DER | head -c 200 >store/x.crt && refuses "DER cut off" 0 "cut off: DER, of which 200 of"
: >store/x.crt && refuses "nothing at all" 0 "the file is empty"
openssl x509 -in a.crt -noout -text >store/x.crt && refuses "what openssl prints" 0 "a certificate printed as text, which cannot be read back"
printf -- '-----BEGIN X509 CRL-----\nMAAA\n-----END X509 CRL-----\n' >store/x.crt && refuses "a CRL" 0 "a list of revoked certificates (CRL)"
printf '<!DOCTYPE html>\n<html>' >store/x.crt && refuses "a web page" 0 "a web page: download the certificate itself"

# --- the name says another kind ---
mismatch()
{
    cp "$1" "store/$2"
    cw pki inspect "$2"
    says "$2: $3" "certwright: $2: $3, though the name says $4"
    rm "store/$2"
}
openssl x509 -in a.crt -outform DER -out a.der
openssl req -new -key a.key -subj /CN=a.example.com -out a.csr
openssl crl2pkcs7 -nocrl -certfile a.crt -out a.p7b
mismatch a.crt y.key "a certificate" "a private key"
mismatch two.crt y.csr "a certificate bundle" "a request"
mismatch a.key y.crt "a private key" "a certificate"
mismatch a.csr y.cer "a certificate request" "a certificate"
mismatch a.p7b y.crt "a PKCS#7 container" "a certificate"
mismatch a.der y.pem "a certificate in DER" "a certificate or key in PEM"
mismatch a.crt y.der "a certificate in PEM" "a certificate or key in DER"
for name in a.crt a.key a.csr a.p7b a.der; do
    cp $name store
    cw pki inspect $name
    same "$name says what it is" "" "$err"
done
ok "content decides: a certificate as .key matches" "$CERTWRIGHT" pki match ./a.key ./a.crt
cp a.key store/z.crt && cp a.crt store/z.key
ok "names swapped, they still match" "$CERTWRIGHT" pki match z.crt z.key
says "and it is said" "though the name says"
ok "--quiet says nothing" "$CERTWRIGHT" --quiet pki match z.crt z.key
same "on stderr neither" "" "$err"

# verify and match say what of their files they could not read: what lacks may be there.
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -subj "/CN=Root" -days 9 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout store/leaf.key -out leaf.csr -subj "/CN=leaf" 2>/dev/null
openssl x509 -req -in leaf.csr -CA root.crt -CAkey root.key -days 9 -out store/leaf.crt 2>/dev/null
{ sed '5s/./!/3' root.crt && cat a.crt; } >store/bundle.crt
fails "a bundle whose root is damaged" "$CERTWRIGHT" pki verify leaf.crt bundle.crt
says "is said to be, beside the issuer that lacks" 'bundle.crt: object 1 (CERTIFICATE, line 1): its base64 text is damaged in line 5 by "!"'
{ cat store/leaf.crt && sed '5s/./!/3' root.crt; } >store/both.crt
ok "a pair with a damaged CA behind it" "$CERTWRIGHT" pki match leaf.key both.crt
says "is a pair, and the damage is told" "both.crt: object 2 (CERTIFICATE"

# A marker that names another kind, or none: openssl passes such an object by.
sed 's/CERTIFICATE/Certificate/' root.crt >store/small.crt
fails "openssl finds nothing behind a marker in small letters" openssl x509 -in store/small.crt -noout
ok "it is read" "$CERTWRIGHT" pki inspect small.crt
says "and said" "small.crt: line 1: BEGIN does not name what follows"
sed 's/CERTIFICATE REQUEST/CERTIFICATE/' leaf.csr >store/named.crt
ok "a request that calls itself a certificate" "$CERTWRIGHT" pki inspect named.crt
says "is said to be none" "named.crt: line 1: BEGIN does not name what follows"
openssl crl2pkcs7 -nocrl -certfile root.crt | sed 's/PKCS7/CERTIFICATE/' >store/seven.crt
ok "a PKCS#7 that does" "$CERTWRIGHT" pki inspect seven.crt
says "likewise" "seven.crt: line 1: BEGIN does not name what follows"
openssl crl2pkcs7 -nocrl -certfile root.crt -out store/seven.p7b
ok "one that says what it is" "$CERTWRIGHT" pki inspect seven.p7b
silent "is let be" "does not name"
