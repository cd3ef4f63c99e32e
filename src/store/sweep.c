#include "store/journaling.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ".NAME.PID.old" of keep_old. */
static bool is_old_link(const char *name)
{
    long process;
    int end = 0;
    size_t length = strlen(name);
    if (*name != '.' || !text_ends(name, ".old"))
        return false;
    const char *at = name + length - strlen(".old");
    while (at > name && at[-1] != '.')
        at--;
    return at > name + 1 && sscanf(at, "%ld.old%n", &process, &end) == 1 && end && !at[end] &&
           process > 0;
}

/* ".NAME.PID-N.tmp" of file_write_open. */
static bool is_left_over(const char *name)
{
    const char *dash = strrchr(name, '-');
    long process;
    unsigned serial;
    int end = 0;
    if (*name != '.' || !dash)
        return false;
    const char *at = dash;
    while (at > name && at[-1] != '.')
        at--;
    return sscanf(at, "%ld-%u.tmp%n", &process, &serial, &end) == 2 && end && !at[end] &&
           process > 0;
}

/* What a writer that was killed had not put in place: an open key may be among it. Whoever holds
 * the lock is the only writer, whatever process has that number now. */
void store_sweep(const struct store *store, bool old_links)
{
    int fd = openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (is_left_over(entry->d_name) || (old_links && is_old_link(entry->d_name)))
            unlinkat(store->fd, entry->d_name, 0);
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}
