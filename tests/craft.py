"""Certificates that no CA would make, for tests/cli/hostile.sh: craft.py FOLDER writes NAME.crt (DER)
for each case, all signed by FOLDER/root.key, and root.crt. DER by hand, signatures by openssl."""

import os
import subprocess
import sys

FOLDER = sys.argv[1]
KEY = os.path.join(FOLDER, "root.key")


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def seq(*parts):
    return tlv(0x30, *parts)


def oid(text):
    numbers = [int(n) for n in text.split(".")]
    out = b""
    for n in [numbers[0] * 40 + numbers[1]] + numbers[2:]:
        digits = [n & 0x7F]
        while n > 0x7F:
            n >>= 7
            digits.insert(0, 0x80 | n & 0x7F)
        out += bytes(digits)
    return tlv(6, out)


UTF8, PRINTABLE, T61, IA5, UNIVERSAL, BMP = 0x0C, 0x13, 0x14, 0x16, 0x1C, 0x1E
CN, O = "2.5.4.3", "2.5.4.10"


def name(value, tag=UTF8, attribute=CN):
    value = value.encode() if isinstance(value, str) else value
    return seq(tlv(0x31, seq(oid(attribute), tlv(tag, value))))


def extension(identifier, value, critical=False):
    return seq(oid(identifier), b"\x01\x01\xff" if critical else b"", tlv(4, value))


def dns(*values):
    return [tlv(0x82, v.encode() if isinstance(v, str) else v) for v in values]


def san(names):
    return extension("2.5.29.17", seq(*names))


def aia(uri):
    return extension("1.3.6.1.5.5.7.1.1", seq(seq(oid("1.3.6.1.5.5.7.48.2"), tlv(0x86, uri))))


SHA256_RSA = seq(oid("1.2.840.113549.1.1.11"), b"\x05\x00")
ROOT = name("Hostile root")
SPKI = None


def certificate(subject=None, issuer=ROOT, serial=b"\x01", start="20200101000000Z",
                end="20991231235959Z", extensions=(), algorithm=SHA256_RSA, spki=None, version=2,
                form=0x18):
    body = seq(tlv(0xA0, tlv(2, bytes([version]))), tlv(2, serial), algorithm, issuer,
               seq(tlv(form, start.encode()), tlv(form, end.encode())),
               subject if subject is not None else name("leaf.example.com"), spki or SPKI,
               tlv(0xA3, seq(*extensions)) if extensions else b"")
    signature = openssl("dgst", "-sha256", "-sign", KEY, data=body)
    return seq(body, algorithm, tlv(3, b"\0", signature))


def write(file, data):
    with open(os.path.join(FOLDER, file), "wb") as out:
        out.write(data)


def main():
    global SPKI
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", KEY)
    SPKI = openssl("pkey", "-in", KEY, "-pubout", "-outform", "DER")
    ca = extension("2.5.29.19", seq(b"\x01\x01\xff"), True)
    write("root.crt", certificate(subject=ROOT, extensions=[ca]))

    escape = b"\x1b]0;owned\x07\x1b[31m\r\nAudit: OK\n"
    cases = {
        "plain": certificate(extensions=[san(dns("leaf.example.com"))]),
        # Names that act on a terminal, or end before their end.
        "nul": certificate(name(b"good.example.com\0.evil.example")),
        "nul-san": certificate(extensions=[san(dns(b"good.example.com\0.evil.example"))]),
        "escape": certificate(name(escape)),
        "escape-printable": certificate(name(escape, PRINTABLE)),
        "escape-t61": certificate(name(b"\x9b31mred", T61)),
        "c1": certificate(name("a\u009b31mred\u0085")),
        "bidi": certificate(name("moc.\u202egnp.exe\u2066\u2069\u200f")),
        "bmp": certificate(name("a\u202e\u001b[2J".encode("utf-16-be"), BMP)),
        "bmp-odd": certificate(name(b"\0a\0", BMP)),
        "universal-bad": certificate(name(b"\xff\xff\xff\xff\0\0", UNIVERSAL)),
        "utf8-bad": certificate(name(b"\xc3\x28\xf5\x80\x80\x80\xed\xa0\x80")),
        "newline": certificate(name("a\nSUCCESS: certificate verified against CA bundle\n")),
        "percent": certificate(name("%s%n%s%n%1000000d")),
        "san-escape": certificate(extensions=[san(dns(escape, b"\xc2\x9b2J") +
                                                  [tlv(0x81, escape), tlv(0x86, escape)])]),
        "san-odd": certificate(extensions=[san([tlv(0x87, b"\1\2\3"), tlv(0x87, b""), tlv(0x88, b""),
                                                tlv(0xA4, name(escape)), tlv(0x82, b"")])]),
        "san-empty": certificate(extensions=[extension("2.5.29.17", seq())]),
        "san-broken": certificate(extensions=[extension("2.5.29.17", b"\x30\x50\x82")]),
        "san-twice": certificate(extensions=[san(dns("a.example")), san(dns("b.example"))]),
        "aia-escape": certificate(issuer=name("nobody here"), extensions=[aia(b"http://x/" + escape)]),
        "issuer-escape": certificate(issuer=name(escape)),
        "unknown-extension": certificate(extensions=[extension("1.2.3.4.5", escape * 50, True)]),
        "unknown-attribute": certificate(name(escape, attribute="1.2.3.4.99999999")),
        "policy-escape": certificate(extensions=[extension("2.5.29.32", seq(seq(
            oid("2.23.140.1.2.1"), seq(seq(oid("1.3.6.1.5.5.7.2.2"), seq(tlv(UTF8, escape)))))))]),
        "no-name": certificate(seq()),
        # Too much of it.
        "long-name": certificate(name("x" * (1 << 20))),
        "long-name-below": certificate(name("\u202e" * 300000)),
        "many-attributes": certificate(seq(*[tlv(0x31, seq(oid(O), tlv(UTF8, b"o")))] * 20000)),
        "many-values": certificate(seq(tlv(0x31, *[seq(oid(O), tlv(UTF8, b"%05d" % i))
                                                   for i in range(20000)]))),
        "sans": certificate(extensions=[san(dns(*["%05d.example" % i for i in range(100000)]))]),
        "sans-short": certificate(extensions=[san(dns(*["%06d" % i for i in range(100000)]))]),
        "sans-tiny": certificate(extensions=[san(dns(*["a"] * 300000))]),
        "many-extensions": certificate(extensions=[extension("1.2.3.%d" % i, b"\x05\x00")
                                                   for i in range(20000)]),
        "long-oid": certificate(extensions=[extension("1.2.3." + "9" * 4000, b"\x05\x00")]),
        "nested": certificate(extensions=[extension("1.2.3.4", deep(5000))]),
        # Numbers and times.
        "negative": certificate(serial=b"\xff"),
        "negative-long": certificate(serial=b"\x80" + b"\0" * 40),
        "serial-zero": certificate(serial=b"\0"),
        "serial-long": certificate(serial=b"\x7f" * 100000),
        "serial-none": certificate(serial=b""),
        "year-1": certificate(start="00010101000000Z", end="00010102000000Z"),
        "year-9999": certificate(start="99990101000000Z", end="99991231235959Z"),
        "year-1-9999": certificate(start="00010101000000Z", end="99991231235959Z"),
        "year-0": certificate(start="00000101000000Z"),
        "february-30": certificate(end="20300230000000Z"),
        "time-junk": certificate(end="soon\x1b[2J"),
        "time-empty": certificate(end=""),
        "utc-as-general": certificate(start="500101000000Z", end="491231235959Z", form=0x17),
        "end-first": certificate(start="20300101000000Z", end="20200101000000Z"),
        "version-0": certificate(version=0),
        "version-99": certificate(version=99),
        # Algorithms.
        "algorithm-unknown": certificate(algorithm=seq(oid("1.2.3.4.5.6"))),
        "algorithm-huge": certificate(algorithm=seq(oid("1.2.840.113549.1.1.10"), deep(200))),
        "key-unknown": certificate(spki=seq(seq(oid("1.2.3.4.5.6.7")), tlv(3, b"\0junk"))),
        "key-broken": certificate(spki=seq(seq(oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
                                           tlv(3, b"\0\x30\x03\x02\x01"))),
        "key-tiny": certificate(spki=rsa(0xC5, 3)),
        "key-even": certificate(spki=rsa(1 << 2047, 2)),
        "key-huge": certificate(spki=rsa((1 << 65536) - 1, (1 << 65535) + 1)),
        "key-zero": certificate(spki=rsa(0, 0)),
        "ec-explicit": certificate(spki=seq(seq(oid("1.2.840.10045.2.1"), seq(tlv(2, b"\1"))),
                                            tlv(3, b"\0\4" + b"\1" * 64))),
        "ec-off-curve": certificate(spki=seq(seq(oid("1.2.840.10045.2.1"),
                                                 oid("1.2.840.10045.3.1.7")),
                                             tlv(3, b"\0\4" + b"\1" * 64))),
    }
    for case, data in cases.items():
        write(case + ".crt", data)


def rsa(modulus, exponent):
    def number(n):
        return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))

    return seq(seq(oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
               tlv(3, b"\0", seq(number(modulus), number(exponent))))


def deep(levels):
    out = b"\x05\x00"
    for _ in range(levels):
        out = seq(out)
    return out


main()
