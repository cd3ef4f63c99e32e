"""A monkey at the wizard: certwright seconds seed. Exits 1 with the last keys where an answer is lost."""
import fcntl, os, pty, random, select, signal, struct, subprocess, sys, termios, time

program, seconds, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
CONF = "deployment.conf"
history = []

KEYS = ["\t", "\t", "\t", "\033[Z", "\r", "\033[A", "\033[B", "\033[C", "\033[D", "\033OQ", "\033OQ",
        "\033OP", "\033OR", "\033[15~", "\033[17~", "\033", "\033\033", " ", " ", "x", "\x01", "\x0b", "\x15",
        "\x17", "\x19", "\x1f", "\x7f", "\x0c", "\x10", "\x0e", "\033[5~", "\033[6~", "/", "n", "?"]
TEXTS = ["a", "7", "cms", "join.example.com", "join.example com", "Müller", ".", ",", "*.example.com", "192.0.2.1"]
PASTES = ["a.example.com\nb.example.com\nc.example.com\n", "a.example.com\tb.example.com", "one line", "\n\n",
          "\033[21~", "Größe; x.example.com", "q" * 300]


class Wizard:
    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = chance.choice(["xterm-256color", "linux", "vt100"])
            os.execv(program, [program, "wizard"])
        self.size(80, 24)

    def size(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, wait):
        """What it writes until it is quiet for so long; None at its end."""
        said = b""
        while select.select([self.fd], [], [], wait)[0]:
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                return None
            if not part:
                return None
            said += part
        return said

    def press(self, keys):
        history.append(keys)
        try:
            os.write(self.fd, keys.encode())
        except OSError:
            pass

    def end(self, number=None):
        """Its status, after the signal; a crash is none of ours."""
        if number:
            os.kill(self.pid, number)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.read(0)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return status
            time.sleep(0.01)
        lost("it does not end")


def lost(what):
    print(f"seed {seed}: {what}; last keys {history[-40:]!r}")
    print(text())
    sys.exit(1)


def text():
    try:
        with open(CONF, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def readable():
    if not text():
        return
    done = subprocess.run([program, "check", "--quiet"], capture_output=True, text=True)
    if done.returncode not in (0, 1) or CONF + ":" in done.stderr:
        lost("deployment.conf cannot be read: " + done.stderr)


def crashed(status):
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) not in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP) or \
        os.WIFEXITED(status) and os.WEXITSTATUS(status) == 99


def begin():
    """A lab in this folder, so that there is something to lose; then every answer on its page."""
    subprocess.run([program, "init", "--preset", "lab", "--domain", "example.com"], check=True, capture_output=True)


def answer(number):
    """An answer that is accepted, taken by Tab: the organisation, or where half-typed text waits (Basics)."""
    wizard, value = Wizard(), f"Acme {number}"
    wizard.read(0.3)
    for keys in ("\033[H", "\033[B", "\r", "\t", "\x01\x0b", value, "\t"):
        wizard.press(keys)
        wizard.read(0.15)
    until = time.monotonic() + 5
    while value not in text() and time.monotonic() < until:
        wizard.read(0.05)
    if f' = "{value}"' not in text():
        lost(f"the answer {value} was taken by Tab and is not saved")
    kill(wizard, signal.SIGKILL)


def kill(wizard, number):
    """What was saved before the kill is there after it, and after a start that only leaves."""
    before = text()
    status = wizard.end(number)
    if crashed(status):
        lost(f"it crashed: {status}")
    if text() != before:
        lost("a kill changed deployment.conf")
    readable()
    again = Wizard()
    again.read(0.3)
    again.press("\x11")
    if crashed(again.end()):
        lost("it crashed when started again")
    if text() != before:
        lost("a start that only left changed deployment.conf")


def monkey(wizard, until):
    while time.monotonic() < until:
        choice = chance.random()
        if choice < 0.6:
            wizard.press(chance.choice(KEYS))
        elif choice < 0.85:
            wizard.press(chance.choice(TEXTS))
        elif choice < 0.93:
            wizard.press("\033[200~" + chance.choice(PASTES) + "\033[201~")
        else:
            wizard.size(chance.choice([20, 40, 80, 100, 132]), chance.choice([5, 12, 24, 40]))
        if wizard.read(chance.choice([0.005, 0.02, 0.1])) is None:
            return


begin()
end, rounds = time.monotonic() + seconds, 0
while time.monotonic() < end:
    rounds += 1
    if rounds % 2:
        answer(rounds)
    wizard = Wizard()
    wizard.read(0.2)
    monkey(wizard, min(end, time.monotonic() + chance.uniform(0.5, 3)))
    number = chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
    if wizard.read(0.5) is None:
        if crashed(wizard.end()):
            lost("it crashed")
        readable()
    else:
        kill(wizard, number)
print(f"{rounds} kills")
