#include "base/secret.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void wipe(void *data, size_t length)
{
    if (data && length)
        explicit_bzero(data, length);
}

void secret_set(struct secret *secret, const void *data, size_t length)
{
    secret_free(secret);
    secret->data = xcalloc(1, length + 1);
    if (length)
        memcpy(secret->data, data, length);
    secret->length = length;
}

void secret_free(struct secret *secret)
{
    wipe(secret->data, secret->length);
    free(secret->data);
    *secret = (struct secret){0};
}

bool secret_read(const char *path, struct secret *out, struct error *err)
{
    struct buffer file = {0};
    if (!file_read(path, &file, err))
        return false;
    size_t length = 0;
    while (length < file.length && file.data[length] != '\n' && file.data[length] != '\r')
        length++;
    secret_set(out, file.data, length);
    buffer_free(&file);
    return true;
}
