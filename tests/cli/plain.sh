#!/usr/bin/env bash
# The questions line by line: what a key does is explained, a wrong value is never the answer, and no
# column or hex dump stands between a person who listens and what is said.
. "$(dirname "$0")/../lib.sh"

ask() # INPUT: the wizard in plain, fed with it
{
    printf '%b' "$1" >input
    run bash -c '"$CERTWRIGHT" --plain wizard <input'
}

# Keys.
ask '?\n'
says "the menu's ? explains its actions" "look, or look N for row N: Inspect a file, asks for a path."
says "and the keys" "< goes back. # tells what is left, #NAME goes there, as #basics."
says "the end of input is an error with the question's id" "Error: the input ended at start"
same "with status 1" 1 "$status"
ask 'lab\n?\nexample.com\nleave\n'
says "a field's ? explains +" "+ asks for the values of this page, too"
says "every ? explains !" "! is an empty answer. - takes back the last answer."

# Wrong values.
rm -f deployment.conf .certwright.*
ask '3\nexample.com\nAcme\n\n\n\n\n\n#page:webadmin\n+\n\n\njoin.example com\n\n'
says "a wrong name is an error with its remedy" "Error: a host name has no blank (column 13)."
silent "and not offered as the answer" "[join.example com]"
hasnt "nor saved" "join.example com" deployment.conf
silent "nothing is glued" ".com.meet"

# Several names at once, and one mistake.
cat >answers <<'END'
start = 3
basics.domain = example.com
webadmin.subjectAltName = join.example.com; meet.example.com	video.example.com & 192.0.2.1
leave = page:webadmin
END
rm -f deployment.conf .certwright.*
ok "answers take a list with any signs between" "$CERTWRIGHT" wizard --answers answers
same "each name is its own" '{"join.example.com","meet.example.com","video.example.com","192.0.2.1"}' \
    "$(tr -d ' \n' <deployment.conf | grep -o '{"join[^}]*}')"
sed -i 's/^webadmin.*/webadmin.subjectAltName = join.example com/' answers
rm -f deployment.conf .certwright.*
fails "one mistake is one" "$CERTWRIGHT" wizard --answers answers
says "and its remedy puts the dot" "Put a dot: join.example.com"

# Taken back.
rm -f deployment.conf .certwright.*
ask 'lab\nexample.com\n\nother.example.com\n-\n'
hasnt "- takes back the last answer" "other.example.com" deployment.conf
has "and no more" "example.com" deployment.conf

# What a locale can't show is kept.
rm -f deployment.conf .certwright.*
printf '3\nexample.com\nM\xc3\xbcller GmbH\n' >input
run env LC_ALL=C bash -c '"$CERTWRIGHT" --plain wizard <input'
has "an umlaut typed where ASCII alone is known is kept" "Müller GmbH" deployment.conf

# A certificate and findings, said.
rm -rf deployment.conf .certwright.*
ok "a lab" "$CERTWRIGHT" init --preset lab --domain example.com
ok "made" "$CERTWRIGHT" generate
ask 'check\n#check\ninspect 6\nopen 6\nleave\n'
if grep -qE '([0-9a-fA-F]{2}:){4}' "$T/out"; then fail "inspecting says no hex" "$(told)"; else pass "inspecting says no hex"; fi
says "a chain in sentences" "OK: example.com lab CA"
says "a certificate that lacks keeps its own words" "WARN: cms1"
says "a finding is its word, sentence and remedy" "Note: cms1 callbridge: The command callbridge restart, which makes new certificates count, drops the calls of that Call Bridge."
says "leaving says how to go on" "Saved. Go on: certwright --plain"
ask '#check\nwhole 6\nleave\n'
says "the whole text of a certificate is said when asked for" "X509v3 Basic Constraints"

# A remedy names page and field, and open goes there; on the command line it is deployment.conf.
rm -rf deployment.conf store .certwright.*
ok "one for a public CA" "$CERTWRIGHT" init --preset webapp --domain example.com --O Ex
sed -i 's/signer = "internal"/signer = "public"/' deployment.conf
run "$CERTWRIGHT" check
says "on the command line a remedy names deployment.conf" "set L, ST, C in subject {} of deployment.conf"
ask '#check\nleave\n'
says "in the wizard page and fields" "and fill in City, State and Country"
says "a new certificate is made from the review" "Go to Review (open 1), whose Enter makes it"
says "an identity of its own is chosen at its field" "and choose its own, signed by the internal CA"
silent "and nobody is sent into deployment.conf" "of deployment.conf"
row=$(sed -n 's/.*Go to Basics (open \([0-9]*\)).*/\1/p' "$T/out" | head -1)
ask "#check\nopen $row\nleave\n"
says "which open goes to" "- Basics - step 1"
ok "undone" rm -rf deployment.conf store
ok "a lab again" "$CERTWRIGHT" init --preset lab --domain example.com
ok "made again" "$CERTWRIGHT" generate
mkdir 'a b' && cd 'a b' || exit 1
run bash -c 'printf "lab\nexample.com\n#review\nleave\n" | "$CERTWRIGHT" --plain --config "../a b/x.conf" wizard'
says "with the file that was used" "Saved. Go on: certwright --config '../a b/x.conf' --plain"

# What is made keeps its names: said and asked first; an answers file was written to be taken.
ok "a deployment" "$CERTWRIGHT" init --preset single-combined --domain example.com
ok "its keys" "$CERTWRIGHT" generate
ask '#servers\ncore1\nno\n'
says "a rename says what stays" "webadmin has that name, and its request is made."
says "and asks with its verb" "Keep the names and rename? yes or no [no]"
says "no changes nothing" "Nothing is changed."
has "not even the server's name" 'server "cms1"' deployment.conf
ask '#servers\ncore1\nyes\n'
has "yes renames" 'address = "cms1.example.com"' deployment.conf
printf 'start = basics\nservers.name = london\nleave = servers\n' >answers
ok "answers are taken as yes" "$CERTWRIGHT" wizard --answers answers
has "and what is made stays" 'address = "cms1.example.com"' deployment.conf

# What a doubtful answer may be is offered in the same question: = takes it, Enter leaves it.
rm -rf ./.certwright.* deployment.conf store
"$CERTWRIGHT" --quiet init --preset single-combined --domain example.com --C US
run bash -c 'printf "2\n\n\n\n\n\nUK\n=\n" | "$CERTWRIGHT" --plain wizard'
says "the offer" "= makes it GB, Enter leaves it."
ok "is kept" grep -q 'C = "GB"' deployment.conf
run bash -c 'printf "2\n\n\n\n\n\nUK\n\n\n" | "$CERTWRIGHT" --plain wizard'
ok "and Enter leaves what was typed" grep -q 'C = "UK"' deployment.conf
