#include "base/mem.h"
#include "pki/names.h"

#include <stdlib.h>
#include <string.h>

/* International host names: bücher.example.com is xn--bcher-kva.example.com in the DNS and in a
 * certificate (RFC 5280, 7.2). libidn2 knows how; it is loaded by the first name that needs it,
 * since it and its tables would cost every start a third of a millisecond. */

#ifdef HAVE_IDN2
#include <dlfcn.h>
#include <idn2.h>

typedef int (*lookup_function)(const uint8_t *, uint8_t **, int);
typedef const char *(*words_function)(int);
typedef void (*free_function)(void *);

#ifdef __APPLE__
static const char library_name[] = "libidn2.0.dylib";
#else
static const char library_name[] = "libidn2.so.0";
#endif

static void *library_symbol(void *library, const char *name)
{
    return library ? dlsym(library, name) : NULL;
}

/* Non-transitional: sharp s and final sigma are letters of their own (UTS 46). */
static char *to_ascii(const char *host, const char **why)
{
    void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    lookup_function lookup;
    words_function words;
    free_function release;
    *(void **)&lookup = library_symbol(library, "idn2_lookup_u8");
    *(void **)&words = library_symbol(library, "idn2_strerror");
    *(void **)&release = library_symbol(library, "idn2_free");
    if (!lookup || !words || !release) {
        *why = "the library libidn2 is not installed";
        return NULL;
    }
    uint8_t *out = NULL;
    int code = lookup((const uint8_t *)host, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    char *ascii = code == IDN2_OK ? xstrdup((const char *)out) : NULL;
    *why = ascii ? "" : words(code);
    release(out);
    return ascii;
}

const char *idn_version(void)
{
    return "libidn2 " IDN2_VERSION;
}
#else
static char *to_ascii(const char *host, const char **why)
{
    (void)host;
    *why = "built without libidn2";
    return NULL;
}

const char *idn_version(void)
{
    return NULL;
}
#endif

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

bool is_idn_host(const char *text)
{
    return !is_ascii(text) && strchr(text, '.') && !strpbrk(text, " \t@:/");
}

char *host_ascii(const char *host, const char **why)
{
    static const char damaged[] = "not a host name";
    const char *reason = "";
    char *ascii = is_ascii(host) ? xstrdup(host) : to_ascii(host, &reason);
    if (ascii && !is_ascii(host) && !is_host_name(ascii)) {
        free(ascii);
        ascii = NULL;
        reason = damaged;
    }
    if (why)
        *why = reason;
    return ascii;
}

char *name_ascii(const char *value)
{
    const char *at = strchr(value, '@');
    const char *host = at ? at + 1 : value;
    char *ascii = is_idn_host(host) ? host_ascii(host, NULL) : NULL;
    if (!ascii)
        return xstrdup(value);
    char *whole = xformat("%.*s%s", (int)(host - value), value, ascii);
    free(ascii);
    return whole;
}
