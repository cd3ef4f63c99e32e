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

# stream FROM: what a client or a server opens its stream with.
stream()
{
    printf '%s' "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams'" \
        " to='$domain' ${1:+from='$1' }version='1.0' xmlns='jabber:${1:+server}${1:-client}'>"
}

domain=example.com
deployed combined --preset single-combined
delivered
root=$PUBLIC/root.crt
cp "$root" "$A/root.crt"
read -r key leaf bundle <<<"$(given 'xmpp certs')"
cat "$A/$leaf" "$A/$bundle" >"$A/chain.crt"
serve_prosody chain.crt "$key"

SAY_UNTIL='</stream:features>'
answer='PLAIN</mechanism>'
greeting="<?xml version='1.0'?><stream:stream to='$domain' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
greet "$port" xmpp.example.com -starttls xmpp -xmpphost "$domain"
trusted "c2s"
told | grep -v "^[A-Za-z0-9/+=]*$"
greeting="<?xml version='1.0'?><stream:stream from='xmpp.example.com' to='$domain' version='1.0' xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>"
greet "$peers" xmpp.example.com -starttls xmpp-server -xmpphost "$domain" -cert $A/$leaf -key $A/$key -cert_chain $A/$bundle
trusted "s2s"
cat $T/out $T/err | grep -v "^[A-Za-z0-9/+=]*$"
cat $T/prosody.log
