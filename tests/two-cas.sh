# Three cores, two edges, a database and a Recorder of their own, Web Bridge 2 and 3, signed by two CAs
# of two tiers: one that everybody knows for what clients outside see, and the company's own. Sourced
# behind lib.sh; the kind of key is not what this is about.
#
#   ordered     deployment.conf, keys and requests
#   answered    the CAs, ca/public and ca/internal, sign the requests: answer/NAME.crt
#   imported    what they signed is in the store
#   signed_by S the identities that S is to sign
#   followed R  a remedy is followed to the letter (follow.py), with these two as the CAs
# shellcheck shell=bash

ordered()
{
    "$CERTWRIGHT" --quiet init --preset scalable --cores 3 --edges 2 --databases 1 --with recorder,webbridge3 \
        --domain example.com --O "Example Inc." --L "San Jose" --ST California --C US &&
        sed -i 's/^key {.*/key { type = "ec"  bits = 256 }/' deployment.conf &&
        "$CERTWRIGHT" --quiet generate
}

signed_by()
{
    flat deployment.conf | sed -n "s/^identity\.\(.*\)\.signer = $1$/\1/p"
}

two_cas()
{
    make_ca ca/public "Globe Trust"
    make_ca ca/internal "Example Inc."
    signed_by public >ca/public/names
    # Who asks "the CA" for a chain gets both.
    cat ca/public/root.crt ca/internal/root.crt >ca/root.crt
    cat ca/public/issuing.crt ca/internal/issuing.crt >ca/issuing.crt
}

answered()
{
    local side name
    two_cas
    mkdir -p answer
    for side in public internal; do
        for name in $(signed_by $side); do
            ca_signs ca/$side "store/$name.csr" "answer/$name.crt"
        done
    done
}

imported()
{
    cp ca/public/root.crt answer/public-root.crt
    cp ca/public/issuing.crt answer/public-issuing.crt
    cp ca/internal/root.crt answer/internal-root.crt
    cp ca/internal/issuing.crt answer/internal-issuing.crt
    "$CERTWRIGHT" --quiet sign dbserver dbclient && "$CERTWRIGHT" --quiet import answer
}

# `ca_signs ca …`, as follow.py says, is the CA that is to sign it.
eval "as_asked() $(declare -f ca_signs | tail -n +2)"
ca_signs()
{
    local dir=$1 name=${2##*/}
    if [ "$dir" = ca ]; then
        if grep -qx "${name%.csr}" ca/public/names; then dir=ca/public; else dir=ca/internal; fi
    fi
    as_asked "$dir" "$2" "$3" ${4:+"$4"}
}
export -f as_asked ca_signs

mkdir "$T/bin" && ln -s "$CERTWRIGHT" "$T/bin/certwright" && PATH=$T/bin:$PATH
followed()
{
    python3 -S "$TOP/tests/follow.py" "$1" >"$T/log" 2>&1 </dev/null
}
