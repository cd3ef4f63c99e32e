#!/usr/bin/env bash
# Cores, edges, a database and a Recorder of their own, and two CAs: what their mailboxes hold is
# imported, one command a mailbox, and what then lies on each server is judged there by openssl.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/two-cas.sh"
. "$TOP/tests/installation.sh"

ok "deployment, keys and requests" ordered
fails "requests alone are no plan" "$CERTWRIGHT" plan
answered

# The mailbox of the public CA: a certificate a form, the chain in one of them, and what else comes.
mkdir -p mail/public/old mail/internal
cat ca/public/issuing.crt ca/public/root.crt >chain.pem
cat ca/internal/root.crt ca/internal/issuing.crt >company.pem
i=0
for name in $(signed_by public); do
    i=$((i + 1)) to=mail/public/order-$i
    leaf=answer/$name.crt
    case $i in
    1) cp "$leaf" "$to.pem" ;;
    2) openssl x509 -in "$leaf" -outform DER -out "$to.cer" ;;
    3) openssl crl2pkcs7 -nocrl -certfile "$leaf" -certfile chain.pem -outform DER -out "$to.p7b" ;;
    4) openssl crl2pkcs7 -nocrl -certfile "$leaf" -out "$to.p7c" ;;
    5) cat "$leaf" chain.pem >"$to fullchain.txt" ;;
    6)
        {
            printf 'From: orders@ca.example\r\nTo: pki@example.com\r\nSubject: Order 6\r\nMIME-Version: 1.0\r\n'
            printf 'Content-Type: multipart/mixed; boundary=simple\r\n\r\n--simple\r\n\r\nSee the attachment.\r\n'
            printf -- '--simple\r\nContent-Type: application/pkix-cert; name="order.crt"\r\n'
            printf 'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n'
            openssl x509 -in "$leaf" -outform DER | base64 | sed 's/$/\r/'
            printf -- '--simple--\r\n'
        } >"$to.eml"
        ;;
    7)
        {
            printf 'Dear customer,\n\nyour certificate:\n\n'
            cat "$leaf"
            printf '\nRegards,\nGlobe Trust\n'
        } >"$to.txt"
        ;;
    *)
        mkdir -p "$to" && cp "$leaf" "$to/cert.crt" && cp "$leaf" "$to/cert (1).crt"
        ;;
    esac
done
same "each of the public ones is there" 9 "$i"
first=$(signed_by public | head -n 1)
ca_signs ca/public "store/$first.csr" mail/public/old/last-year.crt 30
printf 'GIF89a\001\000\001\000' >mail/public/logo.gif
: >mail/public/empty.crt
echo 'Invoice 4711: to be paid by December' >mail/public/invoice.pdf
head -c 300 "answer/$first.crt" >mail/public/cut.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -subj '/CN=www.stranger.example' \
    -out other.csr 2>/dev/null
ca_signs ca/public other.csr mail/public/yours.crt

# The internal one: all in one text, roots first; one certificate twice more, and one of the public CA.
for name in $(signed_by internal); do cat "answer/$name.crt"; done | cat company.pem - | sed 's/$/\r/' >mail/internal/all.txt
cp answer/core1.crt mail/internal/core1.cer
openssl x509 -in answer/core1.crt -outform DER -out mail/internal/core1.der
cp "answer/$first.crt" mail/internal/misdirected.crt

ok "the database's own CA signs" "$CERTWRIGHT" sign dbserver dbclient
ok "the public CA's mailbox is imported" "$CERTWRIGHT" import mail/public
says "a stranger's is left over" "www.stranger.example"
says "an earlier one as well" "last-year.crt"
ok "the internal one's, too" "$CERTWRIGHT" import mail/internal
for side in public internal; do
    for name in $(signed_by $side); do
        cmp -s "answer/$name.crt" "store/$name.crt" || echo "$name.crt"
        cat ca/$side/issuing.crt ca/$side/root.crt | cmp -s - "store/${name}bundle.crt" || echo "${name}bundle.crt"
    done
done >"$T/wrong"
same "each has its certificate, and its own CA's chain" "" "$(cat "$T/wrong")"
same "and nothing else came into the store" "" "$(cd store && ls *.crt | sed -E 's/(bundle|fullchain)?\.crt$//' | sort -u |
    grep -vxFf <(flat ../deployment.conf | sed -n 's/^identity\.\([^.]*\)\.$/\1/p') | grep -v -- '-trust$')"
before=$(cd store && sha256sum * | sort)
ok "a mailbox once more" "$CERTWRIGHT" import mail/internal
same "changes nothing" "$before" "$(cd store && sha256sum * | sort)"

ok "check" "$CERTWRIGHT" check --json
json "no error, and no warning but of the keys' kind" \
    '[.[] | select(.severity != "notice" and .id != "KEY-WEAK") | .id + " " + .file + ": " + .message] | join("\n")' ""
ok "plan" "$CERTWRIGHT" plan
uploaded
same "each server has its batch" "core1 core2 core3 db1 edge1 edge2 recorder1" "$(cd up && echo */ | sed 's,/,,g')"
for server in core1 core2 core3 db1 edge1 edge2 recorder1; do
    whole $server
    pairs $server
done
same "every pair of the store is judged somewhere" "$(flat deployment.conf | sed -n 's/^identity\.\([^.]*\)\.$/\1.key/p' | grep -v dbca | sort)" \
    "$(sed -n 's/^[^ ]* pki match \([^ ]*\) .*/\1/p' up/lines | sort -u)"
trusts

# The judge itself can say no.
cp up/core1/webadmin1.key up/core1/core1.key
cp up/core2/xmppserver2bundle.crt up/core2/core2bundle.crt
cp up/edge1/webbridge-xmpp-trust.crt up/edge1/webbridge-trust.crt
(pairs core1; pairs core2; trusts edge1) >"$T/refused"
same "a strange key, chain or list is refused" "core1: openssl core2: openssl edge1 webbridge trust webbridge-trust.crt" \
    "$(sed -n 's/^not ok [0-9]* - \(.*\): accepts.*/\1/p; s/^not ok [0-9]* - \([^ ]* openssl\) .*/\1/p' "$T/refused" | xargs)"
