#!/usr/bin/env bash
# What bash, zsh and fish offer behind certwright, asked of the shells themselves.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/complete.sh"

share=$T/share
mkdir -p "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
cp "$TOP/doc/completion/certwright.bash" "$share/bash-completion/completions/certwright"
cp "$TOP/doc/completion/_certwright" "$share/zsh/site-functions/_certwright"
cp "$TOP/doc/completion/certwright.fish" "$share/fish/vendor_completions.d/certwright.fish"

# The deployment at hand, and another one with a store of its own, written by hand.
mkdir -p store folder site/pki
touch store/{web.key,web.csr,web.crt,webbundle.crt,jo.pub,web.key.20260102T030405Z.bak} folder/reply.zip answers
cat >deployment.conf <<'EOF'
name = "example.com"   # identity "no1"
// identity "no2" { CN = "no.example.com" }
/* identity "no3" {}
   identity "no4" {} */ identity "web" { CN = "join.example.com"  signer = "public" }
identity 'lab' { CN = "Example lab CA"  subjectAltName = { "x.example.com" } }
identity "$(touch${IFS}bad)" {}
server "cms1" {
    address = "10.0.0.5"
    service "webbridge" { identity = "web" }
}
EOF
cat >site/site.conf <<'EOF'
store = "pki"
identity edge { CN = "edge.example.com" }
EOF
mkdir mine
touch mine/fridge.conf
touch site/pki/edge.key site/pki/edge.csr folder/other.key

# Parts of another kind are no components to add.
kinds=$(cd "$TOP/screens" && for file in $(grep -L '^part-of' -- *.conf); do echo "${file%.conf}"; done | LC_ALL=C sort | paste -sd ' ' -)
presets=$(cd "$TOP/screens/presets" && for file in *.conf; do echo "${file%.conf}"; done | LC_ALL=C sort | paste -sd ' ' -)

# The rules are those that the program lists.
mkdir bin
ln -s "$CERTWRIGHT" bin/certwright
PATH=$PWD/bin:$PATH

# LINE|WORDS OFFERED
cat >cases <<EOF
certwright |adopt check explain generate import init mmp orders pki plan rehearse renew sign status undo wizard
certwright c|check
certwright --quiet p|pki plan
certwright --config site/site.conf g|generate
certwright --co|--color --config
certwright --color |always auto never
certwright --color=a|always auto
certwright --config fol|folder
certwright wizard --answers an|answers
certwright init --preset |$presets
certwright init --with |$kinds
certwright init --without turn,webb|webbridge webbridge3
certwright --catalogue mine init --with fr|fridge
certwright --catalogue=mine init --with turn,fr|fridge
certwright init --domain |
certwright generate |\$(touch\${IFS}bad) lab web
certwright generate w|web
certwright generate --config site/site.conf |edge
certwright --config=site/site.conf generate |edge
certwright sign --ca |\$(touch\${IFS}bad) lab web
certwright sign --ca lab w|web
certwright sign --force w|web
certwright orders w|web
certwright orders --out fol|folder
certwright import fol|folder
certwright import --as w|web
certwright import --ca-folder fol|folder
certwright check |
certwright plan --out fol|folder
certwright plan --graph=|text
certwright plan --graph=t|text
certwright plan --graph |
certwright plan --graph=text --o|--out
certwright explain TRUST-|TRUST-BUNDLE-COMPLETE TRUST-MISSING TRUST-STALE
certwright explain TRUST-STALE |
certwright pki |csr inspect list match pkcs12-to-ssh selfsigned sign unlock verify
certwright pki list |
certwright pki inspect |jo.pub web.crt web.csr web.key webbundle.crt
certwright pki inspect folder/r|reply.zip
certwright --store site/pki pki inspect |edge.csr edge.key
certwright --config site/site.conf pki inspect |edge.csr edge.key
certwright pki match |web.key
certwright pki match web.key |web.crt webbundle.crt
certwright pki match folder/o|other.key
certwright pki match --each web.key web.crt |web.key
certwright pki verify web.crt |web.crt webbundle.crt
certwright pki verify --purpose |client server
certwright pki verify --name |10.0.0.5 cms1 join.example.com
certwright pki unlock |web.key
certwright pki csr w|web
certwright pki csr web O|O: OU:
certwright pki csr web CN:j|join.example.com
certwright pki csr web --bits |2048 3072 4096
certwright pki csr web --key |web.key
certwright pki selfsigned web --ec |P-256 P-384
certwright pki sign |web
certwright --config site/site.conf pki sign edge |edge
certwright pki pkcs12-to-ssh |jo
EOF
sed 's/|.*//' cases >lines
for shell in bash zsh fish; do
    if ! command -v "$shell" >/dev/null; then
        skip "$shell is not installed"
        continue
    fi
    completes "$shell" "$share" <lines >"$T/offered"
    same "$shell answers each line" "$(wc -l <lines)" "$(wc -l <"$T/offered")"
    while IFS='|' read -r line wanted <&3 && IFS= read -r got <&4; do
        same "$shell: $line" "$(tr ' ' '\n' <<<"$wanted" | LC_ALL=C sort | paste -sd ' ' -)" "$got"
    done 3<cases 4<"$T/offered"
    ok "$shell runs nothing that deployment.conf holds" test ! -e bad

    # Without a deployment.conf there is nothing to offer, and nothing to say about it.
    (mkdir empty && cd empty && printf '%s\n' 'certwright generate ' 'certwright pki inspect ' |
        completes "$shell" "$share" >"$T/offered" 2>"$T/complaint")
    rm -rf empty
    same "$shell offers nothing of a deployment that isn't there" "" "$(tr -d '\n' <"$T/offered")"
    same "$shell keeps silent about it" "" "$(cat "$T/complaint")"
done

# What is put on the line can be typed on: quoted for the shell where it has to be, and only there.
# shellcheck disable=SC2016
offered()
{
    bash --norc --noprofile -c '. "$1"; compopt() { :; }
        COMP_WORDS=($2) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _certwright; printf "%s\n" "${COMPREPLY[@]}"' bash "$TOP/doc/completion/certwright.bash" "$1"
}
same "a list of kinds stays plain" "turn,webadmin" "$(offered 'certwright init --with turn,weba')"
same "an identity that the shell would run is quoted" '\$\(touch\$\{IFS\}bad\)' \
    "$(offered 'certwright sign --ca $')"
