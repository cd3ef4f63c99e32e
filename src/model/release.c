/* Which releases have a thing of the catalogue. */
#include "base/mem.h"
#include "model/catalogue.h"

#include <stdlib.h>

static bool given(const char *release)
{
    return release && *release;
}

/* By their numbers, as far as bound says: 2.9.5 is as old as 2.9, and older than 2.10. */
static int compare(const char *release, const char *bound)
{
    while (*bound) {
        char *release_end, *bound_end;
        unsigned long x = strtoul(release, &release_end, 10), y = strtoul(bound, &bound_end, 10);
        if (x != y)
            return x < y ? -1 : 1;
        release = *release_end ? release_end + 1 : release_end;
        bound = *bound_end ? bound_end + 1 : bound_end;
    }
    return 0;
}

bool release_in(const struct release *range, const char *release)
{
    if (given(range->from) && compare(release, range->from) < 0)
        return false;
    if (!given(range->until) || compare(release, range->until) <= 0)
        return true;
    return given(range->again) && compare(release, range->again) >= 0;
}

char *release_words(const struct release *range)
{
    struct str words = {0};
    if (given(range->from))
        str_addf(&words, "from release %s", range->from);
    if (given(range->until))
        str_addf(&words, given(range->from) ? " until %s" : "until release %s", range->until);
    if (given(range->again))
        str_addf(&words, " and again from %s", range->again);
    if (!words.length)
        str_add(&words, "in every release");
    return str_take(&words);
}

const char *release_nearest(const struct release *range, const char *release)
{
    if (release_in(range, release))
        return release;
    if (given(range->from) && compare(release, range->from) < 0)
        return range->from;
    return given(range->again) ? range->again : range->until;
}
