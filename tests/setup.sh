#!/bin/sh
# Set-up. `setup.sh build` looks for what compiling needs, `setup.sh check` and `setup.sh lint` for
# what testing and lint need besides. Nothing missing: says nothing, takes some milliseconds.
# On Debian missing packages are installed, as root or with sudo; anywhere else, and without the
# right to, the one command to type is printed.
set -u
PATH=$PATH:/usr/sbin:/sbin
level=${1:-build}

debian_build="gcc libc6-dev make pkg-config libncurses-dev libssl-dev libconfuse-dev libjansson-dev libidn2-dev libarchive-dev libedit-dev"
fedora_build="gcc glibc-devel make pkgconf-pkg-config ncurses-devel openssl-devel libconfuse-devel jansson-devel libidn2-devel libarchive-devel libedit-devel"
alpine_build="gcc musl-dev make pkgconf ncurses-dev openssl-dev confuse-dev jansson-dev libidn2-dev libarchive-dev libedit-dev"
arch_build="gcc make pkgconf ncurses openssl confuse jansson libidn2 libarchive libedit"
macos_build="pkg-config ncurses openssl@3 confuse jansson libidn2 libarchive"
debian_check="bash libcmocka-dev tmux openssl jq python3 openssh-client valgrind faketime gnutls-bin python3-cryptography-vectors ca-certificates fish zsh mandoc graphviz python3-icalendar python3-prometheus-client"
fedora_check="bash libcmocka-devel tmux openssl jq python3 openssh valgrind gnutls-utils fish zsh mandoc graphviz"
alpine_check="bash cmocka-dev tmux openssl jq python3 openssh-keygen util-linux valgrind gnutls-utils coreutils findutils diffutils fish zsh mandoc graphviz"
arch_check="bash cmocka tmux openssl jq python openssh valgrind gnutls fish zsh mandoc graphviz"
macos_check="bash cmocka tmux jq python3 gnutls coreutils fish mandoc graphviz"
# What roots.sh, vectors.sh and status.sh look at or with: FOLDER of those packages. Skipped where it is not to be had.
debian_folders="/usr/share/ca-certificates/mozilla /usr/lib/python3/dist-packages/cryptography_vectors /usr/lib/python3/dist-packages/icalendar /usr/lib/python3/dist-packages/prometheus_client"
# Servers and a client that tests/interop starts: PACKAGE:COMMAND. Where one is not to be had its test
# is skipped.
debian_servers="nginx-light:nginx haproxy:haproxy stunnel4:stunnel4 prosody:prosody coturn:turnserver curl:curl"
debian_lint="clang-format cppcheck"
fedora_lint="clang-tools-extra cppcheck"
alpine_lint="clang-extra-tools cppcheck"
arch_lint="clang cppcheck"
macos_lint="clang-format cppcheck"

# Prints what is missing, one word each. Optional tools count only where they can be installed:
# their tests say that they are skipped.
missing()
{
    command -v cc >/dev/null 2>&1 || echo "a C compiler (cc)"
    if command -v cc >/dev/null 2>&1; then
        echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 || echo "the C library's headers"
    fi
    if command -v pkg-config >/dev/null 2>&1; then
        for library in ncursesw formw menuw panelw 'libcrypto >= 3.0' libconfuse jansson; do
            pkg-config --exists "$library" 2>/dev/null || echo "$library"
        done
    else
        echo pkg-config
    fi
    case $level in
    check)
        pkg-config --exists cmocka 2>/dev/null || echo cmocka
        for tool in bash tmux openssl jq python3 ssh-keygen $1; do
            command -v "$tool" >/dev/null 2>&1 || echo "$tool"
        done
        for folder in ${1:+$debian_folders}; do
            [ -d "$folder" ] || echo "$folder"
        done ;;
    lint)
        for tool in clang-format cppcheck; do
            command -v "$tool" >/dev/null 2>&1 || echo "$tool"
        done ;;
    esac
}

# The packages of a system for this level.
packages()
{
    eval "list=\$${1}_build"
    # shellcheck disable=SC2154
    case $level in
    check | lint) eval "list=\"\$list \$${1}_$level\"" ;;
    esac
    echo "$list"
}

# The packages of the servers that are lacking here.
lacking_servers()
{
    [ "$level" = check ] || return 0
    for server in $debian_servers; do
        command -v "${server#*:}" >/dev/null 2>&1 || echo "${server%:*}"
    done
}

# None of these servers may run beside the tests, neither from now on nor after the next start.
install_servers()
{
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        # shellcheck disable=SC2064
        trap "$as_root rm -f $policy" EXIT
        trap 'exit 130' INT TERM
        $as_root sh -c "umask 022; printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy" || return 1
    fi
    # All at once, or those that there are.
    # shellcheck disable=SC2086
    $apt install --no-install-recommends $1 || for package in $1; do
        $apt install --no-install-recommends "$package"
    done
    for package in $1; do
        service=${package%-light}
        [ ! -e "/etc/init.d/$service" ] || $as_root update-rc.d "$service" disable 2>/dev/null
    done
}

install_debian()
{
    if [ "$(id -u)" = 0 ]; then
        as_root=env
    elif sudo -n true >/dev/null 2>&1; then
        as_root="sudo -n env"
    else
        return 1
    fi
    apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
    echo "certwright: installing $(packages debian)"
    for attempt in 1 2 3; do
        # shellcheck disable=SC2046
        $apt update && $apt install --no-install-recommends $(packages debian) || {
            echo "certwright: set-up: attempt $attempt failed"
            continue
        }
        servers=$(lacking_servers)
        [ -z "$servers" ] || install_servers "$servers"
        return 0
    done
    return 1
}

optional=
if command -v apt-get >/dev/null 2>&1; then
    optional="valgrind faketime certtool fish zsh mandoc dot $(for server in $debian_servers; do echo "${server#*:}"; done)"
fi
lacking=$(missing "$optional")
[ -z "$lacking" ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
    if install_debian >&2; then
        lacking=$(missing "")
        [ -z "$lacking" ] && exit 0
    else
        lacking=$(missing "")
        [ -z "$lacking" ] && exit 0 # only what its tests can skip
    fi
fi

{
    echo "certwright: missing here: $(echo "$lacking" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
    echo "Type the line of your system, then make again:"
    echo "  Debian   sudo apt-get install $(packages debian)"
    echo "  Fedora   sudo dnf install $(packages fedora)"
    echo "  Alpine   doas apk add $(packages alpine)"
    echo "  Arch     sudo pacman -S --needed $(packages arch)"
    echo "  macOS    brew install $(packages macos)"
    echo "           export PKG_CONFIG_PATH=\"\$(brew --prefix openssl@3)/lib/pkgconfig:\$(brew --prefix ncurses)/lib/pkgconfig\""
} >&2
exit 1
