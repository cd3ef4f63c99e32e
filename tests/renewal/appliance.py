"""What a line of the MMP does to a server, as the guide has it (4.4 to 4.12, D.3, D.4) and, for what it
leaves open, other documents of the vendor: an account of its own, which knows nothing of screens/.

A service has settings, each of which names files. What it presents and accepts is what these files held
when it was last enabled or restarted."""
import re

from certs import read


class Refused(Exception):
    """What the appliance, or whoever types, would stumble over."""


# Settings of one service: command, setting, how many files at least. Those with a key present a
# certificate by key, certificate, bundle.
PAIR, FULL, STORE = 'pair', 'full chain', 'store'
SETTERS = [
    (('webadmin', 'certs'), 'webadmin', 'identity', PAIR),
    (('callbridge', 'certs'), 'callbridge', 'identity', PAIR),
    (('callbridge', 'trust', 'c2w'), 'callbridge', 'trust c2w', STORE),
    (('callbridge', 'trust', 'xmpp'), 'callbridge', 'trust xmpp', STORE),
    (('callbridge', 'trust', 'cluster'), 'callbridge', 'trust cluster', STORE),
    (('tls', 'sip', 'trust'), 'callbridge', 'tls sip', STORE),
    (('tls', 'ldap', 'trust'), 'callbridge', 'tls ldap', STORE),
    (('webbridge', 'certs'), 'webbridge', 'identity', PAIR),
    (('webbridge', 'trust', 'xmpp'), 'webbridge', 'trust xmpp', STORE),
    (('webbridge', 'trust'), 'webbridge', 'trust', STORE),
    (('webbridge3', 'https', 'certs'), 'webbridge3', 'https', FULL),
    (('webbridge3', 'c2w', 'certs'), 'webbridge3', 'c2w', FULL),
    (('webbridge3', 'c2w', 'trust'), 'webbridge3', 'c2w trust', STORE),
    (('xmpp', 'certs'), 'xmpp', 'identity', PAIR),
    (('xmpp', 'cluster', 'trust'), 'xmpp', 'cluster trust', STORE),
    (('turn', 'certs'), 'turn', 'identity', PAIR),
    (('recorder', 'sip', 'certs'), 'recorder', 'sip', PAIR),
    (('recorder', 'certs'), 'recorder', 'identity', PAIR),
    (('recorder', 'trust'), 'recorder', 'trust', STORE),
    (('streamer', 'sip', 'certs'), 'streamer', 'sip', PAIR),
    (('streamer', 'certs'), 'streamer', 'identity', PAIR),
    (('streamer', 'trust'), 'streamer', 'trust', STORE),
]
# Nothing of certificates: what shows, and what is set without files.
OTHER = re.compile(
    r'(webadmin|callbridge|webbridge3?|xmpp|turn|recorder|streamer|loadbalancer|trunk|tls (sip|ldap))( status)?'
    r'|(webadmin|callbridge|webbridge|xmpp|recorder( sip)?|streamer( sip)?|webbridge3 (https|c2w)) listen( \S+)+'
    r'|xmpp (domain \S+|cluster (status|enable|initialize|join \S+)|callbridge .*)|turn tls \S+'
    r'|webbridge3 http-redirect .*|loadbalancer (trunk|public) \S+( \S+)+'
    r'|tls (sip|ldap) verify (enable|disable|ocsp)|database cluster (status|localnode \S+)|pki (list|inspect \S+)|Y'
    r'|backup snapshot \S+')
# Typed while the service is disabled only (214618); a Call Bridge and its trusts count at the next restart.
STOPPED = {'webadmin', 'webbridge', 'webbridge3', 'xmpp', 'turn', 'recorder', 'streamer', 'loadbalancer', 'trunk'}

DATABASE = ('certs', 'remove', 'initialize', 'join', 'connect')


class Shown:
    """A pair as it is loaded: the leaf, what follows it, and the third file, where there is one."""

    def __init__(self, key, certificate, bundle, full):
        found = read(certificate)
        self.key, self.leaf = key, found[0] if found else None
        self.chain = found[1:] + (read(bundle) if bundle else ())
        self.full, self.bundle = full, read(bundle) if bundle else None

    def __eq__(self, other):
        return isinstance(other, Shown) and (self.key, self.leaf, self.chain) == (other.key, other.leaf, other.chain)


class Service:
    def __init__(self, server, kind, tag):
        self.server, self.kind, self.tag = server, kind, tag
        self.settings, self.shapes, self.running, self.loaded, self.edge = {}, {}, False, {}, None
        self.stopped = None  # when it was disabled, for its outage
        self.changed = None  # the first setting since it was last loaded
        self.primary = False

    def name(self):
        return '%s of %s' % (self.tag or self.kind, self.server.name)

    def files(self):
        return {name for names in self.settings.values() for name in names}

    def load(self):
        """What it would present and accept if it began now."""
        loaded = {}
        for setting, names in self.settings.items():
            contents = [self.server.holds(name) for name in names]
            if self.shapes[setting] == STORE:
                loaded[setting] = read(contents[0])
            else:
                loaded[setting] = Shown(*contents, *[None] * (3 - len(contents)), self.shapes[setting] == FULL)
        return loaded


class Server:
    def __init__(self, name):
        self.name, self.files, self.services = name, {}, {}
        self.matched, self.verified = {}, {}

    def holds(self, name):
        if name not in self.files:
            raise Refused('%s is not on %s' % (name, self.name))
        return self.files[name]

    def service(self, kind, tag=''):
        return self.services.setdefault((kind, tag), Service(self, kind, tag))


class Appliances:
    """All servers; `moment` counts what was done, and `note` is told of what begins and ends."""

    def __init__(self, openssl):
        self.openssl, self.servers, self.moment, self.note = openssl, {}, 0, lambda *_: None

    def server(self, name):
        return self.servers.setdefault(name, Server(name))

    def services(self):
        return [service for server in self.servers.values() for service in server.services.values()]

    def put(self, server, name, data):
        self.moment += 1
        self.server(server).files[name] = data

    def type(self, name, line):
        """One line, by a person or from a commands file."""
        self.moment += 1
        server, words = self.server(name), line.split(' ')
        if OTHER.fullmatch(line):
            return
        if words[0] == 'pki' and words[1:2] in (['match'], ['verify']):
            getattr(self, 'pki_' + words[1])(server, words[2:])
        elif words[0] in ('loadbalancer', 'trunk') and len(words) > 2:
            self.tagged(server, words)
        elif words[:2] == ['database', 'cluster'] and words[2:3] and words[2] in DATABASE:
            self.database(server, words[2], words[3:])
        elif len(words) == 2 and words[1] in ('enable', 'disable', 'restart'):
            getattr(self, words[1])(server.service(words[0]))
        elif line == 'xmpp reset':
            server.services.pop(('xmpp', ''), None)
        else:
            self.setter(server, words)

    def setter(self, server, words):
        for command, kind, setting, shape in SETTERS:
            if tuple(words[:len(command)]) == command:
                self.set(server.service(kind), setting, words[len(command):], shape)
                return
        raise Refused('no such command, or none that puts certificates in place')

    def set(self, service, setting, names, shape):
        counts = {PAIR: (2, 3), FULL: (2,), STORE: (1,)}[shape]
        if service.running and service.kind in STOPPED:
            raise Refused('typed while the %s runs' % service.name())
        service.changed = service.changed or self.moment
        if names == ['none']:
            service.settings.pop(setting, None)
            return
        if len(names) not in counts:
            raise Refused('takes %s files' % ' or '.join(map(str, counts)))
        for name in names:
            service.server.holds(name)
        # A Recorder of 3.x is told in one line whom it shows and whom it accepts (217062).
        if setting == 'sip':
            service.settings.pop('sip trust', None)
            if len(names) == 3:
                service.settings['sip trust'], service.shapes['sip trust'] = (names.pop(),), STORE
        service.settings[setting], service.shapes[setting] = tuple(names), shape

    def pki_match(self, server, names):
        key, certificate = server.holds(names[0]), server.holds(names[1])
        if not read(certificate) or not self.openssl.fits(key, read(certificate)[0]):
            raise Refused('the key and the certificate do not match')
        server.matched.setdefault((key, read(certificate)[0]), self.moment)

    def pki_verify(self, server, names):
        certificate, *bundles = [read(server.holds(name)) for name in names]
        trusted = tuple(one for bundle in bundles for one in bundle)
        if not certificate or not self.openssl.verifies(certificate[0], certificate[1:], trusted):
            raise Refused('the certificate does not verify against that bundle')
        server.verified.setdefault(certificate[0], self.moment)

    def tagged(self, server, words):
        kind, verb, tag = words[:3]
        if verb == 'create':
            if (kind, tag) in server.services:
                raise Refused('%s exists already' % tag)
            server.service(kind, tag)
            return
        if (kind, tag) not in server.services:
            raise Refused('%s was never created' % tag)
        service = server.service(kind, tag)
        if verb in ('enable', 'disable'):
            getattr(self, verb)(service)
        elif verb == 'auth':
            self.set(service, 'identity', words[3:5], PAIR)
            self.set(service, 'auth', words[5:], STORE)
        elif verb == 'edge':
            service.edge = words[3]
        else:
            raise Refused('no such command')

    def disable(self, service):
        if service.running:
            service.running, service.stopped = False, self.moment
            self.note('stop', service)

    def enable(self, service):
        if service.running:
            raise Refused('%s runs already' % service.name())
        self.begin(service)

    def restart(self, service):
        service.stopped = self.moment
        if service.running:
            service.running = False
            self.note('restart', service)
        self.begin(service)

    def begin(self, service):
        loaded = service.load()
        for setting, shown in loaded.items():
            if isinstance(shown, Shown):
                self.presentable(service, setting, shown)
        self.note('start', service, loaded)
        service.loaded, service.running, service.changed = loaded, True, None

    def presentable(self, service, setting, shown):
        """What `enable` looks at (guide 4.4, 4.6), and what peers need to be shown (1.2.4, D.2)."""
        where = '%s does not begin: its %s' % (service.name(), setting)
        if shown.leaf is None:
            raise Refused('%s file holds no certificate' % where)
        if not self.openssl.fits(shown.key, shown.leaf):
            raise Refused('%s key and certificate do not match' % where)
        path = (shown.leaf,) + shown.chain
        for one, above in zip(path, path[1:]):
            if one.issuer != above.subject:
                raise Refused('%s file presents %s after %s, which it did not issue' % (where, above, one))
        if shown.bundle is not None and not self.openssl.verifies(shown.leaf, (), shown.bundle):
            raise Refused('%s certificate does not verify against its bundle' % where)
        if shown.full and not path[-1].self_issued:
            raise Refused('%s full chain ends before a root' % where)

    def database(self, server, verb, names):
        """Its files count when the cluster is begun or joined, and change only while it is taken apart
        (guide 4.8, 216549)."""
        service = server.service('database')
        active = [one for one in self.services() if one.kind == 'database' and one.running]
        if verb == 'certs':
            if service.running:
                raise Refused('the database cluster runs: database cluster remove comes first')
            if len(names) not in (3, 5):
                raise Refused('takes five or three files')
            service.settings.pop('server', None)
            if len(names) == 5:
                self.set(service, 'server', names[:2], PAIR)
            self.set(service, 'client', names[-3:-1], PAIR)
            self.set(service, 'root', names[-1:], STORE)
        elif verb == 'remove':
            if service.primary and len(active) > 1:
                raise Refused('the primary leaves before %s' % next(one for one in active if one is not service).name())
            service.primary = False
            self.disable(service)
        else:
            if not service.settings:
                raise Refused('FAILURE: certificates must be configured')
            if verb == 'initialize':
                service.primary = True
            elif not any(one.primary for one in active):
                raise Refused('there is no cluster to %s' % verb)
            self.enable(service)
