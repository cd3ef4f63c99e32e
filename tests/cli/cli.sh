#!/usr/bin/env bash
# The command line itself: exit codes, help, version, options anywhere, nothing hostile on a terminal.
. "$(dirname "$0")/../lib.sh"

# Wrong usage is 2, says so on stderr, names what would be right.
exits 2 "an unknown command" "$CERTWRIGHT" frobnicate
says "it is named" frobnicate
same "and nothing is on stdout" "" "$out"
exits 2 "a mistyped command" "$CERTWRIGHT" generat
says "the nearest one is named" generate
exits 2 "an unknown option" "$CERTWRIGHT" --frobnicate
exits 2 "an unknown option of a command" "$CERTWRIGHT" check --frobnicate
exits 2 "an option without its value" "$CERTWRIGHT" --config
exits 2 "a colour that is none" "$CERTWRIGHT" --color sometimes check
exits 2 "a date that can't be read" "$CERTWRIGHT" --at yesterday check
exits 2 "a date that doesn't exist" "$CERTWRIGHT" check --at 2026-13-45
exits 2 "days that are no number" "$CERTWRIGHT" pki selfsigned x CN:x --days many
exits 2 "letters behind one dash" "$CERTWRIGHT" -xy check
says "the option is blamed, not the program" 'certwright: no such option "-xy": '
exits 2 "behind the command" "$CERTWRIGHT" check -x
says "the same" 'certwright: no such option "-x": '
exits 2 "a mistyped option" "$CERTWRIGHT" --qiet check
says "the nearest one is named" "did you mean --quiet?"
exits 2 "a value for an option that takes none" "$CERTWRIGHT" --quiet=1 check
says "is told as that" 'no value is taken by "--quiet"'
for option in --config= --store= --catalogue= --at= --color= --out= --ca= --days= --bits= --purpose= --name=; do
    exits 2 "an empty value: $option" "$CERTWRIGHT" check "$option"
    says "is one that is missing: $option" "a value is missing after \"${option%=}\""
done
# Numbers are digits, for every command alike.
for days in +10 ' 10' '10 ' 10x x10 0 -1 1.5 0x10 36501 99999999999999999999; do
    for command in "sign --ca x" "pki sign a b" "pki selfsigned x CN:x"; do
        # shellcheck disable=SC2086
        exits 2 "$command --days '$days'" "$CERTWRIGHT" $command --days "$days"
        says "says what it takes" "--days takes a number from 1 to 36500, not \"$days\""
    done
done
for release in 3. .9 2..9 two 2.9x; do
    exits 2 "check --release $release" "$CERTWRIGHT" check --release "$release"
    exits 2 "init --release $release" "$CERTWRIGHT" init --preset lab --domain example.com --release "$release"
done
exits 2 "a purpose that is none" "$CERTWRIGHT" pki verify a.crt b.crt --purpose both
exits 2 "a curve that is none" "$CERTWRIGHT" pki csr x CN:x --ec P-521

# --at is for judges alone: it would date what is made. --json is for commands that have results.
for command in wizard "init --preset lab --domain example.com" generate "sign --ca x" "import x" plan pki "pki list" \
    "pki inspect x" "pki match x y" "pki unlock x" "pki csr x CN:x" "pki selfsigned x" "pki sign x y" \
    "pki pkcs12-to-ssh x"; do
    # shellcheck disable=SC2086
    exits 2 "$command takes no --at" "$CERTWRIGHT" $command --at 2040-01-01
    says "and says so" "takes no --at"
done
for command in wizard "init --preset lab --domain example.com"; do
    # shellcheck disable=SC2086
    exits 2 "$command takes no --json" "$CERTWRIGHT" $command --json
    says "and says so: $command" "has no results to give as --json"
done
same "nothing was made" "" "$(ls)"
# Each option on each command that does not have it.
takes()
{
    case $1 in
    wizard) echo " answers= ids mouse " ;;
    init) echo " preset= domain= cores= edges= databases= with= without= force O= OU= L= ST= C= emailAddress= release= " ;;
    pki) echo " bits= ec= key= days= purpose= name= force password-file= each " ;;
    generate) echo " " ;;
    sign) echo " ca= make-ca force days= " ;;
    import) echo " dry-run force ca-folder= password-file= as= chain= " ;;
    check) echo " fix release= " ;;
    orders) echo " out= " ;;
    explain) echo " " ;;
    status) echo " prometheus ics lead= timeline " ;;
    renew) echo " new-key done abandon " ;;
    undo) echo " list " ;;
    plan) echo " out= base all graph force " ;;
    mmp) echo " state= release= " ;;
    rehearse) echo " keep-going drill out= " ;;
    adopt) echo " files= commands compare force " ;;
    esac
}
wrong=''
for command in wizard init pki generate sign import check orders explain plan status renew undo mmp rehearse adopt; do
    for owner in wizard init pki sign import check orders plan status renew undo mmp rehearse adopt; do
        for option in $(takes $owner); do
            case $(takes $command) in *" $option "*) continue ;; esac
            case $option in
            *=) run "$CERTWRIGHT" $command "--${option}2" ;;
            *) run "$CERTWRIGHT" $command "--$option" ;;
            esac </dev/null
            [ "$status" = 2 ] && [[ $err == *"no option"* || $err == *"no such option"* ]] ||
                wrong="$wrong $command:$option"
        done
    done
done
same "an option of another command is wrong usage" "" "$wrong"

exits 2 "too many arguments" "$CERTWRIGHT" pki match a b c
exits 2 "too few arguments" "$CERTWRIGHT" pki match a
exits 2 "an unknown pki command" "$CERTWRIGHT" pki frobnicate
exits 2 "init without its preset" "$CERTWRIGHT" init
exits 2 "import without a path" "$CERTWRIGHT" import

# Help and version.
ok "--help" "$CERTWRIGHT" --help
for command in wizard init pki generate sign import check orders explain plan status renew undo mmp rehearse adopt; do
    says "--help names $command" "$command"
done
for option in --config --store --catalogue --plain --ascii --json --color --at --quiet --version; do
    says "--help names $option" "$option"
done
same "help is on stdout" "" "$err"
for command in wizard init pki generate sign import check orders explain plan status renew undo mmp rehearse adopt; do
    ok "$command --help" "$CERTWRIGHT" $command --help
    says "its usage names it" "certwright $command"
    ok "--help $command" "$CERTWRIGHT" --help $command
done
ok "--version" "$CERTWRIGHT" --version
same "the first line is name and number" certwright "$(sed -n '1s/ [0-9][0-9.a-z-]*$//p' "$T/out")"
for library in OpenSSL ncurses libconfuse jansson; do
    says "--version names $library" "$library"
done

# What lies in the folder: missing is 1, options before and after the command mean the same.
fails "check without a deployment.conf" "$CERTWRIGHT" check
says "the file is named" "certwright: deployment.conf: "
ok "init" "$CERTWRIGHT" init --preset lab --domain example.com --config a.conf
ok "--config before the command" "$CERTWRIGHT" --config a.conf --store s generate
ok "the folder was made and filled" test -s s/cms1.key
ok "--config after the command" "$CERTWRIGHT" sign --ca labca --store s --config a.conf
ok "the same again: nothing left to sign" "$CERTWRIGHT" sign --config=a.conf --store=s --ca labca
ok "--quiet" "$CERTWRIGHT" --quiet --config a.conf --store s generate
same "says nothing" "" "$out$err"
ok "--quiet, and a list is asked for" "$CERTWRIGHT" --quiet --store s pki list
says "it is printed" cms1.key
exits 2 "--json where adopt has none" "$CERTWRIGHT" adopt --commands --json
same "and nothing is on stdout" "" "$out"
fails "a configuration that is a folder" "$CERTWRIGHT" --config s check
fails "one that isn't there, named to the pki family" "$CERTWRIGHT" --config nowhere.conf pki list
says "is not passed by" "certwright: nowhere.conf: "
fails "an identity that isn't one" "$CERTWRIGHT" --config a.conf generate nobody
says "it is named" nobody
exits 2 "-- ends the options" "$CERTWRIGHT" -- --frobnicate
says "what follows is a command" frobnicate

# One JSON document on stdout.
run "$CERTWRIGHT" --json --config a.conf --store s check
same "check --json is one document" "1 array" "$(jq -rs '"\(length) \(.[0] | type)"' "$T/out")"
run "$CERTWRIGHT" pki list --json --store s
json "pki list --json is an array" 'type' array

# Control bytes of arguments and files appear as \xNN.
esc=$(printf 'x\033]0;owned\007y')
for args in "$esc" "check --$esc" "--config $esc check" "pki inspect $esc" "generate $esc" "--color $esc check" \
    "--at $esc check" "init --preset $esc --domain example.com" "pki csr $esc CN:x" "plan --out $esc" \
    "import $esc" "sign --ca $esc"; do
    # shellcheck disable=SC2086
    run "$CERTWRIGHT" --config a.conf $args 2>/dev/null || true
    clean "no control byte reaches the terminal: $(printf %s "$args" | cat -v)"
done
run "$CERTWRIGHT" "$esc"
says "they appear as \\x1B" 'x\x1B]0;owned\x07y'
printf 'release = "2.9"\n\033[2Jname = "x"\n' >evil.conf
fails "a configuration with an escape" "$CERTWRIGHT" --config evil.conf check
clean "its error is clean"
openssl req -x509 -newkey rsa:2048 -nodes -keyout s/evil.key -out s/evil.crt -days 9 \
    -subj "/CN=$(printf 'a\033[31mb')" 2>/dev/null
ok "a certificate with an escape in its name" "$CERTWRIGHT" pki inspect evil.crt --store s
clean "inspect is clean"
says "and shows it" '\x1B[31mb'
ok "the same in JSON" "$CERTWRIGHT" pki inspect evil.crt --store s --json
clean "is clean as well"
json "subject keeps what it was" '.certificates[0].subject | test("1B")' true

# No terminal: the wizard says what does without one.
run "$CERTWRIGHT" wizard </dev/null
same "the wizard without a terminal is refused" 1 "$((status != 0))"
says "it names --plain" --plain
run "$CERTWRIGHT" </dev/null
says "so does certwright alone" --plain

# The system refusing is 3. Root may write anywhere, so that case runs as nobody.
mkdir locked && chmod 755 "$T" "$W" locked
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$CERTWRIGHT" 2>/dev/null; then
    chmod 644 a.conf
    exits 3 "no write permission (as nobody)" setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$CERTWRIGHT" init --preset lab --domain example.com --config locked/new.conf
    says "the place is named" locked/new.conf
    exits 3 "a store that can't be made (as nobody)" setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$CERTWRIGHT" --config a.conf --store locked/store generate
elif [ "$(id -u)" != 0 ]; then
    chmod 555 locked
    exits 3 "no write permission" "$CERTWRIGHT" init --preset lab --domain example.com --config locked/new.conf
else
    skip "no write permission: nobody cannot reach the binary"
fi
if [ -w /dev/full ]; then
    "$CERTWRIGHT" --help >/dev/full 2>"$T/err"
    same "a full disk under stdout is told" 3 "$?"
    "$CERTWRIGHT" explain >/dev/full 2>"$T/err"
    same "of a text that is longer than the buffer as well" 3 "$?"
    "$CERTWRIGHT" --config a.conf --store nowhere check >/dev/full 2>"$T/err"
    same "and where the answer would be no" 3 "$?"
    has "with its reason" "standard output: not all could be written: No space left on device" "$T/err"
fi
