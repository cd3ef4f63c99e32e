#!/usr/bin/env bash
# What strangers send: every command ends in time with yes, no or a clear error, passes no byte that
# acts on a terminal, and leaves the store as it was.
# Sanitized only, when all are run.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

limit=10
case ${SLOW:-} in ?*) limit=60 ;; esac
mkdir crafted store
python3 "$TOP/tests/craft.py" crafted || fail "the certificates are made"
echo geheim >pw

sums() { (cd "${1:-store}" && find . ! -name .lock \( -type f -exec sha256sum {} + -o -printf '%y %p %l\n' \) | sort); }

# What acts on a terminal, bidirectional marks too. Fills $bad.
bad=''
look()
{
    local what=$1
    shift
    run timeout -k 5 "$limit" "$CERTWRIGHT" "$@" </dev/null
    case $status in
    0 | 1) ;;
    *) bad="$bad $what: exit $status;" ;;
    esac
    if LC_ALL=C grep -qP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]' "$T/out" "$T/err"; then
        bad="$bad $what: control bytes;"
    fi
    [ "$status" = 0 ] || [ -s "$T/err" ] || [ -s "$T/out" ] || bad="$bad $what: no reason;"
}

# --- each crafted certificate, by each command that reads one ---
for file in crafted/*.crt; do
    name=$(basename "$file" .crt)
    bad=''
    look inspect --store nowhere pki inspect "$file"
    look "inspect --json" --json pki inspect "$file"
    jq -e . "$T/out" >/dev/null 2>&1 || bad="$bad no JSON;"
    look match --store nowhere pki match crafted/root.key "$file"
    look verify --store nowhere pki verify "$file" crafted/root.crt --name good.example.com --purpose server
    [ "$status" = 1 ] || bad="$bad verifies as good.example.com;"
    look "verify itself" --json --store nowhere pki verify "$file" "$file"
    same "$name: told or escaped" "" "$bad"
done
ok "the plain one among them is good" "$CERTWRIGHT" pki verify crafted/plain.crt crafted/root.crt --name leaf.example.com
cw pki inspect crafted/escape.crt
says "an escape is shown as text" '\x1B]0;owned\x07\x1B[31m'
cw pki inspect crafted/newline.crt
same "a line end in a name makes no line" 0 "$(grep -c '^SUCCESS' "$T/out")"
fails "a name with a NUL does not pass as its beginning" "$CERTWRIGHT" --store nowhere pki verify crafted/nul-san.crt crafted/root.crt --name good.example.com
cw --json pki inspect crafted/negative.crt
json "a negative serial number is openssl's" '.certificates[0].serial' \
    "$(openssl x509 -inform DER -in crafted/negative.crt -noout -serial | cut -d= -f2)"
cw --json pki inspect crafted/year-1-9999.crt
json "the years 1 and 9999" '.certificates[0] | .not_before + " " + .not_after' "0001-01-01T00:00:00Z 9999-12-31T23:59:59Z"
cw --json pki inspect crafted/time-junk.crt
json "a time that is none" '.certificates[0].not_after' null
fails "100,000 names in 1.5 MB" "$CERTWRIGHT" pki inspect crafted/sans.crt
says "are too much, and that is said" "1 MiB"
ok "100,000 names in less" "$CERTWRIGHT" --json pki inspect crafted/sans-short.crt
json "are read" '.certificates[0].subject_alt_names | length' 100000
cw --store nowhere pki verify crafted/algorithm-unknown.crt crafted/root.crt
says "an unknown algorithm is named as the cause" "an algorithm that OpenSSL does not know"
cw --store nowhere pki verify crafted/san-broken.crt crafted/root.crt
says "a damaged extension too" "one of its extensions is damaged"

# --- all of them as a store: list, check, import, plan ---
cp crafted/* store
cat >deployment.conf <<'CONF'
release = "2.9"
name = "example.com"
environment { purpose = "lab" }
identity "hostile"  { CN = "leaf.example.com" signer = "internal" certificate-file = "sans-tiny.crt" key-file = "root.key" }
identity "hostile2" { CN = "leaf2.example.com" signer = "internal" certificate-file = "escape.crt" }
server "core1" {
    address = "core1.example.com"
    service "webadmin"   { identity = "hostile" listen = { "a:445" } }
    service "callbridge" { identity = "hostile2" listen = { "a" } }
}
CONF
before=$(sums)
bad=''
for command in "pki list" "--json pki list" pki "check" "--json check" "import --dry-run crafted" "generate hostile" "plan --out plan"; do
    # shellcheck disable=SC2086
    look "$command" $command
done
same "list, check, import and plan on all of them" "" "$bad"
rm -f store/hostile*
same "the store is as it was" "$before" "$(sums)"

# --- cut off and with flipped bits, in one folder ---
rm -rf store damaged && mkdir store damaged
openssl pkcs12 -export -inkey crafted/root.key -in <(openssl x509 -inform DER -in crafted/root.crt) \
    -passout file:pw -out p12
openssl crl2pkcs7 -nocrl -certfile <(openssl x509 -inform DER -in crafted/plain.crt) -outform DER -out p7
openssl req -new -key crafted/root.key -subj /CN=a.example.com -outform DER -out csr
openssl pkcs8 -topk8 -in crafted/root.key -passout file:pw -outform DER -out locked
openssl x509 -inform DER -in crafted/plain.crt -out pem
python3 - <<'PY'
import random
random.seed(4)
for source, extension in [("crafted/plain.crt", "crt"), ("p12", "p12"), ("p7", "p7b"), ("csr", "csr"),
                          ("locked", "key"), ("pem", "pem")]:
    data = open(source, "rb").read()
    for i in range(60):
        end = len(data) * i // 60
        open(f"damaged/{extension}-cut{i}.{extension}", "wb").write(data[:end])
        flipped = bytearray(data)
        for _ in range(1 + i // 20):
            at = random.randrange(len(data))
            flipped[at] ^= 1 << random.randrange(8)
        open(f"damaged/{extension}-flip{i}.{extension}", "wb").write(flipped)
PY
before=$(sums damaged)
bad=''
for command in "pki list" "--json pki list" "check"; do
    # shellcheck disable=SC2086
    look "$command" --store damaged $command
done
look import import --dry-run --password-file pw damaged
same "720 damaged files" "" "$bad"
bad=''
for file in damaged/crt-cut5* damaged/p12-cut5* damaged/p12-flip4* damaged/key-flip3* damaged/pem-flip4*; do
    look "inspect $file" pki inspect "$file" --password-file pw
done
same "and some by themselves" "" "$bad"
same "all are as they were" "$before" "$(sums damaged)"
bad=''
for i in 5 25 45; do
    cp damaged/p12-flip$i.p12 store/u$i.pub
    cp damaged/key-flip$i.key store/k$i.key
done
before=$(sums)
for i in 5 25 45; do
    cp store/u$i.pub keep && look "pkcs12-to-ssh $i" pki pkcs12-to-ssh u$i --password-file pw
    [ "$status" = 0 ] || cmp -s keep store/u$i.pub || bad="$bad changed;"
    cp store/k$i.key keep && look "unlock $i" pki unlock k$i.key --password-file pw
    [ "$status" = 0 ] || cmp -s keep store/k$i.key || bad="$bad changed;"
done
same "unlock and pkcs12-to-ssh leave what they can't open" "" "$bad"

# --- texts: nested, endless, glued ---
rm -rf store && mkdir store
python3 - <<'PY'
pem = open("pem").read()
body = "".join(pem.splitlines()[1:-1])
def put(name, text):
    open("store/" + name, "wb").write(text if isinstance(text, bytes) else text.encode())
put("nested.crt", "-----BEGIN CERTIFICATE-----\n" * 5000 + body + "\n-----END CERTIFICATE-----\n" * 5000)
put("inside.crt", "-----BEGIN CERTIFICATE-----\n" + pem + "-----END CERTIFICATE-----\n")
put("begins.crt", "-----BEGIN CERTIFICATE-----" * 100000)
put("ends.crt", "-----END CERTIFICATE-----\n" * 100000)
put("dashes.crt", "-" * 1000000)
put("label.crt", "-----BEGIN " + "A" * 100000 + "-----\n")
put("headers.key", "-----BEGIN RSA PRIVATE KEY-----\n" + "X: y\n" * 100000 + "\n" + body + "\n-----END RSA PRIVATE KEY-----\n")
put("cipher.key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: \x1b[31m,00\n\n" + body + "\n-----END RSA PRIVATE KEY-----\n")
put("onechar.crt", "\n".join(pem.replace("\n", "")) + "\n")
put("escapes.crt", "\x1b]0;owned\x07" * 1000 + pem)
put("junk.crt", "\x1b[2J\u202e junk")
put("utf16.crt", pem.encode("utf-16"))
put("blanks.crt", " " * 1000000 + pem)
put("ssh.pub", "ssh-rsa " + "A" * 1000000 + " \x1b[31m\n")
put("ssh2.pub", "---- BEGIN SSH2 PUBLIC KEY ----\n" + "a: \\\n" * 100000)
put("zeros.crt", b"\0" * 1000000)
put("indefinite.p7b", b"\x30\x80" * 100000)
put("lengths.crt", b"\x30\x84\xff\xff\xff\xff" * 1000)
put("deep.key", b"\x30\x83\x0f\xff\xff" * 10000)
PY
truncate -s $((16 << 20)) store/limit.crt
truncate -s $(((16 << 20) + 1)) store/over.crt
before=$(sums)
bad=''
for file in store/*; do
    look "inspect ${file#store/}" pki inspect "${file#store/}"
done
look list pki list
same "odd texts" "" "$bad"
cw pki inspect over.crt
says "over 16 MiB is refused, and that is said" "16 MiB"
same "all are as they were" "$before" "$(sums)"

# --- a bundle of a thousand, most of one name ---
rm -rf store && mkdir store
python3 - <<'PY'
root = open("crafted/root.crt", "rb").read()
plain = open("crafted/plain.crt", "rb").read()
serial = root.index(b"\x02\x01\x01\x30") + 2
out = b""
for i in range(998):
    fake = bytearray(root)
    fake[serial] = 1 + i % 120
    fake[-1 - i // 120] ^= 1
    out += fake
open("thousand.crt", "wb").write(out + plain + root)
PY
run timeout "$limit" "$CERTWRIGHT" --json pki inspect ./thousand.crt
json "a bundle of 1,000 is read" '.certificates | length' 1000
ok "its one good root is found" timeout "$limit" "$CERTWRIGHT" pki verify crafted/plain.crt ./thousand.crt
head -c "-$(stat -c %s crafted/root.crt)" thousand.crt >rootless.crt
fails "and missed" timeout "$limit" "$CERTWRIGHT" --store nowhere pki verify crafted/plain.crt ./rootless.crt

# --- 16 MiB of work: a file has its share, and no more ---
# Where the program is many times slower, a quarter.
share=1
case ${SLOW:-} in ?*) share=4 ;; esac
export share
mkdir work
openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
openssl pkey -in leaf.key -pubout -outform DER -out leaf.spki
python3 - <<'PY'
import base64, os
SHARE = int(os.environ["share"])
LIMIT = (16 << 20) // SHARE - 1000
def tlv(tag, *parts):
    body = b"".join(parts)
    digits = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([128 | len(digits)]) + digits) + body
def put(name, unit, count=None):
    open("work/" + name, "wb").write(unit * (count or LIMIT // len(unit)))
def pem(label, der):
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(der), label)
rsa = bytes.fromhex("300d06092a864886f70d0101010500")
public = tlv(0x30, rsa, tlv(3, b"\0" + tlv(0x30, b"\2\1\5", b"\2\1\3")))
put("empty.crt", pem(b"CERTIFICATE", b"\x30\0"))
put("unknown.key", pem(b"PRIVATE KEY", tlv(0x30, b"\2\1\0", tlv(0x30, bytes.fromhex("06032a0304")), tlv(4, b"x"))))
put("public.pem", pem(b"PUBLIC KEY", public))
put("public.der", public)
put("empty.p7b", tlv(0x30, bytes.fromhex("06092a864886f70d010701")))
# Self-signed ones, each signature of which takes as long as a private key's.
name = tlv(0x30, tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(12, b"R"))))
time = tlv(0x30, tlv(0x17, b"200101000000Z"), tlv(0x17, b"400101000000Z"))
sha256 = bytes.fromhex("300d06092a864886f70d01010b0500")
modulus = (1 << 3071) + 1
spki = tlv(0x30, rsa, tlv(3, b"\0" + tlv(0x30, tlv(2, modulus.to_bytes(385, "big")),
                                        tlv(2, (modulus - 2).to_bytes(385, "big")))))
signed = b""
for i in range(9000 // SHARE):
    tbs = tlv(0x30, tlv(0xA0, b"\2\1\2"), tlv(2, ((1 << 16) + i).to_bytes(3, "big")), sha256, name, time, name, spki)
    signed += tlv(0x30, tbs, sha256, tlv(3, b"\0" + b"\1" * 384))
put("exponent.crt", signed, 1)
# A thousand certificates of one key, below any of 3,500 CAs of one name.
leaf_key = open("leaf.spki", "rb").read()
many = b""
for i in range(4500):
    key = leaf_key
    if i >= 1000:
        modulus = (1 << 2047) + 2 * i + 1
        key = tlv(0x30, rsa, tlv(3, b"\0" + tlv(0x30, tlv(2, modulus.to_bytes(257, "big")), b"\2\3\1\0\1")))
    subject = name if i >= 1000 else tlv(0x30, tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(12, b"leaf.example.com"))))
    tbs = tlv(0x30, tlv(0xA0, b"\2\1\2"), tlv(2, ((1 << 16) + i).to_bytes(3, "big")), sha256, name, time, subject, key)
    many += tlv(0x30, tbs, sha256, tlv(3, b"\0" + b"\1" * 256))
open("many.crt", "wb").write(many)
# The longest RSA key that OpenSSL takes, with the longest exponent: 8 ms a signature, three
# thousand times, of one CA and of as many.
def below(serial, issuer, subject, key, bytes_=2048):
    tbs = tlv(0x30, tlv(0xA0, b"\2\1\2"), tlv(2, ((1 << 16) + serial).to_bytes(3, "big")), sha256, issuer, time, subject, key)
    return tlv(0x30, tbs, sha256, tlv(3, b"\0" + b"\1" * bytes_))
other = tlv(0x30, tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(12, b"other"))))
modulus = (1 << 16383) + 1
slow = tlv(0x30, rsa, tlv(3, b"\0" + tlv(0x30, tlv(2, modulus.to_bytes(2049, "big")), tlv(2, b"\0" + b"\xff" * 8))))
leaf = below(1, name, other, leaf_key)
open("slow-leaf.crt", "wb").write(leaf)
open("slow-first.crt", "wb").write(below(2, name, name, slow) + b"".join(below(i, name, other, leaf_key) for i in range(3, 3500)))
cas = [below(i, other, name, slow) for i in range(3, 3000)]
open("slow-cas.crt", "wb").write(b"".join(cas))
open("slow-cas.pem", "wb").write(b"".join(pem(b"CERTIFICATE", ca) for ca in cas[:2800]))
PY
limit=$((limit * 3)) # without a share it is minutes
bad=''
for file in work/*; do
    look "inspect $file" --store nowhere pki inspect "$file"
    # The same reading: not again by the sanitizers.
    [ -n "${SLOW:-}" ] || look "verify $file" --store nowhere pki verify crafted/plain.crt "$file"
done
[ -n "${SLOW:-}" ] || look "list" --store work pki list
same "no file takes more than its share" "" "$bad"
cw --store nowhere pki inspect work/public.der
same "what is left unread" 1 "$status"
says "is said" "more is in it than is read: split it"

limit=$((limit / 3))
mkdir slow && cp slow-cas.crt slow
bad=''
look "verify the first of many" --store nowhere pki verify ./slow-first.crt ./slow-leaf.crt
look "advice from a store of slow CAs" --store slow pki verify ./slow-leaf.crt ./slow-leaf.crt
look "verify by slow CAs" --store nowhere pki verify ./slow-leaf.crt ./slow-cas.crt
same "slow keys" "" "$bad"

# The same as a bundle, and a thousand for one key: the search for paths has an end everywhere.
cp deployment.conf kept.conf
cat >deployment.conf <<'CONF'
release = "2.9"
name = "example.com"
store = "below"
environment { purpose = "lab" }
identity "web" { CN = "leaf.example.com" signer = "internal" }
server "core1" { address = "leaf.example.com" service "webadmin" { identity = "web" listen = { "a:445" } } }
CONF
mkdir below && cp leaf.key below/web.key
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout r.key -subj /CN=R -days 30 -out r.crt 2>/dev/null
openssl req -new -key leaf.key -subj "/CN=leaf.example.com" |
    openssl x509 -req -CA r.crt -CAkey r.key -set_serial 1 -days 30 -out below/web.crt 2>/dev/null
cat r.crt slow-cas.pem >below/webbundle.crt
bad=''
look check check
look "import of a thousand for one key" import --dry-run many.crt
look "verify below slow CAs" pki verify web.crt webbundle.crt
same "many CAs of one name" "" "$bad"
same "the path is found" 0 "$status"
mv kept.conf deployment.conf

# A CA of the root's own name, signed by a stranger: it passes for self-signed until its signature is
# looked at.
for key in real stranger middle; do openssl ecparam -name prime256v1 -genkey -noout -out $key.pem; done
printf '%s\n' basicConstraints=critical,CA:TRUE subjectKeyIdentifier=none authorityKeyIdentifier=none >ca.ext
for key in real stranger; do
    openssl req -new -key $key.pem -subj "/CN=The root" |
        openssl x509 -req -key $key.pem -days 30 -extfile ca.ext -out $key.crt 2>/dev/null
done
openssl req -new -key middle.pem -subj "/CN=The root" |
    openssl x509 -req -CA stranger.crt -CAkey stranger.pem -set_serial 3 -days 30 -extfile ca.ext -out middle.crt 2>/dev/null
openssl req -new -key crafted/root.key -subj /CN=leaf |
    openssl x509 -req -CA middle.crt -CAkey middle.pem -set_serial 4 -days 30 -out below.crt 2>/dev/null
cat middle.crt real.crt >both.pem
fails "a stranger's CA of the root's name" "$CERTWRIGHT" --store nowhere pki verify ./below.crt ./both.pem
fails "in a file of its own too" "$CERTWRIGHT" --store nowhere pki verify ./below.crt ./middle.crt ./real.crt

# --- no plain files, and names that lead elsewhere ---
cp pem store/web.crt && cp crafted/root.key store/web.key && cp csr store/web.csr
mkdir store/folder.crt && mkfifo store/fifo.crt && ln -s "$W/pem" store/out.crt && ln -s loop.crt store/loop.crt
ln -s /dev/zero store/zero.crt && ln -s ../pem store/up.crt && ln -s /etc/passwd store/passwd.key
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("store/socket.crt")'
before=$(sums)
for name in folder.crt fifo.crt out.crt loop.crt zero.crt up.crt socket.crt; do
    for command in "inspect $name" "match web.key $name" "verify $name web.crt" "unlock $name" "csr new CN:a.example.com --key $name"; do
        # shellcheck disable=SC2086
        fails "$command" timeout "$limit" "$CERTWRIGHT" pki $command --password-file pw
        says "names it" "$name"
    done
done
ok "list passes them by" timeout "$limit" "$CERTWRIGHT" pki list
fails "a device by its path" timeout "$limit" "$CERTWRIGHT" pki inspect /dev/zero
fails "a FIFO by its path" timeout "$limit" "$CERTWRIGHT" pki inspect ./store/fifo.crt
fails "a folder by its path" timeout "$limit" "$CERTWRIGHT" pki inspect ./store
long=$(printf 'x%.0s' {1..5000})
newline=$(printf 'a\nb')
escape=$(printf 'a\033[31mb')
for base in ../new a/b .. . "" "$newline" "$escape" "$long" "new.x" new_x "new x" -new 'new$(id)' ; do
    shown=$(printf %.20q "$base")
    for command in csr selfsigned; do
        run timeout "$limit" "$CERTWRIGHT" pki $command -- "$base" CN:a.example.com
        same "no $command for $shown" 1 "$status"
        clean "nor a control byte"
    done
    run timeout "$limit" "$CERTWRIGHT" pki sign -- "$base" web
    same "no signature for $shown" 1 "$status"
    run timeout "$limit" "$CERTWRIGHT" pki pkcs12-to-ssh --password-file pw -- "$base"
    same "no SSH key of $shown" 1 "$status"
    run timeout "$limit" "$CERTWRIGHT" pki unlock --password-file pw -- "$base"
    same "no unlocking of $shown" 1 "$status"
done
rm -f pem.new
same "the store is as it was" "$before" "$(sums)"
same "and beside it nothing is new" "" "$(find . -maxdepth 1 -newer store/socket.crt -name '*new*')"
