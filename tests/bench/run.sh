#!/usr/bin/env bash
# The time of some commands beside openssl's for the same work: medians of TURNS runs that take
# turns, as a ratio, with the goal. A ratio holds where milliseconds do not. Says, never fails.
set -u
CERTWRIGHT=${CERTWRIGHT:-$(cd "$(dirname "$0")/../.." && pwd)/build/certwright}
TURNS=${TURNS:-31}
T=$(mktemp -d) && trap 'rm -rf "$T"' EXIT
# openssl x509 reads the machine's trust store for nothing: without it the comparison is fair.
cd "$T" && mkdir store && export LC_ALL=C SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/nonexistent

openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -days 99 -subj "/CN=bench root" 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\n' >ca.ext
openssl req -newkey rsa:2048 -nodes -keyout sub.key -out sub.csr -subj "/CN=bench sub" 2>/dev/null
openssl x509 -req -in sub.csr -CA root.crt -CAkey root.key -CAcreateserial -days 99 -extfile ca.ext -out sub.crt 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout store/leaf.key -out leaf.csr -subj "/CN=leaf.example.com" 2>/dev/null
openssl x509 -req -in leaf.csr -CA sub.crt -CAkey sub.key -CAcreateserial -days 99 -out store/leaf.crt 2>/dev/null
cat sub.crt root.crt >store/bundle.crt
for ((i = 0; i < 144; i++)); do cat store/leaf.crt; done >store/many.crt

# once COMMAND…: its microseconds.
once()
{
    local start=${EPOCHREALTIME/./}
    "$@" >/dev/null 2>&1
    echo $((${EPOCHREALTIME/./} - start))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# against WHAT GOAL OURS THEIRS: each a function's name.
against()
{
    local what=$1 goal=$2 ours=$3 theirs=$4 i
    : >ours && : >theirs
    for ((i = 0; i < TURNS; i++)); do
        once $ours >>ours
        once $theirs >>theirs
    done
    awk -v what="$what" -v goal="$goal" -v a="$(median <ours)" -v b="$(median <theirs)" \
        'BEGIN { printf "%-34s %8.2f ms  openssl %8.2f ms  ratio %5.2f  goal %s %s\n", what, a / 1000, b / 1000, a / b, goal, a / b <= goal ? "" : "  MISSED" }'
}

version_ours() { "$CERTWRIGHT" --version; }
version_theirs() { openssl version; }
inspect_ours() { "$CERTWRIGHT" pki inspect leaf.crt; }
inspect_theirs() { openssl x509 -in store/leaf.crt -noout -text; }
json_ours() { "$CERTWRIGHT" pki inspect many.crt --json; }
json_theirs() { openssl storeutl -noout -text -certs store/many.crt; }
verify_ours() { "$CERTWRIGHT" pki verify leaf.crt bundle.crt; }
verify_theirs() { openssl verify -CAfile store/bundle.crt store/leaf.crt; }
match_ours() { "$CERTWRIGHT" pki match leaf.key leaf.crt; }
match_theirs() { openssl pkey -in store/leaf.key -pubout && openssl x509 -in store/leaf.crt -noout -pubkey; }

echo "Medians of $TURNS, taking turns."
against "start" 0.65 version_ours version_theirs
against "pki inspect, one certificate" 0.85 inspect_ours inspect_theirs
against "pki inspect --json, 144" 0.5 json_ours json_theirs
against "pki verify, leaf and two CAs" 0.85 verify_ours verify_theirs
against "pki match" 0.35 match_ours match_theirs
