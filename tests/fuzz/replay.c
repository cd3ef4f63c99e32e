/* Feeds a fuzz target every input of the corpora named, as libFuzzer would. A corpus is one file:
 * each input is a line with its length, its bytes, and a line end (pack.py). */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next input in memory of exactly its size, so that overruns are seen; NULL where the file is
 * damaged. */
static uint8_t *read_input(FILE *file, size_t size)
{
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (data != NULL && (fread(data, 1, size, file) != size || getc(file) != '\n')) {
        free(data);
        data = NULL;
    }
    return data;
}

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    char line[32];
    size_t count = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        size_t size = (size_t)strtoul(line, NULL, 10);
        uint8_t *data = read_input(file, size);
        if (data == NULL)
            break;
        printf("# %s: input %zu, %zu bytes\n", path, ++count, size);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    int failed = file == NULL || !feof(file) || count == 0;
    if (file != NULL)
        fclose(file);
    printf("%s - %zu inputs of %s\n", failed ? "not ok" : "ok", count, path);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;

    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("ok - nothing at all\n");
    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    return failed;
}
