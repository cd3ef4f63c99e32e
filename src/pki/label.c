#include "pki/label.h"

#include "pki/names.h"

#include <string.h>

bool is_host_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-';
}

/* A label is 1 to 63 letters, digits and hyphens, no hyphen at either end. */
static bool is_label(const char *text, size_t length)
{
    if (length == 0 || length > LABEL_MAX || text[0] == '-' || text[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_host_byte(text[i]))
            return false;
    return true;
}

bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

bool labels_good(const char *text, size_t *count)
{
    *count = 0;
    if (strlen(text) > HOST_MAX)
        return false;
    const char *at = text;
    for (;;) {
        size_t length = strcspn(at, ".");
        bool star = *count == 0 && length == 1 && *at == '*' && at[1] == '.';
        if (!star && !is_label(at, length))
            return false;
        ++*count;
        if (!at[length])
            return !is_number(at);
        at += length + 1;
    }
}

bool is_host_name(const char *text)
{
    size_t count;
    return labels_good(text, &count) && count >= 2;
}
