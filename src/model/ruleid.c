#include "model/ruleid.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* rules/ lies above, so the list is here; tests/unit/test_rules.c compares it with what rules/ has.
 */
const char *const rule_ids[] = {
    "BUNDLE-EXTRA",
    "BUNDLE-FORMAT",
    "BUNDLE-LEAF",
    "BUNDLE-MISSING",
    "BUNDLE-NO-ROOT",
    "BUNDLE-ORDER",
    "C2W-NAME",
    "CALLBRIDGE-RESTART",
    "CERT-CHAIN",
    "CHAIN-BROKEN",
    "CHAIN-LONG",
    "CHAIN-STORE-LEAF",
    "CLUSTER-VALIDATE",
    "CN-FQDN",
    "CN-IN-SAN",
    "CN-MISSING",
    "COUNTRY",
    "CSR-LIVE-NAME",
    "CSR-OUTDATED",
    "CSR-STALE",
    "DB-CERTS",
    "DB-CLUSTER-LIVE",
    "DB-SAME-CA",
    "DBCLIENT-CN",
    "DBSERVER-SAN",
    "DEPRECATED",
    "EKU-CLIENT",
    "EKU-CUCM",
    "EKU-SERVER",
    "EXPIRED",
    "EXPIRES-SOON",
    "EXPRESSWAY-E-SAN",
    "EXPRESSWAY-VERSION",
    "EXT-ENCODING",
    "FILE-KIND",
    "FILE-MISSING",
    "FULLCHAIN-FIRST",
    "FULLCHAIN-NEEDED",
    "KEY-AT-SHARED",
    "KEY-CA",
    "KEY-COPIED",
    "KEY-LOCKED",
    "KEY-MATCH",
    "KEY-MODE",
    "KEY-SPREAD",
    "KEY-WEAK",
    "KU-DIGSIG",
    "LB-LOOPBACK",
    "LB-WEBRTC",
    "LYNC-CN",
    "LYNC-SAME-CA",
    "MS-EDGE",
    "NAME-DOT",
    "NAME-EXT",
    "NAME-UNDERSCORE",
    "NATIVE-EXPRESSWAY",
    "NOT-YET",
    "OUTLIVES-CA",
    "PEM-BOM",
    "PEM-GLUED",
    "PEM-INDENTED",
    "PEM-UTF16",
    "PINNED-ISSUER",
    "PORT-CLASH",
    "PUBLIC-ATTRS",
    "PUBLIC-CLIENTAUTH",
    "REUSE-DB-ROOT",
    "REUSE-TRUNK-LB",
    "ROOT-NO-CA",
    "SAN-DUPLICATE",
    "SAN-MISSING",
    "SAN-NONE",
    "SAN-SPACE",
    "SELF-CUCM",
    "SELF-FORBIDDEN",
    "SELF-PRODUCTION",
    "SELF-WB3",
    "SIG-SHA1",
    "SIGNER-PUBLIC",
    "SIP-VERIFY-RECORDER",
    "STATE-ABBR",
    "TEMPLATE-WEBSERVER",
    "TLS-PORT-NO-CERT",
    "TLS-VERIFY",
    "TRUNK-PAIRS",
    "TRUST-BUNDLE-COMPLETE",
    "TRUST-MISSING",
    "TRUST-STALE",
    "TURN-NEEDED",
    "TURN-SAME-CA",
    "WB-CN-A-RECORD",
    "WB-EXPRESSWAY-SAN",
    "WB2-NO-XMPP",
    "WB3-API",
    "WB3-C2W-EXPOSED",
    "WB3-PORTS",
    "WEBADMIN-CUCM-NAME",
    "WEBADMIN-FIRST",
    "WEBAPP-EXTERNAL",
    "WILDCARD",
    "WILDCARD-CUCM",
    "WILDCARD-MALFORMED",
    "XMPP-DNS-NAME",
    "XMPP-DOMAIN-SAN",
    "XMPP-SAN-IP",
    "XMPP-SAN-REQUIRED",
    "XMPP-VALIDATE",
    "XMPP-VALIDATE-CORE",
    "XMPP-VALIDATE-HALF",
    "XSERIES-WB3",
};
const size_t rule_id_count = sizeof rule_ids / sizeof *rule_ids;

static void all_ids(const struct catalogue *catalogue, struct strings *out)
{
    for (size_t i = 0; i < rule_id_count; i++)
        strings_add(out, rule_ids[i]);
    for (size_t i = 0; i < catalogue->count; i++)
        for (size_t j = 0; j < catalogue->components[i].require_count; j++)
            strings_add_new(out, catalogue->components[i].requires[j].id);
}

static const char *find(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < rule_id_count; i++)
        if (strcmp(rule_ids[i], id) == 0)
            return rule_ids[i];
    for (size_t i = 0; i < catalogue->count; i++)
        for (size_t j = 0; j < catalogue->components[i].require_count; j++)
            if (strcmp(catalogue->components[i].requires[j].id, id) == 0)
    return catalogue->components[i].requires[j].id;
    return NULL;
}

bool rule_id_known(const struct catalogue *catalogue, const char *id)
{
    return find(catalogue, id) != NULL;
}

const char *rule_id_nearest(const struct catalogue *catalogue, const char *id)
{
    struct strings all = {0};
    char *capitals = xstrdup(id);
    for (char *c = capitals; *c; c++)
        *c = *c == '_' ? '-' : (char)toupper((unsigned char)*c);
    all_ids(catalogue, &all);
    const char *near = text_nearest(capitals, (const char *const *)all.items, all.count);
    near = near ? find(catalogue, near) : NULL; /* the list goes */
    strings_free(&all);
    free(capitals);
    return near;
}
