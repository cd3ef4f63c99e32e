#!/usr/bin/env bash
# What the command line takes beside openssl, certtool and a bare C program that calls libcrypto for
# the same work: medians of runs that take turns, so that a noisy machine hits all alike, with peak
# memory and system calls. A goal is a ratio, or a bound. Says "met" or "MISSED", never fails.
#
#   BENCH=DIR     where the helpers are (make bench builds them)
#   ONLY=WORD     the rows whose names hold the word
#   PATIENCE=2    twice the turns
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
CERTWRIGHT=${CERTWRIGHT:-$here/../../build/certwright}
BENCH=${BENCH:-$here/../../build/bench}
ONLY=${ONLY:-}
PATIENCE=${PATIENCE:-1}
T=$(mktemp -d) && trap 'rm -rf "$T"' EXIT
# openssl x509 reads the machine's trust store for nothing: without it the comparison is fair.
export SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/nonexistent
cd "$T" || exit 1
met=0 missed=0 even=0

command -v strace >/dev/null && strace -c -o "$T/probe" true 2>/dev/null && strace=yes || strace=
[ -n "$strace" ] || echo "# system calls are not counted: no strace here, or it may not trace"
command -v certtool >/dev/null && certtool=yes || certtool=

wanted() { case $1 in *"$ONLY"*) ;; *) return 1 ;; esac; }

# calls INDEX: how many system calls that contestant of the last turn makes, all its threads and
# processes; - without strace.
calls()
{
    local at=-1 word parts=() before='' sum=0
    [ -n "$strace" ] || { echo -; return; }
    for word in "${contest[@]}" --; do
        if [ "$word" = -- ] || [ "$word" = + ]; then
            if [ "$at" = "$1" ] && [ ${#parts[@]} -gt 0 ]; then
                [ -z "$before" ] || sh -c "$before"
                before=''
                strace -f -c -o "$T/strace" "${parts[@]}" >/dev/null 2>&1 </dev/null
                sum=$((sum + $(awk '$NF == "total" { print $(NF == 6 ? 4 : 3); exit }' "$T/strace")))
            fi
            parts=()
            [ "$word" = + ] || at=$((at + 1))
        elif [ "${word#@}" != "$word" ]; then
            [ "$at" != "$1" ] || before=${word#@}
        else
            parts+=("$word")
        fi
    done
    echo $sum
}

# turn TURNS SECONDS -- …: sets the arrays us, kb and chance, one value a contestant.
turn()
{
    local turns=$(($1 * PATIENCE)) seconds=$(($2 * PATIENCE)) status
    shift 2
    contest=("$@") us=() kb=() chance=()
    while read -r median peak status percent; do
        us+=("$median") kb+=("$peak") chance+=("$percent")
        [ "$status" = "${wanted_status:-0}" ] || echo "# contestant ${#us[@]} ended with status $status"
    done < <("$BENCH/turns" "$turns" "$seconds" "$@")
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
ms() { awk -v us="$1" 'BEGIN { printf us < 100000 ? "%.2f ms" : "%.0f ms", us / 1000 }'; }
mb() { awk -v k="$1" 'BEGIN { printf "%.1f MB", k / 1024 }'; }

# row WHAT: the numbers of our own run; then one line for each comparison.
row()
{
    printf '\n%-44s %11s %9s %7s calls\n' "$1" "$(ms "${us[0]}")" "$(mb "${kb[0]}")" "$(calls 0)"
}

# judge WHAT VALUE GOAL WORDS [CHANCE]: one line, met or missed. No goal: for information. CHANCE is
# what luck may have done to the value, in per cent: a goal that is missed by less is neither.
judge()
{
    local verdict=
    if [ -n "$3" ]; then
        verdict="goal $3  $(awk -v v="$2" -v g="$3" -v c="${5:-0}" \
            'BEGIN { print v <= g ? "met" : v * (1 - c / 100) <= g ? "within chance" : "MISSED" }')"
        case $verdict in *met) met=$((met + 1)) ;; *MISSED) missed=$((missed + 1)) ;; *) even=$((even + 1)) ;; esac
    fi
    printf '    %-30s %8s  %-38s %s\n' "$1" "$2" "$4" "$verdict"
}

# against WHAT INDEX GOAL: our time as a part of a contestant's.
against()
{
    local luck
    luck=$(awk -v a="${chance[0]}" -v b="${chance[$2]}" 'BEGIN { printf "%.0f", sqrt(a * a + b * b) }')
    judge "x $1" "$(ratio "${us[0]}" "${us[$2]}")" "$3" \
        "$(ms "${us[$2]}"), $(mb "${kb[$2]}"), $(calls "$2") calls$([ "$luck" -lt 3 ] || echo ", ±$luck %")" "$luck"
}

echo "Medians, taking turns; ratios are ours to theirs, less is better. $(nproc) cores."
mkdir store && "$BENCH/material" . CA && "$BENCH/material" . leaves 1000 && "$BENCH/material" . pairs 300
cp leaf00001.crt bundle.crt root.crt root.key store/
cp pair00001.key store/pair.key && cp pair00001.crt store/pair.crt
openssl req -newkey rsa:2048 -nodes -keyout store/leaf.key -out store/leaf.csr -subj /CN=leaf.example.com \
    -addext subjectAltName=DNS:leaf.example.com 2>/dev/null
openssl x509 -req -in store/leaf.csr -CA sub.crt -CAkey sub.key -days 99 -out store/leaf.crt 2>/dev/null
if [ "$(grep -c BEGIN /etc/ssl/certs/ca-certificates.crt 2>/dev/null)" -gt 100 ]; then
    cp /etc/ssl/certs/ca-certificates.crt store/many.crt
else
    for ((i = 101; i < 245; i++)); do cat "leaf00$i.crt"; done >store/many.crt
fi
many=$(grep -c BEGIN store/many.crt)
printf 'cn = "new.example.com"\ndns_name = "new.example.com"\nexpiration_days = 365\n' >template

if wanted start; then
    turn 101 20 -- "$CERTWRIGHT" --version -- openssl version -- certtool --version -- "$BENCH/floor_start" \
        -- "$BENCH/certwright-static" --version
    row "start: --version"
    against "openssl version" 1 0.65
    against "certtool --version" 2 0.75
    against "bare C" 3 ""
    [ -z "$strace" ] || judge "system calls" "$(calls 0)" 75 ""
    judge "STATIC_SMALL=1 x openssl" "$(ratio "${us[4]}" "${us[1]}")" 0.65 "$(ms "${us[4]}"), $(calls 4) calls"
    judge "STATIC_SMALL=1 x certtool" "$(ratio "${us[4]}" "${us[2]}")" 0.75 ""
fi

# screen_judge WHAT INDEX GOAL FORMAT: our value of that measure as a part of the form's.
screen_judge()
{
    judge "$1" "$(ratio "${ours[$2]}" "${form[$2]}")" "$3" \
        "$("$4" "${ours[$2]}"), form $("$4" "${form[$2]}")${dialog:+, dialog $("$4" "${menu[$2]:-0}")}"
}
bytes() { echo "$1 B"; }
cpu() { awk -v ns="$1" 'BEGIN { printf "%.0f µs", ns / 1000 }'; }

if wanted screen; then
    export TERM=xterm-256color
    command -v dialog >/dev/null && dialog=yes || dialog=
    mkdir -p screen && cd screen || exit 1
    { read -ra ours && read -ra static && read -ra form && read -ra menu; } < <(LC_ALL=C.UTF-8 "$BENCH/keys" $((11 * PATIENCE)) '\033OB' '\033OA' \
        -- "$CERTWRIGHT" wizard -- "$BENCH/certwright-static" wizard -- "$BENCH/floor_form" \
        -- ${dialog:+dialog --menu "What would you like to do?" 0 0 0 a one b two c three d four e five f six})
    cd ..
    printf '\n%-44s %11s %9s\n' "screen: first paint" "$(ms "${ours[0]}")" "$(mb "${ours[10]}")"
    screen_judge "x a bare form" 0 1.3 ms
    judge "static, x a bare form" "$(ratio "${static[0]}" "${form[0]}")" 1.3 "$(ms "${static[0]}")"
    printf '%s\n' "screen: keys, resize, idle"
    screen_judge "key to paint, x a bare form" 1 1.2 ms
    screen_judge "CPU a key, x a bare form" 2 1.5 cpu
    judge "bytes a move of the bar" "${ours[3]}" 85 "form ${form[3]} B${dialog:+, dialog ${menu[3]} B}"
    screen_judge "300 keys at once, x a form" 4 1.0 ms
    judge "their bytes" "${ours[5]}" 2048 "form ${form[5]} B${dialog:+, dialog ${menu[5]} B}"
    judge "resize to paint, ms" "$(awk -v us="${ours[6]}" 'BEGIN { printf "%.1f", us / 1000 }')" 20 \
        "form $(ms "${form[6]}")${dialog:+, dialog $(ms "${menu[6]}")}"
    judge "wakes of an idle second" "${ours[8]}" 0 ""
    judge "bytes of an idle second" "${ours[9]}" 0 ""
    judge "peak MB" "$(awk -v k="${ours[10]}" 'BEGIN { printf "%.1f", k / 1024 }')" 8 "form $(mb "${form[10]}")${dialog:+, dialog $(mb "${menu[10]}")}"
fi

if wanted inspect; then
    turn 61 20 -- "$CERTWRIGHT" pki inspect leaf00001.crt -- openssl x509 -in leaf00001.crt -noout -text \
        -- certtool -i --infile leaf00001.crt -- "$BENCH/floor_inspect" text leaf00001.crt
    row "inspect one certificate, full text"
    against "openssl x509 -text" 1 0.85
    against "certtool -i" 2 1.1
    against "bare C" 3 ""
    turn 21 25 -- "$CERTWRIGHT" pki inspect many.crt -- openssl storeutl -noout -text -certs store/many.crt \
        -- certtool -i --infile store/many.crt -- "$BENCH/floor_inspect" text store/many.crt
    row "inspect a bundle of $many, full text"
    against "openssl storeutl -text" 1 0.95
    against "certtool -i" 2 ""
    against "bare C" 3 ""
    turn 21 25 -- "$CERTWRIGHT" pki inspect many.crt --json -- openssl storeutl -noout -text -certs store/many.crt \
        -- "$BENCH/floor_inspect" fields store/many.crt
    row "inspect a bundle of $many, --json"
    against "openssl storeutl -text" 1 0.5
    against "bare C, main fields" 2 ""
fi

if wanted verify; then
    turn 61 20 -- "$CERTWRIGHT" pki verify leaf00001.crt bundle.crt \
        -- openssl verify -no-CApath -no-CAstore -CAfile bundle.crt leaf00001.crt \
        -- certtool --verify --load-ca-certificate bundle.crt --infile leaf00001.crt \
        -- "$BENCH/floor_verify" bundle.crt leaf00001.crt
    row "verify a leaf below two CAs"
    against "openssl verify" 1 0.85
    against "certtool --verify" 2 ""
    against "bare C" 3 ""
    mkdir -p one && for f in leaf?????.crt bundle.crt; do ln -f "$f" one/; done
    turn 11 20 -- "$CERTWRIGHT" --store one pki verify --each one/leaf?????.crt bundle.crt \
        -- openssl verify -no-CApath -no-CAstore -CAfile bundle.crt leaf?????.crt \
        -- "$BENCH/floor_verify" bundle.crt leaf?????.crt
    row "verify 1,000 leaves in one run"
    against "openssl, one process" 1 0.35
    against "bare C, one thread" 2 ""
    ours=${us[0]}
    turn 3 25 -- sh -c 'for f in leaf?????.crt; do openssl verify -no-CApath -no-CAstore -CAfile bundle.crt $f; done' \
        -- sh -c 'for f in leaf?????.crt; do certtool --verify --load-ca-certificate bundle.crt --infile $f; done'
    judge "x openssl, a process each" "$(ratio "$ours" "${us[0]}")" 0.02 "$(ms "${us[0]}"), $(mb "${kb[0]}")"
    judge "x certtool, a process each" "$(ratio "$ours" "${us[1]}")" "" "$(ms "${us[1]}"), $(mb "${kb[1]}")"
fi

# names COUNT TYPE BITS: a deployment of so many identities, none made yet.
names()
{
    printf 'release = "2.9"\nname = "example.com"\nkey { type = "%s" bits = %s }\n' "$2" "$3"
    awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
        printf "identity \"id%d\" { CN = \"host%d.example.com\" signer = \"internal\" }\n", i, i }'
}

# forty TYPE BITS TURNS CERTTOOL_WORDS OPENSSL_WORDS…: forty keys with their requests.
forty()
{
    local type=$1 bits=$2 turns=$3 words=$4 loop other
    shift 4
    mkdir -p "many-$type/store" floor && names 40 "$type" "$bits" >"many-$type/deployment.conf"
    loop="for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
        do openssl req $* -nodes -keyout o\$i.key -out o\$i.csr -subj /CN=host\$i.example.com; done"
    other="for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
        do certtool --generate-privkey $words --outfile c.key; certtool --generate-request --load-privkey c.key --template template --outfile c.csr; done"
    turn "$turns" 90 -- "@rm -rf many-$type/store" "$CERTWRIGHT" --config "many-$type/deployment.conf" generate \
        -- sh -c "$loop" -- "$BENCH/floor_make" "$type" 40 floor \
        -- "@rm -rf many-$type/store" taskset -c 0 "$CERTWRIGHT" --config "many-$type/deployment.conf" generate \
        -- sh -c "$other"
}

if wanted "key and request"; then
    turn 41 60 -- "@rm -f store/new.*" "$CERTWRIGHT" pki csr new CN:new.example.com \
        -- openssl req -newkey rsa:2048 -nodes -keyout o.key -out o.csr -subj /CN=new.example.com \
        -- sh -c 'certtool --generate-privkey --key-type rsa --bits 2048 --outfile c.key; certtool --generate-request --load-privkey c.key --template template --outfile c.csr' \
        -- "$BENCH/floor_make" rsa 1 .
    row "new RSA-2048 key and request, durable"
    against "openssl req -newkey" 1 1.0
    against "certtool" 2 ""
    against "bare C, durable" 3 ""
    forty rsa 2048 5 "--key-type rsa --bits 2048" -newkey rsa:2048
    row "40 RSA-2048 keys and requests, durable"
    against "a loop of openssl" 1 0.55
    against "a loop of certtool" 4 ""
    against "bare C, one thread, durable" 2 ""
    judge "x n cores as on one, / n" "$(awk -v a="${us[0]}" -v b="${us[3]}" -v n="$(nproc)" 'BEGIN { printf "%.3f", a * n * 0.85 / b }')" 1.0 "one core $(ms "${us[3]}")"
    turn 41 30 -- "@rm -f store/new.*" "$CERTWRIGHT" pki csr new CN:new.example.com --ec P-256 \
        -- openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.csr -subj /CN=new.example.com \
        -- certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile c.key + certtool --generate-request --load-privkey c.key --template template --outfile c.csr \
        -- "$BENCH/floor_make" ec 1 .
    row "new P-256 key and request, durable"
    against "openssl req -newkey" 1 1.0
    against "certtool" 2 0.85
    against "bare C, durable" 3 ""
    forty ec 256 11 "--key-type ecdsa --curve secp256r1" -newkey ec -pkeyopt ec_paramgen_curve:P-256
    row "40 P-256 keys and requests, durable"
    against "a loop of openssl" 1 0.3
    against "a loop of certtool" 4 ""
    against "bare C, one thread, durable" 2 ""
    rm -f store/new.*
fi

if wanted sign; then
    turn 41 30 -- "@rm -f store/leaf.crt" "$CERTWRIGHT" pki sign leaf root \
        -- openssl x509 -req -in store/leaf.csr -CA root.crt -CAkey root.key -days 365 -copy_extensions copyall -out o.crt \
        -- certtool --generate-certificate --load-request store/leaf.csr --load-ca-certificate root.crt --load-ca-privkey root.key --template template --outfile c.crt \
        -- "$BENCH/floor_sign" store/leaf.csr root.crt root.key f.crt
    row "sign a request, durable"
    against "openssl x509 -req" 1 0.95
    against "certtool" 2 ""
    against "bare C, durable" 3 ""
fi

if wanted match; then
    turn 61 20 -- "$CERTWRIGHT" pki match leaf.key leaf.crt \
        -- openssl pkey -in store/leaf.key -pubout + openssl x509 -in store/leaf.crt -noout -pubkey \
        -- certtool --pubkey-info --load-privkey store/leaf.key + certtool --pubkey-info --load-certificate store/leaf.crt \
        -- "$BENCH/floor_match" store/leaf.key store/leaf.crt
    row "match a key and a certificate"
    against "openssl's two commands" 1 0.35
    against "certtool's two commands" 2 0.5
    against "bare C" 3 ""
    pairs=() && for f in pair?????.key; do pairs+=("./$f" "./${f%.key}.crt"); done
    turn 5 25 -- "$CERTWRIGHT" pki match --each "${pairs[@]}" \
        -- sh -c 'for f in pair?????.key; do openssl pkey -in $f -pubout; openssl x509 -in ${f%.key}.crt -noout -pubkey; done' \
        -- "$BENCH/floor_match" "${pairs[@]}" \
        -- sh -c 'for f in pair?????.key; do certtool --pubkey-info --load-privkey $f; certtool --pubkey-info --load-certificate ${f%.key}.crt; done'
    row "match 300 pairs in one run"
    against "a loop of openssl" 1 0.065
    against "a loop of certtool" 3 ""
    against "bare C" 2 ""
fi

if wanted list; then
    mkdir list1 list10 && cp root.crt sub.crt sub.key list10/
    "$BENCH/material" list10 leaves 10000
    rm list10/*.key list10/root.crt list10/sub.crt
    for ((i = 1; i <= 1000; i++)); do printf -v f 'leaf%05d.crt' "$i" && ln "list10/$f" "list1/$f"; done
    turn 7 25 -- "$CERTWRIGHT" --store list10 pki list -- "$BENCH/floor_list" list10 \
        -- "$CERTWRIGHT" --store list1 pki list -- "$CERTWRIGHT" --store list10 pki list --json
    row "list 10,000 certificates"
    big=("${us[@]}") small_kb=${kb[2]} big_kb=${kb[0]}
    against "bare C, one thread" 1 1.0
    judge "t(10,000) / t(1,000)" "$(ratio "${big[0]}" "${big[2]}")" 10.5 "1,000: $(ms "${big[2]}")"
    judge "peak MB" "$(awk -v k="$big_kb" 'BEGIN { printf "%.1f", k / 1024 }')" 12 "--json $(mb "${kb[3]}"), $(ms "${big[3]}")"
    judge "kB a file" "$(awk -v a="$big_kb" -v b="$small_kb" 'BEGIN { printf "%.3f", (a - b) / 9000 }')" 0.5 ""
    turn 3 15 -- sh -c 'for f in list10/leaf000??.crt list10/leaf001??.crt list10/leaf002??.crt; do openssl x509 -in $f -noout -subject -enddate; done' \
        -- sh -c 'for f in list10/leaf000??.crt list10/leaf001??.crt list10/leaf002??.crt; do certtool -i --infile $f; done'
    judge "x a loop of openssl" "$(ratio "${big[0]}" "$((us[0] * 10000 / 299))")" 0.025 "$(ms $((us[0] * 10000 / 299))), from 299"
    judge "x a loop of certtool" "$(ratio "${big[0]}" "$((us[1] * 10000 / 299))")" "" "$(ms $((us[1] * 10000 / 299))), from 299"
    rm -rf list1 list10
fi

# deployment COUNT: a folder with so many identities, two a server, and all their files.
deployment()
{
    mkdir -p "d$1/store" && cp root.crt sub.crt sub.key "d$1/store/"
    "$BENCH/material" "d$1/store" identities "$1" && rm "d$1/store/"{root.crt,sub.crt,sub.key}
    awk -v n="$1" 'BEGIN {
        printf "release = \"2.9\"\nname = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n"
        for (i = 1; i <= n; i++)
            printf "identity \"id%05d\" { CN = \"host%05d.example.com\" signer = \"%s\" }\n", i, i, i % 2 ? "internal" : "public"
        for (i = 1; i < n; i += 2)
            printf "server \"s%d\" { address = \"host%05d.example.com\"\n" \
                "    service \"webadmin\" { identity = \"id%05d\" listen = { \"a:445\" } }\n" \
                "    service \"turn\" { identity = \"id%05d\" a-record = \"host%05d.example.com\" tls-port = 447 } }\n", i, i, i, i + 1, i + 1
    }' >"d$1/deployment.conf"
}

# growth WHAT SMALL BIG TURNS SECONDS COMMAND: ten times the identities. What was written is set
# aside, for ext4 is slow to reuse what was removed a moment ago.
growth()
{
    local what=$1 small=$2 big=$3 turns=$4 seconds=$5
    shift 5
    turn "$turns" "$seconds" -- "@mv d$big/install d$big/\$\$ 2>/dev/null" "$CERTWRIGHT" --config "d$big/deployment.conf" "$@" --out "d$big/install" \
        -- "@mv d$small/install d$small/\$\$ 2>/dev/null" "$CERTWRIGHT" --config "d$small/deployment.conf" "$@" --out "d$small/install"
    row "$what $big identities"
    judge "t($big) / t($small)" "$(ratio "${us[0]}" "${us[1]}")" 10.5 "$small: $(ms "${us[1]}")"
    judge "kB an identity" "$(awk -v a="${kb[0]}" -v b="${kb[1]}" -v n="$((big - small))" 'BEGIN { printf "%.2f", (a - b) / n }')" 0.5 ""
}

# wizard_rows FOLDER WHAT: what a key (a value judged, the page drawn) and an accepted answer take.
wizard_rows()
{
    local page field first second key answer
    while read -r page field first second; do
        cp "$1/made.conf" "$1/deployment.conf"
        read -r key answer < <("$BENCH/answer" "$1/deployment.conf" $((7 * PATIENCE)) "$page" "$field" "$first" "$second")
        printf '%s\n' "wizard, 20 + 20 servers$2: $field"
        judge "ms of CPU a key" "$(awk -v us="$key" 'BEGIN { printf "%.1f", us / 1000 }')" 20 ""
        judge "ms of CPU an answer" "$(awk -v us="$answer" 'BEGIN { printf "%.1f", us / 1000 }')" 20 ""
    done
}

# Among 20 cores and 20 edges with their 400 trunks: before any certificate is there, and with all of
# them in the store; then the pages that judge all of it, entered first.
if wanted wizard; then
    mkdir -p wizard/full
    "$CERTWRIGHT" --quiet --config wizard/made.conf init --preset scalable --domain example.com --cores 20 --edges 20
    wizard_rows wizard "" <<END
topology topology.cores 21 20
servers servers.core7.address a.example.com core7.example.com
page:callbridge callbridge.CN cb{n}.example.com c{n}.example.com
each:callbridge callbridge.core7.CN a.example.com b.example.com
page:trunk trunk.port 4700 4800
END
    { sed 's/^key {.*/key { type = "ec"  bits = 256 }/; s/signer = "\(internal\|public\)"/signer = "ca"/' wizard/made.conf &&
        echo 'identity "ca" { CN = "CA"  signer = "self" }'; } >wizard/full/made.conf
    cp wizard/full/made.conf wizard/full/deployment.conf
    "$CERTWRIGHT" --quiet --config wizard/full/deployment.conf generate
    "$CERTWRIGHT" --quiet --config wizard/full/deployment.conf sign
    wizard_rows wizard/full " with certificates" <<END
servers servers.core7.address a.example.com core7.example.com
each:callbridge callbridge.core7.CN a.example.com b.example.com
END
    cp wizard/full/made.conf wizard/full/deployment.conf
    for page in trust check; do
        judge "ms of CPU to enter $page" "$("$BENCH/answer" wizard/full/deployment.conf $((3 * PATIENCE)) "$page" |
            awk '{ printf "%.1f", $1 / 1000 }')" 20 ""
    done
fi

if wanted growth; then
    deployment 1000 && deployment 10000 && deployment 300 && deployment 3000
    turn 3 40 -- "$CERTWRIGHT" --config d10000/deployment.conf check -- "$CERTWRIGHT" --config d1000/deployment.conf check
    row "growth: check 10,000 identities"
    judge "t(10,000) / t(1,000)" "$(ratio "${us[0]}" "${us[1]}")" 10.5 "1,000: $(ms "${us[1]}")"
    judge "kB an identity" "$(awk -v a="${kb[0]}" -v b="${kb[1]}" 'BEGIN { printf "%.2f", (a - b) / 9000 }')" 0.5 ""
    growth "growth: plan" 300 3000 3 60 plan
fi

# spent TURNS COMMAND…: the median of the milliseconds of CPU, the system's for it included.
spent()
{
    local turns=$(($1 * PATIENCE)) i
    shift
    for ((i = 0; i < turns; i++)); do
        local TIMEFORMAT='%U %S'
        sync # or whoever syncs next is charged for what others left to write
        { time "$@" >/dev/null 2>&1 </dev/null; } 2>&1
    done | awk '{ print ($1 + $2) * 1000 }' | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# planned DIR: a plan beside the one before, which is set aside (as in growth).
planned()
{
    ! [ -e "$1/install" ] || mv "$1/install" "$1/$EPOCHREALTIME"
    "$CERTWRIGHT" --config "$1/deployment.conf" plan --out "$1/install"
}

# answers COUNT DIR: a wizard in which so many servers get a service.
answers()
{
    local i
    cp "$2/whole.conf" "$2/deployment.conf"
    {
        echo "start = basics"
        for ((i = 1; i <= $1; i++)); do echo "servers.core$i.turn = yes"; done
        echo "leave = servers"
    } >"$2/answers"
    "$CERTWRIGHT" --config "$2/deployment.conf" --quiet wizard --answers "$2/answers"
}

# grown WHAT MS10 MS100 MS1000: each ten times the servers of the one before.
grown()
{
    judge "$1, 1,000 servers x 100" "$(ratio "$4" "$3")" 12 "100: $3 ms, 10: $2 ms"
}

if wanted servers; then
    declare -A check plan answer
    for n in 1 10 100 1000; do
        mkdir -p "s$n/store" && "$BENCH/material" "s$n" CA && "$BENCH/material" "s$n" servers "$n"
        rm "s$n/sub.key" "s$n/root.key"
        cp "s$n/deployment.conf" "s$n/whole.conf"
        check[$n]=$(spent 3 "$CERTWRIGHT" --config "s$n/deployment.conf" check)
        plan[$n]=$(spent 3 planned "s$n")
        count=$((n < 20 ? n : 20))
        answer[$n]=$(awk -v a="$(spent 1 answers $count "s$n")" -v b="$(spent 1 answers 0 "s$n")" -v n=$count \
            'BEGIN { printf "%.1f", (a - b) / n }')
        printf '\n%-44s %s ms check, %s ms plan, %s ms an answer, of CPU\n' "servers: $n with 4 certificates each" \
            "${check[$n]}" "${plan[$n]}" "${answer[$n]}"
    done
    cp s1000/whole.conf s1000/deployment.conf && cp s100/whole.conf s100/deployment.conf
    grown "check" "${check[10]}" "${check[100]}" "${check[1000]}"
    grown "plan" "${plan[10]}" "${plan[100]}" "${plan[1000]}"
    grown "an answer" "${answer[10]}" "${answer[100]}" "${answer[1000]}"
    judge "check 1,000 servers, s of CPU" "$(awk -v m="${check[1000]}" 'BEGIN { printf "%.2f", m / 1000 }')" 2 ""
    judge "plan 1,000 servers, s of CPU" "$(awk -v m="${plan[1000]}" 'BEGIN { printf "%.2f", m / 1000 }')" 2 ""
    for word in check plan; do
        turn 3 20 -- "$CERTWRIGHT" --config s1000/deployment.conf $word -- "$CERTWRIGHT" --config s100/deployment.conf $word
        judge "$word, kB an identity" "$(awk -v a="${kb[0]}" -v b="${kb[1]}" 'BEGIN { printf "%.1f", (a - b) / 3600 }')" 5 ""
    done
fi

printf '\n%d goals met, %d missed, %d within chance\n' "$met" "$missed" "$even"
