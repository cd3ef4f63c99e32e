#!/usr/bin/env bash
# Prosody takes the place of the XMPP server: apps come to it (c2s), and other servers (s2s), which
# must show a certificate for the name they claim. openssl plays both.
. "$(dirname "$0")/servers.bash"
needs prosody

# prosody_with CERT KEY: its configuration, c2s on $port, s2s on $peers.
prosody_with()
{
    port=$(free_port) peers=$(free_port)
    mkdir -p "$A/data"
    cat >"$A/prosody.cfg.lua" <<END
run_as_root = true
pidfile = "$A/prosody.pid"
data_path = "$A/data"
log = { info = "*console" }
interfaces = { "127.0.0.1" }
c2s_ports = { $port }
s2s_ports = { $peers }
c2s_direct_tls_ports = {}
s2s_direct_tls_ports = {}
http_ports = {}
https_ports = {}
modules_enabled = { "tls", "saslauth", "disco" }
modules_disabled = { "dialback" }
authentication = "internal_plain"
c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth = true
ssl = { certificate = "$A/$1", key = "$A/$2", cafile = "$A/root.crt" }
VirtualHost "$domain"
END
    owned
}

serve_prosody()
{
    prosody_with "$@"
    serve "$T/prosody.log" prosody -F --config "$A/prosody.cfg.lua"
    up "$port"
    up "$peers"
}

# app NAME: an app of the domain greets the server of that name.
app()
{
    SAY_UNTIL='</stream:features>' answer='<mechanism>PLAIN</mechanism>'
    greeting="$opening to='$domain' xmlns='jabber:client'>"
    greet "$port" "$1" -starttls xmpp -xmpphost "$domain"
}

# peer NAME [KEY LEAF [BUNDLE]]: another server, which claims to be NAME, wants in by its certificate.
peer()
{
    local -a shown
    SAY_UNTIL='<success' answer='<success'
    greeting="$opening to='$domain' from='$1' xmlns='jabber:server'>"
    greeting+="<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>$(printf %s "$1" | base64)</auth>"
    [ $# = 1 ] || shown=(-key "$A/$2" -cert "$A/$3")
    [ $# -lt 4 ] || shown+=(-cert_chain "$A/$4")
    greet "$peers" xmpp.example.com -starttls xmpp-server -xmpphost "$domain" "${shown[@]}"
}

opening="<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0'"
domain=example.com
deployed combined --preset single-combined
delivered
root=$PUBLIC/root.crt
cp "$root" "$A/root.crt"
read -r key leaf bundle <<<"$(given 'xmpp certs')"
cat "$A/$leaf" "$A/$bundle" >"$A/chain.crt"
serve_prosody chain.crt "$key"
for name in xmpp.example.com "$domain"; do
    app "$name"
    trusted "an app, $name"
    ordered "an app, $name: the chain is sent in order"
done
app join.example.com
refused "an app, another name" "hostname mismatch"
peer xmpp.example.com "$key" "$leaf" "$bundle"
trusted "another server is let in by its certificate"

peer other.example.com "$key" "$leaf" "$bundle"
refused "a server of another name" "certificate is not valid for this name"
peer xmpp.example.com "$key" "$leaf"
refused "a server that sends no intermediates" "certificate is not trusted"
peer xmpp.example.com callbridge.key callbridge.crt callbridgebundle.crt
refused "a server whose root is another" "certificate is not trusted"
peer xmpp.example.com
refused "a server without a certificate" "certificate could not be validated"
down

serve_prosody "$leaf" "$key"
app xmpp.example.com
refused "no intermediates" "unable to get local issuer certificate"
down
fails "certwright knew of the intermediates" "$CERTWRIGHT" pki verify "store/$leaf" "$PUBLIC/root.crt"
says "certwright knew the reason: the issuer" "unable to get local issuer certificate"

# It starts with another key, too, and refuses every handshake.
serve_prosody chain.crt webbridge.key
logged "another key" "Error creating context for c2s: .*key does not match" "$T/prosody.log"
app xmpp.example.com
refused "another key" "no peer certificate available"
down
fails "certwright knew of the key" "$CERTWRIGHT" pki match store/webbridge.key "store/$leaf"
