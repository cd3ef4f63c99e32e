#!/usr/bin/env python3
"""Proves plans: checker.py [--at DATE] [--gone SERVER[:SERVICE]] INSTALL [INSTALL ...]

Replays the folders that `certwright plan` wrote, one after the other: the first fills the servers, each
further one renews what they hold. It reads the upload batches, the commands files and their folders, of
plan.json nothing but the order of (server, file), and of RUNBOOK.md what is typed by hand and what leads
back; never the program's own model, nor screens/. After each line it works out what every service presents
and accepts (appliance.py), and tells what is wrong, with step and server:

  - a trust between two running services that held, and holds no more; one that does not hold at the end
  - a line that the appliance refuses: a file that is not there, a key that does not match, a certificate
    that does not verify, a running service whose files are set, a database cluster that still runs
  - a pair that was not checked before its service was disturbed; a service disturbed for nothing
  - what is set and does not count, because nothing restarts the service; a file put in place so early that
    a restart by accident would break a trust; a service that stays down, or is down longer than its turn
  - at the end a list that holds what nobody presents any more
  - a file that is not uploaded, or without need; one overwritten that back/ does not keep; a way back that
    does not restore what was there

--at is the moment of the folders behind it; --gone takes away what is no more. Prints a line a fault, then
how often each Call Bridge restarts and how many stops there are in the last folder. Exit 1: faults."""
import calendar
import copy
import json
import os
import re
import sys
import time

sys.dont_write_bytecode = True
from appliance import Appliances, Refused, Shown
from certs import Openssl

# Who accepts whom (guide 2.2, 4.5 to 4.12, D.1, D.4; 213479, 217062): the command's name, the service that
# accepts and its setting, whom and which pair of it, and how. A pinned list accepts its very members, a
# list these and what a CA in it has issued, a chain what leads to a self-signed root in it.
TRUSTS = [
    ('callbridge trust c2w', 'callbridge', 'trust c2w', 'webbridge3', 'c2w', 'chain', 'sslserver'),
    ('webbridge3 c2w trust', 'webbridge3', 'c2w trust', 'callbridge', 'identity', 'chain', 'sslclient'),
    ('webbridge trust', 'webbridge', 'trust', 'callbridge', 'identity', 'pinned', None),
    ('webbridge trust xmpp', 'webbridge', 'trust xmpp', 'xmpp', 'identity', 'list', None),
    ('callbridge trust xmpp', 'callbridge', 'trust xmpp', 'xmpp', 'identity', 'list', None),
    ('callbridge trust cluster', 'callbridge', 'trust cluster', 'webadmin', 'identity', 'list', None),
    ('recorder trust', 'recorder', 'trust', 'callbridge', 'identity', 'pinned', None),
    ('streamer trust', 'streamer', 'trust', 'callbridge', 'identity', 'pinned', None),
    ('recorder sip certs', 'recorder', 'sip trust', 'callbridge', 'identity', 'list', None),
    ('streamer sip certs', 'streamer', 'sip trust', 'callbridge', 'identity', 'list', None),
    ('tls sip trust', 'callbridge', 'tls sip', 'recorder', 'sip', 'chain', None),
    ('tls sip trust', 'callbridge', 'tls sip', 'streamer', 'sip', 'chain', None),
    ('loadbalancer auth', 'loadbalancer', 'auth', 'trunk', 'identity', 'list', None),
    ('trunk auth', 'trunk', 'auth', 'loadbalancer', 'identity', 'list', None),
    ('xmpp cluster trust', 'xmpp', 'cluster trust', 'xmpp', 'identity', 'list', None),
    ('database root', 'database', 'root', 'database', 'server', 'chain', 'sslserver'),
    ('database root', 'database', 'root', 'database', 'client', 'chain', 'sslclient'),
]


def leads_to(trunk, balancer):
    """By the address it was told, where that is a server of ours; else any (guide 4.5)."""
    host = (trunk.edge or '').split('.')[0]
    return host == balancer.server.name or not trunk.edge


def meets(name, who, whom, itself=False):
    if name == 'loadbalancer auth':
        return leads_to(whom, who)
    if name == 'trunk auth':
        return leads_to(who, whom)
    if name == 'callbridge trust cluster':
        return ('callbridge', '') in whom.server.services
    return itself or who is not whom


def twin(world):
    note, world.note = world.note, lambda *_: None
    copied = copy.deepcopy(world)
    world.note = note
    return copied


class Checker:
    def __init__(self, openssl=None):
        self.openssl = openssl or Openssl(time.time())
        self.at = self.openssl.at
        self.world = Appliances(self.openssl)
        self.faults, self.where, self.first = [], '', True
        self.restarts, self.stops, self.down, self.widest = {}, [], {}, {}
        self.moved = False # something began or stopped
        self.leaving = [] # what is no more when the next folder begins

    def fault(self, text):
        if (self.where, text) not in self.faults:
            self.faults.append((self.where, text))

    # What is accepted

    def accepts(self, how, purpose, store, shown):
        leaf = shown.leaf
        if how != 'chain' and leaf in store and leaf.begins <= self.at <= leaf.ends:
            return True
        return how != 'pinned' and self.openssl.verifies(leaf, shown.chain, store, purpose)

    def pairs(self, of=None):
        """(key, holds, words) of each trust between two running services; `of` is among the two."""
        services = [one for one in self.world.services() if one.running]
        for name, kind, setting, target, slot, how, purpose in TRUSTS:
            for who in services:
                if who.kind != kind or setting not in who.loaded:
                    continue
                if slot == 'client' and 'server' not in who.loaded:
                    continue # nobody calls it
                for whom in services:
                    if whom.kind != target or slot not in whom.loaded or not meets(name, who, whom):
                        continue
                    if of is None or of in (who, whom):
                        holds = self.accepts(how, purpose, who.loaded[setting], whom.loaded[slot])
                        yield ((name, slot, who.name(), whom.name()), holds,
                               '%s of %s: %s of %s' % (name, who.name(), whom.loaded[slot].leaf, whom.name()))

    def look(self):
        """After a line: what held holds still."""
        seen = set()
        for key, holds, words in self.pairs():
            seen.add(key)
            if holds:
                self.held.add(key)
            elif key in self.held:
                self.held.discard(key)
                self.fault('broken: %s is not accepted' % words)
        running = {one.name() for one in self.world.services() if one.running}
        for key in sorted(self.held - seen):
            if running.issuperset(key[2:]):
                self.held.discard(key)
                self.fault('broken: %s of %s is switched off, or %s shows nothing' % (key[0], key[2], key[3]))

    def accident(self):
        """At the end of a turn: nothing waits for a restart, and one by accident breaks nothing."""
        for service in self.world.services():
            if not service.running:
                # A trunk may wait for its load balancer (guide 4.5).
                if service.name() in self.ran and service.kind != 'trunk':
                    self.fault('%s is left down when the turn ends' % service.name())
                continue
            if service.changed:
                self.fault('%s was set and never restarted: it does not count' % service.name())
                service.changed = None
            before = service.loaded
            try:
                service.loaded = service.load()
            except Refused as why:
                self.fault('%s would not start again: %s' % (service.name(), why))
            if service.loaded != before:
                for key, holds, words in self.pairs(service):
                    if not holds and key in self.held:
                        self.fault('%s would break by a restart of %s now: %s' % (key[0], service.name(), words))
            service.loaded = before

    # What happens to a service

    def note(self, what, service, loaded=None):
        self.moved = True
        if what == 'start':
            self.begins(service, loaded)
            self.down.pop(service, None)
            return
        if what == 'restart' and service.kind == 'callbridge':
            self.restarts[service.server.name] = self.restarts.get(service.server.name, 0) + 1
        self.down[service] = service.loaded
        same = [one for one in self.down if one.kind == service.kind]
        self.widest[service.kind] = max(self.widest.get(service.kind, 0), len(same))
        self.stops.append(service.name())

    def begins(self, service, loaded):
        """It was disturbed for a reason, and what it shows now was looked at before."""
        if service in self.down and service.name() in self.ran and loaded == self.down[service]:
            self.fault('%s was stopped for nothing: it holds what it held' % service.name())
        disturbed = [when for when in (service.changed, service.stopped) if when]
        before = min(disturbed) if disturbed else self.world.moment
        for setting, shown in loaded.items():
            if not isinstance(shown, Shown) or shown == service.loaded.get(setting):
                continue
            server = service.server
            if server.matched.get((shown.key, shown.leaf), before) >= before:
                self.fault('%s: no pki match of %s before it is disturbed' % (service.name(), shown.leaf))
            if server.verified.get(shown.leaf, before) >= before:
                self.fault('%s: no pki verify of %s before it is disturbed' % (service.name(), shown.leaf))

    # A folder

    def batch(self, server, path, back=False):
        """An upload batch, run in its folder."""
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines()
        for line in lines:
            found = re.fullmatch(r'put (\S+) ([\w.-]+)', line)
            if not found:
                self.fault('%s: no such line in a batch: %s' % (os.path.basename(path), line))
                continue
            local = os.path.join(os.path.dirname(path), found[1])
            if not os.path.isfile(local):
                self.fault('%s uploads %s, which is not in the folder' % (os.path.basename(path), found[1]))
                continue
            with open(local, 'rb') as file:
                self.put(server, found[2], os.path.realpath(local), file.read(), back)

    def put(self, server, name, local, data, back):
        self.used.add(local)
        self.sent.add((server, name))
        was = self.world.server(server).files.get(name)
        if not back and not self.first:
            if was == data and name.endswith('.key'):
                self.fault('%s is uploaded, and %s has that key already' % (name, server))
            before = self.before.server(server).files.get(name)
            if before not in (None, data):
                named = any(name in one.files() for one in self.before.server(server).services.values())
                self.kept[os.path.realpath(os.path.join(self.folder, server, 'back', name))] = before, named
        self.world.put(server, name, data)

    def line(self, server, text):
        try:
            self.world.type(server, text)
        except Refused as why:
            self.fault(str(why))
        if self.moved:
            self.look()
        self.moved = False

    def replay(self, folder):
        self.folder, self.used, self.sent, self.kept, self.fetched = folder, set(), set(), {}, {}
        self.restarts, self.stops, self.down, self.widest = {}, [], {}, {}
        self.world.note = self.note
        self.held = {key for key, holds, _ in self.pairs() if holds}
        once = self.needed(self.world)
        for name in self.leaving:
            gone(self.world, name)
        self.leaving = []
        self.before = before = twin(self.world)
        # A database is taken apart as a whole.
        self.ran = {one.name() for one in self.world.services() if one.running and one.kind != 'database'}
        with open(os.path.join(folder, 'plan.json'), encoding='utf-8') as file:
            rows = [(row['server'], row['file']) for row in json.load(file)]
        self.book = Runbook(os.path.join(folder, 'RUNBOOK.md'))
        commands, self.stirred = {}, False
        for step, (server, file) in enumerate(rows, 1):
            self.where = '%s step %d, %s' % (folder, step, server)
            path = os.path.join(folder, file)
            if file.endswith('.sftp'):
                self.used.add(os.path.realpath(path))
                self.batch(server, path)
            elif file:
                if file not in commands:
                    self.used.add(os.path.realpath(path))
                    with open(path, encoding='utf-8') as lines:
                        commands[file] = lines.read().splitlines()
                    self.stirred = False
                if not commands[file]:
                    self.fault('%s has fewer lines than plan.json has steps' % file)
                    continue
                text = commands[file].pop(0)
                self.where += ', %s' % text
                self.order(text)
                self.line(server, text)
            else:
                # A key that was lost here, and is there alone, is fetched, for the way back.
                for name in re.findall(r'\(get ([\w.-]+)\)', self.book.told.get(step, '')):
                    self.fetched[server, name] = self.world.server(server).files.get(name)
                for text in self.book.typed.get(step, ()):
                    self.where = '%s step %d, %s, by hand, %s' % (folder, step, server, text)
                    self.line(server, text)
            if step == len(rows) or rows[step] != (server, file) and not file.endswith('.sftp'):
                self.accident()
        self.where = '%s, at the end' % folder
        for file, rest in commands.items():
            if rest:
                self.fault('%s has more lines than plan.json has steps: %s' % (file, rest[0]))
        self.ends(before, once)
        self.keys()
        self.folders()
        if not self.first:
            self.way_back(before)
        self.first = False

    def order(self, text):
        """Checks come before anything is disturbed."""
        words = text.split(' ')
        if words[0] == 'pki' and self.stirred:
            self.fault('a check comes after a service of the turn was disturbed')
        if 'disable' in words[1:2] + words[1:2] or words[-1] == 'restart' or words[1:2] == ['certs']:
            self.stirred = True

    # The end of a folder

    def ends(self, before, once):
        for _, holds, words in self.pairs():
            if not holds:
                self.fault('%s is not accepted' % words)
        was = {one.name(): one for one in before.services()}
        for service in self.world.services():
            old = was.get(service.name())
            if old and old.running and not service.running:
                self.fault('%s stays down' % service.name())
            if service.running and service.load() != service.loaded:
                self.fault('%s does not hold what lies on %s: a restart is missing' %
                           (service.name(), service.server.name))
        for (name, setting), (store, now) in self.needed(self.world).items():
            held, then = once.get((name, setting), ((), set()))
            for one in store:
                if one not in now and (one in then or one not in held) and then | now:
                    self.fault('%s of %s still holds %s, which nothing needs' % (setting, name, one))

    @staticmethod
    def needed(world):
        """For each store what it holds, and what of it somebody who is accepted by it needs."""
        found = {}
        for name, kind, setting, target, slot, _, _ in TRUSTS:
            for who in world.services():
                if who.kind != kind or not who.running or setting not in who.loaded:
                    continue
                store = who.loaded[setting]
                _, needs = found.setdefault((who.name(), setting), (store, set()))
                for whom in world.services():
                    if whom.kind != target or not whom.running or slot not in whom.loaded:
                        continue
                    if not meets(name, who, whom, True):
                        continue
                    shown = whom.loaded[slot]
                    above, names = {shown.leaf}, set()
                    while above:
                        needs |= above
                        names |= {one.issuer for one in above}
                        above = {one for one in store + shown.chain if one.subject in names} - needs
        return found

    def keys(self):
        """A private key lies where it is used alone."""
        for server in self.world.servers.values():
            named = {name for service in server.services.values() for name in service.files()}
            for name in server.files:
                if name.endswith('.key') and name not in named and (server.name, name) in self.sent:
                    self.fault('%s got %s, which no command there names' % (server.name, name))

    def folders(self):
        """Each file of the folder has its use, and each one overwritten is kept as it was."""
        for root, names, files in os.walk(self.folder):
            depth = os.path.relpath(root, self.folder).split(os.sep)
            if depth[0] in ('journal', 'rehearsal'):
                names[:] = []
                continue
            for name in files:
                path = os.path.realpath(os.path.join(root, name))
                if depth[-1] == 'back':
                    if name != 'back.sftp' and path not in self.kept:
                        self.fault('back/%s of %s: nothing overwrites it' % (name, depth[0]))
                elif depth != ['.'] and path not in self.used:
                    self.fault('%s of %s: nothing uses it' % (name, depth[0]))
        for path, (data, named) in self.kept.items():
            server, name = path.split(os.sep)[-3], os.path.basename(path)
            if not os.path.exists(path) and (not named or self.fetched.get((server, name)) == data):
                continue # left there by an earlier renewal, and nothing needs it; or fetched by hand
            try:
                with open(path, 'rb') as file:
                    kept = file.read()
            except OSError:
                kept = None
            if kept != data:
                self.fault('%s is overwritten, and back/ does not keep it as it was' % os.path.relpath(path, self.folder))

    def way_back(self, before):
        """back/ and section "Going back" of the runbook, all of it, restores what was there."""
        world, held, first = self.world, self.held, self.first
        self.world = twin(world)
        here = ''
        for server, text in self.book.back:
            self.where = '%s, going back, %s, %s' % (self.folder, server, text)
            cd, sftp = re.fullmatch(r'cd (\S+)', text), re.fullmatch(r'sftp -b (\S+) \S+', text)
            try:
                if cd:
                    here = os.path.normpath(os.path.join(here, cd[1]))
                elif sftp:
                    self.batch(here.split('/')[0], os.path.join(self.folder, here, sftp[1]), back=True)
                    for (one, name), data in self.fetched.items():
                        if one == here.split('/')[0]:
                            self.world.put(one, name, data)
                else:
                    self.world.type(server, text)
            except (Refused, OSError) as why:
                self.fault(str(why))
        self.where = '%s, after going back' % self.folder
        now = {one.name(): one for one in self.world.services()}
        for old in before.services():
            service = now.get(old.name())
            if old.running and not (service and service.running):
                self.fault('%s does not run' % old.name())
            elif old.running and service.loaded != old.loaded:
                wrong = [name for name in old.loaded if service.loaded.get(name) != old.loaded[name]]
                self.fault('%s: not as it was: %s' % (old.name(), ', '.join(wrong) or 'it has more'))
        self.world, self.held, self.first = world, held, first


class Runbook:
    """What is typed by hand at each step, and on the way back."""

    def __init__(self, path):
        self.typed, self.told, self.back = {}, {}, []
        try:
            with open(path, encoding='utf-8') as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return
        step, margin, back, server = 0, 0, False, ''
        for line in lines:
            head = re.match(r'(\d+)\. +(By hand: )?', line)
            if line.startswith('#'):
                step, back = 0, bool(re.match(r'## \d+\. Going back', line))
            elif head:
                step, margin = int(head[1]) if head[2] else 0, len(re.match(r'\d+\. +', line)[0])
                self.told[step] = line
            elif step and line[:margin + 4].isspace() and line[margin + 4:].strip():
                self.typed.setdefault(step, []).append(line.strip())
            elif step:
                self.told[step] += ' ' + line.strip()
            elif back and re.match(r'On (\S+)', line):
                server = re.match(r'On ([^\s,:]+)', line)[1]
            elif back and line.startswith('    '):
                self.back.append((server, line.strip()))


def gone(world, name):
    server, _, service = name.partition(':')
    if not service:
        world.servers.pop(server)
        return
    for key in [key for key in world.server(server).services if service in key]:
        world.server(server).services.pop(key)


def main(words):
    checker = Checker()
    while words:
        word = words.pop(0)
        if word == '--at':
            checker.at = calendar.timegm(time.strptime(words.pop(0)[:10], '%Y-%m-%d')) + 43200
            checker.openssl.at = checker.at
        elif word == '--gone':
            checker.leaving.append(words.pop(0))
        else:
            checker.replay(word.rstrip('/'))
    for where, text in checker.faults[:60]:
        print('%s: %s' % (where, text))
    if len(checker.faults) > 60:
        print('and %d more' % (len(checker.faults) - 60))
    for server in sorted(checker.restarts):
        print('callbridge of %s: %d restarts' % (server, checker.restarts[server]))
    print('%d stops; at once: %s' % (len(checker.stops), ', '.join(
        '%s %d' % pair for pair in sorted(checker.widest.items())) or 'none'))
    return 1 if checker.faults else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
