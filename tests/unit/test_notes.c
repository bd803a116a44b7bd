/* SPDX-License-Identifier: MIT */
/* Notes are kept once, up to a limit that is told, cut where they are long, and only in a replay. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "run/notes.h"
#include "run/role.h"
#include "run/run.h"

static struct shared_page page;

static struct shared_notes *begin(void)
{
    memset(&page, 0, sizeof page);
    run.page = &page;
    role_await();
    role_become(ROLE_REPLAY);
    return &page.notes;
}

static void each_line_once(void **state)
{
    struct shared_notes *notes = begin();

    (void)state;
    notes_add("refused: %s", "a");
    notes_add("refused: %s", "b");
    notes_add("refused: %s", "a");
    assert_int_equal(notes->count, 2);
    assert_string_equal(notes->lines[0], "refused: a");
    assert_string_equal(notes->lines[1], "refused: b");
    assert_string_equal(notes->cause, "");
}

static void the_first_cause_stays(void **state)
{
    struct shared_notes *notes = begin();

    (void)state;
    notes_add("a note");
    notes_add_cause("cause %d", 1);
    notes_add_cause("cause %d", 2);
    assert_int_equal(notes->count, 3);
    assert_string_equal(notes->cause, "cause 1");
}

static void too_many(void **state)
{
    struct shared_notes *notes = begin();

    (void)state;
    for (int i = 0; i < 40; i++)
        notes_add("note %d", i);
    assert_int_equal(notes->count, SHARED_NOTES_MAX);
    assert_string_equal(notes->lines[15], "note 15");
    assert_string_equal(notes->lines[16], "there was more than is noted here");
    notes_add_cause("late");
    assert_string_equal(notes->cause, "late");
}

static void a_long_line_is_cut(void **state)
{
    struct shared_notes *notes = begin();
    char line[400];

    (void)state;
    memset(line, 'x', sizeof line);
    line[399] = '\0';
    notes_add("%s", line);
    assert_int_equal(strlen(notes->lines[0]), SHARED_NOTE_SIZE - 1);
}

static void in_a_replay_only(void **state)
{
    struct shared_notes *notes = begin();

    (void)state;
    role_become(ROLE_ORIGINAL);
    notes_add("original");
    assert_int_equal(notes->count, 0);
    assert_string_equal(notes->cause, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_once),   cmocka_unit_test(the_first_cause_stays),
        cmocka_unit_test(too_many),         cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(in_a_replay_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
