#!/usr/bin/env bash
# coturn takes the place of the TURN server over TLS; openssl sends a STUN request through and wants
# the reply.
. "$(dirname "$0")/servers.bash"
needs turnserver

# serve_turn CHAIN KEY: the server, on $port.
serve_turn()
{
    port=$(free_port)
    owned
    serve "$T/turn.log" turnserver -n --log-file stdout --no-cli --no-udp --no-dtls --no-tcp \
        --no-tcp-relay --listening-ip 127.0.0.1 --relay-ip 127.0.0.1 --tls-listening-port "$port" \
        --realm example.com --user guest:guest --lt-cred-mech --userdb "$A/turn.db" \
        --pidfile "$A/turn.pid" --cert "$A/$1" --pkey "$A/$2"
    up "$port"
}

# A binding request, whose answer has its transaction's number (RFC 8489, 5).
answer=certwright24
greeting='\x00\x01\x00\x00\x21\x12\xa4\x42'$answer
SAY_UNTIL=$answer

deployed combined --preset single-combined
delivered
root=$PUBLIC/root.crt
read -r key leaf bundle <<<"$(given 'turn certs')"
cat "$A/$leaf" "$A/$bundle" >"$A/chain.crt"
serve_turn chain.crt "$key"
greet "$port" turn.example.com
trusted "TURN"
if LC_ALL=C grep -qaP '\x01\x01\x00.\x21\x12\xa4\x42'$answer "$T/out"; then
    pass "TURN: the answer is a binding's success"
else
    fail "TURN: the answer is a binding's success" "$(tail -c 100 "$T/out" | od -c)"
fi
ordered "TURN: the chain is sent in order"
greet "$port" cms1.example.com
refused "TURN: another name" "hostname mismatch"
root=$INTERNAL/root.crt
greet "$port" turn.example.com
refused "TURN: to one who knows another root only" "self-signed certificate in certificate chain"
root=$PUBLIC/root.crt
down

serve_turn "$leaf" "$key"
greet "$port" turn.example.com
refused "TURN: without the intermediates" "unable to get local issuer certificate"
down
fails "certwright knew of the intermediates" "$CERTWRIGHT" pki verify "store/$leaf" "$PUBLIC/root.crt"
says "certwright knew the reason: the issuer" "unable to get local issuer certificate"

# It starts with another key, too, and refuses every handshake.
serve_turn chain.crt webbridge.key
logged "TURN: another key" "ERROR: invalid private key" "$T/turn.log"
greet "$port" turn.example.com
refused "TURN: another key" "no peer certificate available"
down
fails "certwright knew of the key" "$CERTWRIGHT" pki match store/webbridge.key "store/$leaf"
