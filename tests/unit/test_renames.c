/* SPDX-License-Identifier: MIT */
/* Notes on changed names: what the original puts on the tape, and what is read of it. The tape is a list
 * here. */
#define _GNU_SOURCE
#include "unit.h"

#include "record/renames.h"
#include "record/tape.h"
#include "record/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORDS_MAX 2048

static struct {
    struct undo_record record;
    char *bytes;
} tape[RECORDS_MAX];
static size_t count;
static uint64_t spare;

static volatile uint32_t word = ROLE_ORIGINAL | ROLE_TAPE;
volatile uint32_t *role_word = &word;

bool role_is_likely_self(void)
{
    return true;
}

bool tape_has_spare(uint64_t size)
{
    return size < spare;
}

void undo_put(const struct undo_record *record, const struct iovec *parts, int parts_count)
{
    size_t at = 0;

    assert_true(count < RECORDS_MAX);
    tape[count].record = *record;
    tape[count].bytes = malloc(record->size + 1);
    assert_non_null(tape[count].bytes);
    for (int i = 0; i < parts_count; i++) {
        memcpy(tape[count].bytes + at, parts[i].iov_base, parts[i].iov_len);
        at += parts[i].iov_len;
    }
    assert_int_equal(at, record->size);
    count++;
}

size_t undo_count(void)
{
    return count;
}

const char *undo_at(size_t place, struct undo_record *record)
{
    assert_true(place < count);
    *record = tape[place].record;
    return tape[place].bytes;
}

static void clear_tape(void)
{
    while (count > 0)
        free(tape[--count].bytes);
}

static char directory[64];

/* In a directory of its own, with a file whose bytes are no multiple of a piece. */
static int begin(void **state)
{
    char byte = 'a';

    (void)state;
    snprintf(directory, sizeof directory, "/tmp/lightsss-renames.XXXXXX");
    word = ROLE_ORIGINAL | ROLE_TAPE;
    spare = UINT64_MAX;
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return -1;
    FILE *file = fopen("a", "w");
    for (int i = 0; file != NULL && i < 20001; i++, byte = (char)(byte == 'z' ? 'a' : byte + 1))
        fputc(byte, file);
    if (file == NULL || fclose(file) != 0 || symlink("a", "l") != 0 || mkdir("d", 0750) != 0)
        return -1;
    renames_take();
    return 0;
}

static int remove_entry(const char *path, const struct stat *file, int type, struct FTW *walk)
{
    (void)file;
    (void)type;
    (void)walk;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    clear_tape();
    return chdir("/") != 0 || nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0 ? -1 : 0;
}

static const struct renames_name none = {AT_FDCWD, NULL};

static struct renames_name at(const char *path)
{
    return (struct renames_name){AT_FDCWD, path};
}

static int remove_it(const char *path)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_REMOVED, at(path), none);
    return renames_ends(&moved, unlink(path));
}

static int rename_it(const char *from, const char *to)
{
    struct renames moved;

    renames_begins(&moved, RENAMES_RENAMED, at(from), at(to));
    return renames_ends(&moved, rename(from, to));
}

static bool is_text(const struct renames_texts *texts, enum renames_text which, const char *text)
{
    return texts->text[which] != NULL && texts->length[which] == strlen(text) &&
           memcmp(texts->text[which], text, strlen(text)) == 0;
}

/* The last one. */
static size_t read_done(struct renames_note *note, struct renames_texts *texts)
{
    size_t place = 0;

    assert_true(count > 0);
    assert_true(renames_is_done_at(count - 1, &place));
    assert_true(renames_at(place, note, texts));
    return place;
}

static void a_rename_is_noted(void **state)
{
    struct renames_texts texts;
    struct renames_note note;

    (void)state;
    assert_int_equal(rename_it("a", "d/b"), 0);
    read_done(&note, &texts);
    assert_int_equal(note.kind, RENAMES_RENAMED);
    assert_int_equal(note.file.size, 20001);
    assert_int_equal(note.gone.mode, 0);
    assert_true(is_text(&texts, RENAMES_NAME, "a"));
    assert_true(is_text(&texts, RENAMES_OTHER_NAME, "d/b"));
    assert_true(is_text(&texts, RENAMES_DIRECTORY, directory));
    assert_null(texts.text[RENAMES_LINK]);
    assert_int_equal(renames_find_unfinished(count), RENAMES_NONE);
}

static void a_removed_file_is_kept(void **state)
{
    struct renames_texts texts;
    struct renames_note note;
    char bytes[20010] = "";

    (void)state;
    assert_int_equal(remove_it("a"), 0);
    size_t place = read_done(&note, &texts);
    assert_false(note.is_lost);
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    assert_int_equal(renames_put_back(place, fd), 0);
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 20001);
    for (int i = 0; i < 20001; i++)
        assert_int_equal(bytes[i], 'a' + i % 26);
    assert_true(renames_concerned(note.gone.device, note.gone.inode));
    assert_false(renames_concerned(note.gone.device, note.gone.inode + 1));
    close(fd);
}

static void a_link_is_kept(void **state)
{
    struct renames_texts texts;
    struct renames_note note;

    (void)state;
    assert_int_equal(remove_it("l"), 0);
    read_done(&note, &texts);
    assert_true(S_ISLNK(note.gone.mode));
    assert_true(is_text(&texts, RENAMES_LINK, "a"));
}

static void what_has_no_room_is_lost(void **state)
{
    struct renames_texts texts;
    struct renames_note note;

    (void)state;
    spare = 20000;
    assert_int_equal(remove_it("a"), 0);
    read_done(&note, &texts);
    assert_true(note.is_lost);
}

static void more_than_4_megabytes_are_lost(void **state)
{
    struct renames_texts texts;
    struct renames_note note;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(truncate("a", 3 << 20), 0);
        assert_int_equal(link("a", "b"), 0);
        assert_int_equal(remove_it("b"), 0);
        read_done(&note, &texts);
        assert_int_equal(note.is_lost, i == 1);
        if (i == 1)
            renames_take();
        clear_tape();
    }
}

static void a_failed_call_is_not_done(void **state)
{
    size_t place;

    (void)state;
    assert_int_equal(remove_it("d"), -1);
    assert_int_equal(errno, EISDIR);
    assert_false(renames_is_done_at(count - 1, &place));
    assert_int_equal(renames_find_unfinished(count), RENAMES_NONE);
}

static void who_is_killed_leaves_a_note(void **state)
{
    struct renames one, other;
    struct renames_texts texts;
    struct renames_note note;

    (void)state;
    renames_begins(&one, RENAMES_RENAMED, at("a"), at("b"));
    renames_begins(&other, RENAMES_REMOVED, at("l"), none);
    assert_int_equal(renames_ends(&other, 0), 0);
    size_t place = renames_find_unfinished(count);
    assert_int_not_equal(place, RENAMES_NONE);
    assert_true(renames_at(place, &note, &texts));
    assert_true(is_text(&texts, RENAMES_NAME, "a"));
    assert_int_equal(renames_find_unfinished(place), RENAMES_NONE);
    read_done(&note, &texts);
    assert_true(is_text(&texts, RENAMES_NAME, "l"));
    renames_ends(&one, 0);
}

static void what_changes_nothing_is_not_noted(void **state)
{
    const char *nothing = (const char *)(uintptr_t)8;

    (void)state;
    assert_int_equal(link("a", "b"), 0);
    assert_int_equal(rename_it("a", "b"), 0); /* names of one file */
    assert_int_equal(rename_it("missing", "b"), -1);
    assert_int_equal(remove_it("missing"), -1);
    assert_int_equal(remove_it(nothing), -1);
    assert_int_equal(rename_it("a", nothing), -1);
    assert_int_equal(count, 0);
}

static void what_is_young_is_not_noted(void **state)
{
    (void)state;
    usleep(50000); /* times of files have a grain */
    close(open("young", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(rename_it("young", "younger"), 0);
    assert_int_equal(remove_it("younger"), 0);
    assert_int_equal(count, 0);
    close(open("young", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(rename_it("young", "a"), 0);
    assert_int_not_equal(count, 0);
}

static void what_is_made_is_noted_at_once_only(void **state)
{
    struct renames_texts texts;
    struct renames_note note;
    struct renames made;

    (void)state;
    renames_take();
    renames_begins(&made, RENAMES_MADE, at("made"), none);
    assert_int_equal(renames_ends(&made, mkdir("made", 0700)), 0);
    read_done(&note, &texts);
    assert_int_equal(note.kind, RENAMES_MADE);
    assert_true(is_text(&texts, RENAMES_NAME, "made"));
    clear_tape();
    renames_take();
    renames_begins(&made, RENAMES_MADE, at("made"), none); /* it is there */
    renames_ends(&made, -1);
    usleep(50000);
    renames_begins(&made, RENAMES_MADE, at("later"), none);
    renames_ends(&made, 0);
    assert_int_equal(count, 0);
}

static void others_note_nothing(void **state)
{
    (void)state;
    word = ROLE_REPLAY | ROLE_TAPE;
    assert_int_equal(rename_it("a", "b"), 0);
    word = ROLE_ORIGINAL; /* and there is no snapshot yet */
    assert_int_equal(remove_it("b"), 0);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rename_is_noted, begin, end),
        cmocka_unit_test_setup_teardown(a_removed_file_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_link_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(what_has_no_room_is_lost, begin, end),
        cmocka_unit_test_setup_teardown(more_than_4_megabytes_are_lost, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_call_is_not_done, begin, end),
        cmocka_unit_test_setup_teardown(who_is_killed_leaves_a_note, begin, end),
        cmocka_unit_test_setup_teardown(what_changes_nothing_is_not_noted, begin, end),
        cmocka_unit_test_setup_teardown(what_is_young_is_not_noted, begin, end),
        cmocka_unit_test_setup_teardown(what_is_made_is_noted_at_once_only, begin, end),
        cmocka_unit_test_setup_teardown(others_note_nothing, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
