/* SPDX-License-Identifier: MIT */
/* The stretch that GTKWave shows of a failure. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "report/wave_view.h"

#define PANE 676.0 /* pixels of a real one */

static double frame_of(uint64_t frame)
{
    char bytes[64];
    struct text text;

    text = text_in(bytes, sizeof bytes);
    wave_view_zoom(&text, frame);
    assert_int_equal(bytes[0], '-');
    return floor(exp2(-strtod(bytes, NULL)));
}

static void zooms(void **state)
{
    (void)state;
    for (uint64_t frame = 1; frame < 100000; frame = frame * 5 / 4 + 1)
        assert_true(frame_of(frame) == (double)frame);
    for (uint64_t frame = 100000; frame < UINT64_MAX / 4; frame *= 3)
        assert_true(fabs(frame_of(frame) / (double)frame - 1) < 0.00001);
}

/* GTKWave's own condition, in floats as there. */
static void check_pane(const struct wave_view *view, uint64_t last_time)
{
    float pane = (float)(PANE * (double)view->frame / 200);

    assert_true((float)view->start <= (float)view->end - pane);
    assert_true(view->end > last_time);
    double marker = (double)(last_time - view->start) * 200 / (double)view->frame;
    assert_true(marker <= 640); /* within the pane, whatever is rounded */
}

static void long_ones(void **state)
{
    struct wave_view view;

    (void)state;
    for (uint64_t step = 1; step < UINT64_C(100000000000); step = step * 7 + 1) {
        uint64_t first = 12345 * step, last = first + 29999 * step;
        wave_view_choose(&view, first, last, 30000, 0);
        check_pane(&view, last);
        assert_true((double)(last - view.start) > 97.0 * (double)step);
        assert_true((double)(last - view.start) < 103.0 * (double)step + 2);
        assert_true((float)view.start_now <= (float)last - (float)(PANE * (double)view.frame / 200));
        assert_true(view.start_now >= first);
    }
}

static void short_ones(void **state)
{
    struct wave_view view;

    (void)state;
    for (uint64_t evals = 1; evals <= 100; evals++) {
        for (uint64_t step = 0; step < 10000; step = step * 9 + 1) {
            wave_view_choose(&view, 50, 50 + (evals - 1) * step, evals, 0);
            check_pane(&view, 50 + (evals - 1) * step);
            assert_int_equal(view.start, 50);
        }
    }
}

static void far_ones(void **state)
{
    struct wave_view view;

    (void)state;
    wave_view_choose(&view, 0, UINT64_MAX, UINT64_MAX, 0);
    assert_int_equal(view.end, UINT64_MAX);
    assert_int_equal(view.start, view.start_now);
    wave_view_choose(&view, UINT64_MAX - 10, UINT64_MAX, 11, 0);
    assert_int_equal(view.end, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zooms),
        cmocka_unit_test(long_ones),
        cmocka_unit_test(short_ones),
        cmocka_unit_test(far_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
