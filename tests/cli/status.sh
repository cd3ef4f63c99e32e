#!/usr/bin/env bash
# When what ends: dates as openssl has them, for a person, a script, Prometheus and a calendar.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

cat >deployment.conf <<'END'
release = "3.8"  name = "example.com"  store = "store"  key { type = "ec" bits = 256 }
environment { purpose = "production" }
identity "cb" { CN = "cb.example.com"  signer = "internal" }
identity "wb" { CN = "join.example.com"  subjectAltName = { "join.example.com" }  signer = "public" }
identity "wa" { CN = "cms.example.com"  signer = "internal" }
server "core1" { address = "core1.example.com"
    service "webadmin" { identity = "wa"  listen = { "admin:443" } }
    service "callbridge" { identity = "cb"  listen = { "a" }  database = "none" } }
server "edge1" { address = "edge1.example.com"
    service "webbridge3" { a-record = "join.example.com"  https = "wb"  c2w = "wb"  https-listen = { "a:443" }
        c2w-listen = { "a:9999" }  c2w-url = "c2w://join.example.com:9999"  c2w-trust-file = "partner.crt" } }
END
cw status
same "without any certificate nothing is due" 0 "$status"
says "and it says so" "No certificate is here yet."
cw generate
make_ca ca
ca_signs ca store/cb.csr cb.pem 365 # below Acme Issuing 2
ca_signs ca store/wb.csr wb.pem 90
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 400 \
    -subj "/CN=partner \\\"one\\\"" -out partner.pem 2>/dev/null
cat ca/root.crt ca/issuing.crt cb.pem >answer.pem
cw import answer.pem wb.pem
same "the answers are taken" 0 "$status"
cat partner.pem >store/partner.crt

cw status
same "nothing is due today" 0 "$status"
clean "the table acts on no terminal"
matches "a row tells end, days left, state and server" \
    "^ cb +$(date -u -d '+365 days' +%F) +36[45]  OK +#+ +core1\$"
says "what waits for its CA" " wa: not sent yet"
says "and which server ends first" " edge1: $(date -u -d '+90 days' +%F), wb"
wide=$(awk 'length > 80' "$T/out")
same "eighty columns are enough" "" "$wide"

# As JSON, beside openssl.
cw status --json
for name in cb wb; do
    end=$(openssl x509 -in store/$name.crt -noout -enddate -dateopt iso_8601 | sed 's/.*=//; s/ /T/')
    json "$name ends when openssl says" ".certificates[] | select(.name == \"$name\") | .not_after" "$end"
    serial=$(openssl x509 -in store/$name.crt -noout -serial | sed 's/.*=//')
    json "$name by its serial" ".certificates[] | select(.name == \"$name\") | .serial" "$serial"
done
json "who uses it" '.certificates[] | select(.name == "wb") | .used_by[]' "edge1 webbridge3"
json "the CAs sign two" '.certificates[] | select(.kind == "ca") | "\(.name) \(.signs)"' \
    $'Acme Issuing 2 2\nAcme Root 2'
json "a copy that a trust holds" '.certificates[] | select(.kind == "copy") | "\(.file) \(.servers[])"' \
    "partner.crt edge1"
json "what waits" '.waiting[] | "\(.identity) \(.file)\(.sent)"' "wa wa.csr"
json "the first to end stands first" '[.certificates[].not_after] | . == sort' true

# The day moves.
later() { date -u -d "+$1 days" +%F; }
cw status --at "$(later 59)"
same "of 90 days a third is left in a month: not due yet" 0 "$status"
says "but near" "NOTE"
cw status --at "$(later 62)"
same "less than a third left is due" 1 "$status"
matches "and a warning" "^ wb .* WARN +~"
cw status --at "$(later 80)"
matches "urgent in the second half of that time" "^ wb .* WARN +!"
cw status --at "$(later 95)"
same "ended: the exit status says it" 1 "$status"
matches "with negative days" "^ wb .* -[56]  ENDED +x"
cw status --at "$(later 95)" --json
json "also in JSON" '.certificates[0] | .name, .days < 0, .state' $'wb\ntrue\nENDED'
cw status --quiet --at "$(later 95)"
same "--quiet: the status alone" "1:" "$status:$out"
cw status --quiet --ics
says "--quiet: a document that was asked for is printed" "END:VCALENDAR"

# A CA that ends before what it signed.
openssl x509 -req -in ca/issuing.csr -CA ca/root.crt -CAkey ca/root.key -days 100 -extfile ca/ca.ext \
    -out short.crt 2>/dev/null
cp store/cbbundle.crt kept.crt
mkdir aside
mv store/wb* aside
cat short.crt ca/root.crt >store/cbbundle.crt
cw status
says "a CA that ends first is told" "its CA \"Acme Issuing 2\" ends before it: $(later 100)"
cw status --json
json "it is the chain's end" '.certificates[] | select(.name == "cb") | .chain_not_after[:10]' "$(later 100)"
json "and the server's" '.servers[] | select(.server == "core1") | .not_after[:10]' "$(later 100)"
cp kept.crt store/cbbundle.crt
mv aside/* store

# Month by month.
cw status --timeline
has "the month is the heading" "$(later 90 | cut -c1-7)" "$T/out"
has "who is refused then" "wb ends: whoever verifies it refuses webbridge3 on edge1" "$T/out"
has "a copy is no longer accepted" "webbridge3 on edge1 stops accepting it (partner.crt)" "$T/out"
has "renewals of public ones" "200 days, since 2026-03-15: 2.6 each, 3 in all" "$T/out"
clean "no byte of it acts on a terminal"

# A file that cannot be read is told, not passed by.
head -c 40 store/cb.crt >store/broken.crt
cw status --json
json "a file that can't be read" '.unread[].file' broken.crt

# Prometheus reads it.
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
    cw status --prometheus --at "$(later 95)"
    same "metrics end with what is due" 1 "$status"
    /usr/bin/python3 - "$T/out" <<'END' >metrics
import sys
from prometheus_client.parser import text_string_to_metric_families as parse
for family in parse(open(sys.argv[1]).read()):
    for s in family.samples:
        label = s.labels.get("name") or s.labels.get("severity") or s.labels.get("file") or ""
        print(s.name, label, int(s.value), sep="|")
END
    has "seconds of the end" "certwright_certificate_not_after_seconds|wb|$(
        date -u -d "$(openssl x509 -in store/wb.crt -noout -enddate | sed 's/.*=//')" +%s)" metrics
    matches_file() { grep -qE "$2" "$3" && pass "$1" || fail "$1" "$(cat "$3")"; }
    matches_file "days stay when they are negative" '^certwright_certificate_days_left\|wb\|-[56]$' metrics
    matches_file "a name with quotes is one label" \
        '^certwright_certificate_not_after_seconds\|partner "one"\|' metrics
    has "findings by severity" "certwright_findings|error|" metrics
    has "the file that can't be read" "certwright_file_unreadable|broken.crt|1" metrics
    has "a request that was not sent" "certwright_request_waiting_days|wa|-1" metrics
else
    skip "Prometheus' own parser (Debian: python3-prometheus-client)"
fi

# A calendar reads it.
if /usr/bin/python3 -c 'import icalendar' 2>/dev/null; then
    cw status --ics --lead 10
    clean_lines=$(LC_ALL=C grep -cv $'\r$' "$T/out")
    same "each line ends as RFC 5545 asks" 0 "$clean_lines"
    same "and is no longer than 75 bytes" "" "$(LC_ALL=C awk 'length > 76' "$T/out")"
    /usr/bin/python3 - "$T/out" <<'END' >events
import sys
from icalendar import Calendar
for e in Calendar.from_ical(open(sys.argv[1], "rb").read()).walk("VEVENT"):
    print(e["DTSTART"].dt, e["SUMMARY"], e["UID"].split("-")[1], sep="|")
END
    # A certificate of 90 days is due for 30: a quarter of it is 7, the window before it 4, the CA's 10.
    end=$(openssl x509 -in store/wb.crt -noout -enddate | sed 's/.*=//')
    back() { date -u -d "$end -$1 days" +%F; }
    has "when to order" "$(back 21)|Order a new certificate for wb|order@certwright" events
    has "when to import" "$(back 11)|Import the new certificate of wb|import@certwright" events
    has "when to install" "$(back 7)|Install the new certificate of wb|install@certwright" events
    same "three events a certificate" 15 "$(wc -l <events)"
else
    skip "a calendar's own parser (Debian: python3-icalendar)"
fi

# Wrong usage.
exits 2 "one shape at a time" "$CERTWRIGHT" status --ics --timeline
exits 2 "--lead belongs to --ics" "$CERTWRIGHT" status --lead 4
exits 2 "--lead is a number" "$CERTWRIGHT" status --ics --lead soon
exits 2 "no argument" "$CERTWRIGHT" status cb
