#!/usr/bin/env bash
# A plan is rehearsed: every preset without a surprise, and each of many sabotaged plans stopped at the
# line where the appliance, or a TLS handshake, would refuse it.
. "$(dirname "$0")/../lib.sh"

# made DIR INIT-ARGS...: a deployment with keys of little work, certified and planned.
made()
{
    local dir=$1
    shift
    mkdir "$dir" && cd "$dir" || exit 1
    "$CERTWRIGHT" init "$@" --domain example.com >/dev/null &&
        sed -i 's|^key *{.*|key { type = "ec" bits = 256 }|' deployment.conf &&
        "$CERTWRIGHT" generate >/dev/null && "$CERTWRIGHT" sign --ca labca --make-ca >/dev/null &&
        "$CERTWRIGHT" plan >/dev/null 2>"$T/plan.err" || fail "$dir is planned" "$(cat "$T/plan.err")"
    cd "$W" || exit 1
}

made lab --preset lab
made webapp --preset webapp
made combined --preset single-combined --with recorder,streamer
made split --preset single-split
made scalable --preset scalable --cores 2 --edges 1 --with recorder
for preset in lab webapp combined split scalable; do
    cd "$W/$preset" || exit 1
    ok "$preset: rehearsed without a surprise" "$CERTWRIGHT" rehearse
    matches "$preset: the last line says so" "^[0-9]+ steps, [0-9]+ trusts?, .*no surprise"
    same "$preset: a line a step" "$(jq length install/plan.json)" "$(grep -cE '^ +[0-9]+  ' <<<"$out")"
    same "$preset: no key is left behind" "" "$(find install/rehearsal -name '*.key' -o -name '.run*')"
done
cd "$W/scalable" || exit 1
has "the transcript is the session" "core1> webadmin disable" install/rehearsal/core1.txt
has "with its replies" "SUCCESS: XMPP server enabled" install/rehearsal/core1.txt
same "each pair that deployment.conf lets trust was tried" \
    "$("$CERTWRIGHT" plan --graph | grep -c -- '->' | sed 's/^0$/none/; s/^[1-9].*/some/')" some
ok "with the preconditions in the plan" "$CERTWRIGHT" plan --base
ok "they are run" "$CERTWRIGHT" rehearse
matches "the transcripts outlived the new plan, and are new" "xmpp domain example.com" <(cat install/rehearsal/core1.txt) ||
    has "the transcript has them" "xmpp domain example.com" install/rehearsal/core1.txt
ok "and back" "$CERTWRIGHT" plan

# Sabotage: the plan as it lies there, changed; where it ends, and with which words.
cp -a "$W/combined/install" "$W/sound"
# line SED FROM TO: in the commands and in plan.json alike, as a plan that is wrong by itself would have it.
line()
{
    sed -i -E "$1" install/cms1/commands*.mmp
    jq --arg from "$2" --arg to "$3" 'map(if .command == $from then .command = $to else . end)' \
        install/plan.json >"$T/p" && cp "$T/p" install/plan.json
}
gone()
{
    sed -i "\\|^$1\$|d" install/cms1/commands*.mmp
    jq --arg from "$1" 'map(select(.command != $from))' install/plan.json >"$T/p" && cp "$T/p" install/plan.json
}
swapped()
{
    line "s|^$1\$|$2|" "$1" "$2"
}
# stops WHAT WHERE WHY
stops()
{
    run "$CERTWRIGHT" rehearse
    if [ "$status" = 1 ] && grep -qF -e "$2" <<<"$err" && grep -qF -e "$3" <<<"$err"; then
        pass "$1"
    else
        fail "$1" "wanted at: $2" "wanted: $3" "$(told)"
    fi
    cd "$W/combined" && rm -rf install && cp -a "$W/sound" install
}
files=install/cms1/files
cd "$W/combined" || exit 1
for kind in webadmin webbridge xmpp turn; do
    gone "$kind disable"
    stops "$kind: a missing disable" "cms1, $kind certs" "must be disabled first"
done
swapped "xmpp disable" "webbridge disable"
stops "a line in the place of another" "cms1, xmpp certs" "must be disabled first"
swapped "xmpp certs xmppserver.key xmppserver.crt xmppserverbundle.crt" \
    "xmpp certs xmppserver.crt xmppserver.key xmppserverbundle.crt"
stops "swapped arguments" "xmpp certs xmppserver.crt" "is no key file"
swapped "xmpp certs xmppserver.key xmppserver.crt xmppserverbundle.crt" "xmpp certs xmppserver.key callbridge.crt xmppserverbundle.crt"
stops "another's certificate" "xmpp enable" "certificate and key do not match"
swapped "xmpp certs xmppserver.key xmppserver.crt xmppserverbundle.crt" "xmpp certs callbridge.key callbridge.crt callbridgebundle.crt"
stops "another's pair, which fits" "cms1, xmpp:" '"Key file : xmppserver.key" was expected'
swapped "turn certs turn.key turn.crt turnbundle.crt" "turn certs webbridge.key webbridge.crt webbridgebundle.crt"
stops "another's pair, where no display is compared" "services run" "runs with webbridge.key, not with turn.key"
swapped "xmpp enable" "xmpp enabel"
stops "a mistyped command" "xmpp enabel" "no such command"
gone "xmpp enable"
stops "a service that is never enabled" "cms1, xmpp:" '"Enabled : true" was expected'
gone "turn enable"
stops "and where no display is compared" "services run" "turn of cms1 does not run with turn.key"
gone "callbridge restart"
stops "a Call Bridge that is never restarted" "services run" "does not run with callbridge.key"
swapped "webbridge trust callbridge.crt" "webbridge trust labca.crt"
stops "a CA that was not uploaded" "cms1, webbridge trust labca.crt" "file labca.crt not found"
swapped "webbridge trust callbridge.crt" "webbridge trust nobody.crt"
stops "a file that nobody uploads" "webbridge trust nobody.crt" "file nobody.crt not found"
cp $files/webadmin.crt $files/callbridge.crt
stops "another's certificate under its name" "pki match callbridge.key callbridge.crt" "certificate and key do not match"
rm $files/callbridge.key
stops "a file that is gone" "upload of" "callbridge.key"
: >$files/callbridgebundle.crt
stops "an empty bundle" "pki verify callbridge.crt callbridgebundle.crt" "callbridgebundle.crt"
cp $files/callbridge.crt $files/callbridgebundle.crt
stops "a bundle that is the leaf" "pki verify callbridge.crt callbridgebundle.crt" "unable to get local issuer certificate"
printf 'put files/callbridge.key callbridge.key\n' >install/cms1/upload.sftp
stops "a batch that names one file of many" "upload of" "does not name all files"
printf 'put ../../store/labca.key labca.key\n' >>install/cms1/upload.sftp
stops "a batch that names one too many" "upload of" "is no line of the plan's"
sed -i '/^webbridge disable$/d' install/cms1/commands*.mmp
stops "a commands file that lacks a line of the plan" "webbridge certs" 'the plan has "webbridge disable"'
sed -i 's/^turn disable$/turn enable/' install/cms1/commands*.mmp
stops "a commands file that says something else" "turn enable" 'the plan has "turn disable"'
truncate -s 0 install/cms1/commands.mmp
stops "an empty one" "pki list" "has no line 1"
jq 'map(if .command == "webadmin" then .expect += ["CA Bundle file : other.crt"] else . end)' install/plan.json >"$T/p"
cp "$T/p" install/plan.json
stops "a display that shows something else" "webadmin" '"CA Bundle file : other.crt" was expected'
jq 'map(.server = "nowhere")' install/plan.json >"$T/p" && cp "$T/p" install/plan.json
stops "a server that nobody has" "nowhere" "deployment.conf has no such server"
rm install/plan.json
stops "no plan at all" "install/plan.json" "there is no plan to rehearse"
echo '{}' >install/plan.json
stops "a plan that is none" "install/plan.json" "is no plan"

# What no line refuses a handshake does.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/k.key" -out "$T/k.crt" \
    -subj "/CN=labca" -days 30 2>/dev/null
run "$CERTWRIGHT" rehearse
trust=$(sed -n 's/^trust  *cms1  *webbridge trusts callbridge by \(.*\)$/\1/p' <<<"$out")
same "the Web Bridge trusts by the Call Bridge's own file" callbridge.crt "$trust"
swapped "webbridge trust callbridge.crt" "webbridge trust webadmin.crt"
jq 'map(if .command != "webbridge" then . else .expect |= map(if . == "Trust bundle : callbridge.crt" then "Trust bundle : webadmin.crt" else . end) end)' install/plan.json >"$T/p"
cp "$T/p" install/plan.json
stops "a list that holds another's certificate: the handshake tells" "webbridge trusts callbridge" \
    "certificate is not among those trusted"
cd "$W/webapp" || exit 1
cp -a install "$W/sound2"
for file in install/cms1/files/*; do
    case $file in *c2w-trust.crt) cp "$T/k.crt" "$file" ;; esac
done
run "$CERTWRIGHT" rehearse --keep-going
same "a root of the same name and another key stops c2w in both directions" 1 "$status"
says "in the handshake" "refused: "
rm -rf install && cp -a "$W/sound2" install
cp store/callbridge-c2w-trust.crt "$T/kept.crt" && cp deployment.conf "$T/kept.conf"
cp "$T/k.crt" store/callbridge-c2w-trust.crt
echo 'accept { rule = "TRUST-BUNDLE-COMPLETE" reason = "a test" }' >>deployment.conf
ok "a plan with a stale list that was accepted" "$CERTWRIGHT" plan
run bash -c 'printf "check\n#plan\nrehearse\n24\nleave\n" | "$CERTWRIGHT" --plain wizard'
says "the wizard tells each step" "21 of 25: cms1: callbridge"
says "and where it ended" "24 of 25: STOP cms1: callbridge trusts webbridge3 by callbridge-c2w-trust.crt"
says "why, and what the row does" "refused: self-signed certificate in certificate chain. Enter goes to where it is mended."
says "which is the trust's page" "callbridge-c2w-trust.crt - 1 certificate"
cp "$T/kept.crt" store/callbridge-c2w-trust.crt && cp "$T/kept.conf" deployment.conf
rm -rf install && cp -a "$W/sound2" install
fails "a certificate that has ended by then" "$CERTWRIGHT" rehearse --at 2036-01-01
says "and where" "certificate has expired"
ok "--keep-going goes to the end" sh -c '"$0" rehearse --at 2036-01-01 --keep-going | grep -q "surprises"' "$CERTWRIGHT"
exits 2 "an argument" "$CERTWRIGHT" rehearse cms1

# A renewal: what the servers hold is there, and each start of a service is followed by handshakes with
# those that run.
cd "$W/combined" || exit 1
"$CERTWRIGHT" sign --ca labca --force callbridge >/dev/null && "$CERTWRIGHT" plan >/dev/null
ok "a renewal is rehearsed" "$CERTWRIGHT" rehearse
cp -a install "$W/sound3"
cp store/callbridge.crt install/cms1/files-1/webbridge-trust.crt
fails "a list that lacks the old certificate breaks a trust" "$CERTWRIGHT" rehearse
says "at the line from which it is broken" "step 5, cms1, webbridge enable: webbridge of cms1 refuses callbridge of cms1 from here on"
rm -rf install && cp -a "$W/sound3" install
cp "$W/sound/cms1/files/callbridge.crt" install/cms1/files-1/webbridge-trust.crt
fails "and one that lacks the new one" "$CERTWRIGHT" rehearse
says "at the restart that presents it" "callbridge restart: webbridge of cms1 refuses callbridge of cms1 from here on"
cd "$W/scalable" || exit 1
"$CERTWRIGHT" sign --ca labca --force xmppserver1 core1 edge1 webadmin1 dbserver dbclient >/dev/null 2>&1
"$CERTWRIGHT" plan >/dev/null 2>&1
ok "several at once, the database among them" "$CERTWRIGHT" rehearse

# A drill: one thing is not what its name says, and the answer tells which. Each day has its own.
# drills DAYS: as many days from today on; their answers into $T/answers.
drills()
{
    local day answer file
    : >"$T/answers"
    for ((day = 0; day < $1; day++)); do
        "$CERTWRIGHT" rehearse --drill --at "$(date -u -d "+$day days" +%F)" >"$T/told" 2>&1
        answer=$(head -1 install/rehearsal/drill/answer.txt)
        echo "$answer" >>"$T/answers"
        if grep -qF "${answer#*: }" "$T/told"; then fail "it tells nothing" "$answer"; fi
        file=$(sed -E 's/^[A-Z0-9-]+: (on .*|([A-Za-z0-9-]+[.][a-z]+) on .*)/\2/' <<<"$answer")
        same "${answer%% on *}: nothing else is changed" "$file" "$(
            cd install/rehearsal/drill && for f in */*.crt */*.key; do
                cmp -s "$f" "../../../store/${f##*/}" || echo "${f##*/}"
            done
        )"
    done
}
cd "$W/scalable" || exit 1
rm -rf install && "$CERTWRIGHT" plan --all >/dev/null 2>&1
ok "a drill by chance" "$CERTWRIGHT" rehearse --drill
ok "its answer names a rule that is explained" "$CERTWRIGHT" explain \
    "$(sed -n 's/^certwright explain \([A-Z0-9-]*\) tells.*/\1/p' install/rehearsal/drill/answer.txt)"
ok "the appliances are there to be looked at" sh -c 'echo "pki list" | "$0" mmp --state install/rehearsal/drill/core1' "$CERTWRIGHT"
drills 8
run cat "$T/answers"
for words in "holds the certificate of" "is the key of another" "has ended" "lacks the name" "extended key usage" \
    "^TRUST-STALE" "^TRUST-BUNDLE-COMPLETE: .* lacks the certificate of" "stand in each other's place"; do
    matches "each sort within as many days: $words" "$words"
done
"$CERTWRIGHT" rehearse --drill --at "$(date -u +%F)" >/dev/null
same "the same day has the same fault" "$(head -1 "$T/answers")" "$(head -1 install/rehearsal/drill/answer.txt)"

# An intermediate signs: bundles of two.
cp -a "$W/split" "$W/sub" && cd "$W/sub" || exit 1
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout store/sub.key -out "$T/sub.csr" -subj "/CN=sub" 2>/dev/null
openssl x509 -req -in "$T/sub.csr" -CA store/labca.crt -CAkey store/labca.key -set_serial 7 -days 900 -out store/sub.crt \
    -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n') 2>/dev/null
chmod 600 store/sub.key
ok "a CA below another signs" "$CERTWRIGHT" sign --ca sub --force webbridge
ok "a plan of it" "$CERTWRIGHT" plan --all --force
for ((day = 0; day < 10; day++)); do
    "$CERTWRIGHT" rehearse --drill --at "$(date -u -d "+$day days" +%F)" >/dev/null
    head -1 install/rehearsal/drill/answer.txt
done >"$T/answers"
run cat "$T/answers"
matches "a bundle may lack its root" "^BUNDLE-NO-ROOT: webbridgebundle.crt on "
matches "or the CA below it" "^CHAIN-BROKEN: webbridgebundle.crt on [a-z0-9]+ lacks the CA that signed webbridge.crt"
