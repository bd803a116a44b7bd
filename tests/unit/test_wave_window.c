/* SPDX-License-Identifier: MIT */
/* What is said of a waveform that begins later than it was to, and of what an eval takes in it. */
#include "unit.h"

#include <string.h>

#include "report/wave_window.h"
#include "run/run.h"

#define EVAL_BYTES UINT64_C(636)
#define HEAD_BYTES 16000

static struct shared_page page;
static char line[200];

static void start(uint64_t first_eval, uint64_t last_eval)
{
    memset(&page, 0, sizeof page);
    page.replay.wave_begun = 1;
    page.replay.wave_asked_eval = 1;
    page.replay.wave_first_eval = first_eval;
    page.replay.wave_last_eval = last_eval;
    run.page = &page;
    run.options.size_bytes = UINT64_C(1) << 30;
}

static void expect(uint64_t bytes, const char *words)
{
    struct text text = text_in(line, sizeof line);

    wave_window_describe(&text, bytes);
    assert_string_equal(line, words);
}

/* The replay was ended a moment after it had begun the waveform anew: the names are most of what is there. */
static void one_begun_a_moment_ago_is_no_measure(void **state)
{
    (void)state;
    start(6000000, 6000000);
    page.rates.count = 1;
    page.rates.list[0] = (struct shared_rate){1, 1000, 1000 * EVAL_BYTES};
    expect(HEAD_BYTES + EVAL_BYTES,
           "the waveform begins at eval 6000000 and not at 1: an eval takes 636 bytes of LIGHTSSS_SIZE=1G");
}

static void without_a_measure_it_is_the_waveform(void **state)
{
    (void)state;
    start(6000001, 6000010);
    expect(10 * EVAL_BYTES,
           "the waveform begins at eval 6000001 and not at 1: an eval takes 636 bytes of LIGHTSSS_SIZE=1G");
}

/* What a replay wrote there that broke may be anything. */
static void a_broken_count_is_harmless(void **state)
{
    (void)state;
    start(2, 3);
    page.rates.count = UINT32_MAX;
    page.rates.list[0] = (struct shared_rate){1, 10, 20};
    for (uint32_t i = 1; i < SHARED_RATES_MAX; i++)
        page.rates.list[i] = (struct shared_rate){i * 10 + 1, i * 10 + 10, 20};
    expect(20, "the waveform begins at eval 2 and not at 1: an eval takes 2 bytes of LIGHTSSS_SIZE=1G");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_begun_a_moment_ago_is_no_measure),
        cmocka_unit_test(without_a_measure_it_is_the_waveform),
        cmocka_unit_test(a_broken_count_is_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
