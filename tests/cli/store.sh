#!/bin/bash
# The store: modes, what is never overwritten, who may write, what stays when writing fails.
. "$(dirname "$0")/../lib.sh"

mode()
{
    stat -c %a "$1"
}

sums()
{
    (cd "$1" && find . -type f ! -name .lock -exec sha256sum {} + | sort -k2)
}

# A lab of two identities in the current folder: quick keys.
lab()
{
    cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "labca" { CN = "example.com lab CA" signer = "self" }
identity "cms1"  { CN = "cms1.example.com" signer = "labca" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin"   { identity = "cms1" listen = { "a:445" } }
    service "callbridge" { identity = "cms1" listen = { "a" } }
}
END
}

for mask in 000 077 777; do
    mkdir "m$mask" && cd "m$mask" && lab
    (umask "$mask" && exec "$CERTWRIGHT" generate) >"$T/out" 2>"$T/err"
    same "generate under umask $mask" 0 $?
    same "umask $mask: a key is 0600" 600 "$(mode store/cms1.key)"
    same "umask $mask: a request is 0644" 644 "$(mode store/cms1.csr)"
    (umask "$mask" && exec "$CERTWRIGHT" sign) >"$T/out" 2>"$T/err"
    same "sign under umask $mask" 0 $?
    same "umask $mask: files are 0644" "644 644 644" \
        "$(mode store/cms1.crt) $(mode store/cms1bundle.crt) $(mode store/cms1fullchain.crt)"
    ok "umask $mask: openssl agrees" openssl verify -CAfile store/labca.crt store/cms1.crt
    cd ..
done

# Keys.
mkdir keys && cd keys && lab
ok "generate" "$CERTWRIGHT" generate
same "the signer has no request" "cms1.csr cms1.key labca.crt labca.key" "$(ls store | tr '\n' ' ' | sed 's/ $//')"
ok "the request is openssl's, too" openssl req -in store/cms1.csr -noout -verify
before=$(sums store)
ok "generate again" "$CERTWRIGHT" generate
says "what is there is kept" "never overwritten"
same "and nothing changed" "$before" "$(sums store)"
rm store/cms1.csr
ok "generate with the key alone" "$CERTWRIGHT" generate cms1
same "made the request for that key" \
    "$(openssl pkey -in store/cms1.key -pubout 2>/dev/null)" \
    "$(openssl req -in store/cms1.csr -noout -pubkey 2>/dev/null)"
cp store/cms1.key "$T/cms1.key"
echo junk >store/cms1.key
rm store/cms1.csr
fails "junk in the place of a key is no key" "$CERTWRIGHT" generate
says "and named" "cms1.key"
same "and stays" junk "$(cat store/cms1.key)"
openssl pkey -in "$T/cms1.key" -aes128 -passout pass:x -out store/cms1.key
fails "a locked key makes no request" "$CERTWRIGHT" generate
says "unlock is named" "pki unlock cms1.key"
fails "an unknown identity" "$CERTWRIGHT" generate cms
says "a suggestion" "did you mean cms1"
cp "$T/cms1.key" store/cms1.key
rm store/labca.key
ok "a CA's certificate without its key" "$CERTWRIGHT" generate
fails "cannot sign" "$CERTWRIGHT" sign
says "the file that lacks is named" "labca.key"
cd ..

# A signature with a CA that deployment.conf doesn't know.
mkdir other && cd other && lab
sed -i 's/signer = "labca"/signer = "internal"/' deployment.conf
ok "generate" "$CERTWRIGHT" generate
exits 2 "sign needs a CA" "$CERTWRIGHT" sign
fails "a CA that is not there" "$CERTWRIGHT" sign --ca testca
says "--make-ca is named" "make-ca"
before=$(sums store)
exits 2 "--days wants a number" "$CERTWRIGHT" sign --ca testca --days x
same "nothing changed" "$before" "$(sums store)"
ok "--make-ca" "$CERTWRIGHT" sign --ca testca --make-ca
ok "openssl agrees" openssl verify -CAfile store/testca.crt store/cms1.crt
same "the CA's key is 0600" 600 "$(mode store/testca.key)"
cat store/cms1.crt store/testca.crt >full
same_file "full chain: leaf, then CA" full store/cms1fullchain.crt
same_file "bundle: the CA" store/testca.crt store/cms1bundle.crt
before=$(sums store)
ok "sign again" "$CERTWRIGHT" sign --ca testca
says "is kept" KEPT
same "nothing changed" "$before" "$(sums store)"
ok "--force signs again" "$CERTWRIGHT" sign --ca testca --force
[ "$before" != "$(sums store)" ] && pass "with a new certificate" || fail "with a new certificate"
ok "--days is cut to the CA's end" "$CERTWRIGHT" sign --ca testca --force --days 9000
says "and said" "cut to the end"
same "ends with the CA" "$(openssl x509 -in store/testca.crt -noout -enddate)" \
    "$(openssl x509 -in store/cms1.crt -noout -enddate)"
fails "a leaf is no CA" "$CERTWRIGHT" sign --ca cms1 --force
cd ..

# The lock.
mkdir lock && cd lock && lab
ok "generate" "$CERTWRIGHT" generate
before=$(sums store)
echo "4711 2026-01-02T03:04:05Z" >store/.lock
exec 9<>store/.lock
flock -n 9
exits 3 "another writer holds the lock" "$CERTWRIGHT" sign
says "who" "process 4711"
says "since when" "2026-01-02T03:04:05Z"
same "nothing changed" "$before" "$(sums store)"
printf '\033]0;x\007junk' >store/.lock
exits 3 "a lock with junk in it" "$CERTWRIGHT" sign
clean "passes no control byte"
exec 9>&-
ok "free again" "$CERTWRIGHT" sign
cd ..

# What is no plain file.
mkdir kinds && cd kinds && lab
ok "generate" "$CERTWRIGHT" generate
mv store/cms1.csr "$T/cms1.csr"
for kind in fifo folder link large; do
    case $kind in
    fifo) mkfifo store/cms1.csr ;;
    folder) mkdir store/cms1.csr ;;
    link) ln -s "$T/cms1.csr" store/cms1.csr ;;
    large) truncate -s 17M store/cms1.csr ;;
    esac
    fails "a request that is a $kind" timeout 20 "$CERTWRIGHT" sign
    says "$kind: named" "cms1.csr"
    fails "generate past a $kind" timeout 20 "$CERTWRIGHT" generate
    rm -rf store/cms1.csr
done
ln -s "$T/cms1.csr" store/cms1.csr
fails "a link that leaves the store" "$CERTWRIGHT" sign
says "says so" "leaves the store"
rm store/cms1.csr && cp "$T/cms1.csr" store/real.csr && ln -s real.csr store/cms1.csr
ok "a link that stays in the store" "$CERTWRIGHT" sign
rm -f store/cms1.crt && echo theirs >"$T/outside" && ln -s "$T/outside" store/cms1.crt
fails "no write through a link" "$CERTWRIGHT" sign --force
same "what it leads to is as it was" theirs "$(cat "$T/outside")"
rm store/cms1.crt && touch store/CMS1.crt
fails "a name that differs in case" "$CERTWRIGHT" sign --force
says "both are named" "CMS1.crt"
cd ..
mkdir nostore && cd nostore && lab && echo x >store
fails "a store that is a file" "$CERTWRIGHT" generate
cd ..

# No right to write, no space.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$T" "$W"
    mkdir rights && cd rights && lab
    ok "generate" "$CERTWRIGHT" generate
    chmod 755 store . && chmod 644 deployment.conf store/*
    before=$(sums store)
    if setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$CERTWRIGHT"; then
        exits 3 "no right to write" setpriv --reuid=65534 --regid=65534 --clear-groups "$CERTWRIGHT" sign
        says "is said" "ermission denied"
        same "nothing changed" "$before" "$(sums store)"
    else
        skip "nobody may not run $CERTWRIGHT"
    fi
    cd ..
else
    mkdir rights && cd rights && lab
    ok "generate" "$CERTWRIGHT" generate
    before=$(sums store)
    chmod 555 store
    if [ "$(id -u)" = 0 ]; then
        skip "no setpriv: root may write everywhere"
    else
        exits 3 "no right to write" "$CERTWRIGHT" sign
        same "nothing changed" "$before" "$(sums store)"
    fi
    chmod 755 store
    cd ..
fi

mkdir full && cd full && lab
mkdir store
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k tmpfs store 2>/dev/null; then
    ok "generate on a small disk" "$CERTWRIGHT" generate
    "$CERTWRIGHT" sign >/dev/null 2>&1
    before=$(sums store)
    dd if=/dev/zero of=store/filler bs=1k count=100 2>/dev/null
    exits 3 "a full disk" "$CERTWRIGHT" sign --force
    says "is said" "o space left"
    says "of the store" "certwright: store/.certwright.journal: cannot be written"
    rm store/filler
    same "nothing changed" "$before" "$(sums store)"
    same "no temporary file stays" "" "$(find store -name '.*.tmp' -o -name '.*.old')"
    ok "with space again" "$CERTWRIGHT" sign --force
    umount store
else
    skip "no right to mount a small file system"
fi
cd ..

# Killed at any moment: each file is the old one or the new one.
mkdir kill && cd kill && lab
ok "generate" "$CERTWRIGHT" generate
ok "sign" "$CERTWRIGHT" sign
broken=0
for delay in 0.001 0.002 0.004 0.006 0.008 0.010 0.012 0.015 0.020 0.030; do
    timeout -s KILL "$delay" "$CERTWRIGHT" sign --force >/dev/null 2>&1
    for file in cms1.crt cms1bundle.crt cms1fullchain.crt; do
        openssl x509 -in "store/$file" -noout 2>/dev/null || broken=$((broken + 1))
    done
done
same "killed at ten moments, no file is a part" 0 "$broken"
# What it had not put in place may be an open key: the next writer removes it.
touch "store/.web.key.1-0.tmp" "store/.web.key.$$-0.tmp" "store/.web.key.$$-x.tmp"
ok "the next writer" "$CERTWRIGHT" pki csr later CN:later.example.com
same "removes what a killed one left, and nothing else" ".web.key.$$-x.tmp" "$(cd store && echo .*.tmp)"
rm -f store/.*.tmp
ok "and the next run works" "$CERTWRIGHT" sign --force
ok "openssl agrees" openssl verify -CAfile store/labca.crt store/cms1.crt
