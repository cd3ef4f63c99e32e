#!/usr/bin/env bash
# Plays a tests/tui/*.test: a session of keys in tmux, with the screens expected at its end.
#
#   size 80 24        before run: columns and rows (80 24)
#   term vt100        before run: TERM (tmux-256color)
#   env NAME=VALUE    before run
#   needs CMD…        skips the rest of the test where CMD fails: a right that CI may not have
#   run CMD…          starts CMD (certwright is on the PATH) in the test's fresh folder
#   type TEXT         types the text
#   key KEY…          presses keys by tmux's names: Enter Tab BTab F1 Escape Up C-c M-b BSpace …
#   bytes ESC…        sends bytes as they are, printf's escapes: \033[[A
#   paste FILE        pastes the file (bracketed where the program asked for that)
#   see TEXT          waits till the screen holds TEXT
#   wait-gone TEXT    waits till it no longer does
#   screen NAME       waits till the screen is that of the block `== NAME`
#   mask SED          before screens: a sed -E script for both sides, for dates and the like
#   resize 40 12      changes the window's size
#   shell CMD         waits till CMD succeeds; $PID holds the program's process id
#   exit N            waits till the program ended with N
#   quote TEXT        waits till the screen, colours and attributes included, holds TEXT (cat -v)
#
# Waiting ends after PATIENCE seconds (10). Nothing sleeps for a fixed time. With GOLDEN=1 (make
# golden) the blocks are written anew from what is seen.
# A block's lines have no trailing blanks; blank lines at its end don't count.
set -u
file=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
top=$(cd "$(dirname "$0")/../.." && pwd)
CERTWRIGHT=${CERTWRIGHT:-$top/build/certwright}
PATIENCE=${PATIENCE:-10}
GOLDEN=${GOLDEN:-}
name=$(basename "$file" .test)
T=$(mktemp -d "${TMPDIR:-/tmp}/tui.XXXXXX") || exit 1
mkdir "$T/bin" "$T/work" "$T/golden" "$T/home"
case $CERTWRIGHT in /*) ;; *) CERTWRIGHT=$PWD/$CERTWRIGHT ;; esac
if [ ! -x "$CERTWRIGHT" ]; then
    echo "not ok 1 - no program $CERTWRIGHT: make it first"
    exit 1
fi
ln -s "$CERTWRIGHT" "$T/bin/certwright"
export PATH="$T/bin:$PATH" HOME="$T/home" LC_ALL=C.UTF-8 TZ=UTC TOP="$top"
export ASAN_OPTIONS="${ASAN_OPTIONS:-exitcode=99:handle_sigill=1}:log_path=$T/sanitizer"
unset NO_COLOR TMUX ESCDELAY COLORTERM
cd "$T/work" || exit 1
count=0 number=0 line='' columns=80 rows=24 term=tmux-256color mask='' running='' runs=0
environment=()
cat >"$T/tmux.conf" <<'END'
set-option -g status off
set-option -s escape-time 0
set-option -s set-clipboard off
set-option -g default-terminal screen-256color
END

tm()
{
    tmux -u -S "$T/socket.$runs" -f "$T/tmux.conf" "$@"
}

leave()
{
    grep -qs " $T/work/" /proc/mounts && umount "$T"/work/*/ 2>/dev/null
    [ -z "$running" ] || tm kill-server 2>/dev/null
    cd / && rm -rf "$T"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

# The screen without trailing blanks and blank lines at the end.
capture()
{
    tm capture-pane -p | sed 's/[[:space:]]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

expected()
{
    awk -v name="== $1" '/^== / { on = $0 == name; next } on' "$file" |
        sed 's/[[:space:]]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

pass()
{
    count=$((count + 1))
    echo "ok $count - $name:$number $line"
}

fail()
{
    echo "not ok $((count + 1)) - $name:$number $line"
    printf '%s\n' "$@" | sed 's/^/# /'
    if [ -n "$running" ]; then
        echo "# the screen:"
        capture | cat -v | sed 's/^/# |/'
        [ ! -e "$T/status" ] || echo "# the program ended with $(cat "$T/status")"
        cat "$T"/sanitizer* 2>/dev/null | head -40 | sed 's/^/# /'
    fi
    exit 1
}

# until CMD…: tries every 50 ms till it succeeds or patience ends.
until_true()
{
    local end=$((SECONDS + PATIENCE))
    until "$@"; do
        [ "$SECONDS" -le "$end" ] || return 1
        sleep 0.05
    done
}

holds() { capture | grep -qF -e "$1"; }
lacks() { ! holds "$1"; }
ended() { [ -s "$T/status" ]; }
holds_raw() { tm capture-pane -p -e | cat -v | grep -qF -e "$1"; }
shell() { PID=$(cat "$T/pid" 2>/dev/null) bash -c "$1" >"$T/shell.out" 2>&1; }
masked() { sed -E "${mask:-;}"; }
is_screen()
{
    capture | masked >"$T/got"
    cmp -s "$T/wanted" "$T/got"
}
is_still()
{
    capture >"$T/now"
    if cmp -s "$T/now" "$T/before"; then
        still=$((still + 1))
    else
        still=0
        cp "$T/now" "$T/before"
    fi
    [ "$still" -ge 10 ]
}

start()
{
    [ -z "$running" ] || tm kill-server 2>/dev/null
    running=yes
    runs=$((runs + 1)) # a socket each: a server that is about to end takes no new one
    rm -f "$T/status" "$T/pid"
    # The pane outlives the program, so that its last screen can be looked at.
    cat >"$T/start" <<END
cd "$T/work"
export TERM=$term
$([ ${#environment[@]} = 0 ] || printf "export %q\n" "${environment[@]}")
bash -c 'echo \$\$ >"$T/pid"; exec "\$@"' - $1
echo \$? >"$T/status.new" && mv "$T/status.new" "$T/status"
stty -echo 2>/dev/null
exec tail -f /dev/null
END
    tm new-session -d -x "$columns" -y "$rows" "exec bash '$T/start'" || fail "tmux does not start"
}

while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
    '== '*) break ;;
    '' | '#'*) continue ;;
    esac
    verb=${line%% *}
    rest=${line#"$verb"}
    rest=${rest# }
    case $verb in
    size) columns=${rest% *} rows=${rest#* } ;;
    term) term=$rest ;;
    env) environment+=("$rest") ;;
    mask) mask=$rest ;;
    needs)
        if ! shell "$rest"; then
            echo "# skipped: $rest"
            exit 0
        fi ;;
    run) start "$rest" ;;
    type) tm send-keys -l -- "$rest" || fail "no program runs" ;;
    # shellcheck disable=SC2086
    key) tm send-keys $rest || fail "no program runs" ;;
    bytes) tm send-keys -l -- "$(printf '%b' "$rest")" || fail "no program runs" ;;
    paste) tm load-buffer "$rest" \; paste-buffer -p -r || fail "cannot paste $rest" ;;
    resize) tm resize-window -x "${rest% *}" -y "${rest#* }" || fail "no program runs" ;;
    see) until_true holds "$rest" && pass || fail "not seen: $rest" ;;
    wait-gone) until_true lacks "$rest" && pass || fail "still there: $rest" ;;
    quote) until_true holds_raw "$rest" && pass || fail "not seen: $rest" "$(tm capture-pane -p -e | cat -v)" ;;
    shell) until_true shell "$rest" && pass || fail "$(cat "$T/shell.out")" ;;
    exit)
        until_true ended || fail "still running"
        [ "$(cat "$T/status")" = "$rest" ] && pass || fail "ended with $(cat "$T/status")" ;;
    screen)
        if [ "$GOLDEN" = 1 ]; then
            if [ -e "$T/golden/$rest" ]; then # seen before in this test: the same it must be
                cp "$T/golden/$rest" "$T/wanted"
                until_true is_screen || fail "$(diff "$T/wanted" "$T/got")"
                continue
            fi
            still=0
            until_true is_still
            capture | masked >"$T/golden/$rest"
            echo "$rest" >>"$T/golden.order"
            continue
        fi
        expected "$rest" | masked >"$T/wanted"
        [ -s "$T/wanted" ] || fail "no block == $rest"
        until_true is_screen && pass || fail "$(diff "$T/wanted" "$T/got")" ;;
    *) fail "no such line in a test" ;;
    esac
done <"$file"

if ls "$T"/sanitizer* >/dev/null 2>&1; then
    line="sanitizers are silent" && fail
fi
if [ "$GOLDEN" = 1 ] && [ -s "$T/golden.order" ]; then
    sed '/^== /,$d' "$file" >"$T/new"
    while read -r block; do
        echo "== $block"
        cat "$T/golden/$block"
    done <"$T/golden.order" >>"$T/new"
    cat "$T/new" >"$file"
fi
[ "$count" -gt 0 ] || { [ "$GOLDEN" = 1 ] && [ -s "$T/golden.order" ]; } || { line="the test asserts nothing" && fail; }
