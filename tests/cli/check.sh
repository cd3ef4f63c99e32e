#!/usr/bin/env bash
# certwright check: its text, its JSON, its exit, --at, --release and --fix. The rules themselves are
# tests/rules/*.conf.
. "$(dirname "$0")/../lib.sh"

cw init --preset lab --domain example.com
ok "a deployment is made" "$CERTWRIGHT" generate

fails "files are missing" "$CERTWRIGHT" check
says "text: severity, id, place, message" \
    'error FILE-MISSING cms1 cms1.crt: cms1.crt, the certificate of identity "cms1", is not in the store'
says "text: remedy and section" '  certwright sign cms1 (guide 4.2)'
same "the last line counts, the one before says what to do first" \
    'First: certwright sign cms1
2 errors, 0 warnings, 3 notices' "$(tail -n 2 "$T/out")"

ok "the lab CA signs" "$CERTWRIGHT" sign --ca labca
ok "a whole lab has no error" "$CERTWRIGHT" check
silent "nor anything to do first" 'First:'
same "nor a warning" '0 errors, 0 warnings, 3 notices' "$(tail -n 1 "$T/out")"
ok "--quiet says nothing" "$CERTWRIGHT" check --quiet
same "not a word" '' "$out"

ok "JSON" "$CERTWRIGHT" check --json
json "its fields" '.[0] | keys_unsorted | sort | join(" ")' \
    'accepted also file first id identity message reason remedy section server service severity until'
json "sorted by severity, server, service" '[.[] | .id] | join(" ")' \
    'CALLBRIDGE-RESTART WB3-API WEBAPP-EXTERNAL'
json "empty where there is none" '.[0].file + "|" + .[0].identity' '|'
clean "no byte that acts on a terminal"

exits 2 "an argument too many" "$CERTWRIGHT" check more
exits 2 "no release" "$CERTWRIGHT" check --release new
exits 2 "no date" "$CERTWRIGHT" check --at tomorrow

fails "--at: after its end" "$CERTWRIGHT" check --at "$(date -u -d '+2 years' +%F)"
says "the certificate ended" 'error EXPIRED cms1 cms1.crt: cms1.crt ended '
ok "--at: a month before" "$CERTWRIGHT" check --at "$(date -u -d '+340 days' +%F)"
says "it ends soon" 'warning EXPIRES-SOON cms1 cms1.crt:'

fails "--release: Web Bridge 3 came with 2.9" "$CERTWRIGHT" check --release 2.8
says "and says so" 'error DEPRECATED cms1 webbridge3: Web Bridge 3 exists from release 2.9, and this is 2.8'
ok "2.10 comes after 2.9" "$CERTWRIGHT" check --release 2.10

# Accepted: shown, not counted, until its day has gone.
printf 'accept { rule = "EXPIRED"  identity = "cms1"  reason = "a test"  until = "2040-01-31" }\n' >>deployment.conf
ok "an error accepted is none" "$CERTWRIGHT" check --at "$(date -u -d '+2 years' +%F)"
says "but it is shown" '(accepted)'
cw check --json --at "$(date -u -d '+2 years' +%F)"
json "and marked" '.[] | select(.id == "EXPIRED") | .accepted' true
json "with its reason" '.[] | select(.id == "EXPIRED") | .reason' "a test"
json "and its end" '.[] | select(.id == "EXPIRED") | .until' 2040-01-31
json "what is not accepted has neither" \
    'all(.[] | select(.accepted | not); .accepted == false and .reason == "" and .until == "")' true
fails "until its day" "$CERTWRIGHT" check --at 2040-02-01

# --fix
chmod 640 store/cms1.key
cp store/cms1bundle.crt good-bundle
cp store/cms1fullchain.crt good-full
{ cat store/labca.crt; echo; echo; } >store/cms1bundle.crt
cat store/labca.crt store/cms1.crt >store/cms1fullchain.crt
fails "a full chain out of order" "$CERTWRIGHT" check
says "is named" 'error FULLCHAIN-FIRST cms1 cms1fullchain.crt: cms1fullchain.crt begins with CN=example.com lab CA, and cms1.key fits its 2nd certificate'
ok "--fix mends it" "$CERTWRIGHT" check --fix
says "says the chain" 'mended cms1fullchain.crt'
says "says the key" 'mended cms1.key'
same "judges anew" '0 errors, 0 warnings, 3 notices' "$(tail -n 1 "$T/out")"
same_file "the bundle is as import writes it" good-bundle store/cms1bundle.crt
same_file "the full chain as well" good-full store/cms1fullchain.crt
same "the mode of the key" 600 "$(stat -c %a store/cms1.key)"
same "no copy of the key is left" '' "$(ls store | grep bak)"
ok "nothing to mend" "$CERTWRIGHT" check --fix
silent "nothing is mended" 'mended'

# A trust file that deployment.conf names is written here alone.
sed -i 's/service "webbridge3" {/&\n        c2w-trust-file = "mine.crt"/' deployment.conf
cp store/cms1.crt store/mine.crt
cw check
says "a leaf where a CA belongs" 'warning CHAIN-STORE-LEAF cms1 webbridge3 mine.crt'
ok "--fix writes it" "$CERTWRIGHT" check --fix
same_file "with the CA" store/labca.crt store/mine.crt

rm deployment.conf
fails "no deployment.conf" "$CERTWRIGHT" check
says "what to do" 'certwright init'

# A leaf in the bundle of a chain of one CA is one fault: the trust that stands on that CA keeps its name.
rm -rf leaf-lab && mkdir leaf-lab && cd leaf-lab || exit 1
"$CERTWRIGHT" init --preset lab --domain example.com >/dev/null
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/' deployment.conf
"$CERTWRIGHT" --quiet generate && "$CERTWRIGHT" --quiet sign --ca labca
cat store/cms1.crt store/cms1bundle.crt >both && mv both store/cms1bundle.crt
cw check --json
json "a leaf in a bundle is one error" '[.[] | select(.severity == "error") | .id] | join(" ")' BUNDLE-LEAF
cw check --fix
same "and its remedy mends it" 0 "$status"
