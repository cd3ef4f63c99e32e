/* One writer at a time. */
#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"
#include "sample.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char name[] = "lock";
static enum lock take(int *fd, struct lock_holder *holder, struct error *err)
{
    return lock_take(AT_FDCWD, name, name, fd, holder, err);
}

/* What another process gets: 0 taken, 1 held by this one, 2 anything else. */
static int ask_elsewhere(void)
{
    pid_t child = fork();
    if (child == 0) {
        int fd;
        struct lock_holder holder = {0};
        enum lock lock = take(&fd, &holder, NULL);
        _exit(lock == LOCK_TAKEN                                       ? 0
              : lock == LOCK_HELD && holder.process == (long)getppid() ? 1
                                                                       : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void one_has_it_until_it_is_dropped(void **state)
{
    (void)state;
    int fd;
    struct lock_holder holder;
    struct stat info;
    assert_int_equal(take(&fd, &holder, NULL), LOCK_TAKEN);
    assert_int_equal(ask_elsewhere(), 1);
    assert_int_equal(stat(name, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    lock_drop(AT_FDCWD, name, fd);
    assert_int_not_equal(stat(name, &info), 0);
    assert_int_equal(ask_elsewhere(), 0);
    unlink(name);
}

static void a_file_that_was_left_holds_nobody(void **state)
{
    (void)state;
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs("1 2026-01-01T00:00:00Z\n", file);
    fclose(file);
    assert_int_equal(ask_elsewhere(), 0);
    unlink(name);
}

static void who_holds_it_may_be_unknown(void **state)
{
    (void)state;
    int fd, other;
    struct lock_holder holder;
    assert_int_equal(take(&fd, &holder, NULL), LOCK_TAKEN);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(take(&other, &holder, NULL), LOCK_HELD);
    assert_int_equal(other, -1);
    assert_int_equal(holder.process, 0);
    lock_drop(AT_FDCWD, name, fd);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    int fd;
    struct lock_holder holder;
    struct error err = {0};
    assert_int_equal(symlink("elsewhere", name), 0);
    assert_int_equal(take(&fd, &holder, &err), LOCK_FAILED);
    assert_int_equal(fd, -1);
    assert_string_equal(err.place, name);
    assert_int_not_equal(access("elsewhere", F_OK), 0);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(take(&fd, &holder, &err), LOCK_FAILED);
    assert_int_equal(rmdir(name), 0);
    assert_int_equal(mkfifo(name, 0600), 0);
    assert_int_equal(take(&fd, &holder, &err), LOCK_FAILED);
    assert_int_equal(unlink(name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_has_it_until_it_is_dropped),
        cmocka_unit_test(a_file_that_was_left_holds_nobody),
        cmocka_unit_test(who_holds_it_may_be_unknown),
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
