/* Which requests are ordered, from whom, and the folder that takes their sheets. */
#include "ops/orders.h"

#include "base/file.h"
#include "base/mem.h"
#include "model/lifecycle.h"
#include "ops/material.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hold(struct orders *orders, const struct identity *identity, char *why, char *remedy)
{
    orders->held = grow(orders->held, orders->held_count, sizeof *orders->held);
    orders->held[orders->held_count++] =
        (struct order_held){.identity = identity->name, .why = why, .remedy = remedy};
}

/* Why no sheet of it can be written; false: nothing speaks against it. */
static bool is_held(const struct facts *facts, const struct identity *identity,
                    struct orders *orders)
{
    struct lifecycle life;
    lifecycle_of(facts, identity, &life);
    bool held = true;
    if (life.request.count) {
        char *words = differences_words(&life.request);
        hold(orders, identity,
             xformat("its request says something else than deployment.conf: %s", words),
             *identity->key_at
                 ? xformat("make it anew on %s, and put it into the store", identity->key_at)
                 : xformat("certwright generate %s, then send that", identity->name));
        free(words);
    } else if (life.outside && (life.life == LIFE_NOTHING || life.life == LIFE_KEY)) {
        hold(orders, identity, xstrdup("it has no request yet"),
             *identity->key_at
                 ? xformat("make it on %s, and put it into the store", identity->key_at)
                 : xformat("certwright generate %s", identity->name));
    } else {
        held = false;
    }
    lifecycle_free(&life);
    return held;
}

static struct order_cover *cover_of(struct orders *orders, const char *signer)
{
    for (size_t i = 0; i < orders->cover_count; i++)
        if (strcmp(orders->covers[i].signer, signer) == 0)
            return &orders->covers[i];
    orders->covers = grow(orders->covers, orders->cover_count, sizeof *orders->covers);
    struct order_cover *cover = &orders->covers[orders->cover_count++];
    *cover = (struct order_cover){.signer = signer};
    return cover;
}

/* The request as it lies in the store: who looks at the sheet and at the file sees one text. */
static bool add(const struct facts *facts, const struct identity *identity, struct orders *orders,
                struct error *err)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    if (!csr) {
        hold(orders, identity, xstrdup("its file holds no request"),
             xformat("certwright generate %s", identity->name));
        return true;
    }
    struct buffer buffer = {0};
    char *path = path_join(facts->store_path, files.csr->name);
    bool good = file_read(path, &buffer, err);
    free(path);
    if (!good)
        return false;
    orders->items = grow(orders->items, orders->count, sizeof *orders->items);
    struct order *order = &orders->items[orders->count++];
    *order = (struct order){.identity = identity, .csr = csr, .request = files.csr->name};
    order_sheet(facts, identity, csr, (const char *)buffer.data, &order->text);
    strings_add(&cover_of(orders, identity->signer)->identities, identity->name);
    buffer_free(&buffer);
    return true;
}

static bool not_open(const struct identity *identity, struct error *err)
{
    bool outside =
        strcmp(identity->signer, "public") == 0 || strcmp(identity->signer, "internal") == 0;
    return error_set(err, STATUS_NO, identity->name,
                     outside
                         ? "leave it out; certwright generate with its name asks for another one"
                         : "leave it out: it is signed here",
                     "none of its requests is open");
}

bool op_orders(const struct facts *facts, const struct strings *names, struct orders *out,
               struct error *err)
{
    const struct identity **chosen;
    size_t count;
    *out = (struct orders){.facts = facts, .all = !names || !names->count};
    if (!choose_identities(&facts->deployment, names, &chosen, &count, err))
        return false;
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        if (is_held(facts, chosen[i], out))
            continue;
        if (lifecycle_is_awaited(facts, chosen[i]))
            good = add(facts, chosen[i], out, err);
        else if (!out->all)
            good = not_open(chosen[i], err);
    }
    for (size_t i = 0; i < out->cover_count; i++)
        order_cover_text(facts, out->items, out->count, &out->covers[i]);
    free(chosen);
    return good;
}

static bool write_text(const char *folder, char *name, const struct str *text, struct error *err)
{
    char *path = path_join(folder, name);
    bool good = file_replace(path, str_text(text), text->length, 0644, err);
    free(path);
    free(name);
    return good;
}

static bool is_written(const struct orders *orders, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < orders->count + orders->cover_count && !found; i++) {
        char *own = i < orders->count ? order_file(orders->items[i].identity)
                                      : order_cover_file(&orders->covers[i - orders->count]);
        found = strcmp(own, name) == 0;
        free(own);
    }
    return found;
}

/* Nobody else's: it begins as every sheet of ours does. */
static bool is_sheet(int folder, const char *name)
{
    struct buffer buffer = {0};
    bool ours = text_ends(name, ".txt") && file_read_at(folder, name, true, &buffer, NULL) &&
                text_starts((const char *)buffer.data, ORDER_MARK);
    buffer_free(&buffer);
    return ours;
}

/* A sheet that stays would be ordered a second time. */
static bool remove_answered(const struct orders *orders, const char *folder,
                            struct strings *removed, struct error *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT || error_system(err, folder, "cannot be opened");
    bool good = true;
    for (const struct dirent *entry; good && (entry = readdir(dir));)
        if (!is_written(orders, entry->d_name) && is_sheet(dirfd(dir), entry->d_name)) {
            good = unlinkat(dirfd(dir), entry->d_name, 0) == 0 ||
                   error_system(err, entry->d_name, "cannot be removed");
            if (good)
                strings_add(removed, entry->d_name);
        }
    strings_sort(removed);
    closedir(dir);
    return good;
}

bool op_orders_write(const struct orders *orders, const char *folder, struct strings *removed,
                     struct error *err)
{
    bool good = !orders->count || folder_make(folder, 0755, err);
    for (size_t i = 0; good && i < orders->count; i++)
        good =
            write_text(folder, order_file(orders->items[i].identity), &orders->items[i].text, err);
    for (size_t i = 0; good && i < orders->cover_count; i++)
        good =
            write_text(folder, order_cover_file(&orders->covers[i]), &orders->covers[i].text, err);
    return good && (!orders->all || remove_answered(orders, folder, removed, err));
}

void orders_free(struct orders *orders)
{
    for (size_t i = 0; i < orders->count; i++)
        str_free(&orders->items[i].text);
    for (size_t i = 0; i < orders->cover_count; i++) {
        strings_free(&orders->covers[i].identities);
        str_free(&orders->covers[i].text);
    }
    for (size_t i = 0; i < orders->held_count; i++) {
        free(orders->held[i].why);
        free(orders->held[i].remedy);
    }
    free(orders->items);
    free(orders->covers);
    free(orders->held);
    *orders = (struct orders){0};
}
