#include "pki/load.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes, without a password and with one: no crash, no leak, and a reason for what was not
 * read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char word[] = "secret";
    const struct secret password = {(unsigned char *)word, strlen(word)};
    const struct secret *passwords[] = {NULL, &password};
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        struct pki_file file;
        pki_parse(data, size, passwords[i], &file);
        if (file.kind == PKI_UNKNOWN && !file.problem)
            __builtin_trap();
        for (size_t k = 0; k < file.count; k++) {
            struct str pem = {0};
            if (file.objects[k].cert)
                cert_pem(file.objects[k].cert, &pem);
            str_free(&pem);
        }
        pki_file_free(&file);
    }
    return 0;
}
