/* Any bytes as lines typed on an emulated appliance. No reply holds a byte that acts on a terminal,
 * and what is kept can be read again. */

#include "base/file.h"
#include "mmp/appliance.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Making keys tells nothing of lines, and takes long. */
static bool makes_keys(const char *line)
{
    line += strspn(line, " \t\r\"");
    return strncmp(line, "pki", 3) == 0 && strpbrk(line, "cs") != NULL;
}

static void type(struct appliance *appliance, const char *line)
{
    struct appliance_reply reply;
    struct strings offers = {0};
    appliance_complete(appliance, line, &offers);
    strings_free(&offers);
    if (makes_keys(line))
        return;
    appliance_line(appliance, line, &reply);
    if (reply.verdict == APPLIANCE_FAILED)
        abort();
    for (size_t i = 0; i < reply.text.length; i++) {
        unsigned char byte = (unsigned char)reply.text.data[i];
        if ((byte < 0x20 && byte != '\n') || byte == 0x7f)
            abort();
    }
    appliance_reply_free(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct catalogue catalogue;
    static const struct appliance_options options = {.at = 1767323045};
    char folder[] = "/tmp/fuzz-mmp-XXXXXX", *text = malloc(size + 1);
    struct appliance *appliance;
    struct error err = {0};

    if (text == NULL || (catalogue.count == 0 && !catalogue_load(NULL, &catalogue, &err)))
        abort();
    if (mkdtemp(folder) == NULL || !appliance_open(folder, &catalogue, &options, &appliance, &err))
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    char *path = path_join(folder, "a.crt");
    if (!file_replace(path, "none", 4, 0644, &err))
        abort();
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        type(appliance, line);
    }
    appliance_close(appliance);
    if (!folder_remove(folder, &err))
        abort();
    free(path);
    free(text);
    return 0;
}
