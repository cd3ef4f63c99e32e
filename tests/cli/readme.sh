#!/usr/bin/env bash
# README's picture is a screen that the tests see, and its tour works as written.
. "$(dirname "$0")/../lib.sh"

sed -n '/^== webbridge$/,/^== /p' "$TOP/tests/tui/combined.test" | sed '1d;$d' >"$T/golden"
sed -n '/^```$/,/^```$/p' "$TOP/README.md" | sed '1d;/^```$/,$d' >"$T/picture"
same "the picture is the Web Bridge's page" "$(cat "$T/golden")" "$(cat "$T/picture")"

mkdir bin && ln -s "$CERTWRIGHT" bin/certwright
PATH=$PWD/bin:$PATH
sed -n '/^## Two minutes/,/^## /p' "$TOP/README.md" | sed -n 's/^    \(mkdir lab.*\)$/\1/p; s/^    \(certwright .*\)$/\1/p' |
    sed 's/  *#.*//' | grep -v -e FILE -e KEY -e CERT -e --help >tour
ok "the tour runs as it is written" bash -e -c '. ./tour'
ok "and ends in a plan" test -s lab/install/RUNBOOK.md
same "five commands and a folder" 6 "$(wc -l <tour | tr -d " ")"

# Every link among the documents leads to a file, and README leads to each of them.
(cd "$TOP" && ls README.md doc/*.md) | while read -r file; do
    grep -oE '\]\([^)#]+' "$TOP/$file" | sed 's/](//' | grep -v '^https\{0,1\}:' |
        while read -r link; do [ -e "$TOP/$(dirname "$file")/$link" ] || echo "$file: $link"; done
done >dead
same "no link is dead" "" "$(cat dead)"
(cd "$TOP" && for file in doc/*.md; do grep -qF "($file)" README.md || echo "$file"; done) >unnamed
same "README names every document" "" "$(cat unnamed)"
(cd "$TOP" && grep -oE '^\| `[^|]*`' README.md | grep -oE '`[a-z/]+`' | tr -d '`' |
    while read -r folder; do [ -d "$folder" ] || echo "$folder"; done) >gone
same "every folder that README names is there" "" "$(cat gone)"
