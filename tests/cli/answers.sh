#!/usr/bin/env bash
# How many answers it takes: 3 cores and 2 edges 31 from the first page to the plan, a further core two.
. "$(dirname "$0")/../lib.sh"

plain() { run bash -c '"$CERTWRIGHT" --plain --ids wizard <input'; }
# Lines of the input that are answers, and no way of leaving or coming back.
answers() { grep -vcE '^(leave|continue)$' "$1"; }

{
    printf '%s\n' scalable example.com 'Acme Inc.' '' Springfield Illinois US ''
    yes '' | head -17
    echo leave
} >first
cp first input
plain
says "the review is reached" "[review]"
silent "nothing was wrong" "Error:"
# Keys of another kind are sooner made, and how many answers there are doesn't change.
sed -i 's/type = "rsa"  bits = 2048/type = "ec"  bits = 256/' deployment.conf
printf '%s\n' continue '' sent '' leave >second
cp second input
plain
says "requests are made and sent" "[import]"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3000 -subj /CN=CA 2>/dev/null
mkdir back && cp ca.crt back
for request in store/*.csr; do
    openssl x509 -req -in "$request" -CA ca.crt -CAkey ca.key -copy_extensions copyall -days 300 \
        -out "back/$(basename "$request" .csr).cer" 2>/dev/null
done
printf '%s\n' continue back '' '' leave >third
cp third input
plain
says "what came back is written" "[check]"
says "the plan is reached" "[plan]"
all=$(cat first second third | answers /dev/stdin)
if [ "$all" -le 31 ]; then pass "3 cores and 2 edges take 31 answers at most"; else fail "3 cores and 2 edges take 31 answers at most" "$all"; fi

# A further core.
rm -rf deployment.conf store .certwright.*
"$CERTWRIGHT" --quiet init --preset scalable --domain example.com
printf '%s\n' '#topology' 4 leave >input
plain
same "a further core takes two" 2 "$(answers input)"
mkdir by-init && (cd by-init && "$CERTWRIGHT" --quiet init --preset scalable --domain example.com --cores 4)
same_file "and is all there" by-init/deployment.conf deployment.conf
printf '%s\n' '#servers' 'add 4' leave >input
plain
has "so does it in the table" 'server "core5"' deployment.conf
