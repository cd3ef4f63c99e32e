/* Saving deployment.conf: never over what somebody else wrote, not even between two looks. */
#include "base/file.h"
#include "base/mem.h"
#include "model/edit.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* "root, 2026-01-02 03:04:05 UTC": whose the file is and when it was written. Free it. */
static char *last_writer(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return xstrdup("somebody");
    struct tm when;
    char stamp[32];
    gmtime_r(&info.st_mtime, &when);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S UTC", &when);
    const struct passwd *owner = getpwuid(info.st_uid);
    return owner ? xformat("%s, %s", owner->pw_name, stamp)
                 : xformat("user %ld, %s", (long)info.st_uid, stamp);
}

enum standing deployment_standing(const struct deployment *deployment)
{
    struct buffer now = {0};
    struct error err = {0};
    if (!file_read(deployment->path, &now, &err))
        return access(deployment->path, F_OK) != 0 && errno == ENOENT ? STANDING_GONE
                                                                      : STANDING_CHANGED;
    bool same = now.length == deployment->text.length &&
                memcmp(now.data, str_text(&deployment->text), now.length) == 0;
    buffer_free(&now);
    return same ? STANDING_AS_READ : STANDING_CHANGED;
}

/* Somebody else may have edited the file since it was read: their work is not overwritten. */
static bool is_as_read(const struct deployment *deployment, struct error *err)
{
    enum standing standing = deployment_standing(deployment);
    if (standing == STANDING_AS_READ)
        return true;
    if (standing == STANDING_GONE)
        return error_set(err, STATUS_NO, deployment->path, "Write it back, or leave",
                         "the file is gone since it was read here");
    char *who = last_writer(deployment->path);
    error_set(err, STATUS_NO, deployment->path, "Read it again, then answer once more",
              "another program changed it meanwhile (%s); nothing was overwritten", who);
    free(who);
    return false;
}

bool deployment_put(const struct deployment *before, const struct deployment *now,
                    struct error *err)
{
    const struct str *text = &now->text;
    return (text->length == before->text.length &&
            memcmp(str_text(text), str_text(&before->text), text->length) == 0) ||
           (is_as_read(before, err) &&
            file_replace(before->path, str_text(text), text->length, 0644, err));
}

bool deployment_remove(const struct deployment *deployment, struct error *err)
{
    return is_as_read(deployment, err) &&
           (unlink(deployment->path) == 0 ||
            error_system(err, deployment->path, "cannot be removed"));
}

bool deployment_create(const char *path, const struct str *text, struct error *err)
{
    bool taken = false;
    if (file_place(path, str_text(text), text->length, 0644, &taken, err))
        return true;
    if (taken) {
        char *who = last_writer(path);
        error_set(err, STATUS_NO, path, "Read it, then answer once more",
                  "another program wrote it meanwhile (%s); nothing was overwritten", who);
        free(who);
    }
    return false;
}
