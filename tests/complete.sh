# What the completions of bash, zsh and fish offer, from the folder that they were installed into.
#
#   completes SHELL SHARE <LINES   a line each of the words offered at the end of that line, sorted and
#                                  without a shell's quoting; what stands before "=", "," or an
#                                  attribute's ":" is no part of them, --option= no word
#   shells                         the shells that there are here
# shellcheck shell=bash

shells()
{
    local shell
    for shell in bash zsh fish; do
        if command -v "$shell" >/dev/null; then echo "$shell"; fi
    done
}

# COMP_WORDS as readline makes it: "=" and ":" part words.
bash_completes()
{
    # shellcheck disable=SC2016
    bash --norc --noprofile -c '
        compopt() { :; }
        . "$1/bash-completion/completions/certwright" || exit 1
        while IFS= read -r line; do
            mapfile -t COMP_WORDS < <(printf "%s\n" "$line" | grep -oE "[=:]|[^=: ]+")
            [[ $line != *[\ ] ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
            _certwright certwright "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        done' bash "$1"
}

fish_completes()
{
    # shellcheck disable=SC2016
    fish --no-config -c '
        source $argv[1]/fish/vendor_completions.d/certwright.fish; or exit 1
        while read -l line
            echo (complete -C "$line" | string replace -r "\t.*" "")
        end' "$1"
}

# A zsh with a terminal of its own, whose compadd tells what it is given between two NUL.
zsh_completes()
{
    cat >"$T/asked.zsh" <<'EOF'
fpath=($SHARE/zsh/site-functions $fpath)
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' completer _complete
setopt no_beep no_list_ambiguous
bindkey '^I' list-choices
PS1= RPS1=
# The two arrays are emptied when they are called.
mark()
{
    print -rn -- $'\0'
    compprefuncs=(mark) comppostfuncs=(mark)
}
compadd()
{
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -A hits "$@"
    (($#hits)) && print -rn -- "$hits "
    builtin compadd "$@"
}
compprefuncs=(mark) comppostfuncs=(mark)
EOF
    # shellcheck disable=SC2016
    SHARE=$1 zsh -f -c '
        zmodload zsh/zpty
        zpty -b asked zsh -f -i
        zpty -w asked "stty -echo; source $1; print -r READY-\$((40 + 2))"
        zpty -rt asked told "*READY-42*" || while zpty -r asked told; do [[ $told == *READY-42* ]] && break; done
        while IFS= read -r line; do
            zpty -wn asked $line$'"'\t'"'
            told=
            while [[ $told != *$'"'\0'"'*$'"'\0'"'* ]]; do zpty -r asked part "?" || exit 1; told+=$part; done
            told=${told#*$'"'\0'"'}
            print -r -- ${told%%$'"'\0'"'*}
            zpty -wn asked $'"'\x15'"'
        done
        zpty -d asked' zsh "$T/asked.zsh"
}

completes()
{
    "${1}_completes" "$2" | while IFS= read -r offered; do
        # shellcheck disable=SC2086
        printf '%s\n' $offered | sed -E 's/\\//g; s/^--?[a-z-]+=//; s/^.*,//; s/^[A-Za-z]+:(.)/\1/; s,/$,,; s,.*/,,; /^$/d' |
            LC_ALL=C sort -u | paste -sd ' ' -
    done
}
