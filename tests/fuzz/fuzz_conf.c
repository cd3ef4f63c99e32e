/* Any bytes as deployment.conf. A text that is read survives an edit and a second reading. */

#include "model/conftext.h"
#include "model/deployment.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void edit(const struct catalogue *catalogue, const char *data, size_t size)
{
    const struct conf_step path[] = {{"subject", NULL}, {"O", NULL}};
    char value[] = "a \"b\" \\c ${HOME} $d", *values[] = {value};
    const struct strings list = {values, 1};
    struct deployment deployment = {0};
    struct error err = {0};
    struct str text = {0};

    str_add_bytes(&text, data, size);
    conf_set(&text, path, 2, &list, false);
    if (!deployment_parse("edited.conf", str_text(&text), text.length, catalogue, &deployment,
                          &err))
        abort();
    const char *got = deployment.subject.attributes[ATTR_O];
    if (got == NULL || strcmp(got, values[0]) != 0)
        abort();
    deployment_free(&deployment);
    str_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct catalogue catalogue;
    struct deployment deployment = {0};
    struct error err = {0};
    char *text = malloc(size + 1);

    if (text == NULL || (catalogue.count == 0 && !catalogue_load(NULL, &catalogue, &err)))
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (deployment_parse("fuzz.conf", text, size, &catalogue, &deployment, &err)) {
        deployment_free(&deployment);
        edit(&catalogue, text, size);
    }
    free(text);
    return 0;
}
