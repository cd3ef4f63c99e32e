#include "pki/digest.h"

#include "pki/crypto.h"

#include <openssl/evp.h>
#include <stdio.h>

void digest_hex(const void *data, size_t length, char out[static DIGEST_HEX + 1])
{
    unsigned char sum[DIGEST_HEX / 2] = {0};
    EVP_Digest(data, length, sum, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < sizeof sum; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
}
