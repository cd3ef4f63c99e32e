#!/usr/bin/env bash
# certwright explain: each rule from its own test, offline, and where one was mistyped the nearest one.
. "$(dirname "$0")/../lib.sh"

ok "all rules" "$CERTWRIGHT" explain
sed -n 's/^  \([A-Z0-9][A-Z0-9-]*\) .*/\1/p' "$T/out" | LC_ALL=C sort >listed
sed -n 's/^| `\([A-Z0-9-]*\)` |.*/\1/p' "$TOP/doc/rules.md" | LC_ALL=C sort >documented
same_file "lists each rule of doc/rules.md once" documented listed
sed -n 's/^## //p' "$TOP/doc/rules.md" | tail -n +2 >groups
same "in its groups" "$(cat groups)" "$(grep '^[A-Z][^-.]*$' "$T/out")"
same "within 80 columns" "" "$(awk 'length > 80' "$T/out")"

ok "the same as JSON" "$CERTWRIGHT" explain --json
cp "$T/out" all.json
same "has them all" "$(cat documented)" "$(jq -r '.[].id' all.json | LC_ALL=C sort)"

# The deployment shown is the one that its test breaks the rule with, and what its store has is said.
wrong=''
while read -r id; do
    jq -jr --arg id "$id" '.[] | select(.id == $id).examples[0].deployment' all.json >shown
    sed -e '/^#!/d' -e '/#! good$/d' -e 's/ *#! broken$//' "$TOP/tests/rules/$id.conf" | cmp -s - shown ||
        wrong="$wrong $id"
done <documented
same "each deployment is its test's" "" "$wrong"
same "what only the store has is said" "" "$(grep -l '^#! broken ' "$TOP"/tests/rules/*.conf |
    xargs grep -L '^#! shows ' | sed 's,.*/,,')"
same "why and repair are told of each" "" \
    "$(jq -r '.[] | select(.repair == "" or .otherwise == "" or .examples[0].why == "") | .id' all.json)"

ok "one rule" "$CERTWRIGHT" explain TRUST-STALE
says "its severity and source" "TRUST-STALE, error (guide 4.7.1)"
says "why" "A renewed certificate is another one"
says "what happens" "Otherwise: The service is refused"
says "the deployment" '        service "webbridge" { identity = "webbridge"  trust-file = "wb.crt" }'
says "its store" "In its store, wb.crt has the Call Bridge's certificate as it was before its"
says "the repair" "Repair:    certwright check --fix"
same "nothing is wider than the screen" "" "$(awk 'length > 80' "$T/out")$err"
ok "in small letters" "$CERTWRIGHT" explain trust-stale
ok "a measured one" "$CERTWRIGHT" explain PEM-BOM
says "says so" "PEM-BOM, warning (measured)"
exits 1 "a rule that is none" "$CERTWRIGHT" explain TRUST-STAL
says "the nearest one is named" "TRUST-STAL: there is no such rule: did you mean TRUST-STALE?"
exits 1 "one that is near to none" "$CERTWRIGHT" explain $'no\033such thing'
says "all are pointed to, nothing hostile is shown" \
    'no\x1Bsuch thing: there is no such rule: certwright explain lists all'
exits 2 "two rules" "$CERTWRIGHT" explain TRUST-STALE PEM-BOM

# A component's file adds rules of its own.
mkdir kinds
cat >kinds/fridge.conf <<'END'
title = "Fridge"
require "FRIDGE-COLD" { present = "service"  severity = "notice"  section = "9.9"
    why = "A fridge is to be kept cold."  remedy = "keep it cold" }
END
ok "a rule of a component's file" "$CERTWRIGHT" --catalogue kinds explain FRIDGE-COLD
says "says why" "Fridge: A fridge is to be kept cold."
says "with severity and source" "FRIDGE-COLD, notice (guide 9.9)"
ok "all rules with it" "$CERTWRIGHT" --catalogue kinds explain
says "has it in a group of its own" "Of component files
  FRIDGE-COLD            Fridge: A fridge is to be kept cold."
