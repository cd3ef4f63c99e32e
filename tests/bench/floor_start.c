/* Starts, and says which library it has. */
#include "floor.h"

#include <openssl/crypto.h>

int main(void)
{
    puts(OpenSSL_version(OPENSSL_VERSION));
    return 0;
}
