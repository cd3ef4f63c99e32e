#!/usr/bin/env bash
# haproxy plays both ends of c2w: the Web Bridge 3, which wants a client certificate, and the Call
# Bridge that goes to it. Each trusts the file that its own command names, nothing else.
. "$(dirname "$0")/servers.bash"
needs haproxy curl
greeting='GET / HTTP/1.0\r\n\r\n'
answer='c2w here'

# Two internal CAs, so that neither end's trust file would do for the other.
signed_by()
{
    if [ "$1" = wb3-c2w ]; then echo "$PUBLIC"; else echo "$INTERNAL"; fi
}

# ends: both ends from $server_chain $server_key $server_trust, $client_chain $client_key
# $client_trust and the $host of the c2w address; c2w on $port, the Call Bridge's way in on $way.
ends()
{
    port=$(free_port) way=$(free_port)
    cat "$A/$server_chain" "$A/$server_key" >"$A/c2w.pem"
    cat "$A/$client_chain" "$A/$client_key" >"$A/client.pem"
    cat >"$A/haproxy.cfg" <<END
global
    ssl-server-verify required
    log stderr format raw local0
defaults
    mode http
    retries 0
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend webbridge
    bind 127.0.0.1:$port ssl crt $A/c2w.pem ca-file $A/$server_trust verify required
    log global
    error-log-format "webbridge refuses: %[ssl_fc_err_str] %[ssl_c_err] %[ssl_c_ca_err]"
    http-request return status 200 content-type text/plain string "$answer"
frontend callbridge
    bind 127.0.0.1:$way
    log global
    log-format "callbridge: %ST %[ssl_bc_err_str,lower]"
    default_backend c2w
backend c2w
    server webbridge 127.0.0.1:$port ssl verify required ca-file $A/$client_trust crt $A/client.pem sni str($host) verifyhost $host
END
    owned
}

serve_ends()
{
    ends
    serve "$T/haproxy.log" haproxy -db -f "$A/haproxy.cfg"
    up "$port"
    up "$way"
}

# call: what a Call Bridge gets of its Web Bridge 3.
call()
{
    run curl -sS --max-time 10 --noproxy '*' "http://127.0.0.1:$way/"
}

# no_call WHAT REASON: the same ends, one thing changed: nothing gets through, and the log says why.
no_call()
{
    serve_ends
    call
    silent "$1: no call" "$answer"
    logged "$1, in the log" "$2" "$T/haproxy.log"
    down
    planned
}

# peer KEY CHAIN [OPTION…]: a client with that certificate greets the Web Bridge.
peer()
{
    openssl x509 -in "$A/$2" -out "$T/peer.crt"
    greet "$port" "$host" -cert "$T/peer.crt" -key "$A/$1" -cert_chain "$A/$2" "${@:3}"
}

# planned: everything as the plan has it.
planned()
{
    read -r server_key server_chain <<<"$(given 'webbridge3 c2w certs')"
    server_trust=$(given 'webbridge3 c2w trust')
    read -r client_key client_leaf client_bundle <<<"$(given 'callbridge certs')"
    client_trust=$(given 'callbridge trust c2w')
    cat "$A/$client_leaf" "$A/$client_bundle" >"$A/client-chain.crt"
    client_chain=client-chain.crt
    host=$(sed -n 's,.*c2w-url = "c2w://\(.*\):9999".*,\1,p' deployment.conf)
}

### An identity for each end

deployed split --preset single-combined --with webbridge3 --without webbridge,xmpp,turn
delivered
planned
root=$PUBLIC/root.crt
serve_ends
call
same "both ends trust each other" "0 $answer" "$status $out"
peer "$client_key" "$client_chain"
trusted "openssl as the Call Bridge"
ordered "the chain is sent in order"

greet "$port" "$host"
refused "no client certificate" "alert certificate required"
logged "no client certificate, in the log" "peer did not return a certificate" "$T/haproxy.log"
cat "$A/webadmin.crt" "$A/webadminbundle.crt" >"$A/webadmin-chain.crt"
peer webadmin.key webadmin-chain.crt
refused "a certificate for servers only" "alert unsupported certificate"
logged "a certificate for servers only: unsuitable purpose" "verify failed 26 0" "$T/haproxy.log"
peer "$server_key" "$server_chain"
refused "a client of the other CA" "alert unknown ca"
logged "a client of the other CA: its root is not in the list" "verify failed 0 19" "$T/haproxy.log"
host=join.example.com
peer "$client_key" "$client_chain"
refused "a name that is not in the SAN" "hostname mismatch"
fails "certwright knew of the name" "$CERTWRIGHT" pki verify --name "$host" \
    "store/$server_chain" "store/$(given 'callbridge trust c2w')"
says "certwright knew the reason: the name" "hostname mismatch"
down

# The Call Bridge's side of the same.
host=join.example.com
no_call "a c2w address that is not in the SAN" "^callbridge: 503 .*certificate verify failed"
client_trust=$server_trust
no_call "the Call Bridge has the Web Bridge's list" "^webbridge refuses: .*alert unknown ca"
server_trust=$client_trust
no_call "the Web Bridge has the Call Bridge's list" "^callbridge: 503 .*alert unknown ca"

# The root alone is enough to trust, for the other end sends what lies between; but it must do so.
cp "$PUBLIC/root.crt" "$A/root.crt"
client_trust=root.crt
serve_ends
call
same "the full chain leads to the root" "0 $answer" "$status $out"
down
openssl x509 -in "$A/$server_chain" -out "$A/alone.crt"
client_trust=root.crt server_chain=alone.crt
no_call "the Web Bridge sends no intermediates" "^webbridge refuses: .*alert unknown ca"
fails "certwright knew of the intermediates" "$CERTWRIGHT" pki verify "$A/alone.crt" "$A/root.crt"
says "certwright knew the reason: the issuer" "unable to get local issuer certificate"
client_trust=alone.crt
no_call "the leaf in place of its CAs" "^webbridge refuses: .*alert unknown ca"
server_key=$client_key
ends
stays_down "another key" "inconsistencies between private key and certificate" haproxy -db -f "$A/haproxy.cfg"

### One certificate for both ends

signed_by()
{
    echo "$INTERNAL"
}
deployed webapp --preset webapp
delivered
planned
root=$INTERNAL/root.crt
serve_ends
call
same "one certificate for both ends" "0 $answer" "$status $out"
peer "$client_key" "$client_chain"
trusted "one certificate, openssl as the Call Bridge"
greet "$port" "$host"
refused "one certificate, but the client shows none" "alert certificate required"
down
