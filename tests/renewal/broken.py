#!/usr/bin/env python3
"""The checker of renewal plans, tried: a small deployment and its renewal, written here by hand, in which
it finds nothing, and the same with one fault each, which it has to name with step, server and trust.

core1 has a Call Bridge and a trunk, edge1 a Web Bridge 2, a Web Bridge 3 and a Load Balancer. The Call
Bridge keeps its key and moves to another CA; the trunk gets a new key."""
import copy
import json
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker # beside this file, which is asked for by its path

PKI = r'''
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.crt -days 900 \
    -subj "/CN=Authority $1" -addext keyUsage=critical,keyCertSign; }
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
leaf() { openssl req -new -key $2.key -subj "/CN=$1.example.com" |
    openssl x509 -req -CA $3.crt -CAkey $3.key -CAcreateserial -days 300 -out $4.crt; }
ca a; ca b
for name in callbridge core1 core1new edge1 web; do key $name; done
leaf callbridge callbridge a callbridge; leaf callbridge callbridge b callbridge-new
leaf core1 core1 a core1; leaf core1 core1new a core1-new
leaf edge1 edge1 a edge1; leaf join web a web
'''

FIRST = [
    ('core1', 'upload.sftp', {'callbridge.key': ['callbridge.key'], 'callbridge.crt': ['callbridge.crt'],
                              'callbridgebundle.crt': ['a.crt'], 'c2w.crt': ['a.crt'], 'core1.key': ['core1.key'],
                              'core1.crt': ['core1.crt'], 'edge1.crt': ['edge1.crt']}),
    ('core1', 'commands-1.mmp', [
        'pki list', 'pki match callbridge.key callbridge.crt', 'pki verify callbridge.crt callbridgebundle.crt',
        'pki match core1.key core1.crt', 'pki verify core1.crt callbridgebundle.crt']),
    ('edge1', 'upload.sftp', {'callbridge.crt': ['callbridge.crt'], 'webca.crt': ['a.crt'], 'web.key': ['web.key'],
                              'web.crt': ['web.crt'], 'webfull.crt': ['web.crt', 'a.crt'], 'edge1.key': ['edge1.key'],
                              'edge1.crt': ['edge1.crt'], 'core1.crt': ['core1.crt']}),
    ('edge1', 'commands-1.mmp', [
        'pki match web.key web.crt', 'pki verify web.crt webca.crt', 'pki match edge1.key edge1.crt',
        'pki verify edge1.crt webca.crt']),
    ('edge1', 'commands-2.mmp', [
        'webbridge3 https listen a:443', 'webbridge3 https certs web.key webfull.crt', 'webbridge3 c2w listen a:9999',
        'webbridge3 c2w certs web.key webfull.crt', 'webbridge3 c2w trust webca.crt', 'webbridge3 enable']),
    ('core1', 'commands-2.mmp', [
        'callbridge certs callbridge.key callbridge.crt callbridgebundle.crt', 'callbridge trust c2w c2w.crt',
        'callbridge restart', 'callbridge']),
    ('edge1', 'commands-3.mmp', [
        'loadbalancer create Edge1toLB', 'loadbalancer auth Edge1toLB edge1.key edge1.crt core1.crt',
        'loadbalancer trunk Edge1toLB a:4999', 'loadbalancer enable Edge1toLB',
        'webbridge disable', 'webbridge certs web.key web.crt webca.crt', 'webbridge trust callbridge.crt',
        'webbridge enable']),
    ('core1', 'commands-3.mmp', [
        'trunk create trunktoEdge1 xmpp', 'trunk auth trunktoEdge1 core1.key core1.crt edge1.crt',
        'trunk edge trunktoEdge1 edge1.example.com 4999', 'trunk enable trunktoEdge1']),
]

# Lists hold old and new, then the pairs change, then the old ones go.
RENEWAL = [
    ('edge1', 'upload-1.sftp', {'webbridge-trust.crt': ['callbridge.crt', 'callbridge-new.crt'],
                                'c2w-trust.crt': ['a.crt', 'b.crt'], 'lb-trust.crt': ['core1.crt', 'core1-new.crt']}),
    ('edge1', 'commands-1.mmp', [
        'webbridge disable', 'webbridge trust webbridge-trust.crt', 'webbridge enable',
        'webbridge3 disable', 'webbridge3 c2w trust c2w-trust.crt', 'webbridge3 enable',
        'loadbalancer disable Edge1toLB', 'loadbalancer auth Edge1toLB edge1.key edge1.crt lb-trust.crt',
        'loadbalancer enable Edge1toLB']),
    ('core1', 'upload-1.sftp', {'callbridge.crt': ['callbridge-new.crt'], 'callbridgebundle.crt': ['b.crt'],
                                'core1ca.crt': ['a.crt'], 'core1.key': ['core1new.key'], 'core1.crt': ['core1-new.crt']}),
    ('core1', 'commands-1.mmp', [
        'pki list', 'pki match callbridge.key callbridge.crt', 'pki verify callbridge.crt callbridgebundle.crt',
        'pki match core1.key core1.crt', 'pki verify core1.crt core1ca.crt', 'callbridge restart', 'callbridge',
        'trunk disable trunktoEdge1', 'trunk enable trunktoEdge1']),
    ('edge1', 'upload-2.sftp', {'callbridge.crt': ['callbridge-new.crt'], 'webbridge3-ca.crt': ['b.crt'],
                                'core1.crt': ['core1-new.crt']}),
    ('edge1', 'commands-2.mmp', [
        'webbridge disable', 'webbridge trust callbridge.crt', 'webbridge enable',
        'webbridge3 disable', 'webbridge3 c2w trust webbridge3-ca.crt', 'webbridge3 enable',
        'loadbalancer disable Edge1toLB', 'loadbalancer auth Edge1toLB edge1.key edge1.crt core1.crt',
        'loadbalancer enable Edge1toLB']),
]
BACK = {'edge1': {'callbridge.crt': ['callbridge.crt'], 'core1.crt': ['core1.crt']},
        'core1': {'callbridge.crt': ['callbridge.crt'], 'callbridgebundle.crt': ['a.crt'], 'core1.key': ['core1.key'],
                  'core1.crt': ['core1.crt']}}
GOING_BACK = '''# Runbook

## 6. Going back

    cd edge1/back
    sftp -b back.sftp admin@edge1.example.com
    cd ../..
    cd core1/back
    sftp -b back.sftp admin@core1.example.com
    cd ../..

On edge1 (`ssh admin@edge1.example.com`):

    webbridge disable
    webbridge trust callbridge.crt
    webbridge enable
    webbridge3 disable
    webbridge3 c2w trust webca.crt
    webbridge3 enable
    loadbalancer disable Edge1toLB
    loadbalancer enable Edge1toLB

On core1 (`ssh admin@core1.example.com`):

    callbridge restart
    trunk disable trunktoEdge1
    trunk enable trunktoEdge1
'''


def joined(names):
    parts = []
    for name in names:
        with open(name, encoding='ascii') as file:
            parts.append(file.read())
    return ''.join(parts)


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)


def write(folder, plan, back=None, book=GOING_BACK):
    """A folder as `certwright plan` writes it."""
    rows = []
    for server, file, what in plan:
        path = '%s/%s/%s' % (folder, server, file)
        if isinstance(what, dict):
            files = file.replace('upload', 'files').replace('.sftp', '')
            for name, parts in what.items():
                put('%s/%s/%s/%s' % (folder, server, files, name), joined(parts))
            put(path, ''.join('put %s/%s %s\n' % (files, name, name) for name in what))
            rows.append({'server': server, 'file': '%s/%s' % (server, file)})
        else:
            put(path, ''.join(line + '\n' for line in what))
            rows += [{'server': server, 'file': '%s/%s' % (server, file)}] * len(what)
    for server, files in (back or {}).items():
        for name, parts in files.items():
            put('%s/%s/back/%s' % (folder, server, name), joined(parts))
        put('%s/%s/back/back.sftp' % (folder, server), ''.join('put %s %s\n' % (name, name) for name in files))
    put(folder + '/plan.json', json.dumps(rows))
    put(folder + '/RUNBOOK.md', book)


class Plan:
    """The renewal, to be broken."""

    def __init__(self):
        self.rows, self.back, self.book = copy.deepcopy((RENEWAL, BACK, GOING_BACK))

    def what(self, server, file):
        return next(what for one, name, what in self.rows if (one, name) == (server, file))

    def line(self, server, file, old, new=None):
        lines = self.what(server, file)
        at = lines.index(old)
        lines[at:at + 1] = [] if new is None else [new]

    def without(self, server, file, *lines):
        for one in lines:
            self.line(server, file, one)

    def move(self, old, new):
        self.rows.insert(new, self.rows.pop(old))


# What is done to it, and what the checker has to say, all of it in one line.
CASES = []


def case(what, *says):
    def add(function):
        CASES.append((what, function, says))
    return add


@case('a list is narrowed before the swap',
      'step 14, edge1, webbridge enable', 'broken: webbridge trust of webbridge of edge1',
      'callbridge.example.com', 'callbridge of core1')
def _(plan):
    plan.rows = plan.rows[:2] + plan.rows[4:] + plan.rows[2:4]


@case('a list lacks the new leaf',
      'step 17, core1, callbridge restart', 'broken: webbridge trust of webbridge of edge1')
def _(plan):
    plan.what('edge1', 'upload-1.sftp')['webbridge-trust.crt'] = ['callbridge.crt']


@case('a list lacks the old leaf', 'step 4, edge1, webbridge enable', 'broken: webbridge trust of webbridge of edge1')
def _(plan):
    plan.what('edge1', 'upload-1.sftp')['webbridge-trust.crt'] = ['callbridge-new.crt']


@case('a swap comes before its list',
      'step 7, core1, callbridge restart', 'broken: webbridge trust of webbridge of edge1')
def _(plan):
    plan.rows = plan.rows[2:4] + plan.rows[:2] + plan.rows[4:]


@case('a chain store lacks the new CA',
      'step 17, core1, callbridge restart', 'broken: webbridge3 c2w trust of webbridge3 of edge1')
def _(plan):
    plan.what('edge1', 'upload-1.sftp')['c2w-trust.crt'] = ['a.crt']


@case('a chain store loses the old CA at once',
      'step 7, edge1, webbridge3 enable', 'broken: webbridge3 c2w trust of webbridge3 of edge1')
def _(plan):
    plan.what('edge1', 'upload-1.sftp')['c2w-trust.crt'] = ['b.crt']


@case('a load balancer lacks the new trunk', 'step 20, core1, trunk enable trunktoEdge1',
      'broken: loadbalancer auth of Edge1toLB of edge1', 'trunktoEdge1 of core1')
def _(plan):
    plan.what('edge1', 'upload-1.sftp')['lb-trust.crt'] = ['core1.crt']


@case('an upload is missing',
      'step 3, edge1, webbridge trust webbridge-trust.crt', 'webbridge-trust.crt is not on edge1')
def _(plan):
    plan.what('edge1', 'upload-1.sftp').pop('webbridge-trust.crt')


@case('an upload comes after its command', 'step 2, edge1, webbridge trust webbridge-trust.crt', 'is not on edge1')
def _(plan):
    plan.move(0, 1)


@case('a service stays down', 'at the end', 'webbridge of edge1 stays down')
def _(plan):
    plan.without('edge1', 'commands-2.mmp', 'webbridge enable')


@case('a service is down for longer than its turn', 'step 9, edge1', 'webbridge of edge1 is left down')
def _(plan):
    plan.without('edge1', 'commands-1.mmp', 'webbridge enable')


@case('a restart is forgotten', 'at the end', 'callbridge of core1 does not hold what lies on core1')
def _(plan):
    plan.without('core1', 'commands-1.mmp', 'callbridge restart')


@case('a trust is set on a Call Bridge that is not restarted',
      'step 19, core1, trunk enable', 'callbridge of core1 was set and never restarted')
def _(plan):
    plan.without('core1', 'commands-1.mmp', 'callbridge restart', 'callbridge')
    plan.what('core1', 'commands-1.mmp').insert(5, 'callbridge trust c2w c2w.crt')


@case('a key does not match', 'step 13, core1, pki match callbridge.key callbridge.crt', 'do not match')
def _(plan):
    plan.what('core1', 'upload-1.sftp')['callbridge.crt'] = ['core1-new.crt']


@case('a service does not begin with it', 'step 17, core1, callbridge restart', 'callbridge of core1 does not begin')
def _(plan):
    plan.what('core1', 'upload-1.sftp')['callbridge.crt'] = ['core1-new.crt']


@case('a bundle is another CA\'s', 'step 14, core1, pki verify', 'does not verify')
def _(plan):
    plan.what('core1', 'upload-1.sftp')['callbridgebundle.crt'] = ['a.crt']


@case('no pair is matched', 'callbridge restart', 'callbridge of core1: no pki match of callbridge.example.com')
def _(plan):
    plan.without('core1', 'commands-1.mmp', 'pki match callbridge.key callbridge.crt')


@case('no certificate is verified', 'trunk enable', 'trunktoEdge1 of core1: no pki verify of core1.example.com')
def _(plan):
    plan.without('core1', 'commands-1.mmp', 'pki verify core1.crt core1ca.crt')


@case('checks come after the restart',
      'step 16, core1, pki match core1.key core1.crt', 'after a service of the turn was disturbed')
def _(plan):
    lines = plan.what('core1', 'commands-1.mmp')
    lines.insert(3, lines.pop(5))


@case('a file is set on a service that runs',
      'step 2, edge1, webbridge trust', 'typed while the webbridge of edge1 runs')
def _(plan):
    plan.without('edge1', 'commands-1.mmp', 'webbridge disable')


@case('a list keeps the old leaf', 'at the end', 'trust of webbridge of edge1 still holds callbridge.example.com')
def _(plan):
    plan.what('edge1', 'upload-2.sftp')['callbridge.crt'] = ['callbridge-new.crt', 'callbridge.crt']


@case('a chain store keeps the old CA', 'at the end', 'c2w trust of webbridge3 of edge1 still holds Authority a')
def _(plan):
    plan.what('edge1', 'upload-2.sftp')['webbridge3-ca.crt'] = ['b.crt', 'a.crt']


@case('a pair lies there in an earlier turn',
      'step 2, core1, pki list', 'webbridge trust would break by a restart of callbridge of core1 now')
def _(plan):
    plan.move(2, 0)
    plan.rows.insert(1, ('core1', 'commands-0.mmp', ['pki list']))


@case('a service is stopped for nothing',
      'step 12, edge1, webbridge3 enable', 'webbridge3 of edge1 was stopped for nothing')
def _(plan):
    plan.what('edge1', 'commands-1.mmp').extend(['webbridge3 disable', 'webbridge3 enable'])


@case('a kept key is uploaded', 'step 11, core1', 'callbridge.key is uploaded, and core1 has that key already')
def _(plan):
    plan.what('core1', 'upload-1.sftp')['callbridge.key'] = ['callbridge.key']


@case('a key lands where nothing uses it', 'at the end', 'edge1 got core1.key')
def _(plan):
    plan.what('edge1', 'upload-1.sftp')['core1.key'] = ['core1new.key']


@case('back/ lacks a file', 'at the end', 'core1/back/core1.key is overwritten')
def _(plan):
    plan.back['core1'].pop('core1.key')


@case('back/ holds the new file', 'at the end', 'edge1/back/callbridge.crt is overwritten')
def _(plan):
    plan.back['edge1']['callbridge.crt'] = ['callbridge-new.crt']


@case('back/ holds what stays', 'at the end', 'back/edge1.key of edge1: nothing overwrites it')
def _(plan):
    plan.back['edge1']['edge1.key'] = ['edge1.key']


@case('the way back forgets a trust', 'after going back', 'webbridge3 of edge1: not as it was: c2w trust')
def _(plan):
    plan.book = plan.book.replace('webbridge3 c2w trust webca.crt', 'webbridge3 c2w trust c2w-trust.crt')


@case('the way back forgets a restart', 'after going back', 'callbridge of core1: not as it was: identity')
def _(plan):
    plan.book = plan.book.replace('    callbridge restart\n', '')


@case('a trust is switched off meanwhile',
      'step 7, edge1, webbridge3 enable', 'broken: webbridge3 c2w trust of webbridge3 of edge1 is switched off')
def _(plan):
    plan.line('edge1', 'commands-1.mmp', 'webbridge3 c2w trust c2w-trust.crt', 'webbridge3 c2w trust none')


@case('a command that does not exist', 'step 3, edge1, webbridge trusts webbridge-trust.crt', 'no such command')
def _(plan):
    plan.line('edge1', 'commands-1.mmp', 'webbridge trust webbridge-trust.crt', 'webbridge trusts webbridge-trust.crt')


def main():
    failed = count = 0

    def tell(good, what, said):
        nonlocal count, failed
        count, failed = count + 1, failed + (not good)
        print('%s %d - %s' % ('ok' if good else 'not ok', count, what))
        if not good:
            print(''.join('# %s\n' % line for line in said.splitlines()), end='')

    with tempfile.TemporaryDirectory(prefix='broken.') as folder:
        os.chdir(folder)
        subprocess.run(['bash', '-ec', PKI], check=True, stderr=subprocess.DEVNULL,
                       env=dict(os.environ, SSL_CERT_FILE='/dev/null', SSL_CERT_DIR='/nonexistent'))
        write('first', FIRST, book='')
        openssl = checker.Openssl(time.time())
        for number, (what, broken, says) in enumerate([('the renewal as it should be', lambda plan: None, ())] + CASES):
            plan = Plan()
            broken(plan)
            name = 'renewal%d' % number
            write(name, plan.rows, plan.back, plan.book)
            judge = checker.Checker(openssl)
            judge.replay('first')
            judge.replay(name)
            faults = ['%s: %s' % fault for fault in judge.faults]
            good = any(all(word in fault for word in says) for fault in faults) if says else not faults
            tell(good, what, '\n'.join(faults) or 'no fault found')
            if not says:
                tell(judge.restarts == {'core1': 1}, 'it counts the restarts of each Call Bridge', str(judge.restarts))
                tell(len(judge.stops) == 8, 'and what else stops', str(judge.stops))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
