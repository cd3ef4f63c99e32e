#!/usr/bin/env bash
# tests/rules/ID.conf is a deployment.conf. Its #! lines say why the rule is there, then what makes the
# store (with the good variant), what breaks it and what does not:
#
#   #! Why, in words.
#   #! store COMMAND
#   #! broken COMMAND
#   #! good COMMAND
#   #! options --at DATE        of check, in both variants
#   #! severity error           of the finding in broken, where one id has several
#   #! follow COMMAND           what a person does whom the remedy leaves a choice
#   #! after --at DATE          options of the check that follows
#   #! stays                    a notice of what nothing in the deployment changes
#
# The remedy of each finding is then followed to the letter (tests/follow.py), with openssl as the CA
# where it takes one: the finding is gone, and no new error came. A step that only a person can do is
# told by a `#! follow` line.
#
# A line ending in `#! broken` or `#! good` is in that variant only. Broken must give this rule, and no
# other error; good must be silent about it and without any error.
. "$(dirname "$0")/../lib.sh"

mkdir "$T/bin" "$T/keys"
ln -s "$CERTWRIGHT" "$T/bin/certwright"
PATH=$T/bin:$PATH
make_ca "$T/ca"
export -f ca_signs

# openssl's answer to the identity's key with other names: sign_as IDENTITY SUBJECT [EXTENSION…]
sign_as()
{
    local name=$1 subject=$2
    shift 2
    { printf '[r]\ndistinguished_name = d\n[d]\n[e]\n'; printf '%s\n' "$@"; } >as.cnf
    openssl req -new -config as.cnf -key "store/$name.key" -subj "$subject" -out as.csr 2>/dev/null &&
        openssl x509 -req -in as.csr -CA "store/${signer:-labca}.crt" -CAkey "store/${signer:-labca}.key" \
            -CAcreateserial -days 300 -extfile as.cnf -extensions e -out "store/$name.crt" 2>/dev/null &&
        cat "store/$name.crt" "store/${signer:-labca}.crt" >"store/${name}fullchain.crt"
}
export -f sign_as

variant()
{
    local other=good
    [ "$1" = good ] && other=broken
    sed -e '/^#!/d' -e "/#! $other\$/d" -e "s/ *#! $1\$//" "$2"
}
said()
{
    sed -n "s/^#! $1 //p" "$2"
}

# Keys are made once for each name: they take the time.
lend_keys()
{
    local name
    for name in $(sed -n 's/^identity "\([^"]*\)".*/\1/p' deployment.conf); do
        [ ! -e "$T/keys/$name.key" ] || cp -p "$T/keys/$name.key" store/
    done
}
keep_keys()
{
    local key
    for key in store/*.key; do
        [ ! -e "$key" ] || [ -e "$T/keys/${key##*/}" ] || cp -p "$key" "$T/keys/"
    done
}

judge()
{
    local id=$1 file=$2 kind=$3 errors has
    variant "$kind" "$file" >deployment.conf
    if [ -n "$(said "$kind" "$file")" ] && ! bash -ec "$(said "$kind" "$file")" >"$T/log" 2>&1; then
        fail "$id: $kind is made" "$(cat "$T/log")"
        return
    fi
    # shellcheck disable=SC2046
    cw check --json $(said options "$file")
    errors=$(jq -r '[.[] | select(.severity == "error" and (.accepted | not)) | .id] | unique | join(" ")' <"$T/out")
    has=$(jq -r --arg id "$id" 'any(.[]; .id == $id)' <"$T/out")
    if [ "$kind" = good ]; then
        same "$id: good has no error and is silent" "false " "$has $errors"
    else
        same "$id: broken is told" true "$has"
        same "$id: and no other error" "" "$(echo "$errors" | tr ' ' '\n' | grep -vx "$id")"
        [ -z "$(said severity "$file")" ] || same "$id: its severity" "$(said severity "$file")" \
            "$(jq -r --arg id "$id" '[.[] | select(.id == $id) | .severity] | unique | join(" ")' <"$T/out")"
        same "$id: with a remedy" true \
            "$(jq -r --arg id "$id" 'all(.[] | select(.id == $id); .message != "" and .remedy != "")' <"$T/out")"
        cp "$T/out" broken.json
    fi
}

# Each remedy by itself: what several findings share is done once.
remedies()
{
    jq -r --arg id "$1" --arg severity "$2" '.[] | select(.id == $id and ($severity == "" or .severity == $severity)) | .remedy' \
        <broken.json | awk '!seen[$0]++'
}
follow()
{
    local id=$1 file=$2 severity remedy before after
    severity=$(said severity "$file")
    if grep -q '^#! stays' "$file"; then
        same "$id: what stays is a notice" notice \
            "$(jq -r --arg id "$id" '[.[] | select(.id == $id) | .severity] | unique | join(" ")' <broken.json)"
        return
    fi
    before=$(jq -r '[.[] | select(.severity == "error") | .id] | unique | .[]' <broken.json)
    if [ -n "$(said follow "$file")" ]; then
        bash -ec "$(said follow "$file")" >"$T/log" 2>&1 || fail "$id: the remedy is followed" "$(cat "$T/log")"
    else
        remedies "$id" "$severity" >remedies
        while IFS= read -r remedy; do
            python3 "$TOP/tests/follow.py" "$remedy" >"$T/log" 2>&1 </dev/null ||
                fail "$id: the remedy is followed" "$remedy
$(cat "$T/log")"
        done <remedies
    fi
    # shellcheck disable=SC2046
    cw check --json $(said options "$file") $(eval echo "$(said after "$file")")
    same "$id: its remedy makes it go" false \
        "$(jq -r --arg id "$id" --arg severity "$severity" \
            'any(.[]; .id == $id and ($severity == "" or .severity == $severity))' <"$T/out")"
    after=$(jq -r '[.[] | select(.severity == "error" and (.accepted | not)) | .id] | unique | .[]' <"$T/out")
    same "$id: and no new error comes" "" "$(echo "$after" | grep -vxF "${before:-none}")"
}

for file in "$TOP"/tests/rules/${1:-*}.conf; do
    id=$(basename "$file" .conf)
    id=${id%.*}
    mkdir -p "$T/$id.test/store" && cd "$T/$id.test" || exit 1
    cp -r "$T/ca" ca
    variant good "$file" >deployment.conf
    lend_keys
    if ! bash -ec "$(said store "$file")" >"$T/log" 2>&1; then
        fail "$id: the store is made" "$(cat "$T/log")"
        continue
    fi
    keep_keys
    cp -pr store store.made
    judge "$id" "$file" good
    rm -rf store && mv store.made store
    judge "$id" "$file" broken
    follow "$id" "$file"
    cd "$T" && rm -rf "$T/$id.test"
done
