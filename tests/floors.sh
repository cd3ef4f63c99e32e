#!/bin/sh
# The floors of doc/design.md: a file includes its own room and floors below it, a library is seen by
# its owner's room alone, and a header that lies in src/ROOM is that room's own. A header that one room
# alone uses must lie there. Each offence is printed.
grep -rHoE '#include ["<][A-Za-z0-9_/]+' src include | sed 's/[^:/]*:#include ["<]/ /;s,/, ,g' |
    awk '
BEGIN {
    n = split("base pki store model rules ops flow ui cli", room)
    for (i = 1; i <= n; i++) floor[room[i]] = i
    floor["plan"] = floor["mmp"] = floor["rules"]
    floor["src"] = 99
    n = split("openssl pki idn2 pki confuse model jansson base archive store archive_entry store " \
              "editline cli histedit cli curses ui ncurses ui ncursesw ui form ui menu ui panel ui", o)
    for (i = 1; i < n; i += 2) owner[o[i]] = o[i + 1]
}
# SIDE ROOM [HEADER]: of the file; then what it includes, a room and a module or a library.
{
    from = ($1 == "src" || $1 == "include") && NF > 2 ? $2 : "src"
    to = NF > 3 ? $(NF - 1) : $NF
}
(to in floor && to != from && floor[to] >= floor[from]) || (to in owner && owner[to] != from) {
    print from " sees " to
    bad = 1
}
END { exit bad }' || bad=1
# HEADER ROOM, once for each room that includes the header.
users=$(grep -rHoE '#include "[a-z]+/[a-z0-9_]+\.h"' src include |
    sed -E 's,^(src|include)/([a-z]+)/[^:]*:#include "([^"]*)",\3 \2,' | sort -u)
for header in src/*/*.h include/*/*.h; do
    name=${header#*/} room=${header#*/}
    room=${room%%/*}
    others=$(echo "$users" | awk -v name="$name" -v room="$room" '$1 == name && $2 != room { print $2 }' | xargs)
    case $header in
    src/*) [ -z "$others" ] || { echo "$header is private to $room, and $others includes it"; bad=1; } ;;
    include/*)
        # It may be part of one that others include.
        inside=$(grep -lE "#include \"$name\"" "include/$room"/*.h 2>/dev/null)
        [ -n "$others$inside" ] || { echo "$header is used by $room alone: it belongs in src/$room"; bad=1; }
        ;;
    esac
done
exit ${bad:-0}
