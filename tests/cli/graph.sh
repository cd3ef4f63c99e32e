#!/usr/bin/env bash
# The map of trusts: complete, and as its readers can read it.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"  name = "example.com"  store = "store"  key { type = "ec" bits = 256 }
environment { purpose = "lab" }
identity "labca" { CN = "Lab CA"  signer = "self" }
identity "cb1" { CN = "cb1.example.com"  signer = "labca" }
identity "cb2" { CN = "cb2.example.com"  signer = "labca" }
identity "wb" { CN = "join.example.com"  signer = "labca" }
server "core1" { address = "core1.example.com"
    service "callbridge" { identity = "cb1"  listen = { "a" }  database = "none" } }
server "core2" { address = "core2.example.com"
    service "callbridge" { identity = "cb2"  listen = { "a" }  database = "none" } }
server "edge1" { address = "edge1.example.com"
    service "webbridge3" { a-record = "join.example.com"  https = "wb"  c2w = "wb"  https-listen = { "a:443" }
        c2w-listen = { "a:9999" }  c2w-url = "c2w://join.example.com:9999" }
    service "webbridge" { identity = "wb"  a-record = "join.example.com"  listen = { "b:443" } }
    service "rec" { kind = "recorder"  identity = "wb" } }
END
cp deployment.conf before
cw plan --graph=text --ascii
same "the map needs no certificate" 0 "$status"
same "in characters" "example.com: who accepts whose certificates, and by which file

core1-2
  callbridge = => webbridge3 edge1    labca.crt            WAITS

edge1
  webbridge3 = => callbridge core1-2  labca.crt            WAITS
  webbridge  - -> callbridge core1-2  webbridge-trust.crt  WAITS
  recorder   - -> callbridge core1-2  rec-trust.crt        WAITS

4 trusts: 4 waiting.
---> the very certificates   ===> what their CAs have signed   -==> both" "$out"
cw plan --graph=text
has "with the arrows of UTF-8" "  webbridge  ─ ─▶ callbridge core1-2" "$T/out"
LC_ALL=C cw plan --graph=text
has "but where the locale has none" "  webbridge  - -> callbridge core1-2" "$T/out"
clean "no byte acts on a terminal"
same "nothing is written" "before deployment.conf" "$(ls | xargs)"
cw plan --graph
same "for Graphviz" 0 "$status"
says "a server's frame" 'label="edge1";'
has "what waits is dashed" 'label="rec-trust.crt\nWAITS", style=dashed];' "$T/out"

# Nothing but an arrow's ends and looks is compared: nodes by their labels and frames.
arrows()
{
    awk '
    /label="/ { text = $0; sub(/.*label="/, "", text); sub(/".*/, "", text) }
    /^    label=/ { servers = text }
    /^    n[0-9]+ \[/ { name[$1] = servers " " text }
    /->/ {
        looks = $0
        sub(/.*"/, "", looks)
        gsub(/[],; []+/, " ", looks)
        gsub(/\\n/, " ", text)
        print name[$1] " > " name[$3] ": " text looks
    }' "$1" | sed 's/ *$//'
}
takes_it()
{
    printf '%s\n' "$out" >map.dot
    if ! command -v dot >/dev/null; then
        skip "Graphviz is not installed"
        return
    fi
    run dot -Tsvg -o map.svg map.dot
    same "dot takes it: $1" "0 " "$status $err"
    same "each arrow is in the picture: $1" "$(grep -c -e '->' map.dot)" "$(grep -c 'class="edge"' map.svg)"
}

# What `check` finds is what the map shows; servers that differ are parted.
"$CERTWRIGHT" generate >/dev/null && "$CERTWRIGHT" sign --ca labca --make-ca >/dev/null
cw plan --graph=text
has "all is there" "4 trusts, all OK." "$T/out"
cw plan --graph
silent "and no arrow is broken" "style="
takes_it "all is there"
cp store/rec-trust.crt old.crt
"$CERTWRIGHT" sign --ca labca --force cb2 >/dev/null
cp old.crt store/rec-trust.crt
rm store/webbridge-trust.crt
sed -i 's/"core2" {/& service "recorder" { identity = "wb"  trust-file = "none" }/' deployment.conf
cw plan --graph=text --ascii
same "each in its state" "example.com: who accepts whose certificates, and by which file

core1-2
  callbridge ===> webbridge3 edge1    labca.crt            OK

core2
  recorder   - -> callbridge core1-2  none                 OFF

edge1
  recorder   -X-> callbridge core1-2  rec-trust.crt        STALE core2
  webbridge3 ===> callbridge core1-2  labca.crt            OK
  webbridge  - -> callbridge core1-2  webbridge-trust.crt  MISSING

5 trusts: 1 missing, 1 stale, 1 off, the rest OK." "$(head -n -1 "$T/out")"
cw check
has "check says the same" "error TRUST-STALE edge1 rec rec-trust.crt" "$T/out"
has "of both" "error TRUST-MISSING edge1 webbridge webbridge-trust.crt" "$T/out"
cw plan --graph
takes_it "some are not"
same "and each arrow has its looks" "core1 callbridge > edge1 webbridge3: labca.crt arrowhead=empty
core2 callbridge > edge1 webbridge3: labca.crt arrowhead=empty
core2 recorder > core1 callbridge: trust OFF style=dotted
core2 recorder > core2 callbridge: trust OFF style=dotted
edge1 recorder > core1 callbridge: rec-trust.crt
edge1 recorder > core2 callbridge: rec-trust.crt STALE color=red
edge1 webbridge > core1 callbridge: webbridge-trust.crt MISSING color=red style=dashed
edge1 webbridge > core2 callbridge: webbridge-trust.crt MISSING color=red style=dashed
edge1 webbridge3 > core1 callbridge: labca.crt arrowhead=empty
edge1 webbridge3 > core2 callbridge: labca.crt arrowhead=empty" "$(arrows map.dot | LC_ALL=C sort)"

# A kind is called as its file is, whatever that is.
mkdir kinds
cp "$TOP/screens/recorder.conf" 'kinds/r"];evil[label="\N.conf'
sed -i 's/kind = "recorder"/kind = "r\\"];evil[label=\\"\\\\N"/' deployment.conf
cw --catalogue kinds plan --graph
takes_it "a kind with quotes"
has "it is one name" '>r&quot;];evil[label=&quot;\N<' map.svg
rm -r kinds
sed -i 's/"rec" { kind = [^ ]* /"rec" { kind = "recorder" /' deployment.conf

# Names that are too long for one line get two; no line is longer than it must be.
sed -i 's/core1"/a-server-with-a-name-that-nobody-types-twice"/; s/core2"/and-another-one-of-the-sort"/' deployment.conf
cw plan --graph=text --ascii
has "the file stands below" "                  rec-trust.crt        STALE and-another-one-of-the-sort" "$T/out"
same "in 80 columns" "" "$(awk 'length > 80' "$T/out")"

cw plan --graph=svg
same "another form is wrong usage" 2 "$status"
says "which names the one there is" "--graph takes the form text or none"
for option in --json --out=x --base --all --force; do
    exits 2 "not with $option" "$CERTWRIGHT" plan --graph "$option"
done
same "and nothing was written" "" "$(ls -d install 2>/dev/null)"
