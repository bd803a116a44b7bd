/* SPDX-License-Identifier: MIT */
/* The table of what a replay has done to names. */
#include "unit.h"

#include "sandbox/names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MANY 5000

static struct names names;
static size_t memory_left;

static void *more(size_t size)
{
    static _Alignas(64) char memory[1 << 20];

    if (size > memory_left)
        return NULL;
    memory_left -= size;
    return memset(memory + memory_left, 0, size);
}

static int clear(void **state)
{
    (void)state;
    memory_left = (size_t)1 << 20;
    names_start(&names, more);
    return 0;
}

static void set_file(const char *path, int fd)
{
    assert_int_equal(names_set(&names, path, &(struct name){.kind = NAME_FILE, .fd = fd}), 0);
}

static void the_last_word_counts(void **state)
{
    (void)state;
    assert_null(names_find(&names, "/a/b"));
    set_file("/a/b", 7);
    assert_int_equal(names_find(&names, "/a/b")->fd, 7);
    assert_null(names_find(&names, "/a"));
    assert_null(names_find(&names, "/a/bc"));
    assert_int_equal(names_set(&names, "/a/b", &(struct name){.kind = NAME_GONE}), 0);
    assert_int_equal(names_find(&names, "/a/b")->kind, NAME_GONE);
    assert_int_equal(names.count, 1);
}

static void links_keep_their_text(void **state)
{
    char text[] = "where";

    (void)state;
    assert_int_equal(names_set(&names, "/l", &(struct name){.kind = NAME_LINK, .link = text}), 0);
    text[0] = 'x';
    assert_string_equal(names_find(&names, "/l")->link, "where");
}

static void below_is_not_beside(void **state)
{
    (void)state;
    assert_true(names_is_in("/a", "/a"));
    assert_true(names_is_in("/a/b", "/a"));
    assert_true(names_is_in("/a", "/"));
    assert_false(names_is_in("/ab", "/a"));
    assert_false(names_is_in("/", "/a"));
    set_file("/ab/c", 1);
    assert_false(names_has_below(&names, "/a"));
    set_file("/a", 1);
    assert_false(names_has_below(&names, "/a"));
    set_file("/a/c", 1);
    assert_true(names_has_below(&names, "/a"));
    assert_int_equal(names_set(&names, "/a/c", &(struct name){.kind = NAME_GONE}), 0);
    assert_false(names_has_below(&names, "/a"));
}

static void a_directory_moves_with_all(void **state)
{
    (void)state;
    set_file("/a/b", 1);
    set_file("/a/c/d", 2);
    set_file("/ax", 3);
    assert_int_equal(names_move_below(&names, "/a", "/other"), 0);
    assert_int_equal(names_find(&names, "/other/b")->fd, 1);
    assert_int_equal(names_find(&names, "/other/c/d")->fd, 2);
    assert_null(names_find(&names, "/a/c/d"));
    assert_int_equal(names_find(&names, "/ax")->fd, 3);
    assert_null(names_find(&names, "/otherx"));
}

static void set(const char *path, enum name_kind kind, const char *link)
{
    assert_int_equal(names_set(&names, path, &(struct name){.kind = kind, .link = link}), 0);
}

static void what_is_gone_moves_too(void **state)
{
    (void)state;
    set("/a/b", NAME_GONE, NULL);
    assert_int_equal(names_move_below(&names, "/a", "/c"), 0);
    assert_int_equal(names_find(&names, "/c/b")->kind, NAME_GONE);
    assert_null(names_find(&names, "/a/b"));
    names_forget_below(&names, "/c");
    assert_null(names_find(&names, "/c/b"));
    assert_false(names_has_below(&names, "/c"));
}

static void elsewhere_is(const char *path, const char *wanted)
{
    char real[PATH_MAX];

    assert_int_equal(names_elsewhere(&names, path, real), strcmp(path, wanted) != 0);
    assert_string_equal(real, wanted);
}

static void what_is_below_is_elsewhere_too(void **state)
{
    char path[PATH_MAX];

    (void)state;
    elsewhere_is("/d/x", "/d/x");
    set("/d", NAME_ELSEWHERE, "/far/e");
    set("/d/made", NAME_DIRECTORY, NULL);
    set("/d/other", NAME_ELSEWHERE, "/f");
    elsewhere_is("/d", "/far/e");
    elsewhere_is("/d/x/y", "/far/e/x/y");
    elsewhere_is("/dx", "/dx");
    elsewhere_is("/d/made/x", "/d/made/x");
    elsewhere_is("/d/other/x", "/f/x");
    elsewhere_is("", "");
    assert_true(names_seen_as(&names, "/far/e/x", path));
    assert_string_equal(path, "/d/x");
    assert_true(names_seen_as(&names, "/f", path));
    assert_string_equal(path, "/d/other");
    assert_false(names_seen_as(&names, "/far", path));
    assert_string_equal(path, "/far");
}

static void many_are_found(void **state)
{
    char path[32];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "/%d", i);
        set_file(path, i + 1);
    }
    assert_int_equal(names.count, MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "/%d", i);
        assert_int_equal(names_find(&names, path)->fd, i + 1);
        assert_string_equal(names_at(&names, (size_t)i)->path, path);
    }
}

/* What is there may change, and stays where it is. */
static void full_is_said(void **state)
{
    char path[32];
    int r = 0;

    (void)state;
    memory_left = (size_t)2 * NAMES_CHUNK * sizeof(struct name) + NAMES_POOL;
    set_file("/first", 1);
    const struct name *first = names_find(&names, "/first");
    for (int i = 0; i < MANY && r == 0; i++) {
        snprintf(path, sizeof path, "/%d", i);
        r = names_set(&names, path, &(struct name){.kind = NAME_FILE, .fd = i});
    }
    assert_int_equal(r, -ENOSPC);
    assert_int_equal(names.count, 2 * NAMES_CHUNK);
    set_file("/5", 99);
    assert_int_equal(names_find(&names, "/5")->fd, 99);
    assert_ptr_equal(names_find(&names, "/first"), first);
    assert_string_equal(first->path, "/first");
}

static void without_memory_all_is_refused(void **state)
{
    (void)state;
    memory_left = 0;
    assert_null(names_find(&names, "/a"));
    assert_int_equal(names_set(&names, "/a", &(struct name){.kind = NAME_GONE}), -ENOSPC);
}

/* Entries are left, and no memory for texts. */
static void a_text_that_does_not_fit_is_said(void **state)
{
    static char path[4000];
    int r = 0;

    (void)state;
    memory_left = NAMES_CHUNK * sizeof(struct name) + NAMES_POOL;
    memset(path, 'x', sizeof path - 1);
    for (char letter = 'a'; letter <= 'z' && r == 0; letter++) {
        path[0] = letter;
        r = names_set(&names, path, &(struct name){.kind = NAME_GONE});
    }
    assert_int_equal(r, -ENOSPC);
    assert_int_equal(names.count, NAMES_POOL / sizeof path);
    assert_int_equal(names_set(&names, "/l", &(struct name){.kind = NAME_LINK, .link = path}), -ENOSPC);
    assert_int_equal(names.count, NAMES_POOL / sizeof path);
    set_file("/b", 2);
}

static void links_are_counted(void **state)
{
    (void)state;
    set_file("/a", 7);
    set_file("/b", 7);
    set_file("/c", 8);
    assert_int_equal(names_links(&names, 7), 2);
    names_set(&names, "/a", &(struct name){.kind = NAME_GONE});
    assert_int_equal(names_links(&names, 7), 1);
    names_set(&names, "/users", &(struct name){.kind = NAME_GONE, .fd = 7});
    assert_int_equal(names_links(&names, 7), 0);
    assert_int_equal(names_links(&names, 8), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_last_word_counts, clear),
        cmocka_unit_test_setup(links_keep_their_text, clear),
        cmocka_unit_test_setup(below_is_not_beside, clear),
        cmocka_unit_test_setup(a_directory_moves_with_all, clear),
        cmocka_unit_test_setup(what_is_gone_moves_too, clear),
        cmocka_unit_test_setup(what_is_below_is_elsewhere_too, clear),
        cmocka_unit_test_setup(many_are_found, clear),
        cmocka_unit_test_setup(full_is_said, clear),
        cmocka_unit_test_setup(without_memory_all_is_refused, clear),
        cmocka_unit_test_setup(a_text_that_does_not_fit_is_said, clear),
        cmocka_unit_test_setup(links_are_counted, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
