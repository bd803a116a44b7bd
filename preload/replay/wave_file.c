/* SPDX-License-Identifier: MIT */
/* Names of the waveform and the GTKWave save file beside it. */
#define _GNU_SOURCE
#include "wave_file.h"

#include <inttypes.h>

#include "../run.h"
#include "../text.h"
#include "run_directory.h"

#define VIEW_EVALS  100u  /* how many evals the view shows */
#define VIEW_PIXELS 1000u /* width of the usual window */

const char *wave_file_format(void)
{
    return run.hooks->format() == HOOKS_FORMAT_FST ? "fst" : "vcd";
}

const char *wave_file_name(void)
{
    return run.hooks->format() == HOOKS_FORMAT_FST ? "wave.fst" : "wave.vcd";
}

/* GTKWave's zoom z shows 2^-z time units per pixel. */
static int zoom_for(uint64_t span)
{
    int zoom = 0;

    for (uint64_t per_pixel = span / VIEW_PIXELS; per_pixel > 0; per_pixel /= 2)
        zoom--;
    return zoom;
}

int wave_file_save_view(void)
{
    const struct shared_replay *replay = &run.page->replay;
    uint64_t time_span = replay->wave_last_time - replay->wave_first_time;
    uint64_t eval_span = replay->wave_last_eval - replay->wave_first_eval + 1;
    uint64_t view_span = (uint64_t)((unsigned __int128)time_span * VIEW_EVALS / eval_span);
    char buffer[1024];
    struct text text;

    if (view_span > time_span)
        view_span = time_span;
    text_init(&text, buffer, sizeof buffer);
    text_format(&text, "[*] the end of the failing run\n[dumpfile] \"%s\"\n", wave_file_name());
    text_format(&text, "[timestart] %" PRIu64 "\n", replay->wave_last_time - view_span);
    text_format(&text, "*%d.000000 %" PRIu64, zoom_for(view_span), replay->wave_last_time);
    for (int marker = 'A'; marker <= 'Z'; marker++)
        text_format(&text, " -1");
    text_format(&text, "\n[treeopen] TOP.\n");
    return run_directory_write("wave.gtkw", &text);
}
