"""Certificates and keys as the checker of renewal plans sees them: DER read here, what a chain is worth
and which key belongs to which certificate asked of openssl, each question once for its contents."""
import base64
import calendar
import hashlib
import os
import re
import subprocess
import tempfile

ARMOUR = re.compile(rb'^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[ \t]*\r?\n(.*?)^-----END (?:TRUSTED |X509 )?'
                    rb'CERTIFICATE-----[ \t]*\r?$', re.S | re.M)
QUIET = dict(os.environ, SSL_CERT_FILE='/dev/null', SSL_CERT_DIR='/nonexistent')


def element(der, at):
    """Tag, where the contents begin, and where they end."""
    length, start = der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7f
        length, start = int.from_bytes(der[start:start + count], 'big'), start + count
    return der[at], start, start + length


def children(der, start, end):
    while start < end:
        tag, inner, after = element(der, start)
        yield tag, der[start:after], der[inner:after]
        start = after


def moment(text):
    """Seconds of a UTCTime or GeneralizedTime."""
    text = text.decode().rstrip('Z')
    if len(text) == 12:
        text = ('19' if text[:2] >= '50' else '20') + text
    return calendar.timegm(tuple(int(text[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))))


def common_name(name):
    found = re.findall(rb'\x55\x04\x03[\x0c\x13\x16\x1e\x14](.)', name, re.S)
    if not found:
        return '(no CN)'
    at = name.index(b'\x55\x04\x03') + 5
    return name[at:at + found[0][0]].decode('utf-8', 'replace')


class Certificate:
    def __init__(self, der):
        self.der = der
        self.hash = hashlib.sha256(der).hexdigest()
        _, start, end = element(der, 0)
        fields = [child for child in children(der, *element(der, start)[1:]) if child[0] != 0xa0]
        self.serial = fields[0][2].hex()
        self.issuer, self.subject, self.key = fields[2][1], fields[4][1], fields[5][1]
        (_, _, first), (_, _, last) = children(fields[3][2], 0, len(fields[3][2]))
        self.begins, self.ends = moment(first), moment(last)
        self.self_issued = self.issuer == self.subject

    def __eq__(self, other):
        return self.der == other.der

    def __hash__(self):
        return int(self.hash[:12], 16)

    def __deepcopy__(self, _):
        return self

    def __str__(self):
        return '%s (serial %s)' % (common_name(self.subject), self.serial[-8:])

    def pem(self):
        text = base64.b64encode(self.der).decode()
        lines = '\n'.join(text[i:i + 64] for i in range(0, len(text), 64))
        return '-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n' % lines


KNOWN = {}


def read(data):
    """The certificates of a file, PEM or DER."""
    if data not in KNOWN:
        ders = [base64.b64decode(body) for body in ARMOUR.findall(data)] or ([data] if data[:1] == b'\x30' else [])
        KNOWN[data] = tuple(Certificate(der) for der in ders)
    return KNOWN[data]


class Openssl:
    """Answers by content; the folder is of this run alone."""

    def __init__(self, at):
        self.at, self.folder, self.answers = int(at), tempfile.TemporaryDirectory(prefix='checker.'), {}

    def __deepcopy__(self, _):
        return self

    def file(self, data):
        path = os.path.join(self.folder.name, hashlib.sha256(data).hexdigest())
        if not os.path.exists(path):
            with open(path, 'wb') as out:
                out.write(data)
        return path

    def ask(self, *words):
        return subprocess.run(('openssl',) + words, capture_output=True, env=QUIET, check=False)

    def fits(self, key, certificate):
        """Whether the private key is the certificate's."""
        if key not in self.answers:
            self.answers[key] = self.ask('pkey', '-in', self.file(key), '-passin', 'pass:', '-pubout', '-outform', 'DER').stdout
        return self.answers[key] == certificate.key

    def verifies(self, leaf, chain, trusted, purpose=None):
        """Whether a path leads from the leaf over the chain to a self-signed certificate of the trusted."""
        question = leaf, chain, trusted, purpose, self.at
        if question not in self.answers:
            self.answers[question] = bool(trusted) and self.verified(*question[:4])
        return self.answers[question]

    def verified(self, leaf, chain, trusted, purpose):
        words = ['verify', '-no-CApath', '-no-CAstore', '-attime', str(self.at)]
        words += ['-purpose', purpose] if purpose else []
        words += ['-CAfile', self.file(''.join(one.pem() for one in trusted).encode())]
        if chain:
            words += ['-untrusted', self.file(''.join(one.pem() for one in chain).encode())]
        return self.ask(*words, self.file(leaf.pem().encode())).returncode == 0
