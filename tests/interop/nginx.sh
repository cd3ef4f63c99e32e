#!/usr/bin/env bash
# nginx takes the files of the Web Admin, of Web Bridge 2 (certificate and bundle) and of Web Bridge 3
# (full chain); openssl and curl are the browsers.
. "$(dirname "$0")/servers.bash"
needs nginx curl
greeting='GET / HTTP/1.0\r\n\r\n'

# site KEY CHAIN: the configuration that serves the chain and says $answer, on $port.
site()
{
    port=$(free_port)
    cat >"$A/nginx.conf" <<END
daemon off;
pid $A/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $A/body; proxy_temp_path $A/proxy; fastcgi_temp_path $A/fastcgi;
    uwsgi_temp_path $A/uwsgi; scgi_temp_path $A/scgi;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $A/$2;
        ssl_certificate_key $A/$1;
        location / { return 200 "$answer\n"; }
    }
}
END
    owned
    nginx=(nginx -p "$A" -e stderr -c "$A/nginx.conf")
}

serve_site()
{
    site "$@"
    serve "$T/nginx.log" "${nginx[@]}"
    up "$port"
}

# browse NAME: curl, which keeps to the one root, too.
browse()
{
    run curl -sS --max-time 10 --noproxy '*' --cacert "$root" --capath "$A/none" \
        --resolve "$1:$port:127.0.0.1" "https://$1:$port/"
}

# right WHAT NAME…: served under each of its names, and under no other.
right()
{
    local what=$1 name
    shift
    for name in "$@"; do
        greet "$port" "$name"
        trusted "$what: $name"
        ordered "$what: $name: the chain is sent in order"
        browse "$name"
        same "$what: $name in curl" "0 $answer" "$status $out"
    done
    greet "$port" other.example.com
    refused "$what: another name" "hostname mismatch"
    browse other.example.com
    same "$what: another name in curl" 60 "$status"
    says "$what: another name in curl, its reason" "no alternative certificate subject name matches"
}

# wrong WHAT NAME KEY LEAF BUNDLE OTHER: no longer served, or no longer trusted, with one thing changed.
wrong()
{
    local what=$1 name=$2 key=$3 leaf=$4 bundle=$5 other=$6
    openssl x509 -in "$A/$leaf" -out "$A/alone.crt"
    serve_site "$key" alone.crt
    greet "$port" "$name"
    refused "$what: without the intermediates" "unable to get local issuer certificate"
    browse "$name"
    same "$what: without the intermediates, curl" 60 "$status"
    says "$what: without the intermediates, curl's reason" "unable to get local issuer certificate"
    down
    cat "$A/$bundle" "$A/alone.crt" >"$A/reversed.crt"
    site "$key" reversed.crt
    stays_down "$what: no start with the leaf last" "key values mismatch" "${nginx[@]}"
    site "$other" "$leaf"
    stays_down "$what: no start with another key" "key values mismatch" "${nginx[@]}"
    fails "$what: certwright knew of the key" "$CERTWRIGHT" pki match "store/$other" "store/$leaf"
}

### Web Admin and Web Bridge 2: the appliance sends certificate and bundle

deployed combined --preset single-combined
delivered

answer="Web Admin here"
read -r key leaf bundle <<<"$(given 'webadmin certs')"
cat "$A/$leaf" "$A/$bundle" >"$A/chain.crt"
serve_site "$key" chain.crt
right "Web Admin" cms1.example.com
root=$PUBLIC/root.crt
greet "$port" cms1.example.com
refused "Web Admin: to one who knows another root only" "self-signed certificate in certificate chain"
root=$INTERNAL/root.crt
greet "$port" cms1.example.com -attime "$(date -d '+2 years' +%s)"
refused "Web Admin: in two years" "certificate has expired"
greet "$port" cms1.example.com -attime "$(date -d '-2 days' +%s)"
refused "Web Admin: two days ago" "certificate is not yet valid"
down
wrong "Web Admin" cms1.example.com "$key" "$leaf" "$bundle" callbridge.key

root=$PUBLIC/root.crt
answer="Web Bridge here"
read -r key leaf bundle <<<"$(given 'webbridge certs')"
cat "$A/$leaf" "$A/$bundle" >"$A/chain.crt"
serve_site "$key" chain.crt
right "Web Bridge 2" join.example.com cms1.example.com
down
wrong "Web Bridge 2" join.example.com "$key" "$leaf" "$bundle" webadmin.key

### Web Bridge 3: one file, the full chain, as it is

deployed split --preset single-combined --with webbridge3 --without webbridge,xmpp,turn
delivered
answer="Web Bridge 3 here"
read -r key full <<<"$(given 'webbridge3 https certs')"
serve_site "$key" "$full"
right "Web Bridge 3" join.example.com cms1.example.com
down
wrong "Web Bridge 3" join.example.com "$key" "$full" wb3-httpsbundle.crt wb3-c2w.key

### One certificate for all

deployed webapp --preset webapp
delivered
root=$INTERNAL/root.crt
answer="web app here"
read -r key full <<<"$(given 'webbridge3 https certs')"
serve_site "$key" "$full"
right "web app" cms1.example.com
down
read -r key leaf bundle <<<"$(given 'webadmin certs')"
cat "$A/$leaf" "$A/$bundle" >"$A/chain.crt"
same_file "web app: certificate and bundle make the full chain" "$A/chain.crt" "$A/$full"
