#include "base/mem.h"
#include "plan/making.h"

#include <stdlib.h>
#include <string.h>

/* --- what an appliance has ----------------------------------------------------------------------
 */

static struct holding *find(struct appliance *appliance, const char *name)
{
    for (size_t i = 0; i < appliance->count; i++)
        if (strcmp(appliance->files[i].name, name) == 0)
            return &appliance->files[i];
    return NULL;
}

static struct holding *put(struct appliance *appliance, const char *name)
{
    struct holding *there = find(appliance, name);
    if (there)
        return there;
    appliance->files = grow(appliance->files, appliance->count, sizeof *appliance->files);
    there = &appliance->files[appliance->count++];
    *there = (struct holding){.name = name};
    return there;
}

static void put_held(const struct facts *then, struct appliance *appliance, const char *name)
{
    const struct store_file *file = name ? scan_find(&then->scan, name) : NULL;
    if (!file)
        return;
    struct holding *there = put(appliance, name);
    there->file = file;
    there->held = true;
}

/* A key that was lost and made anew is not the one over there. */
static bool fits(const struct facts *then, const struct identity *identity)
{
    const struct store_file *file = scan_find(&then->scan, identity->key_file);
    const struct key *key = file ? pki_first_key(&file->pki) : NULL;
    const struct cert *leaf = scan_cert(&then->scan, identity->certificate_file);
    return key && leaf && memcmp(key->id, leaf->key_id, KEY_ID_BYTES) == 0;
}

static void put_identity(const struct facts *then, struct appliance *appliance,
                         const struct slot *slot, const struct identity *identity)
{
    bool key = strings_has(&slot->takes, "key") && !identity->key_servers.count;
    if (key && fits(then, identity))
        put_held(then, appliance, identity->key_file);
    else if (key)
        put(appliance, identity->key_file)->held = true;
    if (strings_has(&slot->takes, "certificate"))
        put_held(then, appliance, identity->certificate_file);
    if (strings_has(&slot->takes, "fullchain"))
        put_held(then, appliance, identity->fullchain_file);
    if (strings_has(&slot->takes, "bundle"))
        put_held(then, appliance, identity->bundle_file);
    if (strings_has(&slot->takes, "key"))
        put_held(then, appliance, files_anchor(then, identity));
}

static void put_trusts(const struct making *making, const struct facts *then,
                       struct appliance *appliance, const struct service *service)
{
    const struct changes *changes = making->changes;
    const struct service_change *change = &changes->services[service->index];
    const struct service *was = held_service(changes, service);
    const struct trust *trusts;
    size_t count = trusts_of(&then->trusts, was, &trusts);
    for (size_t i = 0; i < count; i++) {
        const struct trust_change *moves = change_of(change, trusts[i].rule->name);
        bool told = changes->held && (!moves || !moves->content->guessed ||
                                      held_kept(changes->held, trusts[i].file));
        if (!moves || told) {
            put_held(then, appliance, trusts[i].file);
        } else if (*moves->was_file) {
            struct holding *there = put(appliance, moves->was_file);
            there->held = true;
            there->certs = &moves->content->held;
            there->text = &moves->content->held_text;
        }
    }
}

/* What the services in place there were given. */
static struct appliance *appliance_of(struct making *making, const struct server *server)
{
    struct appliance *appliance = &making->appliances[server - making->facts->deployment.servers];
    const struct facts *then = held_facts(making->changes);
    for (size_t i = 0; !appliance->known && i < server->service_count; i++) {
        const struct service *service = &server->services[i];
        const struct service *was = held_service(making->changes, service);
        if (!making->changes->services[service->index].in_place)
            continue;
        for (size_t k = 0; k < was->component->slot_count; k++) {
            const struct slot *slot = &was->component->slots[k];
            const struct identity *identity = service_identity(&then->deployment, was, slot);
            if (identity && slot_used(&then->deployment, was, slot))
                put_identity(then, appliance, slot, identity);
        }
        put_trusts(making, then, appliance, service);
    }
    appliance->known = true;
    return appliance;
}

static bool same_objects(const struct pki_file *a, const struct pki_file *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct object *x = &a->objects[i], *y = &b->objects[i];
        same = x->kind == y->kind &&
               (x->kind == OBJECT_CERT  ? cert_same(x->cert, y->cert)
                : x->kind == OBJECT_KEY ? memcmp(x->key->id, y->key->id, KEY_ID_BYTES) == 0
                                        : false);
    }
    return same;
}

static size_t certs_in(const struct store_file *file, const struct cert_set *certs,
                       const struct cert_set *wanted)
{
    size_t found = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        bool has = certs && cert_set_has(certs, wanted->items[i]);
        for (size_t k = 0; !has && file && k < file->pki.count; k++)
            has = file->pki.objects[k].kind == OBJECT_CERT &&
                  cert_same(file->pki.objects[k].cert, wanted->items[i]);
        found += has;
    }
    return found;
}

static bool has_already(const struct holding *there, const struct need *need)
{
    if (!there || (!there->file && !there->certs))
        return false;
    if (need->file && there->file)
        return need->file == there->file || same_objects(&need->file->pki, &there->file->pki);
    const struct cert_set *wanted = need->certs ? need->certs : there->certs;
    const struct store_file *file = need->certs ? there->file : need->file;
    const struct cert_set *certs = need->certs ? there->certs : NULL;
    size_t count = file ? pki_cert_count(&file->pki) : certs->count;
    return wanted && count == wanted->count && certs_in(file, certs, wanted) == count;
}

void ship_known(struct making *making, const struct server *server, const struct strings *names)
{
    if (!making->plan->renewal)
        return; /* nothing more is uploaded */
    struct appliance *appliance = appliance_of(making, server);
    for (size_t i = 0; i < names->count; i++) {
        struct holding *there = put(appliance, names->items[i]);
        there->file = scan_find(&making->facts->scan, names->items[i]);
        there->certs = NULL;
        there->held = false;
    }
}

/* --- a turn's upload ----------------------------------------------------------------------------
 */

static bool check_need(const struct need *need, struct error *err)
{
    if (!files_check_name(need->name, err))
        return false;
    if (!need->key && need->file && files_holds_key(need->file))
        return error_set(err, STATUS_NO, need->name, "keep the certificates alone in that file",
                         "it holds a private key, and would go where only certificates belong");
    return true;
}

static void keep_back(struct arena *texts, struct plan_server *out, struct holding *there,
                      bool is_private)
{
    out->extras = grow(out->extras, out->extra_count, sizeof *out->extras);
    out->extras[out->extra_count++] = (struct plan_extra){
        .path = arena_format(texts, "back/%s", there->name),
        .name = there->file ? there->file->name : NULL,
        .text = there->file ? NULL : there->text,
        .held = true,
        .is_private = is_private,
    };
    there->kept = true;
}

/* A key that was lost here: the only one is over there, and about to be replaced. */
static void fetch_first(struct making *making, const struct server *server, const char *name)
{
    struct str text = {0};
    str_addf(&text,
             "%s of %s is the only copy of the old key: fetch it by sftp (get %s) into %s/back/ of "
             "this folder before the next upload, and add `put %s %s` to back.sftp there. Without "
             "it there is no way back to the old certificate.",
             name, server->name, name, server->name, name, name);
    strings_add_take(&making->fetches, str_take(&text));
}

static void take(struct making *making, const struct server *server, const struct need *need,
                 struct shipment *out)
{
    struct appliance *appliance = appliance_of(making, server);
    struct holding *there = find(appliance, need->name);
    if (has_already(there, need))
        return;
    if (there && there->held && !there->kept && !there->file && !there->certs)
        fetch_first(making, server, need->name);
    else if (there && there->held && !there->kept)
        keep_back(&making->plan->texts, making->servers[server - making->facts->deployment.servers],
                  there, need->key);
    there = put(appliance, need->name);
    there->file = need->file;
    there->certs = need->file ? NULL : need->certs;
    there->text = need->text;
    there->held = false;
    out->items = grow(out->items, out->count, sizeof(void *));
    out->items[out->count++] = need;
}

/* The file that a pair is verified with may be another one, too, though no line names it. */
static void need_anchor(struct making *making, const struct use *use, struct fresh *fresh)
{
    const struct store_file *file =
        use->anchor ? scan_find(&making->facts->scan, use->anchor) : NULL;
    if (!file)
        return;
    fresh->needs = grow(fresh->needs, fresh->need_count, sizeof *fresh->needs);
    fresh->needs[fresh->need_count++] = (struct need){.name = use->anchor, .file = file};
}

static void gather_uses(struct making *making, const struct turn *turn, enum phase phase,
                        struct server_files *out)
{
    for (size_t i = 0; i < turn->count; i++) {
        const struct procedure *procedure = making_procedure(making, turn->services[i]);
        for (size_t k = 0; k < procedure->count; k++) {
            struct fresh *fresh = procedure->lines[k].fresh;
            if (procedure->lines[k].phase != phase || !fresh || !fresh->holes.count)
                continue;
            size_t before = out->use_count;
            files_uses(making->facts, turn->services[i], &fresh->holes, out);
            for (; before < out->use_count; before++)
                need_anchor(making, &out->uses[before], fresh);
        }
    }
}

static bool load(struct making *making, enum phase phase, const struct turn *turn,
                 struct shipment *out, struct error *err)
{
    for (size_t i = 0; i < turn->count; i++) {
        const struct procedure *procedure = making_procedure(making, turn->services[i]);
        for (size_t k = 0; k < procedure->count; k++) {
            const struct fresh *fresh = procedure->lines[k].fresh;
            bool now = fresh && procedure->lines[k].phase == phase;
            for (size_t n = 0; now && n < fresh->need_count; n++) {
                if (!check_need(&fresh->needs[n], err))
                    return false;
                take(making, turn->server, &fresh->needs[n], out);
            }
        }
    }
    return true;
}

static const struct strings *names_of(struct arena *texts, const struct shipment *shipment)
{
    const char **names = xcalloc(shipment->count, sizeof *names);
    for (size_t i = 0; i < shipment->count; i++)
        names[i] = shipment->items[i]->name;
    const struct strings *list = arena_list(texts, names, shipment->count);
    free(names);
    return list;
}

bool ship_turn(struct making *making, enum phase phase, enum phase at, const struct turn *turn,
               struct error *err)
{
    struct server_files pairs = {0};
    struct shipment shipment = {.step = making->plan->count};
    gather_uses(making, turn, phase, &pairs);
    bool good = load(making, phase, turn, &shipment, err);
    for (size_t i = 0; i < making->fetches.count; i++) {
        struct step *fetch = making_step(making, at, turn->server);
        fetch->manual = arena_text(&making->plan->texts, making->fetches.items[i]);
        fetch->section = "5.6";
    }
    strings_free(&making->fetches);
    shipment.step = making->plan->count;
    if (good && shipment.count) {
        const struct strings *names = names_of(&making->plan->texts, &shipment);
        struct step *step = making_step(making, at, turn->server);
        step->upload = names;
        step->section = "4.2";
        making_list(making, at, turn->server, names);
        making->shipments =
            grow(making->shipments, making->shipment_count, sizeof *making->shipments);
        making->shipments[making->shipment_count++] = shipment;
    } else {
        free(shipment.items);
    }
    if (good)
        making_pairs(making, at, turn->server, &pairs);
    server_files_free(&pairs);
    return good;
}

/* The services of a server that are taken apart for their new files. */
static size_t rebuilt_of(const struct making *making, const struct server *server,
                         const struct service **out)
{
    size_t count = 0;
    for (size_t i = 0; i < server->service_count; i++)
        if (making->changes->services[server->services[i].index].rebuilt &&
            making_procedure(making, &server->services[i])->renews)
            out[count++] = &server->services[i];
    return count;
}

bool ship_ahead(struct making *making, struct error *err)
{
    const struct deployment *deployment = &making->facts->deployment;
    bool good = true;
    for (size_t i = 0; good && i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        struct turn turn = {server, xcalloc(server->service_count + 1, sizeof(void *)), 0};
        turn.count = rebuilt_of(making, server, turn.services);
        if (turn.count) {
            good = ship_turn(making, PHASE_BUILDING, PHASE_REMOVAL, &turn, err);
            making->appliances[i].ahead = true;
        }
        free(turn.services);
    }
    return good;
}

/* --- the folders --------------------------------------------------------------------------------
 */

static void add_file(struct arena *texts, struct plan_server *out, const char *folder,
                     const struct need *need)
{
    out->extras = grow(out->extras, out->extra_count, sizeof *out->extras);
    out->extras[out->extra_count++] = (struct plan_extra){
        .path = arena_format(texts, "%s/%s", folder, need->name),
        .name = need->file ? need->file->name : NULL,
        .text = need->file ? NULL : need->text,
        .is_private = need->key,
    };
}

void ship_files(struct making *making, const unsigned *turns, const unsigned *turn)
{
    struct arena *texts = &making->plan->texts;
    for (size_t i = 0; i < making->shipment_count; i++) {
        const struct shipment *shipment = &making->shipments[i];
        struct step *step = &making->plan->steps[shipment->step];
        size_t at = making->where[shipment->step];
        const struct server *server = &making->facts->deployment.servers[at];
        char *folder =
            turns[at] == 1 ? xstrdup("files") : xformat("files-%u", turn[shipment->step]);
        step->file = turns[at] == 1 ? arena_format(texts, "%s/upload.sftp", server->name)
                                    : arena_format(texts, "%s/upload-%u.sftp", server->name,
                                                   turn[shipment->step]);
        for (size_t k = 0; k < shipment->count; k++)
            add_file(texts, making->servers[at], folder, shipment->items[k]);
        free(folder);
    }
}

void ship_free(struct making *making)
{
    for (size_t i = 0; i < making->facts->deployment.server_count; i++)
        free(making->appliances[i].files);
    for (size_t i = 0; i < making->shipment_count; i++)
        free(making->shipments[i].items);
    free(making->appliances);
    free(making->shipments);
}
