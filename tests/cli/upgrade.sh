#!/usr/bin/env bash
# The upgrade sheet of check --release: what goes, what replaces it, what is ready first, in an order that
# can be followed; followed to the letter the later release finds nothing that it lacks.
. "$(dirname "$0")/../lib.sh"

mkdir bin && ln -s "$CERTWRIGHT" bin/certwright
PATH=$PWD/bin:$PATH
export -f ca_signs
make_ca ca

sheet()
{
    run "$CERTWRIGHT" check --release "$1"
    sed -n '/^Upgrade from/,/^[0-9]* errors\{0,1\}, /p' "$T/out" >sheet
}
# What is done in deployment.conf and with certwright, a line each, in the order of the sheet.
steps()
{
    sed -nE 's/^     (do  |then)  (.*)/\2/p' sheet
}

cat >deployment.conf <<END
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "labca" { CN = "Lab CA" signer = "self" }
identity "webadmin" { CN = "cms1.example.com" signer = "labca" }
identity "callbridge" { CN = "callbridge.example.com" subjectAltName = { "cms1.example.com" } signer = "labca" }
identity "join" { CN = "join.example.com" subjectAltName = { "cms1.example.com" } signer = "internal" }
identity "xmpp" { CN = "xmpp.example.com" subjectAltName = { "example.com" } signer = "labca" }
identity "turn" { CN = "turn.example.com" signer = "internal" }
identity "rec" { CN = "cms1.example.com" signer = "labca" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin" { identity = "webadmin" listen = { "a:445" } }
    service "callbridge" { identity = "callbridge" }
    service "webbridge" { identity = "join" }
    service "xmpp" { identity = "xmpp" }
    service "turn" { identity = "turn" tls-port = 5349 }
    service "recorder" { identity = "rec" }
}
validation { xmpp = true }
END
"$CERTWRIGHT" --quiet generate && "$CERTWRIGHT" --quiet sign webadmin callbridge xmpp rec || exit 1
mkdir -p answer
for name in join turn; do ca_signs ca store/$name.csr answer/$name.crt 2>/dev/null; done
"$CERTWRIGHT" --quiet import answer ca || exit 1
ok "2.9 is well" "$CERTWRIGHT" check
silent "and says nothing of an upgrade" "Upgrade from"
run "$CERTWRIGHT" check --release 2.9
silent "nor for its own release" "Upgrade from"
run "$CERTWRIGHT" check --release 2.8
silent "nor for an earlier one" "Upgrade from"

cp -r store store.2 && cp deployment.conf conf.2
for release in 3.0 3.1 3.8 3.12; do
    rm -rf store install && cp -r store.2 store && cp conf.2 deployment.conf
    sheet $release
    same "$release: what it lacks is an error" 1 "$status"
    says "$release: the sheet" "Upgrade from 2.9 to $release, in this order"
    same "$release: its parts in their order" "Ready first, while 2.9 runs
Taken out before the upgrade
The upgrade to $release
Under $release" "$(grep -E '^(Ready|Taken|The upgrade|Under)' sheet)"
    has "$release: what is typed to take Web Bridge 2 out" "     type webbridge disable
          webbridge listen none
          webbridge certs none
          webbridge trust none" sheet
    has "$release: and XMPP" "     type xmpp disable
          xmpp reset
          xmpp certs none
          xmpp domain none" sheet
    has "$release: the Call Bridge's trust of it" "     type callbridge trust xmpp none" sheet
    has "$release: the recorder's other commands" "cms1 recorder: Recorder takes its files by other commands" sheet
    case $release in
    3.0) has "3.0: TURN goes" "cms1 turn: 3.0 has no TURN server" sheet ;;
    *) hasnt "$release: TURN stays" 'cms1 turn:' sheet ;;
    esac
    count=$(steps | wc -l)
    steps >steps
    done=0
    while IFS= read -r step; do
        if [ "$step" = "certwright plan" ]; then
            "$CERTWRIGHT" --quiet plan 2>"$T/log" || { fail "$release: $step" "$(cat "$T/log")"; break; }
        else
            python3 -S "$TOP/tests/follow.py" "$step" >"$T/log" 2>&1 </dev/null ||
                { fail "$release: $step" "$(cat "$T/log")"; break; }
        fi
        done=$((done + 1))
    done <steps
    same "$release: every step is done" "$count" "$done"
    ok "$release: and is well" "$CERTWRIGHT" check
    silent "$release: nothing goes any more" DEPRECATED
    has "$release: Web Bridge 3 is installed" "webbridge3 https certs webbridge3-https-cms1.key" install/cms1/commands*.mmp
    has "$release: the recorder by SIP" "recorder sip certs rec.key rec.crt" install/cms1/commands*.mmp
    ok "$release: the pages' certificate is whole" openssl verify -CAfile ca/root.crt -untrusted ca/issuing.crt \
        store/webbridge3-https-cms1.crt
    same "$release: it has the name that browsers open" 1 \
        "$(openssl x509 -in store/webbridge3-https-cms1.crt -noout -ext subjectAltName | grep -c DNS:join.example.com)"
done
sheet 3.12
silent "nothing is left to upgrade" "Upgrade from"

# Where nothing goes that is said, and an X-series server has no later release.
cp conf.2 deployment.conf
sed -i '/service "\(webbridge\|xmpp\|turn\|recorder\)"/d; /^validation/d' deployment.conf
sheet 3.1
says "nothing goes" "Nothing of this deployment goes or changes with it."
sed -i 's/address = "cms1.example.com"/& platform = "x-series"/' deployment.conf
sheet 3.1
says "an X-series server" "cms1 is an X-series server, where 3.1 does not run"

# The wizard shows the same sheet.
rm -rf store && cp -r store.2 store && cp conf.2 deployment.conf
sheet 3.8
printf '#plan\nupgrade\n3\nleave\n' >input
run bash -c '"$CERTWRIGHT" --plain wizard <input'
says "the wizard lists later releases" "3.12"
while IFS= read -r step; do
    says "the wizard's sheet has: ${step:0:40}" "$step"
done < <(steps | grep remove)
