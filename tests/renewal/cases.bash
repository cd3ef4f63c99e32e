# Renewals for the scripts that prove their plans; read after tests/lib.sh.
# shellcheck shell=bash disable=SC2154 # TOP, CERTWRIGHT come from lib.sh

# authority DIR NAME [ISSUING]: a root and an issuing CA below it; the root stays if there is one.
authority()
{
    mkdir -p "$1"
    {
        [ -e "$1/root.crt" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/root.key" \
            -out "$1/root.crt" -days 7300 -subj "/O=$2/CN=$2 Root" -addext keyUsage=critical,keyCertSign,cRLSign
        printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >"$1/ca.ext"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/issuing.key" -subj "/O=$2/CN=${3:-$2 Issuing}" |
            openssl x509 -req -CA "$1/root.crt" -CAkey "$1/root.key" -CAcreateserial -days 3650 -extfile "$1/ca.ext" \
                -out "$1/issuing.crt"
    } 2>/dev/null
}

# answer CA NAME…: what the CA returns to these requests, in answer/
answer()
{
    local ca=$1 csr asked
    shift
    rm -rf answer && mkdir answer && cp "$ca/issuing.crt" "$ca/root.crt" answer/
    for csr; do
        csr=$(basename "$csr" .csr)
        csr=${csr%-next}
        case $csr in dbserver | dbclient) continue ;; esac # the database's own CA signs these
        asked=store/$csr.csr
        [ ! -e "store/$csr-next.csr" ] || asked=store/$csr-next.csr
        ca_signs "$ca" "$asked" "answer/$csr.crt" "${DAYS:-400}"
    done
}

# named HOST NAME…: a name more in each of these identities of deployment.conf
named()
{
    python3 -c 'import re, sys
text = open("deployment.conf").read()
for name in sys.argv[2:]:
    text = re.sub(r"(identity \"%s\" \{ CN = \"[^\"]*\")(\s*subjectAltName = \{)?" % name, lambda found: found[1] +
                  (found[2] + " \"%s\"," if found[2] else "  subjectAltName = { \"%s\" }") % sys.argv[1], text)
open("deployment.conf", "w").write(text)' "$@"
}

# proven WHAT FOLDER…: the checker finds nothing wrong; what it counted is in $proof
proven()
{
    local what=$1
    shift
    proof=$(python3 "$TOP/tests/renewal/checker.py" "$@" 2>&1)
    if [ $? = 0 ]; then pass "$what"; else fail "$what" "$proof"; fi
}
