# Helpers of the test scripts. A script begins with
#
#     . "$(dirname "$0")/../lib.sh"
#
# and is then in a fresh folder that goes when it ends. $CERTWRIGHT is the binary under test,
# $TOP the repository. Each assertion prints `ok N - what` or `not ok N - what` and the reason as
# `# ` lines; the script exits 1 when one failed, and when it made none.
#
#   ok WHAT CMD…               CMD exits 0
#   fails WHAT CMD…            CMD exits 1: the answer is no
#   exits N WHAT CMD…          CMD exits N
#   run CMD…                   $status; stdout in $out, stderr in $err (texts), files "$T/out" "$T/err"
#   same WHAT WANTED GOT       two texts
#   same_file WHAT WANTED GOT  two files
#   says WHAT TEXT             the last run said TEXT, on stdout or stderr
#   matches WHAT ERE           the same by a pattern, whatever its case
#   silent WHAT TEXT           the last run did not
#   has WHAT TEXT FILE         FILE holds TEXT (a fixed string; several lines are one line each)
#   hasnt WHAT TEXT FILE
#   json WHAT FILTER WANTED    jq -r FILTER of the last run's stdout
#   sets WHAT PATH VALUE [FILE] deployment.conf holds the value; flat FILE prints all of them
#   clean WHAT                 the last run wrote no byte that acts on a terminal
#   pass WHAT / fail WHAT      for conditions of your own
#   skip WHAT                  counted as neither
#
# cw is short for run "$CERTWRIGHT"; input goes in by a here-document (in a pipe its status would be
# lost). A crash or a sanitizer's report fails the script wherever it happens.
# shellcheck shell=bash

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CERTWRIGHT=${CERTWRIGHT:-$TOP/build/certwright}
case $CERTWRIGHT in
/*) ;;
*) CERTWRIGHT=$PWD/$CERTWRIGHT ;;
esac
export CERTWRIGHT TOP
if [ ! -x "$CERTWRIGHT" ]; then
    echo "not ok 1 - no program $CERTWRIGHT: make it first"
    exit 1
fi
export LC_ALL=C.UTF-8 TZ=UTC TERM=dumb
# As in run.sh: `openssl x509` is not to read the system's roots.
export SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/nonexistent
export ASAN_OPTIONS="exitcode=99:handle_sigill=1:${ASAN_OPTIONS:-}"
unset NO_COLOR GOLDEN

T=$(mktemp -d "${TMPDIR:-/tmp}/certwright.XXXXXX") || exit 1
W=$T/work
mkdir "$W" "$T/said" && cd "$W" || exit 1
export HOME=$W
count=0 failed=0 status=0 out='' err=''

finish()
{
    ended=$?
    cd / && rm -rf "$T"
    [ "$ended" = 0 ] || [ "$failed" -gt 0 ] || echo "not ok $((count + 1)) - the script ended with $ended"
    [ "$count" -gt 0 ] || echo "not ok 1 - the script asserted nothing"
    if [ "$ended" = 0 ] && [ "$failed" = 0 ] && [ "$count" -gt 0 ]; then exit 0; fi
    exit 1
}
trap finish EXIT
trap 'exit 130' INT TERM

pass()
{
    count=$((count + 1))
    echo "ok $count - $1"
}

fail()
{
    count=$((count + 1)) failed=$((failed + 1))
    echo "not ok $count - $1"
    shift
    [ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

skip()
{
    echo "# skipped: $1"
    [ "$count" -gt 0 ] || pass "nothing else to do: $1"
}

# read_text NAME FILE: the file as a text, without a process: no NULs, and no line ends behind it.
read_text()
{
    local -n into=$1
    local IFS='' parts
    mapfile -d '' parts <"$2"
    into=${parts[*]}
    while [[ ${into: -1} == $'\n' ]]; do into=${into%$'\n'}; done
}

run()
{
    # What looks at what the last one said, or whose $apart is set because others look at what it says
    # meanwhile, has $T/said/out and $T/said/err, which are then renamed.
    if [[ -n ${apart:-} || "$*" == */out* || "$*" == */err* || /dev/stdin -ef $T/out || /dev/stdin -ef $T/err ]] ||
        { [ "$1" != "$CERTWRIGHT" ] && declare -F "$1" >/dev/null; }; then
        "$@" >"$T/said/out" 2>"$T/said/err"
        status=$?
        mv "$T/said/out" "$T/said/err" "$T/"
    else
        "$@" >"$T/out" 2>"$T/err"
        status=$?
    fi
    read_text out "$T/out"
    read_text err "$T/err"
    if [ "$status" = 99 ] || [ "$status" -ge 132 ] && [ "$status" != 137 ] && [ "$status" != 143 ]; then
        fail "no crash: $*" "exit $status" "$err"
    fi
    return "$status"
}

cw()
{
    run "$CERTWRIGHT" "$@"
}

# What the last run did, for a failure's reason.
told()
{
    printf 'exit %s\nstdout: %s\nstderr: %s\n' "$status" "$(head -c 4000 "$T/out")" \
        "$(head -c 4000 "$T/err")"
}

exits()
{
    local wanted=$1 what=$2
    shift 2
    run "$@"
    if [ "$status" = "$wanted" ]; then
        pass "$what"
    else
        fail "$what" "wanted exit $wanted of: $*" "$(told)"
    fi
}

ok()
{
    exits 0 "$@"
}

fails()
{
    exits 1 "$@"
}

same()
{
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        printf '%s\n' "$2" >"$T/wanted"
        printf '%s\n' "$3" >"$T/got"
        fail "$1" "$(diff "$T/wanted" "$T/got" | cat -v | head -60)"
    fi
}

same_file()
{
    if cmp -s "$2" "$3"; then
        pass "$1"
    else
        fail "$1" "$(diff "$2" "$3" 2>&1 | cat -v | head -60)"
    fi
}

says()
{
    # Not by a process where a look tells it: this is asked thousands of times.
    if [[ $2 != *$'\n'* && ($out == *"$2"* || $err == *"$2"*) ]] || grep -qF -e "$2" "$T/out" "$T/err"; then
        pass "$1"
    else
        fail "$1" "wanted: $2" "$(told)"
    fi
}

silent()
{
    if grep -qF -e "$2" "$T/out" "$T/err"; then fail "$1" "unwanted: $2" "$(told)"; else pass "$1"; fi
}

matches()
{
    if grep -qiE -e "$2" "$T/out" "$T/err"; then
        pass "$1"
    else
        fail "$1" "wanted: $2" "$(told)"
    fi
}

has()
{
    if grep -qF -e "$2" "$3"; then
        pass "$1"
    else
        fail "$1" "wanted in $3: $2" "$(head -c 6000 "$3" 2>&1)"
    fi
}

hasnt()
{
    if [ ! -e "$3" ]; then
        fail "$1" "no file $3"
    elif grep -qF -e "$2" "$3"; then
        fail "$1" "unwanted in $3: $2"
    else
        pass "$1"
    fi
}

json()
{
    local got
    got=$(jq -r "$2" "$T/out" 2>&1)
    same "$1" "$3" "$got"
}

clean()
{
    if LC_ALL=C grep -qP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' \
        "$T/out" "$T/err"; then
        fail "$1" "$(cat -v "$T/out" "$T/err" | head -20)"
    else
        pass "$1"
    fi
}

# A two-tier CA by openssl in folder $1: root.crt root.key, issuing.crt issuing.key; $2 names it.
make_ca()
{
    local dir=$1 name=${2:-Acme}
    mkdir -p "$dir"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/root.key" -out "$dir/root.crt" -days 3650 \
        -subj "/O=$name/CN=$name Root" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$dir/issuing.key" -out "$dir/issuing.csr" \
        -subj "/O=$name/CN=$name Issuing 2" 2>/dev/null
    printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' \
        >"$dir/ca.ext"
    openssl x509 -req -in "$dir/issuing.csr" -CA "$dir/root.crt" -CAkey "$dir/root.key" \
        -CAcreateserial -days 1825 -extfile "$dir/ca.ext" -out "$dir/issuing.crt" 2>/dev/null
}

# ca_signs DIR CSR CRT [DAYS]: the issuing CA of make_ca signs a request as asked.
ca_signs()
{
    printf 'authorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE\n' >"$1/leaf.ext"
    openssl x509 -req -in "$2" -CA "$1/issuing.crt" -CAkey "$1/issuing.key" -CAcreateserial \
        -days "${4:-365}" -copy_extensions copy -extfile "$1/leaf.ext" -out "$3" 2>/dev/null
}

# flat FILE: deployment.conf as lines `server.cms1.service.webadmin.listen = a:445`, in file order; a
# list is its values joined by commas. A reader of its own, so that the tests have a second opinion.
flat()
{
    awk '
    { text = text $0 "\n" }
    END {
        depth = 0
        while (text != "") {
            if (match(text, /^[ \t\r\n;]+/) || match(text, /^#[^\n]*/) || match(text, /^\/\/[^\n]*/)) {
                text = substr(text, RLENGTH + 1)
                continue
            }
            if (match(text, /^"([^"\\]|\\.)*"/)) {
                token = substr(text, 2, RLENGTH - 2)
                gsub(/\\["\\$]/, "\001&", token); gsub(/\001\\/, "", token)
                kind = "value"
            } else if (match(text, /^\047[^\047]*\047/)) {
                token = substr(text, 2, RLENGTH - 2); kind = "value"
            } else if (match(text, /^[{}=,]/)) {
                token = substr(text, 1, 1); kind = token
            } else {
                match(text, /^[^ \t\r\n{}=,#"]+/)
                if (RLENGTH < 1) exit 1
                token = substr(text, 1, RLENGTH); kind = "value"
            }
            text = substr(text, RLENGTH + 1)
            if (kind == "=") { assigning = 1; continue }
            if (assigning && kind == "{") { list = 1; value = ""; continue }
            if (list && kind == ",") continue
            if (list && kind == "}") { print path word[1] " = " value; list = assigning = words = 0; continue }
            if (list) { value = value (value == "" ? "" : ",") token; continue }
            if (assigning) { print path word[1] " = " token; assigning = words = 0; continue }
            if (kind == "{") {
                up[++depth] = path
                path = path word[1] (words > 1 ? "." word[2] : "") "."
                print path
                words = 0
                continue
            }
            if (kind == "}") { path = up[depth--]; continue }
            word[++words] = token
        }
    }' "$1"
}

# sets WHAT PATH VALUE [FILE]: deployment.conf has the value there.
sets()
{
    local got
    got=$(flat "${4:-deployment.conf}" | sed -n "s|^$2 = ||p")
    same "$1" "$3" "$got"
}
