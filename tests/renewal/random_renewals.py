#!/usr/bin/env python3
"""Deployments and renewals by chance, each plan proven: random_renewals.py SEED [COUNT]

In a fresh folder, with the program in $CERTWRIGHT. A deployment of a preset, with services left out, checks
switched on and off and certificates shared, gets its certificates and a plan; then some of its identities
are renewed in one import or two: key kept, a new key, a lost key, a name more, by the CA it had, another
one, or another intermediate of it. A seed tells again what it told."""
import os
import random
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker # beside this file, which is asked for by its path

PROGRAM = os.environ['CERTWRIGHT']
EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
PRESETS = [('scalable', ['--cores', '3', '--edges', '2']), ('scalable', ['--cores', '2', '--edges', '1']),
           ('scalable', ['--cores', '2', '--edges', '2', '--databases', '1']), ('single-split', []), ('single-combined', []),
           ('webapp', []), ('lab', [])]
OURS = ('dbca', 'dbserver', 'dbclient', 'labca') # what no CA outside signs


class Failed(Exception):
    pass


def openssl(*words):
    subprocess.run(('openssl',) + words, check=True, capture_output=True)


def certwright(*words, fine=(0,)):
    done = subprocess.run((PROGRAM,) + words, capture_output=True, text=True, check=False)
    if done.returncode not in fine:
        raise Failed('certwright %s: exit %d\n%s%s' % (' '.join(words), done.returncode, done.stdout, done.stderr))
    return done.stdout


class Authority:
    """A root with an issuing CA below it, which may be another one from time to time."""
    days = 365 # a day more each time: of two for one name the later one is taken

    def __init__(self, name):
        self.name, self.count = name, 0
        openssl('req', '-x509', *EC, '-keyout', name + '.key', '-out', name + '.crt', '-days', '7300', '-subj',
                '/CN=%s Root' % name, '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
        self.another()

    def another(self):
        self.count += 1
        self.issuing = '%s-issuing%d' % (self.name, self.count)
        openssl('req', *EC, '-keyout', self.issuing + '.key', '-out', 'request', '-subj',
                '/CN=%s Issuing %d' % (self.name, self.count))
        with open('ext', 'w', encoding='ascii') as file:
            file.write('basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n'
                       'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n')
        openssl('x509', '-req', '-in', 'request', '-CA', self.name + '.crt', '-CAkey', self.name + '.key', '-CAcreateserial',
                '-days', '3650', '-extfile', 'ext', '-out', self.issuing + '.crt')

    def again(self):
        """The root itself, renewed: its name and key, and the issuing CA as it is."""
        Authority.days += 1
        openssl('req', '-x509', '-key', self.name + '.key', '-out', self.name + '.crt', '-days', str(7300 + Authority.days), '-subj',
                '/CN=%s Root' % self.name, '-addext', 'keyUsage=critical,keyCertSign,cRLSign')

    def answer(self, name, folder):
        """Signs what the store asks for."""
        request = 'store/%s-next.csr' % name
        if not os.path.exists(request):
            request = 'store/%s.csr' % name
        with open('leaf', 'w', encoding='ascii') as file:
            file.write('authorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE\n')
        openssl('x509', '-req', '-in', request, '-CA', self.issuing + '.crt', '-CAkey', self.issuing + '.key', '-CAcreateserial',
                '-days', str(Authority.days), '-copy_extensions', 'copy', '-extfile', 'leaf', '-out', '%s/%s.crt' % (folder, name))
        for ca in (self.name, self.issuing):
            shutil.copy(ca + '.crt', folder)


def conf(change=None):
    with open('deployment.conf', encoding='utf-8') as file:
        text = file.read()
    if change:
        text = change(text)
        with open('deployment.conf', 'w', encoding='utf-8') as file:
            file.write(text)
    return text


def identities():
    return [name for name in re.findall(r'^identity "([^"]+)"', conf(), re.M)]


def deployment(chance):
    """A deployment.conf, told in a line."""
    preset, options = chance.choice(PRESETS)
    options = list(options)
    if preset in ('scalable', 'webapp') and chance.random() < 0.25:
        options += ['--release', '3.9']
    extra = [kind for kind in ('recorder', 'streamer', 'webbridge3') if chance.random() < 0.5]
    if preset in ('scalable', 'single-split', 'single-combined') and extra:
        options += ['--with', ','.join(kind for kind in extra)]
    certwright('init', '--preset', preset, '--domain', 'example.com', *options)
    conf(lambda text: re.sub(r'^key \{.*', 'key { type = "ec" bits = 256 }', text, flags=re.M))
    told = [preset] + options
    if chance.random() < 0.4 and 'validation' in conf():
        conf(lambda text: re.sub(r'^validation \{.*\}\n', '', text, flags=re.M))
        told.append('nothing validated')
    # Between two servers that hold each other's certificate none has to be signed by a CA.
    for kind in ('wb3-c2w', 'edge', 'core', 'recorder'):
        if chance.random() < 0.15:
            for name in identities():
                if re.fullmatch(kind + r'\d?', name):
                    conf(lambda text: re.sub(r'(?s)(^identity "%s" .*?signer = )"[^"]*"' % name, r'\1"self"', text, flags=re.M))
            told.append('%s by itself' % kind)
    # One certificate for several services: what names the second names the first.
    for kind in ('callbridge', 'webadmin', 'webbridge', 'core'):
        several = [name for name in identities() if re.fullmatch(kind + r'\d', name)]
        if len(several) > 1 and chance.random() < 0.25:
            conf(lambda text: re.sub(r'identity = "(%s)"' % '|'.join(several[1:]), 'identity = "%s"' % several[0], text))
            for name in several[1:]:
                conf(lambda text: re.sub(r'^identity "%s" \{(.|\n )*\n' % name, '', text, flags=re.M))
            told.append('one %s for all' % kind)
    return ' '.join(told)


def service_option(kind, line):
    conf(lambda text: re.sub(r'(service "%s" \{ )' % kind, r'\g<1>%s  ' % line, text))


def lists(chance):
    """Trust files of one's own: a list for one trust or for two, and a chain where a list would do."""
    told, text = [], conf()
    for kind, option, of in (('webbridge', 'trust', 'callbridge'), ('recorder', 'trust', 'callbridge'),
                             ('callbridge', 'cluster-trust', 'authority'), ('callbridge', 'xmpp-trust', 'xmppserver'),
                             ('webbridge', 'xmpp-trust', 'xmppserver')):
        if 'service "%s"' % kind not in text or chance.random() > 0.2:
            continue
        if option in ('cluster-trust', 'xmpp-trust') and 'validation {' not in text:
            continue
        # Of one name: one file for two services.
        name = '%s-list.crt' % of
        parts = ['one.crt', 'one-issuing1.crt'] if of == 'authority' else [
            'store/%s.crt' % one for one in identities() if re.fullmatch(of + r'\d?', one)]
        if not parts:
            continue
        with open('store/' + name, 'w', encoding='ascii') as file:
            for part in parts:
                with open(part, encoding='ascii') as one:
                    file.write(one.read())
        service_option(kind, '%s-file = "%s"' % (option, name))
        told.append('%s takes %s for %s' % (kind, name, option))
    return told


def issue(authority, names, folder='answer'):
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    Authority.days += 1
    for name in names:
        authority.answer(name, folder)
    certwright('import', folder)


def renewal(chance, authorities, renew):
    """Some identities anew; says which, and how."""
    names = [name for name in identities() if name not in OURS]
    some = chance.sample(names, chance.choice([1, 1, 2, 3, max(1, len(names) // 2), len(names)]) % (len(names) + 1) or 1)
    how, told = {}, []
    for name in sorted(some):
        how[name] = chance.choice(['kept', 'kept', 'kept', 'new', 'new', 'lost', 'name'] if renew else ['kept', 'kept', 'name'])
        told.append('%s %s' % (name, how[name]))
        if signer(name) == 'self':
            how[name] = 'new' if how[name] == 'new' else 'kept'
            told[-1] = '%s %s by itself' % (name, how[name])
            certwright('renew', *(['--new-key'] if how[name] == 'new' else []), name)
        elif how[name] == 'new':
            certwright('renew', '--new-key', name)
        elif how[name] == 'lost':
            os.remove('store/%s.key' % name)
            certwright('generate', name)
        elif how[name] == 'name':
            # It is added to the CN alone, or to the names that there are.
            conf(lambda text: re.sub(r'(identity "%s" \{ CN = "[^"]*")(\s*subjectAltName = \{ )?' % name, lambda found: found[1] + (
                found[2] + '"more.example.com", ' if found[2] else '  subjectAltName = { "more.example.com" }'), text))
            certwright('generate', name)
    authority = chance.choice(authorities)
    if chance.random() < 0.3:
        authority.another()
    renewed = chance.random() < 0.15
    if renewed:
        authority.again()
    told.append('by ' + authority.issuing + (' of a renewed root' if renewed else ''))
    done = some
    some = [name for name in some if signer(name) != 'self']
    cut = chance.randint(0, len(some))
    if chance.random() < 0.3 and 0 < cut < len(some):
        issue(authority, some[:cut])
        issue(authority, some[cut:])
        told.append('in two imports')
    elif some:
        issue(authority, some)
    if chance.random() < 0.15:
        again = [name for name in some if how[name] == 'kept'][:2]
        if again:
            issue(chance.choice(authorities), again)
            told.append('%s once more' % ' and '.join(again))
    return done, ', '.join(told)


def one(seed, openssl_answers, renew):
    """One deployment, and its renewals; what was done, and the faults."""
    chance = random.Random(seed)
    told = [deployment(chance)]
    try:
        authorities = [Authority('one'), Authority('two')]
        certwright('generate')
        outside = [name for name in identities() if name not in OURS and signer(name) not in ('labca', 'self')]
        if outside:
            issue(authorities[0], outside)
        if 'labca' in conf():
            certwright('sign', '--ca', 'labca', '--make-ca')
        if 'dbca' in identities():
            certwright('sign', 'dbserver', 'dbclient', '--ca', 'dbca')
        told += lists(chance)
        certwright('plan')
        os.rename('install', 'first')
        judge = checker.Checker(openssl_answers)
        judge.replay('first')
        for number in (1, 2):
            some, what = renewal(chance, authorities, renew)
            told.append(what)
            # A chain of one's own has to be told of another CA.
            if 'authority-list' in conf():
                certwright('check', '--fix', fine=(0, 1))
            certwright('plan')
            os.rename('install', 'renewal%d' % number)
            judge.replay('renewal%d' % number)
            certwright('renew', '--done', *some)
    except Failed as why:
        return told, [str(why)]
    return told, ['%s: %s' % fault for fault in judge.faults]


def signer(name):
    found = re.search(r'^identity "%s" \{.*?signer = "([^"]*)"' % name, conf(), re.M | re.S)
    return found[1] if found else ''


def main(seed, count):
    answers = checker.Openssl(time.time() + 600) # by then all that is made here is valid
    renew = '--new-key' in certwright('renew', '--help')
    failed, top = 0, os.getcwd()
    for number, one_seed in enumerate(range(seed, seed + count), 1):
        os.mkdir('seed%d' % one_seed)
        os.chdir('seed%d' % one_seed)
        told, faults = one(one_seed, answers, renew)
        os.chdir(top)
        print('%s %d - seed %d: %s' % ('not ok' if faults else 'ok', number, one_seed, '; then '.join(told)), flush=True)
        for fault in faults[:8]:
            print(''.join('# %s\n' % line for line in fault.splitlines()), end='', flush=True)
        if not faults and not os.environ.get('KEEP'):
            shutil.rmtree('seed%d' % one_seed)
        failed += bool(faults)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
