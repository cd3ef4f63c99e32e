#!/usr/bin/env bash
# tests/rules/ID.conf is a deployment.conf. Its #! lines say why the rule is there, then what makes the
# store (with the good variant), what breaks it and what does not:
#
#   #! Why, in words.
#   #! shows WORDS              what is wrong in the broken store, for certwright explain
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
# Sanitized only, when all are run.
. "$(dirname "$0")/../lib.sh"

# The CA and the keys, which take the time, are made once; the rules are then judged side by side,
# `rules.sh --of SHARED FILE…`, and what they say is told by the one that was called.
if [ "${1:-}" = --of ]; then
    shared=$2
    shift 2
else
    shared=$T/shared
    mkdir -p "$shared/bin" "$shared/keys"
    ln -s "$CERTWRIGHT" "$shared/bin/certwright"
    make_ca "$shared/ca"
    seq 6 | xargs -P 2 -I{} openssl genrsa -out "$shared/keys/{}.key" 2048 2>/dev/null
    printf '%s\n' "$TOP"/tests/rules/${1:-*}.conf | xargs -P 2 -n 5 bash "$TOP/tests/cli/rules.sh" --of "$shared" >"$T/told"
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "${line#* - }" ;;
        "not ok "*) fail "${line#* - }" ;;
        *) echo "$line" ;;
        esac
    done <"$T/told"
    exit
fi
PATH=$shared/bin:$PATH
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

# The first identity gets the first key, and so on: they differ within a deployment.
lend_keys()
{
    local name number=0
    sed -n 's/^identity "\([^"]*\)".*/\1/p' deployment.conf | while read -r name; do
        number=$((number + 1))
        [ ! -e "$shared/keys/$number.key" ] || install -m 600 "$shared/keys/$number.key" "store/$name.key"
    done
}

# What check finds, a line each: ID, severity, whether it counts, its remedy (empty: one that says
# nothing), what to do first, all told by $found.
look()
{
    # shellcheck disable=SC2086
    cw check --json $1
    jq -r '.[] | [.id, .severity, if .accepted then "accepted" else "counts" end,
        if .message == "" then "" else .remedy end, .first] | join("\u001f")' <"$T/out" >found
}
# The findings of a rule (of one severity, if it is given).
of_rule()
{
    awk -F '\037' -v id="$1" -v severity="$2" '$1 == id && (severity == "" || $2 == severity)' found
}
severities()
{
    of_rule "$1" "" | cut -d "$unit" -f 2 | sort -u | tr '\n' ' ' | sed 's/ $//'
}
errors()
{
    awk -F '\037' '$2 == "error" && $3 == "counts" { print $1 }' found | sort -u
}
# Those of the errors for which the plan is refused.
refused()
{
    local id
    # shellcheck disable=SC2086
    cw plan $1
    for id in $(errors); do
        ! grep -q ": $id: " "$T/err" || echo "$id"
    done
}
unit=$(printf '\037')

judge()
{
    local id=$1 file=$2 kind=$3
    variant "$kind" "$file" >deployment.conf
    if [ -n "$(said "$kind" "$file")" ] && ! bash -ec "$(said "$kind" "$file")" >"$T/log" 2>&1; then
        fail "$id: $kind is made" "$(cat "$T/log")"
        return
    fi
    look "$(said options "$file")"
    if [ "$kind" = good ]; then
        same "$id: good has no error and is silent" "" "$(of_rule "$id" "")$(errors)"
        return
    fi
    same "$id: broken is told, and no other error" "told " \
        "$([ -z "$(of_rule "$id" "")" ] || echo told) $(errors | grep -vx "$id")"
    [ -z "$(said severity "$file")" ] ||
        same "$id: its severity" "$(said severity "$file")" "$(severities "$id")"
    same "$id: with a remedy" "" "$(of_rule "$id" "" | awk -F '\037' '$4 == ""')"
    # One error is what to do first; of several one is at least.
    same "$id: an error, and only that, is to be mended first" "$(errors | head -n 1)" \
        "$(awk -F '\037' '$5 != "" { print $1 }' found | sort -u)"
    # Who asks for the errors alone, as the plan does, gets them all.
    [ -z "$(errors)" ] ||
        same "$id: the plan is refused for the same errors" "$(errors)" "$(refused "$(said options "$file")")"
    remedies "$id" "$(said severity "$file")" >remedies
    errors >before
}

# Each remedy by itself: what several findings share is done once.
remedies()
{
    of_rule "$1" "$2" | cut -d "$unit" -f 4 | awk '!seen[$0]++'
}
follow()
{
    local id=$1 file=$2 remedy
    if grep -q '^#! stays' "$file"; then
        same "$id: what stays is a notice" notice "$(severities "$id")"
        return
    fi
    if [ -n "$(said follow "$file")" ]; then
        bash -ec "$(said follow "$file")" >"$T/log" 2>&1 || fail "$id: the remedy is followed" "$(cat "$T/log")"
    else
        while IFS= read -r remedy; do
            python3 -S "$TOP/tests/follow.py" "$remedy" >"$T/log" 2>&1 </dev/null ||
                fail "$id: the remedy is followed" "$remedy" "$(cat "$T/log")"
        done <remedies
    fi
    look "$(said options "$file") $(eval echo "$(said after "$file")")"
    same "$id: its remedy makes it go" "" \
        "$(of_rule "$id" "$(said severity "$file")" | awk -F "$unit" '$3 == "counts"')"
    same "$id: and no new error comes" "" "$(errors | grep -vxFf before)"
}

for file; do
    id=$(basename "$file" .conf)
    id=${id%.*}
    mkdir -p "$T/$id.test/store" && cd "$T/$id.test" || exit 1
    cp -r "$shared/ca" ca
    variant good "$file" >deployment.conf
    lend_keys
    if ! bash -ec "$(said store "$file")" >"$T/log" 2>&1; then
        fail "$id: the store is made" "$(cat "$T/log")"
        continue
    fi
    cp -pr store store.made
    judge "$id" "$file" good
    rm -rf store && mv store.made store
    judge "$id" "$file" broken
    follow "$id" "$file"
    cd "$T" && rm -rf "$T/$id.test"
done
