/* SPDX-License-Identifier: MIT */
/* Which loaded objects are looked at again: a loader whose list changes, also while it is walked. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "attach/candidates.h"
#include "attach/recognise.h"

#define MOST 64

static struct {
    const char *name[MOST];
    unsigned count;
    unsigned long long adds, subs;
    unsigned walks, changes_in_walk; /* in that one an object goes at its second visit */
    const char *far_away;            /* in another namespace */
} loader_state;

static char looked_at[1024]; /* the first bytes of their names */

enum recognised recognise_object(const struct dl_phdr_info *object)
{
    size_t length = strlen(looked_at);

    looked_at[length] = object->dlpi_name[0] == '\0' ? '.' : object->dlpi_name[0];
    looked_at[length + 1] = '\0';
    return object->dlpi_name[0] == 'l' ? RECOGNISED_NOTHING : RECOGNISED_MODEL; /* libm, ... */
}

static int visit_one(const char *name, int (*visit)(struct dl_phdr_info *, size_t, void *), void *context)
{
    struct dl_phdr_info info = {
        .dlpi_name = name,
        .dlpi_addr = (uintptr_t)name,
        .dlpi_adds = loader_state.adds,
        .dlpi_subs = loader_state.subs,
    };

    return visit(&info, sizeof info, context);
}

static int each(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context)
{
    int r = 0;

    loader_state.walks++;
    for (unsigned i = 0; i < loader_state.count && r == 0; i++) {
        if (loader_state.walks == loader_state.changes_in_walk && i == 1) {
            loader_state.count--;
            loader_state.subs++;
        }
        r = visit_one(loader_state.name[i], visit, context);
    }
    return r;
}

static int elsewhere(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context)
{
    return loader_state.far_away == NULL ? 0 : visit_one(loader_state.far_away, visit, context);
}

static const struct candidates_loader loader = {each, elsewhere};
static struct candidates candidates;

static void load(const char *name)
{
    loader_state.name[loader_state.count++] = name;
    loader_state.adds++;
}

static void unload(unsigned place)
{
    loader_state.count--;
    memmove(&loader_state.name[place], &loader_state.name[place + 1],
            (loader_state.count - place) * sizeof *loader_state.name);
    loader_state.subs++;
}

/* Which ones are looked at, and which of these may hold a model. */
static void expect_look(const char *looked, const char *held)
{
    char found[MOST + 1] = "";

    looked_at[0] = '\0';
    candidates_look(&candidates, &loader);
    assert_string_equal(looked_at, looked);
    for (size_t i = 0; i < candidates.count; i++) {
        const char *name = candidates.list[i].name;
        found[i] = *name == '\0' ? '.' : *name;
        assert_int_equal(candidates.list[i].base != 0, true);
    }
    assert_string_equal(found, held);
    assert_false(candidates_are_new(&candidates, &loader));
}

static void start(void)
{
    memset(&loader_state, 0, sizeof loader_state);
    memset(&candidates, 0, sizeof candidates);
    load("");
    load("libm");
    load("a_model");
    expect_look(".la", ".a");
}

static void only_what_is_new_is_looked_at(void **state)
{
    (void)state;
    start();
    assert_int_equal(candidates.started_with, 3);
    load("b_model");
    assert_true(candidates_are_new(&candidates, &loader));
    load("libz");
    expect_look("bl", "b");
    expect_look("", "");
    assert_int_equal(candidates.started_with, 3);
}

static void what_has_gone_hides_nothing(void **state)
{
    (void)state;
    start();
    load("b_model");
    unload(2);
    expect_look("b", "b");
    unload(2);
    assert_false(candidates_are_new(&candidates, &loader));
    load("c_model");
    unload(1);
    expect_look("c", "c");
    for (unsigned i = 0; i < 5; i++) { /* more have come since than there are now */
        load("d_model");
        unload(loader_state.count - 1);
    }
    load("e_model");
    expect_look(".ce", ".ce");
}

/* The loader counts it, but it is not in this list: older ones are taken in. */
static void other_namespaces_are_looked_at_each_time(void **state)
{
    (void)state;
    start();
    loader_state.far_away = "f_model";
    loader_state.adds++;
    expect_look("af", "af");
    expect_look("f", "f");
}

static void a_list_that_changes_is_walked_again(void **state)
{
    (void)state;
    start();
    load("b_model");
    load("c_model");
    load("d_model");
    loader_state.changes_in_walk = loader_state.walks + 2; /* the one that looks */
    expect_look("abc", "abc"); /* one of three has gone, which of them nobody knows */
}

static void there_is_room_for_many(void **state)
{
    static char names[40][8], held[41], endless[PATH_MAX + 1];

    (void)state;
    start();
    for (unsigned i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "%cmodel", 'A' + (char)(i % 26));
        held[i] = names[i][0];
        load(names[i]);
    }
    memset(endless, 'x', PATH_MAX);
    load(endless); /* cannot be opened by its name */
    expect_look(held, held);
    assert_string_equal(candidates.list[39].name, names[39]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_new_is_looked_at),
        cmocka_unit_test(what_has_gone_hides_nothing),
        cmocka_unit_test(other_namespaces_are_looked_at_each_time),
        cmocka_unit_test(a_list_that_changes_is_walked_again),
        cmocka_unit_test(there_is_room_for_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
