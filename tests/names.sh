#!/bin/sh
# A component's name belongs in screens/*.conf alone. Prints every string literal of C that begins
# with the name of a kind or of a slot ("kind", "kind ...", "kind/..."), comments aside.
kinds=$(for file in screens/*.conf; do basename "$file" .conf; done)
slots=$(sed -n 's/^ *slot "\([^"]*\)".*/\1/p' screens/*.conf)
find src include -name '*.[ch]' | sort | xargs awk -v names="$(echo $kinds $slots)" '
BEGIN {
    n = split(names, list, " ")
    for (i = 1; i <= n; i++) known[list[i]] = 1
    n = split("identity server client root", list, " ")
    for (i = 1; i <= n; i++) delete known[list[i]]
}
FNR == 1 { comment = 0 }
{
    rest = $0
    while (rest != "") {
        if (comment) {
            at = index(rest, "*/")
            if (!at) break
            comment = 0
            rest = substr(rest, at + 2)
            continue
        }
        if (!match(rest, /"([^"\\]|\\.)*"|\047([^\047\\]|\\.)+\047|\/\*|\/\//)) break
        token = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (token == "//") break
        if (token == "/*") comment = 1
        if (token !~ /^"/) continue
        word = substr(token, 2, length(token) - 2)
        sub(/[ \/].*/, "", word)
        if (word in known) { print FILENAME ":" FNR ": " token " names a component"; bad = 1 }
    }
}
END { exit bad }'
