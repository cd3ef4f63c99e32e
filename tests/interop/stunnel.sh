#!/usr/bin/env bash
# stunnel takes the place of the recorder, the streamer and Web Bridge 2, which pin the Call Bridge's
# certificate; openssl is the Call Bridge, and pins those that send no bundle.
. "$(dirname "$0")/servers.bash"
needs stunnel4
greeting='record this\n'
answer='it goes on air'
kinds="recorder streamer webbridge"
declare -A port

# service KIND: one that takes the certificates of its trust command alone, or those in $list; it
# has the key of its certs command, or $other.
service()
{
    local key leaf bundle
    read -r key leaf bundle <<<"$(given "$1 certs")"
    cat "$A/$leaf" ${bundle:+"$A/$bundle"} >"$A/$1.pem"
    port[$1]=$(free_port)
    cat <<END
[$1]
accept = 127.0.0.1:${port[$1]}
cert = $A/$1.pem
key = $A/${other:-$key}
verifyPeer = yes
CAfile = $A/${list:-$(given "$1 trust")}
exec = /bin/sh
execArgs = sh $A/answer
END
}

services()
{
    local kind
    # It hears the client out first: stunnel would drop the answer of a program that left too early.
    echo "read -r line; echo '$answer'" >"$A/answer"
    printf 'foreground = yes\nsyslog = no\npid =\ndebug = info\n' >"$A/stunnel.conf"
    for kind in "$@"; do
        service "$kind" >"$A/$kind.conf"
        cat "$A/$kind.conf" >>"$A/stunnel.conf"
        # In this shell: the port was chosen in that of the redirection.
        port[$kind]=$(sed -n 's/^accept = .*://p' "$A/$kind.conf")
    done
    owned
}

serve_services()
{
    local kind
    services "$@"
    serve "$T/stunnel.log" stunnel4 "$A/stunnel.conf"
    for kind in "$@"; do
        up "${port[$kind]}"
    done
}

# call KIND FOLDER KEY LEAF [BUNDLE]: a client with the certificate in the folder greets the service.
call()
{
    local kind=$1 key leaf bundle
    local -a how
    : >"$T/stunnel.log"
    read -r key leaf bundle <<<"$(given "$kind certs")"
    root=$PUBLIC/root.crt
    [ -n "$bundle" ] || root=$A/$leaf how=(-partial_chain)
    [ $# = 1 ] || how+=(-key "$2/$3" -cert "$2/$4")
    [ $# -lt 5 ] || how+=(-cert_chain "$2/$5")
    greet "${port[$kind]}" "$(openssl x509 -in "$A/$leaf" -noout -subject -nameopt multiline |
        sed -n 's/ *commonName *= //p')" "${how[@]}"
}

# no_call WHAT REASON KIND …: like call, but the service refuses and logs why.
no_call()
{
    local what=$1 reason=$2
    shift 2
    call "$@"
    refused "$what" "alert"
    logged "$what, in the log" "$reason" "$T/stunnel.log"
}
missing="CERT: Certificate not found in local repository"

deployed combined --preset single-combined --with recorder,streamer
delivered
read -r -a callbridge <<<"$(given 'callbridge certs')"
# shellcheck disable=SC2086
serve_services $kinds
for kind in $kinds; do
    call "$kind" "$A" "${callbridge[@]}"
    trusted "$kind: the Call Bridge"
    no_call "$kind: another certificate of the same CA" "$missing" \
        "$kind" "$A" recorder.key recorder.crt recorderbundle.crt
    no_call "$kind: no certificate" "peer did not return a certificate" "$kind"
done
ordered "Web Bridge 2: the chain is sent in order"
root=$INTERNAL/root.crt
greet "${port[recorder]}" cms1.example.com
refused "recorder: sends no bundle, so the root alone can't judge it" \
    "unable to get local issuer certificate"
root=$A/streamer.crt
greet "${port[recorder]}" cms1.example.com -partial_chain
refused "recorder: another's certificate pinned" "unable to get local issuer certificate"
root=$PUBLIC/root.crt
greet "${port[webbridge]}" callbridge.example.com
refused "Web Bridge 2: another name" "hostname mismatch"
down

# A list of what signed the Call Bridge's certificate is no list of it; and without the right key
# there is no start.
list=callbridgebundle.crt
serve_services recorder
no_call "the issuer's certificate in the list" "$missing" recorder "$A" "${callbridge[@]}"
down
list='' other=streamer.key
services recorder
stays_down "another key" "key values mismatch" stunnel4 "$A/stunnel.conf"
other=''

### The Call Bridge gets a new key and certificate

old=$A
rm store/callbridge.*
ok "renewed: generate" "$CERTWRIGHT" generate
returned
ok "renewed: import" "$CERTWRIGHT" import got
ok "renewed: check" "$CERTWRIGHT" check
ok "renewed: plan" "$CERTWRIGHT" plan --all --force
delivered
# shellcheck disable=SC2086
serve_services $kinds
for kind in $kinds; do
    call "$kind" "$A" "${callbridge[@]}"
    trusted "renewed: $kind: the new certificate"
    no_call "renewed: $kind: the old one" "$missing" "$kind" "$old" "${callbridge[@]}"
done
down
new=$A A=$old
serve_services recorder
no_call "a stale list: the new certificate" "$missing" recorder "$new" "${callbridge[@]}"
down
cat "$old/callbridge.crt" "$new/callbridge.crt" >"$A/both.crt"
list=both.crt n=0
serve_services recorder
for folder in "$old" "$new"; do
    call recorder "$folder" "${callbridge[@]}"
    trusted "both in the list, certificate $((++n))"
done
down
