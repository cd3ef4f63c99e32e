#!/usr/bin/env bash
# From nothing to the installation: three deployments by commands, with openssl as CA and judge, then
# the same by the wizard's prompts and by its answers file, ending in the same deployment.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/installation.sh"

# verified CERT BUNDLE: openssl accepts the chain from these files alone.
verified()
{
    ok "openssl verifies $1 with $2" verify -CAfile "store/$2" "store/$1"
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

# What the wizard is told, whoever asks: the rest is taken as it proposes.
cat >"$T/lab" <<'END'
start = 1
basics.domain = example.com
END
cat >"$T/combined" <<'END'
start = 2
basics.domain = example.com
basics.O = Example Inc.
basics.C = US
END
cat >"$T/webapp" <<'END'
start = 3
basics.domain = example.com
END

# The CA's answer to the requests of the store, into the folder answer.
ca_answers()
{
    local request number=0
    mkdir -p answer
    for request in store/*.csr; do
        number=$((number + 1))
        ca_signs ../ca "$request" "answer/$number.crt"
    done
    cp ../ca/issuing.crt ../ca/root.crt answer
}

# The wizard may end before it reads the last answer.
trap '' PIPE

# by_prompts FILE: the prompts of --plain, each answered by the next line of its id, else by Enter.
# With the requests made the CA's files come; the import page is told where they lie.
by_prompts()
{
    local piece prompt='' id value asked=0
    sed 's/ = /\t/' "$1" >left
    printf 'import\tpath\npath\tanswer\n' >>left
    rm -f "$T/asks" "$T/told" && mkfifo "$T/asks" "$T/told"
    "$CERTWRIGHT" wizard --plain --ids <"$T/told" >"$T/asks" 2>"$T/err" &
    exec 8>"$T/told" 9<"$T/asks"
    : >"$T/out"
    while IFS= read -r -d : -u 9 piece; do
        printf '%s:' "$piece" >>"$T/out"
        prompt=$prompt$piece:
        case $piece in *'(? <'*')') ;; *) continue ;; esac
        asked=$((asked + 1))
        [ "$asked" -lt 300 ] || break
        id=$(printf '%s\n' "$prompt" | sed -n '$s/^[^[]*\[\([^]]*\)\].*/\1/p')
        prompt=
        [ "$id" != requests ] || ca_answers
        value=$(awk -F '\t' -v id="$id" '$1 == id { print $2; exit }' left)
        awk -F '\t' -v id="$id" '$1 == id && !done { done = 1; next } 1' left >left.new && mv left.new left
        printf '%s\n' "$value" >&8
    done
    exec 8>&- 9<&-
    wait $!
    status=$?
    same "each answer was asked for" "$([ "$2" = lab ] && printf 'import\tpath\npath\tanswer')" "$(cat left)"
    rm -f left
    err=$(cat "$T/err")
}

# by_answers FILE: unattended; where a CA has to sign in two parts.
by_answers()
{
    cp "$1" ../answers.conf
    [ "$2" = lab ] || echo "leave = requests" >>../answers.conf
    run "$CERTWRIGHT" wizard --answers ../answers.conf
    [ "$2" = lab ] && return
    same "ended where it should" 0 "$status"
    ca_answers
    printf 'start = 1\nimport.path = answer\n' >../answers.conf
    run "$CERTWRIGHT" wizard --answers ../answers.conf
}

for preset in lab combined webapp; do
    for way in prompts answers; do
        mkdir "$preset-$way" && cd "$preset-$way" || exit 1
        by_$way "$T/$preset" $preset
        same "$preset by $way: done" 0 "$status"
        [ "$status" = 0 ] || told | sed 's/^/# /'
        clean "$preset by $way: nothing but text"
        same "$preset by $way: the same deployment.conf" "$(cat ../$preset/deployment.conf)" "$(cat deployment.conf)"
        same "$preset by $way: the same store, keys aside" "$(ls ../$preset/store)" "$(ls store)"
        same_file "$preset by $way: the same commands" ../$preset/install/cms1/commands.mmp install/cms1/commands.mmp
        same "$preset by $way: nothing else is left" "" \
            "$(ls -A | grep -vxE 'answer|deployment.conf|install|store' | xargs)"
        cd ..
    done
done
