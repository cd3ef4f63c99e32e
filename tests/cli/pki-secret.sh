#!/usr/bin/env bash
# Secrets: no image of the memory, passwords from files, pipes and FIFOs but never from the command
# line or the environment, three causes of failure told apart, nothing changed by any.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir store
openssl ecparam -name prime256v1 -genkey -noout -out plain.key
openssl req -x509 -new -key plain.key -subj /CN=a.example.com -days 30 -out store/a.crt
openssl pkcs8 -topk8 -in plain.key -v2 aes-256-cbc -passout pass:geheim -out locked.key
cp locked.key store/a.key
echo geheim >pw
printf 'geheim\r\nsecond line\n' >pw-crlf
printf 'geheim' >pw-bare

# --- where a password may come from ---
match() { fails "no password: $1" "$CERTWRIGHT" pki match a.key a.crt; }
match "a locked key does not match"
ok "a file" "$CERTWRIGHT" pki match a.key a.crt --password-file pw
ok "its first line, CRLF" "$CERTWRIGHT" pki match a.key a.crt --password-file pw-crlf
ok "without a line end" "$CERTWRIGHT" pki match a.key a.crt --password-file pw-bare
ok "the shell's <(…)" "$CERTWRIGHT" pki match a.key a.crt --password-file <(cat pw)
ok "one that takes its time" "$CERTWRIGHT" pki match a.key a.crt --password-file <(sleep 0.5 && cat pw)
run "$CERTWRIGHT" pki match a.key a.crt --password-file /dev/stdin <pw
same "/dev/stdin, a file" 0 "$status"
run "$CERTWRIGHT" pki match a.key a.crt --password-file /dev/stdin < <(cat pw)
same "/dev/stdin, a pipe" 0 "$status"
mkfifo fifo
(sleep 0.3 && cat pw >fifo) &
ok "a FIFO whose writer comes later" "$CERTWRIGHT" pki match a.key a.crt --password-file fifo
wait
ok "both files with one password" "$CERTWRIGHT" pki match a.key a.key --password-file <(cat pw)
fails "a file that is empty" "$CERTWRIGHT" pki match a.key a.crt --password-file /dev/null
says "is named" "/dev/null"
fails "one without an end" timeout 10 "$CERTWRIGHT" pki match a.key a.crt --password-file /dev/zero
says "is too long" "1024"
fails "a folder" "$CERTWRIGHT" pki match a.key a.crt --password-file store
fails "no file" "$CERTWRIGHT" pki match a.key a.crt --password-file nothere
says "is named, too" "nothere"
run "$CERTWRIGHT" pki unlock a.key --password-file <(cat pw)
same "unlock reads a pipe" 0 "$status"
same "and the key is open" "$(openssl pkey -in plain.key)" "$(cat store/a.key)"

# --- three causes, three messages, and nothing changed ---
cause()
{
    local file=$1 what=$2 wanted=$3
    shift 3
    cp "$file" keep
    fails "$what" env "$@"
    says "$what: $wanted" "$wanted"
    same_file "$what: nothing changed" keep "$file"
}
openssl pkcs12 -export -in store/a.crt -inkey plain.key -passout pass:geheim -out store/u.pub
openssl pkcs12 -export -legacy -in store/a.crt -inkey plain.key -passout pass:geheim -out store/old.pub 2>/dev/null
head -c 500 store/u.pub >store/cut.pub
cp locked.key store/a.key
openssl pkcs8 -topk8 -in plain.key -v1 PBE-MD5-DES -provider legacy -provider default -passout pass:geheim -out store/old.key 2>/dev/null
sed '3,4d' locked.key >store/cut.key
openssl pkcs8 -topk8 -in plain.key -v2 aes-256-cbc -passout pass:geheim -outform DER -out aes.der
python3 - <<'PY'
data = open("aes.der", "rb").read() # AES-256-CBC's number becomes nobody's
open("store/none.key", "wb").write(data.replace(bytes.fromhex("060960864801650304012a"), bytes.fromhex("060960864801650304013f")))
PY
echo wrong >no
# No stretching that OpenSSL does, of the key and of the whole file's seal.
openssl pkcs8 -topk8 -in plain.key -v2 aes-256-cbc -v2prf hmacWithSHA512 -passout pass:geheim -outform DER -out prf.der
openssl pkcs8 -topk8 -in plain.key -scrypt -passout pass:geheim -outform DER -out scrypt.der
openssl pkcs12 -export -in store/a.crt -inkey plain.key -macalg sha512 -passout pass:geheim -out seal.p12
python3 - <<'PY'
def change(source, target, old, new):
    data = open(source, "rb").read()
    assert old in data
    open(target, "wb").write(data.replace(old, new))
change("prf.der", "store/prf.key", bytes.fromhex("2a864886f70d020b"), bytes.fromhex("2a864886f70d022b"))
change("seal.p12", "store/seal.pub", bytes.fromhex("608648016503040203"), bytes.fromhex("608648016503040233"))
change("scrypt.der", "store/scrypt.key", bytes.fromhex("02024000020108"), bytes.fromhex("02024000020118"))
PY
cause store/a.key "unlock, a wrong password" "the password is wrong" "$CERTWRIGHT" pki unlock a.key --password-file no
cause store/u.pub "pkcs12-to-ssh, a wrong password" "the password is wrong" "$CERTWRIGHT" pki pkcs12-to-ssh u --password-file no
cause store/cut.key "unlock, a broken file" "is damaged" "$CERTWRIGHT" pki unlock cut.key --password-file pw
cause store/cut.pub "pkcs12-to-ssh, a broken file" "cut off" "$CERTWRIGHT" pki pkcs12-to-ssh cut --password-file pw
cause store/none.key "unlock, an unknown cipher" "none that OpenSSL has" "$CERTWRIGHT" pki unlock none.key --password-file pw
cause store/prf.key "unlock, an unknown stretching" "none that OpenSSL has" "$CERTWRIGHT" pki unlock prf.key --password-file pw
cause store/seal.pub "pkcs12-to-ssh, an unknown digest" "none that OpenSSL has" "$CERTWRIGHT" pki pkcs12-to-ssh seal --password-file pw
cause store/scrypt.key "unlock, too much memory" "stretched more often than is tried" "$CERTWRIGHT" pki unlock scrypt.key --password-file pw
if [ -s store/old.pub ] && [ -s store/old.key ]; then
    cause store/old.key "unlock, no old ciphers here" "legacy module" OPENSSL_MODULES=/nonexistent "$CERTWRIGHT" pki unlock old.key --password-file pw
    cause store/old.pub "pkcs12-to-ssh, no old ciphers here" "legacy module" OPENSSL_MODULES=/nonexistent "$CERTWRIGHT" pki pkcs12-to-ssh old --password-file pw
    cause store/old.key "unlock, old cipher and wrong password" "the password is wrong" "$CERTWRIGHT" pki unlock old.key --password-file no
    ok "with them it opens" "$CERTWRIGHT" pki unlock old.key --password-file pw
    ok "both" "$CERTWRIGHT" pki pkcs12-to-ssh old --password-file pw
fi

# --- no image of the memory is kept, nobody looks into it ---
if [ -d /proc/self/fd ]; then
    mkfifo wait
    # As nobody where that can be: root's processes are root's anyway.
    nobody=''
    if [ "$(id -u)" = 0 ] && chmod 755 "$T" "$W" && chmod 666 wait && chmod -R a+rX store &&
        setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$CERTWRIGHT" 2>/dev/null; then
        nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    fi
    # shellcheck disable=SC2086
    $nobody "$CERTWRIGHT" pki match a.key a.crt --password-file wait >/dev/null 2>&1 &
    process=$!
    for _ in $(seq 100); do
        grep -qs '^Max core file size *0 *0' /proc/$process/limits && break
        sleep 0.05
    done
    has "no core file" "Max core file size        0                    0" /proc/$process/limits
    owner=$(stat -c %U /proc/$process/maps 2>/dev/null)
    case ${SLOW:-}$nobody in
    setpriv*) same "its memory is nobody's to read" root "$owner" ;;
    *) skip "who may look into the memory (as root, or where the sanitizer has to)" ;;
    esac
    kill $process
    wait $process 2>/dev/null
fi

# --- keys: modes, and no trace of them in what is said ---
ok "csr" "$CERTWRIGHT" pki csr new CN:new.example.com
same "a new key is its owner's" 600 "$(stat -c %a store/new.key)"
cw pki inspect new.key
silent "inspect shows no key" "$(sed -n 3p store/new.key)"
same "and no private number" 0 "$(grep -cE 'priv:|prime|xponent' "$T/out")"

# --- many keys: none is kept in memory that is not needed ---
for i in $(seq 1 30); do cat plain.key; done >store/thirty.pem
mkdir many
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out many.key 2>/dev/null
for i in $(seq 1 1200); do cp many.key "many/k$i.key"; done
cw --json --store many pki list
same "a store of 1,200 RSA keys is read" 1200 "$(jq 'map(select(.kind == "private-key")) | length' "$T/out")"
cw --json pki inspect thirty.pem
json "and thirty keys in a file" .kind private-key
