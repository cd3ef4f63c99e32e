#include "store/unpack.h"

#include "base/file.h"
#include "base/mem.h"
#include "mail.h"
#include "pki/load.h"
#include "store/archive.h"

#include <stdlib.h>

/* A mail with an archive.tar.gz has three layers. */
enum { LAYERS_MAX = 4, FILES_MAX = 20000 };

/* One file that is unpacked. */
struct layer {
    const struct unpack *to;
    struct unpack_share *share;
    const char *path;
    int depth;
    bool is_full; /* more parts than are taken */
};

static void open_packed(const struct layer *layer, const unsigned char *data, size_t length);

bool unpack_is_packed(const unsigned char *data, size_t length)
{
    return archive_kind(data, length) != ARCHIVE_NONE || mail_is(data, length);
}

/* A file of it, which may hold files itself; name NULL: what it is one layer below. */
static void take_file(const struct layer *outer, const char *name, const unsigned char *data,
                      size_t length, bool is_text)
{
    char *path = name ? xformat("%s/%s", outer->path, name) : xstrdup(outer->path);
    struct layer layer = {outer->to, outer->share, path, outer->depth + 1, false};
    if (!is_text && unpack_is_packed(data, length))
        open_packed(&layer, data, length);
    else
        outer->to->take(outer->to->arg, path, data, length, is_text);
    free(path);
}

static void take_entry(void *arg, const char *name, const unsigned char *data, size_t length)
{
    take_file(arg, name, data, length, false);
}

static bool take_part(void *arg, const struct mail_part *part)
{
    struct layer *layer = arg;
    struct buffer content = {0};
    layer->is_full = layer->share->files == 0 || layer->share->bytes < part->length;
    if (layer->is_full)
        return false;
    layer->share->files--;
    layer->share->bytes -= part->length;
    take_file(layer, part->name, part->data, part->length, part->name == NULL);
    if (part->is_signed_mail && pki_signed_content(part->data, part->length, &content)) {
        struct layer inner = *layer;
        inner.depth++;
        open_packed(&inner, content.data, content.length);
        buffer_free(&content);
    }
    return true;
}

static void refuse(const struct layer *layer, const char *remedy, const char *what)
{
    struct error why = {0};
    error_set(&why, STATUS_NO, "", remedy, "%s", what);
    layer->to->refuse(layer->to->arg, layer->path, &why, false);
}

static void open_archive(struct layer *layer, const unsigned char *data, size_t length)
{
    struct error why = {0};
    bool is_locked = false;
    if (!archive_walk(data, length, layer->to->password, layer->share, take_entry, layer,
                      &is_locked, &why))
        layer->to->refuse(layer->to->arg, layer->path, &why, is_locked);
}

static void open_mail(struct layer *layer, const unsigned char *data, size_t length)
{
    if (mail_walk(data, length, take_part, layer))
        return;
    if (layer->is_full)
        refuse(layer, "save the attachments that the CA sent, and name them",
               "a mail of more, or larger, parts than are read");
    else
        refuse(layer, "save the attachments that the CA sent, and name them",
               "a mail whose parts are nested too deep");
}

static void open_packed(const struct layer *outer, const unsigned char *data, size_t length)
{
    struct layer layer = *outer;
    if (layer.depth >= LAYERS_MAX)
        refuse(&layer, "unpack it, and name what the CA sent",
               "archives or mails nested too deep in one another");
    else if (archive_kind(data, length) != ARCHIVE_NONE)
        open_archive(&layer, data, length);
    else
        open_mail(&layer, data, length);
}

void unpack_walk(const struct unpack *to, const char *path, const unsigned char *data,
                 size_t length)
{
    struct unpack_share share = {.bytes = FILE_LIMIT_BYTES, .files = FILES_MAX};
    struct layer layer = {.to = to, .share = &share, .path = path};
    open_packed(&layer, data, length);
}
