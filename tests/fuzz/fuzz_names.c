/* Any text as an attribute of pki csr. What is accepted makes a line without control bytes. */

#include "base/str.h"
#include "pki/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct names names = {0};
    struct error err = {0};
    struct str line = {0};
    struct strings sans = {0};
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    /* Each line of the input is an argument of its own. */
    for (char *argument = text, *next; argument != NULL; argument = next) {
        next = strchr(argument, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!names_add(&names, argument, &err) && err.message[0] == '\0')
            abort();
    }
    names_full_san(&names, &sans);
    names_line(&names, "csr", "base", &line);
    for (size_t i = 0; i < line.length; i++)
        if ((unsigned char)line.data[i] < 0x20 || line.data[i] == 0x7f)
            abort();
    strings_free(&sans);
    str_free(&line);
    names_free(&names);
    free(text);
    return 0;
}
