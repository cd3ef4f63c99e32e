#!/usr/bin/env bash
# What `make install` lays beside the program - manuals and completions - tells of every command and
# option that there is, and of none that there isn't.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/complete.sh"

# O: the program under test is what is installed, and is not built again.
ok "make install" make -s -C "$TOP" -o "$CERTWRIGHT" -o tools O="$(dirname "$CERTWRIGHT")" \
    DESTDIR="$T/root" PREFIX=/usr install
share=$T/root/usr/share
for file in man/man1/certwright.1 man/man5/deployment.conf.5 man/man5/certwright-component.5 \
    bash-completion/completions/certwright zsh/site-functions/_certwright \
    fish/vendor_completions.d/certwright.fish; do
    same "$file can be read by everybody" 644 "$(stat -c %a "$share/$file")"
done
same_file "the program is installed" "$CERTWRIGHT" "$T/root/usr/bin/certwright"

# References among our own pages are looked up here: mandoc asks the system alone.
if command -v mandoc >/dev/null; then
    mandoc -Tlint "$share"/man/man?/* >"$T/lint" 2>/dev/null
    while read -r line; do
        page=${line##*Xr } page=${page%% (*}
        [[ $line == *"referenced manual not found"* && -e $share/man/man${page#* }/${page% *}.${page#* } ]] ||
            echo "$line"
    done <"$T/lint" >"$T/left"
    same "mandoc finds nothing" "" "$(cat "$T/left")"
else
    skip "mandoc is not installed"
fi

# One word a line, sorted.
sorted()
{
    tr ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u
}
options_in()
{
    grep -oE -e '(^|[^[:alnum:]-])--[A-Za-z][A-Za-z-]*' | sed 's/.*--//' | sorted
}

# A command's table in the source names its options, and the program says whether it takes them: of
# several it blames the first that it doesn't. Nothing runs: the last one is no command's but one, and
# an action of pki is short of its files.
sed -nE 's/^ *\{"([a-z]+)", (required|no)_argument.*/\1/p' "$TOP/src/cli/main.c" | sorted >globals
table()
{
    grep -ohE '\{"[A-Za-z-]+", *(true|false|CLI_MAY)\}' "$TOP/src/cli/$1.c" | tr -d '{}" '
}
action_takes()
{
    table pki | while IFS=, read -r option has_value; do
        [ "$has_value" != true ] || option=$option=x
        cw pki "$1" "--$option"
        [[ $err == *"takes no --${option%=x}:"* ]] || echo "${option%=x}"
    done | sorted
}
# The global options that count there, too.
takes_also()
{
    printf '%s\n' config store catalogue quiet help
    [ "$*" != wizard ] || printf '%s\n' plain ascii color
    cw "$@" --json
    [[ $err == *"as --json"* ]] || echo json
    cw "$@" --at=2030-01-01
    [[ $err == *"takes no --at"* ]] || echo at
}

cw --help
options_in <"$T/out" >told
same "--help tells the global options" "$(cat globals)" "$(grep -vx with told)"
sed -n 's/^  \([a-z]*\)  .*/\1/p' "$T/out" | sorted >commands
same "there are commands" yes "$([ "$(wc -l <commands)" -ge 8 ] && echo yes)"
cw pki --help
sed -nE 's/^  pki ([a-z0-9-]+) .*/\1/p' "$T/out" | sorted >actions

manual=$share/man/man1/certwright.1
# A part of the manual: from .Ss NAME to the next.
part()
{
    awk -v name="$1" '/^\.S[sh] /{ on = $0 == ".Ss " name } on' "$manual"
}
flags()
{
    grep -oE 'Fl -[A-Za-z-]+' | sed 's/Fl -//' | sorted
}
same "the manual has every command" "$(cat commands)" "$(sed -n 's/^\.Ss //p' "$manual" | sorted)"
same "the manual has every global option" "$(cat globals)" \
    "$(sed -n '/^\.Sh DESC/,/^\.Ss/p' "$manual" | grep '^\.It' | flags)"
while read -r command; do
    table "$command" | sed 's/,.*//' | sorted >own
    foreign=--answers=x
    [ "$command" != wizard ] || foreign=--each
    # shellcheck disable=SC2046
    cw "$command" $(table "$command" | sed 's/^/--/; s/,false$//; s/,CLI_MAY$//; s/,true$/=x/') $foreign
    says "$command takes the options of its table" "$command has no option ${foreign%=x}:"
    cw "$command" --help
    options_in <"$T/out" >told
    same "$command --help forgets no option" "" "$(LC_ALL=C comm -23 own told)"
    same "$command --help has none too much" "" "$(cat own globals | sorted | LC_ALL=C comm -13 - told)"
    same "the manual's options of $command" "$(cat own)" "$(part "$command" | grep '^\.It Fl' | flags)"
    same "the manual's synopsis of $command" "" "$(part "$command" | sed '/^\.Pp/,$d' | flags | LC_ALL=C comm -23 - own)"
    if [ "$command" != pki ]; then
        echo "certwright $command --|$({ cat own; takes_also "$command"; } | sed 's/^/--/' | sorted | paste -sd ' ' -)"
    fi >>cases
done <commands

same "the manual has every action of pki" "$(cat actions)" \
    "$(part pki | awk '/^\.It Xo/ { getline; print $2 } /^\.It Cm/ { print $3 }' | sorted)"
while read -r action; do
    action_takes "$action" >own
    same "the manual's options of pki $action" "$(cat own)" \
        "$(part pki | awk -v action="$action" '
            /^\.It Xo/ { open = 1; next }
            open && /^\.Cm/ { on = $2 == action; open = 0 }
            /^\.It Cm/ { on = $3 == action }
            /^\.Xc/ || /^[^.]/ { on = 0 }
            on' | flags)"
    echo "certwright pki $action --|$({ cat own; takes_also pki "$action"; } | sed 's/^/--/' | sorted | paste -sd ' ' -)" >>cases
done <actions
# Alone, each shell has the global ones, and nothing else.
echo "certwright --|$(sed 's/^/--/' globals | sorted | paste -sd ' ' -)" >>cases
echo "certwright |$(paste -sd ' ' commands)" >>cases
echo "certwright pki |$(paste -sd ' ' actions)" >>cases

sed 's/|.*//' cases >lines
for shell in $(shells); do
    completes "$shell" "$share" <lines >"$T/offered"
    same "$shell answers each line" "$(wc -l <cases)" "$(wc -l <"$T/offered")"
    while IFS='|' read -r line wanted <&3 && IFS= read -r got <&4; do
        same "$shell, $line" "$wanted" "$got"
    done 3<cases 4<"$T/offered"
done

# deployment.conf(5) has every option of every section: the reader names them where one is unknown.
manual=$share/man/man5/deployment.conf.5
known()
{
    printf '%s\n' "$1" >deployment.conf
    cw check
    sed -n 's/.*known are: //p' "$T/err" | tr -d ,
}
while IFS='|' read -r section text; do
    known "$text" | sorted >known
    same "$section has options" yes "$([ -s known ] && echo yes)"
    awk -v name="$section" '/^\.S[sh] /{ on = index($0, name) == 5 } on' "$manual" >part
    same "deployment.conf(5): options of $section" "$(cat known)" \
        "$({ sed -n 's/^\.It Ic //p; s/^\.Ic //p' part | sed 's/\\(dq.*//' | tr ',' ' '; echo "$section" |
            grep -q '^Options' && sed -nE 's/^\.Ss ([a-z]+) .*/\1/p' "$manual"; } | sorted | LC_ALL=C comm -12 - known)"
    same "deployment.conf(5): $section has none too much" "" \
        "$(sed -n 's/^\.It Ic //p' part | sed 's/\\(dq.*//' | tr ',' ' ' | sorted | LC_ALL=C comm -23 - known)"
done <<'EOF'
Options of the file|zzqqxx = 1
subject|subject { zzqqxx = 1 }
key|key { zzqqxx = 1 }
environment|environment { zzqqxx = 1 }
identity|identity "a" { zzqqxx = 1 }
server|server "a" { zzqqxx = 1 }
validation|validation { zzqqxx = 1 }
accept|accept { zzqqxx = 1 }
EOF

# certwright-component(5) has every key of a component's file, and every word of `present`.
{
    grep -ohE 'CFG_(STR|INT|BOOL|SEC|STR_LIST)\("[^"]+"' "$TOP/src/model/screens.c" | sed 's/.*"\(.*\)"/\1/'
    sed -n '/presences\[\] = {/,/}/p' "$TOP/src/model/screens_check.c" | grep -o '"[a-z-]*"' | tr -d '"'
} | sorted >keys
same "there are keys" yes "$([ "$(wc -l <keys)" -gt 80 ] && echo yes)"
while read -r key; do
    grep -qE "^\..*[ ,]$key([ ,]|$)" "$share/man/man5/certwright-component.5" || echo "$key"
done <keys >"$T/lacking"
same "certwright-component(5) explains every key" "" "$(cat "$T/lacking")"

# The examples of the manuals are true.
example()
{
    sed -n '/^\.Bd/,/^\.Ed/p' "$share/man/$1" | sed '/^\.[BE]d/d'
}
mkdir "$W/example" && cd "$W/example" || exit 1
example man5/deployment.conf.5 >deployment.conf
ok "deployment.conf(5)'s example gets its keys" "$CERTWRIGHT" generate
ok "and its certificates" "$CERTWRIGHT" sign
ok "and has no errors" "$CERTWRIGHT" check
mkdir kinds
example man5/certwright-component.5 >kinds/relay.conf
ok "certwright-component(5)'s example is a component" "$CERTWRIGHT" --catalogue kinds check
mkdir lab && cd lab || exit 1
example man1/certwright.1 | grep -A 4 -e '--preset lab' | sed 's/^certwright //' >commands
same "certwright(1)'s lab has five commands" 5 "$(wc -l <commands)"
while read -r -a words; do
    ok "certwright ${words[*]}" "$CERTWRIGHT" "${words[@]}"
done <commands
