#!/usr/bin/env bash
# plan: install/ byte by byte for the presets, its refusals, and what must never be in it.
. "$(dirname "$0")/../lib.sh"

# The three presets -------------------------------------------------------------------------------

make_lab()
{
    "$CERTWRIGHT" init --preset lab --domain example.com >/dev/null &&
        "$CERTWRIGHT" generate >/dev/null &&
        "$CERTWRIGHT" sign --ca labca --make-ca >/dev/null
}
mkdir "$W/lab" && cd "$W/lab" || exit 1
make_lab
exits 0 "lab: plan" "$CERTWRIGHT" plan
says "lab: what was written is said" "Wrote install/ (1 server, 9 files)"
says "lab: keys that lie there are said" "1 private key lies in install/cms1/files"
cat >"$T/lab.mmp" <<'MMP'
pki list
pki match cms1.key cms1.crt
pki verify cms1.crt cms1bundle.crt
pki match cms1.key cms1fullchain.crt
pki verify cms1fullchain.crt cms1bundle.crt
webadmin disable
webadmin certs cms1.key cms1.crt cms1bundle.crt
webadmin enable
webadmin
webbridge3 https listen a:443
webbridge3 https certs cms1.key cms1fullchain.crt
webbridge3 c2w listen a:9999
webbridge3 c2w certs cms1.key cms1fullchain.crt
webbridge3 c2w trust labca.crt
webbridge3 enable
webbridge3
callbridge certs cms1.key cms1.crt cms1bundle.crt
callbridge trust c2w labca.crt
callbridge restart
callbridge
MMP
same_file "lab: commands.mmp" "$T/lab.mmp" install/cms1/commands.mmp
same "lab: upload.sftp" "put files/cms1.key cms1.key
put files/cms1.crt cms1.crt
put files/cms1bundle.crt cms1bundle.crt
put files/cms1fullchain.crt cms1fullchain.crt
put files/labca.crt labca.crt" "$(cat install/cms1/upload.sftp)"
same "lab: nothing else is in install/" "RUNBOOK.md
cms1/commands.mmp
cms1/files/cms1.crt
cms1/files/cms1.key
cms1/files/cms1bundle.crt
cms1/files/cms1fullchain.crt
cms1/files/labca.crt
cms1/upload.sftp
plan.json" "$(cd install && find . -type f | sed 's,^\./,,' | LC_ALL=C sort)"
same "lab: a key is its owner's alone, the rest is not secret" "600 644" \
    "$(stat -c %a install/cms1/files/cms1.key install/cms1/files/cms1.crt | xargs)"
for name in cms1.key cms1.crt cms1bundle.crt cms1fullchain.crt labca.crt; do
    same_file "lab: $name is the store's" "store/$name" "install/cms1/files/$name"
done

# plan.json
run cat install/plan.json
json "steps count from 1 without a gap" '[.[].step] == [range(1; length + 1)]' true
json "every step has every field, none is null" \
    'all(.[]; ([.[]] | all(. != null)) and keys == (["step","phase","server","file","upload","command","expect","section","undo","manual","typed"] | sort))' true
json "the commands are those of commands.mmp" '[.[].command | select(. != "")] | join("\n")' "$(cat "$T/lab.mmp")"
json "each command names its file" '[.[] | select(.command != "") | .file] | unique | join(" ")' cms1/commands.mmp
json "the upload is one step, its command empty" \
    '[.[] | select(.upload != [])] | "\(length) \(.[0].step) \(.[0].file) \(.[0].command)|\(.[0].upload | join(" "))"' \
    "1 1 cms1/upload.sftp |cms1.key cms1.crt cms1bundle.crt cms1fullchain.crt labca.crt"
json "phases are 1 and 4, in order" '[.[].phase] | . == sort and unique == [1, 4]' true
json "the API is a step by hand, after the services" '.[-1] | "\(.manual)|\(.command)"' \
    "POST /api/v1/webbridges url=c2w://cms1.example.com:9999|"
json "none takes back what takes none" '.[] | select(.command == "webbridge3 c2w trust labca.crt") | .undo' \
    "webbridge3 c2w trust none"
json "the guide's reply is expected" '.[] | select(.command == "callbridge restart") | .expect | join("|")' \
    "SUCCESS: listen interface configured|SUCCESS: Key and certificate pair match"
json "the display is compared" '.[] | select(.command == "webbridge3") | .expect | join("|")' \
    "HTTPS Key file : cms1.key|HTTPS Full chain certificate file : cms1fullchain.crt|C2W Key file : cms1.key|C2W Full chain certificate file : cms1fullchain.crt|C2W Trust bundle : labca.crt"
json "sections are the guide's" '.[] | select(.command == "callbridge trust c2w labca.crt") | .section' D.4

# RUNBOOK.md
book=install/RUNBOOK.md
while IFS= read -r line; do
    grep -qF -- "\`$line\`" $book || fail "RUNBOOK.md has each command" "lacks: $line"
done <"$T/lab.mmp"
pass "RUNBOOK.md was read for each command"
has "RUNBOOK.md: how to upload" "sftp -b upload.sftp admin@cms1.example.com" $book
has "RUNBOOK.md: and with a password" "sftp -o BatchMode=no -b upload.sftp admin@cms1.example.com" $book
has "RUNBOOK.md: preconditions" "| cms1 | \`callbridge listen a\` | \`callbridge\` |" $book
has "RUNBOOK.md: the outage" "Web Admin is out from step 7" $book
has "RUNBOOK.md: what drops calls" "drops every call" $book
has "RUNBOOK.md: the key to delete" "rm cms1/files/cms1.key" $book
has "RUNBOOK.md: the API with curl" "https://cms1.example.com:445/api/v1/webbridges" $book
has "RUNBOOK.md: proof for curl" "--cacert cms1/files/cms1bundle.crt" $book
hasnt "RUNBOOK.md: no password among curl's arguments" "admin:" $book
same "RUNBOOK.md: going back is the last part" "## 6. Going back" "$(grep '^## ' $book | tail -1)"
has "RUNBOOK.md: the way back" "    webbridge3 c2w trust none" $book
same "RUNBOOK.md: 80 columns, tables aside" "" "$(grep -v '^|' $book | awk 'length > 80')"

# How ssh reaches a server is said in deployment.conf; sftp takes an IPv6 address in brackets.
sed 's/platform = "vm"/platform = "vm"  mmp = "jo@2001:db8::1"/' deployment.conf >login.conf
ok "mmp" "$CERTWRIGHT" plan --config login.conf --out login
has "mmp: ssh" "Log in with \`ssh jo@2001:db8::1\`" login/RUNBOOK.md
has "mmp: sftp" "sftp -b upload.sftp jo@[2001:db8::1]" login/RUNBOOK.md
hasnt "mmp: nobody else" "admin@" login/RUNBOOK.md
rm -r login login.conf

# Twice the same
cp -a install first
exits 0 "lab: plan again" "$CERTWRIGHT" plan
ok "byte-identical when run twice" diff -r first install
rm -rf first
exits 0 "plan --out DIR/" "$CERTWRIGHT" plan --out deep/er/out/
ok "the same files there" diff -r install deep/er/out
run "$CERTWRIGHT" plan --json
same_file "--json prints plan.json" install/plan.json "$T/out"
same "no temporary folder stays" "deep deployment.conf install store" "$(ls | xargs)"
same "nor a hidden one" "" "$(find . ! -name .certwright.journal \( -name '*.tmp*' -o -name '.[!.]*' -type d \))"

# No CA's key, by content
ca=$(openssl pkey -in store/labca.key -pubout)
found=
for file in $(find install -type f); do
    [ "$(openssl pkey -in "$file" -pubout 2>/dev/null </dev/null)" = "$ca" ] && found="$found $file"
done
same "no CA key is in install/" "" "$found"
cp store/labca.key store/other.key
sed -i 's/identity "cms1" {/& key-file = "other.key"/' deployment.conf
run "$CERTWRIGHT" plan --force
same "not under another name either, even with --force" "" "$(find install -name other.key)"
sed -i 's/ key-file = "other.key"//' deployment.conf
rm store/other.key

# --base
exits 0 "plan --base" "$CERTWRIGHT" plan --base
run cat install/plan.json
json "preconditions are phase 0" '[.[] | select(.phase == 0) | .command] | join("|")' \
    "webadmin listen a 445|callbridge listen a"
json "and the first steps" '[.[].phase] | . == sort' true
same "and the first commands" "webadmin listen a 445" "$(head -1 install/cms1/commands.mmp)"
exits 0 "lab: plan without" "$CERTWRIGHT" plan
same_file "lab: as it was" "$T/lab.mmp" install/cms1/commands.mmp

# Refusals ----------------------------------------------------------------------------------------

mkdir -p mine && echo dear >mine/diary
fails "a folder without our plan.json is refused" "$CERTWRIGHT" plan --out mine
says "and why" "not written by certwright"
same "and kept" dear "$(cat mine/diary)"
for text in '{}' '[1]' '[{"step": 1}]' 'no json' ''; do
    printf '%s' "$text" >mine/plan.json
    fails "a stranger's plan.json ($text) is no leave" "$CERTWRIGHT" plan --out mine
done
mkdir empty
fails "an empty folder is refused too" "$CERTWRIGHT" plan --out empty
echo x >plain
fails "a file in its place is refused" "$CERTWRIGHT" plan --out plain
ln -s install link
fails "a symlink in its place is refused" "$CERTWRIGHT" plan --out link
fails "the current folder is refused" "$CERTWRIGHT" plan --out .
exits 2 "a name is wrong usage" "$CERTWRIGHT" plan cms1
exits 2 "an unknown option is wrong usage" "$CERTWRIGHT" plan --nonsense
rm -rf mine empty plain link deep

# A dead writer's folder goes, another's stays.
mkdir -m 700 install.tmp-aB3dE6 && echo key >install.tmp-aB3dE6/x
mkdir -m 755 install.tmp-notours
exits 0 "plan beside a crash's folder" "$CERTWRIGHT" plan
same "which is removed" "install.tmp-notours" "$(ls -d install.tmp-*)"
rmdir install.tmp-notours

# Errors leave install/ as it is.
cp -a install before
mv store/cms1.key ./cms1.key
fails "an error stops the plan" "$CERTWRIGHT" plan
says "it is said" "cms1.key"
says "and that nothing was written" "install: not written"
ok "install/ is untouched" diff -r before install
run "$CERTWRIGHT" plan --json
same "--json holds one document then as well" "[] 1" "$out $status"
exits 0 "--force writes in spite of it" "$CERTWRIGHT" plan --force
hasnt "--force: what is not there is not uploaded" "cms1.key" install/cms1/upload.sftp
has "--force: RUNBOOK.md says what lacks" "cms1.key was not in the store" install/RUNBOOK.md
mv cms1.key store/
rm -rf before

# Values that would break out of their line
cp deployment.conf good.conf
for value in 'a:443 x' 'a:443;reboot' 'a:443\nreboot' '$(x)' '`x`' 'a|b' 'ä:443'; do
    awk -v v="$value" '{ at = index($0, "https-listen = { \"a:443\" }")
        if (at) { gsub(/\\/, "\\\\", v); $0 = substr($0, 1, at - 1) "https-listen = { \"" v "\" }" substr($0, at + 26) } print }' \
        good.conf >deployment.conf
    run "$CERTWRIGHT" plan --force --out evil
    if [ "$status" = 1 ] && [ ! -e evil ]; then
        pass "a value cannot break out: $value"
    else
        fail "a value cannot break out: $value" "$(told)" "$(cat evil/*/commands.mmp 2>&1)"
    fi
    clean "the refusal is harmless to the terminal: $value"
    rm -rf evil
done
for name in '../x' 'a b' 'plan.json' 'a/b' '-rf'; do
    sed "s|^server \"cms1\"|server \"$name\"|" good.conf >deployment.conf
    fails "a server cannot be called $name" "$CERTWRIGHT" plan --force --out evil
    [ ! -e evil ] || fail "and nothing is written" "$(find evil)"
done
cp good.conf deployment.conf

# Where writing is refused
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod -R a+rX "$T" && chmod 755 "$W/lab"
    chmod 644 store/*
    exits 3 "no permission: the system refused" \
        setpriv --reuid=65534 --clear-groups "$CERTWRIGHT" plan --out new
elif [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod 555 locked
    exits 3 "no permission: the system refused" "$CERTWRIGHT" plan --out locked/new
else
    skip "no permission: root without setpriv"
fi

# webapp: one certificate from a two-tier CA -------------------------------------------------------

make_ca "$T/ca"
cat "$T/ca/issuing.crt" "$T/ca/root.crt" >"$T/ca/chain.pem"
mkdir "$W/webapp" && cd "$W/webapp" || exit 1
run "$CERTWRIGHT" init --preset webapp --domain example.com --O "Example Inc." --L "San Jose" --ST California --C US
run "$CERTWRIGHT" generate
ca_signs "$T/ca" store/singleCert.csr "$T/ca/leaf.crt"
ok "webapp: import" "$CERTWRIGHT" import "$T/ca/leaf.crt" "$T/ca/chain.pem"
ok "webapp: plan" "$CERTWRIGHT" plan
sed -e 's/cms1\./singleCert./g; s/cms1bundle/singleCertbundle/g; s/cms1fullchain/singleCertfullchain/g' \
    -e 's/webbridge3 c2w trust .*/webbridge3 c2w trust webbridge3-c2w-trust.crt/' \
    -e 's/callbridge trust c2w .*/callbridge trust c2w callbridge-c2w-trust.crt/' "$T/lab.mmp" >"$T/webapp.mmp"
same_file "webapp: commands.mmp" "$T/webapp.mmp" install/cms1/commands.mmp
same_file "webapp: the trust file holds what the bundle holds" install/cms1/files/singleCertbundle.crt \
    install/cms1/files/callbridge-c2w-trust.crt
same "webapp: upload.sftp" "put files/singleCert.key singleCert.key
put files/singleCert.crt singleCert.crt
put files/singleCertbundle.crt singleCertbundle.crt
put files/singleCertfullchain.crt singleCertfullchain.crt
put files/callbridge-c2w-trust.crt callbridge-c2w-trust.crt
put files/webbridge3-c2w-trust.crt webbridge3-c2w-trust.crt" "$(cat install/cms1/upload.sftp)"

# single-combined ---------------------------------------------------------------------------------

mkdir "$W/combined" && cd "$W/combined" || exit 1
run "$CERTWRIGHT" init --preset single-combined --domain example.com --O "Example Inc." --L "San Jose" --ST California --C US
run "$CERTWRIGHT" generate
mkdir answers
for csr in store/*.csr; do
    name=$(basename "$csr" .csr)
    ca_signs "$T/ca" "$csr" "answers/$name.crt"
done
cp "$T/ca/chain.pem" answers/
ok "combined: import" "$CERTWRIGHT" import answers
ok "combined: plan" "$CERTWRIGHT" plan
{
    echo "pki list"
    for name in webadmin callbridge webbridge xmppserver turn; do
        echo "pki match $name.key $name.crt"
        echo "pki verify $name.crt ${name}bundle.crt"
    done
    cat <<'MMP'
webadmin disable
webadmin certs webadmin.key webadmin.crt webadminbundle.crt
webadmin enable
webadmin
xmpp disable
xmpp certs xmppserver.key xmppserver.crt xmppserverbundle.crt
xmpp enable
xmpp
callbridge certs callbridge.key callbridge.crt callbridgebundle.crt
callbridge restart
callbridge
webbridge disable
webbridge certs webbridge.key webbridge.crt webbridgebundle.crt
webbridge trust callbridge.crt
webbridge enable
webbridge
turn disable
turn certs turn.key turn.crt turnbundle.crt
turn enable
turn
MMP
} >"$T/combined.mmp"
same_file "combined: commands.mmp" "$T/combined.mmp" install/cms1/commands.mmp
same "combined: each file goes once" 15 "$(sort -u install/cms1/upload.sftp | wc -l)"
same "combined: and no other" 15 "$(wc -l <install/cms1/upload.sftp)"

# A service in place is left alone, --all takes it with its disable.
sed -i 's/service "webadmin" {/& installed = true/' deployment.conf
ok "installed: plan" "$CERTWRIGHT" plan
hasnt "installed: its commands are left out" "webadmin" install/cms1/commands.mmp
hasnt "installed: and its key" "webadmin.key" install/cms1/upload.sftp
has "installed: RUNBOOK.md names it" "Web Admin (webadmin) on cms1" install/RUNBOOK.md
ok "installed: plan --all" "$CERTWRIGHT" plan --all
same_file "installed: --all has it all" "$T/combined.mmp" install/cms1/commands.mmp
sed -i 's/ installed = true//' deployment.conf

# TURN without TLS needs no certificate.
sed -i 's/  *tls-port = "\{0,1\}447"\{0,1\}//' deployment.conf
run "$CERTWRIGHT" plan --force
hasnt "turn without TLS: no command" "turn" install/cms1/commands.mmp
hasnt "turn without TLS: no key" "turn.key" install/cms1/upload.sftp

# Two servers: turns ------------------------------------------------------------------------------

mkdir "$W/two" && cd "$W/two" || exit 1
cat >deployment.conf <<'CONF'
release = "2.9"
name = "example.com"
environment { purpose = "lab"  active-directory = true }
identity "labca" { CN = "lab CA"  signer = "self" }
identity "webadmin" { CN = "core1.example.com"  signer = "labca" }
identity "callbridge" { CN = "callbridge.example.com"  signer = "labca" }
identity "xmppserver" { CN = "xmpp.example.com"  subjectAltName = { "example.com" }  signer = "labca" }
identity "webbridge" { CN = "join.example.com"  signer = "labca" }
server "edge1" {
    address = "edge1.example.com"
    service "webbridge" { identity = "webbridge" }
}
server "core1" {
    address = "core1.example.com"
    service "callbridge" { identity = "callbridge" }
    service "webadmin" { identity = "webadmin" }
    service "xmpp" { identity = "xmppserver" }
}
CONF
run "$CERTWRIGHT" generate
run "$CERTWRIGHT" sign --ca labca --make-ca
ok "two servers: plan" "$CERTWRIGHT" plan --force
same "turns: a file each" "core1/commands.mmp edge1/commands-1.mmp edge1/commands-2.mmp" \
    "$(cd install && echo */*.mmp)"
run cat install/plan.json
json "turns: who acts when" '[.[].server] | reduce .[] as $s ([]; if .[-1] == $s then . else . + [$s] end) | join(" ")' \
    "edge1 core1 edge1"
same "the trusted before the trusting, the management first" "webadmin xmpp callbridge" \
    "$(sed -n '/disable\|restart/p' install/core1/commands.mmp | cut -d' ' -f1 | xargs)"
has "a trust of one certificate is its own file" "webbridge trust callbridge.crt" install/edge1/commands-2.mmp
has "which is carried over" "put files/callbridge.crt callbridge.crt" install/edge1/upload.sftp
hasnt "without its key" "callbridge.key" install/edge1/upload.sftp
has "RUNBOOK.md says what Active Directory must trust" "Active Directory: its servers must accept" install/RUNBOOK.md
has "and gives the file" "core1/files/callbridgebundle.crt" install/RUNBOOK.md

# A key made on the appliance stays there.
sed -i 's/identity "callbridge" {/& key-at = "core1"/' deployment.conf
rm store/callbridge.key
ok "key-at: plan" "$CERTWRIGHT" plan
hasnt "key-at: the key is not uploaded" "callbridge.key" install/core1/upload.sftp
has "key-at: it is matched there all the same" "pki match callbridge.key callbridge.crt" install/core1/commands.mmp
run cat install/plan.json
json "key-at: the line that made it is told" '[.[] | .manual | select(test("pki csr callbridge CN:callbridge.example.com"))] | length' 1
sed -i 's/key-at = "core1"/key-at = { "core1", "edge1" }/' deployment.conf
ok "key-at: on several" "$CERTWRIGHT" plan --out several
hasnt "key-at: uploaded to none" "callbridge.key" several/core1/upload.sftp
