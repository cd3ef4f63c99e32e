#!/usr/bin/env bash
# A CA's ZIP file: read in memory, whatever is in it.
. "$(dirname "$0")/../lib.sh"

sums() { (cd store && find . -type f ! -name .lock -exec sha256sum {} + | sort -k2); }

cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "web" { CN = "www.example.com" signer = "public" }
END
"$CERTWRIGHT" --quiet generate

if "$CERTWRIGHT" --version | grep -q 'without libarchive'; then
    printf 'PK\003\004zip' >x.zip
    fails "a ZIP without libarchive" "$CERTWRIGHT" import x.zip
    says "says what to do" "unpack it"
    exit
fi
run "$CERTWRIGHT" --version
says "--version names it" libarchive

make_ca ca Acme
ca_signs ca store/web.csr web.crt
cp -a store fresh
fresh() { rm -rf store && cp -a fresh store && before=$(sums); }
unchanged() { same "$1: the store is as it was" "$before" "$(sums)"; }

# pack ZIP NAME=FILE…: PASSWORD locks each by the old cipher, which every unpacker knows.
cat >pack.py <<'PY'
import os, sys, zipfile, zlib

def lock(data, password, check):
    keys = [0x12345678, 0x23456789, 0x34567890]
    def crc(value, byte):
        return (value >> 8) ^ table[(value ^ byte) & 255]
    def update(byte):
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)
    for byte in password:
        update(byte)
    out = bytearray()
    for byte in bytes(11) + bytes([check]) + data:
        word = keys[2] | 2
        out.append(byte ^ (((word * (word ^ 1)) >> 8) & 255))
        update(byte)
    return bytes(out)

table = []
for i in range(256):
    for _ in range(8):
        i = (i >> 1) ^ (0xEDB88320 if i & 1 else 0)
    table.append(i)
password = os.environ.get("PASSWORD", "").encode()
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_STORED if password else zipfile.ZIP_DEFLATED) as z:
    for word in sys.argv[2:]:
        name, file = word.split("=", 1)
        data = open(file, "rb").read()
        if not password:
            z.writestr(name, data)
            continue
        info = zipfile.ZipInfo(name)
        z.writestr(info, lock(data, password, zlib.crc32(data) >> 24))
        info.flag_bits |= 1
        info.CRC = zlib.crc32(data)
        info.file_size = len(data)
if password: # the headers in front know it, too
    z = bytearray(open(sys.argv[1], "rb").read())
    at = 0
    for info in zipfile.ZipFile(sys.argv[1]).infolist():
        at = info.header_offset
        z[at + 6] |= 1
        z[at + 14:at + 18] = info.CRC.to_bytes(4, "little")
        z[at + 22:at + 26] = info.file_size.to_bytes(4, "little")
    open(sys.argv[1], "wb").write(z)
PY
pack() { python3 pack.py "$@"; }

fresh
echo "Dear customer" >note.txt
pack ca.zip order/web.crt=web.crt order/chain/issuing.cer=ca/issuing.crt order/root.crt=ca/root.crt \
    __MACOSX/._web.crt=note.txt order/.DS_Store=note.txt order/README.txt=note.txt
ok "a ZIP with folders" "$CERTWRIGHT" import ca.zip
same_file "the certificate is the identity's" web.crt store/web.crt
cat ca/issuing.crt ca/root.crt >want.bundle
same_file "its chain is the rest" want.bundle store/webbundle.crt
says "what is no certificate is named by its place" "ca.zip/order/README.txt"
silent "what a Mac adds is passed by" MACOSX
same "nothing of it was unpacked here" "" "$(find . -name 'README.txt' -o -name issuing.cer)"

fresh
ok "a ZIP by standard input" bash -c '"$CERTWRIGHT" import - <ca.zip'
same_file "does the same" web.crt store/web.crt

fresh
mkdir mail && cp ca.zip mail/attachment.bin && cp note.txt mail
ok "a ZIP in a folder, by any name" "$CERTWRIGHT" import mail
same_file "does the same as well" web.crt store/web.crt

fresh
openssl crl2pkcs7 -nocrl -certfile web.crt -certfile ca/issuing.crt -certfile ca/root.crt -outform DER -out all.p7b
pack seven.zip all.p7b=all.p7b
ok "a PKCS#7 in a ZIP" "$CERTWRIGHT" import seven.zip
same_file "is read" web.crt store/web.crt

# Locked.
fresh
printf 'geheim\n' >right.pw
printf 'falsch\n' >wrong.pw
PASSWORD=geheim pack locked.zip web.crt=web.crt issuing.crt=ca/issuing.crt root.crt=ca/root.crt
fails "a locked ZIP" "$CERTWRIGHT" import locked.zip
says "asks for the password" "web.crt in it is locked by a password: give it (--password-file; on the screen p), or unpack it"
unchanged "locked"
fails "another password" "$CERTWRIGHT" import locked.zip --password-file wrong.pw
says "is said to be wrong" "and not by this one"
unchanged "wrong password"
ok "the password opens it" "$CERTWRIGHT" import locked.zip --password-file right.pw
same_file "and all is there" web.crt store/web.crt

# Hostile.
fresh
head -c $(($(stat -c %s ca.zip) / 3)) ca.zip >cut.zip
fails "a ZIP that was cut off" "$CERTWRIGHT" import cut.zip
says "is damaged" "cut.zip"
says "or gives what it has" "a ZIP archive"
unchanged "cut off"
head -c 20000000 /dev/zero >zeros
pack bomb.zip web.crt=web.crt zeros=zeros
fails "a ZIP that swells beyond 16 MiB" timeout 20 "$CERTWRIGHT" import bomb.zip
says "says so" "a ZIP archive of more than 16 MiB: unpack it"
cp ca.zip layer
for depth in 2 3 4 5; do
    pack nested$depth.zip layer.zip=layer && cp nested$depth.zip layer
done
fails "five ZIPs in one another" "$CERTWRIGHT" import nested5.zip
says "are too many" "nested5.zip/layer.zip/layer.zip/layer.zip/layer.zip #1"
says "and that is said" "archives or mails nested too deep in one another: unpack it"
unchanged "five layers"
ok "four are read" "$CERTWRIGHT" import nested4.zip
same_file "and the certificate is taken" web.crt store/web.crt
fresh
python3 - <<'PY'
import zipfile
z = zipfile.ZipFile("many.zip", "w")
for i in range(20001): z.writestr("%d.txt" % i, "")
PY
fails "20,001 files" timeout 20 "$CERTWRIGHT" import many.zip
says "are too many" "a ZIP archive of too many files: unpack it"
pack empty.zip
fails "an empty ZIP" "$CERTWRIGHT" import empty.zip
pack evil.zip "$(printf '../../\033[31mevil\n.crt')=note.txt" "/etc/passwd.crt=note.txt"
fails "names that act on terminals, or lead out" "$CERTWRIGHT" import evil.zip
clean "are escaped"
ls ../../*evil* 2>/dev/null && fail "nothing is written there" || pass "nothing is written there"
unchanged "hostile"
python3 - <<'PY'
import random
whole = open("ca.zip", "rb").read()
for i in range(60):
    random.seed(i)
    data = bytearray(whole)
    for _ in range(1 + i % 5):
        data[random.randrange(len(data))] = random.randrange(256)
    open("flipped%d.zip" % i, "wb").write(data)
PY
for ((i = 0; i < 60; i++)); do
    run timeout 20 "$CERTWRIGHT" import --dry-run flipped$i.zip
    [ "$status" -le 1 ] || fail "flipped bytes $i" "$(told)"
done
pass "sixty damaged ones end with 0 or 1"

# --- tar archives, and what was compressed ---
fresh
tar -cf ca.tar web.crt ca/issuing.crt ca/root.crt
ok "a tar archive" "$CERTWRIGHT" import ca.tar
same_file "is read" web.crt store/web.crt
same_file "with its chain" want.bundle store/webbundle.crt
for tool in gzip bzip2 xz zstd; do
    command -v $tool >/dev/null || { skip "no $tool here"; continue; }
    fresh
    $tool -c <ca.tar >packed && ok "a tar archive, by $tool" "$CERTWRIGHT" import packed
    same_file "is read as well" web.crt store/web.crt
done
fresh
cat web.crt ca/issuing.crt ca/root.crt | gzip -c >all.crt.gz
ok "a single file, by gzip" "$CERTWRIGHT" import all.crt.gz
same_file "is read too" web.crt store/web.crt
fresh
mkdir -p odd/sub && ln -s /etc/passwd odd/link.crt && mkfifo odd/fifo && ln -s .. odd/sub/up
cp web.crt odd/web.crt && cat ca/issuing.crt ca/root.crt >odd/sub/chain.pem && ln odd/web.crt odd/zweb.crt && cp note.txt odd/.hidden
tar -cf odd.tar odd
ok "a tar archive of links, pipes and folders" "$CERTWRIGHT" import odd.tar
same_file "its files are read" web.crt store/web.crt
silent "and nothing else" "link.crt"
silent "hidden ones neither" ".hidden"
fresh
python3 - <<'PY'
import io, tarfile
t = tarfile.open("evil.tar", "w")
for name in "../../evil.crt", "/etc/evil.crt", "\033[31mevil.crt":
    info = tarfile.TarInfo(name)
    info.size = 5
    t.addfile(info, io.BytesIO(b"hello"))
PY
fails "names that lead out of a tar archive" "$CERTWRIGHT" import evil.tar
clean "are escaped"
[ ! -e /etc/evil.crt ] && [ ! -e ../../evil.crt ] && pass "nothing is written there" || fail "nothing is written there"
unchanged "hostile names"
for swollen in "zeros" "zeros zeros zeros"; do
    # shellcheck disable=SC2086 # words
    cat $swollen | gzip -c >bomb.gz
    fails "what swells beyond 16 MiB" timeout 20 "$CERTWRIGHT" import bomb.gz
    says "says so" "a compressed file of more than 16 MiB: unpack it"
done
head -c 15000000 /dev/zero | gzip -c | gzip -c | gzip -c >thrice.gz
fails "gzip in gzip in gzip" timeout 20 "$CERTWRIGHT" import thrice.gz
says "is too much at once" "a compressed file, compressed more than once: unpack it"
gzip -c <ca.tar | head -c 300 >cut.tgz
fails "a compressed tar archive that was cut off" "$CERTWRIGHT" import cut.tgz
says "is damaged" "cut.tgz"
unchanged "cut"
printf 'PK\005\006%018d' 0 >none.zip
fails "an empty ZIP" "$CERTWRIGHT" import none.zip
says "is one" "none.zip"
# Twenty small archives of 15 MB each in one: what is unpacked altogether has one limit.
head -c 15000000 zeros >many.bin
for i in 1 2 3 4 5; do gzip -c many.bin >part$i.gz; done
tar -cf parts.tar part?.gz
fails "many that swell" timeout 20 "$CERTWRIGHT" import parts.tar
says "share one limit" "parts.tar/part2.gz"
says "and that is said" "of more than 16 MiB"

# The library is not there when it is needed.
mkdir lib
printf 'int nothing_here;\n' | cc -shared -fPIC -x c -o lib/libarchive.so.13 - 2>/dev/null
LD_LIBRARY_PATH=$PWD/lib fails "without libarchive" "$CERTWRIGHT" import ca.zip
says "it says so, and what to do" "the library libarchive is not installed: unpack it, then import the folder"
unchanged "without libarchive"
