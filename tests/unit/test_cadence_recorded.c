/* SPDX-License-Identifier: MIT */
/* Cost and cadence together, against runs that were recorded at default settings: what the kernel told after
 * the first snapshot is played after each. How much of it was copies is known here. */
#include "unit.h"

#include <stdbool.h>

#include "snapshot/cadence.h"
#include "snapshot/cost.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define LOOK_NS   (10 * MS_NS)
#define RUN_NS    (1200 * SECOND_NS)
#define SAMPLES   17

struct sample { /* since the snapshot */
    uint32_t after_ms, faults;
    uint32_t system_ms; /* all of it, what was paid included */
    uint32_t paid_ms;   /* huge pages that were put together, which is told to cost_pay() */
    uint32_t grown_kib;
};

struct recorded {
    const char *name;
    uint64_t page_ns; /* what a copy took in this run */
    uint64_t stall_ns;
    uint64_t second_from_s, second_to_s; /* when the second snapshot is to come */
    uint64_t snapshots;                  /* in the whole run, at least */
    struct sample samples[SAMPLES];
};

static const struct recorded records[] = {
    {"a counter, 40 ns an eval", 1300, 345000, 1, 1, 1180, {{20, 28, 0, 0, 0}, {1000, 28, 0, 0, 0}}},
    {"a small core, which grows a little",
     1300,
     368000,
     1,
     1,
     1180,
     {{20, 30, 0, 0, 0}, {250, 47, 4, 0, 64}, {600, 70, 8, 0, 140}, {1000, 110, 12, 0, 304}}},
    {"64 MiB written at random",
     3300,
     5918000,
     10,
     16,
     170,
     {{37, 2062, 9, 0, 0},
      {62, 3758, 15, 0, 0},
      {100, 6326, 23, 0, 0},
      {156, 11492, 37, 0, 0},
      {240, 16383, 54, 0, 0},
      {557, 16385, 54, 0, 0},
      {841, 16388, 56, 0, 0},
      {1268, 16392, 68, 0, 0},
      {2037, 16402, 80, 0, 0},
      {3268, 16413, 107, 0, 0},
      {5236, 16424, 137, 0, 0},
      {8385, 16456, 164, 0, 0},
      {14387, 16499, 265, 0, 0}}},
    {"1 GiB written at random",
     3600,
     42102000,
     160,
     260,
     9,
     {{11, 1792, 7, 0, 0},
      {49, 7972, 32, 0, 0},
      {105, 16029, 63, 0, 0},
      {189, 29173, 115, 0, 0},
      {316, 48034, 185, 0, 0},
      {506, 71983, 292, 0, 0},
      {790, 114362, 446, 0, 0},
      {1217, 177226, 652, 0, 0},
      {1986, 262147, 942, 0, 0},
      {3216, 262162, 943, 0, 0},
      {5185, 262186, 943, 0, 0},
      {8334, 262236, 971, 0, 0},
      {13373, 262315, 1004, 0, 0},
      {21435, 262465, 1017, 0, 0},
      {34335, 262661, 1081, 0, 0},
      {49936, 262903, 1118, 0, 0}}},
    {"1 GiB in huge pages, put together again",
     3200,
     1135000,
     500,
     760,
     2,
     {{48, 13962, 44, 0, 0},
      {73, 21961, 69, 0, 0},
      {111, 30619, 106, 6, 0},
      {167, 32621, 162, 58, 0},
      {251, 32640, 246, 141, 0},
      {378, 32667, 371, 266, 0},
      {568, 32709, 559, 454, 0},
      {852, 32771, 841, 736, 0},
      {1279, 32864, 1264, 1159, 0},
      {2048, 33032, 2025, 1920, 0},
      {3278, 33301, 3243, 3138, 0},
      {5247, 33369, 3388, 3270, 0},
      {8396, 33445, 3398, 3270, 0},
      {13435, 33571, 3427, 3270, 0},
      {21497, 33777, 3457, 3270, 0},
      {32998, 34068, 3495, 3270, 0}}},
    {"4 GiB written at random, on half a core",
     9600,
     143420000,
     1200,
     1200,
     1,
     {{62, 8667, 22, 0, 0},
      {189, 23669, 67, 0, 0},
      {379, 32703, 142, 0, 0},
      {663, 42434, 255, 0, 0},
      {1090, 56842, 450, 0, 0},
      {1859, 85814, 758, 0, 0},
      {3090, 148600, 1337, 0, 0},
      {5058, 245905, 2221, 0, 0},
      {8207, 358932, 3449, 0, 0},
      {13246, 564211, 5628, 0, 0},
      {21308, 938087, 8731, 0, 0},
      {34208, 1048631, 10066, 0, 0},
      {54847, 1048824, 10342, 0, 0},
      {59809, 1048908, 10422, 0, 0}}},
};

struct play {
    const struct recorded *recorded;
    struct cost cost;
    struct cadence cadence;
    struct cost_now base; /* at the last snapshot */
    uint64_t paid_ns;     /* since then */
    uint64_t spent_ns;    /* by the snapshots before that one, the truth */
    uint64_t snapshots, second_ns;
};

static uint64_t between(uint64_t from, uint64_t to, uint64_t part, uint64_t whole)
{
    return from + (to - from) * part / whole;
}

/* What is the sum of it so long after a snapshot? In thousandths. */
#define INTERPOLATED(member, recorded, since_ns)                                                             \
    interpolated((recorded), (since_ns), offsetof(struct sample, member))

static uint64_t interpolated(const struct recorded *recorded, uint64_t since_ns, size_t offset)
{
    struct sample before = {0};

    for (size_t i = 0; i < SAMPLES && recorded->samples[i].after_ms != 0; i++) {
        const struct sample *after = &recorded->samples[i];
        uint64_t from = *(const uint32_t *)(const void *)((const char *)&before + offset);
        uint64_t to = *(const uint32_t *)(const void *)((const char *)after + offset);

        if (since_ns < after->after_ms * MS_NS)
            return between(from * 1000, to * 1000, since_ns - before.after_ms * MS_NS,
                           (after->after_ms - before.after_ms) * MS_NS);
        before = *after;
    }
    return 1000 * (uint64_t) * (const uint32_t *)(const void *)((const char *)&before + offset);
}

static struct cost_now told(const struct play *play, uint64_t now_ns)
{
    uint64_t since_ns = now_ns - play->base.ns;

    return (struct cost_now){
        .ns = now_ns,
        .system_ns = play->base.system_ns + INTERPOLATED(system_ms, play->recorded, since_ns) * 1000,
        .faults = play->base.faults + INTERPOLATED(faults, play->recorded, since_ns) / 1000,
        .peak_bytes = play->base.peak_bytes + INTERPOLATED(grown_kib, play->recorded, since_ns) * 1024 / 1000,
    };
}

/* The truth of the last one. */
static uint64_t cost_of_last(const struct play *play, uint64_t now_ns)
{
    uint64_t since_ns = now_ns - play->base.ns;
    uint64_t copied = INTERPOLATED(faults, play->recorded, since_ns) / 1000;
    uint64_t grown = INTERPOLATED(grown_kib, play->recorded, since_ns) / 4 / 1000;

    return play->recorded->stall_ns + (copied - grown) * play->recorded->page_ns +
           INTERPOLATED(paid_ms, play->recorded, since_ns) * 1000;
}

static void look_at_cost(struct play *play, uint64_t now_ns)
{
    uint64_t paid_ns = INTERPOLATED(paid_ms, play->recorded, now_ns - play->base.ns) * 1000;

    cost_pay(&play->cost, paid_ns - play->paid_ns, true);
    play->paid_ns = paid_ns;
    cost_look(&play->cost, told(play, now_ns), play->snapshots > 0);
    cadence_cost(&play->cadence, cost_ns(&play->cost), cost_next_ns(&play->cost));
}

/* The first is taken whatever it costs. Each other one has room in the budget, up to what is not known for
 * sure, with all that were before it. */
static void check_taken(struct play *play, uint64_t now_ns)
{
    if (play->snapshots == 1)
        play->second_ns = now_ns;
    if (play->snapshots > 0)
        play->spent_ns += cost_of_last(play, now_ns);
    assert_true(play->snapshots == 0 || play->spent_ns <= now_ns / 100);
}

static uint64_t take(struct play *play, uint64_t now_ns)
{
    look_at_cost(play, now_ns);
    check_taken(play, now_ns);
    play->base = told(play, now_ns);
    play->snapshots++;
    now_ns += play->recorded->stall_ns;
    play->base.ns = now_ns;
    play->paid_ns = 0;
    cost_begin(&play->cost, play->base, play->recorded->stall_ns);
    cadence_snapshot_taken(&play->cadence, now_ns, now_ns / 1000 + 1, play->recorded->stall_ns);
    return now_ns;
}

static unsigned run_to(struct play *play, uint64_t end_ns)
{
    unsigned looks = 0;

    for (uint64_t now_ns = play->base.ns; now_ns < end_ns; now_ns += LOOK_NS) {
        uint64_t eval = now_ns / 1000 + 1;

        if (cost_is_due(&play->cost, now_ns) || cadence_is_due(&play->cadence, now_ns, eval)) {
            look_at_cost(play, now_ns);
            looks++;
        }
        if (cadence_step(&play->cadence, now_ns, eval).snapshot)
            now_ns = take(play, now_ns);
    }
    look_at_cost(play, end_ns);
    return looks;
}

static void play_begin(struct play *play, const struct recorded *recorded)
{
    const struct options_interval automatic = {.kind = INTERVAL_AUTO};

    *play = (struct play){.recorded = recorded};
    cadence_init(&play->cadence, &automatic, 10000, 0);
    cost_init(&play->cost, play->base);
}

static void recorded_runs_keep_the_budget(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        struct play play;

        play_begin(&play, &records[i]);
        unsigned looks = run_to(&play, RUN_NS);
        uint64_t truth_ns = play.spent_ns + cost_of_last(&play, RUN_NS);
        print_message(
            "%s: %d snapshots, the second after %d s, share %d ppm, told %d ppm, %d looks at cost\n",
            records[i].name, (int)play.snapshots, (int)(play.second_ns / SECOND_NS),
            (int)(truth_ns / (RUN_NS / 1000000)), (int)(cost_total_ns(&play.cost) / (RUN_NS / 1000000)),
            (int)looks);
        assert_in_range(cost_total_ns(&play.cost), truth_ns * 2 / 3, truth_ns * 3 / 2);
        assert_true(play.snapshots >= records[i].snapshots);
        assert_true(truth_ns <= RUN_NS / 100);
        if (play.snapshots > 1)
            assert_in_range(play.second_ns / SECOND_NS, records[i].second_from_s, records[i].second_to_s);
        assert_true(looks <= 30 * play.snapshots);
    }
}

/* The report says what the first one has cost as soon as it is known. */
static void the_first_is_told_soon(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(records); i++)
        for (uint64_t end_ns = SECOND_NS; end_ns <= 64 * SECOND_NS; end_ns *= 2) {
            struct play play;

            play_begin(&play, &records[i]);
            run_to(&play, end_ns);
            uint64_t truth_ns = play.spent_ns + cost_of_last(&play, end_ns);
            assert_in_range(cost_total_ns(&play.cost), truth_ns * 2 / 3, truth_ns * 3 / 2);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_runs_keep_the_budget),
        cmocka_unit_test(the_first_is_told_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
