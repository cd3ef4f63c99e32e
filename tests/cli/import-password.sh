#!/usr/bin/env bash
# The wizard, line by line, opens what a CA locked.
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "2.9"
name = "example.com"
key { type = "ec" bits = 256 }
identity "web" { CN = "cms1.example.com" signer = "internal" }
server "cms1" {
    address = "cms1.example.com"
    service "webadmin" { identity = "web" listen = { "a:445" } }
}
END
"$CERTWRIGHT" --quiet generate
make_ca ca Acme
ca_signs ca store/web.csr web.crt
cat ca/issuing.crt ca/root.crt >chain.pem
openssl pkcs12 -export -inkey store/web.key -in web.crt -certfile chain.pem -passout pass:geheim -out web.pfx

run bash -c 'printf "4\nweb.pfx\npassword\nfalsch\n" | "$CERTWRIGHT" --plain wizard'
says "what is locked says so" "LEFT: web.pfx, -, locked by a password"
says "and the page offers to ask" "password (Password)"
says "another password is said to be one" "That password does not open all of it"
same "and nothing is written" "web.csr web.key" "$(ls store | tr '\n' ' ' | sed 's/ $//')"
run bash -c 'printf "4\nweb.pfx\npassword\ngeheim\n\n" | "$CERTWRIGHT" --plain wizard'
says "the right one opens it" "1 certificate to take"
silent "and is not shown" geheim
same_file "the certificate is in place" web.crt store/web.crt
same_file "its chain too" chain.pem <(awk '/BEGIN/{n++} {c[n]=c[n] $0 "\n"} END{printf "%s%s", c[1], c[2]}' store/webbundle.crt)
grep -rqs geheim . --include='.certwright*' --include='*.conf' && fail "it is kept nowhere" || pass "it is kept nowhere"
