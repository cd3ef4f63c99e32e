#!/usr/bin/env python3
"""Follows a remedy to the letter, in the folder of a deployment.conf: follow.py REMEDY

Steps are joined by ", then ": a command is run as printed, an option of deployment.conf is set just
there, and who is to send a request to the CA finds the answer in answer/. Exit 3: a step that only a
person can do (it is printed)."""
import os
import re
import shlex
import subprocess
import sys

CONF = 'deployment.conf'


def read():
    with open(CONF, encoding='utf-8') as file:
        return file.read()


def write(text):
    with open(CONF, 'w', encoding='utf-8') as file:
        file.write(text)


def block(text, head, start=0, end=None):
    """Where the braces of a section begin and end."""
    found = re.compile(head + r'\s*\{').search(text, start, end if end is not None else len(text))
    if not found:
        raise SystemExit('no section %s' % head)
    at, depth, quoted = found.end(), 1, False
    while depth:
        if text[at] == '"' and text[at - 1] != '\\':
            quoted = not quoted
        elif not quoted:
            depth += {'{': 1, '}': -1}.get(text[at], 0)
        at += 1
    return found.end(), at - 1


def set_option(where, option, value):
    text = read()
    a, b = where(text)
    inner = text[a:b]
    old = re.search(r'(?<![\w-])%s\s*=\s*(\{[^}]*\}|"(?:[^"\\]|\\.)*"|[^\s}]+)' % re.escape(option), inner)
    line = '%s = %s' % (option, value)
    if old:
        inner = inner[:old.start()] + line + inner[old.end():]
    else:
        inner = ' ' + line + ' ' + inner
    write(text[:a] + inner + text[b:])


def set_key(line):
    write(line + '\n' + re.sub(r'^key\s*\{[^}]*\}\n?', '', read(), flags=re.M))


def identity(name):
    return lambda text: block(text, r'identity\s+"%s"' % re.escape(name))


def server(name):
    return lambda text: block(text, r'server\s+"%s"' % re.escape(name))


def service(name, of):
    def where(text):
        a, b = server(of)(text)
        return block(text, r'service\s+"%s"' % re.escape(name), a, b)
    return where


def section(name):
    def where(text):
        if not re.search(r'^%s\s*\{' % name, text, re.M):
            write('%s { }\n%s' % (name, text))
            raise KeyError(name)
        return block(text, r'(?m:^)%s' % name)
    return where


def answer():
    os.makedirs('answer', exist_ok=True)
    subprocess.run('cp ca/issuing.crt ca/root.crt answer/', shell=True, check=True)


def step(text):
    if text.startswith('certwright '):
        words = shlex.split(re.sub('what (it returns|they return)', 'answer', text))
        done = subprocess.run(words, capture_output=True, text=True)
        sys.stdout.write('$ %s\n%s%s' % (' '.join(words), done.stdout, done.stderr))
        return done.returncode == 0 or (words[1] == 'check' and done.returncode == 1)
    for pattern, act in STEPS:
        found = re.fullmatch(pattern, text, re.S)
        if found:
            act(*found.groups())
            return True
    print('a person: ' + text)
    raise SystemExit(3)


def sign(name):
    answer()
    subprocess.run(['bash', '-ec', 'ca_signs ca store/%s.csr answer/%s.crt' % (name, name)], check=True,
                   stderr=subprocess.DEVNULL)


def unfolded(names):
    """core1-3, edge: core1, core2, core3 and edge."""
    for name in names.split(', '):
        some = re.fullmatch(r'(.*?)(\d+)-(\d+)', name)
        if some and not os.path.exists('store/%s.csr' % name):
            yield from (some[1] + str(n) for n in range(int(some[2]), int(some[3]) + 1))
        else:
            yield name


def sign_all(names):
    for name in unfolded(names):
        sign(name)


def in_section(option, value, name):
    try:
        set_option(section(name), option, value)
    except KeyError:
        set_option(section(name), option, value)


def take_out(option, where):
    text = read()
    a, b = where(text)
    write(text[:a] + re.sub(r'(?<![\w-])%s\s*=\s*"[^"]*"' % option, '', text[a:b]) + text[b:])


def add_to_server(what, name):
    text = read()
    _, b = server(name)(text)
    write(text[:b] + '    ' + what + '\n' + text[b:])


def remove_service(name, of):
    text = read()
    a, b = service(name, of)(text)
    head = re.compile(r'service\s+"%s"\s*\{\Z' % re.escape(name)).search(text, 0, a)
    write(text[:head.start()] + text[b + 1:])


STEPS = [
    (r'set ([\w-]+) = (.*) in identity "([^"]*)" of deployment.conf',
     lambda o, v, n: set_option(identity(n), o, v)),
    (r'set ([\w-]+) = (.*) in service "([^"]*)" of server "([^"]*)" of deployment.conf',
     lambda o, v, n, s: set_option(service(n, s), o, v)),
    (r'set ([\w-]+) = (.*) in server "([^"]*)" of deployment.conf',
     lambda o, v, n: set_option(server(n), o, v)),
    (r'set ([\w-]+) = (.*) in (\w+) \{\} of deployment.conf', in_section),
    (r'set release = ("[^"]*") in deployment.conf',
     lambda v: write(re.sub(r'(?m)^release\s*=.*$', 'release = ' + v, read()))),
    (r'set (key \{.*\}) in deployment.conf', set_key),
    (r'add (service .*\}) to server "([^"]*)" of deployment.conf', add_to_server),
    (r'add ((?:identity|accept) .*\}) to deployment.conf', lambda line: write(read() + line + '\n')),
    (r'remove service "([^"]*)" from server "([^"]*)" of deployment.conf', remove_service),
    (r'take ([\w-]+) out of subject \{\} of deployment.conf', lambda o: take_out(o, section('subject'))),
    (r'take ([\w-]+) out of service "([^"]*)" of server "([^"]*)" of deployment.conf',
     lambda o, n, s: take_out(o, service(n, s))),
    (r'take ([\w-]+) out of identity "([^"]*)" of deployment.conf',
     lambda o, n: take_out(o, identity(n))),
    (r'delete (\S+)', os.remove),
    (r'delete \S+ on \S+ by SFTP', lambda: None),
    (r'rename (\S+) to (\S+)', lambda a, b: os.rename(a, os.path.join(os.path.dirname(a), b))),
    (r'send (\S+)\.csr to the CA', sign),
    (r'send the requests of (.*) to their CAs', sign_all),
    (r'ask (?:the CA|their CAs) for (?:its|a|the|their) .*', lambda: answer()),
    (r'wait until then; .*', lambda: None),
]

for one in sys.argv[1].split(', then '):
    if not step(one):
        raise SystemExit('failed: ' + one)
