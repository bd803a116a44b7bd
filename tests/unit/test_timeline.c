/* SPDX-License-Identifier: MIT */
/* Where snapshots, window and end are on the line of a run, of whatever is in its report. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "timeline.h"

static struct timeline timeline;

static bool read(const char *report)
{
    json_t *json = json_loads(report, 0, NULL);

    assert_non_null(json);
    bool known = timeline_read(&timeline, json);
    json_decref(json);
    return known;
}

static char *draw(void)
{
    char *made = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&made, &size);

    timeline_write(file, &timeline);
    fclose(file);
    return made;
}

static void places(void **state)
{
    (void)state;
    assert_true(read("{\"end\": {\"eval\": 2000}, \"snapshot\": {\"number\": 7, \"eval\": 1000},"
                     " \"snapshots\": [{\"number\": 7, \"eval\": 1000}, {\"number\": 8, \"eval\": 1500}],"
                     " \"wave\": {\"first_eval\": 1900, \"last_eval\": 2000}}"));
    assert_int_equal(timeline.count, 2);
    assert_int_equal(timeline.used, 7);
    assert_int_equal(timeline_place(&timeline, 1000), 100);
    assert_int_equal(timeline_place(&timeline, 1500), 5000);
    assert_int_equal(timeline_place(&timeline, 2000), 9900);
    char *made = draw();
    assert_non_null(strstr(made, "<circle class=\"used\" cy=\"24\" r=\"6\" cx=\"1.00%\">"));
    assert_non_null(strstr(made, "<circle class=\"parked\" cy=\"24\" r=\"4\" cx=\"50.00%\">"));
    assert_non_null(
        strstr(made, "<rect class=\"window\" y=\"14\" height=\"20\" x=\"89.20%\" width=\"9.80%\">"));
    free(made);
}

static void points_go_on_behind(void **state)
{
    (void)state;
    assert_true(read("{\"end\": {\"eval\": 150, \"point_eval\": 100}, \"wave\": {\"first_eval\": 50, "
                     "\"last_eval\": 150}}"));
    assert_int_equal(timeline.end, 100);
    assert_int_equal(timeline_place(&timeline, 100), 5000);
}

/* The largest numbers, one eval, and a window that would be no wider than a hair. */
static void extremes(void **state)
{
    (void)state;
    assert_true(
        read("{\"end\": {\"eval\": 9223372036854775807}, \"snapshot\": {\"number\": 0, \"eval\": 0},"
             " \"wave\": {\"first_eval\": 9223372036854775000, \"last_eval\": 9223372036854775807}}"));
    assert_int_equal(timeline_place(&timeline, timeline.last), 9900);
    char *made = draw();
    assert_non_null(strstr(made, "x=\"98.40%\" width=\"0.60%\""));
    free(made);
    assert_true(read("{\"end\": {\"eval\": 1}}"));
    assert_int_equal(timeline_place(&timeline, 1), 9900);
    free(draw());
}

static void odd_reports(void **state)
{
    (void)state;
    assert_false(read("{}"));
    assert_false(read("{\"end\": {\"eval\": \"1\"}}"));
    assert_false(read("{\"end\": {\"eval\": -1}}"));
    assert_true(read("{\"end\": {\"eval\": 5}, \"snapshot\": 1, \"snapshots\": {\"a\": 2}, \"wave\": null}"));
    assert_int_equal(timeline.count, 0);
    assert_true(read("{\"end\": {\"eval\": 5}, \"snapshots\": [1, null, {}, {\"number\": 1}],"
                     " \"wave\": {\"first_eval\": 5, \"last_eval\": 4}}"));
    assert_false(timeline.has_wave);
    assert_int_equal(timeline.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(points_go_on_behind),
        cmocka_unit_test(extremes),
        cmocka_unit_test(odd_reports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
