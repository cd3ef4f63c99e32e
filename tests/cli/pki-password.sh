#!/usr/bin/env bash
# A password typed at a terminal: never echoed, asked three times, and the terminal is given back.
. "$(dirname "$0")/../lib.sh"

mkdir store
openssl ecparam -name prime256v1 -genkey -noout -out plain.pem
openssl pkey -in plain.pem -aes256 -passout pass:geheim -out store/web.key
cp store/web.key locked.pem

# typed TEXT… : pki unlock web.key on a terminal of its own; each text is typed at a prompt ("^C": the
# key). Prints what the terminal showed, then the exit status, then whether it echoes at the end.
cat >typed.py <<'PY'
import os, pty, select, signal, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(os.environ["CERTWRIGHT"], ["certwright", "pki", "unlock", "web.key"])
shown, texts, status = b"", sys.argv[1:], None
silent = []
end = time.time() + 20
while time.time() < end and status is None:
    ready, _, _ = select.select([fd], [], [], 0.1)
    if ready:
        try:
            shown += os.read(fd, 4096)
        except OSError:
            pass
    if texts and shown.count(b"Password for") > len(silent):
        silent.append(not termios.tcgetattr(fd)[3] & termios.ECHO)
        text = texts.pop(0)
        os.write(fd, b"\x03" if text == "^C" else text.encode() + b"\n")
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
        echo = bool(termios.tcgetattr(fd)[3] & termios.ECHO)
else:
    if status is None:
        os.kill(pid, signal.SIGKILL)
sys.stdout.write(shown.decode(errors="replace").replace("\r", ""))
print("status", status, "silent", all(silent), len(silent), "echo", echo if status is not None else None)
PY

run python3 typed.py geheim
says "asked once, silently, and done" "status 0 silent True 1 echo True"
says "by the file's name" "Password for web.key:"
silent "the password is not shown" geheim
ok "the key is open" openssl pkey -in store/web.key -passin pass: -noout

cp locked.pem store/web.key
run python3 typed.py wrong geheim
says "a second try" "status 0 silent True 2 echo True"
says "with the tries that are left" "2 tries left"

cp locked.pem store/web.key
run python3 typed.py a b c
says "three wrong ones are enough" "status 1 silent True 3 echo True"
same_file "nothing was changed" locked.pem store/web.key

run python3 typed.py ^C
says "Ctrl-C ends it as a signal, the echo back" "status -2 silent True 1 echo True"
same_file "nothing was changed then" locked.pem store/web.key

# Every cipher that PEM's old way of locking may name, those of the legacy provider too.
printf geheim >pw
openssl genrsa -out rsa.key 2048 2>/dev/null
openssl req -new -x509 -key rsa.key -subj /CN=rsa.example.com -out store/rsa.crt
for cipher in des des-ede-cbc des3 rc2 bf cast idea seed aes128 aes192 aes256 aes-256-cfb aes-128-ofb \
    aes-256-ctr camellia128 camellia256 aria128 aria256 sm4; do
    if ! openssl rsa -in rsa.key -traditional -$cipher -passout file:pw -out store/old.key \
        -provider legacy -provider default 2>/dev/null; then
        skip "this openssl has no $cipher"
        continue
    fi
    ok "a key locked by $cipher" "$CERTWRIGHT" pki match old.key rsa.crt --password-file pw
done
openssl rsa -in rsa.key -traditional -aes256 -passout file:pw -out store/odd.key 2>/dev/null
sed -i s/AES-256-CBC/ODD-256-CBC/ store/odd.key
fails "a cipher that nobody has" "$CERTWRIGHT" pki match odd.key rsa.crt --password-file pw
says "is what is wrong, no password" "its cipher or digest is none that OpenSSL has"
