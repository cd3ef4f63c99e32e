/* Any bytes as a mail or an archive: what is in it comes within bounds, its parts read as files of
 * a PKI. */

#include "base/file.h"
#include "base/str.h"
#include "pki/load.h"
#include "store/unpack.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct pki_share share;
    size_t bytes, files;
};

static void take(void *arg, const char *path, const unsigned char *data, size_t length,
                 bool is_text)
{
    struct seen *seen = arg;
    struct pki_file file;
    (void)is_text;
    seen->bytes += length;
    seen->files++;
    if (!text_starts(path, "x") || seen->bytes > FILE_LIMIT_BYTES)
        abort();
    pki_parse_within(&seen->share, data, length, NULL, &file);
    if (file.kind == PKI_UNKNOWN && !file.problem)
        abort();
    pki_file_free(&file);
}

static void refuse(void *arg, const char *path, const struct error *why, bool is_locked)
{
    (void)arg;
    (void)is_locked;
    if (!text_starts(path, "x") || !*why->message || !*why->remedy)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.share = pki_share_new()};
    const struct unpack unpack = {NULL, take, refuse, &seen};
    if (unpack_is_packed(data, size))
        unpack_walk(&unpack, "x", data, size);
    return 0;
}
