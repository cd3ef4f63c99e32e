# Real servers that take the place of the appliance's components. A script sources this instead of
# lib.sh, which it includes. Files come from install/cms1 alone: `delivered` copies what upload.sftp
# puts, `given` reads the arguments in commands.mmp. All listens on 127.0.0.1; as root the servers
# run as nobody.
#
#   needs PROGRAM…                 else the script ends here, skipped
#   deployed FOLDER OPTION…        init OPTION…, generate, sign, import, check, plan; then in FOLDER.
#                                  public signers are the CA in $PUBLIC, the rest that in $INTERNAL;
#                                  signed_by NAME prints the CA's folder (a script may say otherwise)
#   delivered                      the files of the installation, in the new folder $A
#   given COMMAND                  what follows it in commands.mmp: given "webadmin certs"
#   free_port                      a port that nobody listens on
#   serve LOG CMD…                 starts a server in $A; up PORT waits until it listens, down ends it
#   logged WHAT ERE LOG            waits for the line
#   greet PORT NAME OPTION…        says $greeting to the server NAME as a client that knows $root
#                                  alone, and hears it out; with SAY_UNTIL until that comes
#   trusted WHAT                   greet verified the server and got $answer
#   refused WHAT REASON…           it gave the reasons, and no $answer
#   ordered WHAT                   each certificate that greet was sent signs the one before
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"
unset SSL_CERT_FILE SSL_CERT_DIR
PATH=$PATH:/usr/sbin:/sbin
INTERNAL=$T/internal PUBLIC=$T/public
root=$INTERNAL/root.crt greeting='' answer='' SAY_UNTIL=''
servers=() folders=()

unprivileged=()
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
    unprivileged=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi

leave()
{
    local ended=$?
    down
    [ ${#folders[@]} = 0 ] || rm -rf "${folders[@]}"
    (exit "$ended")
    finish
}
trap leave EXIT

needs()
{
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 && continue
        skip "$program is not installed"
        exit 0
    done
}

# A CA more between the root and the issuing CA: an order can be wrong only with two.
lengthen_ca()
{
    openssl req -newkey rsa:2048 -nodes -keyout "$1/policy.key" -out "$1/policy.csr" \
        -subj "/O=$2/CN=$2 Policy 1" 2>/dev/null
    sed 's/,pathlen:0//' "$1/ca.ext" >"$1/policy.ext"
    openssl x509 -req -in "$1/policy.csr" -CA "$1/root.crt" -CAkey "$1/root.key" -CAcreateserial \
        -days 3000 -extfile "$1/policy.ext" -out "$1/policy.crt" 2>/dev/null
    openssl x509 -req -in "$1/issuing.csr" -CA "$1/policy.crt" -CAkey "$1/policy.key" \
        -CAcreateserial -days 1825 -extfile "$1/ca.ext" -out "$1/issuing.crt" 2>/dev/null
}

signed_by()
{
    if [ "$(flat deployment.conf | sed -n "s/^identity\.$1\.signer = //p")" = public ]; then
        echo "$PUBLIC"
    else
        echo "$INTERNAL"
    fi
}

# What the CAs return: a certificate a request, and the CAs' own beside, in no order.
returned()
{
    local csr name ca
    mkdir -p got
    for csr in store/*.csr; do
        name=$(basename "$csr" .csr)
        ca=$(signed_by "$name")
        [ -e "$ca/root.crt" ] || { make_ca "$ca" "Acme ${ca##*/}" && lengthen_ca "$ca" "Acme ${ca##*/}"; }
        ca_signs "$ca" "$csr" "got/$name.cer"
        cp "$ca/issuing.crt" "got/${ca##*/}-1.cer"
        cp "$ca/policy.crt" "got/${ca##*/}-2.cer"
        cp "$ca/root.crt" "got/${ca##*/}-3.cer"
    done
}

deployed()
{
    local folder=$1
    shift
    mkdir "$W/$folder" && cd "$W/$folder" || exit 1
    ok "$folder: init" "$CERTWRIGHT" init --domain example.com --O Acme --C US "$@"
    ok "$folder: generate" "$CERTWRIGHT" generate
    returned
    ok "$folder: import" "$CERTWRIGHT" import got
    ok "$folder: check" "$CERTWRIGHT" check
    ok "$folder: plan" "$CERTWRIGHT" plan
}

delivered()
{
    local word from to
    # Not below $T: nobody may not go there.
    A=$(mktemp -d /tmp/certwright-server.XXXXXX) || exit 1
    folders+=("$A")
    while read -r word from to; do
        [ "$word" = put ] || fail "upload.sftp only puts" "$word $from $to"
        cp "install/cms1/$from" "$A/$to" || fail "upload.sftp names files that are there" "$from"
    done <install/cms1/upload.sftp
    owned
}

# The servers' user owns what was put into $A.
owned()
{
    [ ${#unprivileged[@]} = 0 ] || chown -R 65534:65534 "$A"
}

given()
{
    local line
    line=$(sed -n "s/^$1 //p" install/cms1/commands.mmp)
    [ -n "$line" ] || fail "commands.mmp has $1" "$(cat install/cms1/commands.mmp)"
    echo "$line"
}

listens()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port()
{
    local port
    # Below the range that the kernel takes for outgoing connections.
    while port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000)) && listens "$port"; do :; done
    echo "$port"
}

# patient CMD…: until it succeeds, ten seconds at most, as long as the last server lives.
patient()
{
    local end=$((SECONDS + 10))
    until "$@"; do
        kill -0 "${servers[-1]}" 2>/dev/null || { "$@"; return; }
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

serve()
{
    log=$1
    shift
    : >"$log"
    (cd "$A" && exec "${unprivileged[@]}" "$@") >>"$log" 2>&1 </dev/null &
    servers+=($!)
}

up()
{
    patient listens "$1" || fail "the server listens on $1" "$(tail -n 20 "$log")"
}

down()
{
    local server
    for server in "${servers[@]}"; do
        kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
    done
    servers=()
}

logged()
{
    if patient grep -qaE -e "$2" "$3"; then pass "$1"; else fail "$1" "wanted: $2" "$(tail -n 20 "$3")"; fi
}

# stays_down WHAT REASON CMD…: the server refuses to start, and says why.
stays_down()
{
    local what=$1 reason=$2
    shift 2
    fails "$what" timeout 10 env -C "$A" "${unprivileged[@]}" "$@"
    says "$what: its reason" "$reason"
}

# What the client says: then nothing more, but keeps the line open until the answer where one is named.
saying()
{
    local end=$((SECONDS + 5))
    printf '%b' "$greeting"
    [ -n "$SAY_UNTIL" ] || return
    until grep -qaF -e "$SAY_UNTIL" "$T/said/out" 2>/dev/null; do
        # The client has gone, or the time.
        [ "$SECONDS" -lt "$end" ] && [ -e "$T/said/out" ] || return
        sleep 0.02
    done
}

greet()
{
    local port=$1 name=$2 hear=-ign_eof apart=yes
    shift 2
    [ -z "$SAY_UNTIL" ] || hear=-no_ign_eof
    : >"$T/said/out" # for who speaks: it is there until the client has gone
    run timeout 10 openssl s_client -connect "127.0.0.1:$port" -servername "$name" -CAfile "$root" \
        -verify_hostname "$name" -verify_return_error -no-CApath -no-CAstore -showcerts $hear "$@" \
        < <(saying)
}

trusted()
{
    says "$1: verified" "Verification: OK"
    says "$1: by its name" "Verified peername: "
    says "$1: and the server answers" "$answer"
}

refused()
{
    local what=$1 reason
    shift
    for reason in "$@"; do
        says "$what: $reason" "$reason"
    done
    silent "$what: no answer" "$answer"
}

ordered()
{
    local n=1
    rm -f "$T"/sent.*
    awk -v to="$T/sent." '/BEGIN CERT/ { n++; on = 1 } on { print > (to n) } /END CERT/ { on = 0 }' "$T/out"
    while [ -e "$T/sent.$((n + 1))" ]; do
        if ! openssl verify -partial_chain -no-CAfile -no-CApath -no-CAstore \
            -trusted "$T/sent.$((n + 1))" "$T/sent.$n" >"$T/why" 2>&1; then
            fail "$1" "certificate $((n + 1)) does not sign certificate $n" "$(cat "$T/why")"
            return
        fi
        n=$((n + 1))
    done
    if [ "$n" -lt 3 ]; then fail "$1" "only $n certificates were sent"; else pass "$1"; fi
}
