# fish completion for certwright: commands, options and their values, and of the deployment at hand its
# identities, its hosts and the files of its store.

set -g __certwright_valued config store catalogue color at answers preset domain cores edges databases with without release state \
    O OU L ST C emailAddress ca days as chain ca-folder password-file out bits ec key purpose name

# The command, the action or argument behind it, and so on: what is typed already but options.
function __certwright_args
    set -l skip
    for word in (commandline -opc)[2..-1]
        if set -q skip[1]
            set -e skip[1]
        else if string match -q -- '--*' $word
            if contains -- (string sub -s 3 -- $word) $__certwright_valued
                set skip 1
            end
        else
            printf '%s\n' $word
        end
    end
end

# The value of an option on the line, else $argv[2].
function __certwright_option
    set -l value $argv[2]
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if test $words[$i] = --$argv[1]; and set -q words[(math $i + 1)]
            set value $words[(math $i + 1)]
        else if string match -q -- "--$argv[1]=*" $words[$i]
            set value (string replace -- "--$argv[1]=" '' $words[$i])
        end
    end
    string replace -r '^~/' "$HOME/" -- $value
end

# What deployment.conf says, a line each: identity NAME, server NAME, host NAME, store DIR.
function __certwright_deployment
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
    }' (__certwright_option config deployment.conf) 2>/dev/null
end

function __certwright_of
    __certwright_deployment | string replace -rf -- "^$argv[1] " '' | sort -u
end

# Files of the store whose names fit the regular expression.
function __certwright_store
    set -l folder (__certwright_option store)
    if test -z "$folder"
        set -l config (__certwright_option config deployment.conf)
        set folder (__certwright_of store)[-1]
        test -n "$folder"; or set folder store
        if string match -qv -- '/*' $folder; and string match -q -- '*/*' $config
            set folder (string replace -r '[^/]*$' '' -- $config)$folder
        end
    end
    for file in $folder/*
        string replace -r '.*/' '' -- $file
    end | string match -v -- '*.bak' | string match -r -- $argv[1]
end

# The ids of the rules, as the program lists them.
function __certwright_rules
    set -l words (commandline -opc)
    command -q $words[1]; and $words[1] explain 2>/dev/null | string replace -rf '^  ([A-Z0-9][A-Z0-9-]*) .*' '$1'
end

# A name of the store, or a path as soon as there is a / in it.
function __certwright_file
    set -l typed (commandline -ct | string replace -r -- '^--[a-z-]+=' '')
    if string match -qr -- '/|^~' "$typed"
        __fish_complete_path $typed
    else
        __certwright_store $argv[1]
    end
end

# a,b,c: the last one.
function __certwright_kinds
    set -l before (commandline -ct | string replace -r -- '^--[a-z]+=' '' | string match -r -- '.*,')
    printf "%s\n" "$before"{webadmin,callbridge,webbridge,webbridge3,xmpp,loadbalancer,trunk,turn,recorder,streamer,database}
    set -l catalogue (__certwright_option catalogue '')
    if test -n "$catalogue"
        for file in $catalogue/*.conf
            printf "%s\n" "$before"(string replace -r '.*/(.*)\.conf$' '$1' -- $file)
        end
    end
end

# Of pki: what the word at the cursor is.
function __certwright_pki
    set -l args (__certwright_args)
    set -l place (math (count $args) - 2)
    set -l certificates '^.+\.(?:crt|cer|pem|der)$'
    set -l keys '^.+\.(?:key|pem|der)$'
    switch $args[2]
        case inspect
            __certwright_file '.+'
        case match
            if test (math $place % 2) = 1
                __certwright_file $certificates
            else
                __certwright_file $keys
            end
        case verify
            __certwright_file $certificates
        case unlock
            __certwright_file $keys
        case csr selfsigned
            if test $place = 0
                __certwright_of identity
            else
                printf '%s\n' CN: OU: O: L: ST: C: emailAddress: subjectAltName: CN:(__certwright_of host)
            end
        case sign
            if test $place = 0
                __certwright_bases csr
            else
                __certwright_bases key
            end
        case pkcs12-to-ssh
            __certwright_bases pub
    end
end

# Files of the store with that extension, without it.
function __certwright_bases
    __certwright_store "^.+\.$argv[1]\$" | string replace -r "\.$argv[1]\$" ''
end

# The command at hand is one of these; pki's action is one of these; there is none yet.
function __certwright_in
    set -l args (__certwright_args)
    contains -- "$args[1]" $argv
end
function __certwright_action
    set -l args (__certwright_args)
    test "$args[1]" = pki; and contains -- "$args[2]" $argv
end
function __certwright_bare
    set -l args (__certwright_args)
    not set -q args[1]
end

complete -c certwright -f

complete -c certwright -n __certwright_bare -a wizard -d 'asks step by step'
complete -c certwright -n __certwright_bare -a init -d 'writes a deployment.conf from a preset'
complete -c certwright -n __certwright_bare -a pki -d 'the appliance\'s pki commands on the store'
complete -c certwright -n __certwright_bare -a generate -d 'makes missing keys and requests'
complete -c certwright -n __certwright_bare -a sign -d 'signs the requests with a CA of the store'
complete -c certwright -n __certwright_bare -a import -d 'sorts what a CA returned'
complete -c certwright -n __certwright_bare -a check -d 'judges the deployment by every rule'
complete -c certwright -n __certwright_bare -a orders -d 'order sheets for whoever signs'
complete -c certwright -n __certwright_bare -a explain -d 'why a rule is there, and what breaks it'
complete -c certwright -n __certwright_bare -a plan -d 'writes files, commands and a runbook'
complete -c certwright -n __certwright_bare -a status -d 'when certificates end'
complete -c certwright -n __certwright_bare -a renew -d 'the next certificate'
complete -c certwright -n __certwright_bare -a undo -d 'brings back what was replaced'
complete -c certwright -n __certwright_bare -a mmp -d 'an appliance to try commands on'
complete -c certwright -n __certwright_bare -a adopt -d 'takes over servers that run'
complete -c certwright -n __certwright_bare -a rehearse -d 'carries the plan out on emulated appliances'

complete -c certwright -l config -r -F -d 'deployment file'
complete -c certwright -l store -x -a '(__fish_complete_directories)' -d 'folder of keys and certificates'
complete -c certwright -l catalogue -x -a '(__fish_complete_directories)' -d 'more component files'
complete -c certwright -l quiet -d 'results and errors only'
complete -c certwright -l help -d 'what it does and takes'
complete -c certwright -n __certwright_bare -l version -d 'release and libraries'
complete -c certwright -n '__certwright_bare; or __certwright_in wizard' -l plain -d 'ask line by line'
complete -c certwright -n '__certwright_bare; or __certwright_in wizard' -l ascii -d 'no line-drawing characters'
complete -c certwright -n '__certwright_bare; or __certwright_in wizard' -l color -x -a 'auto always never' -d 'when'
complete -c certwright -n '__certwright_bare; or __certwright_in pki generate sign import check orders explain plan status undo adopt' -l json \
    -d 'results as one JSON document'
complete -c certwright -n '__certwright_bare; or __certwright_in check status rehearse; or __certwright_action verify' -l at -x \
    -d 'judge as of this date'

complete -c certwright -n '__certwright_in wizard' -l answers -r -F -d 'takes the answers from a file'
complete -c certwright -n '__certwright_in wizard' -l ids -d 'shows the ids to answer to'
complete -c certwright -n '__certwright_in wizard' -l mouse -d 'listens to the mouse'

complete -c certwright -n '__certwright_in init' -l preset -x -a 'lab webapp single-combined single-split scalable' -d 'what to start from'
complete -c certwright -n '__certwright_in init' -l domain -x -d 'domain of the deployment'
complete -c certwright -n '__certwright_in init' -l cores -x -d 'how many cores, 1 to 999'
complete -c certwright -n '__certwright_in init' -l edges -x -d 'how many edges, 1 to 999'
complete -c certwright -n '__certwright_in init' -l databases -x -d 'how many servers for the database'
complete -c certwright -n '__certwright_in init' -l with -x -a '(__certwright_kinds)' -d 'components besides'
complete -c certwright -n '__certwright_in init' -l without -x -a '(__certwright_kinds)' -d 'components left out'
complete -c certwright -n '__certwright_in init' -l O -x -d organisation
complete -c certwright -n '__certwright_in init' -l OU -x -d 'organisational unit'
complete -c certwright -n '__certwright_in init' -l L -x -d town
complete -c certwright -n '__certwright_in init' -l ST -x -d 'state or province'
complete -c certwright -n '__certwright_in init' -l C -x -d 'country, two letters'
complete -c certwright -n '__certwright_in init' -l emailAddress -x -d 'e-mail address'
complete -c certwright -n '__certwright_in init' -l force -d 'replaces what is there'

complete -c certwright -n '__certwright_in init check mmp' -l release -x -a '2.9 3.0 3.1 3.8 3.12' -d 'software of the servers'

complete -c certwright -n '__certwright_in generate sign orders renew' -a '(__certwright_of identity)' -d identity
complete -c certwright -n '__certwright_in sign' -l ca -x -a '(__certwright_of identity)' -d 'the CA'
complete -c certwright -n '__certwright_in sign' -l make-ca -d 'makes the CA where it is missing'
complete -c certwright -n '__certwright_in sign' -l force -d 'signs again'
complete -c certwright -n '__certwright_in sign' -l days -x -d 'how long it lasts'

complete -c certwright -n '__certwright_in import' -F
complete -c certwright -n '__certwright_in import' -l dry-run -d 'says what would be done'
complete -c certwright -n '__certwright_in import' -l force -d 'takes what it would refuse'
complete -c certwright -n '__certwright_in import' -l as -x -a '(__certwright_of identity)' -d 'takes key and certificate for it'
complete -c certwright -n '__certwright_in import' -l chain -x -d 'takes another of several chains'
complete -c certwright -n '__certwright_in import' -l ca-folder -x -a '(__fish_complete_directories)' \
    -d 'CA certificates for chains'
complete -c certwright -n '__certwright_in import' -l password-file -r -F -d 'its first line is the password'

complete -c certwright -n '__certwright_in check' -l fix -d 'mends what needs no decision'

complete -c certwright -n '__certwright_in mmp' -l state -x -a '(__fish_complete_directories)' -d 'folder of the appliance'

complete -c certwright -n '__certwright_in adopt' -F
complete -c certwright -n '__certwright_in adopt' -l files -x -a '(__fish_complete_directories)' -d 'what was fetched from them'
complete -c certwright -n '__certwright_in adopt' -l commands -d 'what to type on a server'
complete -c certwright -n '__certwright_in adopt' -l compare -d 'tells what differs, writes nothing'
complete -c certwright -n '__certwright_in adopt' -l force -d 'replaces what is there'

complete -c certwright -n '__certwright_in explain; and test (count (__certwright_args)) = 1' \
    -a '(__certwright_rules)' -d rule

complete -c certwright -n '__certwright_in rehearse' -l keep-going -d 'past a surprise'
complete -c certwright -n '__certwright_in rehearse' -l drill -d 'plants a fault to be found'
complete -c certwright -n '__certwright_in plan orders rehearse' -l out -x -a '(__fish_complete_directories)' -d 'folder to write'
complete -c certwright -n '__certwright_in plan' -l base -d 'preconditions first'
complete -c certwright -n '__certwright_in plan' -l all -d 'installed services, too'
complete -c certwright -n '__certwright_in plan' -l graph -a text -d 'who trusts whom, for Graphviz'
complete -c certwright -n '__certwright_in plan' -l force -d 'in spite of errors'

complete -c certwright -n '__certwright_action ""' -a 'list inspect match verify unlock csr selfsigned sign pkcs12-to-ssh'
complete -c certwright -n '__certwright_in pki; and not __certwright_action ""' -a '(__certwright_pki)'
complete -c certwright -n '__certwright_action csr selfsigned' -l bits -x -a '2048 3072 4096' -d 'an RSA key'
complete -c certwright -n '__certwright_action csr selfsigned' -l ec -x -a 'P-256 P-384' -d 'a key on a curve'
complete -c certwright -n '__certwright_action csr selfsigned' -l key -x -a '(__certwright_file "^.+\\.(?:key|pem|der)\$")' \
    -d 'a key that is there'
complete -c certwright -n '__certwright_action selfsigned sign' -l days -x -d 'how long it lasts'
complete -c certwright -n '__certwright_action csr selfsigned sign' -l force -d 'may replace'
complete -c certwright -n '__certwright_action match verify' -l each -d 'many in one run'
complete -c certwright -n '__certwright_action verify' -l purpose -x -a 'server client' -d 'may it be used so'
complete -c certwright -n '__certwright_action verify' -l name -x -a '(__certwright_of host)' -d 'does it have that name'
complete -c certwright -n '__certwright_action inspect match verify unlock csr selfsigned pkcs12-to-ssh' \
    -l password-file -r -F -d 'its first line is the password'

complete -c certwright -n '__certwright_in status' -l prometheus -d 'as metrics'
complete -c certwright -n '__certwright_in status' -l ics -d 'as a calendar'
complete -c certwright -n '__certwright_in status' -l lead -x -d 'days that a CA takes'
complete -c certwright -n '__certwright_in status' -l timeline -d 'what stops in 24 months'

complete -c certwright -n '__certwright_in renew' -l new-key -d 'with another key'
complete -c certwright -n '__certwright_in renew' -l done -d 'the servers have the new certificate'
complete -c certwright -n '__certwright_in renew' -l abandon -d 'gives up what waits for its certificate'

complete -c certwright -n '__certwright_in undo' -l list -d 'says what can be undone'
