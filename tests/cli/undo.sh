#!/usr/bin/env bash
# undo brings back exactly what was there; a process that is killed at any call leaves the old state or
# the new one.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"  name = "example.com"  store = "store"  key { type = "ec" bits = 256 }
environment { purpose = "production" }
identity "cb" { CN = "cb.example.com"  signer = "internal" }
identity "wa" { CN = "cms.example.com"  signer = "internal" }
server "core1" { address = "core1.example.com"
    service "webadmin" { identity = "wa"  listen = { "admin:443" } }
    service "callbridge" { identity = "cb"  listen = { "a" }  database = "none" } }
END
# state FOLDER: names, modes and contents of what is no dot file, and which renewals are open.
state()
{
    # One process sums all of them: this is asked after each of some hundred kills.
    local files=(. -type f \( ! -path './.*' -o -name .certwright.renewals \))
    (cd "$1" && paste -d ' ' <(find "${files[@]}" -printf '%m %f\n') <(find "${files[@]}" -exec sha256sum {} +) | sort)
}
same_state()
{
    same "$1" "$(state "$2")" "$(state "$3")"
}

cw undo
same "without a store there is nothing to undo" 1 "$status"
cw generate
make_ca ca
ca_signs ca store/cb.csr cb1.pem 300
ca_signs ca store/wa.csr wa1.pem 300
ca_signs ca store/cb.csr cb2.pem 365
cat ca/issuing.crt ca/root.crt >chain.pem
cp -a store fresh
cw undo
same "nor where nothing was imported" 1 "$status"
says "and it says so" "there is nothing to undo"

# Two imports, taken back one after the other.
cw import cb1.pem wa1.pem chain.pem
cp -a store first
cw import cb2.pem
cp -a store second
cw undo --list --json
json "the list begins with the last" '.[0] | .operation, .next, .undone' $'import\ntrue\nfalse'
json "and knows both" 'length' 2
cw undo
same "the second is taken back" 0 "$status"
says "its certificate is the first one's" "restored cb.crt"
same_state "exactly: names, modes, contents" first store
cw check
same "which is as good as it was" 0 "$status"
cw undo --json
json "then the first" '.operation' import
same_state "which leaves what was before any" fresh store
cw undo
same "then there is nothing left" 1 "$status"
cw undo --list
matches "the list tells what was taken back" "import .*, undone"

# What was changed since is not lost.
cw import cb1.pem wa1.pem chain.pem
echo >>store/wa.crt
cp -a store changed
cw undo
same "a file that was changed since stops it" 1 "$status"
says "and is named" "wa.crt: was changed after the import of"
same_state "nothing was undone" changed store
mv store/wa.crt mine.crt
cw undo
same "moved away, it does not" 0 "$status"
same_state "and all is as before" fresh store

# Keys: made by signing, brought by an import, unlocked.
cw sign --ca lab --make-ca
cw undo
same "signing is taken back" 0 "$status"
same "its CA's key is kept" 1 "$(find store -name 'lab.key.*.bak' -perm 600 | wc -l)"
rm store/lab.key.*.bak
same_state "and nothing else of it" fresh store
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out new.key 2>/dev/null
openssl req -new -key new.key -subj /CN=cb.example.com -addext subjectAltName=DNS:cb.example.com -out new.csr
ca_signs ca new.csr new.pem
cw import --as cb new.key new.pem chain.pem
same "a key is brought" 0 "$status"
cmp -s store/cb.key new.key || openssl pkey -in store/cb.key -pubout | cmp -s - <(openssl pkey -in new.key -pubout) &&
    pass "and in place" || fail "and in place" ""
cw undo
same_file "the key of before is back" fresh/cb.key store/cb.key
find store -name 'cb.key.*.bak' -perm 600 -exec openssl pkey -in {} -pubout \; >kept
has "the one that was brought is kept" "$(openssl pkey -in new.key -pubout | sed -n 2p)" kept
find store -name 'cb.key.*.bak' -delete
same_state "and all else is as it was" fresh store
printf 'secret\n' >password
openssl pkcs8 -topk8 -in fresh/cb.key -passout file:password -out store/cb.key
cp -a store locked
cw pki unlock cb.key --password-file password
same "a key is unlocked" 0 "$status"
cw undo
same "and locked again" 0 "$status"
same_file "with the very bytes" locked/cb.key store/cb.key
find store -name 'cb.key.*.bak' -delete
cp fresh/cb.key store/cb.key

# Killed at each call that writes. What the next certwright finds, one that only reads among them, is
# the old state or the new one.
case $CERTWRIGHT in
*/san/*)
    skip "killing at each call: a sanitizer's program takes no library before its own"
    exit 0 ;;
esac
cc -shared -fPIC -o kill_at.so "$TOP/tests/kill_at.c" -ldl
killed_at() # N COMMAND…
{
    (
        KILL_AT=$1
        shift
        export KILL_AT
        LD_PRELOAD=$PWD/kill_at.so "$@"
        exit $?
    ) >/dev/null 2>&1
}
# blind: but for the time in a name, and what a new key and its request are.
blind()
{
    sed 's/[0-9]\{8\}T[0-9]*Z/STAMP/g; s/^\([0-9]* [^ ]*-next[^ ]*\) [0-9a-f]*/\1/'
}
# each_call WHAT FOLDER COMMAND…: the command on a copy of the folder, killed at its first call, its
# second, and so on to its end.
each_call()
{
    local what=$1 folder=$2 old new at rc kills=0 olds=0 torn=''
    shift 2
    old=$(state "$folder")
    rm -rf store && cp -a "$folder" store
    "$@" >/dev/null 2>&1
    new=$(state store | blind)
    same "$what changes something" different "$([ "$old" = "$new" ] && echo same || echo different)"
    for at in $(seq 1 400); do
        rm -rf store && cp -a "$folder" store
        killed_at "$at" "$@"
        rc=$?
        [ "$rc" = 137 ] || break
        kills=$((kills + 1))
        "$CERTWRIGHT" pki list >/dev/null
        now=$(state store)
        if [ "$now" = "$old" ]; then
            olds=$((olds + 1))
        elif [ "$(blind <<<"$now")" != "$new" ]; then
            torn="$torn $at"
            [ "${#torn}" -gt 60 ] || diff <(echo "$old") <(echo "$now")
        fi
        ls -A store | grep -qE '\.(tmp|old)$' && torn="$torn $at:left"
    done
    same "$what: killed at $kills calls, never torn" "" "$torn"
    same "$what: killed often, and at its end no more" "0 enough" "$rc $([ "$kills" -gt 20 ] && echo enough)"
    same "$what: what was not finished is taken back" some "$([ "$olds" -gt 10 ] && echo some)"
}
each_call import first "$CERTWRIGHT" import cb2.pem
each_call "import of a key" fresh "$CERTWRIGHT" import --as cb new.key new.pem chain.pem
each_call undo second "$CERTWRIGHT" undo
each_call "renewal with a new key" first "$CERTWRIGHT" renew --new-key cb
rm -rf store && cp -a first store
cw renew --new-key cb
ca_signs ca store/cb-next.csr next.pem
rm -rf waiting && cp -a store waiting
each_call "import of the new key's answer" waiting "$CERTWRIGHT" import next.pem

# Its end is one file.
rm -rf store && cp -a second store
cw renew --done cb
over=$(cat store/.certwright.renewals) torn='' rc=0
for at in $(seq 1 40); do
    rm -rf store && cp -a second store
    killed_at "$at" "$CERTWRIGHT" renew --done cb
    rc=$?
    [ "$rc" = 137 ] || break
    is=$(cat store/.certwright.renewals)
    [ "$is" = "$over" ] || [ "$is" = "$(cat second/.certwright.renewals)" ] || torn="$torn $at"
done
same "the end of a renewal: killed at $((at - 1)) calls, never torn" " 0" "$torn $rc"

# Killed in the middle, and again while that is taken back.
rm -rf store && cp -a first store
for at in $(seq 1 200); do
    killed_at "$at" "$CERTWRIGHT" import cb2.pem
    [ "$(state store)" = "$(state first)" ] || break
    rm -rf store && cp -a first store
done
cp -a store half
torn='' again=0
for at in $(seq 1 100); do
    rm -rf store && cp -a half store
    killed_at "$at" "$CERTWRIGHT" pki list
    [ $? = 137 ] || break
    again=$((again + 1))
    "$CERTWRIGHT" pki list >/dev/null
    [ "$(state store)" = "$(state first)" ] || torn="$torn $at"
done
same "taking back, killed at $again calls, is taken up again" "" "$torn"
same "and was killed" some "$([ "$again" -gt 3 ] && echo some)"

# A reader who may not write says who can.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    rm -rf store && cp -a half store
    chmod 755 "$T" . store
    chmod -R a+rX store
    run setpriv --reuid=65534 --clear-groups "$CERTWRIGHT" --store store pki list
    same "one who may only read is told" 3 "$status"
    says "what happened, and who can mend it" "run certwright once as the store's owner"
else
    skip "a reader who may not write: root alone can become one"
fi
