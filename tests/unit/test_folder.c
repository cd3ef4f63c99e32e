/* install/ replaced whole. */
#include "base/file.h"
#include "base/mem.h"
#include "plan/folder.h"
#include "sample.h"
#include "unit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLAN                                                                                       \
    "[{\"step\":1,\"phase\":1,\"server\":\"a\",\"file\":\"\",\"upload\":[],\"command\":\"\","      \
    "\"expect\":[],\"section\":\"\",\"undo\":\"\",\"manual\":\"x\"}]"

static void put(const char *path, const char *text)
{
    assert_true(file_replace(path, text, strlen(text), 0644, NULL));
}

static bool holds(const char *path, const char *text)
{
    struct buffer buffer;
    bool same = file_read(path, &buffer, NULL) && strcmp((char *)buffer.data, text) == 0;
    buffer_free(&buffer);
    return same;
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

enum { BELOW = 50 }; /* more than are open at once */

/* In two pieces. */
static bool add(struct folder *folder, const char *name, const char *text, mode_t mode)
{
    size_t length = strlen(text);
    return folder_open(folder, name, mode, NULL) && folder_append(folder, text, length - 1, NULL) &&
           folder_append(folder, text + length - 1, 1, NULL) && folder_close(folder, NULL);
}

/* Writes our plan, a mark and so many files below into a new installation at path. */
static void install_many(const char *path, const char *mark, int below)
{
    struct folder folder;
    assert_true(folder_begin(path, (size_t)below + 2, &folder, NULL));
    assert_true(add(&folder, "plan.json", PLAN, 0644));
    assert_true(add(&folder, "mark", mark, 0600));
    assert_true(folder_add(&folder, "below", NULL));
    for (int i = 0; i < below; i++) {
        char name[32];
        snprintf(name, sizeof name, "below/%d", i);
        assert_true(add(&folder, name, mark, 0644));
    }
    assert_false(add(&folder, "mark", mark, 0644));
    assert_false(add(&folder, "nowhere/x", mark, 0644));
    assert_true(folder_swap(&folder, NULL));
    assert_true(folder_end(&folder, NULL));
}

static void install(const char *path, const char *mark)
{
    install_many(path, mark, BELOW);
}

static int synced, synced_before, swept, swept_before;

int fsync(int fd)
{
    static int (*real)(int fd);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    __atomic_add_fetch(&synced, 1, __ATOMIC_RELAXED);
    return real(fd);
}

int syncfs(int fd)
{
    static int (*real)(int fd);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "syncfs");
    swept++;
    return real(fd);
}

int rename(const char *from, const char *to)
{
    static int (*real)(const char *from, const char *to);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "rename");
    synced_before = synced;
    swept_before = swept;
    return real(from, to);
}

/* Fifty-two files, the folder below and the new one before it takes its place; then the one that
 * holds it. */
static void all_of_it_is_on_the_disk(void **state)
{
    (void)state;
    synced = 0;
    install("install", "one");
    assert_int_equal(synced_before, 52 + 2);
    assert_int_equal(synced, 52 + 3);
    assert_int_equal(swept, 0);
}

/* Too many to be synced one by one: all in one go, before the new one takes its place. */
static void many_are_on_the_disk(void **state)
{
    (void)state;
    swept = 0;
    install_many("install", "one", 300);
    assert_int_equal(swept_before, 1);
    assert_true(holds("install/below/299", "one"));
}

static void made_where_nothing_is(void **state)
{
    (void)state;
    install("install", "one");
    assert_true(holds("install/mark", "one"));
}

static void parents_are_made_and_slashes_dropped(void **state)
{
    (void)state;
    install("a/b/install//", "one");
    assert_true(holds("a/b/install/mark", "one"));
}

static void replaced_whole(void **state)
{
    (void)state;
    install("install", "one");
    put("install/extra", "of the old one");
    install("install", "two");
    assert_true(holds("install/mark", "two"));
    assert_false(exists("install/extra"));
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static void modes_are_exact(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        mode_t was = umask(masks[i]);
        install("install", "one");
        umask(was);
        assert_int_equal(mode_of("install/plan.json"), 0644);
        assert_int_equal(mode_of("install/mark"), 0600);
    }
}

/* Of two thousand servers. */
static void a_plan_of_any_length_is_ours(void **state)
{
    (void)state;
    install("install", "one");
    assert_int_equal(truncate("install/plan.json", FILE_LIMIT_BYTES + 1), 0);
    install("install", "two");
    assert_true(holds("install/mark", "two"));
}

static void given_up_leaves_the_old_one(void **state)
{
    (void)state;
    install("install", "one");
    struct folder folder;
    assert_true(folder_begin("install", 1, &folder, NULL));
    char *temp = xstrdup(folder.temp);
    assert_true(exists(temp));
    assert_true(folder_open(&folder, "begun", 0644, NULL));
    assert_true(folder_end(&folder, NULL));
    assert_false(exists(temp));
    assert_true(holds("install/mark", "one"));
    free(temp);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{}", "[1]", "[{}]", "[{\"step\":1}]", "[", "\xFF"};
    struct folder folder;
    struct error err = {0};
    assert_true(folder_make("mine", 0755, NULL));
    assert_false(folder_begin("mine", 1, &folder, &err));
    assert_int_equal(err.code, STATUS_NO);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put("mine/plan.json", texts[i]);
        assert_false(folder_begin("mine", 1, &folder, NULL));
    }
    assert_int_equal(unlink("mine/plan.json"), 0);
    assert_int_equal(symlink("/dev/zero", "mine/plan.json"), 0);
    assert_false(folder_begin("mine", 1, &folder, NULL));
    assert_int_equal(unlink("mine/plan.json"), 0);
    assert_int_equal(mkfifo("mine/plan.json", 0644), 0);
    assert_false(folder_begin("mine", 1, &folder, NULL));
}

static void places_that_cannot_be_replaced_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"", ".", "..", "/", "./", "a/..", "file", "link"};
    struct folder folder;
    install("install", "one");
    put("file", "x");
    assert_int_equal(symlink("install", "link"), 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_false(folder_begin(paths[i], 1, &folder, NULL));
    assert_true(holds("install/mark", "one"));
}

static void the_folder_of_a_dead_writer_goes(void **state)
{
    (void)state;
    assert_int_equal(mkdir("install.tmp-abcdef", 0700), 0);
    put("install.tmp-abcdef/key", "secret");
    install("install", "one");
    assert_false(exists("install.tmp-abcdef"));
}

static void what_is_not_a_writers_stays(void **state)
{
    (void)state;
    assert_int_equal(mkdir("install.tmp-alive0", 0700), 0);
    int lock = open("install.tmp-alive0", O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(mkdir("install.tmp-open00", 0755), 0);
    assert_int_equal(mkdir("install.tmp-longer0", 0700), 0);
    assert_int_equal(mkdir("other.tmp-abcdef", 0700), 0);
    put("install.tmp-file00", "x");
    assert_int_equal(mkdir("install.tmp-abcdef-old", 0700), 0); /* maybe all that is left */
    install("install", "one");
    assert_true(exists("install.tmp-alive0"));
    assert_true(exists("install.tmp-open00"));
    assert_true(exists("install.tmp-longer0"));
    assert_true(exists("other.tmp-abcdef"));
    assert_true(exists("install.tmp-file00"));
    assert_true(exists("install.tmp-abcdef-old"));
    install("install", "two");
    assert_false(exists("install.tmp-abcdef-old"));
    close(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_it_is_on_the_disk, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(many_are_on_the_disk, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(made_where_nothing_is, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(parents_are_made_and_slashes_dropped, sample_enter,
                                        sample_leave),
        cmocka_unit_test_setup_teardown(replaced_whole, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(modes_are_exact, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(a_plan_of_any_length_is_ours, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(given_up_leaves_the_old_one, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(strangers_are_refused, sample_enter, sample_leave),
        cmocka_unit_test_setup_teardown(places_that_cannot_be_replaced_are_refused, sample_enter,
                                        sample_leave),
        cmocka_unit_test_setup_teardown(the_folder_of_a_dead_writer_goes, sample_enter,
                                        sample_leave),
        cmocka_unit_test_setup_teardown(what_is_not_a_writers_stays, sample_enter, sample_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
