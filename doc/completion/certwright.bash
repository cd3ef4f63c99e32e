# bash completion for certwright. Commands and options, and of the deployment at hand its identities,
# its servers and the files of its store.

# The value of --$1 on the command line, else $2.
__certwright_option()
{
    local i
    for ((i = 1; i < ${#COMP_WORDS[@]} - 1; i++)); do
        if [[ ${COMP_WORDS[i]} == "--$1" ]]; then
            if [[ ${COMP_WORDS[i + 1]} == = ]]; then echo "${COMP_WORDS[i + 2]}"; else echo "${COMP_WORDS[i + 1]}"; fi
            return
        fi
    done
    echo "$2"
}

# The titles of all sections of a name: identity, server.
__certwright_titles()
{
    sed -n "s/^[[:space:]]*$1[[:space:]]*\"\([^\"]*\)\".*/\1/p" \
        "$(__certwright_option config deployment.conf)" 2>/dev/null
}

__certwright_store()
{
    local config store
    config=$(__certwright_option config deployment.conf)
    store=$(sed -n 's/^[[:space:]]*store[[:space:]]*=[[:space:]]*"\{0,1\}\([^"]*\)"\{0,1\}[[:space:]]*$/\1/p' \
        "$config" 2>/dev/null | tail -n 1)
    store=$(__certwright_option store "${store:-store}")
    ls -- "$store" 2>/dev/null
}
