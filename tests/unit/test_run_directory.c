/* SPDX-License-Identifier: MIT */
/* run_directory: who may write to DIR sees nothing of a run, and can lead none of its files elsewhere, not
 * even by putting links in the way at any moment. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "run/run.h"
#include "run/run_directory.h"

#define RACES 400

static char work[64];
static struct shared_page page;

static const char *in_work(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *result = path[next++ % 4];

    snprintf(result, sizeof path[0], "%s/%s", work, name);
    return result;
}

static void use_directory(const char *name)
{
    snprintf(run.base_directory, sizeof run.base_directory, "%s", in_work(name));
}

static int set_up(void **state)
{
    (void)state;
    snprintf(work, sizeof work, "/tmp/lightsss-run.XXXXXX");
    if (mkdtemp(work) == NULL)
        return -1;
    umask(0);
    page.original_pid = 42;
    run.page = &page;
    snprintf(run.program, sizeof run.program, "emu");
    use_directory("dir");
    mkdir(in_work("elsewhere"), 0700);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", work);
    return system(command); /* NOLINT(cert-env33-c) */
}

static bool is_there(const char *name)
{
    struct stat status;

    return lstat(in_work(name), &status) == 0;
}

static unsigned mode_of(const char *name)
{
    struct stat status;

    assert_int_equal(lstat(in_work(name), &status), 0);
    return status.st_mode;
}

static int create(const char *name)
{
    int fd = run_directory_create(name);

    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static void only_its_user_may_enter(void **state)
{
    (void)state;
    assert_int_equal(run_directory_make(), 0);
    assert_int_equal(mode_of("dir/emu.42"), S_IFDIR | 0700);
    assert_int_equal(create("report.json"), 0);
    assert_int_equal(mode_of("dir/emu.42/report.json"), S_IFREG | 0600);
}

static void a_name_that_is_taken_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(symlink("../elsewhere", in_work("dir/emu.42-2")), 0); /* emu.42 is there already */
    assert_int_equal(symlink("nowhere", in_work("dir/emu.42-3")), 0);
    assert_int_equal(run_directory_make(), 0);
    assert_int_equal(create("report.json"), 0);
    assert_int_equal(mode_of("dir/emu.42-4"), S_IFDIR | 0700);
    assert_true(is_there("dir/emu.42-4/report.json"));
    assert_false(is_there("elsewhere/report.json"));
}

static void links_in_the_directory_are_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlink("../../elsewhere/report.json", in_work("dir/emu.42-4/wave.gtkw")), 0);
    assert_int_equal(create("wave.gtkw"), -ELOOP);
    assert_false(is_there("elsewhere/report.json"));
}

static void another_directory_of_that_name_is_not_used(void **state)
{
    (void)state;
    assert_int_equal(rename(in_work("dir/emu.42-4"), in_work("dir/away")), 0);
    assert_int_equal(create("a"), -ENOENT);
    assert_int_equal(mkdir(in_work("dir/emu.42-4"), 0700), 0);
    assert_int_equal(create("a"), -ESTALE);
    assert_int_equal(rmdir(in_work("dir/emu.42-4")), 0);
    assert_int_equal(symlink("away", in_work("dir/emu.42-4")), 0);
    assert_int_equal(create("a"), -ENOTDIR);
    assert_int_equal(unlink(in_work("dir/emu.42-4")), 0);
    assert_int_equal(rename(in_work("dir/away"), in_work("dir/emu.42-4")), 0);
    assert_int_equal(create("a"), 0);
}

/* The user's own link is followed: it is where the user wants it. */
static void dir_itself_may_be_a_link(void **state)
{
    (void)state;
    use_directory("link");
    assert_int_equal(symlink("elsewhere", run.base_directory), 0);
    assert_int_equal(run_directory_make(), 0);
    assert_int_equal(create("report.json"), 0);
    assert_true(is_there("elsewhere/emu.42/report.json"));
    use_directory("dangling");
    assert_int_equal(symlink("nowhere", run.base_directory), 0);
    assert_int_equal(run_directory_make(), -ENOENT);
    use_directory("dir");
}

/* In a replay, which holds the directory, all goes there even when it is moved. */
static void what_is_held_is_used_wherever_it_is(void **state)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct text path;

    (void)state;
    use_directory("held");
    assert_int_equal(run_directory_make(), 0);
    assert_int_equal(rename(in_work("held/emu.42"), in_work("held/away")), 0);
    assert_int_equal(run_directory_pin(), -ENOENT);
    assert_int_equal(rename(in_work("held/away"), in_work("held/emu.42")), 0);
    assert_int_equal(run_directory_pin(), 0);
    assert_int_equal(rename(in_work("held/emu.42"), in_work("held/away")), 0);
    assert_int_equal(symlink("../elsewhere", in_work("held/emu.42")), 0);
    assert_int_equal(create("report.json"), 0);
    assert_true(is_there("held/away/report.json"));
    assert_false(is_there("elsewhere/report.json"));
    assert_int_equal(run_directory_size("report.json"), 0);
    assert_int_equal(run_directory_size("wave.vcd"), -ENOENT);
    path = text_in(buffer, sizeof buffer);
    run_directory_held_path(&path, "wave.vcd");
    assert_string_equal(buffer, in_work("held/emu.42/wave.vcd"));
    path = text_in(buffer, sizeof buffer);
    run_directory_present_path(&path, "wave.vcd");
    assert_string_equal(buffer, in_work("held/away/wave.vcd"));
    path = text_in(buffer, sizeof buffer);
    run_directory_link_path(&path, "wave.vcd");
    close(open(buffer, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_true(is_there("held/away/wave.vcd"));
    run_directory_remove("wave.vcd");
    assert_false(is_there("held/away/wave.vcd"));
    int held = run_directory_take();
    run_directory_leave(held);
    assert_int_equal(close(held), 0); /* as closefrom() does: it is then found by its name, or not */
    assert_int_equal(create("report.json"), -ENOTDIR);
    assert_int_equal(unlink(in_work("held/emu.42")), 0);
    assert_int_equal(rename(in_work("held/away"), in_work("held/emu.42")), 0);
    assert_int_equal(create("report.json"), 0);
    use_directory("dir");
}

/* Whatever lies there: it is neither opened nor waited for. */
static void what_is_no_directory_is_in_the_way(void **state)
{
    (void)state;
    use_directory("fifos");
    assert_int_equal(mkdir(run.base_directory, 0700), 0);
    assert_int_equal(mkfifo(in_work("fifos/emu.42"), 0666), 0);
    assert_int_equal(run_directory_make(), 0);
    assert_int_equal(mode_of("fifos/emu.42-2"), S_IFDIR | 0700);
    assert_int_equal(mkfifo(in_work("fifo"), 0666), 0);
    use_directory("fifo");
    assert_int_equal(run_directory_make(), -ENOTDIR);
    use_directory("dir");
}

/* No umask takes from the user what the run leaves, and none gives it to others. */
static void any_umask_will_do(void **state)
{
    static const mode_t masks[] = {0777, 0700, 077, 0};
    char name[32];

    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        snprintf(name, sizeof name, "umask%zu", i);
        use_directory(name);
        umask(masks[i]);
        int error = run_directory_make();
        int created = create("report.json");
        umask(0);
        assert_int_equal(error, 0);
        assert_int_equal(created, 0);
        assert_int_equal(mode_of(name) & 0700, 0700);
        snprintf(name, sizeof name, "umask%zu/emu.42", i);
        assert_int_equal(mode_of(name), S_IFDIR | 0700);
    }
    assert_int_equal(mode_of("umask0/emu.42/report.json"), S_IFREG | 0600);
    use_directory("dir");
}

/* What POSIX calls a default access list: it would give whatever is made there to another user, too. */
static void an_inherited_access_list_gives_nothing(void **state)
{
    static const struct {
        uint32_t version;
        struct {
            uint16_t tag, rights;
            uint32_t id;
        } entries[5];
    } list = {
        2, {{1, 7, UINT32_MAX}, {2, 7, 12345}, {4, 7, UINT32_MAX}, {16, 7, UINT32_MAX}, {32, 7, UINT32_MAX}}};

    (void)state;
    use_directory("listed");
    assert_int_equal(mkdir(run.base_directory, 0700), 0);
    if (setxattr(run.base_directory, "system.posix_acl_default", &list, sizeof list, 0) != 0) {
        print_message("%s has no access lists\n", work);
        skip();
    }
    assert_int_equal(run_directory_make(), 0);
    assert_int_equal(create("report.json"), 0);
    /* The bits of the group are the mask, which bounds what the list gives. */
    assert_int_equal(mode_of("listed/emu.42"), S_IFDIR | 0700);
    assert_int_equal(mode_of("listed/emu.42/report.json"), S_IFREG | 0600);
    use_directory("dir");
}

static int make_through_link(const char *place, unsigned place_mode, uid_t owner)
{
    char name[64];

    mkdir(in_work(place), 0700);
    assert_int_equal(chmod(in_work(place), place_mode), 0);
    snprintf(name, sizeof name, "%s/link", place);
    unlink(in_work(name));
    assert_int_equal(symlink("../common", in_work(name)), 0);
    assert_int_equal(lchown(in_work(name), owner, owner), 0);
    use_directory(name);
    assert_int_equal(seteuid(12346), 0);
    int error = run_directory_make();
    assert_int_equal(seteuid(0), 0);
    use_directory("dir");
    return error;
}

/* In a place like /tmp whoever comes first may have put a link where the user wants a directory. */
static void a_link_of_another_user_is_not_followed(void **state)
{
    struct stat status;

    (void)state;
    if (geteuid() != 0) {
        print_message("only root can make another user's link\n");
        skip();
    }
    assert_int_equal(chmod(work, 0755), 0);
    assert_int_equal(mkdir(in_work("common"), 0777), 0);
    assert_int_equal(make_through_link("sticky", 01777, 12345), -EACCES);
    assert_int_equal(stat(in_work("common"), &status), 0);
    assert_int_equal(status.st_nlink, 2);
    assert_int_equal(make_through_link("sticky", 01777, 12346), 0); /* the user's own */
    assert_int_equal(make_through_link("sticky", 01777, 0), 0);     /* that of the place's owner */
    assert_int_equal(make_through_link("project", 0755, 12345), 0); /* nobody may simply put links there */
}

static pthread_barrier_t line_up;
static atomic_bool racing;

/* Moves the run directory away as soon as it is there, or some moments later, and puts a link in its place.
 * It only looks until then: who tries to rename locks the others out. */
static void *put_links_in_the_way(void *unused)
{
    char made[256], away[256];
    struct stat status;

    (void)unused;
    snprintf(made, sizeof made, "%s/races/emu.42", work);
    snprintf(away, sizeof away, "%s/races/away", work);
    for (unsigned race = 0;; race++) {
        pthread_barrier_wait(&line_up);
        if (!atomic_load(&racing))
            return NULL;
        while (lstat(made, &status) != 0)
            continue;
        for (volatile unsigned wait = race % 16 * 500; wait > 0; wait--)
            continue;
        assert_int_equal(rename(made, away), 0);
        assert_int_equal(symlink("../elsewhere", made), 0);
        pthread_barrier_wait(&line_up);
    }
}

static void nobody_wins_a_race(void **state)
{
    pthread_t other;
    int made = 0, written = 0;

    (void)state;
    use_directory("races");
    atomic_store(&racing, true);
    pthread_barrier_init(&line_up, NULL, 2);
    assert_int_equal(pthread_create(&other, NULL, put_links_in_the_way, NULL), 0);
    for (int i = 0; i < RACES; i++) {
        pthread_barrier_wait(&line_up);
        bool is_made = run_directory_make() == 0;
        made += is_made;
        written += is_made && create("report.json") == 0;
        pthread_barrier_wait(&line_up);
        assert_false(is_there("elsewhere/report.json"));
        assert_int_equal(unlink(in_work("races/emu.42")), 0);
        unlink(in_work("races/away/report.json"));
        assert_int_equal(rmdir(in_work("races/away")), 0);
    }
    atomic_store(&racing, false);
    pthread_barrier_wait(&line_up);
    pthread_join(other, NULL);
    print_message("%d of %d were made, and %d written to\n", made, RACES, written);
}

/* Only root can make a directory that is another user's. */
static void nothing_is_written_to_what_another_user_made(void **state)
{
    struct stat status;

    (void)state;
    if (geteuid() != 0) {
        print_message("only root can show what another user's directory does\n");
        skip();
    }
    use_directory("theirs");
    assert_int_equal(mkdir(run.base_directory, 0700), 0);
    assert_int_equal(chown(run.base_directory, 12345, 12345), 0);
    assert_int_equal(seteuid(12346), 0);
    int error = run_directory_make();
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(error, -EACCES);
    assert_int_equal(stat(run.base_directory, &status), 0);
    assert_int_equal(status.st_nlink, 2); /* it is empty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_user_may_enter),
        cmocka_unit_test(a_name_that_is_taken_is_left_alone),
        cmocka_unit_test(links_in_the_directory_are_not_followed),
        cmocka_unit_test(another_directory_of_that_name_is_not_used),
        cmocka_unit_test(dir_itself_may_be_a_link),
        cmocka_unit_test(what_is_held_is_used_wherever_it_is),
        cmocka_unit_test(what_is_no_directory_is_in_the_way),
        cmocka_unit_test(any_umask_will_do),
        cmocka_unit_test(an_inherited_access_list_gives_nothing),
        cmocka_unit_test(a_link_of_another_user_is_not_followed),
        cmocka_unit_test(nobody_wins_a_race),
        cmocka_unit_test(nothing_is_written_to_what_another_user_made),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
