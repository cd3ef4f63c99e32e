#!/usr/bin/env bash
# Each refusal tells what to do: done to the letter, the same command is no longer refused.
. "$(dirname "$0")/../lib.sh"

mkdir "$T/bin"
ln -s "$CERTWRIGHT" "$T/bin/certwright"
PATH=$T/bin:$PATH

# refused WHAT TEXT ARGUMENT…: TEXT is the refusal from what is wrong on, with what to do.
refused()
{
    what=$1
    local text=$2
    shift 2
    last=("$@")
    cw "$@" </dev/null
    case $status in
    1 | 2) ;;
    *) fail "$what: is refused" "$(told)" ;;
    esac
    if [[ $err == *"$text"* ]]; then pass "$what"; else fail "$what" "wanted: $text" "$(told)"; fi
}

# The remedy is a command: it is run as it is printed. One after another, as long as each is refused for
# another reason; what was refused is done in the end.
printed()
{
    local before='' command
    for _ in 1 2 3; do
        command=$(sed -n 's/.*: \(certwright [a-z].*\)$/\1/p' "$T/err" | tail -n 1)
        command=${command%%, *}
        if [ -z "$command" ] || [ "$err" = "$before" ]; then
            fail "$what: leads on" "$(told)"
            return
        fi
        before=$err
        bash -c "$command" >"$T/log" 2>&1 </dev/null || { fail "$what: the remedy is followed" "$command" "$(cat "$T/log")" && return; }
        cw "${last[@]}" </dev/null
        [ "$status" != 0 ] || break
    done
    same "$what: its remedy is followed, and it is done" 0 "$status"
}

# The remedy asks for something: COMMAND does it, then the same is done.
done_by()
{
    bash -ec "$1" >"$T/log" 2>&1 || fail "$what: what it asks for is done" "$1" "$(cat "$T/log")"
    ok "$what: is done then" "$CERTWRIGHT" "${last[@]}" </dev/null
}

# The remedy names other words for the command.
instead()
{
    ok "$what: done with the words it names" "$CERTWRIGHT" "$@" </dev/null
}

# init
refused "no deployment.conf" "make one: certwright init --preset lab --domain example.com" generate
printed
refused "a preset misspelt" "(there are lab, single-combined, webapp, single-split, scalable)" init --preset webap --domain example.com --force
instead init --preset webapp --domain example.com --force
refused "a domain with a blank" "Put a dot: exa.mple.com" init --preset lab --domain "exa mple.com" --force
instead init --preset lab --domain exa.mple.com --force
refused "a kind misspelt" 'no component is called "recordr": did you mean "recorder"?' \
    init --preset lab --domain example.com --with recordr --force
instead init --preset lab --domain example.com --with recorder --force
refused "a kind of another release" "leave it out, or give --release 2.9" \
    init --preset lab --domain example.com --release 3.0 --with xmpp --force
instead init --preset lab --domain example.com --release 2.9 --with xmpp --force
refused "a deployment is there" "name another file with --config, or replace it with --force" \
    init --preset lab --domain example.com
instead init --preset lab --domain example.com --config other.conf
instead init --preset lab --domain example.com --force

# generate and sign
rm -rf store
refused "no such identity" "name one of those that deployment.conf has: labca, cms1" generate nobody
instead generate labca
refused "an identity misspelt" "did you mean cms1?" generate cms
instead generate cms1
rm -rf store
refused "nothing to sign with, nor to sign" "is not in the store, so labca cannot sign: certwright generate labca" sign
printed
refused "a CA that isn't there" "--make-ca makes a CA of that name" sign --ca newca --force
instead sign --ca newca --make-ca --force
refused "a leaf as CA" 'is not a CA: deployment.conf has it signed by labca: name a CA: an identity with signer "self"' \
    sign --ca cms1 --force
instead sign --ca labca --force
cp store/labca.key store/cms1.key
refused "a request of another key" "move it away: certwright generate makes a new one" sign --force cms1
done_by 'mv store/cms1.csr store/cms1.crt .; certwright generate cms1'
sed -i 's/signer = "labca"/signer = "internal"/' deployment.conf
refused "a CA outside" '--ca NAME signs it with a CA made here' sign cms1 --force
instead sign cms1 --force --ca labca
sed -i 's/signer = "internal"/signer = "labca"/' deployment.conf

# pki
refused "a request without CN" "certwright pki csr web CN:www.example.com" pki csr web
last=(pki inspect web.csr)
printed
refused "a key that is there" "certwright pki csr web ... --key web.key keeps the key, another basename makes a new one" \
    pki csr web CN:www.example.com
instead pki csr web CN:www.example.com --key web.key --force
instead pki csr web2 CN:www.example.com
refused "a blank in the CN" "Put a dot: a.example.com" pki csr web3 "CN:a example.com"
instead pki csr web3 CN:a.example.com
openssl genrsa -out store/weak.key 1024 2>/dev/null
refused "a weak key" "at least 2048 bits are required: leave --key out, and a new key is made with the request" \
    pki csr strong CN:a.example.com --key weak.key
instead pki csr strong CN:a.example.com
refused "a file misspelt" "did you mean strong.key?" pki csr strong2 CN:a.example.com --key stron.key
instead pki csr strong2 CN:a.example.com --key strong.key
echo secret >right.pass
echo wrong >wrong.pass
openssl genrsa -aes256 -passout file:right.pass -out store/locked.key 2048 2>/dev/null
refused "a locked key" "give its password with --password-file" pki csr lock CN:a.example.com --key locked.key
instead pki csr lock CN:a.example.com --key locked.key --password-file right.pass
refused "no such file to unlock" "did you mean locked.key?" pki unlock locked --password-file right.pass
refused "no password" "name a file with --password-file" pki unlock locked.key
refused "a wrong one" "the password is wrong: try another one; nothing was changed" \
    pki unlock locked.key --password-file wrong.pass
instead pki unlock locked.key --password-file right.pass
refused "a request given with its extension" "did you mean web?" pki sign web.csr labca
instead pki sign web labca
refused "a certificate that is there" "is there already: move it away, or --force" pki sign web labca
done_by 'mv store/web.crt .'
instead pki sign web labca --force
refused "a certificate where a key belongs" "name the private key that it was made with" pki unlock web.crt
instead pki unlock web.key
refused "a key where a certificate belongs" "name the certificate that was made with it" pki verify web.crt web.key
instead pki verify web.crt labca.crt
refused "a file that isn't there" "certwright pki list names what is there" pki match web.key nothing.crt
printed_list=$("$CERTWRIGHT" pki list)
[[ $printed_list == *web.crt* ]] && pass "and the list names it" || fail "and the list names it" "$printed_list"
instead pki match web.key web.crt
refused "a verb misspelt" "did you mean verify?" pki verfy web.crt labca.crt
instead pki verify web.crt labca.crt
refused "no container for SSH" "put the PKCS#12 file there under that name" pki pkcs12-to-ssh admin --password-file right.pass
done_by 'openssl pkcs12 -export -in store/web.crt -inkey store/web.key -passout file:right.pass -out store/admin.pub'

# import
refused "no such file" "check the name" import nothing.crt
mkdir empty
refused "an empty folder" "name the files or the folder that the CA returned" import empty
done_by 'cp store/web.crt store/labca.crt empty; certwright sign --force cms1; mv store/cms1.crt empty'
cp store/web.key store/web.crt .
refused "a certificate without its key" "name the file with the key as well" import web.crt --as cms1 --force
refused "a key without its certificate" "name the file with its certificate as well" import web.key --as cms1 --force
refused "no such identity to import to" "name one of those that deployment.conf has: labca, cms1" \
    import web.key web.crt --as nobody --force
instead import web.key web.crt --as cms1 --force
openssl rsa -aes256 -in store/web.key -passout file:right.pass -out sealed.key 2>/dev/null
refused "a key under a password" "give its password by --password-file" import sealed.key web.crt --as cms1 --force
instead import sealed.key web.crt --as cms1 --force --password-file right.pass

# plan
rm -rf store
refused "a plan of what isn't there" "mend it, accept it in deployment.conf, or say --force" plan
done_by 'certwright generate; certwright sign'
rm -rf install
mkdir install
: >install/mine
refused "a folder of somebody else" "move it away or name another place with --out" plan
instead plan --out elsewhere
done_by 'mv install theirs'
