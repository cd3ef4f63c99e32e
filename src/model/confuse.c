#include "model/confuse.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/conftext.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libconfuse calls back without a context, and its scanner is static anyhow: one parse at a time.
 */
static struct {
    const char *place;
    struct error *err;
    bool told;
} current;

static const char *nearest_option(cfg_t *cfg, const char *name)
{
    const char *names[256];
    size_t count = 0;
    for (unsigned i = 0; i < cfg_num(cfg) && count < 256; i++)
        names[count++] = cfg_opt_name(cfg_getnopt(cfg, i));
    return text_nearest(name, names, count);
}

static void tell(cfg_t *cfg, const char *format, va_list args)
{
    if (current.told || !current.err)
        return;
    current.told = true;
    char message[600];
    vsnprintf(message, sizeof message, format, args);
    char *where = xformat("%s:%d", current.place, cfg->line);
    const char *prefix = "no such option '";
    if (text_starts(message, prefix)) {
        char *name = xstrdup(message + strlen(prefix));
        name[strcspn(name, "'")] = '\0';
        const char *near = nearest_option(cfg, name);
        char *remedy = near ? xformat("did you mean \"%s\"?", near) : xstrdup("take it out");
        error_set(current.err, STATUS_NO, where, remedy, "no such option \"%s\"%s%s", name,
                  cfg->name && strcmp(cfg->name, "root") != 0 ? " in " : "",
                  cfg->name && strcmp(cfg->name, "root") != 0 ? cfg->name : "");
        free(remedy);
        free(name);
    } else {
        error_set(current.err, STATUS_NO, where, NULL, "%s", message);
    }
    free(where);
}

cfg_t *confuse_parse(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                     struct error *err)
{
    if (!conf_check(text, length, place, err))
        return NULL;
    struct str tame = {0};
    conf_tame(text, length, &tame);
    str_add(&tame, "\n"); /* a comment on the last line wants its end */
    cfg_t *cfg = cfg_init(opts, CFGF_NONE);
    cfg_set_error_function(cfg, tell);
    struct error none = {0};
    current.place = place;
    current.err = err ? err : &none;
    current.told = false;
    int result = cfg_parse_buf(cfg, str_text(&tame));
    str_free(&tame);
    if (result == CFG_SUCCESS)
        return cfg;
    if (!current.told)
        error_set(err, STATUS_NO, place, NULL, "it cannot be read as a configuration");
    cfg_free(cfg);
    return NULL;
}
