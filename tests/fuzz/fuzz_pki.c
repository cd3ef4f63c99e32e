/* Any bytes as a file of a store: parsed, printed, and a chain built of what they hold. */

#include "base/str.h"
#include "pki/chain.h"
#include "pki/load.h"
#include "pki/text.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pki_file file = {0};
    struct str text = {0};
    const struct cert *pool[64];
    size_t count = 0;

    pki_parse(data, size, NULL, &file);
    text_inspect(&file, &text);
    for (size_t i = 0; i < file.count && count < sizeof pool / sizeof *pool; i++)
        if (file.objects[i].kind == OBJECT_CERT)
            pool[count++] = file.objects[i].cert;
    if (count > 0) {
        struct chain chain;
        chain_build(pool[0], pool, count, 1767225600, &chain);
    }
    str_free(&text);
    pki_file_free(&file);
    return 0;
}
