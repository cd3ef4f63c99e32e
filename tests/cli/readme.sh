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
