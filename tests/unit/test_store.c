#include "base/clock.h"
#include "base/mem.h"
#include "pki/key.h"
#include "store/name.h"
#include "store/scan.h"
#include "store/store.h"
#include "unit.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1767323045 /* 2026-01-02T03:04:05Z */

/* Faults on demand: the library's calls land here first. -1: none. */
static int renames_left = -1, syncs_left = -1;

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    static int (*real)(int, const char *, int, const char *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "renameat");
    if (renames_left == 0) {
        errno = EIO;
        renames_left = -1; /* once: bringing back must work */
        return -1;
    }
    renames_left -= renames_left > 0;
    return real(from_dir, from, to_dir, to);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    if (syncs_left == 0) {
        errno = ENOSPC;
        syncs_left = -1;
        return -1;
    }
    syncs_left -= syncs_left > 0;
    return real(fd);
}

struct fixture {
    char folder[64];
    struct store store;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/test_store.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    char *path = path_join(f->folder, "store");
    struct error err = {0};
    assert_true(store_open(path, true, &f->store, &err));
    assert_true(store_lock(&f->store, &err));
    free(path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    assert_true(folder_remove(f->folder, NULL));
    free(f);
    return 0;
}

static void write_by_hand(struct fixture *f, const char *name, const char *text, mode_t mode)
{
    char *path = path_join(f->store.path, name);
    assert_true(file_replace(path, text, strlen(text), mode, NULL));
    free(path);
}

static void assert_content(struct fixture *f, const char *name, const char *wanted)
{
    struct buffer data;
    struct error err = {0};
    assert_true(store_read(&f->store, name, &data, &err));
    assert_int_equal(data.length, strlen(wanted));
    assert_memory_equal(data.data, wanted, data.length);
    buffer_free(&data);
}

static mode_t mode_of(struct fixture *f, const char *name)
{
    struct stat info;
    assert_int_equal(fstatat(f->store.fd, name, &info, 0), 0);
    return info.st_mode & 07777;
}

static size_t count_names(struct fixture *f, const char *part, bool hidden)
{
    int fd = openat(f->store.fd, ".", O_RDONLY | O_DIRECTORY);
    DIR *dir = fdopendir(fd);
    assert_non_null(dir);
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(dir)))
        count += (entry->d_name[0] == '.') == hidden && strstr(entry->d_name, part);
    closedir(dir);
    return count;
}

static char *new_key(void)
{
    struct key *key;
    struct secret pem = {0};
    assert_true(key_generate("ec", 256, &key, NULL));
    assert_true(key_pem(key, &pem, NULL));
    char *text = xstrndup((char *)pem.data, pem.length);
    key_free(key);
    secret_free(&pem);
    return text;
}

static bool commit_one(struct fixture *f, const char *name, const char *text, mode_t mode,
                       bool replace, struct error *err)
{
    struct batch batch = {0};
    batch_add(&batch, name, text, strlen(text), mode, replace);
    bool good = store_commit(&f->store, &batch, NOW, err);
    batch_free(&batch);
    return good;
}

static void names_are_letters_digits_hyphens(void **state)
{
    (void)state;
    struct error err = {0};
    assert_true(name_check_base("callbridge1-2027", &err));
    const char *const bad[] = {"",   "a_b", "a.b",         "a b",  "a/b",
                               "..", "-x",  "caf\xc3\xa9", "a\nb", "a$b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(name_check_base(bad[i], &err));
        assert_int_equal(err.code, STATUS_NO);
        assert_true(*err.remedy);
    }
    assert_true(name_check_file("a.crt", &err));
    assert_true(name_check_file("a.pub", &err));
    assert_false(name_check_file("a.b.crt", &err));
    assert_false(name_check_file(".crt", &err));
    assert_false(name_check_file("a", &err));
    assert_false(name_check_file("a.txt", &err));
    assert_false(name_check_file("a.p7b", &err)); /* import only */
}

static void a_long_name_is_refused_before_the_system_does(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'a', sizeof name);
    name[201] = '\0';
    struct error err = {0};
    assert_false(name_check_base(name, &err));
    name[200] = '\0';
    assert_true(name_check_base(name, &err));
}

static void kinds_go_by_extension(void **state)
{
    (void)state;
    assert_true(name_is_certificate("a.CER"));
    assert_false(name_is_certificate("a.key"));
    assert_true(name_is_key("a.der"));
    assert_false(name_is_bundle("a.der"));
    assert_true(name_is_pki("a.p12"));
    assert_false(name_is_pki(".a.key.1-1.tmp"));
    assert_false(name_is_pki("a.key.20260102T030405Z.bak"));
    assert_false(name_is_pki(".lock"));
    assert_string_equal(name_extension("a.b.crt"), ".crt");
    assert_string_equal(name_extension("a"), "");
}

static void modes_do_not_follow_the_umask(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    mode_t old = umask(0);
    assert_true(commit_one(f, "a.key", "k", 0600, false, &err));
    umask(0777);
    assert_true(commit_one(f, "a.crt", "c", 0644, false, &err));
    umask(old);
    assert_int_equal(mode_of(f, "a.key"), 0600);
    assert_int_equal(mode_of(f, "a.crt"), 0644);
}

static void what_is_there_is_refused_unless_it_may_be_replaced(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_true(commit_one(f, "a.crt", "one", 0644, false, &err));
    assert_false(commit_one(f, "a.crt", "two", 0644, false, &err));
    assert_int_equal(err.code, STATUS_NO);
    assert_string_equal(err.place, "a.crt");
    assert_content(f, "a.crt", "one");
    assert_true(commit_one(f, "a.crt", "two", 0644, true, &err));
    assert_content(f, "a.crt", "two");
    assert_true(commit_one(f, "a.crt", "two", 0644, false, &err)); /* the same: left alone */
}

static void a_replaced_key_stays_as_bak(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char *one = new_key(), *two = new_key(), *three = new_key();
    assert_true(commit_one(f, "a.key", one, 0600, false, &err));
    assert_false(commit_one(f, "a.key", two, 0600, false, &err));
    assert_content(f, "a.key", one);
    assert_true(commit_one(f, "a.key", two, 0600, true, &err));
    assert_content(f, "a.key", two);
    assert_content(f, "a.key.20260102T030405Z.bak", one);
    assert_int_equal(mode_of(f, "a.key.20260102T030405Z.bak"), 0600);
    /* In the same second: the first one is not lost. */
    assert_true(commit_one(f, "a.key", three, 0600, true, &err));
    assert_content(f, "a.key.20260102T030405Z.bak", one);
    assert_content(f, "a.key.20260102T030406Z.bak", two);
    assert_int_equal(count_names(f, "a.key", false), 3);
    assert_int_equal(count_names(f, "a.key", true), 0); /* no temporary file stays */
    free(one);
    free(two);
    free(three);
}

static void a_certificate_is_never_written_over_a_key(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char *key = new_key();
    write_by_hand(f, "a.pem", key, 0644);
    assert_false(commit_one(f, "a.pem", "certificate", 0644, true, &err));
    assert_non_null(strstr(err.message, "holds a private key"));
    assert_content(f, "a.pem", key);
    assert_int_equal(count_names(f, "a.pem", false), 1);
    write_by_hand(f, "john.pub", key, 0600); /* but for the SSH key that is made of it */
    assert_true(commit_one(f, "john.pub", "ssh-rsa x", 0644, true, &err));
    assert_content(f, "john.pub.20260102T030405Z.bak", key);
    free(key);
}

static void what_is_replaced_stays_where_it_is_asked_for(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct batch batch = {0};
    struct strings kept = {0};
    assert_true(commit_one(f, "a.crt", "one", 0644, false, &err));
    assert_true(commit_one(f, "b.crt", "same", 0644, false, &err));
    assert_true(commit_one(f, "c.crt", "gone", 0644, false, &err));
    batch_add(&batch, "a.crt", "two", 3, 0644, true);
    batch_add(&batch, "b.crt", "same", 4, 0644, true);
    batch_add(&batch, "d.crt", "new", 3, 0644, true);
    batch_remove(&batch, "c.crt");
    assert_true(store_commit_keeping(&f->store, &batch, NOW, &kept, &err));
    batch_free(&batch);
    assert_int_equal(kept.count, 2);
    assert_content(f, "a.crt", "two");
    assert_content(f, "a.crt.20260102T030405Z.bak", "one");
    assert_content(f, "c.crt.20260102T030405Z.bak", "gone");
    assert_int_equal(mode_of(f, "a.crt.20260102T030405Z.bak"), 0644);
    assert_false(store_has(&f->store, "c.crt"));
    strings_free(&kept);
}

static void names_that_differ_in_case_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_true(commit_one(f, "Web.crt", "c", 0644, false, &err));
    assert_false(commit_one(f, "web.crt", "c", 0644, true, &err));
    assert_non_null(strstr(err.message, "Web.crt"));
    assert_false(store_has(&f->store, "web.crt"));

    struct batch batch = {0};
    batch_add(&batch, "x.crt", "1", 1, 0644, false);
    batch_add(&batch, "X.crt", "2", 1, 0644, false);
    assert_false(store_commit(&f->store, &batch, NOW, &err));
    batch_free(&batch);
    assert_false(store_has(&f->store, "x.crt"));
}

static void all_of_a_batch_or_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    write_by_hand(f, "b.crt", "old", 0644);
    char *path = path_join(f->store.path, "c.crt");
    assert_int_equal(mkdir(path, 0700), 0);
    struct batch batch = {0};
    batch_add(&batch, "a.crt", "new", 3, 0644, true);
    batch_add(&batch, "b.crt", "new", 3, 0644, true);
    batch_add(&batch, "c.crt", "new", 3, 0644, true); /* a folder stands there */
    assert_false(store_commit(&f->store, &batch, NOW, &err));
    assert_false(store_has(&f->store, "a.crt"));
    assert_content(f, "b.crt", "old");
    batch.items[0].replace = false; /* the first one is refused at once */
    write_by_hand(f, "a.crt", "there", 0644);
    assert_false(store_commit(&f->store, &batch, NOW, &err));
    assert_content(f, "a.crt", "there");
    batch.items[0].replace = true;
    assert_int_equal(rmdir(path), 0);
    free(path);
    assert_true(store_commit(&f->store, &batch, NOW, &err));
    assert_content(f, "a.crt", "new");
    assert_content(f, "b.crt", "new");
    batch_free(&batch);
    assert_int_equal(count_names(f, ".crt", false), 3);
    assert_int_equal(count_names(f, ".crt", true), 0);
}

/* Every place where the system may fail, one after the other. */
static void a_fault_anywhere_brings_everything_back(void **state)
{
    struct fixture *f = *state;
    char *old_key = new_key(), *key = new_key();
    write_by_hand(f, "b.crt", "old", 0640);
    write_by_hand(f, "c.key", old_key, 0640);
    write_by_hand(f, "d.crt", "old", 0644);
    struct batch batch = {0};
    batch_add(&batch, "a.crt", "new", 3, 0644, true);
    batch_add(&batch, "b.crt", "new", 3, 0644, true);
    batch_add(&batch, "c.key", key, strlen(key), 0600, true);
    batch_remove(&batch, "d.crt");
    batch_add(&batch, "e.crt", "new", 3, 0644, true);
    int failures = 0;
    for (int step = 0;; step++) {
        struct error err = {0};
        renames_left = step % 2 ? step / 2 : -1;
        syncs_left = step % 2 ? -1 : step / 2;
        bool hit_nothing = store_commit(&f->store, &batch, NOW, &err);
        renames_left = syncs_left = -1;
        if (hit_nothing && step % 2 == 0)
            break; /* past the last sync, of which there are more */
        if (hit_nothing) {
            write_by_hand(f, "b.crt", "old", 0640);
            write_by_hand(f, "c.key", old_key, 0640);
            write_by_hand(f, "d.crt", "old", 0644);
            unlinkat(f->store.fd, "a.crt", 0);
            unlinkat(f->store.fd, "e.crt", 0);
            unlinkat(f->store.fd, "c.key.20260102T030405Z.bak", 0);
            continue;
        }
        failures++;
        assert_int_equal(err.code, STATUS_SYSTEM);
        assert_false(store_has(&f->store, "a.crt"));
        assert_content(f, "b.crt", "old");
        assert_int_equal(mode_of(f, "b.crt"), 0640);
        assert_content(f, "c.key", old_key);
        assert_int_equal(mode_of(f, "c.key"), 0640);
        assert_content(f, "d.crt", "old");
        assert_false(store_has(&f->store, "e.crt"));
        assert_int_equal(count_names(f, "", false), 3);
        assert_int_equal(count_names(f, "", true), 3); /* . .. .lock */
    }
    assert_true(failures >= 9); /* 4 files and a kept key, their renames, the folder */
    assert_content(f, "c.key", key);
    batch_free(&batch);
    free(old_key);
    free(key);
}

static void a_batch_may_remove_but_never_a_key(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char *key = new_key();
    write_by_hand(f, "old.crt", "old", 0644);
    write_by_hand(f, "a.key", key, 0600);
    struct batch batch = {0};
    batch_add(&batch, "new.crt", "new", 3, 0644, false);
    batch_remove(&batch, "old.crt");
    batch_remove(&batch, "never-there.crt");
    assert_true(store_commit(&f->store, &batch, NOW, &err));
    batch_free(&batch);
    assert_false(store_has(&f->store, "old.crt"));
    assert_content(f, "new.crt", "new");
    batch_remove(&batch, "new.crt");
    batch_remove(&batch, "a.key");
    assert_false(store_commit(&f->store, &batch, NOW, &err));
    batch_free(&batch);
    assert_content(f, "new.crt", "new");
    assert_content(f, "a.key", key);
    free(key);
}

static void writing_needs_the_lock(void **state)
{
    struct fixture *f = *state;
    struct store other;
    struct error err = {0};
    assert_true(store_open(f->store.path, false, &other, &err));
    struct batch batch = {0};
    batch_add(&batch, "a.crt", "c", 1, 0644, false);
    assert_false(store_commit(&other, &batch, NOW, &err));
    batch_free(&batch);
    assert_false(store_lock(&other, &err));
    assert_int_equal(err.code, STATUS_SYSTEM);
    char process[32];
    snprintf(process, sizeof process, "process %ld ", (long)getpid());
    assert_non_null(strstr(err.message, process));
    store_close(&f->store);
    assert_true(store_lock(&other, &err)); /* it went with its holder */
    store_close(&other);
}

static void a_lock_that_is_no_file_is_refused(void **state)
{
    struct fixture *f = *state;
    char *path = path_join(f->folder, "second");
    struct store store;
    struct error err = {0};
    assert_true(store_open(path, true, &store, &err));
    assert_int_equal(mkfifoat(store.fd, ".lock", 0600), 0);
    assert_false(store_lock(&store, &err));
    assert_int_equal(unlinkat(store.fd, ".lock", 0), 0);
    assert_int_equal(symlinkat("/etc/hostname", store.fd, ".lock"), 0);
    assert_false(store_lock(&store, &err));
    store_close(&store);
    free(path);
}

static void only_plain_files_of_the_store_are_read(void **state)
{
    struct fixture *f = *state;
    struct buffer data;
    struct error err = {0};
    write_by_hand(f, "a.crt", "inside", 0644);
    assert_int_equal(symlinkat("a.crt", f->store.fd, "inside.crt"), 0);
    assert_int_equal(symlinkat("../store/a.crt", f->store.fd, "round.crt"), 0);
    assert_int_equal(symlinkat("/etc/passwd", f->store.fd, "out.crt"), 0);
    assert_int_equal(symlinkat("loop.crt", f->store.fd, "loop.crt"), 0);
    assert_int_equal(mkfifoat(f->store.fd, "fifo.crt", 0600), 0);
    assert_int_equal(mkdirat(f->store.fd, "folder.crt", 0700), 0);
    assert_content(f, "inside.crt", "inside");
    assert_content(f, "round.crt", "inside");
    const char *const bad[] = {"out.crt", "loop.crt", "fifo.crt", "folder.crt",
                               "../x",    "",         ".",        "none"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(store_read(&f->store, bad[i], &data, &err));
        assert_int_equal(err.code, STATUS_NO);
    }
    assert_false(store_read(&f->store, "out.crt", &data, &err));
    assert_non_null(strstr(err.message, "leaves the store"));
    assert_false(store_read(&f->store, "fifo.crt", &data, &err));
    assert_non_null(strstr(err.message, "FIFO"));
}

static void a_link_is_not_written_through(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char *outside = path_join(f->folder, "outside.crt");
    assert_true(file_replace(outside, "theirs", 6, 0644, NULL));
    assert_int_equal(symlinkat(outside, f->store.fd, "a.crt"), 0);
    assert_false(commit_one(f, "a.crt", "ours", 0644, true, &err));
    struct buffer data;
    assert_true(file_read(outside, &data, NULL));
    assert_memory_equal(data.data, "theirs", 6);
    buffer_free(&data);
    free(outside);
}

static void a_file_over_16_mib_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buffer data;
    struct error err = {0};
    int fd = openat(f->store.fd, "a.crt", O_WRONLY | O_CREAT, 0644);
    assert_int_equal(ftruncate(fd, (off_t)FILE_LIMIT_BYTES + 1), 0);
    close(fd);
    assert_false(store_read(&f->store, "a.crt", &data, &err));
    assert_non_null(strstr(err.message, "16 MiB"));
}

static void a_scan_is_sorted_and_tells_what_it_cannot_read(void **state)
{
    struct fixture *f = *state;
    char *key = new_key();
    write_by_hand(f, "b.key", key, 0640);
    write_by_hand(f, "a.crt", "junk", 0644);
    write_by_hand(f, "a.txt", "no PKI file", 0644);
    write_by_hand(f, ".a.key.1-1.tmp", key, 0600);
    assert_int_equal(mkfifoat(f->store.fd, "c.crt", 0600), 0);
    struct scan scan;
    assert_true(scan_store(f->store.path, &scan, NULL));
    assert_int_equal(scan.count, 3);
    assert_string_equal(scan.files[0].name, "a.crt");
    assert_int_equal(scan.files[0].pki.kind, PKI_UNKNOWN);
    assert_string_equal(scan.files[1].name, "b.key");
    assert_int_equal(scan.files[1].mode, 0640);
    assert_int_equal(scan.files[1].pki.kind, PKI_PRIVATE_KEY);
    assert_non_null(scan.files[2].problem);
    assert_null(scan_find(&scan, "a.txt"));
    assert_null(scan_cert(&scan, "a.crt"));
    assert_ptr_equal(scan_find(&scan, "c.crt"), &scan.files[2]);

    /* What the store will be like. */
    struct batch batch = {0};
    struct overlay after;
    batch_add(&batch, "aa.key", key, strlen(key), 0600, false);
    batch_add(&batch, "a.crt", key, strlen(key), 0644, true);
    batch_remove(&batch, "c.crt");
    overlay_make(&scan, &batch, &after);
    assert_int_equal(after.scan.count, 3);
    assert_int_equal(scan_find(&after.scan, "a.crt")->pki.kind, PKI_PRIVATE_KEY);
    assert_non_null(scan_find(&after.scan, "aa.key"));
    assert_null(scan_find(&after.scan, "c.crt"));
    assert_int_equal(scan_find(&scan, "a.crt")->pki.kind,
                     PKI_UNKNOWN); /* the old one is as it was */
    overlay_free(&after);
    batch_free(&batch);
    scan_free(&scan);
    free(key);
}

static void a_store_that_is_not_there_is_empty(void **state)
{
    struct fixture *f = *state;
    struct scan scan;
    struct store store;
    struct error err = {0};
    char *path = path_join(f->folder, "none"), *file = path_join(f->folder, "file");
    assert_true(scan_store(path, &scan, &err));
    assert_int_equal(scan.count, 0);
    scan_free(&scan);
    assert_false(store_open(path, false, &store, &err));
    assert_int_equal(err.code, STATUS_NO);
    assert_true(file_replace(file, "x", 1, 0644, NULL));
    assert_false(store_open(file, true, &store, &err));
    assert_int_equal(err.code, STATUS_NO);
    free(path);
    free(file);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_letters_digits_hyphens),
        cmocka_unit_test(a_long_name_is_refused_before_the_system_does),
        cmocka_unit_test(kinds_go_by_extension),
        with_store(modes_do_not_follow_the_umask),
        with_store(what_is_there_is_refused_unless_it_may_be_replaced),
        with_store(a_replaced_key_stays_as_bak),
        with_store(a_certificate_is_never_written_over_a_key),
        with_store(what_is_replaced_stays_where_it_is_asked_for),
        with_store(names_that_differ_in_case_are_refused),
        with_store(all_of_a_batch_or_nothing),
        with_store(a_fault_anywhere_brings_everything_back),
        with_store(a_batch_may_remove_but_never_a_key),
        with_store(writing_needs_the_lock),
        with_store(a_lock_that_is_no_file_is_refused),
        with_store(only_plain_files_of_the_store_are_read),
        with_store(a_link_is_not_written_through),
        with_store(a_file_over_16_mib_is_refused),
        with_store(a_scan_is_sorted_and_tells_what_it_cannot_read),
        with_store(a_store_that_is_not_there_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
