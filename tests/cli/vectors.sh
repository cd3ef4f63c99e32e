#!/usr/bin/env bash
# The X.509 vectors of Debian's python3-cryptography-vectors: inspect says what openssl says, and on
# NIST's PKITS verify gives openssl's verdict under the same rules (no revocation, no policies).
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

vectors=/usr/lib/python3/dist-packages/cryptography_vectors/x509
if [ ! -d "$vectors/PKITS_data" ]; then
    skip "no vectors here (Debian: python3-cryptography-vectors)"
    exit 0
fi

# Plain only, when all are run: the matrix and the fuzz corpora bring the sanitizers the same forms.
# Where it is many times slower it looks at a part.
step=1
case ${SLOW:-} in ?*) step=8 ;; esac
turn=0
is_left_out() { turn=$((turn + 1)) && [ $((turn % step)) != 0 ]; }

# Layout apart: see roots.sh. Names are compared by the JSON.
plain()
{
    sed 's/^ *//; s/ *$//; /Signature Value:/d; /:error:/d; /^Subject: /d; /^Issuer: /d; s/^keyid://; s/\\x[0-9A-F][0-9A-F]//g' |
        LC_ALL=C tr -d '\n.\200-\377'
}
form_of() { if grep -q -- -----BEGIN "$1"; then echo PEM; else echo DER; fi; }
theirs()
{
    openssl "$1" -inform "$2" -in "$3" -noout -subject -nameopt RFC2253,-esc_msb,utf8 | sed 's/^[a-z]*=//'
    [ "$1" = req ] || openssl x509 -inform "$2" -in "$3" -noout -serial -fingerprint -sha256 | sed 's/^.*=//'
}

# Each file by itself. A certificate or request that openssl reads is read the same; others are told.
cases=0 good=0 odd=''
for file in "$vectors"/*.??? "$vectors"/custom/*.* "$vectors"/custom/ca/*.pem "$vectors"/ed*/*.pem "$vectors"/requests/*; do
    cases=$((cases + 1)) form=$(form_of "$file") name=${file#"$vectors"/}
    cw --json --store nowhere pki inspect "$file"
    clean_output=$(LC_ALL=C grep -cP '[\x01-\x08\x0b-\x1f\x7f]' "$T/out" "$T/err" | grep -v ':0$')
    kind=$(jq -r .kind "$T/out" 2>&1)
    if wanted=$(theirs x509 "$form" "$file" 2>/dev/null) && [ -n "$wanted" ]; then
        got=$(jq -r '.certificates[0] | .subject, .serial, .sha256_fingerprint' "$T/out" 2>&1)
        is_left_out || text=$("$CERTWRIGHT" pki inspect "$file" 2>/dev/null | sed 1,3d | plain)
        [ "$kind" = bundle ] || [ $((turn % step)) != 0 ] || [ "$text" = "$(openssl x509 -inform "$form" -in "$file" -noout -text 2>/dev/null | plain)" ] ||
            odd="$odd $name:text"
    elif wanted=$(theirs req "$form" "$file" 2>/dev/null) && [ -n "$wanted" ]; then
        got=$(jq -r '.csr.subject' "$T/out" 2>&1)
    elif grep -q 'BEGIN.*PRIVATE KEY' "$file"; then
        wanted=private-key got=$kind
    else
        wanted=unknown got=$kind
        [ -s "$T/err" ] || got="not told"
    fi
    if [ "$wanted" = "$got" ] && [ -z "$clean_output" ]; then good=$((good + 1)); else odd="$odd $name($got)"; fi
done
[ "$cases" -gt 130 ] && pass "$cases files" || fail "enough files" "$cases"
same "each is read as openssl reads it" "$cases" "$good$odd"

# PKITS. The bundle holds every CA of the suite: the paths are to be found.
pkits=$vectors/PKITS_data/certs
for file in "$pkits"/*.crt; do
    case $file in *EE.crt) ;; *) openssl x509 -inform DER -in "$file" 2>/dev/null ;; esac
done >cas.pem
openssl x509 -inform DER -in "$pkits/TrustAnchorRootCertificate.crt" -out root.pem
same "the suite's CAs are read" "$(grep -c BEGIN cas.pem)" \
    "$(cw --json pki inspect ./cas.pem; jq '.certificates | length' "$T/out")"

# What the suite calls invalid by revocation or by policies alone, neither of which is judged here.
# (BasicSelfIssued…, LongSerialNumber 18, NegativeSerialNumber 15: a revoked serial number.)
revocation='CRL|Revoked|IDPwith|onlyContains|onlySomeReasons|distributionPoint|cRLIssuer|LongSerialNumberTest18|NegativeSerialNumberTest15|BasicSelfIssued(New|Old)With|BasicSelfIssuedNewWithOld|BasicSelfIssuedOldWithNew'
policies='Policy|MappingFromany|MappingToany|inhibitAnyPolicy|inhibitPolicyMapping|requireExplicitPolicy'
# OpenSSL takes no DSA parameters from the issuer.
unlike='ValidDSAParameterInheritanceTest5EE'
openssl verify -CAfile root.pem -untrusted cas.pem "$pkits"/*EE.crt >verdicts 2>/dev/null
cases=0 agreed=0 odd='' unexplained=''
for file in "$pkits"/*EE.crt; do
    if is_left_out; then continue; fi
    name=$(basename "$file" .crt) cases=$((cases + 1)) wanted=1
    ! grep -qxF "$file: OK" verdicts || wanted=0
    cw --quiet --store nowhere pki verify "$file" ./cas.pem ./root.pem
    [ "$status" = "$wanted" ] && agreed=$((agreed + 1)) || odd="$odd $name($status)"
    case $name$status in
    Invalid*1 | Valid*0) ;;
    Invalid*0) grep -qEi "$revocation|$policies" <<<"$name" || unexplained="$unexplained $name" ;;
    *0) ;;
    *) [ "$name" = "$unlike" ] || unexplained="$unexplained $name" ;;
    esac
done
[ $((cases * step)) -gt 200 ] && pass "PKITS: $cases end certificates" || fail "PKITS: enough" "$cases"
same "PKITS: openssl's verdict on each" "$cases" "$agreed$odd"
same "PKITS: the suite's own verdict, revocation and policies apart" "" "$unexplained"

# Its PKCS#12 files: old ciphers, each with its key and certificates.
openssl list -providers -provider legacy >/dev/null 2>&1 && old=yes || old=
cases=0 good=0 odd=''
echo password >pw
for file in "$vectors"/PKITS_data/pkcs12/Valid*.p12; do
    if is_left_out; then continue; fi
    cases=$((cases + 1))
    cw --json --store nowhere pki inspect "$file" --password-file pw
    if [ -n "$old" ]; then
        [ "$(jq -r '"\(.kind) \(.key.encrypted) \(.certificates | length > 0)"' "$T/out")" = "pkcs12 false true" ] &&
            good=$((good + 1)) || odd="$odd $(basename "$file")"
    else
        grep -q "legacy module" "$T/err" && good=$((good + 1))
    fi
done
same "PKITS: each valid PKCS#12 opens" "$cases" "$good$odd"
