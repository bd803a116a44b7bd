/* SPDX-License-Identifier: MIT */
/* debug_file: copies of this program, split as distributions do it, with their symbols in each of the places
 * where debuggers look, and with those of another build. */
#include "unit.h"

#include "elf/debug_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char work[64];

/* In the directory of the test. */
__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
    char command[2048], text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(command, sizeof command, "cd '%s' && %s", work, text);
    if (system(command) != 0) /* NOLINT(cert-env33-c): commands of our own */
        fail_msg("%s failed", command);
}

/* stripped, its symbols in name.debug, and root, which is empty. */
static void lay_out(const char *more_for_both)
{
    char self[PATH_MAX] = "";

    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    run("rm -rf * .debug && mkdir root .debug && cp '%s' whole", self);
    run("objcopy %s whole && objcopy --only-keep-debug whole name.debug", more_for_both);
    run("strip -o stripped whole && objcopy --add-gnu-debuglink=name.debug stripped");
}

/* Which file was found, by its place in the directory; "" for none. */
static const char *found(const char *stripped)
{
    static char target[PATH_MAX];
    char path[PATH_MAX], root[PATH_MAX], link[64];

    snprintf(path, sizeof path, "%s/%s", work, stripped);
    snprintf(root, sizeof root, "%s/root", work);
    int own = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(own >= 0);
    struct elf_file elf;
    assert_int_equal(elf_file_open(&elf, own, true), 0);
    int fd = debug_file_open(&elf, path, root);
    elf_file_close(&elf);
    close(own);
    if (fd < 0) {
        assert_int_equal(fd, -ENOENT);
        return "";
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    assert_true(length > (ssize_t)strlen(work));
    target[length] = '\0';
    close(fd);
    return target + strlen(work) + 1;
}

static void places_by_name(void **state)
{
    (void)state;
    lay_out("-R .note.gnu.build-id");
    assert_string_equal(found("stripped"), "name.debug");
    run("mv name.debug .debug");
    assert_string_equal(found("stripped"), ".debug/name.debug");
    run("mkdir -p root/'%s' && mv .debug/name.debug root/'%s'", work, work);
    char in_root[PATH_MAX];
    snprintf(in_root, sizeof in_root, "root%s/name.debug", work);
    assert_string_equal(found("stripped"), in_root);
    run("rm -r root/*");
    assert_string_equal(found("stripped"), "");
}

static void places_by_build_id(void **state)
{
    (void)state;
    lay_out("");
    run("objcopy -R .gnu_debuglink stripped");
    assert_string_equal(found("stripped"), "");
    run("id=$(readelf -n stripped | sed -n 's/ *Build ID: //p') && d=root/.build-id/$(echo $id | cut -c1-2) "
        "&& "
        "mkdir -p $d && mv name.debug $d/$(echo $id | cut -c3-).debug");
    assert_non_null(strstr(found("stripped"), "root/.build-id/"));
}

static void other_builds_are_refused(void **state)
{
    (void)state;
    lay_out("-R .note.gnu.build-id");
    assert_string_equal(found("stripped"), "name.debug");
    run("printf x >> name.debug"); /* another checksum */
    assert_string_equal(found("stripped"), "");
    run("echo text > name.debug");
    assert_string_equal(found("stripped"), "");
    run("rm name.debug && mkdir name.debug");
    assert_string_equal(found("stripped"), "");
    run("rmdir name.debug && mkfifo name.debug"); /* nobody ever writes to it */
    alarm(20);
    assert_string_equal(found("stripped"), "");
    alarm(0);

    lay_out("");
    run("printf x >> name.debug"); /* the build id is the same: strip may have gone over it again */
    assert_string_equal(found("stripped"), "name.debug");
    run("objcopy -R .note.gnu.build-id name.debug"); /* then the checksum counts */
    assert_string_equal(found("stripped"), "");
}

static void a_file_is_not_its_own_debug_file(void **state)
{
    (void)state;
    lay_out("-R .note.gnu.build-id");
    run("objcopy -R .gnu_debuglink stripped && cp stripped name.debug && objcopy "
        "--add-gnu-debuglink=name.debug stripped && mv stripped name.debug");
    assert_string_equal(found("name.debug"), "");
}

#define CROWD_SIZE     ((size_t)8 << 20)
#define CROWD_SECTIONS 60000u
#define CROWD_NOTES                                                                                          \
    (sizeof(Elf64_Ehdr) + CROWD_SECTIONS * sizeof(Elf64_Shdr)) /* empty ones, to the file's end */

/* Thousands of sections of notes, each of which says that it has all notes. */
static void notes_are_read_once(void **state)
{
    Elf64_Ehdr header = {.e_type = ET_EXEC,
                         .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT,
                         .e_ehsize = sizeof header,
                         .e_shoff = sizeof header,
                         .e_shentsize = sizeof(Elf64_Shdr),
                         .e_shnum = CROWD_SECTIONS};
    const Elf64_Shdr notes = {.sh_type = SHT_NOTE,
                              .sh_offset = CROWD_NOTES,
                              .sh_size = CROWD_SIZE - CROWD_NOTES,
                              .sh_addralign = 4};
    char *bytes = calloc(1, CROWD_SIZE);

    (void)state;
    assert_non_null(bytes);
    memcpy(header.e_ident, ELFMAG "\2\1\1", SELFMAG + 3); /* 64 bits, little-endian, version 1 */
    memcpy(bytes, &header, sizeof header);
    for (size_t i = 1; i < CROWD_SECTIONS; i++)
        memcpy(bytes + sizeof header + i * sizeof notes, &notes, sizeof notes);
    int fd = memfd_create("crowd", MFD_CLOEXEC);
    assert_int_equal(write(fd, bytes, CROWD_SIZE), CROWD_SIZE);
    struct elf_file elf;
    assert_int_equal(elf_file_open(&elf, fd, true), 0);
    clock_t start = clock();
    assert_int_equal(debug_file_open(&elf, "/nowhere/emu", "/nowhere"), -ENOENT);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 5);
    elf_file_close(&elf);
    close(fd);
    free(bytes);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(work, sizeof work, "/tmp/lightsss-debug.XXXXXX");
    return mkdtemp(work) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    run("rm -rf '%s'", work);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_by_name),           cmocka_unit_test(places_by_build_id),
        cmocka_unit_test(other_builds_are_refused), cmocka_unit_test(a_file_is_not_its_own_debug_file),
        cmocka_unit_test(notes_are_read_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
