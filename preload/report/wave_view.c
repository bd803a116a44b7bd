/* SPDX-License-Identifier: MIT */
/* The view of a failure: see wave_view.h. GTKWave's zoom z shows the whole part of 2^-z time units in a frame
 * of 200 pixels. It drops a start from which the pane would reach behind the last time, and compares in
 * floats. */
#include "report/wave_view.h"

#define EVALS        100u
#define FRAME_PIXELS 200u
/* The pane is 676 pixels wide beside a theme of GTK 3's own; others leave some more or less. */
#define MARKER_PIXELS 640u /* from its left edge */
#define PANE_PIXELS   704u /* at most */
#define FLOAT_BITS    22u
#define BLURS         8u
#define FRACTION      32u /* bits behind the point */
#define DIGIT_BITS    24u /* so many of a logarithm are found */
#define DECIMALS      6u
#define TIME_MAX      INT64_MAX

static uint64_t share_of(uint64_t value, uint64_t factor, uint64_t divisor)
{
    return (uint64_t)((unsigned __int128)value * factor / divisor);
}

void wave_view_choose(struct wave_view *view, uint64_t first_time, uint64_t last_time, uint64_t evals,
                      uint64_t after_evals)
{
    uint64_t shown = after_evals < evals ? EVALS + after_evals : evals;
    uint64_t all = last_time - first_time, span = share_of(all, shown, evals);
    uint64_t blur = last_time >> FLOAT_BITS;

    if (span < blur * BLURS)
        span = blur * BLURS;
    view->frame = share_of(span < all ? span : all, FRAME_PIXELS, MARKER_PIXELS) + 1;
    uint64_t back = share_of(view->frame, MARKER_PIXELS, FRAME_PIXELS);
    uint64_t pane = share_of(view->frame, PANE_PIXELS, FRAME_PIXELS) + 2 * blur + 1;
    view->start = back < all ? last_time - back : first_time;
    view->start_now = pane < all ? last_time - pane : first_time;
    view->end = view->start + pane;
    if (view->end < view->start || view->end > TIME_MAX) {
        view->start = view->start_now;
        view->end = last_time;
    }
}

/* A half more, because GTKWave takes the whole part. */
void wave_view_zoom(struct text *text, uint64_t frame)
{
    unsigned __int128 value = ((unsigned __int128)frame << FRACTION) + (UINT64_C(1) << (FRACTION - 1));
    uint64_t zoom = 0, scale = 1;

    for (; value >= (unsigned __int128)2 << FRACTION; value >>= 1)
        zoom++;
    for (unsigned i = 0; i < DIGIT_BITS; i++) {
        value = value * value >> FRACTION;
        zoom = zoom * 2 + (value >= (unsigned __int128)2 << FRACTION);
        if (value >= (unsigned __int128)2 << FRACTION)
            value >>= 1;
    }
    for (unsigned i = 0; i < DECIMALS; i++)
        scale *= 10;
    text_format(text, "-");
    text_fixed(text, zoom * scale >> DIGIT_BITS, DECIMALS, DECIMALS);
}
