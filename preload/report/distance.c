/* SPDX-License-Identifier: MIT */
/* See distance.h. A replay takes at least as long as the original took for the same evals: its dark part is
 * as fast, and the window is slower. What the original waited for the world it does not wait for again, so
 * that the time of processors counts where it is less. */
#include "report/distance.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/u64.h"
#include "options/options.h"

#define PATIENCE_NS (10 * SECOND_NS) /* who waits for longer is told so */
#define LEAST_NS    (2 * SECOND_NS)  /* an interval that is longer has been stretched */

bool distance_is_dear(uint64_t cost_ns, uint64_t snapshots, uint32_t budget_ppm)
{
    return snapshots > 0 && budget_ppm > 0 &&
           u64_scaled(cost_ns / snapshots, OPTIONS_PPM, budget_ppm) > LEAST_NS;
}

static uint64_t expected_ns(const struct distance *distance)
{
    return distance->used_ns == 0 ? distance->ns : u64_min(distance->ns, distance->used_ns);
}

void distance_describe(struct text *line, const struct distance *distance)
{
    text_format(line, ", %" PRIu64 " evals and ", distance->evals);
    text_fixed(line, distance->ns, 9, 1);
    text_format(line, " s back");
    if (distance->is_dear && distance->ns > PATIENCE_NS && distance->ns > distance->run_ns / 2)
        text_format(
            line, ", %" PRIu64 "%% of the run (snapshots are dear here, and LIGHTSSS_BUDGET makes them rare)",
            u64_scaled(distance->ns, 100, distance->run_ns));
    if (expected_ns(distance) > PATIENCE_NS)
        text_format(line, "; the replay takes at least %" PRIu64 " s", expected_ns(distance) / SECOND_NS);
}
