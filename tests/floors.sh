#!/bin/sh
# The floors of doc/design.md: a file includes its own room and floors below it, and a library is
# seen by its owner's room alone. Each offending include is printed.
grep -rHoE '#include ["<][A-Za-z0-9_]+' src include | sed 's/[^:/]*:#include ["<]/ /;s,/, ,g' | awk '
BEGIN {
    n = split("base pki store model rules ops flow ui cli", room)
    for (i = 1; i <= n; i++) floor[room[i]] = i
    floor["plan"] = floor["mmp"] = floor["rules"]
    floor["src"] = 99
    n = split("openssl pki idn2 pki confuse model jansson base archive store archive_entry store " \
              "editline cli histedit cli curses ui ncurses ui ncursesw ui form ui menu ui panel ui", o)
    for (i = 1; i < n; i += 2) owner[o[i]] = o[i + 1]
}
{ from = NF > 2 ? $2 : "src"; to = $NF }
(to in floor && to != from && floor[to] >= floor[from]) || (to in owner && owner[to] != from) {
    print from " sees " to
    bad = 1
}
END { exit bad }'
