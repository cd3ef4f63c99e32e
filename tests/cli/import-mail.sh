#!/usr/bin/env bash
# A CA's mail, saved whole: every part of it is read like a file of a folder.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "web" { CN = "www.example.com" signer = "public" }
END
"$CERTWRIGHT" --quiet generate
make_ca ca Acme
ca_signs ca store/web.csr web.crt
cat ca/issuing.crt ca/root.crt >chain.pem
cp -a store fresh

cat >mails.py <<'PY'
import base64, email.policy, io, random, tarfile, zipfile
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
def read(name): return open(name, "rb").read()
def write(name, data): open(name, "wb").write(data)
def mail(text="Dear customer,\n\nsee the attachments.\n"):
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = "ca@acme.example", "pki@example.com", "Your certificate"
    m.set_content(text)
    return m
def attach(m, name, data, kind="pkix-cert", **more):
    m.add_attachment(data, maintype="application", subtype=kind, filename=name, **more)
leaf, issuing, root = read("web.crt"), read("ca/issuing.crt"), read("ca/root.crt")

m = mail()
attach(m, "web.crt", leaf)
attach(m, "chain.pem", issuing + root, cte="quoted-printable")
plain = bytes(m)
write("plain.eml", plain)
write("crlf.eml", m.as_bytes(policy=email.policy.SMTP))
write("box.eml", b"\n\nFrom ca@acme.example Mon Jan  1 00:00:00 2026\n" + plain)
write("mark.eml", b"\xef\xbb\xbf" + plain)

write("inline.eml", bytes(mail("Here it is:\n\n" + (leaf + issuing + root).decode() + "\nRegards\n")))
m = mail()
m.add_alternative("<html><body>See the <b>attachment</b></body></html>", subtype="html")
attach(m, "all.pem", leaf + issuing + root)
write("html.eml", bytes(m))

box = io.BytesIO()
with zipfile.ZipFile(box, "w") as z:
    z.writestr("order/web.crt", leaf)
    z.writestr("order/ca.crt", issuing + root)
m = mail()
attach(m, "order.zip", box.getvalue(), "zip")
write("zip.eml", bytes(m))
outer = mail("Forwarded.\n")
outer.add_attachment(m, filename="Fwd.eml")
write("forwarded.eml", bytes(outer))
box = io.BytesIO()
with tarfile.open(fileobj=box, mode="w:gz") as t:
    info = tarfile.TarInfo("answer.eml")
    info.size = len(plain)
    t.addfile(info, io.BytesIO(plain))
write("mail.tgz", box.getvalue())

m = mail()
attach(m, "Zertifikat für müller.crt", leaf)
attach(m, "ketten-\u8a3c.pem", issuing + root)
write("names.eml", bytes(m))
write("names-old.eml", b"""From: a@b
To: c@d
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary=simple

--simple
Content-Type: application/octet-stream; name="=?iso-8859-1?Q?f=FCr_M=FCller?= =?utf-8?B?LmNydA==?="
Content-Transfer-Encoding: BASE64

""" + base64.encodebytes(leaf) + b"""
--simple
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*0*=utf-8''ch%61i;
 filename*1="n ; of two.pem"

""" + issuing + root + b"""
--simple--
""")

m = mail("Please follow the link: https://ca.example/download/1\n")
write("link.eml", bytes(m))
write("broken.eml", bytes(mail("Here:\n-----BEGIN CERTIFICATE-----\nMIIB*\n-----END CERTIFICATE-----\n")))
m = mail()
attach(m, "readme.txt", b"hello", "octet-stream")
attach(m, "\x1b[31mred.crt", b"hello", "octet-stream")
write("junk.eml", bytes(m))

# Hostile.
deep = b"Content-Type: text/plain\n\nhello\n"
for i in range(40):
    deep = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n" % (i, i, deep, i)
write("deep.eml", b"From: a@b\nTo: c@d\n" + deep)
write("parts.eml", b"From: a@b\nTo: c@d\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhello\n" * 100000)
nested = bytes(mail())
for i in range(6):
    m = mail()
    attach(m, "inner.eml", nested, "octet-stream")
    nested = bytes(m)
write("nested.eml", nested)
write("long.eml", b"From: a@b\nTo: c@d\nContent-Type: multipart/mixed; boundary=\"" + b"b" * 5000000 + b"\"\nSubject: " + b"=?x?Q?" * 1000000 + b"\n\n" + b"-" * 3000000)
write("params.eml", b"From: a@b\nTo: c@d\nContent-Type: multipart/mixed; boundary=x\n\n" + (b"--x\nContent-Disposition: attachment; filename*=" + b"%" * 15000 + b"\nContent-Type: a/b; name=\"" + b"=?a?B?" * 2500 + b"\"\n\nhello\n") * 500)
write("quoted.eml", b"From: a@b\nTo: c@d\nContent-Transfer-Encoding: quoted-printable\n\n" + b"= \t" * 4000000)
for i in range(40):
    random.seed(i)
    d = bytearray(read("forwarded.eml"))
    for _ in range(1 + i % 9): d[random.randrange(len(d))] = random.randrange(256)
    write("flipped%d.eml" % i, bytes(d))
PY
python3 mails.py

fresh() { rm -rf store && cp -a fresh store; }
# takes WHAT FILE: the certificate and its chain come out of it.
takes()
{
    fresh
    ok "$1" "$CERTWRIGHT" import "$2"
    same_file "$1: the certificate is taken" web.crt store/web.crt
    same_file "$1: and its chain" chain.pem store/webbundle.crt
    silent "$1: its words are no file" "unknown"
}
takes "attachments, base64 and quoted-printable" plain.eml
takes "with CRLF" crlf.eml
takes "from a mailbox" box.eml
takes "with a byte order mark" mark.eml
takes "PEM among its words" inline.eml
takes "HTML beside them" html.eml
takes "a ZIP archive in it" zip.eml
takes "a mail in a mail" forwarded.eml
takes "a mail in a tar.gz" mail.tgz
mkdir folder && cp plain.eml folder/answer
takes "a mail in a folder, by any name" folder
takes "file names in today's form" names.eml
says "are shown" "names.eml/Zertifikat für müller.crt"
says "of any script" "names.eml/ketten-証.pem"
takes "file names in older forms" names-old.eml
says "are shown" "names-old.eml/für Müller.crt"
says "put together" "names-old.eml/chain ; of two.pem"
fresh
ok "a mail by standard input" bash -c '"$CERTWRIGHT" import - <plain.eml'
same_file "does the same" web.crt store/web.crt

# S/MIME: a detached signature is certificates; an opaque one holds the mail.
openssl req -x509 -newkey rsa:2048 -nodes -keyout sign.key -out sign.crt -subj "/CN=CA Staff" -days 9 2>/dev/null
{ printf 'Content-Type: text/plain\n\n' && cat web.crt chain.pem; } >inner
openssl smime -sign -signer sign.crt -inkey sign.key -in inner -subject x -from a@b >signed.eml
fresh
ok "a signed mail" "$CERTWRIGHT" import signed.eml
same_file "is read" web.crt store/web.crt
says "the signer's certificate is nobody's here" "CA Staff"
python3 - <<'PY'
d = open("plain.eml", "rb").read()
open("entity", "wb").write(b"MIME-Version: 1.0\n" + d[d.index(b"Content-Type: multipart"):])
PY
openssl smime -sign -nodetach -signer sign.crt -inkey sign.key -in entity -subject x -from a@b >opaque.eml
fresh
ok "one whose signature holds the mail" "$CERTWRIGHT" import opaque.eml
same_file "is read as well" web.crt store/web.crt
openssl smime -encrypt -in entity -subject x -from a@b sign.crt >locked.eml
fails "an encrypted mail" "$CERTWRIGHT" import locked.eml
says "says so" "encrypted for whoever it was sent to: open it with the mail program"

fresh
fails "a mail with a link alone" "$CERTWRIGHT" import link.eml
says "says so" "no certificate is in it, and no attachment: if the mail has a link"
fails "damaged PEM among its words" "$CERTWRIGHT" import broken.eml
says "is named" 'its base64 text is damaged in line 3 by "*"'
fails "attachments that are nothing" "$CERTWRIGHT" import junk.eml
says "are named by their place" "junk.eml/readme.txt"
clean "and escaped"
fails "inspect of a mail" "$CERTWRIGHT" pki inspect ./plain.eml
says "says how it is read" "a mail: certwright import reads what is in it"

# --- hostile: work and memory are bounded ---
bounded()
{
    run timeout 20 "$CERTWRIGHT" import --dry-run "$2"
    same "$1: ends in time" 1 "$status"
    [ -z "$3" ] || says "$1: and says why" "$3"
}
bounded "40 multiparts in one another" deep.eml "nested too deep"
bounded "100,000 parts" parts.eml "a mail of more, or larger, parts than are read"
bounded "6 mails in one another" nested.eml "archives or mails nested too deep in one another"
bounded "lines of millions of bytes" long.eml ""
bounded "parameters that decode slowly" params.eml ""
bounded "quoted-printable blanks" quoted.eml ""
for ((i = 0; i < 40; i++)); do
    run timeout 20 "$CERTWRIGHT" import --dry-run flipped$i.eml
    [ "$status" -le 1 ] || fail "flipped bytes $i" "$(told)"
done
pass "forty damaged ones end with 0 or 1"
