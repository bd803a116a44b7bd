/* SPDX-License-Identifier: MIT */
/* See card.h. It is written and not mapped: a mapping more would be a line more in /proc/self/maps, which the
 * simulator may read in a replay. */
#define _GNU_SOURCE
#include "run/card.h"

#include <linux/memfd.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/often.h"
#include "base/text.h"
#include "run/run.h"
#include "version.h"

static OFTEN_WRITTEN int card_fd = -1;
static OFTEN_WRITTEN struct card_sample samples[CARD_SAMPLES];

/* A limit of file sizes holds for memory files too, and who passes it gets SIGXFSZ. */
static bool is_within_limit(size_t size)
{
    struct rlimit limit;

    return kernel_getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= size;
}

static int create(const struct card *card, const char *directory)
{
    int fd = is_within_limit(sizeof *card + card->directory_length)
                 ? kernel_memfd_create(CARD_NAME, MFD_CLOEXEC)
                 : -1;

    if (fd < 0)
        return fd;
    if (kernel_pwrite(fd, card, sizeof *card, 0) == (long)sizeof *card &&
        kernel_pwrite(fd, directory, card->directory_length, sizeof *card) == (long)card->directory_length)
        return high_number_move(fd);
    kernel_close(fd);
    return -1;
}

static void make(const struct shared_slot *slot, int32_t original_pid, enum card_state state,
                 const char *directory)
{
    struct card card = {
        .layout = CARD_LAYOUT,
        .state = state,
        .original_pid = original_pid,
        .run_start_ns = run.start_ns,
        .number = slot->number,
        .eval = slot->eval,
        .time = slot->time,
        .taken_ns = slot->taken_ns,
        .directory_length = (uint32_t)strlen(directory),
    };

    memcpy(card.magic, CARD_MAGIC, sizeof card.magic);
    text_print(card.release, sizeof card.release, "%s", LIGHTSSS_VERSION);
    text_print(card.program, sizeof card.program, "%s", run.program);
    kernel_close(card_fd);
    memset(samples, 0, sizeof samples);
    card_fd = create(&card, directory);
}

void card_make(const struct shared_slot *slot, int32_t original_pid, enum card_state state)
{
    make(slot, original_pid, state, run.base_directory);
}

void card_make_kept(const struct shared_slot *slot, int32_t original_pid, const char *directory,
                    uint64_t until_ns)
{
    const struct card_kept kept = {until_ns};

    make(slot, original_pid, CARD_KEPT, directory);
    if (card_fd >= 0)
        kernel_pwrite(card_fd, &kept, sizeof kept, (off_t)(sizeof(struct card) + strlen(directory)));
}

void card_tell(uint64_t evals)
{
    const uint64_t now_ns = clock_ns();

    if (card_fd < 0)
        return;
    samples[0] = samples[1];
    samples[1] = (struct card_sample){evals, now_ns, card_check(evals, now_ns)};
    kernel_pwrite(card_fd, samples, sizeof samples, offsetof(struct card, samples));
}

/* The number is still known: a copy of this one closes what it inherits (card_make()). */
void card_replays(void)
{
    const uint32_t state = CARD_REPLAYS;

    if (card_fd >= 0)
        kernel_pwrite(card_fd, &state, sizeof state, offsetof(struct card, state));
}
