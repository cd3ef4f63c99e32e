#include "sample.h"

#include "base/file.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/certwright-unit-XXXXXX";

int sample_enter(void **state)
{
    (void)state;
    memset(folder + strlen(folder) - strlen("XXXXXX"), 'X', strlen("XXXXXX"));
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

int sample_leave(void **state)
{
    (void)state;
    struct error err;
    return chdir("/") == 0 && folder_remove(folder, &err) ? 0 : -1;
}

void sample_run(const char *command)
{
    struct str line = {0};
    str_addf(&line, "{ %s; } >log 2>&1 || { cat log; exit 1; }", command);
    int status = system(str_text(&line));
    str_free(&line);
    if (status != 0)
        fail_msg("failed: %s", command);
}

char *sample_output(const char *command)
{
    struct str out = {0};
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    for (int byte; (byte = getc(pipe)) != EOF;)
        str_add_char(&out, (char)byte);
    assert_int_equal(pclose(pipe), 0);
    if (out.length && out.data[out.length - 1] == '\n')
        out.data[--out.length] = '\0';
    return str_take(&out);
}

void sample_parse(const char *name, const char *password, struct pki_file *out)
{
    struct buffer file = {0};
    struct secret secret = {0};
    struct error err = {0};
    if (!file_read(name, &file, &err))
        fail_msg("%s: %s", name, err.message);
    if (password)
        secret_set(&secret, password, strlen(password));
    pki_parse(file.data, file.length, password ? &secret : NULL, out);
    secret_free(&secret);
    buffer_free(&file);
}

void sample_write(const char *name, const void *data, size_t length)
{
    struct error err = {0};
    if (!file_replace(name, data, length, 0644, &err))
        fail_msg("%s: %s", name, err.message);
}
