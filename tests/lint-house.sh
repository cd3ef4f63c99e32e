#!/bin/sh
# Rules of the house that a machine can see. Prints each offence; exit 1 when there is one.
bad=0
offence()
{
    [ -z "$2" ] && return
    printf '%s:\n%s\n' "$1" "$2"
    bad=1
}
code=$(find src include -name '*.[ch]' | sort)
# shellcheck disable=SC2086
{
offence "unsafe call" "$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|system|popen|strtok)[[:space:]]*\(' $code)"
offence "left over" "$(grep -nE '\b(TO''DO|FIX''ME|XX''X|HA''CK|st''ub|not imple''mented)\b' $code screens/*.conf)"
offence "over 700 lines: more than one story" "$(wc -l $code | awk '$2 != "total" && $1 > 700 { print $2 ": " $1 }')"
}
offence "no name for a file" "$(find src include -name 'util*' -o -name 'misc*' -o -name 'helper*')"
# What a comment cites is in the repository, or is the vendor's.
cited='SPEC|DESIGN|WIZARD|RULES|PRESETS|CATALOGUE|CONTRADICTIONS|PITFALLS|PERFORMANCE|APPLIANCE|FIELD|STYLE'
offence "cites a document that the repository lacks" "$(grep -rnIE \
    "(^|[^[:alnum:]_/])(($cited)(\\.md| [0-9])|SPEC([^[:alnum:]_]|\$)|[.]*/(work|shared)/(main|shared|wt|cases|[A-Z]+\\.md))" \
    src include screens tests doc Makefile README.md | grep -v '^tests/lint-house')"
top=$(find . -mindepth 1 -maxdepth 1 ! -name '.*' | sed 's,^\./,,' |
    grep -vE '^(Makefile|README\.md|LICENSE|src|include|screens|tests|doc|build)$')
if [ -d .git ] && command -v git >/dev/null 2>&1; then
    top=$(echo "$top" | while read -r name; do
        [ -z "$name" ] || git check-ignore -q "$name" || echo "$name"
    done)
fi
offence "at the top level" "$top"
exit $bad
