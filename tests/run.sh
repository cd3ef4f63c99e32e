#!/usr/bin/env bash
# Runs every test that was built in $O (plain) and $O/san (sanitizers), $JOBS at a time and one more,
# each with a time limit: a line each, with its seconds and those of a processor. What failed is told
# where it ends and once more, whole, behind all of them. The last line is `N passed, N failed`.
#
#   O=build JOBS=2 tests/run.sh [WORD…]    with words only the jobs whose names hold one of them
set -u
top=$(cd "$(dirname "$0")/.." && pwd)

# One job: a file whose lines are its name, its seconds, its command.
if [ "${1:-}" = --one ]; then
    job=$2
    { read -r name; read -r seconds; read -r command; } <"$job"
    TMPDIR=$(mktemp -d) && export TMPDIR
    TIMEFORMAT='%0R %3U %3S'
    cd "$top" || exit 1
    { time timeout -k 5 "$seconds" bash -c "$command" >"$job.log" 2>&1 </dev/null; } 2>"$job.time"
    status=$?
    rm -rf "$TMPDIR"
    # Its last line: bash tells before it what was killed.
    read -r took user system < <(tail -n 1 "$job.time")
    busy=$((10#${user/./} + 10#${system/./} + 50)) # milliseconds
    passed=$(grep -cE '^ok( |$)' "$job.log")
    failed=$(grep -cE '^not ok( |$)' "$job.log")
    note=
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        note="took longer than $seconds s" failed=$((failed + 1))
    elif [ "$status" != 0 ] && [ "$failed" = 0 ]; then
        note="exit $status" failed=1
    elif [ "$passed" = 0 ] && [ "$failed" = 0 ] && ! grep -q '^# skipped' "$job.log"; then
        note="asserted nothing" failed=1
    fi
    {
        if [ "$failed" = 0 ]; then word=ok; else word=FAIL; fi
        printf '%-4s %-34s %4s passed %3s failed %4s s (%3s.%s)  %s\n' "$word" "$name" "$passed" "$failed" \
            "$took" $((busy / 1000)) $((busy / 100 % 10)) "$note"
        grep '^# skipped' "$job.log" | sed 's/^/     /'
        if [ "$failed" != 0 ]; then
            # Each failure with its reason; the end of the log where there is no such line.
            if grep -q '^not ok' "$job.log"; then
                awk '/^ok/ { on = 0 } /^not ok/ { on = 1 } on || /^# .*(rror|ERROR)/' "$job.log" | head -120
            fi
            [ -z "$note" ] || tail -n 40 "$job.log"
            grep -A 25 -E 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$job.log" | head -60
        fi | sed 's/^/     | /'
    } >"$job.said"
    cat "$job.said"
    echo "$passed $failed" >"$job.count"
    exit 0
fi

O=${O:-build}
JOBS=${JOBS:-2}
case $O in
/*) ;;
*) O=$top/$O ;;
esac
if [ ! -x "$O/certwright" ]; then
    echo "certwright itself does not build: see the errors above."
    echo "0 passed, 1 failed"
    exit 1
fi
jobs=$(mktemp -d)
trap 'rm -rf "$jobs"' EXIT
trap 'exit 130' INT TERM
number=100
wanted=$*

# job NAME SECONDS COMMAND
job()
{
    local word
    if [ -n "$wanted" ]; then
        for word in $wanted; do
            case $1 in *"$word"*) word= && break ;; esac
        done
        [ -z "$word" ] || return 0
    fi
    number=$((number + 1))
    # What takes longest begins first: no long one is left alone at the end.
    case $1 in
    *hostile* | */rules* | *variants* | *matrix* | *vectors* | *undo | *rehearse* | *renewal-proof* | cli/cli* | \
        *test_load* | *test_chain* | *test_conftext* | *test_adopt* | *circles)
        printf '%s\n' "$@" >"$jobs/0$number" ;;
    *) printf '%s\n' "$@" >"$jobs/1$number" ;;
    esac
}

# ASan dies at start where the kernel spreads mappings over 32 bits; a fixed layout helps.
fixed=
if machine=$(uname -m) && setarch "$machine" -R true 2>/dev/null; then
    fixed="setarch $machine -R "
fi
leaks=1
if [ -x "$O/san/certwright" ] &&
    $fixed "$O/san/certwright" --version 2>&1 | grep -q 'LeakSanitizer has encountered a fatal error'; then
    echo "# skipped: leaks in the sanitizer build (LeakSanitizer may not trace here)"
    leaks=0
fi
# `openssl x509` reads the system's roots at every start, which takes ten times what it is asked for.
export SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/nonexistent
# SLOW tells a test that measures time, or repeats, that it runs many times slower than it will.
san="export SLOW=sanitizer ASAN_OPTIONS=detect_leaks=$leaks:exitcode=99:handle_sigill=1; "
leak_check="SLOW=valgrind valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect --show-leak-kinds=definite,indirect"

tap="export CMOCKA_MESSAGE_OUTPUT=TAP; "
if command -v valgrind >/dev/null 2>&1; then
    valgrind_is_here=yes
else
    valgrind_is_here=
    echo "# skipped: leak check of the unit tests (no valgrind here)"
fi

if [ -n "$valgrind_is_here" ]; then
    for file in $(ls -S "$top"/tests/unit/test_*.c 2>/dev/null); do
        name=$(basename "$file" .c)
        job "unit/$name (valgrind)" 800 "$tap $leak_check '$O/tests/$name'"
    done
fi
for file in "$top"/tests/tui/*.test; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .test)
    job "tui/$name" 180 "CERTWRIGHT='$O/certwright' bash tests/tui/play.sh '$file'"
    job "tui/$name (san)" 300 "$san CERTWRIGHT='$O/san/certwright' PATIENCE=30 $fixed bash tests/tui/play.sh '$file'"
done
for file in "$top"/tests/cli/*.sh; do
    [ -e "$file" ] || continue
    name=cli/$(basename "$file" .sh)
    # What it reads is sanitized by others, and what takes its time is another program.
    grep -q '^# Plain only' "$file" ||
        job "$name (san)" 400 "$san CERTWRIGHT='$O/san/certwright' $fixed bash '$file'"
    # A long one whose answers are the program's alone is run by the one that sees more.
    grep -q '^# Sanitized only' "$file" || job "$name" 240 "CERTWRIGHT='$O/certwright' bash '$file'"
done
# These are about the files and the servers: the program's own work is sanitized in cli.
for file in "$top"/tests/interop/*.sh; do
    [ -e "$file" ] || continue
    job "interop/$(basename "$file" .sh)" 120 "CERTWRIGHT='$O/certwright' bash '$file'"
done
for file in "$top"/tests/unit/test_*.c; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .c)
    job "unit/$name (san)" 200 "$tap $san $fixed '$O/san/tests/$name'"
    job "unit/$name" 120 "$tap '$O/tests/$name'"
done
for file in "$top"/tests/fuzz/fuzz_*.c; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .c)
    name=${name#fuzz_}
    corpus=tests/fuzz/corpus/$name.pack
    [ -e "$top/$corpus" ] || corpus=
    job "fuzz/$name" 200 "$san $fixed '$O/san/tests/replay_$name' $corpus"
done
# The checker of renewal plans is tried on plans that are broken: the program takes no part.
job "renewal/broken" 60 "python3 '$top/tests/renewal/broken.py'"
job "lint/floors" 20 "sh tests/floors.sh && echo ok 1 - includes go down only"
job "lint/circles" 60 "sh tests/circles.sh '$O' && echo ok 1 - no room has a circle"
job "lint/names" 20 "sh tests/names.sh && echo ok 1 - no component is named in C"
job "lint/house" 20 "sh tests/lint-house.sh && echo ok 1 - the rules of the house"

# One more than there are processors: now and then each waits, for a screen or for another program.
names=$(find "$jobs" -type f | sort)
# shellcheck disable=SC2086
[ -z "$names" ] || printf '%s\n' $names | xargs -P "$((JOBS + 1))" -n 1 bash "$0" --one

passed=0 failed=0
for job in $names; do
    # What ended without its count was killed with its log unread.
    [ -s "$job.count" ] || {
        { echo "FAIL $(head -n 1 "$job"): its run was cut off" && tail -n 20 "$job.log" | sed 's/^/     | /'; } >"$job.said" 2>&1
        echo 0 1 >"$job.count"
    }
    read -r p f <"$job.count"
    passed=$((passed + p)) failed=$((failed + f))
    [ "$f" = 0 ] || failures="${failures:-} $job.said"
done
if [ "$failed" != 0 ]; then
    echo
    echo "Failed:"
    # shellcheck disable=SC2086
    cat $failures
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
