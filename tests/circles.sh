#!/bin/sh
# A room has no circles: where one module uses another, that one does not use it in turn, by any way.
# Looks at what the objects of a build (default: build) define and use; each circle is printed.
# Still to be cut, with the modules that are in them; a room that has none leaves the list.
still="flow model ops plan rules ui pki:host,namelist"
O=${1:-build}
[ -d "$O/obj" ] || { echo "no objects in $O: make first"; exit 1; }
edges()
{
    # shellcheck disable=SC2046
    nm -A $(printf '%s\n' src/"$1"/*.c | sed "s|^src/\(.*\)c\$|$O/obj/\1o|") | awk '
    { n = split($1, path, "[/:]"); file = path[n - 1]; sub(/\.o$/, "", file) }
    $(NF - 1) ~ /^[TDBRC]$/ { owner[$NF] = file }
    $(NF - 1) == "U" { user[++count] = file; used[count] = $NF }
    END {
        for (i = 1; i <= count; i++)
            if (used[i] in owner && owner[used[i]] != user[i])
                print user[i], owner[used[i]]
    }' | sort -u
}
for folder in src/*/; do
    room=$(basename "$folder") known=no parts=''
    for item in $still; do
        [ "${item%%:*}" = "$room" ] || continue
        known=yes
        case $item in *:*) parts=$(echo "${item#*:}" | tr , ' ') ;; esac
    done
    # The modules in circles that nobody knows of; tsort names those of each circle.
    list=$(edges "$room")
    [ -n "$list" ] || { echo "nothing is known of $room's objects"; bad=1; }
    circle=$(echo "$list" | tsort 2>&1 >/dev/null | sed 's/^tsort: //' | grep -v 'contains a loop' | sort -u | xargs)
    if [ "$known" = yes ] && [ -z "$circle" ]; then
        echo "$room has no circle any more: take it off the list in tests/circles.sh"
        bad=1
    fi
    for part in $parts; do
        circle=$(echo " $circle " | sed "s/ $part / /" | xargs)
    done
    if [ -n "$circle" ] && { [ "$known" = no ] || [ -n "$parts" ]; }; then
        echo "a circle in $room: $circle"
        bad=1
    fi
done
exit ${bad:-0}
