#!/usr/bin/env bash
# Files that people take for a certificate: each is named, with what to do. And the three causes that keep
# a PKCS #12 shut are three messages.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir store
openssl req -x509 -newkey rsa:2048 -nodes -keyout a.key -subj /CN=a.example.com -days 30 -out a.crt 2>/dev/null

# stranger WHAT TEXT: inspect says of store/x what it is and what to do; a command that wants a certificate too.
stranger()
{
    fails "$1" "$CERTWRIGHT" pki inspect x
    says "$1 is named, with the file" "certwright: x: $2"
    clean "$1 sends nothing to the terminal"
    fails "$1 as a certificate" "$CERTWRIGHT" pki verify x x
    says "$1 is named there as well" "$2"
}
noise() { head -c "$1" /dev/urandom; }

: >store/x && stranger "an empty file" "the file is empty"
printf ' \n\t\r\n' >store/x && stranger "white space" "blank: it holds nothing but white space"
{ printf '\376\355\376\355\0\0\0\2' && noise 900; } >store/x && stranger "a JKS keystore" "a Java keystore (JKS): export it with keytool -importkeystore -srckeystore FILE"
{ printf '\316\316\316\316\0\0\0\2' && noise 900; } >store/x && stranger "a JCEKS keystore" "a Java keystore (JCEKS): export it with keytool"
{ printf '\320\317\021\340\241\261\032\341' && noise 600 && printf '__substg1.0_' | iconv -t UTF-16LE; } >store/x && stranger "an Outlook mail" "a mail as Outlook keeps it (.msg): save it in Outlook as .eml"
{ printf '\320\317\021\340\241\261\032\341' && noise 600; } >store/x && stranger "OLE2" "a mail of Outlook (.msg) or an old document of Word or Excel"
{ printf '\170\237\076\042' && noise 99; } >store/x && stranger "winmail.dat" "attachments as Outlook packs them for itself (winmail.dat)"
{ printf '\036\361\265\260' && noise 99; } >store/x && stranger "PVK" "a private key in Microsoft's PVK form"
printf '\0\0\0\0CERT\1' >store/x && stranger "a serialized store" "a Microsoft certificate store (.sst)"
printf 'L\0\0\0\001\024\002\0\0' >store/x && stranger "a shortcut" "a Windows shortcut (.lnk), which only says where the file is"
printf '[InternetShortcut]\r\nURL=https://ca.example\r\n' >store/x && stranger "a URL file" "a shortcut (.url)"
printf '[Desktop Entry]\nType=Link\n' >store/x && stranger "a desktop link" "a shortcut, which only says"
printf '\n <!DOCTYPE HTML>\n<html>' >store/x && stranger "a web page" "a web page: download the certificate itself"
printf '<HTML><body>' >store/x && stranger "one without its type" "a web page"
printf '\357\273\277<?xml version="1.0"?><a/>' >store/x && stranger "XML" "an XML document"
printf '%%PDF-1.7\n' >store/x && stranger "PDF" "a PDF document"
printf '{\\rtf1\\ansi}' >store/x && stranger "RTF" "a word processor's document (RTF): save it as plain text"
printf '\211PNG\r\n' >store/x && stranger "a picture" "a picture: ask the CA"
printf '7z\274\257\047\034\0' >store/x && stranger "7-Zip" "a 7-Zip archive: unpack it"
printf 'Rar!\032\7\1' >store/x && stranger "RAR" "a RAR archive: unpack it"
openssl x509 -in a.crt -outform DER -out a.der
tar -cf store/x a.der && stranger "tar" "a tar archive: certwright import reads it"
tar -cf store/x a.crt && stranger "tar of texts" "a tar archive: certwright import reads it"
tar -czf store/x a.crt && stranger "tar.gz" "compressed by gzip: certwright import reads it"
python3 -c "import zipfile; zipfile.ZipFile('store/x', 'w').writestr('a.crt', 'x')" && stranger "ZIP" "a ZIP archive: certwright import reads it"
python3 -c "import zipfile; zipfile.ZipFile('store/x', 'w').writestr('[Content_Types].xml', 'x')" && stranger "DOCX" "a document of Word or Excel"
printf 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n' >store/x && stranger "PuTTY's key" "a private key in PuTTY's own form (.ppk): load it in PuTTYgen"
for digest in md5 sha1 sha256; do
    openssl x509 -in a.crt -noout -fingerprint -$digest >store/x && stranger "a $digest fingerprint" "only the thumbprint of a certificate"
done
printf '\342\200\216%s\r\n' "$(openssl x509 -in a.crt -noout -fingerprint | sed 's/.*=//; s/:/ /g')" >store/x
stranger "a thumbprint copied from Windows" "only the thumbprint of a certificate"
printf 'Thumbprint: %040d' 7 >store/x && stranger "one behind its name" "only the thumbprint"
printf '7%038d' 7 >store/x && stranger "a number that is none" "neither PEM nor DER: it begins with"
ssh-keygen -q -t ed25519 -N '' -f sshkey 2>/dev/null && cp sshkey store/x &&
    stranger "OpenSSH's private key" "object 1 (OPENSSH PRIVATE KEY, line 1): a key in OpenSSH's own form"
head -c 17000000 /dev/zero >store/x && fails "17 MB" "$CERTWRIGHT" pki inspect x && says "are too large" "16 MiB"

# The remedy for OpenSSH's keys, followed to the letter, gives one that is read.
if [ -f sshkey ]; then
    ssh-keygen -q -t rsa -b 2048 -N '' -f rsakey && cp rsakey COPY && chmod 600 COPY
    ssh-keygen -p -m PKCS8 -f COPY -N '' -P '' >/dev/null && cp COPY store/x
    ok "an OpenSSH key, converted as told" "$CERTWRIGHT" pki inspect x
    says "is a private key" "Private-Key: (2048 bit)"
fi

# --- a PKCS #12 that stays shut ---
printf 'geheim\n' >pw
printf 'falsch\n' >no
openssl pkcs12 -export -inkey a.key -in a.crt -passout file:pw -out store/x.p12
shut()
{
    what=$1 wanted=$2
    shift 2
    fails "$what" env "$@" pki inspect x.p12
    says "$what: said" "certwright: x.p12: $wanted"
    fails "$what, as one of a pair" env "$@" pki match x.p12 x.p12
}
shut "a wrong password" "the password is wrong" "$CERTWRIGHT" --password-file no
# PBMAC1 (RFC 9879), as OpenSSL 3.4 makes it.
cat >pbmac1.py <<'PY'
import hashlib, hmac, sys
def der(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + size + body
def parts(data):
    while data:
        n, head = data[1], 2
        if n & 0x80:
            head += n & 0x7F
            n = int.from_bytes(data[2:head], "big")
        yield data[:head + n], data[head:head + n]
        data = data[head + n:]
oid = lambda text: der(6, bytes.fromhex(text))
pfx = open(sys.argv[1], "rb").read()
whole, body = next(parts(pfx))
(version, _), (safe, content), _ = parts(body)
octets = list(parts(list(parts(list(parts(content))[1][1]))[0][0]))[0][1]
salt, rounds = b"saltsalt", 2048
sha256 = der(0x30, oid("2a864886f70d0209") + der(5, b""))
kdf = der(0x30, oid("2a864886f70d01050c") + der(0x30, der(4, salt) + der(2, rounds.to_bytes(2, "big")) + der(2, b"\x20") + sha256))
scheme = der(0x30, oid("2a864886f70d01050e") + der(0x30, kdf + sha256))
key = hashlib.pbkdf2_hmac("sha256", sys.argv[3].encode(), salt, rounds, 32)
mac = der(0x30, der(0x30, scheme + der(4, hmac.new(key, octets, "sha256").digest())) + der(4, b"unused") + der(2, b"\x01"))
open(sys.argv[2], "wb").write(der(0x30, version + safe + mac))
PY
python3 pbmac1.py store/x.p12 pbmac1.p12 geheim
openssl pkcs12 -export -legacy -inkey a.key -in a.crt -passout file:pw -out old.p12 2>/dev/null
if [ -s old.p12 ]; then
    cp old.p12 store/x.p12
    shut "RC2 without OpenSSL's old ciphers" "its cipher is an old one (RC2 or DES) that needs OpenSSL's legacy module" OPENSSL_MODULES=/nonexistent "$CERTWRIGHT" --password-file pw
fi
cp pbmac1.p12 store/x.p12
if openssl pkcs12 -in pbmac1.p12 -passin file:pw -noout 2>/dev/null; then
    ok "PBMAC1, which this OpenSSL has" "$CERTWRIGHT" pki inspect x.p12 --password-file pw
    shut "a wrong password with it" "the password is wrong" "$CERTWRIGHT" --password-file no
else
    shut "PBMAC1" "a newer OpenSSL made it (its MAC is PBMAC1" "$CERTWRIGHT" --password-file pw
    shut "PBMAC1, no password given" "a newer OpenSSL made it" "$CERTWRIGHT"
fi

# A key alone in a PKCS #12, with or without a password: it is one.
openssl pkcs12 -export -inkey a.key -nocerts -passout file:pw -out store/only.p12
ok "a key as a PKCS #12's only content" "$CERTWRIGHT" pki inspect only.p12 --password-file pw
says "is shown" "Private-Key: (2048 bit)"
ok "and matches its certificate" "$CERTWRIGHT" pki match only.p12 ./a.crt --password-file pw
fails "it is no certificate" "$CERTWRIGHT" pki verify only.p12 only.p12 --password-file pw
