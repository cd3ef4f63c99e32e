#!/usr/bin/env bash
# One certificate for all services (guide 3.1) and one for each, from nothing to a plan; and where the one
# is to come from a public CA, which gives no client usage, the smallest split. openssl is CA and judge.
. "$(dirname "$0")/../lib.sh"

mkdir bin && ln -s "$CERTWRIGHT" bin/certwright
PATH=$PWD/bin:$PATH
make_ca ca
export -f ca_signs

answer_all()
{
    mkdir -p answer && cp ca/root.crt ca/issuing.crt answer/
    for csr in store/*.csr; do
        ca_signs ca "$csr" "answer/$(basename "$csr" .csr).crt"
    done
}
# Every pair that a server gets is a pair, and leads to the root; each c2w peer is taken.
judged() # WHAT
{
    for crt in install/cms1/files/*.crt; do
        name=$(basename "$crt" .crt)
        [ -e "install/cms1/files/$name.key" ] || continue
        same "$1: $name is of its key" "$(openssl pkey -in "install/cms1/files/$name.key" -pubout)" \
            "$(openssl x509 -in "$crt" -noout -pubkey)"
        ok "$1: $name leads to the root" openssl verify -CAfile ca/root.crt -untrusted ca/issuing.crt "$crt"
    done
}

mkdir one && cd one && cp -r ../ca . || exit 1
ok "one for all: init" certwright init --preset webapp --domain example.com --O Acme --L Bonn --ST Hesse --C DE
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/' deployment.conf
ok "one for all: generate" certwright generate
same "one for all: one request" singleCert.csr "$(cd store && ls -- *.csr)"
answer_all
ok "one for all: import" certwright import answer
ok "one for all: check" certwright check
ok "one for all: plan" certwright plan
judged "one for all"
same "one for all: one key" 1 "$(find install/cms1/files -name '*.key' | wc -l)"
cd ..

mkdir each && cd each && cp -r ../ca . || exit 1
ok "one each: init" certwright init --preset single-combined --domain example.com --release 3.8 --O Acme --L Bonn --ST Hesse --C DE
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/' deployment.conf
ok "one each: generate" certwright generate
answer_all
ok "one each: import" certwright import answer
ok "one each: check" certwright check
ok "one each: plan" certwright plan
judged "one each"
same "one each: a key for each identity" "$(ls store/*.csr | wc -l)" "$(find install/cms1/files -name '*.key' | wc -l)"
cd ..

# From a public CA: the split that its finding proposes, followed to the letter.
mkdir public && cd public && cp -r ../ca . || exit 1
certwright --quiet init --preset webapp --domain example.com --O Acme --L Bonn --ST Hesse --C DE || exit 1
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/; s/signer = "internal"/signer = "public"/' deployment.conf
certwright --quiet generate
run certwright check --json
json "public: it is told" '[.[] | select(.id == "PUBLIC-CLIENTAUTH")] | length' 1
remedy=$(jq -r '.[] | select(.id == "PUBLIC-CLIENTAUTH").remedy' <"$T/out")
ok "public: the remedy is followed" python3 -S "$TOP/tests/follow.py" "$remedy"
same "public: one identity more" 2 "$(grep -c '^identity ' deployment.conf)"
certwright --quiet generate
answer_all
ok "public: import" certwright import answer
run certwright check
silent "public: the finding is gone" PUBLIC-CLIENTAUTH
same "public: and no error" 0 "$status"
ok "public: plan" certwright plan
judged "public"
same "public: the web pages' request asks for no client usage" 0 \
    "$(openssl req -in store/singleCert.csr -noout -text | grep -c 'Client Authentication')"
own=$(cd store && ls -- *.csr | grep -v singleCert)
same "public: the clients' does" 1 "$(openssl req -in "store/$own" -noout -text | grep -c 'Client Authentication')"

# The wizard makes the same split with one key, before anything is ordered.
cd .. && mkdir key && cd key || exit 1
certwright --quiet init --preset webapp --domain example.com --O Acme --L Bonn --ST Hesse --C DE || exit 1
sed -i 's/^key .*/key { type = "ec"  bits = 256 }/; s/signer = "internal"/signer = "public"/' deployment.conf
certwright --quiet generate
run bash -c 'printf "#check\nmend 3\nleave\n" | certwright --plain wizard'
says "key: it is there" "an identity of its own"
run certwright check
silent "key: the finding is gone" PUBLIC-CLIENTAUTH
same "key: the same identities" "$(grep '^identity' ../public/deployment.conf | sort)" "$(grep '^identity' deployment.conf | sort)"
