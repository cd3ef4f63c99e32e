#include "model/facts.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool facts_gather(const struct facts_options *options, const struct catalogue *catalogue,
                  struct facts *out, struct error *err)
{
    *out = (struct facts){.catalogue = catalogue, .at = options->at ? options->at : time(NULL)};
    if (!deployment_load(options->config, catalogue, &out->deployment, err))
        return false;
    if (options->store) {
        out->store_path = xstrdup(options->store);
    } else {
        const char *base = path_base(options->config);
        char *folder = xstrndup(options->config, (size_t)(base - options->config));
        out->store_path = path_join(folder, out->deployment.store);
        free(folder);
    }
    if (!scan_store(out->store_path, &out->scan, err)) {
        facts_free(out);
        return false;
    }
    out->deployment.scan = &out->scan;
    trusts_derive(&out->deployment, &out->scan, &out->trusts);
    out->deployment.trusts = &out->trusts;
    return true;
}

void facts_free(struct facts *facts)
{
    trusts_free(&facts->trusts);
    scan_free(&facts->scan);
    deployment_free(&facts->deployment);
    free(facts->store_path);
    *facts = (struct facts){0};
}

void facts_files(const struct facts *facts, const struct identity *identity,
                 struct identity_files *out)
{
    char *csr = xformat("%s.csr", identity->name);
    *out = (struct identity_files){
        .key = scan_find(&facts->scan, identity->key_file),
        .csr = scan_find(&facts->scan, csr),
        .certificate = scan_find(&facts->scan, identity->certificate_file),
        .bundle = scan_find(&facts->scan, identity->bundle_file),
        .fullchain = scan_find(&facts->scan, identity->fullchain_file),
        .leaf = scan_cert(&facts->scan, identity->certificate_file),
    };
    free(csr);
}
