#!/usr/bin/env bash
# One wizard writes a deployment at a time: a second one looks around, says by whom and since when,
# and saves nothing until the first is left.
. "$(dirname "$0")/../lib.sh"

"$CERTWRIGHT" --quiet init --preset lab --domain example.com
cp deployment.conf before.conf

# The first: line by line, waiting for an answer that comes through a FIFO.
mkfifo answers
"$CERTWRIGHT" --plain wizard <answers >first.out 2>&1 &
first=$!
exec 9>answers
for ((i = 0; i < 200; i++)); do [ -s .certwright.lock ] && break || sleep 0.05; done
ok "the one that is open holds the lock, by its process" grep -q "^$first 20" .certwright.lock

cat >other.answers <<'A'
servers.address = other.example.com
A
exits 3 "answers are not taken then" "$CERTWRIGHT" wizard --answers other.answers
says "by whom" "Read-only: another certwright has this open (process $first, since 20"
says "and what becomes of it" "nothing is saved here until that one is left"
same_file "nothing was saved" before.conf deployment.conf

run bash -c 'printf "1\n" | "$CERTWRIGHT" --plain wizard'
says "line by line the same is said first" "Warning: Read-only: another certwright has this open"
same_file "nothing was saved there either" before.conf deployment.conf
run bash -c 'printf "2\nother.example.com\n\n" | "$CERTWRIGHT" --plain wizard'
says "an answer is refused, not lost without a word" "Error: deployment.conf: Read-only: another certwright has this open"
same_file "nothing was saved then" before.conf deployment.conf
[ ! -e .certwright.page ] && pass "no place is remembered" || fail "no place is remembered"

exec 9>&-
wait "$first"
[ ! -e .certwright.lock ] && pass "the lock goes with the wizard" || fail "the lock goes with the wizard" "$(ls -A)"

run bash -c 'printf "2\nother.example.com\n\n" | "$CERTWRIGHT" --plain wizard'
ok "and the next one saves" grep -q '"other.example.com"' deployment.conf
rm -f .certwright.page

# A lock that a crash left is nobody's.
echo "1 2026-01-01T00:00:00Z" >.certwright.lock
run bash -c 'printf "1\n" | "$CERTWRIGHT" --plain wizard'
silent "a file that a crash left holds nobody back" "another certwright has"
[ ! -e .certwright.lock ] && pass "and is tidied away" || fail "and is tidied away"

# Where nothing can be written there is nothing to hold.
mkdir plain.d && cp before.conf plain.d/deployment.conf && mkdir plain.d/.certwright.lock
run bash -c 'cd plain.d && printf "1\n" | "$CERTWRIGHT" --plain wizard'
silent "no lock to be had: the wizard starts all the same" "another certwright has"

# Another program wrote between two answers: line by line, too, its file is read again on the spot.
rm -rf .certwright.lock .certwright.page && cp before.conf deployment.conf
mkfifo more
"$CERTWRIGHT" --plain wizard <more >changed.out 2>&1 &
asked=$!
exec 9>more
printf '2\n\n' >&9
for ((i = 0; i < 200; i++)); do grep -q 'Server name' changed.out && break || sleep 0.05; done
sed -i 's/^name = .*/name = "another.example"/' deployment.conf
printf 'cms7\nyes\ncms7\n' >&9
exec 9>&-
wait "$asked"
ok "the change is told" grep -q "another program changed it meanwhile" changed.out
ok "reading it again is offered" grep -q "Read again? yes or no" changed.out
ok "and done" grep -q "deployment.conf is read again." changed.out
ok "the other's change stays" grep -q '^name = "another.example"' deployment.conf
ok "and the answer is saved beside it" grep -q '^server "cms7"' deployment.conf
