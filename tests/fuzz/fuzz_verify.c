/* Certificates in any order: one is the leaf, the rest are links and anchors. The verdict comes in
 * time, and its chain holds together. */

#include "base/str.h"
#include "pki/chain.h"
#include "pki/load.h"
#include "pki/text.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every verdict promises. */
static void check(const struct chain *chain, const struct cert *leaf)
{
    if (!chain->count || chain->count > CHAIN_MAX || chain->certs[0] != leaf)
        abort();
    if (chain->valid != (chain->error == 0) || chain->valid == (chain->reason[0] != '\0'))
        abort();
    if (chain->valid && (!chain->complete || chain_fault(chain) != FAULT_NONE))
        abort();
    if (!chain_failed(chain))
        abort();
    for (size_t i = 0; chain->valid && i + 1 < chain->count; i++)
        if (!cert_issued_by(chain->certs[i], chain->certs[i + 1]))
            abort();
}

/* The first byte: purpose, name, and how many of the certificates are links. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {NULL, "www.example.com", "192.0.2.1", "*.example.com"};
    struct pki_file file = {0};
    const struct cert *pool[64];
    size_t count = 0;
    if (size == 0)
        return 0;
    pki_parse(data + 1, size - 1, NULL, &file);
    for (size_t i = 0; i < file.count && count < sizeof pool / sizeof *pool; i++)
        if (file.objects[i].kind == OBJECT_CERT)
            pool[count++] = file.objects[i].cert;
    if (count > 0) {
        size_t links = (size_t)(data[0] >> 4) % count;
        struct chain chain;
        struct str text = {0};
        chain_verify(pool[0], pool, links, pool + links, count - links, (enum purpose)(data[0] % 3),
                     hosts[data[0] / 3 % 4], 1767225600, &chain);
        check(&chain, pool[0]);
        text_oneline(chain_failed(&chain), true, &text);
        text_cert(chain_failed(&chain), &text);
        str_free(&text);
    }
    pki_file_free(&file);
    return 0;
}
