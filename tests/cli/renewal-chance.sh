#!/usr/bin/env bash
# Sanitized only. Deployments by chance, renewed twice by chance, each plan proven unbroken at every line.
# RENEWALS=100 SEED=7 tries that many, from that seed on.
# shellcheck disable=SC2154 # status, out, err come from lib.sh
. "$(dirname "$0")/../lib.sh"

run python3 "$TOP/tests/renewal/random_renewals.py" "${SEED:-10}" "${RENEWALS:-3}"
while read -r line; do
    case $line in
    ok\ *) pass "${line#ok * - }" ;;
    not\ ok\ *) fail "${line#not ok * - }" "$(sed -n "\|^${line%%;*}|,/^\(not \)\?ok/p" "$T/out" | sed '1d; /^\(not \)\?ok/d')" ;;
    esac
done <"$T/out"
same "and no more went wrong" "" "$err"
