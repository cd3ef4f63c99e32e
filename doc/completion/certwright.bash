# bash completion for certwright: commands, options and their values, and of the deployment at hand
# its identities, its hosts and the files of its store. Nothing that a file holds is ever expanded.

# Options that are followed by a value.
__certwright_valued=" config store catalogue color at answers preset domain cores edges databases with without release state O OU L ST C
 emailAddress ca days as chain ca-folder password-file out bits ec key purpose name "

# What deployment.conf says, a line each: identity NAME, server NAME, host NAME, store DIR.
__certwright_deployment()
{
    awk '
    {
        line = $0
        while (line != "") {
            if (inside) {
                end = index(line, "*/")
                if (!end) next
                line = substr(line, end + 2)
                inside = 0
                continue
            }
            if (!match(line, /"[^"]*"|\047[^\047]*\047|[{}=,]|[^ \t\r{}=,"\047]+/)) next
            word = substr(line, RSTART, RLENGTH)
            line = substr(line, RSTART + RLENGTH)
            if (word ~ /^(#|\/\/)/) next
            if (word ~ /^\/\*/) { line = substr(word, 3) line; inside = 1; continue }
            bare = word
            gsub(/["\047]/, "", bare)
            if ((before == "identity" || before == "server") && word !~ /^[={},]/) print before, bare
            if (before == "server" && word !~ /^[={},]/) print "host", bare
            if (before == "=" && (name == "address" || name == "CN") && bare !~ / /) print "host", bare
            if (before == "=" && name == "store") print "store", bare
            name = before
            before = word
        }
    }' "$__certwright_config" 2>/dev/null
}

__certwright_of()
{
    __certwright_deployment | sed -n "s/^$1 //p" | sort -u
}

# Files of the store: $1 is a pattern of case.
__certwright_store()
{
    local folder=$__certwright_store_given file
    if [[ -z $folder ]]; then
        folder=$(__certwright_deployment | sed -n 's/^store //p' | tail -n 1)
        folder=${folder:-store}
        [[ $folder == /* || $__certwright_config != */* ]] || folder=${__certwright_config%/*}/$folder
    fi
    for file in "$folder"/*; do
        [[ -e $file && $file != *.bak ]] || continue
        file=${file##*/}
        # shellcheck disable=SC2053
        [[ $file == $1 ]] && echo "$file"
    done
}

# The ids of the rules, as the program lists them.
__certwright_rules()
{
    "${COMP_WORDS[0]}" explain 2>/dev/null | sed -n 's/^  \([A-Z0-9][A-Z0-9-]*\) .*/\1/p'
}

# Offers the lines of standard input that begin with what is typed, quoted where the shell would
# take them for more than a word.
__certwright_offer()
{
    local line
    while IFS= read -r line; do
        [[ $line == "$__certwright_typed"* ]] || continue
        [[ $line != *[^[:alnum:]_./:@%+=,-]* ]] || printf -v line %q "$line"
        COMPREPLY+=("$line")
    done
}
__certwright_words()
{
    __certwright_offer < <(printf '%s\n' "$@")
}

# Paths; with "folders" folders alone.
__certwright_paths()
{
    local kind=-f line
    [[ ${1:-} == folders ]] && kind=-d
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $kind -- "$__certwright_typed")
}

# A name of the store, or a path as soon as there is a / in it.
__certwright_file()
{
    case $__certwright_typed in
    */* | '~'*) __certwright_paths ;;
    *) __certwright_offer < <(__certwright_store "$1") ;;
    esac
}

# a,b,c: the last one. Files of --catalogue are kinds as well.
__certwright_kinds()
{
    local before='' kind file
    [[ $__certwright_typed != *,* ]] || before=${__certwright_typed%,*},
    compopt -o nospace 2>/dev/null
    for kind in webadmin callbridge webbridge webbridge3 xmpp loadbalancer trunk turn recorder streamer database; do
        __certwright_words "$before$kind"
    done
    [[ -n $__certwright_catalogue_given ]] || return 0
    for file in "$__certwright_catalogue_given"/*.conf; do
        [[ -e $file ]] || continue
        file=${file##*/}
        __certwright_words "$before${file%.conf}"
    done
}

# The options of a command, and of an action of pki.
__certwright_options()
{
    local own='' all='config store catalogue quiet help'
    case $1:$2 in
    wizard:*) own='answers ids mouse plain ascii color' ;;
    init:*) own='preset domain cores edges databases with without release O OU L ST C emailAddress force' ;;
    generate:*) own='json' ;;
    sign:*) own='json ca make-ca force days' ;;
    import:*) own='json dry-run force as chain ca-folder password-file' ;;
    check:*) own='json at fix release' ;;
    orders:*) own='json out' ;;
    explain:*) own='json' ;;
    status:*) own='json at prometheus ics lead timeline' ;;
    renew:*) own='new-key done abandon' ;;
    undo:*) own='json list' ;;
    plan:*) own='json out base all graph force' ;;
    mmp:*) own='state release' ;;
    adopt:*) own='json files commands compare force' ;;
    rehearse:*) own='at keep-going drill out' ;;
    pki:csr) own='json bits ec key force password-file' ;;
    pki:selfsigned) own='json bits ec key days force password-file' ;;
    pki:sign) own='json days force' ;;
    pki:match) own='json each password-file' ;;
    pki:verify) own='json at each purpose name password-file' ;;
    pki:inspect | pki:unlock | pki:pkcs12-to-ssh) own='json password-file' ;;
    pki:*) own='json' ;;
    *) own='plain ascii json color at version' ;;
    esac
    # shellcheck disable=SC2086
    printf -- '--%s\n' $own $all
}

__certwright_value()
{
    case $1 in
    config | answers | password-file) __certwright_paths ;;
    store | catalogue | ca-folder | out | state | files) __certwright_paths folders ;;
    color) __certwright_words auto always never ;;
    preset) __certwright_words lab webapp single-combined single-split scalable ;;
    with | without) __certwright_kinds ;;
    release) __certwright_words 2.9 3.0 3.1 3.8 3.12 ;;
    purpose) __certwright_words server client ;;
    graph) __certwright_words text ;;
    bits) __certwright_words 2048 3072 4096 ;;
    ec) __certwright_words P-256 P-384 ;;
    key) __certwright_file '*.@(key|pem|der)' ;;
    name) __certwright_offer < <(__certwright_of host) ;;
    ca | as) __certwright_offer < <(__certwright_of identity) ;;
    esac
}

# Of pki: $1 is the action, $2 how many words stand behind it already.
__certwright_pki()
{
    local certificates='*.@(crt|cer|pem|der)' keys='*.@(key|pem|der)'
    case $1 in
    inspect) __certwright_file '*' ;;
    match) if (($2 % 2)); then __certwright_file "$certificates"; else __certwright_file "$keys"; fi ;;
    verify) __certwright_file "$certificates" ;;
    unlock) __certwright_file "$keys" ;;
    csr | selfsigned)
        if (($2 == 0)); then
            __certwright_offer < <(__certwright_of identity)
        else
            compopt -o nospace 2>/dev/null
            __certwright_words CN: OU: O: L: ST: C: emailAddress: subjectAltName:
        fi ;;
    sign)
        if (($2 == 0)); then
            __certwright_offer < <(__certwright_store '*.csr' | sed 's/\.csr$//')
        else
            __certwright_offer < <(__certwright_store '*.key' | sed 's/\.key$//')
        fi ;;
    pkcs12-to-ssh) __certwright_offer < <(__certwright_store '*.pub' | sed 's/\.pub$//') ;;
    esac
}

__certwright_argument()
{
    local command=$1 action=$2 count=$3
    case $command in
    '') __certwright_words wizard init pki generate sign import check orders explain plan status renew undo mmp rehearse adopt ;;
    generate | sign | orders | renew) __certwright_offer < <(__certwright_of identity) ;;
    import | adopt) __certwright_paths ;;
    explain) [[ -n $action ]] || __certwright_offer < <(__certwright_rules) ;;
    pki)
        if [[ -z $action ]]; then
            __certwright_words list inspect match verify unlock csr selfsigned sign pkcs12-to-ssh
        else
            __certwright_pki "$action" "$((count - 2))"
        fi ;;
    esac
}

# ~/x, "x" and 'x' as the shell will take them.
__certwright_path()
{
    local path=$1
    path=${path#[\"\']} path=${path%[\"\']}
    # shellcheck disable=SC2088
    [[ $path != '~/'* ]] || path=$HOME/${path#'~/'}
    printf '%s' "$path"
}

_certwright()
{
    local i word option='' args=() restore
    local __certwright_config=deployment.conf __certwright_store_given='' __certwright_catalogue_given=''
    local __certwright_typed=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    restore=$(shopt -p extglob)
    shopt -s extglob
    # readline parts --option=value and CN:value at = and :
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        --graph) # has a value behind = alone
            [[ ${COMP_WORDS[i + 1]} == = ]] || continue
            ((++i < COMP_CWORD && ++i < COMP_CWORD)) || option=graph ;;
        --*)
            [[ $__certwright_valued == *[[:space:]]"${word#--}"[[:space:]]* ]] || continue
            [[ ${COMP_WORDS[i + 1]} != = || $((i + 1)) == "$COMP_CWORD" ]] || ((i++))
            ((++i < COMP_CWORD)) || { option=${word#--}; break; }
            case $word in
            --config) __certwright_config=$(__certwright_path "${COMP_WORDS[i]}") ;;
            --catalogue) __certwright_catalogue_given=$(__certwright_path "${COMP_WORDS[i]}") ;;
            --store) __certwright_store_given=$(__certwright_path "${COMP_WORDS[i]}") ;;
            esac ;;
        *) args+=("$word") ;;
        esac
    done
    [[ $__certwright_typed != = || -z $option ]] || __certwright_typed=
    if [[ -n $option ]]; then
        __certwright_value "$option"
    elif [[ $__certwright_typed == -* ]]; then
        __certwright_offer < <(__certwright_options "${args[0]}" "${args[1]}")
    elif [[ $__certwright_typed == : || ${COMP_WORDS[COMP_CWORD - 1]} == : ]]; then
        __certwright_typed=${__certwright_typed#:}
        __certwright_offer < <(__certwright_of host)
    else
        __certwright_argument "${args[0]}" "${args[1]}" "${#args[@]}"
    fi
    eval "$restore"
}

complete -F _certwright certwright
