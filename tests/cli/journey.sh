#!/usr/bin/env bash
# From nothing to the installation: three deployments by commands, with openssl as CA and judge, then
# the same by the wizard's prompts and by its answers file, ending in the same deployment.
. "$(dirname "$0")/../lib.sh"
answers=$TOP/tests/cli/journey

# verified CERT BUNDLE: openssl accepts the chain from these files alone.
verified()
{
    ok "openssl verifies $1 with $2" openssl verify -no-CAfile -no-CApath -no-CAstore \
        -CAfile "store/$2" "store/$1"
}

# fits KEY CERT: the same public key, by openssl.
fits()
{
    same "$1 fits $2" "$(openssl pkey -in "store/$1" -pubout)" "$(openssl x509 -in "store/$2" -noout -pubkey)"
}

# usages FILE: the extended key usages of a certificate or request, by openssl.
usages()
{
    openssl x509 -in "$1" -noout -ext extendedKeyUsage 2>/dev/null | sed -n '2s/^ *//p'
}

sans()
{
    openssl x509 -in "$1" -noout -ext subjectAltName 2>/dev/null | sed -n '2s/^ *//p'
}

# Every name that an appliance command uses is in files/, and nothing else is.
whole()
{
    local file
    for file in install/*/files/*; do
        if grep -qw -e "$(basename "$file")" install/*/commands*.mmp; then
            continue
        fi
        fail "no command uses $file"
    done
    for file in $(cat install/"$1"/commands*.mmp | tr ' ' '\n' | grep -E '\.(key|crt)$' | sort -u); do
        [ -s "install/$1/files/$file" ] || fail "install/$1/files lacks $file"
    done
    same "upload.sftp puts what lies in files/" \
        "$(cd "install/$1/files" && for file in *; do echo "put files/$file $file"; done)" \
        "$(sort "install/$1/upload.sftp")"
    same "commands are plain text" "" "$(LC_ALL=C grep -nP '[^ -~]' install/"$1"/commands*.mmp)"
}

### lab, by commands

mkdir lab && cd lab || exit 1
ok "lab: init" "$CERTWRIGHT" init --preset lab --domain example.com
ok "lab: generate" "$CERTWRIGHT" generate
same "lab: keys, the CA's certificate, the request" "cms1.csr cms1.key labca.crt labca.key" \
    "$(cd store && echo *)"
same "lab: keys are 0600" "600 600" "$(stat -c %a store/cms1.key store/labca.key | xargs)"
ok "lab: the request is good" openssl req -in store/cms1.csr -noout -verify
ok "lab: sign" "$CERTWRIGHT" sign --ca labca
verified cms1.crt labca.crt
verified cms1.crt cms1bundle.crt
fits cms1.key cms1.crt
same "lab: both usages, its kinds need them" "TLS Web Server Authentication, TLS Web Client Authentication" \
    "$(usages store/cms1.crt)"
same "lab: the CN is in the SAN" "DNS:cms1.example.com" "$(sans store/cms1.crt)"
same_file "lab: the bundle is the CA" store/labca.crt store/cms1bundle.crt
cat store/cms1.crt store/cms1bundle.crt >"$T/full"
same_file "lab: the full chain is leaf and bundle" "$T/full" store/cms1fullchain.crt
ok "lab: check" "$CERTWRIGHT" check
ok "lab: plan" "$CERTWRIGHT" plan
cat >"$T/commands" <<'END'
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
END
same_file "lab: the commands, to the letter" "$T/commands" install/cms1/commands.mmp
same "lab: the files" "cms1.crt cms1.key cms1bundle.crt cms1fullchain.crt labca.crt" "$(cd install/cms1/files && echo *)"
whole cms1
same "lab: the key on its way is 0600" 600 "$(stat -c %a install/cms1/files/cms1.key)"
cp -r install "$T/first"
ok "lab: plan again" "$CERTWRIGHT" plan
same "lab: byte-identical" "" "$(diff -r install "$T/first")"
cp -r store "$T/store"
ok "lab: generate again" "$CERTWRIGHT" generate
ok "lab: sign again" "$CERTWRIGHT" sign --ca labca
same "lab: nothing is made twice" "" "$(diff -r -x .lock store "$T/store")"
ok "lab: TLS with openssl: server and client, both checked" bash -c '
    cd store
    openssl s_server -accept 127.0.0.1:0 -cert cms1.crt -key cms1.key -cert_chain cms1bundle.crt \
        -CAfile labca.crt -Verify 3 -verify_return_error -naccept 1 -www >server.log 2>&1 & server=$!
    for i in $(seq 100); do port=$(sed -n "s/^ACCEPT .*://p" server.log); [ -n "$port" ] && break; sleep 0.05; done
    printf "GET / HTTP/1.0\r\n\r\n" | timeout 10 openssl s_client -connect "127.0.0.1:$port" -CAfile labca.crt \
        -cert cms1.crt -key cms1.key -verify_return_error -verify_hostname cms1.example.com -quiet -ign_eof
    result=$?; kill $server 2>/dev/null; rm -f server.log; [ $result = 0 ]'
cd ..

### single-combined, by commands, the CA's answers by openssl

make_ca ca Acme
mkdir combined && cd combined || exit 1
ok "combined: init" "$CERTWRIGHT" init --preset single-combined --domain example.com --O "Example Inc." --C US
ok "combined: generate" "$CERTWRIGHT" generate
same "combined: a key and a request each" \
    "callbridge.csr callbridge.key turn.csr turn.key webadmin.csr webadmin.key webbridge.csr webbridge.key xmppserver.csr xmppserver.key" \
    "$(cd store && echo *)"
fails "combined: without certificates check says no" "$CERTWRIGHT" check
fails "combined: and there is no plan" "$CERTWRIGHT" plan
same "combined: nothing is written" "" "$(ls -d install 2>/dev/null)"
mkdir answer
number=0
for request in store/*.csr; do
    number=$((number + 1))
    ca_signs ../ca "$request" "answer/cert ($number).cer"
done
cp ../ca/issuing.crt answer/intermediate.pem
openssl x509 -in ../ca/root.crt -outform DER -out answer/root.der
ok "combined: a look before" "$CERTWRIGHT" import answer --dry-run
same "combined: writes nothing" "" "$(cd store && ls -- *.crt 2>/dev/null)"
ok "combined: import" "$CERTWRIGHT" import answer
for name in webadmin callbridge webbridge xmppserver turn; do
    fits $name.key $name.crt
    verified $name.crt ${name}bundle.crt
    openssl x509 -in ../ca/issuing.crt >"$T/bundle"
    openssl x509 -in ../ca/root.crt >>"$T/bundle"
    same_file "combined: ${name}bundle.crt is issuing, root" "$T/bundle" store/${name}bundle.crt
done
same "combined: callbridge's usages" "TLS Web Server Authentication, TLS Web Client Authentication" "$(usages store/callbridge.crt)"
same "combined: webbridge's usages" "TLS Web Server Authentication" "$(usages store/webbridge.crt)"
same "combined: webbridge's names" "DNS:join.example.com, DNS:cms1.example.com" "$(sans store/webbridge.crt)"
same "combined: xmpp's names" "DNS:xmpp.example.com, DNS:example.com" "$(sans store/xmppserver.crt)"
ok "combined: check" "$CERTWRIGHT" check
ok "combined: plan" "$CERTWRIGHT" plan
{
    echo "pki list"
    for name in webadmin callbridge webbridge xmppserver turn; do
        echo "pki match $name.key $name.crt"
        echo "pki verify $name.crt ${name}bundle.crt"
    done
    cat <<'END'
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
END
} >"$T/commands"
same_file "combined: the commands, to the letter" "$T/commands" install/cms1/commands.mmp
whole cms1
cd ..

### webapp, by commands

mkdir webapp && cd webapp || exit 1
ok "webapp: init" "$CERTWRIGHT" init --preset webapp --domain example.com
ok "webapp: generate" "$CERTWRIGHT" generate
ca_signs ../ca store/singleCert.csr answer.crt
cat ../ca/root.crt answer.crt ../ca/issuing.crt >answer.pem
ok "webapp: import, one file in the wrong order" "$CERTWRIGHT" import answer.pem
fits singleCert.key singleCert.crt
verified singleCert.crt singleCertbundle.crt
cat store/singleCert.crt store/singleCertbundle.crt >"$T/full"
same_file "webapp: the full chain" "$T/full" store/singleCertfullchain.crt
same_file "webapp: who accepts c2w holds the CAs" store/singleCertbundle.crt store/webbridge3-c2w-trust.crt
same_file "webapp: at the other end as well" store/singleCertbundle.crt store/callbridge-c2w-trust.crt
ok "webapp: check" "$CERTWRIGHT" check
ok "webapp: plan" "$CERTWRIGHT" plan
sed 's/cms1/singleCert/g; s/webbridge3 c2w trust .*/webbridge3 c2w trust webbridge3-c2w-trust.crt/
    s/callbridge trust c2w .*/callbridge trust c2w callbridge-c2w-trust.crt/' ../lab/install/cms1/commands.mmp >"$T/commands"
same_file "webapp: the lab's commands with its names" "$T/commands" install/cms1/commands.mmp
whole cms1
cd ..

### The same by the wizard

# A deployment without its keys, for comparison: the configuration and the names in the store.
shape()
{
    (cd "$1" && flat deployment.conf && ls store && [ ! -d install ] || ls -R install)
}

for preset in lab single-combined webapp; do
    for way in plain answers; do
        [ -e "$answers/$preset.$way" ] || continue
        mkdir "$preset-$way" && cd "$preset-$way" || exit 1
        # The CA's answer for what the wizard waits for lies ready, made from keys of before.
        case $preset in
        lab) from=../lab ;;
        single-combined) from=../combined ;;
        webapp) from=../webapp ;;
        esac
        if [ "$way" = plain ]; then
            exits 0 "$preset: by the prompts" "$CERTWRIGHT" wizard --plain <"$answers/$preset.plain"
        else
            exits 0 "$preset: by the answers file" "$CERTWRIGHT" wizard --answers "$answers/$preset.answers"
        fi
        clean "$preset, $way: nothing but text"
        same "$preset, $way: the same deployment.conf" "$(flat $from/deployment.conf)" "$(flat deployment.conf)"
        if [ "$preset" != lab ]; then
            # The wizard ends where the CA has to answer: its requests go there, then on by command.
            mkdir answer
            number=0
            for request in store/*.csr; do
                number=$((number + 1))
                ca_signs ../ca "$request" "answer/$number.crt"
            done
            cp ../ca/issuing.crt ../ca/root.crt answer
            ok "$preset, $way: import" "$CERTWRIGHT" import answer
            ok "$preset, $way: plan" "$CERTWRIGHT" plan
        fi
        same "$preset, $way: the same store, keys aside" "$(ls $from/store)" "$(ls store)"
        same_file "$preset, $way: the same commands" $from/install/cms1/commands.mmp install/cms1/commands.mmp
        cd ..
    done
done
