# What lies in install/, judged by openssl and by its own command files: sourced behind lib.sh by what
# ends in a plan.
#
#   whole SERVER      what is uploaded is what its commands name, no more and no less, in plain text
#   uploaded          runs each server's batch, into up/SERVER, where nothing else lies
#   pairs SERVER      there each line of phase 1 holds: key and certificate, certificate and chain
#   trusts [SERVER]   there each trust file accepts what the servers present to its reader, and nobody else
# shellcheck shell=bash

# None of openssl's own roots is to help.
verify()
{
    openssl verify -no-CAfile -no-CApath -no-CAstore "$@" 2>/dev/null
}

whole()
{
    same "$1: what is uploaded is what its commands name" \
        "$(cat "install/$1"/commands*.mmp | tr ' ' '\n' | grep -E '\.(key|crt|pem|cer|der)$' | LC_ALL=C sort -u)" \
        "$(cd "install/$1/files" && find . -type f -size +0 -printf '%P\n' | LC_ALL=C sort)"
    same "$1: upload.sftp puts what lies in files/" \
        "$(cd "install/$1/files" && for file in *; do echo "put files/$file $file"; done)" \
        "$(sort "install/$1/upload.sftp")"
    same "$1: commands are plain text" "" "$(LC_ALL=C grep -nP '[^ -~]' install/"$1"/commands*.mmp)"
}

# Beside the files of the servers all their lines, `SERVER COMMAND`.
uploaded()
{
    local server put from to leaf chain
    rm -rf up && mkdir up
    for server in $(cd install && ls -d -- */); do
        server=${server%/}
        mkdir "up/$server"
        while read -r put from to; do
            [ "$put" != put ] || cp "install/$server/$from" "up/$server/$to"
        done <"install/$server/upload.sftp"
        sed "s/^/$server /" "install/$server"/commands*.mmp >>up/lines
    done
    presented '' | while read -r leaf chain; do
        openssl x509 -in "$leaf" -noout -issuer | sed "s|^|$leaf |"
    done >up/issuers
}

pairs()
{
    local server pki what file other
    same "$1: openssl says the same of each pair and chain" "" \
        "$(cd "up/$1" && grep "^$1 pki [mv]" ../lines | while read -r server pki what file other; do
            if [ "$what" = match ]; then
                openssl pkey -in "$file" -pubout | cmp -s - <(openssl x509 -in "$other" -noout -pubkey) ||
                    echo "$file is not the key of $other"
            else
                verify -CAfile "$other" -untrusted "$file" "$file" >/dev/null || echo "$other does not verify $file"
            fi
        done)"
}

# presented ERE: what the lines `SERVER COMMAND` that match show to a peer, CERTIFICATE CHAIN, each once.
presented()
{
    grep -E "$1" up/lines | awk '{
        for (i = 1; i < NF; i++)
            if ($i ~ /\.key$/ && !seen[$(i + 1)]++) {
                chain = $(i + 2) ~ /bundle\.crt$/ ? $(i + 2) : $(i + 1)
                print "up/" $1 "/" $(i + 1), "up/" $1 "/" chain
            }
    }'
}

# A list accepts the very certificates: of all that are presented anywhere these and no other.
pinned()
{
    # shellcheck disable=SC2046
    verify -partial_chain -trusted "$1" $(presented '' | cut -d ' ' -f 1)
}

# A store of CAs accepts who presents a chain to one of its roots: whatever these CAs signed.
chained()
{
    local leaf chain
    presented '' | while read -r leaf chain; do verify -CAfile "$1" -untrusted "$chain" "$leaf"; done
}

# Who has to be accepted, and how, is what the lines of the others say (guide 4.5 to 4.12, D.3, D.4):
# HOW ERE for a line `SERVER COMMAND`.
accepts()
{
    local server=${1%% *} line=${1#* } tag
    case $line in
    "webbridge trust xmpp"* | "callbridge trust xmpp"* | "xmpp cluster trust"*) echo "pinned ^[^ ]+ xmpp certs " ;;
    "webbridge trust"* | "recorder trust"* | "streamer trust"*) echo "pinned ^[^ ]+ callbridge certs " ;;
    "callbridge trust cluster"*) echo "pinned ^[^ ]+ webadmin certs " ;;
    "callbridge trust c2w"*) echo "chained ^[^ ]+ webbridge3 c2w certs " ;;
    "webbridge3 c2w trust"*) echo "chained ^[^ ]+ callbridge certs " ;;
    "database cluster certs"*) echo "chained ^[^ ]+ database cluster certs " ;;
    "loadbalancer auth"*) # the trunks to this server's address
        echo "pinned ^($(sed -n "s/ trunk edge \([^ ]*\) $server\..*/ trunk auth \1 /p" up/lines | paste -sd '|'))"
        ;;
    "trunk auth"*) # the load balancer at its edge
        tag=${line#trunk auth }
        echo "pinned ^$(sed -n "s/^$server trunk edge ${tag%% *} \([^. ]*\)\..*/\1/p" up/lines) loadbalancer auth "
        ;;
    esac
}

trusts()
{
    local line how who wanted
    grep -E "^${1:-.*} .*(trust|auth|cluster certs) " up/lines >up/trusts
    while read -r line; do
        read -r how who <<<"$(accepts "$line")"
        wanted=$([ -z "$who" ] || presented "$who" | cut -d ' ' -f 1)
        if [ "$how" = chained ]; then
            wanted=$(for leaf in $wanted; do openssl x509 -in "$leaf" -noout -issuer; done | sort -u | grep -Ff - up/issuers | cut -d ' ' -f 1)
        fi
        if [ -z "$wanted" ]; then
            fail "$line: nobody is to be accepted"
            continue
        fi
        same "$line: accepts whom it should, and nobody else" "$(sort <<<"$wanted")" \
            "$($how "up/${line%% *}/${line##* }" | sed -n 's/: OK$//p' | sort)"
    done <up/trusts
}
